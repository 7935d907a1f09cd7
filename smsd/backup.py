"""One file that holds all a gateway would lose with its disk, but for the key: what is in it, and whether it is whole.

A tar: `manifest.json`, which names every other file with its size and SHA-256; `database.dump`, of pg_dump; `spool/…`,
SMS that were not in the database yet, sealed; `config/…`, the configuration and the rule files that it names. What a
`*_file` key names is not there, so no password, no PIN, and not the key: what is sealed stays sealed for who finds it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smsd.folders import sync_folder
from smsd.store.seal import Seal

FORMAT = 1
MANIFEST, DATABASE, SPOOL, CONFIG = "manifest.json", "database.dump", "spool", "config"
_CHUNK = 1 << 20


class BackupError(Exception):
    """A backup that cannot be made, or is not whole; the message is one line with the cure."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    smsd: str  # the version that made it
    made_at: str  # ISO 8601, before the database was read
    schema_version: int
    postgres: int  # major version of the server
    key_id: str
    tickets: int
    files: Mapping[str, Mapping[str, Any]]  # name -> bytes, sha256


def key_id(seal: Seal) -> str:
    """Tells two keys apart, and nothing of either."""
    return seal.hash(b"smsd backup", "key id").hex()[:16]


def write_backup(file: Path, sources: Mapping[str, Path], facts: Mapping[str, Any]) -> Manifest:
    """Whole or not at all: under another name first, synced, read back, then renamed. FileExistsError, BackupError."""
    if file.exists():
        raise BackupError(f"{file} is there already; give another name, old backups are never overwritten")
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    files = {name: {"bytes": path.stat().st_size, "sha256": _sha256_of(path)} for name, path in sources.items()}
    manifest = Manifest(format=FORMAT, **{"made_at": made_at, **facts}, files=files)
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as unfinished:  # its mode is 0600
            with tarfile.open(fileobj=unfinished, mode="w") as tar:
                _add_bytes(tar, MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
                for name, path in sources.items():
                    tar.add(path, arcname=name, filter=_without_owner)
            unfinished.flush()
            os.fsync(unfinished.fileno())
            read_manifest(Path(unfinished.name), verify=True)
            os.link(unfinished.name, file)
        sync_folder(file.parent)
    except OSError as e:
        raise BackupError(f"{file} cannot be written ({e.strerror}); make room, or name another place") from e
    return manifest


def read_manifest(file: Path, *, verify: bool = False) -> Manifest:
    """What is in it; with `verify`, every byte is read and compared. BackupError names what is wrong."""
    with _opened(file) as tar:
        members = {member.name: member for member in tar}
        manifest = _parse(file, _read(tar, members.get(MANIFEST)))
        if missing := sorted(manifest.files.keys() - members.keys()):
            raise BackupError(f"{file} lacks {missing[0]}; it is cut or was changed: take another backup")
        for name, told in manifest.files.items() if verify else ():
            stream = tar.extractfile(members[name])
            if stream is None or told["sha256"] != _sha256(stream):
                raise BackupError(f"{file}: {name} is not as it was written; take another backup")
        return manifest


@contextmanager
def unpacked(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """Its files in a folder that is gone afterwards; only those that the manifest names, after comparing them."""
    manifest = read_manifest(file, verify=True)
    with tempfile.TemporaryDirectory(prefix="smsd-restore-") as folder, _opened(file) as tar:
        for name in manifest.files:
            tar.extract(name, folder, filter="data")
        yield manifest, Path(folder)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except OSError as e:
        raise BackupError(f"{file} cannot be read ({e.strerror or e}); check its name, owner and mode") from e
    except (tarfile.TarError, EOFError) as e:
        raise BackupError(f"{file} is no whole backup of smsd ({e}); take another one") from e


def _parse(file: Path, content: bytes) -> Manifest:
    try:
        told = json.loads(content)
        if told["format"] > FORMAT:
            raise BackupError(f"{file} was made by smsd {told['smsd']}, which is newer; install that version")
        return Manifest(**told)
    except (ValueError, TypeError, KeyError) as e:
        raise BackupError(f"{file} has no manifest of smsd; take another backup") from e


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> bytes:
    stream = tar.extractfile(member) if member else None
    return stream.read() if stream else b""


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return _sha256(stream)


def _sha256(stream: Any) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
