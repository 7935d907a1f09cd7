"""What systemd wants to hear (sd_notify(3)): ready, alive, stopping. No trouble where nobody listens."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from smsd.loops import Pulse

log = structlog.get_logger()

_WITHOUT_WATCHDOG_S = 10.0  # how often late loops are looked for where systemd asks for no watchdog
_SEND_S = 1.0  # a listener that does not read would hold up the loops


def notify(state: str) -> None:
    """Sends e.g. ``READY=1`` to $NOTIFY_SOCKET; an abstract socket begins with @. A lost word is logged, no more."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(_SEND_S)
        try:
            line.connect(address)
            line.sendall(state.encode())
        except OSError as e:
            log.warning("systemd.not_told", state=state, error=str(e))


@contextmanager
def reloading() -> Iterator[None]:
    """While the configuration is read anew; systemd wants to know since when, by the clock that nobody sets."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
    yield
    notify("READY=1")


async def feed_watchdog(pulse: Pulse, status: Callable[[], str]) -> None:
    """For ever: tells systemd that we live, but only while every loop keeps coming round; how we are, always."""
    interval_s = int(os.environ.get("WATCHDOG_USEC") or 0) / 2e6 or _WITHOUT_WATCHDOG_S
    while True:
        if late := pulse.late():
            log.error("loop.stuck", loops=late)
            notify(f"STATUS={status()}")
        else:
            notify(f"WATCHDOG=1\nSTATUS={status()}")
        await asyncio.sleep(interval_s)
