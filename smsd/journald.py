"""journald's native protocol (systemd.io, "Native Journal Protocol"): a record is one datagram of named fields.

It is spoken here and not through libsystemd: the bindings need its headers to be installed from a package index, and
the protocol is this page.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

SOCKET = Path("/run/systemd/journal/socket")
# How long a record may hold up the event loop while journald is behind with reading.
PATIENCE_S = 0.2
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_TOO_LARGE = frozenset({errno.EMSGSIZE, errno.ENOBUFS})


def is_journal(descriptor: int, environment: Mapping[str, str]) -> bool:
    """Whether systemd says ($JOURNAL_STREAM, systemd.exec(5)) that this very descriptor leads to the journal."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def encode(fields: Iterable[tuple[str, str]]) -> bytes:
    """`NAME=value` and a line break; where the value has line breaks, its length comes first, in eight octets."""
    record = bytearray()
    for name, value in fields:
        octets = value.encode("utf-8", "backslashreplace")
        if b"\n" in octets:
            record += name.encode("ascii") + b"\n" + struct.pack("<Q", len(octets)) + octets + b"\n"
        else:
            record += name.encode("ascii") + b"=" + octets + b"\n"
    return bytes(record)


def send(record: bytes, address: Path = SOCKET) -> None:
    """Returns when journald's queue has it; OSError if there is no journald, or it does not read in time.

    On a socket of its own each time: journald may have been restarted since.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.sendto(record, str(address))
        except OSError as e:
            if e.errno not in _TOO_LARGE:
                raise
            _send_sealed(line, record, str(address))


def _send_sealed(line: socket.socket, record: bytes, address: str) -> None:
    """What no datagram holds goes as a file in memory that nobody can change any more."""
    descriptor = os.memfd_create("smsd-journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        left = memoryview(record)
        while left:
            left = left[os.write(descriptor, left) :]
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        passed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
        line.sendmsg([], [passed], 0, address)
    finally:
        os.close(descriptor)
