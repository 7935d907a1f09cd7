"""What there is to learn from: tickets whose agency type a person settled, and what the router makes of them today.

Two kinds of decisions count. A ticket that a person moved says that its first guess may be wrong, and what is right.
A ticket that nobody moved and its agency finished confirms the first guess, but weakly, for agencies also answer what
is not theirs: such a ticket weighs half in the statistic. In the effect every ticket counts once, for behind each is a
citizen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

from routing.classify import Decision, Router
from routing.competence import footing_of
from routing.learn_words import common, name_words, phrases
from routing.text import Normal, normalise
from routing.topics import PAIR, Evidence, Footing, TopicIndex

MOVED, CONFIRMED = 1.0, 0.5
# Nothing is learnt from fewer citizens than this: no one teaches the gateway alone.
CITIZENS = 3
# What one half of the tickets teaches is tested on the other; to judge the learning itself, each half is halved again.
HALVES, QUARTERS = 2, 4


@dataclass(frozen=True, slots=True)
class Decided:
    """A past text and the agency type that was right for it.

    `ref` is what an operator finds it by (a ticket's code, a line's number); `citizen` tells phones apart.
    """

    ref: str
    text: str
    agency_type: str
    citizen: str
    place: str | None = None
    moved: bool = True


class Outcome(NamedTuple):
    """What a router makes of a text: a type, and whether it is sure enough of it to do without a person."""

    agency_type: str | None
    sure: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A decided text, read by the router as it is today; `phrases` are those that could become keywords."""

    decided: Decided
    normal: Normal
    quarter: int
    half: int
    phrases: AbstractSet[str]
    evidence: Evidence
    topic: str | None
    outcome: Outcome

    @property
    def wanted(self) -> str:
        """The agency type that a person found right."""
        return self.decided.agency_type

    @property
    def weight(self) -> float:
        """How much the decision counts in the statistic."""
        return MOVED if self.decided.moved else CONFIRMED

    @property
    def is_right(self) -> bool:
        """Whether the router finds the right type already."""
        return self.outcome.agency_type == self.wanted


def outcome_of(decision: Decision, route_from: float) -> Outcome:
    """Leave out of a decision what no keyword can change, a place or an address that is missing."""
    return Outcome(decision.agency_type, decision.agency_type is not None and decision.confidence >= route_from)


def own_topics(index: TopicIndex) -> Mapping[str, Sequence[str]]:
    """Return the topics that each agency type is first in line for; to a type without any no keyword leads."""
    own: dict[str, list[str]] = {}
    for topic in index.topics.values():
        first = (topic.agency_types(footing)[:1] for footing in get_args(Footing))
        for agency_type in sorted({code for each in first for code in each}):
            own.setdefault(agency_type, []).append(topic.id)
    return own


def read_cases(router: Router, material: Iterable[Decided], least: int) -> list[Case]:
    """Read every text once, and keep of its phrases those that `least` texts hold; a citizen's stay in one half."""
    quarters: dict[str, int] = {}
    cases = []
    for decided in material:
        quarter = quarters.setdefault(decided.citizen, len(quarters) % QUARTERS)
        cases.append(_case(router, decided, quarter))
    names = name_words([case.normal.tokens for case in cases], _keyword_words(router))
    writers = [(case.decided.citizen, case.phrases) for case in cases]
    kept = common(writers, least, CITIZENS, _Names(router, names))
    return [replace(case, phrases=case.phrases & kept) for case in cases]


def _case(router: Router, decided: Decided, quarter: int) -> Case:
    normal = normalise(decided.text, router.slang)
    footing = footing_of(router.places.find(normal, decided.place or router.home), router.home)
    decision = router.classify(decided.text, decided.place)
    return Case(
        *(decided, normal, quarter, quarter % HALVES, phrases(normal.tokens), router.topics.weigh(normal, footing)),
        *(decision.topic, outcome_of(decision, router.route_from)),
    )


def _keyword_words(router: Router) -> AbstractSet[str]:
    """Every word that stands in a keyword of some topic."""
    written = (phrase for topic in router.topics.topics.values() for phrase in topic.keywords)
    return {word for phrase in written for part in phrase.split(PAIR) for word in normalise(part, router.slang).tokens}


class _Names:
    """Tells whether a phrase holds a name, of a region or of something that a name follows."""

    def __init__(self, router: Router, names: AbstractSet[str]) -> None:
        self._router = router
        self._names = names
        self._regions: dict[str, bool] = {}

    def __call__(self, phrase: str) -> bool:
        words = phrase.split()
        return any(word in self._names for word in words) or any(map(self._is_region, dict.fromkeys([*words, phrase])))

    def _is_region(self, words: str) -> bool:
        known = self._regions.get(words)
        if known is None:
            place = self._router.places.find(Normal(tuple(words.split())))
            known = self._regions[words] = bool(place.code or place.ambiguous)
        return known


def by_phrase(cases: Sequence[Case]) -> dict[str, list[int]]:
    """The numbers of the cases that hold each phrase."""
    postings: dict[str, list[int]] = {}
    for number, case in enumerate(cases):
        for phrase in case.phrases:
            postings.setdefault(phrase, []).append(number)
    return postings
