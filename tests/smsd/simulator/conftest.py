"""A terminal that talks to the simulated modem byte by byte, and libGammu in a process of its own."""

import asyncio
import json
import os
import sys
import tty
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from smsd.simulator.simulator import open_simulator

NOW = datetime(2026, 1, 31, 8, 15, 30, tzinfo=timezone(timedelta(hours=7)))
PATIENCE_S = 10


class Terminal:
    """The program's end of the line."""

    def __init__(self, device):
        self.fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        self.received = b""
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.fd, self._read)

    def _read(self):
        try:
            self.received += os.read(self.fd, 65536)
        except OSError:
            asyncio.get_running_loop().remove_reader(self.fd)
        self._more.set()

    def write(self, data):
        os.write(self.fd, data)

    async def read_until(self, *ends):
        """Give what came, as soon as it ends with one of these."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.received.endswith(ends):
                self._more.clear()
                await self._more.wait()
        received, self.received = self.received, b""
        return received

    async def read_through(self, mark):
        """Give what came up to and with the mark; what came behind it is kept."""
        async with asyncio.timeout(PATIENCE_S):
            while mark not in self.received:
                self._more.clear()
                await self._more.wait()
        before, _, self.received = self.received.partition(mark)
        return before + mark

    async def read_report(self):
        """Give a +CDS: its header and its PDU."""
        await self.read_through(b"+CDS: ")
        octets, pdu = await self.read_through(b"\r\n"), await self.read_through(b"\r\n")
        return int(octets), pdu.decode().strip()

    async def ask(self, command):
        """Give the answer's lines, without the echo; the last one is the result code."""
        self.write(command.encode() + b"\r")
        received = b""
        while not _is_final(received):
            received += await self.read_until(b"\r\n", b"> ")
        return [line for line in received.decode().split("\r\n") if line and line != command + "\r"]

    async def silence(self, seconds=0.05):
        """Give what came within that time."""
        await asyncio.sleep(seconds)
        received, self.received = self.received, b""
        return received

    def close(self):
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)


def _is_final(received):
    last = received.rstrip(b"\r\n").rpartition(b"\n")[2]
    return last in (b"OK", b"ERROR", b"> ") or last.startswith((b"+CMS ERROR", b"+CME ERROR"))


@contextmanager
def open_terminal(device):
    terminal = Terminal(device)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def terminal_on():
    """Open a terminal: `with terminal_on(simulator.device) as terminal`."""
    return open_terminal


@pytest.fixture
def now():
    """The moment at which the simulators of these tests stand still."""
    return NOW


@pytest.fixture
async def simulator():
    """A simulator whose clock stands still."""
    async with open_simulator(sim_slots=5, clock=lambda: NOW) as running:
        yield running


@pytest.fixture
async def terminal(simulator):
    """A terminal on the simulator, echo off."""
    with open_terminal(simulator.device) as opened:
        assert ["OK"] == await opened.ask("ATE0")
        yield opened


class Gammu:
    """libGammu in a child process."""

    def __init__(self, process):
        self._process = process

    async def call(self, name, *arguments):
        """Give what the call returns; an error of libGammu's is its name."""
        line = json.dumps([name, *arguments], default=lambda value: {"hex": value.hex()})
        self._process.stdin.write(line.encode() + b"\n")
        return await self.read()

    async def read(self):
        async with asyncio.timeout(60):
            answer = json.loads(await self._process.stdout.readline())
        return answer.get("ok", answer.get("error"))


@asynccontextmanager
async def open_gammu(device, folder):
    gammurc = folder / "gammurc"
    gammurc.write_text(f"[gammu]\ndevice = {device}\nconnection = at115200\nmodel = at\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        Path(__file__).with_name("gammu_child.py"),
        gammurc,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 24,
    )
    gammu = Gammu(process)
    try:
        assert "ready" == await gammu.read()
        yield gammu
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
def gammu_on(tmp_path):
    """Open libGammu: `async with gammu_on(simulator.device) as gammu`."""
    return lambda device: open_gammu(device, tmp_path)
