"""A terminal whose last line is a prompt: what is printed while somebody types goes above it."""

from __future__ import annotations

import asyncio
import contextlib
import readline
import sys
import termios
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console

from smsd.cli.options import console

PROMPT = "1708> "
_CLEAR_LINE = "\r\x1b[K"

Ask = Callable[[], Awaitable[str | None]]


class _AbovePrompt:
    """A file for rich that keeps prompt and half-typed line below what it writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.asking = False

    def write(self, text: str) -> int:
        if self.asking:
            text = f"{_CLEAR_LINE}{text}{PROMPT}{readline.get_line_buffer()}"
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


@contextmanager
def open_screen() -> Iterator[tuple[Console, Ask]]:
    """Where to print, and how to ask for a line; None is the end of input. The terminal is left as it was."""
    above = _AbovePrompt(sys.stdout)
    before = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None
    out = console()
    if before is not None and sys.stdout.isatty():
        out.file = above  # type: ignore[assignment]  # all that rich needs of a file
    try:
        yield out, lambda: _ask(above)
    finally:
        if before is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


async def _ask(above: _AbovePrompt) -> str | None:
    """Reads in a thread that nobody waits for, so that Ctrl-C need not wait for Enter."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str | None] = loop.create_future()

    def settle(line: str | None) -> None:
        if not answered.done():
            answered.set_result(line)

    def read() -> None:
        line: str | None = ""
        try:
            line = input(PROMPT)
        except EOFError:
            line = None
        except UnicodeDecodeError:
            pass  # half a character: asked again
        with contextlib.suppress(RuntimeError):  # the loop is closed: the user has left
            loop.call_soon_threadsafe(settle, line)

    above.asking = True
    try:
        threading.Thread(target=read, name="prompt", daemon=True).start()
        return await answered
    finally:
        above.asking = False
