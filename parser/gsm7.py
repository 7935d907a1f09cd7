"""The GSM 7 bit default alphabet: fold, encode, pack and split text for SMS (3GPP TS 23.038 section 6, TS 23.040)."""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from parser.gsm7_tables import LOCKING_SHIFT, SINGLE_SHIFT

ESCAPE = 0x1B

# TS 23.038 section 6.2.1, in code order; 0x1B is the escape to the extension table.
ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)

# TS 23.038 section 6.2.1.1.
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}

_CODES = {char: bytes([code]) for code, char in enumerate(ALPHABET) if code != ESCAPE} | {
    char: bytes([ESCAPE, code]) for code, char in EXTENSION.items()
}

# What stands behind an escape, written as its default-table character -> what it means there.
_ESCAPED = {ALPHABET[code]: char for code, char in EXTENSION.items()}
_ESCAPE_PAIR = re.compile("\x1b(.?)", re.DOTALL)

# What each single shift table knows, by code.
_SINGLE_SHIFT = {
    language: {code: char for code, char in enumerate(table) if char != " "} for language, table in SINGLE_SHIFT.items()
}

_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_ZERO_WIDTH = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_EQUIVALENTS: tuple[tuple[str, str], ...] = (
    (_ZERO_WIDTH, ""),
    (_SPACES, " "),
    ("‘’‚‛′‹›`´ʼ", "'"),
    ("“”„‟″«»", '"'),
    ("‐‑‒–—―−", "-"),
    ("•‣▪●◦∙·", "-"),
    ("\u2028\u2029", "\n"),
    ("…", "..."),
    ("×", "x"),
    ("⁄", "/"),
    ("Đ", "D"),
    ("đ", "d"),
    ("Ł", "L"),
    ("ł", "l"),
    ("ı", "i"),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("©", "(c)"),
    ("®", "(R)"),
)
_FOLDS = str.maketrans({char: plain for chars, plain in _EQUIVALENTS for char in chars})
_COMBINING_MARK = re.compile("[\u0300-\u036f]")

# TS 23.040 section 9.2.3.24.1: a concatenation header of 6 octets leaves 153 septets or 67 UTF-16 units.
SINGLE_LIMIT = {"gsm7": 160, "ucs2": 70}
PART_LIMIT = {"gsm7": 153, "ucs2": 67}


class GsmEncodeError(ValueError):
    """A character that the GSM 7 bit default alphabet cannot write."""

    def __init__(self, character: str, position: int) -> None:
        super().__init__(f"{character!r} at position {position} is not in the GSM 7 bit default alphabet")
        self.character = character
        self.position = position


@dataclass(frozen=True, slots=True)
class Segments:
    """A text cut into what fits in one SMS each."""

    alphabet: Literal["gsm7", "ucs2"]
    parts: tuple[str, ...]


def fold(text: str) -> str:
    """Replace each character that has an obvious GSM-7 equivalent; leave the others as they are."""
    composed = unicodedata.normalize("NFC", text.translate(_FOLDS))
    return "".join(map(_plain, composed))


@lru_cache(maxsize=1024)
def _plain(char: str) -> str:
    """The character without its accent or width, where that can be written in GSM-7; else the character."""
    if char in _CODES:
        return char
    bare = _COMBINING_MARK.sub("", unicodedata.normalize("NFKD", char)).translate(_FOLDS)
    return bare if all(letter in _CODES for letter in bare) else char


def encode(text: str) -> bytes:
    """One septet per byte, escape and code for extension characters; GsmEncodeError names what does not fit."""
    try:
        return b"".join([_CODES[char] for char in text])
    except KeyError as exc:
        char = exc.args[0]
        raise GsmEncodeError(char, text.index(char)) from None


def decode(septets: bytes) -> str:
    """The text of one-per-byte septets; never fails.

    TS 23.038 section 6.2.1: a code unknown to the extension table is read in the default table, an escape that
    stands last or before another escape is a space. A byte above 0x7F, which is no septet, becomes U+FFFD.
    """
    text, _ = codecs.charmap_decode(septets, "replace", ALPHABET)
    return _ESCAPE_PAIR.sub(_unescape, text) if "\x1b" in text else text


def _unescape(pair: re.Match[str]) -> str:
    char = pair[1]
    return " " if char in ("", "\x1b") else _ESCAPED.get(char, char)


def decode_national(septets: bytes, locking: int, single: int) -> str:
    """The text of one-per-byte septets in the tables of these national languages; never fails.

    TS 23.038 sections 6.2.1.2.2 and 6.2.1.2.3: a language without such a table (0 is none) has the default one, and
    what a single shift table does not know is read in the locking shift table.
    """
    alphabet = LOCKING_SHIFT.get(locking, ALPHABET)
    if single not in SINGLE_SHIFT and alphabet is ALPHABET:
        return decode(septets)
    shifted = _SINGLE_SHIFT.get(single, EXTENSION)
    chars, codes = [], iter(septets)
    for code in codes:
        if code == ESCAPE and (code := next(codes, ESCAPE)) in shifted:
            chars.append(shifted[code])
        else:
            chars.append(" " if code == ESCAPE else alphabet[code] if code < len(alphabet) else "\ufffd")
    return "".join(chars)


def septets(text: str) -> int | None:
    """How many septets the text takes, None where GSM-7 cannot write it."""
    try:
        return len(encode(text))
    except GsmEncodeError:
        return None


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Septets, one per byte, packed eight into seven octets behind `fill_bits` zero bits (TS 23.038 6.1.2.1)."""
    groups = -(-len(septets) // 8)
    bits = int.from_bytes(septets, "little")
    for low, high, gap in reversed(_lanes(groups)):
        bits = bits & low | bits >> gap & high
    octets = bytearray(bits.to_bytes(8 * groups, "little"))
    del octets[7::8]
    size = (fill_bits + 7 * len(septets) + 7) // 8
    return (int.from_bytes(octets, "little") << fill_bits).to_bytes(len(octets) + 1, "little")[:size]


def unpack(data: bytes, count: int, fill_bits: int = 0) -> bytes:
    """The first `count` septets behind `fill_bits` bits, one per byte; ValueError where the data is too short."""
    if fill_bits + 7 * count > 8 * len(data):
        raise ValueError(f"{count} septets behind {fill_bits} bits do not fit into {len(data)} octets")
    groups = -(-count // 8)
    octets = (int.from_bytes(data, "little") >> fill_bits).to_bytes(max(len(data), 7 * groups), "little")
    spread = bytearray(8 * groups)
    for position in range(7):
        spread[position::8] = octets[position : 7 * groups : 7]
    bits = int.from_bytes(spread, "little")
    for low, high, gap in _lanes(groups):
        bits = bits & low | (bits & high) << gap
    return bits.to_bytes(8 * groups, "little")[:count]


@lru_cache(maxsize=64)
def _lanes(groups: int) -> tuple[tuple[int, int, int], ...]:
    """Masks that move all septets at once, where a loop over 160 of them would cost ten times as much.

    A group is eight septets: 56 bits in a lane of 64. Each step halves the lanes (28 bits in 32, 14 in 16, 7 in 8):
    the low half of a lane stays where it is and the high half moves up by the gap.
    """
    return tuple(
        (_repeat((1 << half) - 1, 16 * gap, groups), _repeat((1 << half) - 1 << half, 16 * gap, groups), gap)
        for half, gap in ((28, 4), (14, 2), (7, 1))
    )


def _repeat(pattern: int, lane_bits: int, groups: int) -> int:
    """The pattern in each lane of that width, over groups of 64 bits."""
    return sum(pattern << lane for lane in range(0, 64 * groups, lane_bits))


def split(text: str) -> Segments:
    """Cut a folded text into SMS parts, whole characters each; `"".join(parts) == text`."""
    alphabet: Literal["gsm7", "ucs2"] = "ucs2" if septets(text) is None else "gsm7"
    sizes = [_size(char, alphabet) for char in text]
    if sum(sizes) <= SINGLE_LIMIT[alphabet]:
        return Segments(alphabet, (text,))
    cuts = [0, *_cuts(sizes, PART_LIMIT[alphabet]), len(text)]
    return Segments(alphabet, tuple(text[start:end] for start, end in pairwise(cuts)))


def _size(char: str, alphabet: Literal["gsm7", "ucs2"]) -> int:
    """Septets in GSM-7, UTF-16 code units in UCS-2."""
    return len(_CODES[char]) if alphabet == "gsm7" else 1 + (ord(char) > 0xFFFF)


def _cuts(sizes: Iterable[int], limit: int) -> Iterator[int]:
    """The positions where a new part begins because the character there would not fit in the old one."""
    used = 0
    for position, size in enumerate(sizes):
        if used + size > limit:
            yield position
            used = 0
        used += size
