"""Texts that say somebody is in danger now: the answer names the number to call before anything else.

A word alone is no alarm: `kebakaran` stands in `rawan kebakaran` and `kebakaran jenggot`, and `kecelakaan` mostly in
complaints about a road. So a rule looks at the words near by: some must be there, others must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from routing.phrases import Hit, Phrases
from routing.text import NO_SLANG, Slang, normalise

# Words are near each other when so many words or fewer lie between them.
NEAR = 6


class DangerVerdict(NamedTuple):
    """`number` is the number to call, None where nobody is in danger; the reasons are sentences."""

    number: str | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DangerRule:
    """A danger: words that tell of it, words of which one must be near (`nearby`, if any), words that must not be."""

    id: str
    number: str
    words: tuple[str, ...]
    nearby: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


Role = Literal["words", "nearby", "unless"]

_CALM = DangerVerdict(None)


class _Sign(NamedTuple):
    """A phrase, and what it is to a rule."""

    role: Role
    phrase: str


class Danger:
    """All rules, the first in their order that applies; without any, nothing is a danger.

    `unless` holds words that argue against every rule: what was, what may be, what is to be prevented.
    """

    def __init__(self, rules: Iterable[DangerRule] = (), unless: Iterable[str] = (), slang: Slang = NO_SLANG) -> None:
        always = tuple(unless)
        self._watches = tuple(_Watch(rule, always, slang) for rule in rules)
        # Most texts hold no word of danger at all, and are done with after one pass. A phrase that is found may hide a
        # shorter one of another rule inside it, so it calls that rule too.
        self._words: Phrases[_Watch] = Phrases(
            (tokens, watch)
            for tokens in _all_words(self._watches)
            for watch in self._watches
            if watch.is_called(tokens)
        )

    def judge(self, tokens: Sequence[str]) -> DangerVerdict:
        """Say which number helps, if somebody is in danger; the tokens are those of a text in normal form."""
        hits = self._words.find(tokens)
        if not hits:
            return _CALM
        called = {watch for _, _, watches in hits for watch in watches}
        for watch in self._watches:
            why = watch.alarm(tokens) if watch in called else None
            if why is not None:
                rule = watch.rule
                return DangerVerdict(rule.number, (f"bahaya: {why} ({rule.id}), telepon {rule.number}",))
        return _CALM


class _Watch:
    """One rule at work, with phrases of its own: another rule's longer phrase must hide none of them."""

    def __init__(self, rule: DangerRule, unless: Iterable[str], slang: Slang) -> None:
        self.rule = rule
        signs = [(normalise(sign.phrase, slang).tokens, sign) for sign in _signs(rule, unless)]
        self.words = tuple(tokens for tokens, sign in signs if sign.role == "words")
        self._words = Phrases((tokens, None) for tokens in self.words)
        self._phrases = Phrases(signs)

    def is_called(self, tokens: Sequence[str]) -> bool:
        """Whether any of the words of the rule is there."""
        return bool(self._words.find(tokens))

    def alarm(self, tokens: Sequence[str]) -> str | None:
        """The words that raise the alarm, where the words near by let them."""
        hits = self._phrases.find(tokens)
        for index, hit in enumerate(hits):
            word = _phrase("words", hit)
            if word is None:
                continue
            # No two hits begin at the same word, so that what is near lies within so many hits, too.
            around = hits[max(0, index - 2 * NEAR) : index + 2 * NEAR]
            others = [each for each in around if _is_near(hit, each)]
            near = _first("nearby", others)
            if (near or not self.rule.nearby) and not _first("unless", others):
                return f'"{word}" dengan "{near}"' if near else f'"{word}"'
        return None


def _all_words(watches: Iterable[_Watch]) -> Iterable[tuple[str, ...]]:
    return dict.fromkeys(tokens for watch in watches for tokens in watch.words)


def _signs(rule: DangerRule, unless: Iterable[str]) -> Iterator[_Sign]:
    yield from (_Sign("words", each) for each in rule.words)
    yield from (_Sign("nearby", each) for each in rule.nearby)
    yield from (_Sign("unless", each) for each in (*rule.unless, *unless))


def _is_near(hit: Hit[_Sign], other: Hit[_Sign]) -> bool:
    return max(hit[0] - other[1], other[0] - hit[1]) <= NEAR


def _first(role: Role, hits: Iterable[Hit[_Sign]]) -> str | None:
    return next((phrase for phrase in (_phrase(role, hit) for hit in hits) if phrase), None)


def _phrase(role: Role, hit: Hit[_Sign]) -> str | None:
    """The phrase of a hit, where it has this role."""
    return next((sign.phrase for sign in hit[2] if sign.role == role), None)
