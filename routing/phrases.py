"""All known words and phrases found in a text in one pass, whatever their number.

Matching is by whole words: every word of the vocabulary gets a sign of three characters, and the Aho-Corasick
automaton walks signs instead of letters. The characters come from three alphabets, one for each place in the sign, so
that no match can begin inside one; and the alphabets are small, because the automaton looks through the branches of a
node one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import ahocorasick  # type: ignore[import-not-found, unused-ignore]

T = TypeVar("T")

_SIGN = 3
_LETTERS = 40
_CAPACITY = _LETTERS**_SIGN
_UNKNOWN = "\x00" * _SIGN


class Hit(NamedTuple, Generic[T]):
    """A phrase in a text: its first word, the word after its last, and what was stored with it."""

    start: int
    end: int
    values: tuple[T, ...]


class Phrases(Generic[T]):
    """A fixed set of phrases, each with one or more values."""

    def __init__(self, entries: Iterable[tuple[Sequence[str], T]]) -> None:
        self._signs: dict[str, str] = {}
        values: dict[tuple[str, ...], list[T]] = {}
        for words, value in entries:
            if words:
                values.setdefault(tuple(words), []).append(value)
        self._automaton: Any = ahocorasick.Automaton()
        for phrase, found in values.items():
            key = "".join([self._sign(word) for word in phrase])
            self._automaton.add_word(key, (len(phrase), tuple(found)))
        self._automaton.make_automaton()

    def _sign(self, word: str) -> str:
        """Give a word its sign, a number in three digits of their own kind."""
        sign = self._signs.get(word)
        if sign is None:
            number = len(self._signs)
            if number >= _CAPACITY:
                raise ValueError(f"more than {_CAPACITY} different words")
            digits = (number % _LETTERS, number // _LETTERS % _LETTERS, number // _LETTERS**2)
            sign = "".join([chr(1 + place * _LETTERS + digit) for place, digit in enumerate(digits)])
            self._signs[word] = sign
        return sign

    def __len__(self) -> int:
        return len(self._automaton)

    def __contains__(self, word: object) -> bool:
        """Whether a single word occurs in any phrase."""
        return word in self._signs

    def find(self, tokens: Sequence[str], stem: Callable[[str], str] | None = None) -> list[Hit[T]]:
        """Find every phrase in the text, those inside longer ones too, in the order of their ends."""
        if not len(self._automaton):
            return []
        signs = self._signs
        if stem is None:
            line = "".join([signs.get(token, _UNKNOWN) for token in tokens])
        else:
            line = "".join([signs.get(token) or signs.get(stem(token), _UNKNOWN) for token in tokens])
        found = [((last + 1) // _SIGN, size, values) for last, (size, values) in self._automaton.iter(line)]
        return [Hit(end - size, end, values) for end, size, values in found]


def longest(hits: Sequence[Hit[T]]) -> list[Hit[T]]:
    """Leave out every hit that lies inside a longer one: in `polisi tidur` there are no police."""
    kept: list[Hit[T]] = []
    reached = -1
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        if hit.end > reached:
            kept.append(hit)
            reached = hit.end
    return kept
