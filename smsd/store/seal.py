"""Seals what must not be read in a database dump, and hashes it so that it can still be found.

AES-256-SIV (RFC 5297), which cannot be misused by repeating a nonce; each box has a random one all the same, so that
equal texts do not look equal. HMAC-SHA-256 for what must be found. The key file holds one key a line, 64 bytes for the
first and 32 for the second in base64: a second line is there while keys are changed (smsd/rotation.py). A box begins
with the id of its key, so that any box opens as long as its key is there.

    box = id of the key (4 bytes), nonce (16), AES-SIV of the content (16 more than the content)
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from smsd.folders import sync_folder

_SIV_BYTES = 64
_HMAC_BYTES = 32
_KEY_BYTES = _SIV_BYTES + _HMAC_BYTES
ID_BYTES = 4
_NONCE_BYTES = 16
BOX_BYTES = ID_BYTES + _NONCE_BYTES + 16  # that a box is longer than what is in it


class KeyFileError(Exception):
    """The key cannot be had; the message names the file and the cure."""


@dataclass(frozen=True)
class Key:
    """One line of the key file."""

    id: bytes  # of the key itself, and tells nothing about it
    siv: AESSIV
    hmac_key: bytes

    def close(self, clear: bytes, purpose: str) -> bytes:
        """A box, another one each time, that opens only with the same purpose."""
        nonce = os.urandom(_NONCE_BYTES)
        return b"".join((self.id, nonce, self.siv.encrypt(clear, [purpose.encode(), nonce])))

    def hash(self, clear: bytes, purpose: str) -> bytes:
        """32 bytes that are equal for equal input, and tell nothing without the key."""
        return hmac.digest(self.hmac_key, purpose.encode() + b"\0" + clear, hashlib.sha256)


class Seal:
    """The keys of one installation. One of them, the current one, seals and hashes; each of them opens.

    Which one is current is said by the database (`use`), so that all processes change over at the same moment. Who
    meets a key that is not here looks into the file again: it may have been added since.
    """

    def __init__(self, path: Path, keys: Iterable[Key]) -> None:
        self._path = path
        self._keys = {key.id: key for key in keys}
        self.current = next(iter(self._keys.values()))

    @property
    def keys(self) -> list[Key]:
        """All of them, the current one first."""
        return [self.current, *(key for key in self._keys.values() if key.id != self.current.id)]

    def use(self, key_id: bytes) -> None:
        """From now on this key seals and hashes; KeyFileError where the file does not have it."""
        if key_id != self.current.id:
            self.current = self._key(key_id)

    def close(self, clear: bytes, purpose: str) -> bytes:
        """A box sealed by the current key."""
        return self.current.close(clear, purpose)

    def open(self, box: bytes, purpose: str) -> bytes:
        """The clear bytes; KeyFileError if another key sealed them."""
        nonce, sealed = box[ID_BYTES : ID_BYTES + _NONCE_BYTES], box[ID_BYTES + _NONCE_BYTES :]
        try:
            return self._key(box[:ID_BYTES]).siv.decrypt(sealed, [purpose.encode(), nonce])
        except (InvalidTag, ValueError) as e:
            raise KeyFileError(f"a box of the database is damaged, or not for {purpose!r}; restore your backup") from e

    def open_old(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed before schema version 5: without the id of a key, without a nonce."""
        for key in self.keys:
            with contextlib.suppress(InvalidTag):
                return key.siv.decrypt(sealed, [purpose.encode()])
        raise self._missing("another key")

    def hash(self, clear: bytes, purpose: str) -> bytes:
        """By the current key."""
        return self.current.hash(clear, purpose)

    def reload(self) -> None:
        """Takes over the keys that the file has now; what is current stays so if it can."""
        self._keys = {key.id: key for key in load_seal(self._path)._keys.values()}
        self.current = self._keys.get(self.current.id) or next(iter(self._keys.values()))

    def _key(self, key_id: bytes) -> Key:
        if key_id not in self._keys:
            self.reload()
        if key_id not in self._keys:
            raise self._missing(f"key {key_id.hex()}")
        return self._keys[key_id]

    def _missing(self, what: str) -> KeyFileError:
        cure = "put back the key file it was made with, or restart smsd if systemd hands the file over"
        return KeyFileError(f"the database was sealed with {what}, which {self._path} does not hold; {cure}")


def new_key() -> bytes:
    """A line for a key file."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n"


def make_key_file(path: Path) -> None:
    """Writes a new key, readable by its owner alone; FileExistsError rather than losing an old one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:  # its mode is 0600
        file.write(new_key())
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)  # whole or not at all, even on a full disk
    sync_folder(path.parent)


def add_key(path: Path) -> None:
    """One more key behind those that the file has; whole or not at all. KeyFileError where it cannot be written."""
    _rewrite(path, [*_lines(path), new_key().strip()])


def drop_keys(path: Path, keep: bytes) -> None:
    """Leaves the key with that id alone. For good: what another one has sealed cannot be opened any more."""
    _rewrite(path, [line for line in _lines(path) if _read_key(base64.b64decode(line)).id == keep])


def _lines(path: Path) -> list[bytes]:
    load_seal(path)  # or it is told what is wrong with it
    return path.read_bytes().split()


def _rewrite(path: Path, lines: list[bytes]) -> None:
    """Its owner and mode stay, for others may have to read it."""
    path = path.resolve()
    before = path.stat()
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                os.fchmod(file.fileno(), before.st_mode & 0o7777)
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                file.write(b"".join(line + b"\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(path)
            except BaseException:
                Path(file.name).unlink()
                raise
        sync_folder(path.parent)
    except OSError as e:
        cure = "run this as the user who may write it, and its folder"
        raise KeyFileError(f"{path}: cannot be written ({e.strerror}); {cure}") from e


def ensure_key_file(path: Path) -> None:
    """Makes the key where there is none, and the folder for it; KeyFileError where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with contextlib.suppress(FileExistsError):  # another process was faster
                make_key_file(path)
    except OSError as e:
        raise KeyFileError(f"{path}: cannot be written ({e.strerror}); create its folder for this user") from e


def find_key_file(named: Path | None, state_dir: Path) -> Path:
    """systemd's credential `smsd.key`, else the configured file, else the one in the state directory."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (given := Path(folder) / "smsd.key").exists():
        return given
    return named or state_dir / "smsd.key"


def load_seal(path: Path) -> Seal:
    """Reads the key file; KeyFileError names the cure."""
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_bytes().split()]
    except FileNotFoundError as e:
        raise KeyFileError(f"{path}: no such key file; `smsd db init` makes one, or restore it from your backup") from e
    except (OSError, ValueError) as e:
        raise KeyFileError(f"{path}: cannot be read as a key ({e}); restore it from your backup") from e
    for key in keys or [b""]:
        if len(key) != _KEY_BYTES:
            raise KeyFileError(f"{path}: holds {len(key)} bytes, not {_KEY_BYTES}; restore it from your backup")
    return Seal(path, map(_read_key, keys))


def _read_key(key: bytes) -> Key:
    return Key(hashlib.sha256(b"smsd key\0" + key).digest()[:ID_BYTES], AESSIV(key[:_SIV_BYTES]), key[_SIV_BYTES:])
