"""What setup must know: asked at the terminal, or read from a TOML file of answers (`smsd setup --answers FILE`).

The file's keys are the fields below, under [gateway], [database], [mail] and [[modem]]; it may hold secrets, so let
only root read it, and remove it when setup has written them into files of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any, Literal

import click

from config.reference import load_router
from config.settings import SettingsError
from config.toml_reader import Problem, TableReader, nearest, parse_toml
from routing.places import Gazetteer
from routing.regions import is_code, is_kecamatan
from routing.text import normalise

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_SUBMISSION_PORT = 587


@dataclass(frozen=True)
class GatewayAnswers:
    """[gateway]."""

    triage: str  # the mailbox of the operator's own staff, who see what no agency could be found for
    short_code: str = "1708"
    region: str | None = None  # a name or a Kemendagri code; None: the whole country
    agencies: str = "template"  # or "demonstration", or the path of a file
    state_dir: Path | None = None


@dataclass(frozen=True)
class DatabaseAnswers:
    """[database]."""

    use: str = "local"  # the PostgreSQL of this machine by its socket; or "embedded", or a DSN
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class MailAnswers:
    """[mail]."""

    reply_domain: str
    sender: str | None = None  # None: lapor@<reply_domain>
    host: str = "local"  # the Postfix of this machine; or a mail server elsewhere
    port: int | None = None
    tls: Literal["auto", "none", "starttls", "tls"] = "auto"  # none on this machine, else starttls
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    lmtp_listen: str = "unix:/run/smsd/lmtp.sock"
    postfix: bool = True  # set the Postfix of this machine up for the reply domain


@dataclass(frozen=True)
class ModemAnswers:
    """[[modem]]."""

    device: Path | None = None  # None: every modem that is found
    name: str | None = None
    pin: str | None = field(default=None, repr=False)
    smsc: str | None = None
    number: str | None = None  # its own, where the SIM does not tell
    test_sms: bool = True


@dataclass(frozen=True)
class Answers:
    """All of them; `region` is a code by now."""

    gateway: GatewayAnswers
    mail: MailAnswers
    database: DatabaseAnswers = field(default_factory=DatabaseAnswers)
    modems: tuple[ModemAnswers, ...] = (ModemAnswers(),)
    region: str | None = None


_SECTIONS: dict[str, type] = {"gateway": GatewayAnswers, "database": DatabaseAnswers, "mail": MailAnswers}


def read_answers(path: Path) -> Answers:
    """The answers of a file; SettingsError with all that is wrong with it."""
    try:
        table = parse_toml(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as e:
        what = e.strerror if isinstance(e, OSError) else e
        raise SettingsError([Problem(str(path), f"cannot be read as TOML ({what}); correct it")]) from e
    reader = TableReader(path.resolve().parent)
    known = dict.fromkeys([*_SECTIONS, "modem"])
    reader.problems += [
        Problem(f"[{key}]", f"is not a section I know; {nearest(key, known)}") for key in table if key not in known
    ]
    read = {name: reader.read(schema, table.get(name, {}), f"[{name}]") for name, schema in _SECTIONS.items()}
    modems = _read_modems(reader, table)
    if not reader.problems:
        answers = Answers(modems=modems, **read)  # type: ignore[arg-type]
        reader.problems += _problems_of(answers)
        if not reader.problems:
            return _located(answers)
    raise SettingsError([Problem(f"{path}: {p.where}", p.what) for p in reader.problems])


def _read_modems(reader: TableReader, table: Mapping[str, Any]) -> tuple[ModemAnswers, ...]:
    given = table.get("modem", [{}])
    if not isinstance(given, list):
        reader.problems.append(Problem("modem", "must be written [[modem]], one such heading a modem"))
        return ()
    read = [reader.read(ModemAnswers, each, f"[[modem]] {n}:") for n, each in enumerate(given, 1)]
    return tuple(modem for modem in read if modem is not None)


def _problems_of(answers: Answers) -> list[Problem]:
    """What types cannot say."""
    checks: list[tuple[str, Callable[[str], object], str | None]] = [
        ("[gateway] short_code", _short_code, answers.gateway.short_code),
        ("[gateway] region", _region, answers.gateway.region),
        ("[gateway] agencies", _agencies, answers.gateway.agencies),
        ("[gateway] triage", _address, answers.gateway.triage),
        ("[mail] reply_domain", _domain, answers.mail.reply_domain),
        ("[mail] sender", _sender, answers.mail.sender),
        ("[database] use", _database, answers.database.use),
        *(("[[modem]] number", _number, modem.number) for modem in answers.modems),
    ]
    problems = []
    for where, check, value in checks:
        try:
            if value is not None:
                check(value)
        except click.UsageError as e:
            problems.append(Problem(where, e.message))
    return problems


def _located(answers: Answers) -> Answers:
    named = answers.gateway.region
    return Answers(
        answers.gateway, answers.mail, answers.database, answers.modems, _region(named) if named is not None else None
    )


# ---------------------------------------------------------------- at the terminal


def ask_answers(devices: Sequence[Path], state_dir: Path | None) -> Answers:
    """Asks the few questions; `devices` and `state_dir` are those that were named on the command line."""
    gateway, region = _ask_gateway(state_dir)
    use = click.prompt(
        'Database: "local" (the PostgreSQL of this machine), "embedded", or a DSN', "local", value_proc=_database
    )
    password = None
    if use not in ("local", "embedded"):
        password = click.prompt("Its password (empty: none)", "", hide_input=True, show_default=False) or None
    mail = _ask_mail(gateway.short_code)
    test_sms = click.confirm("Send a test SMS from each modem to itself? Each costs one SMS", default=True)
    modems = tuple(ModemAnswers(device=device, test_sms=test_sms) for device in (devices or (None,)))
    return Answers(gateway, mail, DatabaseAnswers(use, password), modems, region)


def _ask_gateway(state_dir: Path | None) -> tuple[GatewayAnswers, str | None]:
    code = click.prompt("The number that citizens text, as SMS shall name it", "1708", value_proc=_short_code)
    region = click.prompt(
        "The kabupaten, kota or province that is served (empty: the whole country)",
        "",
        value_proc=_region,
        show_default=False,
    )
    if region:
        click.echo(f"  {region_label(region)} ({region})")
    triage = click.prompt(
        "Mail address of your own staff, who get what no agency could be found for", value_proc=_address
    )
    agencies = click.prompt(
        'Agencies: "template" to fill in, "demonstration", or a file of yours', "template", value_proc=_agencies
    )
    return GatewayAnswers(triage, code, agencies=agencies, state_dir=state_dir), region or None


def _ask_mail(short_code: str) -> MailAnswers:
    domain = click.prompt("Domain that agencies' answers go to, like 1708.example", value_proc=_domain)
    sender = click.prompt("Sender of mail to agencies", default_sender(short_code, domain), value_proc=_sender)
    host = click.prompt('Mail server: "local" (the Postfix of this machine), or the name of another', "local")
    if host == "local":
        postfix = click.confirm(f"Set up this machine's Postfix for {domain}?", default=True)
        return MailAnswers(domain, sender, postfix=postfix)
    port = click.prompt("Its port", _SUBMISSION_PORT, type=click.IntRange(1, 65535))
    tls: Any = click.prompt("Encryption", "starttls", type=click.Choice(["starttls", "tls", "none"]))
    user = click.prompt("User there (empty: none)", "", show_default=False) or None
    password = click.prompt("Password", hide_input=True) if user else None
    return MailAnswers(domain, sender, host, port, tls, user, password, postfix=False)


# ---------------------------------------------------------------- what an answer may be


def _short_code(text: str) -> str:
    if not re.fullmatch(r"[0-9]{3,6}", text):
        raise click.UsageError("must be 3 to 6 digits, like 1708: every SMS has room for it")
    return text


def _region(text: str) -> str:
    """The code of a kabupaten, kota or province that is named, or given by its code."""
    if not text:
        return ""
    regions = _gazetteer().regions
    code: str | None = text if is_code(text) and text in regions else None
    if code is None and not is_code(text):
        found = _gazetteer().find(normalise(text))
        if found.ambiguous:
            names = ", ".join(f"{regions.label(each)} ({each})" for each in found.ambiguous)
            raise click.UsageError(f"{text!r} may be {names}; write one of these, or its code")
        code = found.code
    if code is None:
        raise click.UsageError(f"{text!r} is no region I know; write it like Kota Malang or 35.73")
    if is_kecamatan(code):
        raise click.UsageError(f"{text!r} is a kecamatan; name its kabupaten or kota, or a province")
    return code


def region_label(code: str) -> str:
    """`Kota Malang`."""
    return _gazetteer().label(code)


@cache
def _gazetteer() -> Gazetteer:
    return load_router().places


def _agencies(text: str) -> str:
    if text not in ("template", "demonstration") and not Path(text).is_file():
        raise click.UsageError('must be "template", "demonstration", or the path of a file that is there')
    return text


def default_sender(short_code: str, domain: str) -> str:
    """Of mail to agencies."""
    return f"LAPOR! {short_code} <lapor@{domain}>"


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise click.UsageError("must be a mail address, like petugas@kota.example")
    return text


def _sender(text: str) -> str:
    _address(parseaddr(text)[1])
    return text


def _domain(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text):
        raise click.UsageError("must be a domain, like 1708.example")
    return text


def _database(text: str) -> str:
    if text not in ("local", "embedded") and not text.startswith(("postgresql://", "postgres://")):
        raise click.UsageError('must be "local", "embedded", or a DSN that begins with postgresql://')
    return text


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise click.UsageError("must be a phone number, like +6281230000001")
    return text


def ask_number(name: str) -> str:
    """The modem's own number, where its SIM does not tell."""
    number: str = click.prompt(f"The own number of {name}, which its SIM does not tell", value_proc=_number)
    return number


def ask_pin(name: str, device: Path) -> str:
    """Where the SIM asks for it."""
    pin: str = click.prompt(f"PIN of the SIM in {name} ({device})", hide_input=True)
    return pin
