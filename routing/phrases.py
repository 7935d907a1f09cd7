"""All known words and phrases found in a text in one pass, whatever their number.

Matching is by whole words, on a tree whose branches are words: from each word of the text one walks as far as the tree
goes on. Most words of a text begin no phrase, so the pass costs little more than one look-up a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_END = ""  # the branch at the end of a phrase; no word is empty


Hit = tuple[int, int, tuple[T, ...]]
"""A phrase in a text: its first word, the word after its last, and what was stored with it."""


class Phrases(Generic[T]):
    """A fixed set of phrases, each with one or more values."""

    def __init__(self, entries: Iterable[tuple[Sequence[str], T]]) -> None:
        values: dict[tuple[str, ...], list[T]] = {}
        for words, value in entries:
            if words:
                values.setdefault(tuple(words), []).append(value)
        self._size = len(values)
        self._words = frozenset(word for phrase in values for word in phrase)
        self._tree: dict[str, Any] = {}
        for phrase, found in values.items():
            branch = self._tree
            for word in phrase:
                branch = branch.setdefault(word, {})
            branch[_END] = tuple(found)

    def __len__(self) -> int:
        return self._size

    def __contains__(self, word: object) -> bool:
        """Whether a single word occurs in any phrase."""
        return word in self._words

    @property
    def words(self) -> frozenset[str]:
        """Every word that occurs in any phrase."""
        return self._words

    def find(self, tokens: Sequence[str]) -> list[Hit[T]]:
        """Find the phrases in the text, in their order, but none inside a longer one: in `polisi tidur` no police."""
        hits: list[Hit[T]] = []
        tree, count, reached = self._tree, len(tokens), 0
        for start in compress(range(count), map(tree.__contains__, tokens)):
            at, branch, end, values = start + 1, tree[tokens[start]], start, ()
            while True:
                if _END in branch:
                    end, values = at, branch[_END]
                    if len(branch) == 1:
                        break
                if at == count or tokens[at] not in branch:
                    break
                branch = branch[tokens[at]]
                at += 1
            if end > reached and values:
                hits.append((start, end, values))
                reached = end
        return hits
