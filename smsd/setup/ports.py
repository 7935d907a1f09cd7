"""Which serial ports have a modem behind them: each is asked with AT, over the same line tap that the service uses.

Sources: ITU-T V.250 (AT, E), 3GPP TS 27.007 (+CGMI 5.1, +CGMM 5.2, +CGSN 5.4, +CNUM 7.1, +CREG 7.2, +COPS 7.3, +CPIN
8.3, +CSQ 8.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from smsd.transports.line_tap import LineTap, open_tap

_FIRST_S = 2.0  # a modem that has just got power may miss the first AT
_ANSWER_S = 5.0
_TRIES = 3
_AT_ONCE = 8
_SLOW = ("at115200", "at9600")  # a modem on a real serial line has a speed, one on USB takes any
_PATTERNS = ("ttyUSB*", "ttyACM*", "ttyS*")
_UNKNOWN_SIGNAL = 99
_MOST_SIGNAL = 31


@dataclass(frozen=True)
class Port:
    """What one port said; `error` where nothing answers, and `imei` None where what answers is no phone."""

    device: Path
    connection: str = "at115200"
    error: str | None = None
    maker: str | None = None
    model: str | None = None
    imei: str | None = None
    sim: str | None = None  # READY, SIM PIN, SIM PUK; None: there is no SIM, or it does not tell
    signal: int | None = None  # percent
    number: str | None = None  # its own
    registered: bool | None = None  # with a network; None: it does not tell

    @property
    def is_modem(self) -> bool:
        """Whether the service could use it."""
        return self.error is None and self.imei is not None


def find_ports(dev: Path = Path("/dev")) -> list[Path]:
    """Every serial port of the machine once, by the name that lasts longest."""
    found: dict[Path, Path] = {}
    for folder in ("serial/by-id", "serial/by-path"):
        for link in sorted((dev / folder).glob("*")):
            found.setdefault(link.resolve(), link)
    for pattern in _PATTERNS:
        for device in sorted(dev.glob(pattern)):
            found.setdefault(device.resolve(), device)
    return list(found.values())


def probe_ports(devices: Iterable[Path]) -> list[Port]:
    """Asks all of them, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(probe, devices))


def probe(device: Path) -> Port:
    """Asks one port who it is; takes seconds where nobody answers."""
    port = Port(device, error="not asked")
    for connection in _SLOW if device.name.startswith("ttyS") else _SLOW[:1]:
        try:
            with open_tap(str(device), connection, lambda event: None) as tap:
                port = _asked(tap, device, connection)
        except TimeoutError:
            port = Port(device, error="no answer to AT")
        except OSError as e:  # no such hardware, no right to open it, in use
            return Port(device, error=e.strerror or str(e))
        if port.error is None:
            return port
    return port


def _asked(tap: LineTap, device: Path, connection: str) -> Port:
    _wake(tap)
    return Port(
        device,
        connection,
        maker=_line(tap, "+CGMI"),
        model=_line(tap, "+CGMM"),
        imei=_found(r"\b(\d{14,17})\b", _line(tap, "+CGSN")),
        sim=_found(r"\+CPIN: *(.+)", _line(tap, "+CPIN?")),
        signal=_percent(_found(r"\+CSQ: *(\d+)", _line(tap, "+CSQ"))),
        registered=_registered(_found(r"\+CREG: *\d,(\d)", _line(tap, "+CREG?"))),
        number=_found(r'\+CNUM:[^,]*,"(\+?\d+)"', _line(tap, "+CNUM")),
    )


def _wake(tap: LineTap) -> None:
    """Until it answers OK; TimeoutError if it does not. Rubbish is no answer."""
    for attempt in range(1, _TRIES + 1):
        try:
            if "OK" in tap.ask("ATE0", _FIRST_S):
                return
        except TimeoutError:
            if attempt == _TRIES:
                raise
    raise TimeoutError("only rubbish was answered")


def _line(tap: LineTap, command: str) -> str | None:
    """The first line of an answer; None where the modem refuses or is silent."""
    try:
        answer = tap.ask(f"AT{command}", _ANSWER_S)
    except TimeoutError:
        return None
    lines = [line.strip() for line in answer.splitlines()]
    told = [line for line in lines if line and line != "OK" and not line.startswith("AT")]
    return None if not told or "ERROR" in told[0] else "".join(c for c in told[0] if c.isprintable())


def _found(pattern: str, line: str | None) -> str | None:
    found = re.search(pattern, line or "")
    return found[1] if found else None


def _percent(quality: str | None) -> int | None:
    """Of +CSQ's 0 to 31; 99 is "not known"."""
    if quality is None or int(quality) == _UNKNOWN_SIGNAL:
        return None
    return round(min(int(quality), _MOST_SIGNAL) * 100 / _MOST_SIGNAL)


def _registered(state: str | None) -> bool | None:
    """At home or roaming, +CREG's 1 and 5."""
    return None if state is None else state in ("1", "5")


def one_each(ports: Sequence[Port]) -> list[Port]:
    """A stick shows several ports: the first of each IMEI that answered, which is the one for commands."""
    chosen: dict[str, Port] = {}
    for port in ports:
        if port.is_modem:
            chosen.setdefault(port.imei or "", port)
    return list(chosen.values())
