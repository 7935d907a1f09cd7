"""Whether a report complains, asks or proposes: *pengaduan*, *permintaan informasi*, *aspirasi*.

The class sets the deadline, so in doubt it is a complaint: a question is one only where its words outweigh those of a
complaint.
"""

from __future__ import annotations

from collections.abc import Iterable

from routing.phrases import Phrases
from routing.text import NO_SLANG, Slang, normalise

COMPLAINT = "pengaduan"
# What the words of a question or a proposal must come to.
CLEAR = 2.0

ClassWord = tuple[str, str, float]
"""Class, word or phrase, weight."""


class Classes:
    """The words that tell the classes apart."""

    def __init__(self, words: Iterable[ClassWord] = (), slang: Slang = NO_SLANG) -> None:
        entries = [(normalise(each[1], slang).tokens, each) for each in words]
        self._phrases: Phrases[ClassWord] = Phrases(entries)
        self._other_starts = frozenset(tokens[0] for tokens, each in entries if tokens and each[0] != COMPLAINT)

    def judge(self, tokens: tuple[str, ...]) -> str:
        """Return the class of a text in normal form; each distinct word counts once, the first decides among equals."""
        if self._other_starts.isdisjoint(tokens):
            return COMPLAINT
        words = dict.fromkeys(word for _, _, (word, *_) in self._phrases.find(tokens))
        points: dict[str, float] = {}
        for klass, _, weight in words:
            points[klass] = points.get(klass, 0.0) + weight
        complaint = points.pop(COMPLAINT, 0.0)
        best = max(points, key=lambda klass: points[klass], default=COMPLAINT)
        return best if points.get(best, 0.0) >= max(CLEAR, complaint) else COMPLAINT
