"""A raw text cut into the words that tell spam: numbers, codes, links and amounts become names of what they are.

The normal form (`routing.text`) has no use for `*123#`, `www.` or `35jt`; here they are what counts. An SMS as
`Slmt! No.anda m-dpt 35jt, PIN:b12c3d4` becomes `selamat nomor anda mendapatkan <uang> pin <kode>`. All steps are linear
in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Spelling = Mapping[str, str]
"""A word as it is written to the word that the marks speak of."""

SITE, USSD, PHONE, ACCOUNT, SHORT = "<situs>", "<ussd>", "<telepon>", "<rekening>", "<pendek>"
NUMBER, CODE, MONEY, DATA, PERCENT = "<angka>", "<kode>", "<uang>", "<kuota>", "<persen>"

CLASSES = (SITE, USSD, PHONE, ACCOUNT, SHORT, NUMBER, CODE, MONEY, DATA, PERCENT)
"""What stands in a phrase for any link, `*123#`, phone, long number, number of 3-5 digits, other number, PIN, ..."""

_UNITS = {
    **dict.fromkeys(("rb", "rbu", "ribu", "jt", "jta", "juta", "k", "m"), MONEY),
    **dict.fromkeys(("gb", "mb"), DATA),
    "%": PERCENT,
}

_EDGES = ".,!?;:\"'`()[]{}<>-_=~/\u201c\u201d\u2018\u2019"
_SITE = re.compile(
    r"(?:https?|www)[.:;,]|\w\.(?:com|net|org|info|me|ly|tk|ml|ga|cf|xyz|site|link|shop|club|vip|apk|webs|jimdo)\b|\.co\.id"
)
# The state's own sites, and the maps and films that citizens send along.
_KNOWN_SITE = re.compile(r"\.(?:go|ac|sch|desa|mil)\.id|goo\.gl|google|youtu|t\.co/|facebook|instagram|twitter")
_PIECE = re.compile(
    r"(?P<ussd>\*\d[\d*]*#?)"
    r"|(?P<number>(?:rp\.?)?\+?\d+(?:[.,/-]\d+)*[a-z0-9%]*|[a-z]{1,4}\d[a-z0-9]*)"
    r"|(?P<word>(?:(?:m|mn|men|mem|ber|ter|di)['\u2019-])?[a-z]+)"
)
_INSIDE = str.maketrans("", "", "'\u2019-")
_SEPARATORS = str.maketrans("", "", ".,/-")
_DIGITS = "0123456789.,/-+"

_PHONE_DIGITS, _ACCOUNT_DIGITS = range(9, 15), 9
_SHORT_DIGITS = range(3, 6)
_CODE_LENGTHS = range(5, 13)


def words_of(text: str, spelling: Spelling) -> list[str]:
    """Cut a text into lower-case words in their common spelling, with a class for all that is no word."""
    return [word for chunk in chunks_of(text) for word in chunk_words(chunk, spelling)]


def chunks_of(text: str) -> list[str]:
    """Cut a text at its blanks, in small letters."""
    return text.lower().split()


def chunk_words(chunk: str, spelling: Spelling) -> Sequence[str]:
    """Cut what stands between two blanks into words; punctuation around a word is none."""
    word = chunk if chunk.isalpha() else chunk.strip(_EDGES)
    if word.isalpha():
        return (spelling.get(word, word),)
    if word.isdecimal():
        return (_plain_number(word),)
    return _pieces(word, spelling) if word else ()


def _pieces(chunk: str, spelling: Spelling) -> list[str]:
    """Cut a chunk of more than letters: a link with what is glued to it, else words and numbers; no mail addresses."""
    site = _SITE.search(chunk) if "." in chunk or "http" in chunk else None
    if site is None:
        return [] if "@" in chunk else _words(chunk, spelling)
    head = chunk[: site.start()] if chunk.startswith(("http", "www"), site.start()) else ""
    known = "@" in chunk or _KNOWN_SITE.search(chunk)
    return [*_words(head, spelling), *(() if known else (SITE,))]


def _words(chunk: str, spelling: Spelling) -> list[str]:
    return [_word(match.lastgroup, match[0], spelling) for match in _PIECE.finditer(chunk)]


def _word(group: str | None, piece: str, spelling: Spelling) -> str:
    """Name one piece of a chunk: a word or a number by its spelling if it has one (`m-dpt`, `3care`)."""
    if group == "word" and not piece.isalpha():
        piece = piece.translate(_INSIDE)
    if piece in spelling:
        return spelling[piece]
    if group == "word":
        return piece
    return _number(piece) if group == "number" else USSD


def _number(piece: str) -> str:
    """Name the class of a piece with digits; one that has none stays as it is (`rt02`)."""
    unit = piece.lstrip(_DIGITS)
    if not unit:
        return _plain_number(piece.translate(_SEPARATORS))
    if piece.startswith("rp"):
        return MONEY
    if unit in _UNITS:
        return _UNITS[unit]
    return CODE if len(piece) in _CODE_LENGTHS and piece.isalnum() else piece


def _plain_number(digits: str) -> str:
    """Tell phones, accounts and short codes apart by their length and beginning."""
    if digits.startswith(("0", "+62", "62", "15")) and len(digits.lstrip("+")) in _PHONE_DIGITS:
        return PHONE
    if len(digits) >= _ACCOUNT_DIGITS:
        return ACCOUNT
    return SHORT if len(digits) in _SHORT_DIGITS else NUMBER
