"""Texts that are no citizen's business with the state: promotion, fraud, machines talking.

Every mark of spam that a text bears adds its weight once, and marks of a citizen who reports something (`saya ditipu`)
take theirs away. A text is caught when enough is left; what was found is told with the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple

from routing.phrases import Hit, Phrases
from routing.remembered import Remembered
from routing.spam_words import CLASSES, Spelling, chunk_words, chunks_of, words_of

KINDS = ("penipuan", "promo", "robot")
CITIZEN = "warga"
"""The kind of the marks that argue against all spam."""

# So many points make a text spam: one mark that no complaint bears, or several that a complaint seldom bears together.
CATCH_FROM = 3.5
# A text of more words than an SMS or two must bear more marks in proportion: a long story bears some by chance.
WORDS_OF_AN_OFFER = 60

_NO_SPELLING: Spelling = {}


class SpamVerdict(NamedTuple):
    """`kind` is "" for a citizen's text, else `penipuan`, `promo` or `robot`; the reasons are sentences."""

    kind: str
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What gives spam away: words and phrases of one kind (of `KINDS`, or `CITIZEN`) that weigh the same.

    A phrase may hold classes such as `<telepon>` (`routing.spam_words.CLASSES`).
    """

    id: str
    kind: str
    weight: float
    words: tuple[str, ...]
    examples: tuple[str, ...] = ()


class _Found(NamedTuple):
    mark: Mark
    phrase: str


_CITIZENS_TEXT = SpamVerdict("", 0.0)


class SpamFilter:
    """All marks of spam; without any, every text is a citizen's."""

    def __init__(self, marks: Iterable[Mark] = (), spelling: Spelling = _NO_SPELLING) -> None:
        known = tuple(marks)
        self._cut = Remembered(partial(chunk_words, spelling=spelling))
        self._spam = _phrases((mark for mark in known if mark.kind != CITIZEN), spelling)
        self._citizen = _phrases((mark for mark in known if mark.kind == CITIZEN), spelling)

    def judge(self, text: str) -> SpamVerdict:
        """Say whether a text is spam, and why; the score is what speaks for spam, less what speaks against it."""
        words = list(chain.from_iterable(map(self._cut.__getitem__, chunks_of(text))))
        needed = CATCH_FROM * max(1.0, len(words) / WORDS_OF_AN_OFFER)
        hits = self._spam.find(words)
        # The quick way out, for nearly all complaints: not even everything found would be enough.
        if sum({each.mark.id: each.mark.weight for _, _, found in hits for each in found}.values()) < needed:
            return _CITIZENS_TEXT
        spam, citizen = _distinct(hits), _distinct(self._citizen.find(words))
        points = _points(spam)
        score = round(sum(points.values()) - sum(each.mark.weight for each in citizen), 2)
        kind = max(points, key=lambda each: points[each]) if score >= needed else ""
        return SpamVerdict(kind, score, tuple(_told(each) for each in (*spam, *citizen)))


def phrase_words(phrase: str, spelling: Spelling) -> tuple[str, ...]:
    """Cut a phrase of a mark into words as texts are cut; classes stand for themselves, unknown ones give nothing."""
    words: list[str] = []
    for part in phrase.lower().split():
        words.extend((part,) if part in CLASSES else words_of(part, spelling))
    return tuple(words)


def _phrases(marks: Iterable[Mark], spelling: Spelling) -> Phrases[_Found]:
    return Phrases((phrase_words(phrase, spelling), _Found(mark, phrase)) for mark in marks for phrase in mark.words)


def _distinct(hits: list[Hit[_Found]]) -> tuple[_Found, ...]:
    """Every mark once, by the first of its phrases in the text."""
    by_mark: dict[str, _Found] = {}
    for _, _, found in hits:
        for each in found:
            by_mark.setdefault(each.mark.id, each)
    return tuple(by_mark.values())


def _points(found: Iterable[_Found]) -> Mapping[str, float]:
    points: dict[str, float] = {}
    for each in found:
        points[each.mark.kind] = points.get(each.mark.kind, 0.0) + each.mark.weight
    return points


def _told(found: _Found) -> str:
    means = "laporan warga" if found.mark.kind == CITIZEN else found.mark.kind
    sign = "-" if found.mark.kind == CITIZEN else "+"
    return f'"{found.phrase}" menunjuk {means} ({found.mark.id}, {sign}{found.mark.weight:g})'
