"""What was found out about a word, kept for the next text: citizens use the same words again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_MOST = 50_000


class Remembered(dict[str, T]):
    """What a function says of a word. `map(remembered.__getitem__, words)` runs no Python for words seen before.

    It forgets everything rather than grow beyond `most` words.
    """

    def __init__(self, function: Callable[[str], T], most: int = _MOST) -> None:
        super().__init__()
        self._function, self._most = function, most

    def __missing__(self, word: str) -> T:
        if len(self) >= self._most:
            self.clear()
        found = self[word] = self._function(word)
        return found
