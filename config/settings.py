"""The configuration file: parsed once, into frozen dataclasses, with every problem told at once.

Secrets never stand in the TOML: a ``*_file`` key names the file that holds one, and systemd's
``$CREDENTIALS_DIRECTORY`` is looked into first (systemd.exec(5), LoadCredential=).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import time
from email.utils import parseaddr
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.toml_reader import Problem, TableReader, nearest, parse_toml
from routing.classify import ROUTE_FROM
from routing.deadlines import AgencyLimits, Deadlines

DEFAULT_PATH = Path("/etc/smsd/smsd.toml")

_DOMAIN = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
_DOMAIN_LETTERS = 53  # <laporan-4821309764@…> must stay one word in a header: 76 characters, RFC 2047 section 2
_SENDER_LETTERS = 320  # parseaddr takes a level of the stack for each bracket
_ADDRESS = rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_DOMAIN}"
_ZONE = r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}"
_AUTHSERV_ID = r"[A-Za-z0-9._-]+"  # RFC 8601 section 2.5 allows more, but mail servers put their own name there
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_UNIT_NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_MOST_DAYS = 365
_MOST = 1_000_000  # of anything else that is counted, seconds too


class SettingsError(Exception):
    """The configuration cannot be used; ``problems`` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Gateway:
    """[gateway]: who we are."""

    short_code: str = "1708"
    timezone: str = "Asia/Jakarta"
    state_dir: Path = Path("/var/lib/smsd")
    parts_wait_s: float = 600.0  # a long SMS whose last part has not come by then is handled as it is
    join_texts_s: float = 90.0  # texts of one number that are sent within it and read as one are one report
    hold_texts_s: float = 20.0  # how long a text that reads cut waits for its rest before it is handled
    place_wait_h: float = 24.0  # a report waits so long for the citizen to say where
    spool_mb: int = 64  # what SMS may take on the disk while the database is away
    shutdown_s: float = 20.0  # the budget of a clean stop; keep it below systemd's TimeoutStopSec


@dataclass(frozen=True)
class Database:
    """[database]: `embedded`, or the DSN of a PostgreSQL 15 or newer."""

    dsn: str = "embedded"
    password_file: Path | None = None
    connections: int = 8


@dataclass(frozen=True)
class Modem:
    """[[modem]]: one GSM modem."""

    name: str
    device: Path
    connection: str = "at115200"
    pin_file: Path | None = None
    smsc: str | None = None  # None: the number stored on the SIM
    poll_s: float = 15.0  # how often the SIM is looked at even if the modem announced nothing
    status_s: float = 60.0  # how often signal, network and SIM are read
    own_process: bool = False  # `smsd run --modem NAME` serves it, and not the `smsd run` that serves the others
    metrics_listen: str | None = None  # what [metrics] listen is, for that process


@dataclass(frozen=True)
class Mail:
    """[mail]: the way to the agencies and back."""

    host: str
    port: int = 25
    tls: Literal["none", "starttls", "tls"] = "starttls"
    tls_ca_file: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    sender: str = "LAPOR! 1708 <lapor@1708.example>"
    reply_domain: str = "1708.example"
    lmtp_listen: str = "127.0.0.1:2424"
    connections: int = 2
    timeout_s: float = 30.0
    authserv_id: str | None = None  # whose Authentication-Results are believed; None: nobody's
    digest_at: str = "07:00"  # local time at which agencies get their list of open reports

    @property
    def digest_time(self) -> time:
        """`digest_at` as a time of day."""
        return time.fromisoformat(self.digest_at)


@dataclass(frozen=True)
class Routing:
    """[routing]: whom a gateway serves, and files that replace (agencies, replies) or extend what is shipped."""

    agencies: Path | None = None
    topics: Path | None = None
    places: Path | None = None  # more names for places: alias,code
    slang: Path | None = None
    channels: Path | None = None  # words that texts begin with, to say whom they are for
    competence: Path | None = None  # what a local government says about its own offices
    spam: Path | None = None
    danger: Path | None = None
    replies: Path | None = None
    home: str | None = None  # the region of a local gateway; None: that of its agencies, or the whole country
    route_from: float = ROUTE_FROM  # below this confidence, from 0 to 1, a person decides


@dataclass(frozen=True)
class Limits:
    """[limits]: what one number may cost us, and how long we try."""

    automatic_per_hour: int = 60  # SMS that one number is sent by the gateway itself
    automatic_per_hour_in_all: int = 20_000  # the same, to all numbers together
    wrong_codes_per_day: int = 5  # codes of nobody's or somebody else's report that one number may try
    sms_attempts: int = 8
    sms_valid_h: float = 72.0  # an SMS that could not be sent in that time is of no use any more
    mail_attempts: int = 12
    message_attempts: int = 3  # before an SMS or a mail that cannot be handled is quarantined


@dataclass(frozen=True)
class Privacy:
    """[privacy]: the key that seals numbers and texts, and how many days they are kept: reports by their class after
    they were closed, all else after it came."""

    key_file: Path | None = None  # None: <state_dir>/smsd.key, made at `smsd db init`
    retention_pengaduan: int = 730
    retention_pengawasan: int = 1825
    retention_informasi: int = 365
    retention_aspirasi: int = 365
    retention_other: int = 90
    controller: str | None = None  # who answers for the data, for `smsd privacy record`
    contact: str | None = None  # where that can be asked: the data protection officer


@dataclass(frozen=True)
class Log:
    """[log]: how much is said, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    # auto: console on a terminal, fields of the journal where systemd leads standard error there, else JSON lines
    format: Literal["auto", "console", "json", "journal"] = "auto"


@dataclass(frozen=True)
class Metrics:
    """[metrics]: figures for Prometheus."""

    listen: str | None = None  # address and port; None: none are served
    allow_others: bool = False  # whether other hosts may ask: the figures are not secret, but nobody else's business


@dataclass(frozen=True)
class Settings:
    """The whole configuration."""

    path: Path
    mail: Mail
    gateway: Gateway = field(default_factory=Gateway)
    database: Database = field(default_factory=Database)
    modems: tuple[Modem, ...] = ()
    routing: Routing = field(default_factory=Routing)
    deadlines: Deadlines = field(default_factory=Deadlines)
    limits: Limits = field(default_factory=Limits)
    privacy: Privacy = field(default_factory=Privacy)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of deadlines and of dates told to citizens."""
        return ZoneInfo(self.gateway.timezone)


_SECTIONS: dict[str, type] = {
    "gateway": Gateway,
    "database": Database,
    "mail": Mail,
    "routing": Routing,
    "deadlines": Deadlines,
    "limits": Limits,
    "privacy": Privacy,
    "log": Log,
    "metrics": Metrics,
}


def load_settings(path: Path) -> Settings:
    """Reads and checks the file; raises SettingsError with all problems, each naming its key and the cure."""
    table = _read_toml(path)
    reader = TableReader(path.resolve().parent)
    _refuse_unknown_sections(reader, table)
    read = {name: reader.read(schema, table.get(name, {}), f"[{name}]") for name, schema in _SECTIONS.items()}
    modems = _read_modems(reader, table.get("modem", []))
    problems = reader.problems
    if not problems:
        settings = Settings(path=path, modems=modems, **read)  # type: ignore[arg-type]
        problems = [problem for check in _CHECKS for problem in check(settings)]
        if not problems:
            return settings
    raise SettingsError([replace(p, where=f"{path}: {p.where}") for p in problems])


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        what = "no such file; `smsd setup` writes it, or name one with --config FILE or $SMSD_CONFIG"
    except OSError as e:
        what = f"cannot be read ({e.strerror}); check its owner and mode"
    except UnicodeDecodeError as e:
        what = f"is not UTF-8 at byte {e.start}; save it as UTF-8"
    except tomllib.TOMLDecodeError as e:
        what = f"is not valid TOML: {e}"
    raise SettingsError([Problem(str(path), what)])


def _refuse_unknown_sections(reader: TableReader, table: Mapping[str, object]) -> None:
    known = dict.fromkeys([*_SECTIONS, "modem"])
    for key in table:
        if key not in known:
            reader.problems.append(Problem(f"[{key}]", f"is not a section I know; {nearest(key, known)}"))


def _read_modems(reader: TableReader, tables: object) -> tuple[Modem, ...]:
    if not isinstance(tables, list):
        reader.problems.append(Problem("modem", "must be written [[modem]], one such heading a modem"))
        return ()
    read = [reader.read(Modem, t, f"[[modem]] {n}:") for n, t in enumerate(tables, 1)]
    return tuple(m for m in read if m is not None)


# ---------------------------------------------------------------- what types cannot say


def _check_short_code(settings: Settings) -> list[Problem]:
    if re.fullmatch(r"[0-9]{3,6}", settings.gateway.short_code):
        return []
    return [Problem("[gateway] short_code", "must be 3 to 6 digits in quotes, like 1708: every SMS has room for it")]


def _check_zone(settings: Settings) -> list[Problem]:
    zone = settings.gateway.timezone
    try:
        if re.fullmatch(_ZONE, zone):  # zoneinfo takes a level of the stack for each slash
            ZoneInfo(zone)
            return []
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    zones = "Asia/Jakarta, Asia/Makassar, Asia/Jayapura"
    return [Problem("[gateway] timezone", f"{zone!r} is no time zone; use one of {zones}")]


def _check_dsn(settings: Settings) -> list[Problem]:
    dsn = settings.database.dsn
    if dsn == "embedded" or dsn.startswith(("postgresql://", "postgres://")):
        return []
    return [Problem("[database] dsn", 'must be "embedded" or begin with postgresql://')]


def _check_modems(settings: Settings) -> list[Problem]:
    problems = []
    for key in ("name", "device"):
        values = [getattr(m, key) for m in settings.modems]
        twice = sorted({str(v) for v in values if values.count(v) > 1})
        problems += [Problem(f"[[modem]] {key}", f"{v} stands there twice; each modem needs its own") for v in twice]
    for m in settings.modems:
        if not (m.connection.startswith("at") and m.connection[2:].isdigit()):
            problems.append(Problem(f"[[modem]] {m.name}: connection", 'must be like "at115200": at and the speed'))
    return problems + [problem for m in settings.modems if m.own_process for problem in _check_own_process(settings, m)]


def _check_own_process(settings: Settings, modem: Modem) -> list[Problem]:
    """The name becomes that of a service and of a folder; and no service may live on the database of another."""
    where, problems = f"[[modem]] {modem.name}: own_process", []
    if not re.fullmatch(_UNIT_NAME, modem.name):
        problems.append(Problem(where, f"needs a name of letters, digits, _ and -, not {modem.name!r}"))
    if settings.database.dsn == "embedded":
        cure = (
            'needs a database server, for an embedded one ends with its service; set [database] dsn = "postgresql://…"'
        )
        problems.append(Problem(where, cure))
    return problems


def _check_mail(settings: Settings) -> list[Problem]:
    mail, problems = settings.mail, []
    address = parseaddr(mail.sender)[1] if len(mail.sender) <= _SENDER_LETTERS else ""
    if not re.fullmatch(_ADDRESS, address) or address not in mail.sender:  # parseaddr closes gaps in an address
        problems.append(Problem("[mail] sender", 'must hold an address, like "LAPOR! 1708 <lapor@1708.example>"'))
    if not re.fullmatch(_DOMAIN, mail.reply_domain) or len(mail.reply_domain) > _DOMAIN_LETTERS:
        what = f"must be a domain of at most {_DOMAIN_LETTERS} letters, like 1708.example"
        problems.append(Problem("[mail] reply_domain", what))
    if mail.port > 65535:
        problems.append(Problem("[mail] port", "must be from 1 to 65535"))
    if mail.authserv_id is not None and not re.fullmatch(_AUTHSERV_ID, mail.authserv_id):
        what = "must be the name that your mail server puts first in Authentication-Results, like mx.1708.example"
        problems.append(Problem("[mail] authserv_id", what))
    if not re.fullmatch(_CLOCK, mail.digest_at):
        problems.append(Problem("[mail] digest_at", f'must be a time of day like "07:00", not {mail.digest_at!r}'))
    return problems


def _check_deadlines(settings: Settings) -> list[Problem]:
    """Each agency has its limits once, however its code is written, and a day is off or not."""
    limits, problems = settings.deadlines, []
    seen: dict[str, str] = {}
    for code in limits.agencies:
        other = seen.setdefault(code.upper(), code)
        if other != code:
            what = f'is the same agency as "{other}"; put its limits under one heading'
            problems.append(Problem(f'[deadlines.agency."{code}"]', what))
    for day in sorted({*limits.extra_holidays} & {*limits.not_holidays}):
        what = f"{day} stands in extra_holidays too; leave it out of one of them"
        problems.append(Problem("[deadlines] not_holidays", what))
    return problems


def _check_secrets(settings: Settings) -> list[Problem]:
    """A secret that is there can be read. That all are there only the service can tell: it gets the credentials."""
    database, mail = settings.database, settings.mail
    secrets = [
        ("[database] password_file", database.password_file, "database-password"),
        ("[mail] password_file", mail.password_file, "mail-password"),
        *((f"[[modem]] {m.name}: pin_file", m.pin_file, f"{m.name}-pin") for m in settings.modems),
    ]
    problems = []
    for where, file, credential in secrets:
        try:
            read_secret(file, credential)
        except (OSError, UnicodeDecodeError) as e:
            problems.append(Problem(where, f"cannot be read ({_why(e)}); name a text file that this user may read"))
    if mail.password_file is not None and mail.user is None:
        problems.append(Problem("[mail] user", "is missing; a password_file needs the user whose password it holds"))
    return problems


def _why(error: OSError | UnicodeDecodeError) -> str:
    """The reason without any of the bytes."""
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else f"no UTF-8 at byte {error.start}"


def _check_files(settings: Settings) -> list[Problem]:
    """Every other file that the configuration names must be there and be readable."""
    named = [("[mail] tls_ca_file", settings.mail.tls_ca_file)]
    routing = {f.name: getattr(settings.routing, f.name) for f in fields(settings.routing)}
    named += [(f"[routing] {name}", file) for name, file in routing.items() if isinstance(file, Path)]
    return [
        Problem(where, f"{file} is no file that can be read; check that it exists, and its owner and mode")
        for where, file in named
        if file and (file.is_dir() or not os.access(file, os.R_OK))
    ]


def _check_numbers(settings: Settings) -> list[Problem]:
    """No count and no time may be zero or endless: a daemon that polls every 0 s or tries 0 times does no work."""
    tables: list[tuple[str, Any]] = [
        ("[gateway]", settings.gateway),
        ("[database]", settings.database),
        ("[mail]", settings.mail),
        ("[deadlines]", settings.deadlines),
        *((f'[deadlines.agency."{code}"]', limits) for code, limits in settings.deadlines.agencies.items()),
        ("[limits]", settings.limits),
        ("[privacy]", settings.privacy),
        *((f"[[modem]] {m.name}:", m) for m in settings.modems),
    ]
    numbers = [
        (f"{where} {f.name}", value, _MOST_DAYS if isinstance(table, Deadlines | AgencyLimits) else _MOST)
        for where, table in tables
        for f in fields(table)
        if isinstance(value := getattr(table, f.name), (int, float)) and not isinstance(value, bool)
    ]
    return [
        Problem(where, f"must be more than 0 and at most {most}, not {value}")
        for where, value, most in numbers
        if not 0 < value <= most
    ]


def _check_confidence(settings: Settings) -> list[Problem]:
    if 0 <= settings.routing.route_from <= 1:
        return []
    return [Problem("[routing] route_from", f"must be from 0 to 1, not {settings.routing.route_from}")]


def _check_metrics(settings: Settings) -> list[Problem]:
    pages = {f"[[modem]] {m.name}: metrics_listen": m.metrics_listen for m in settings.modems if m.own_process}
    pages["[metrics] listen"] = settings.metrics.listen
    problems, taken = [], set()
    for where, listen in pages.items():
        if listen is None:
            continue
        problems += _check_page(where, listen, allow_others=settings.metrics.allow_others)
        if listen in taken:
            problems.append(Problem(where, f"{listen} stands there twice; each process needs its own port"))
        if split_listen(listen)[1]:
            taken.add(listen)
    cure = "belongs to a modem with own_process = true; the others are on the page of [metrics]"
    for modem in settings.modems:
        if modem.metrics_listen and not modem.own_process:
            problems.append(Problem(f"[[modem]] {modem.name}: metrics_listen", cure))
    return problems


def _check_page(where: str, listen: str, *, allow_others: bool) -> list[Problem]:
    host, port = split_listen(listen)
    if host is None:
        return [Problem(where, f'must be an IP address and a port like "127.0.0.1:9708", not {listen!r}')]
    if port > 65535:
        return [Problem(where, f"has the port {port}; ports go up to 65535, and 0 lets the system choose")]
    if host.is_loopback or allow_others:
        return []
    cure = "use 127.0.0.1, or say allow_others = true and let your firewall decide who may ask"
    return [Problem(where, f"{host} can be reached from other hosts; {cure}")]


def split_listen(listen: str) -> tuple[IPv4Address | IPv6Address | None, int]:
    """`127.0.0.1:9708` or `[::1]:9708` as an address and a port; no address where it is neither."""
    found = re.fullmatch(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})", listen)
    if not found:
        return None, 0
    try:
        return ip_address(found["six"] or found["four"]), int(found["port"])
    except ValueError:
        return None, 0


_CHECKS: tuple[Callable[[Settings], list[Problem]], ...] = (
    _check_short_code,
    _check_zone,
    _check_dsn,
    _check_modems,
    _check_mail,
    _check_deadlines,
    _check_secrets,
    _check_files,
    _check_numbers,
    _check_confidence,
    _check_metrics,
)


def read_secret(file: Path | None, credential: str) -> str | None:
    """The secret of systemd's credential directory, else of the named file, else None. OSError if unreadable."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (given := Path(folder) / credential).exists():
        file = given
    return None if file is None else file.read_text(encoding="utf-8").strip()
