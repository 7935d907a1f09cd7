"""Sits between libGammu and the serial line, relays every byte, and notes what libGammu would not tell.

libGammu gets a pseudo-terminal and drives the modem through it. The tap owns the real line, so it sees the PDUs as
they are (libGammu mends, cuts and refuses some), the true +CMS ERROR codes (libGammu turns nearly all of them into
"unknown"), the Ctrl-Z that hands an SMS over, and +CMTI, +CDS and +CMT the moment they come. 3GPP TS 27.005 sections
3.4 and 4.
"""

from __future__ import annotations

import fcntl
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

# A PDU line may hold anything, also nothing: what nobody can read must be seen too, or its slot is lost for ever.
_LISTED = re.compile(rb"\+CMGL: *(\d+),(\d),[^\r\n]*\r\n((?!\+CMGL:)[^\r\n]*)\r")
# A delivery report, or an SMS that the modem does not store (class 0): handed over now or never.
_PASSED = re.compile(rb"\+(?:CDS|CMT): *[^\r\n]*\r\n([0-9A-Fa-f]+)\r\n")
_ARRIVED = re.compile(rb"\+CMTI: *\"?\w*\"?,\d+\r\n")
_REFUSED = re.compile(rb"\+CM([SE]) ERROR: *(\d+)")
# +CREG unasked has the state first; as an answer the mode stands before it (3GPP TS 27.007 7.2).
_REGISTRATION = re.compile(rb"\+CREG: *\d(?:,\"[^\r\n]*)?\r\n")
_MEMORY = re.compile(rb"AT\+CPMS=\"(\w\w)\"")
_FINAL = re.compile(rb"(?:^|\r\n)(OK|ERROR|\+CM[SE] ERROR:[^\r\n]*)\r\n")
_NOTICES = re.compile(rb"\r\n(?:\+CMTI: *\"?\w*\"?,\d+|\+(?:CDS|CMT): *[^\r\n]*\r\n[0-9A-Fa-f]+)\r\n")
_RECEIVED = frozenset({b"0", b"1"})  # stat of "received unread" and "received read"; 2 and 3 are our own drafts
_MEMORY_LIMIT = 1 << 20  # bytes of one answer that are kept; CMGL of 255 full slots is under 100 kB
_TAIL_LIMIT = 600  # bytes; the longest notice, +CDS with its PDU, is under 400
_LEAVE_S = 1.0  # for the relay to end; it may hang in a write to a line that takes no more
_CTRL_Z = b"\x1a"  # ends a PDU that AT+CMGS has asked for: from here on the SMS may be sent
# What `connection` may be: the speeds that serial lines of modems have.
SPEEDS = {f"at{n}": getattr(termios, f"B{n}") for n in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)}


@dataclass
class Exchange:
    """What passed since the caller last asked: one libGammu call's worth of traffic."""

    memory_before: str | None = None
    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)

    def listed(self) -> list[tuple[int, str]]:
        """Index and PDU of every received SMS that a CMGL answer showed."""
        return [(int(m[1]), m[3].decode("latin-1")) for m in _LISTED.finditer(self.answered) if m[2] in _RECEIVED]

    def memory(self) -> str | None:
        """What the last AT+CPMS chose, maybe in an earlier exchange: libGammu does not choose the same one again."""
        found = _MEMORY.findall(self.sent)
        return found[-1].decode() if found else self.memory_before

    def refusal(self) -> str | None:
        """``CMS 38`` or ``CME 10``, as the modem said it, or ``ERROR`` where it said no more."""
        if found := _REFUSED.findall(self.answered):
            return f"CM{found[-1][0].decode()} {int(found[-1][1])}"
        results = _FINAL.findall(self.answered)
        return "ERROR" if results and results[-1] == b"ERROR" else None

    def submitted(self) -> bool:
        """Whether a PDU was handed to the modem: its closing Ctrl-Z has gone out."""
        return _CTRL_Z in self.sent


class LineLost(Exception):
    """The serial line ended: the device was unplugged, or never was there."""


class LineTap:
    """The relay. `path` is what libGammu opens; use open_tap()."""

    def __init__(self, line: int, master: int, path: str, leave: int, tell: Callable[[dict[str, str]], None]) -> None:
        self.path = path
        self._line = line
        self._master = master
        self._leave = leave
        self._tell = tell
        self._exchange = Exchange()
        self._tail = b""  # of what the modem says, for notices cut by a read
        self._lock = threading.Lock()
        self._private: bytearray | None = None  # while we ask the modem ourselves, libGammu hears nothing
        self._private_done = threading.Event()

    def take(self) -> Exchange:
        """The traffic since the last take."""
        with self._lock:
            exchange, self._exchange = self._exchange, Exchange(self._exchange.memory())
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
        """Runs in a thread of its own until `leave` ends, or until the line is gone, which it tells."""
        try:
            while True:
                readable, _, _ = select.select([self._line, self._master, self._leave], [], [])
                if self._leave in readable:
                    return
                if self._line in readable:
                    self._from_modem(_read(self._line))
                if self._master in readable:
                    self._from_gammu(_read(self._master))
        except (LineLost, OSError) as e:
            self._tell({"event": "line_lost", "error": f"the device is gone, unplugged? ({e})"})

    def _from_modem(self, data: bytes) -> None:
        with self._lock:
            if self._private is None:
                _keep(self._exchange.answered, data)
            else:
                self._private += data
                if _FINAL.search(self._private):
                    self._private_done.set()
            private = self._private is not None
        # libGammu has no use for notices, keeps ten of them at most, and reads nothing while it is at rest: a burst
        # would fill the pseudo-terminal. One that is cut by a read passes, and is harmless.
        if not private:
            _write_all(self._master, _NOTICES.sub(b"", data))
        self._notice(data)

    def _from_gammu(self, data: bytes) -> None:
        with self._lock:
            _keep(self._exchange.sent, data)
        if _CTRL_Z in data:
            # Told before it is so: whoever hears nothing of it can be sure that the SMS was not sent.
            self._tell({"event": "submitting"})
        _write_all(self._line, data)

    def _notice(self, data: bytes) -> None:
        """Tells +CMTI, +CDS, +CMT and +CREG at once, also where one is spread over several reads."""
        seen = self._tail + data
        used = 0
        for passed in _PASSED.finditer(seen):
            self._tell({"event": "passed", "pdu": passed[1].decode()})
            used = max(used, passed.end())
        for arrived in _ARRIVED.finditer(seen):
            self._tell({"event": "arrived"})
            used = max(used, arrived.end())
        for changed in _REGISTRATION.finditer(seen):
            self._tell({"event": "registration"})
            used = max(used, changed.end())
        start = seen.rfind(b"+C", used)
        if start < 0 or len(seen) - start > _TAIL_LIMIT:
            start = max(used, len(seen) - 1)  # maybe the + of one
        self._tail = seen[start:]


@contextmanager
def open_tap(device: str, connection: str, tell: Callable[[dict[str, str]], None]) -> Iterator[LineTap]:
    """Opens the serial line raw at the speed of `connection` (at115200); OSError or ValueError if it cannot be."""
    # Without O_NONBLOCK opening waits for a carrier, which a modem shows only during a call.
    line = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    master, slave = pty.openpty()  # the slave stays open here: libGammu closing its end must not end the relay
    leave, leaving = os.pipe()
    try:
        _lock(line, device)
        _make_raw(line, connection)
        os.set_blocking(line, True)
        tty.setraw(slave)
        tap = LineTap(line, master, os.ttyname(slave), leave, tell)
        relay = threading.Thread(target=tap.relay, name="line-tap", daemon=True)
        relay.start()
        try:
            yield tap
        finally:
            os.write(leaving, b".")
            relay.join(_LEAVE_S)
    finally:
        for fd in (line, master, slave, leave, leaving):
            os.close(fd)


def _lock(line: int, device: str) -> None:
    """Two programs on one line would each get half of what the modem says."""
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        raise OSError(f"{device} is in use by another process") from e


def _make_raw(line: int, connection: str) -> None:
    if (speed := SPEEDS.get(connection)) is None:
        raise ValueError(f"connection {connection!r} is no speed I know; use one of {', '.join(SPEEDS)}")
    try:
        tty.setraw(line)
        attributes = termios.tcgetattr(line)
        attributes[2] |= termios.CLOCAL | termios.CREAD
        attributes[4] = attributes[5] = speed
        termios.tcsetattr(line, termios.TCSANOW, attributes)
    except termios.error as e:
        raise OSError(*e.args) from e


def _read(fd: int) -> bytes:
    data = os.read(fd, 65536)
    if not data:
        raise LineLost("end of file")
    return data


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _keep(buffer: bytearray, data: bytes) -> None:
    if len(buffer) < _MEMORY_LIMIT:
        buffer += data
