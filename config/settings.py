"""The configuration file: parsed once, into frozen dataclasses, with every problem told at once.

Secrets never stand in the TOML: a ``*_file`` key names the file that holds one, and systemd's
``$CREDENTIALS_DIRECTORY`` is looked into first (systemd.exec(5), LoadCredential=).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.toml_reader import Problem, TableReader, nearest
from routing.deadlines import Deadlines

DEFAULT_PATH = Path("/etc/smsd/smsd.toml")


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


@dataclass(frozen=True)
class Routing:
    """[routing]: files that replace (agencies, replies) or extend (topics, places, slang) what is shipped."""

    agencies: Path | None = None
    topics: Path | None = None
    places: Path | None = None  # more names for places: alias,code
    slang: Path | None = None
    replies: Path | None = None


@dataclass(frozen=True)
class Limits:
    """[limits]: what one number may cost us, and how long we try."""

    automatic_per_hour: int = 60  # SMS that one number is sent by the gateway itself
    sms_attempts: int = 8
    mail_attempts: int = 12
    message_attempts: int = 3  # before an SMS or a mail that cannot be handled is quarantined


@dataclass(frozen=True)
class Privacy:
    """[privacy]: the key that seals phone numbers."""

    key_file: Path | None = None  # None: <state_dir>/smsd.key, made at `smsd db init`


@dataclass(frozen=True)
class Log:
    """[log]: how much is said, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"  # auto: console on a terminal, else JSON lines


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
        # A secret that cannot be read would break the other checks, so files come first.
        problems = _check_files(settings) or [p for check in _CHECKS for p in check(settings)]
        if not problems:
            return settings
    raise SettingsError([replace(p, where=f"{path}: {p.where}") for p in problems])


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        what = "no such file; name one with --config FILE or $SMSD_CONFIG"
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


def _check_zone(settings: Settings) -> list[Problem]:
    try:
        ZoneInfo(settings.gateway.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zones = "Asia/Jakarta, Asia/Makassar, Asia/Jayapura"
        return [Problem("[gateway] timezone", f"{settings.gateway.timezone!r} is no time zone; use one of {zones}")]
    return []


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
    return problems


def _check_mail(settings: Settings) -> list[Problem]:
    problems = []
    if "@" not in parseaddr(settings.mail.sender)[1]:
        problems.append(Problem("[mail] sender", 'must hold an address, like "LAPOR! 1708 <lapor@1708.example>"'))
    if not 0 < settings.mail.port < 65536:
        problems.append(Problem("[mail] port", "must be from 1 to 65535"))
    if (settings.mail.user is None) != (read_secret(settings.mail.password_file, "mail-password") is None):
        problems.append(Problem("[mail] user", "goes with password_file: give both or neither"))
    return problems


def _check_files(settings: Settings) -> list[Problem]:
    """Every file that the configuration names must be there and be readable."""
    problems = []
    for section, table in (("mail", settings.mail), ("routing", settings.routing), ("database", settings.database)):
        for f in fields(table):
            value = getattr(table, f.name)
            if isinstance(value, Path) and not os.access(value, os.R_OK):
                problems.append(Problem(f"[{section}] {f.name}", f"{value} cannot be read; check that it exists"))
    return problems


def _check_positive(settings: Settings) -> list[Problem]:
    """No count and no time may be zero or less: a daemon that polls every 0 s or tries 0 times does no work."""
    tables: list[tuple[str, Any]] = [
        ("[gateway]", settings.gateway),
        ("[database]", settings.database),
        ("[mail]", settings.mail),
        ("[deadlines]", settings.deadlines),
        ("[limits]", settings.limits),
        *((f"[[modem]] {m.name}:", m) for m in settings.modems),
    ]
    return [
        Problem(f"{where} {f.name}", f"must be more than 0, not {value}")
        for where, table in tables
        for f in fields(table)
        if isinstance(value := getattr(table, f.name), (int, float)) and not isinstance(value, bool) and value <= 0
    ]


_CHECKS: tuple[Callable[[Settings], list[Problem]], ...] = (
    _check_zone,
    _check_dsn,
    _check_modems,
    _check_mail,
    _check_positive,
)


def read_secret(file: Path | None, credential: str) -> str | None:
    """The secret of systemd's credential directory, else of the named file, else None. OSError if unreadable."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (given := Path(folder) / credential).exists():
        file = given
    return None if file is None else file.read_text(encoding="utf-8").strip()
