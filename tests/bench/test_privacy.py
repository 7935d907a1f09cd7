"""A small run of bench/privacy.py, and that its search finds what it looks for."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from bench.privacy import Search
from parser.pdu import encode_deliver

NUMBER = "+6281298765432"
TEXT = "jalan rusak parah di depan pasar, banyak lubang"
PDU = encode_deliver(NUMBER, "x", datetime(2026, 11, 23, 10, 15, 16, tzinfo=UTC))


@pytest.mark.timeout(900)
def test_nothing_that_is_left_behind_has_a_number_or_a_text() -> None:
    """Dump, files of the server, log, mails."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.privacy", "--citizens", "25", "--modems", "2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert done.stdout.startswith("25 citizens, 25 tickets")


@pytest.mark.parametrize(
    "leak",
    [
        NUMBER.encode(),
        b"hub 081298765432 ya",
        b"0812-9876-5432",
        PDU.encode(),
        PDU.lower().encode(),
        bytes.fromhex(PDU),
        b"\\\\x" + NUMBER.encode().hex().encode(),
    ],
)
def test_a_number_is_found_however_it_is_written(leak: bytes) -> None:
    """As people and PDUs have it, and in a dump's hexadecimal."""
    found = Search({NUMBER: [TEXT]}).look([b"a line\n" + leak + b"\nanother"])
    assert ({NUMBER}, set()) == (found.numbers, found.texts)


@pytest.mark.parametrize("leak", [TEXT.encode(), TEXT[10:40].encode(), TEXT.encode("utf-16-be"), TEXT.encode().hex()])
def test_a_piece_of_a_text_is_found(leak: bytes | str) -> None:
    """Whole, in part, in another encoding, in a dump's hexadecimal."""
    content = leak if isinstance(leak, bytes) else rf"\\x{leak}".encode()
    assert {NUMBER} == Search({NUMBER: [TEXT]}).look([content]).texts


def test_what_has_neither_is_found_innocent() -> None:
    """A dump of something else."""
    found = Search({NUMBER: [TEXT]}).look([b"\\\\x00ff jalan rusak, di depan kantor 081234567890", b""])
    assert (set(), set()) == (found.numbers, found.texts)
