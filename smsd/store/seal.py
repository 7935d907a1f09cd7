"""Seals what must not be read in a database dump, and hashes it so that it can still be found.

AES-SIV (RFC 5297) is deterministic, which costs nothing here (equal numbers already share one hash) and cannot be
misused by repeating a nonce. One key file holds both keys: 64 bytes for AES-256-SIV, 32 for HMAC-SHA-256.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_SIV_BYTES = 64
_HMAC_BYTES = 32


class KeyFileError(Exception):
    """The key cannot be had; the message names the file and the cure."""


@dataclass(frozen=True)
class Seal:
    """The two keys of one installation."""

    siv: AESSIV
    hmac_key: bytes

    def close(self, clear: bytes, purpose: str) -> bytes:
        """Ciphertext that opens only with the same purpose."""
        return self.siv.encrypt(clear, [purpose.encode()])

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The clear bytes; KeyFileError if another key sealed them."""
        try:
            return self.siv.decrypt(sealed, [purpose.encode()])
        except InvalidTag as e:
            raise KeyFileError(
                "the database was sealed with another key; put back the smsd.key it was made with"
            ) from e

    def hash(self, clear: bytes, purpose: str) -> bytes:
        """32 bytes that are equal for equal input, and tell nothing without the key."""
        return hmac.digest(self.hmac_key, purpose.encode() + b"\0" + clear, hashlib.sha256)


def make_key_file(path: Path) -> None:
    """Writes a new key, readable by its owner alone; FileExistsError rather than losing an old one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:  # its mode is 0600
        file.write(base64.b64encode(secrets.token_bytes(_SIV_BYTES + _HMAC_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)  # whole or not at all, even on a full disk
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError as e:
        raise KeyFileError(f"{path}: no such key file; `smsd db init` makes one, or restore it from your backup") from e
    except (OSError, ValueError) as e:
        raise KeyFileError(f"{path}: cannot be read as a key ({e}); restore it from your backup") from e
    if len(key) != _SIV_BYTES + _HMAC_BYTES:
        raise KeyFileError(f"{path}: holds {len(key)} bytes, not 96; restore it from your backup")
    return Seal(AESSIV(key[:_SIV_BYTES]), key[_SIV_BYTES:])
