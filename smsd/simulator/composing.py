"""What a citizen's phone makes of a text: the SMS-DELIVER PDUs of its parts. Pure.

Kept apart from ``gsm7.split``, which cuts what the gateway sends: a phone may choose UCS-2 for a text that GSM-7 could
write and may number its parts with 16 bits, and both leave less room (3GPP TS 23.040 §9.2.3.24.1 and §9.2.3.24.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from parser import gsm7, pdu

Alphabet = Literal["gsm7", "ucs2"]
Bits = Literal[8, 16]

_USER_DATA_OCTETS = 140
_MOST_PARTS = 255
_CONCAT_OCTETS: dict[Bits, int] = {8: 6, 16: 7}


def compose(
    sender: str, text: str, sent_at: datetime, *, alphabet: Alphabet | None, reference: int, bits: Bits
) -> list[str]:
    """Give the PDUs of a text, in order; ValueError says what is wrong with the arguments."""
    chosen = alphabet or _alphabet_for(text)
    parts = cut(text, chosen, bits)
    if len(parts) == 1:
        return [pdu.encode_deliver(sender, text, sent_at, alphabet=chosen)]
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"the text takes {len(parts)} parts: no phone sends more than {_MOST_PARTS}")
    reference %= 1 << bits
    return [
        pdu.encode_deliver(
            sender, part, sent_at, concat=pdu.Concat(reference, bits, number, len(parts)), alphabet=chosen
        )
        for number, part in enumerate(parts, start=1)
    ]


def _alphabet_for(text: str) -> Alphabet:
    return "ucs2" if gsm7.septets(text) is None else "gsm7"


def cut(text: str, alphabet: Alphabet, bits: Bits) -> list[str]:
    """Cut a text into what fits in one SMS each; no extension character and no surrogate pair is torn."""
    sizes = [_size(char, alphabet) for char in text]
    if sum(sizes) <= _room(alphabet, 0):
        return [text]
    return list(_filled(text, sizes, _room(alphabet, _CONCAT_OCTETS[bits])))


def _room(alphabet: Alphabet, header_octets: int) -> int:
    octets = _USER_DATA_OCTETS - header_octets
    return octets * 8 // 7 if alphabet == "gsm7" else octets // 2


def _size(char: str, alphabet: Alphabet) -> int:
    if alphabet == "ucs2":
        return 2 if ord(char) > 0xFFFF else 1
    size = gsm7.septets(char)
    if size is None:
        raise ValueError(f"{char!r} cannot be written in GSM-7: leave the alphabet out or write ucs2")
    return size


def _filled(text: str, sizes: list[int], room: int) -> Iterator[str]:
    start = used = 0
    for position, size in enumerate(sizes):
        if used + size > room:
            yield text[start:position]
            start, used = position, 0
        used += size
    yield text[start:]
