"""Sits between libGammu and the serial line, relays every byte, and notes what libGammu would not tell.

libGammu gets a pseudo-terminal and drives the modem through it. The tap owns the real line, so it sees the PDUs as
they are (libGammu mends, cuts and refuses some), the true +CMS ERROR codes (libGammu turns nearly all of them into
"unknown"), and +CMTI and +CDS the moment they come. 3GPP TS 27.005 sections 3.4 and 4.
"""

from __future__ import annotations

import os
import pty
import re
import select
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_LISTED = re.compile(rb"\+CMGL: *(\d+),(\d),[^\r\n]*\r\n([0-9A-Fa-f]+)\r")
_READ_PDU = re.compile(rb"\+CMGR: *(\d),[^\r\n]*\r\n([0-9A-Fa-f]+)\r")
_REPORT = re.compile(rb"\+CDS: *\d+\r\n([0-9A-Fa-f]+)\r\n")
_ARRIVED = re.compile(rb"\+CMTI: *\"?\w*\"?,\d+\r\n")
_REFUSED = re.compile(rb"\+CM([SE]) ERROR: *(\d+)")
_MEMORY = re.compile(rb"AT\+CPMS=\"(\w\w)\"")
_FINAL = re.compile(rb"(?:^|\r\n)(?:OK|ERROR|\+CM[SE] ERROR:[^\r\n]*)\r\n")
_NOTICES_ONLY = re.compile(rb"(?:\r\n(?:\+CMTI: *\"?\w*\"?,\d+|\+CDS: *\d+\r\n[0-9A-Fa-f]+)\r\n)+")
_RECEIVED = frozenset({b"0", b"1"})  # stat of "received unread" and "received read"; 2 and 3 are our own drafts
_MEMORY_LIMIT = 1 << 20  # bytes of one answer that are kept; CMGL of 255 full slots is under 100 kB
_SPEEDS = {f"at{n}": getattr(termios, f"B{n}") for n in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)}


@dataclass
class Exchange:
    """What passed since the caller last asked: one libGammu call's worth of traffic."""

    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)

    def listed(self) -> list[tuple[int, str]]:
        """Index and PDU of every received SMS that a CMGL answer showed."""
        return [(int(m[1]), m[3].decode()) for m in _LISTED.finditer(self.answered) if m[2] in _RECEIVED]

    def read_pdu(self) -> str | None:
        """The PDU that the last CMGR answer showed."""
        found = _READ_PDU.findall(self.answered)
        return found[-1][1].decode() if found else None

    def memory(self) -> str | None:
        """The memory that the last AT+CPMS chose."""
        found = _MEMORY.findall(self.sent)
        return found[-1].decode() if found else None

    def refusal(self) -> str | None:
        """``CMS 38`` or ``CME 10``, as the modem said it."""
        found = _REFUSED.findall(self.answered)
        return f"CM{found[-1][0].decode()} {int(found[-1][1])}" if found else None

    def submitted(self) -> bool:
        """Whether a PDU was handed to the modem: its closing Ctrl-Z has gone out."""
        return b"\x1a" in self.sent


class LineLost(Exception):
    """The serial line ended: the device was unplugged, or never was there."""


class LineTap:
    """The relay. `path` is what libGammu opens; use open_tap()."""

    def __init__(self, line: int, master: int, path: str, tell: Callable[[dict[str, str]], None]) -> None:
        self.path = path
        self._line = line
        self._master = master
        self._tell = tell
        self._exchange = Exchange()
        self._tail = b""  # of what the modem says, for notices cut by a read
        self._lock = threading.Lock()
        self._private: bytearray | None = None  # while we ask the modem ourselves, libGammu hears nothing
        self._private_done = threading.Event()

    def take(self) -> Exchange:
        """The traffic since the last take."""
        with self._lock:
            exchange, self._exchange = self._exchange, Exchange()
        return exchange

    def ask(self, command: str, timeout_s: float) -> str:
        """Sends a command of our own while libGammu is at rest; its whole answer. TimeoutError without one."""
        with self._lock:
            self._private = bytearray()
            self._private_done.clear()
        try:
            _write_all(self._line, command.encode() + b"\r")
            if not self._private_done.wait(timeout_s):
                raise TimeoutError(f"{command} was not answered within {timeout_s:g} s")
            with self._lock:
                return bytes(self._private).decode("latin-1")
        finally:
            with self._lock:
                self._private = None

    def relay(self) -> None:
        """Runs in a thread of its own until the line is gone, which it tells."""
        try:
            while True:
                readable, _, _ = select.select([self._line, self._master], [], [])
                if self._line in readable:
                    self._from_modem(_read(self._line))
                if self._master in readable:
                    self._from_gammu(_read(self._master))
        except (LineLost, OSError, ValueError) as e:
            self._tell({"event": "line_lost", "error": str(e)})

    def _from_modem(self, data: bytes) -> None:
        with self._lock:
            if self._private is None:
                _keep(self._exchange.answered, data)
            else:
                self._private += data
                if _FINAL.search(self._private):
                    self._private_done.set()
            private = self._private is not None
        # libGammu has no use for notices, and would let a burst of them fill the pseudo-terminal while it is at rest.
        if not private and not _NOTICES_ONLY.fullmatch(data):
            _write_all(self._master, data)
        self._notice(data)

    def _from_gammu(self, data: bytes) -> None:
        with self._lock:
            _keep(self._exchange.sent, data)
        _write_all(self._line, data)

    def _notice(self, data: bytes) -> None:
        """Tells +CMTI and +CDS at once, also where one is spread over several reads."""
        seen = self._tail + data
        used = 0
        for report in _REPORT.finditer(seen):
            self._tell({"event": "report", "pdu": report[1].decode()})
            used = max(used, report.end())
        for arrived in _ARRIVED.finditer(seen):
            self._tell({"event": "arrived"})
            used = max(used, arrived.end())
        start = seen.rfind(b"+C", used)
        self._tail = seen[start:] if start >= 0 and len(seen) - start < 600 else seen[max(used, len(seen) - 1) :]


@contextmanager
def open_tap(device: str, connection: str, tell: Callable[[dict[str, str]], None]) -> Iterator[LineTap]:
    """Opens the serial line raw at the speed of `connection` (at115200); OSError if it cannot be."""
    line = os.open(device, os.O_RDWR | os.O_NOCTTY)
    try:
        _make_raw(line, connection)
        master, slave = pty.openpty()
        tty.setraw(slave)
        tap = LineTap(line, master, os.ttyname(slave), tell)
        threading.Thread(target=tap.relay, name="line-tap", daemon=True).start()
        # The slave stays open here: libGammu closing its end must not end the relay.
        yield tap
    finally:
        os.close(line)


def _make_raw(line: int, connection: str) -> None:
    tty.setraw(line)
    attributes = termios.tcgetattr(line)
    speed = _SPEEDS.get(connection, termios.B115200)
    attributes[2] |= termios.CLOCAL | termios.CREAD
    attributes[4] = attributes[5] = speed
    termios.tcsetattr(line, termios.TCSANOW, attributes)


def _read(fd: int) -> bytes:
    data = os.read(fd, 65536)
    if not data:
        raise LineLost("the device is gone (unplugged?)")
    return data


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _keep(buffer: bytearray, data: bytes) -> None:
    if len(buffer) < _MEMORY_LIMIT:
        buffer += data
