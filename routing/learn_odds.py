"""Which words speak for an agency type, or against one: log-odds with an informative Dirichlet prior.

The statistic is that of Monroe, Colaresi and Quinn, "Fightin' Words: Lexical Feature Selection and Evaluation for
Identifying the Content of Political Conflict", Political Analysis 16(4), 2008, equations 15 to 22: the log-odds of a
word in one group of texts against those in another, both smoothed by how common it is in all of them, divided by its
standard deviation. Rare words stay near 0 until there is enough of them, and common words need a real difference; that
is what plain log-odds and chi-square get wrong, each on its end. A text counts once for a word, however often it says
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# The prior weighs as much as so many texts.
PRIOR = 10.0


class Count(NamedTuple):
    """How many texts of a group hold a word, and how many texts the group has."""

    holding: float
    texts: float

    def __sub__(self, other: Count) -> Count:
        return Count(self.holding - other.holding, self.texts - other.texts)


class Odds(NamedTuple):
    """The difference of the log-odds, and the same in standard deviations."""

    difference: float
    z: float


def odds(one: Count, other: Count, prior: Count) -> Odds:
    """Compare a word's odds in two groups; `prior` is its count in all texts, whatever their group.

    Groups may be empty: then the prior decides, and z stays near 0.
    """
    share = (prior.holding + 1) / (prior.texts + 2)
    difference = _log_odds(one, share) - _log_odds(other, share)
    variance = 1 / (one.holding + PRIOR * share) + 1 / (other.holding + PRIOR * share)
    return Odds(difference, difference / math.sqrt(variance))


def _log_odds(count: Count, share: float) -> float:
    without = count.texts - count.holding
    return math.log((count.holding + PRIOR * share) / (without + PRIOR * (1 - share)))


class Tally:
    """How many texts of a group hold each word."""

    def __init__(self) -> None:
        self._texts = 0.0
        self._words: dict[str, float] = {}

    def add(self, words: Iterable[str], weight: float) -> None:
        """Count one text, for as much as it weighs."""
        self._texts += weight
        for word in words:
            self._words[word] = self._words.get(word, 0.0) + weight

    def __iter__(self) -> Iterator[str]:
        """Every word that any text of the group holds."""
        return iter(self._words)

    def count(self, word: str) -> Count:
        """Count the texts that hold a word, and all."""
        return Count(self._words.get(word, 0.0), self._texts)
