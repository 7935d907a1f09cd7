"""The live view: asks, draws, listens for keys, until it is told to stop. What the terminal was, it is again after."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, ConsoleDimensions
from rich.live import Live

from smsd.store.database import CONNECTION_ERRORS, DatabaseAway
from smsd.top.screen import Look, first_screen, screen
from smsd.top.snapshot import Snapshot

_QUIT = frozenset(b"qQ")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class _View:
    snapshot: Snapshot | None = None
    trouble: str | None = None


async def watch(take: Callable[[], Awaitable[Snapshot]], look: Look, out: Console) -> None:
    """Shows what `take` gives, every `look.every_s` seconds, until q, Ctrl-C or a signal. While the database is away it
    says so, shows what it knew, and goes on asking."""
    view, stop = _View(), asyncio.Event()
    with Live(console=out, screen=True, auto_refresh=False) as live:

        def draw() -> None:
            width, height = os.get_terminal_size(out.file.fileno())
            out.size = ConsoleDimensions(width, height)  # of the window as it is now, whatever COLUMNS says
            if view.snapshot is None:
                live.update(first_screen(view.trouble, look.every_s), refresh=True)
            else:
                live.update(screen(view.snapshot, look, view.trouble, width, height), refresh=True)

        draw()
        with _keys(stop), _signals(stop, draw):
            asking = asyncio.create_task(_ask(view, take, look.every_s, draw))
            ended = asyncio.create_task(stop.wait())
            await asyncio.wait((asking, ended), return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if not asking.done():
                asking.cancel()
            await asyncio.wait((asking, ended))
    if not asking.cancelled():
        asking.result()  # it ends by itself only with an error


async def _ask(view: _View, take: Callable[[], Awaitable[Snapshot]], every_s: float, draw: Callable[[], None]) -> None:
    while True:
        try:
            view.snapshot, view.trouble = await take(), None
        except (*CONNECTION_ERRORS, DatabaseAway) as e:
            reason = " ".join(str(e).split()) or type(e).__name__
            view.trouble = f"the database does not answer, asked again every {every_s:g} s: {reason}"
        draw()
        await asyncio.sleep(every_s)


@contextmanager
def _keys(stop: asyncio.Event) -> Iterator[None]:
    """q asks to stop. Keys come one by one and are not shown; without a terminal to type at there are none."""
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = os.read(terminal, 64)
        if not typed or _QUIT & set(typed):  # nothing: the terminal is gone
            loop.remove_reader(terminal)
            stop.set()

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def _signals(stop: asyncio.Event, draw: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGWINCH, draw)
    try:
        yield
    finally:
        for number in (*_SIGNALS, signal.SIGWINCH):
            loop.remove_signal_handler(number)
