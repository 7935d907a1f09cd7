"""The shape of every loop: do what there is, tell that it is alive, wait for news, the poll or the stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from smsd.store.database import CONNECTION_ERRORS

log = structlog.get_logger()

_POLL_S = 5.0  # the net under lost notifications, and the grain of due_at
_AWAY_FIRST_S, _AWAY_MOST_S = 0.5, 15.0


class Stop:
    """The one stop event. Signals set it; loops look at it between two pieces of work, never inside one."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def __bool__(self) -> bool:
        return self.event.is_set()

    def ask(self) -> None:
        """From now on nobody begins anything new."""
        self.event.set()


@dataclass
class Pulse:
    """When each loop last came round. The watchdog of systemd is fed only while all do."""

    beats: dict[str, tuple[float, float]] = field(default_factory=dict)

    def beat(self, name: str, within_s: float) -> None:
        """The loop lives, and will say so again within `within_s` seconds."""
        self.beats[name] = (time.monotonic(), within_s)

    def end(self, name: str) -> None:
        """The loop is done, and owes no more beats."""
        self.beats.pop(name, None)

    def late(self) -> list[str]:
        """Loops that have not kept their word."""
        now = time.monotonic()
        return sorted(name for name, (at, within_s) in self.beats.items() if now - at > within_s)


class Bell:
    """Wakes loops by the name of the table that has new rows for them."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = {}

    def ring(self, table: str) -> None:
        """There is new work in a table."""
        for event in self._events.get(table, ()):
            event.set()

    def ring_all(self) -> None:
        """Notices may have been missed: let everybody look."""
        for table in self._events:
            self.ring(table)

    def listen(self, table: str) -> asyncio.Event:
        """An event of one's own that is set when the table has new work."""
        event = asyncio.Event()
        self._events.setdefault(table, set()).add(event)
        return event


async def work_through(
    name: str,
    step: Callable[[], Awaitable[int]],
    *,
    wake: asyncio.Event,
    stop: Stop,
    pulse: Pulse,
    longest_step_s: float,
) -> None:
    """Calls `step` until it says 0, then waits. While the database is away it waits longer and longer.

    `step` does one bounded piece of work and returns how much that was. What it raises besides connection errors is
    a bug: it leaves the loop, and the process with it.
    """
    away_s = _AWAY_FIRST_S
    while not stop:
        pulse.beat(name, longest_step_s + _POLL_S)
        wake.clear()
        try:
            busy = await step() > 0
            away_s = _AWAY_FIRST_S
        except CONNECTION_ERRORS as e:
            log.warning("database.away", loop=name, error=str(e) or type(e).__name__, again_in_s=away_s)
            pulse.beat(name, away_s + longest_step_s + _POLL_S)
            await _wait(stop.event, away_s)
            away_s = min(2 * away_s, _AWAY_MOST_S)
            continue
        if not busy:
            await wait_any((wake, stop.event), _POLL_S)
    pulse.end(name)


async def wait_any(events: tuple[asyncio.Event, ...], timeout_s: float) -> None:
    """Returns when one of the events is set, or the time is over."""
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
