"""SMS parts on this machine's disk while the database is away: one sealed file a batch, in the order they came.

A file is written under a temporary name, synced, renamed, and the folder synced: only then is its batch durable. It
stays until the database has committed its parts, so a crash in between means that they are stored twice, which the
database does not notice. The first byte is the version of the format; all after it is sealed, for it holds numbers
and texts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from smsd.folders import sync_folder
from smsd.parts import Arrived
from smsd.store.database import StoreError
from smsd.store.seal import KeyFileError, Seal

log = structlog.get_logger()

_VERSION = b"\x02"
_OLD_VERSION = b"\x01"  # of an smsd before schema version 5, and sealed as it sealed then
_ENDING, _UNFINISHED, _BROKEN = ".parts", ".tmp", ".broken"
_NAME = re.compile(r"([0-9]+)-([0-9]+)")
_BLOCK = 4096  # what a small file takes on the disk
_TELL_FULL_S = 60.0


class _Unreadable(Exception):
    """A file holds no parts that we can read; the message says why, and what to do."""


@dataclass(frozen=True)
class Kept:
    """A file of the spool. Its name, <number>-<parts>.parts, tells both without the key."""

    path: Path
    number: int
    parts: int
    size: int  # on the disk
    kept_at: float  # seconds since 1970


class Spool:
    """The files that wait. Open it with open_spool(); only one process may."""

    def __init__(self, folder: Path, seal: Seal, most_bytes: int, waiting: Sequence[Kept], last: int) -> None:
        self._folder = folder
        self._seal = seal
        self._most_bytes = most_bytes
        self._waiting = deque(waiting)
        self._last = last
        self._writing = asyncio.Lock()  # a later batch must not be there before an earlier one
        self._told_full_at: float | None = None

    @property
    def parts(self) -> int:
        """How many wait."""
        return sum(kept.parts for kept in self._waiting)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    async def keep(self, arrived: Sequence[Arrived]) -> bool:
        """Whether the parts are on the disk now; not where the spool is full, or the disk does not take them."""
        async with self._writing:
            content = _VERSION + self._seal.close(_pack(arrived), "spool")
            size = _on_disk(len(content))
            if sum(kept.size for kept in self._waiting) + size > self._most_bytes:
                self._tell_full("[gateway] spool_mb is reached", "bring the database back, or raise spool_mb")
                return False
            self._last += 1
            path = self._folder / f"{self._last:012}-{len(arrived)}{_ENDING}"
            kept = Kept(path, self._last, len(arrived), size, time.time())
            try:
                await asyncio.to_thread(_write, kept.path, content)
            except OSError as e:
                self._tell_full(str(e), f"make room for {self._folder} and let this user write there")
                return False
            self._waiting.append(kept)
            return True

    async def first(self, most_parts: int) -> list[tuple[Kept, list[Arrived]]]:
        """The oldest files, as many as have so many parts, but at least one. What cannot be read is set aside."""
        read: list[tuple[Kept, list[Arrived]]] = []
        parts = 0
        for kept in list(self._waiting):
            if read and parts + kept.parts > most_parts:
                break
            try:
                read.append((kept, await asyncio.to_thread(_read, kept.path, self._seal)))
                parts += kept.parts
            except _Unreadable as e:
                self._set_aside(kept, str(e))
        return read

    async def forget(self, stored: Sequence[Kept]) -> None:
        """Removes files whose parts the database has."""
        for kept in stored:
            try:
                await asyncio.to_thread(kept.path.unlink, missing_ok=True)
            except OSError as e:
                cure = f"let this user remove files of {self._folder}; the next start stores it again, harmlessly"
                log.error("spool.not_removed", file=str(kept.path), error=str(e), cure=cure)
            self._waiting.remove(kept)

    def _set_aside(self, kept: Kept, why: str) -> None:
        """Under a name that is never looked at again, but by people."""
        self._waiting.remove(kept)
        aside = kept.path.with_suffix(_BROKEN)
        with contextlib.suppress(OSError):  # then the next start finds it again, and says so again
            kept.path.rename(aside)
        log.error("spool.broken", file=str(aside), parts=kept.parts, error=why, cure=_MEND)

    def _tell_full(self, error: str, cure: str) -> None:
        now = time.monotonic()
        if self._told_full_at is None or now - self._told_full_at >= _TELL_FULL_S:
            self._told_full_at = now
            log.error("spool.full", parts=self.parts, error=error, cure=f"{cure}; until then the modems keep their SMS")


_MEND = "put back the smsd.key it was made with or a whole copy, rename it to *.parts, restart smsd"


def spool_folder(state_dir: Path) -> Path:
    """Where a gateway has its spool."""
    return state_dir / "spool"


def open_spool(state_dir: Path, seal: Seal, most_bytes: int) -> Spool:
    """The spool with what an earlier run has left in it; StoreError if its folder cannot be looked into."""
    folder = spool_folder(state_dir)
    try:
        for unfinished in folder.glob(f"*{_UNFINISHED}"):  # a crash while writing: the modem still has these parts
            unfinished.unlink()
        waiting, broken = look_into(folder)
    except OSError as e:
        raise StoreError(f"{folder} cannot be used ({e.strerror}); make it a folder of this user, or move it") from e
    if broken:
        log.error("spool.broken", files=[path.name for path in broken], cure=_MEND)
    names = [kept.path for kept in waiting] + list(broken)
    return Spool(folder, seal, most_bytes, waiting, max((_number(path) for path in names), default=0))


def look_into(folder: Path) -> tuple[list[Kept], list[Path]]:
    """The files that wait, oldest first, and those that were set aside."""
    try:
        paths = sorted(folder.iterdir(), key=_number)
    except FileNotFoundError:
        return [], []
    waiting = [
        Kept(path, int(name[1]), int(name[2]), _on_disk(path.stat().st_size), path.stat().st_mtime)
        for path in paths
        if path.suffix == _ENDING and (name := _NAME.fullmatch(path.stem))
    ]
    return waiting, [path for path in paths if path.suffix == _BROKEN]


def put_back(folder: Path, files: Sequence[Path]) -> None:
    """Files of another spool behind those that wait here, in their order; OSError. Nobody may have the spool open."""
    waiting, broken = look_into(folder)
    last = max((_number(path) for path in [*(kept.path for kept in waiting), *broken]), default=0)
    for number, file in enumerate(files, last + 1):
        _write(folder / f"{number:012}-{file.stem.partition('-')[2]}{_ENDING}", file.read_bytes())


def _number(path: Path) -> int:
    name = _NAME.fullmatch(path.stem)
    return int(name[1]) if name else 0


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _pack(arrived: Sequence[Arrived]) -> bytes:
    return json.dumps([[part.transport, part.pdu] for part in arrived]).encode()


def _write(path: Path, content: bytes) -> None:
    """Whole and durable, or OSError and nothing."""
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=0o700)
        sync_folder(path.parent.parent)
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        with open(unfinished, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError:
        for name in (unfinished, path):
            with contextlib.suppress(OSError):
                name.unlink()
        raise


def _read(path: Path, seal: Seal) -> list[Arrived]:
    try:
        content = path.read_bytes()
        if not content.startswith((_VERSION, _OLD_VERSION)):
            raise _Unreadable("it is empty, or was written by a newer smsd")
        opened = (seal.open if content.startswith(_VERSION) else seal.open_old)(content[1:], "spool")
        return [Arrived(transport, pdu) for transport, pdu in json.loads(opened)]
    except KeyFileError as e:
        raise _Unreadable("it is damaged, or was sealed with another key") from e
    except (OSError, ValueError, TypeError) as e:
        raise _Unreadable(f"{type(e).__name__}: {e}") from e
