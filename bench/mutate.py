"""Inputs that nobody would write: seeds changed byte by byte and piece by piece, the same again for the same chance."""

import re
from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]

_ROUNDS = (1, 1, 1, 2, 2, 3, 5, 9)
_REPEATS = (2, 2, 3, 3, 9, 9, 40, 300, 3000)
_EDGES = bytes((0x00, 0x01, 0x0A, 0x0D, 0x1B, 0x20, 0x22, 0x2E, 0x7F, 0x80, 0xC0, 0xD8, 0xED, 0xFE, 0xFF))
# What texts break on: NUL, lone surrogates, directions, joiners, digits and letters of other scripts, line ends.
_ODD = (
    *"\0\x1b\x7f\x85\u00ad\u061c\u200b\u200d\u200f\u2028\u202e\u2066\ufeff\ufffd\uffff\ud800\udfff\ud83d",
    *"İıſßﬁΣς٤९߄𝟙②½😀🇮🇩é\u0301\u0345\u20e3\u3000ꦲꦤ漢\U0010ffff\n\r\t'\"\\{}[]=#;,:@<>|",
    *("\r\n", "\r\n.\r\n", "0" * 16, "081200000000", "4821309764", "482 130 9764", "=?utf-8?q?=00?=", "\\u0000", "inf"),
)
_LINES = re.compile(rb"(?<=\n)")
_WORDS = re.compile(rb"([ \t]+)")


def mutate(chance: Random, seeds: Sequence[bytes], mutations: Sequence[Mutation], longest: int) -> bytes:
    """A seed after some of these mutations, cut where it grew too long."""
    data = chance.choice(seeds)
    for _ in range(chance.choice(_ROUNDS)):
        data = chance.choice(mutations)(chance, data, seeds)[:longest]
    return data


def _span(chance: Random, data: bytes) -> tuple[int, int]:
    """A piece of the data, often a short one."""
    start = chance.randrange(len(data) + 1)
    size = chance.choice((1, 2, 4, 16, len(data)))
    return start, min(len(data), start + chance.randrange(size + 1))


def flip(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """One bit is another."""
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def nudge(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """One octet is a little more or less: lengths and counts lie."""
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([(data[at] + chance.choice((-2, -1, 1, 2))) % 256]) + data[at + 1 :]


def overwrite(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece is noise, or an octet that has a meaning somewhere."""
    start, end = _span(chance, data)
    instead = chance.randbytes(end - start) if chance.random() < 0.5 else bytes([chance.choice(_EDGES)])
    return data[:start] + instead + data[end:]


def cut(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece is missing, or all from there on."""
    start, end = _span(chance, data)
    return data[:start] + (data[end:] if chance.random() < 0.7 else b"")


def repeat(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A piece stands there many times."""
    start, end = _span(chance, data)
    return data[:start] + data[start:end] * chance.choice(_REPEATS) + data[end:]


def splice(chance: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """The beginning of one seed and the end of another."""
    other = chance.choice(seeds)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def insert_odd(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A character that is seldom thought of, between two others."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(_ODD).encode("utf-8", "surrogatepass") + data[at:]


def insert_random(chance: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Characters from anywhere in Unicode, surrogates too."""
    at = chance.randrange(len(data) + 1)
    wide = chance.choice((0x100, 0x3000, 0x10000, 0x110000))
    text = "".join(chr(chance.randrange(wide)) for _ in range(chance.randrange(1, 8)))
    return data[:at] + text.encode("utf-8", "surrogatepass") + data[at:]


def shuffle_lines(chance: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Lines change places, go, come twice, or come from another seed."""
    return _rearranged(chance, data, seeds, _LINES)


def shuffle_words(chance: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """The same with words."""
    return _rearranged(chance, data, seeds, _WORDS)


def _rearranged(chance: Random, data: bytes, seeds: Sequence[bytes], pieces: re.Pattern[bytes]) -> bytes:
    found = pieces.split(data)
    at = chance.randrange(len(found))
    match chance.randrange(4):
        case 0:
            del found[at]
        case 1:
            found.insert(at, chance.choice(found))
        case 2:
            found.insert(at, chance.choice(pieces.split(chance.choice(seeds))))
        case _:
            other = chance.randrange(len(found))
            found[at], found[other] = found[other], found[at]
    return b"".join(found)


BYTES: tuple[Mutation, ...] = (flip, nudge, overwrite, cut, repeat, splice)
TEXT: tuple[Mutation, ...] = (cut, repeat, splice, insert_odd, insert_random, shuffle_words, shuffle_lines)
STRUCTURE: tuple[Mutation, ...] = (*BYTES, insert_odd, insert_random, shuffle_lines, shuffle_lines)


def _in_hex(mutation: Mutation) -> Mutation:
    """The mutation on the octets that a line of hexadecimal digits stands for."""

    def mutated(chance: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
        lines = data.split(b"\n")
        at = chance.randrange(len(lines))
        try:
            octets = bytes.fromhex(lines[at].decode("ascii"))
            others = [bytes.fromhex(chance.choice(seeds).split(b"\n")[0].decode("ascii"))]
        except ValueError:
            return data
        lines[at] = mutation(chance, octets, others).hex().upper().encode()
        return b"\n".join(lines)

    return mutated


OCTETS: tuple[Mutation, ...] = (*map(_in_hex, (*BYTES, flip, nudge, nudge)), shuffle_lines, cut, insert_odd)
