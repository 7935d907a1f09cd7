"""What systemd hears, on a real datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from smsd import notify as module
from smsd.loops import Pulse
from smsd.notify import feed_watchdog, notify

Events = list[dict[str, object]]


@contextmanager
def listener(address: str | bytes) -> Iterator[socket.socket]:
    """A socket as systemd binds it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(address)
        bound.setblocking(False)
        yield bound


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """systemd, listening."""
    with listener(str(tmp_path / "notify")) as bound:
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield bound


def heard(systemd: socket.socket) -> list[str]:
    """Everything that was said so far."""
    said = []
    while True:
        try:
            said.append(systemd.recv(4096).decode())
        except BlockingIOError:
            return said


async def feed(pulse: Pulse, rounds: int = 1) -> None:
    """The feeder, for some rounds."""
    asked = 0

    def status() -> str:
        nonlocal asked
        asked += 1
        return f"2 modems, round {asked}"

    feeder = asyncio.create_task(feed_watchdog(pulse, status))
    while asked < rounds:
        await asyncio.sleep(0.001)
    feeder.cancel()
    await asyncio.gather(feeder, return_exceptions=True)


class TestNotify:
    def test_it_reaches_the_socket(self, systemd: socket.socket) -> None:
        """Each state as one datagram."""
        notify("READY=1")
        notify("STATUS=enam café")
        assert ["READY=1", "STATUS=enam café"] == heard(systemd)

    def test_it_reaches_an_abstract_socket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whose name begins with @, and a zero byte in the kernel."""
        name = f"smsd-test-{os.getpid()}"
        with listener(b"\0" + name.encode()) as bound:
            monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
            notify("READY=1")
            assert ["READY=1"] == heard(bound)

    @pytest.mark.parametrize("value", [None, ""])
    def test_nobody_listens(self, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
        """As on a terminal."""
        monkeypatch.setenv("NOTIFY_SOCKET", value) if value is not None else monkeypatch.delenv(
            "NOTIFY_SOCKET", raising=False
        )
        notify("READY=1")

    def test_a_listener_that_is_gone_ends_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: Events
    ) -> None:
        """A stale variable is no reason to die."""
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
        notify("READY=1")
        assert [("systemd.not_told", "READY=1")] == [(e["event"], e["state"]) for e in events]

    def test_a_listener_that_does_not_read_holds_up_nothing(
        self, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch, events: Events
    ) -> None:
        """Its buffer is full: what does not fit is lost."""
        monkeypatch.setattr(module, "_SEND_S", 0.01)
        while not events:
            notify("STATUS=" + "x" * 2000)
        assert "systemd.not_told" == events[0]["event"]


class TestFeedWatchdog:
    async def test_it_feeds_while_all_loops_come_round(self, systemd: socket.socket) -> None:
        """With a status for `systemctl status`."""
        pulse = Pulse()
        pulse.beat("send", 60)
        await feed(pulse)
        assert ["WATCHDOG=1\nSTATUS=2 modems, round 1"] == heard(systemd)

    async def test_it_feeds_twice_as_often_as_systemd_asks(
        self, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Half the interval of $WATCHDOG_USEC."""
        monkeypatch.setenv("WATCHDOG_USEC", "2000")
        await feed(Pulse(), rounds=3)
        assert 3 <= len(heard(systemd))

    async def test_an_empty_interval_is_none(self, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
        """systemd sets none where it does not watch."""
        monkeypatch.setenv("WATCHDOG_USEC", "")
        await feed(Pulse())
        assert 1 == len(heard(systemd))

    async def test_it_does_not_feed_while_a_loop_is_stuck(
        self, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch, events: Events
    ) -> None:
        """The journal names the loop, and systemd kills us; if the loop comes round, it goes on."""
        monkeypatch.setenv("WATCHDOG_USEC", "2000")
        pulse = Pulse()
        pulse.beat("send", -1)
        pulse.beat("clock", 60)
        feeder = asyncio.create_task(feed_watchdog(pulse, lambda: ""))
        while not events:
            await asyncio.sleep(0.001)
        assert {"STATUS="} == set(heard(systemd))
        assert ("loop.stuck", ["send"], "error") == tuple(events[0][key] for key in ("event", "loops", "log_level"))
        pulse.beat("send", 60)
        said: list[str] = []
        while "WATCHDOG=1\nSTATUS=" not in said:
            await asyncio.sleep(0.001)
            said += heard(systemd)
        feeder.cancel()
        await asyncio.gather(feeder, return_exceptions=True)
