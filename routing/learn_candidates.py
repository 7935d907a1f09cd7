"""Keywords worth trying: words that set apart the texts which are routed wrongly.

Two questions are asked of every word. Does it stand in texts of a type that the router misses, and not in those of
other types? Then it should speak for that type. Does it stand in texts that the router gives to a type by mistake, and
not in those it gives there rightly? Then it should argue against, or weigh less than it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.classify import Router
from routing.learn_cases import CITIZENS, HALVES, Case, by_phrase, own_topics
from routing.learn_effect import Effect
from routing.learn_odds import Odds, Tally, odds
from routing.text import Normal, normalise
from routing.topics import Topic

# Odds that differ by less than so many standard deviations may be chance: one word in 200 gets here by luck.
CLEAR = 2.58
# The scale of weights in the topics' file.
STEP, HEAVIEST = 0.5, 5.0
# A keyword counts for more than its weight where it stands early in a text: so many times, on average.
_EARLY = 1.3
_STEPS = tuple(STEP * number for number in range(1, round(HEAVIEST / STEP) + 1))


class Found(NamedTuple):
    """A keyword that sets texts apart: `words` as the topics' file writes it, `known` the weight it has there.

    `step` is by how much it moves the points of its topic.
    """

    words: str
    phrase: str
    topic: str
    agency_type: str
    against: bool
    weight: float
    known: float | None
    step: float
    z: float


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A keyword worth trying, and the halves that it was found without: only on their texts may it be tested.

    `numbers` are the cases that hold it, and `support` those of them that speak for it. `expected` is the effect
    in those halves, going by the texts' points alone.
    """

    found: Found
    halves: frozenset[int]
    expected: Effect
    numbers: Sequence[int]
    support: Sequence[int]


class _Contrast(NamedTuple):
    """One group of texts against a whole without a part of it, for a word that speaks for a type or against it."""

    agency_type: str
    against: bool
    one: Tally
    whole: Tally
    part: Tally

    def odds(self, word: str, everything: Tally) -> Odds:
        other = self.whole.count(word) - self.part.count(word)
        return odds(self.one.count(word), other, everything.count(word))


def find_candidates(router: Router, cases: Sequence[Case], least: int) -> list[Candidate]:
    """Find every keyword worth trying, the clearest first; `least` texts of one half must speak for it."""
    found: dict[tuple[str, str, bool], dict[int, Found]] = {}
    for half in range(HALVES):
        for each in _find(router, [case for case in cases if case.half != half], least):
            found.setdefault((each.topic, each.words, each.against), {})[half] = each
    numbers = by_phrase(cases)
    candidates = [_candidate(by_half, cases, numbers) for by_half in found.values()]
    promising = (each for each in candidates if each.expected.does_good)
    return sorted(promising, key=lambda each: (-each.found.z, each.found.phrase, each.found.topic))


def _candidate(by_half: Mapping[int, Found], cases: Sequence[Case], numbers: Mapping[str, Sequence[int]]) -> Candidate:
    """Put together what both halves teach; where they differ, the weight nearer to none counts."""
    one = min(by_half.values(), key=lambda each: each.step)
    holding = numbers[one.phrase]
    support = [number for number in holding if _supports(cases[number], one.agency_type, one.against)]
    tested = (cases[number] for number in holding if cases[number].half in by_half)
    turns = [each for gap, each in _turns(tested, one.agency_type, one.against) if gap < one.step * _EARLY]
    expected = Effect(right=turns.count(1), wrong=turns.count(-1))
    return Candidate(one, frozenset(by_half), expected, holding, support)


def _find(router: Router, cases: Sequence[Case], least: int) -> Iterator[Found]:
    """Ask both questions of every word."""
    finder = _Finder(router, cases, least)
    everything = _tally(cases)
    for contrast in _contrasts(router, cases, everything):
        for word in contrast.one:
            found = finder.judge(word, contrast, everything)
            if found is not None:
                yield found


def _supports(case: Case, agency_type: str, against: bool) -> bool:
    """Whether a word of this text is learnt from it: it is of the type, or it came to the type by mistake."""
    if against:
        return case.outcome.agency_type == agency_type != case.wanted
    return case.wanted == agency_type


def _contrasts(router: Router, cases: Sequence[Case], everything: Tally) -> Iterator[_Contrast]:
    for agency_type in sorted(own_topics(router.topics)):
        mine = [case for case in cases if case.wanted == agency_type]
        missed = [case for case in mine if not case.is_right]
        yield _Contrast(agency_type, False, _tally(missed), everything, _tally(mine))
        guessed = [case for case in cases if case.outcome.agency_type == agency_type]
        mistaken = _tally(case for case in guessed if not case.is_right)
        yield _Contrast(agency_type, True, mistaken, _tally(guessed), mistaken)


def _tally(cases: Iterable[Case]) -> Tally:
    tally = Tally()
    for case in cases:
        tally.add(case.phrases, case.weight)
    return tally


class _Finder:
    """What is known of the cases, to judge one word after the other."""

    def __init__(self, router: Router, cases: Sequence[Case], least: int) -> None:
        self._router = router
        self._cases = cases
        self._least = least
        self._numbers = by_phrase(cases)
        self._written = {each.id: _written(each, router) for each in router.topics.topics.values()}
        self._own = own_topics(router.topics)
        self._usual = _usual_topics(self._own, cases)

    def judge(self, word: str, contrast: _Contrast, everything: Tally) -> Found | None:
        """Find a word that sets a group apart clearly, in enough texts, and with profit."""
        difference, z = contrast.odds(word, everything)
        if z < CLEAR:
            return None
        holding = [self._cases[number] for number in self._numbers[word]]
        support = [case for case in holding if _supports(case, contrast.agency_type, contrast.against)]
        topic = self._topic(contrast, support) if self._is_enough(support) else None
        step = _step(holding, contrast, difference)
        if topic is None or step is None:
            return None
        words, known = self._written[topic].get(word, (word, None))
        weight = self._weight(word, topic, -step if contrast.against else step)
        if weight == (known or 0.0):  # as heavy as it may be already; or a new word of weight 0, which is none
            return None
        return Found(words, word, topic, contrast.agency_type, contrast.against, weight, known, step, z)

    def _is_enough(self, support: Sequence[Case]) -> bool:
        citizens = {case.decided.citizen for case in support}
        return len(support) >= self._least and len(citizens) >= CITIZENS

    def _topic(self, contrast: _Contrast, support: Sequence[Case]) -> str | None:
        """The topic of the type that these texts fit best: the one that decided, or else the one with most points."""
        own = self._own[contrast.agency_type]
        if contrast.against:
            return _most_common(case.topic for case in support if case.topic is not None and case.topic in own)
        votes = (_strongest(case, own) for case in support)
        return _most_common(vote for vote in votes if vote) or self._usual.get(contrast.agency_type, own[0])

    def _weight(self, word: str, topic: str, change: float) -> float:
        """The weight a word must have: on top of what it, or what stands inside it, counts for the topic today."""
        marks = self._router.topics.weigh(Normal(tuple(word.split()))).marks
        today = sum(mark.keyword.weight for mark in marks if mark.keyword.topic == topic)
        weight = round((today + change) / STEP) * STEP
        return max(-HEAVIEST, min(HEAVIEST, weight))


def _step(cases: Sequence[Case], contrast: _Contrast, difference: float) -> float | None:
    """The change of weight that makes most texts right, if any does; of equals the one nearest the odds."""
    turns = list(_turns(cases, contrast.agency_type, contrast.against))
    profits = {step: sum(change for gap, change in turns if gap < step * _EARLY) for step in _STEPS}
    step = max(_STEPS, key=lambda each: (profits[each], -abs(each - difference)))
    return step if profits[step] > 0 else None


def _turns(cases: Iterable[Case], agency_type: str, against: bool) -> Iterator[tuple[float, int]]:
    """For each text that a change of points would turn: by how many, and whether it gets right or wrong."""
    for case in cases:
        types = case.evidence.types
        own = types.get(agency_type, 0.0)
        rival = max((code for code in types if code != agency_type), key=types.__getitem__, default=None)
        gap = own - (types[rival] if rival else 0.0)
        is_own = case.outcome.agency_type == agency_type
        if against and is_own:
            yield gap, -1 if case.is_right else int(case.wanted == rival)
        elif not against and not is_own:
            yield -gap, 1 if case.wanted == agency_type else -int(case.is_right)


def _written(topic: Topic, router: Router) -> Mapping[str, tuple[str, float]]:
    """The keywords of a topic by their normal form: how they are written, and what they weigh."""
    return {normalise(words, router.slang).text: (words, weight) for words, weight in topic.keywords.items()}


def _usual_topics(own: Mapping[str, Sequence[str]], cases: Sequence[Case]) -> Mapping[str, str]:
    """The topic that most texts of a type fall under."""
    votes: dict[str, list[str]] = {}
    for case in cases:
        topic = _strongest(case, own.get(case.wanted, ()))
        if topic is not None:
            votes.setdefault(case.wanted, []).append(topic)
    return {agency_type: topic for agency_type, each in votes.items() if (topic := _most_common(each))}


def _strongest(case: Case, topics: Sequence[str]) -> str | None:
    """The one of these topics that has most points in a text, if any has."""
    points: Callable[[str], float] = lambda topic: case.evidence.topics.get(topic, 0.0)  # noqa: E731
    best = max(topics, key=points, default=None)
    return best if best is not None and points(best) > 0 else None


def _most_common(votes: Iterable[str]) -> str | None:
    counted = Counter(votes)
    return max(sorted(counted), key=counted.__getitem__, default=None)
