"""The modem's end of a pseudo-terminal: bytes in by callback, bytes out without ever blocking the event loop.

The simulator keeps the other end, the slave, open too: a pseudo-terminal whose last slave closes hangs up, and every
program that opened and closed the modem would end it.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable

# What nobody reads is dropped beyond this, as a UART without flow control drops it; a full listing of 255 slots is
# 90 kB.
_BACKLOG_BYTES = 1 << 18
_READ_BYTES = 1 << 16


class Line:
    """An open pseudo-terminal; made by :func:`make_line`."""

    def __init__(self, master: int, slave: int, device: str, loop: asyncio.AbstractEventLoop) -> None:
        self.device = device
        self._master = master
        self._slave = slave
        self._loop = loop
        self._backlog = bytearray()
        self._is_open = True

    def listen(self, on_bytes: Callable[[bytes], None]) -> None:
        """Call ``on_bytes`` with whatever the program on the other side writes."""
        self._loop.add_reader(self._master, self._read, on_bytes)

    def _read(self, on_bytes: Callable[[bytes], None]) -> None:
        try:
            data = os.read(self._master, _READ_BYTES)
        except BlockingIOError:
            return
        on_bytes(data)

    def write(self, data: bytes) -> None:
        """Send bytes to the program on the other side, now or as soon as it has read enough."""
        if not self._is_open or len(self._backlog) > _BACKLOG_BYTES:
            return
        if self._backlog:
            self._backlog += data
            return
        rest = data[self._write_some(data) :]
        if rest:
            self._backlog += rest
            self._loop.add_writer(self._master, self._flush)

    def _write_some(self, data: bytes | bytearray) -> int:
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def _flush(self) -> None:
        del self._backlog[: self._write_some(self._backlog)]
        if not self._backlog:
            self._loop.remove_writer(self._master)

    def close(self) -> None:
        """Hang up: programs that hold the device get an end of file or EIO. Closing twice is fine."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        os.close(self._master)
        os.close(self._slave)


def make_line() -> Line:
    """Open a pseudo-terminal in raw mode (no echo and no line editing by the kernel: a modem does both itself)."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return Line(master, slave, os.ttyname(slave), asyncio.get_running_loop())
