"""What setup writes: smsd.toml, made of the shipped example with every key and its comment; secrets; agencies.

Files belong to root and the group smsd, mode 0640, where there is such a group; else to who runs setup.
"""

from __future__ import annotations

import csv
import grp
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from config.data_files import SHIPPED
from routing.regions import kabkota_of, lies_in, province_of
from routing.zones import WIB, zone_of
from smsd.setup.answers import Answers, default_sender
from smsd.setup.ports import Port

SERVICE = "smsd"  # the user and group of the service
MODE = 0o640
_EXAMPLE = resources.files("config") / "smsd.toml"
_LOCAL_DSN = "postgresql://smsd@/smsd?host=/run/postgresql"
_COLUMNS = ("code", "name", "short_name", "type", "region", "email", "superior_email", "liaison_email")
_TRIAGE = "TRIAGE"
_SMTP, _SUBMISSION = 25, 587


@dataclass(frozen=True)
class ChosenModem:
    """A modem that the configuration will name."""

    name: str
    port: Port
    pin: str | None = None
    smsc: str | None = None


def configuration(answers: Answers, modems: Iterable[ChosenModem]) -> str:
    """The text of smsd.toml."""
    text = _EXAMPLE.read_text(encoding="utf-8")
    head, rest = text.split("[[modem]]\n", 1)
    _, tail = rest.split("[mail]\n", 1)
    text = head + "".join(map(_modem, modems)) + "[mail]\n" + tail
    text = text.replace(
        "Copy it to /etc/smsd/smsd.toml, change what is yours", "Written by `smsd setup`; change what is yours"
    )
    for section, values in _values(answers).items():
        for key, value in values.items():
            text = set_key(text, section, key, value)
    return text


def _values(answers: Answers) -> dict[str, Mapping[str, str | int | None]]:
    gateway, mail, use = answers.gateway, answers.mail, answers.database.use
    local = mail.host == "local"
    return {
        "gateway": {
            "short_code": gateway.short_code,
            "timezone": zone_of(answers.region, WIB).key,
            "state_dir": str(gateway.state_dir) if gateway.state_dir else None,
        },
        "database": {
            "dsn": _LOCAL_DSN if use == "local" else use,
            "password_file": "database-password" if answers.database.password else None,
        },
        "mail": {
            "host": "127.0.0.1" if local else mail.host,
            "port": mail.port or (_SMTP if local else _SUBMISSION),
            "tls": mail.tls if mail.tls != "auto" else "none" if local else "starttls",
            "user": mail.user,
            "password_file": "mail-password" if mail.password else None,
            "sender": mail.sender or default_sender(gateway.short_code, mail.reply_domain),
            "reply_domain": mail.reply_domain,
            "lmtp_listen": mail.lmtp_listen,
        },
        "routing": {
            "agencies": None if gateway.agencies == "demonstration" else _agencies_file(gateway.agencies),
            "home": answers.region,
        },
    }


def _agencies_file(answer: str) -> str:
    return "agencies.csv" if answer == "template" else str(Path(answer).resolve())


def _modem(modem: ChosenModem) -> str:
    lines = [
        "[[modem]]",
        f"name = {_quoted(modem.name)}",
        f"device = {_quoted(str(modem.port.device))}",
        f"connection = {_quoted(modem.port.connection)}",
        f"pin_file = {_quoted(pin_file(modem.name))}"
        if modem.pin
        else '#pin_file = "modem0-pin"           # where the SIM asks for its PIN',
        f"smsc = {_quoted(modem.smsc)}"
        if modem.smsc
        else '#smsc = "+62811000000"             # where the SIM does not know its message centre',
        f"#own_process = true                # served by smsd@{modem.name}.service, and not by smsd.service",
        '#metrics_listen = "127.0.0.1:9709" # figures for Prometheus of that process',
    ]
    return "\n".join(lines) + "\n\n"


def pin_file(name: str) -> str:
    """Where a modem's PIN stands, beside smsd.toml."""
    return f"{name}-pin"


def set_key(text: str, section: str, key: str, value: str | int | None) -> str:
    """The text with that key set, its comment kept: a line that has it, else one that has it commented out.

    None leaves it as it is.
    """
    if value is None:
        return text
    start = text.index(f"[{section}]\n")
    end = text.find("\n[", start) + 1 or len(text)
    block = text[start:end]
    line = rf'(?m)^{{}}{key} = (?:"[^"\n]*"|[^\s#]+)'
    for prefix in ("", "#"):
        changed, count = re.subn(line.format(prefix), lambda _: f"{key} = {_quoted(value)}", block, count=1)
        if count:
            return text[:start] + changed + text[end:]
    raise AssertionError(f"the example has no key {key} in [{section}]")


def _quoted(value: str | int) -> str:
    """A TOML basic string, or a number."""
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def agencies_template(region: str | None, triage: str) -> str:
    """The offices that a region usually has, to be given mailboxes; until then their reports go to the triage desk."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    rows = csv.DictReader((SHIPPED / "agencies.csv").read_text(encoding="utf-8").splitlines())
    for row in rows:
        if row["type"] == _TRIAGE:
            writer.writerow(row | {"email": triage})
        elif region is None or not row["region"] or _serves(row["region"], region):
            writer.writerow(row | {"email": ""})
    return out.getvalue()


def _serves(office: str, region: str) -> bool:
    """Offices of the region, of what lies in it, and of the province above it."""
    return lies_in(office, region) or office == province_of(region) or office == kabkota_of(region)


def write_file(path: Path, content: str) -> None:
    """Whole or not at all, for the service to read and for nobody else."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        os.fchmod(file.fileno(), MODE)
        if (group := service_group()) is not None and os.geteuid() == 0:
            os.fchown(file.fileno(), 0, group)
        os.fsync(file.fileno())
    fresh.replace(path)


def service_group() -> int | None:
    """The group smsd, where there is one."""
    try:
        return grp.getgrnam(SERVICE).gr_gid
    except KeyError:
        return None
