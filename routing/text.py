"""The normal form of what citizens write: what all matching in this package is done on.

An SMS comes in capitals or without any, without punctuation, abbreviated (`tlg jln rusak blm diperbaiki`) and with
words doubled by a digit (`gorong2`). The normal form is lower case, spelled out by a slang table and free of
punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from routing.remembered import Remembered


class Slang(dict[str, tuple[str, ...]]):
    """One written token to the tokens it stands for; complete before the first text is read.

    `tokens` has what any word becomes, be it slang or not.
    """

    def __init__(self, words: Mapping[str, tuple[str, ...]] | None = None) -> None:
        super().__init__(words or {})
        self.tokens = Remembered(self._tokens)

    def _tokens(self, word: str) -> tuple[str, ...]:
        return self.get(word) or _mended(word, self)


NO_SLANG = Slang()

# What the parser puts in the place of personal data says nothing about the topic: `[NIK]` is no complaint about a NIK.
_MASK = re.compile(r"\[(?:nik|kk|telp|email|rekening|kartu)\]")
_WORD = re.compile(r"[a-z0-9]+")
# All but the letters of a word is blank; faster than the pattern.
_BLANKED = bytes(code if _WORD.fullmatch(chr(code)) else ord(" ") for code in range(256))
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_DOUBLED = re.compile(r"([a-z]{2,})2(nya|an|ku|mu|i|kan)?")

# The word after these is a name: `Kec. Tulung` asks for no help (`tulung`, tolong).
_BEFORE_NAMES = frozenset({"kecamatan", "kec", "kabupaten", "kab"})

# "SMP2" is a school's number and "CO2" a gas; neither is a word said twice.
_NEVER_DOUBLED = frozenset(
    {"co", "no", "sd", "sdn", "smp", "smpn", "sma", "sman", "smk", "smkn", "min", "mts", "gg", "km"}
)
# Three equal letters that nobody has stretched.
_NOT_STRETCHED = frozenset({"iii", "viii", "xiii", "xxx", "pppk", "bbbm", "www"})


class Normal(NamedTuple):
    """A text in normal form: its tokens, and the same joined by single blanks."""

    tokens: tuple[str, ...]

    @property
    def text(self) -> str:
        """The normal form as one line."""
        return " ".join(self.tokens)


def normalise(text: str, slang: Slang = NO_SLANG) -> Normal:
    """Bring a citizen's text into the normal form: lower case, slang spelled out, no punctuation, digits kept."""
    words = _folded(text).encode("ascii", "replace").translate(_BLANKED).decode().split()
    tokens = tuple(chain.from_iterable(map(slang.tokens.__getitem__, words)))
    return Normal(tokens if _BEFORE_NAMES.isdisjoint(tokens) else _with_names(words, slang))


def _with_names(words: Iterable[str], slang: Slang) -> tuple[str, ...]:
    """The tokens of a text in which names are called so: these stay as they are."""
    tokens: list[str] = []
    for word in words:
        is_name = word in slang and tokens and tokens[-1] in _BEFORE_NAMES
        tokens += (word,) if is_name else slang.tokens[word]
    return tuple(tokens)


def locate(text: str, slang: Slang = NO_SLANG) -> tuple[str, list[tuple[int, int]]]:
    """Where each token of the normal form stands: a text to show, and one (start, end) in it a token.

    The text is the one given, or its folded form where folding has moved its letters.
    """
    folded = _folded(text)
    spans: list[tuple[int, int]] = []
    for found in _WORD.finditer(folded):
        before = len(normalise(folded[: found.start()], slang).tokens)
        after = len(normalise(folded[: found.end()], slang).tokens)
        spans += [found.span()] * (after - before)
    return (text if len(folded) == len(text) else folded), spans


def _folded(text: str) -> str:
    """Lower case without marks; what was masked is blank, and as long as it was."""
    folded = _fold(text)
    return _MASK.sub(lambda found: " " * len(found[0]), folded) if "[" in folded else folded


def _fold(text: str) -> str:
    """Lower case, and one form for letters that look alike."""
    return text.lower() if text.isascii() else _without_marks(unicodedata.normalize("NFKC", text).lower())


def _without_marks(text: str) -> str:
    """Take accents off letters (`é` is e), so that they do not split a word."""
    return _NOT_ASCII.sub(_unless_mark, unicodedata.normalize("NFD", text))


def _unless_mark(found: re.Match[str]) -> str:
    return "" if unicodedata.combining(found[0]) else found[0]


def _mended(word: str, slang: Slang) -> tuple[str, ...]:
    """Mend stretched letters (`rusaaak`), then write a reduplication out (`gorong2`)."""
    if word.isdigit():
        return (word,)
    short = word if word in _NOT_STRETCHED else _STRETCHED.sub(r"\1", word)
    doubled = _DOUBLED.fullmatch(short)
    if doubled and doubled[1] not in _NEVER_DOUBLED:
        base = slang.get(doubled[1], (doubled[1],))
        return (*base, *base[:-1], base[-1] + (doubled[2] or ""))
    return slang.get(short, (short,))
