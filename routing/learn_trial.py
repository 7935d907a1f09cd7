"""What keywords would have done to past tickets: they are routed again with them, before anyone accepts one.

A keyword is tried on the texts that hold it, on top of those accepted before, and only in the half that was not needed
to find it. So no ticket bears witness for what was learnt from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from routing.classify import Router
from routing.learn_candidates import Candidate, Found
from routing.learn_cases import HALVES, Case, Outcome, outcome_of
from routing.learn_effect import Effect, change
from routing.topics import Topic

# Candidates that are tried for each one shown, the clearest first.
TRIED = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate that was accepted, and what it does on top of those before it."""

    candidate: Candidate
    effect: Effect


class Trial:
    """Tries candidates in their order and keeps the good ones.

    An index of all keywords takes long to build. So candidates are tried together where no text holds two of them:
    that is as exact as one after the other.
    """

    def __init__(self, router: Router, cases: Sequence[Case]) -> None:
        self._router = router
        self._cases = cases
        self._outcomes = [case.outcome for case in cases]
        self.accepted: list[Tried] = []

    def run(self, candidates: Iterable[Candidate], most: int) -> None:
        """Try candidates until `most` are accepted."""
        waiting = {each: self._tested(each) for each in islice(candidates, TRIED * most)}
        while waiting and len(self.accepted) < most:
            self._try({each: waiting.pop(each) for each in _apart(waiting)}, most)
            waiting = {each: numbers for each, numbers in waiting.items() if self._may_do_good(numbers)}

    def _may_do_good(self, numbers: Iterable[int]) -> bool:
        """Whether enough texts are still wrong, so that a keyword in them could help."""
        return Effect(right=sum(self._outcomes[n].agency_type != self._cases[n].wanted for n in numbers)).does_good

    def _tested(self, candidate: Candidate) -> frozenset[int]:
        return frozenset(number for number in candidate.numbers if self._cases[number].half in candidate.halves)

    def _try(self, batch: Mapping[Candidate, frozenset[int]], most: int) -> None:
        outcomes = self._again(
            [*(each.candidate for each in self.accepted), *batch], frozenset().union(*batch.values())
        )
        for candidate, numbers in batch.items():
            effect = sum((change(self._outcomes[n], outcomes[n], self._cases[n]) for n in numbers), Effect())
            if effect.does_good and len(self.accepted) < most:
                self.accepted.append(Tried(candidate, effect))
                for number in numbers:
                    self._outcomes[number] = outcomes[number]

    def _again(self, candidates: Sequence[Candidate], numbers: Iterable[int]) -> Mapping[int, Outcome]:
        """Route texts again, those of each half with the candidates that may be tested on it."""
        allowed = [[each.found for each in candidates if half in each.halves] for half in range(HALVES)]
        routers: dict[int, Router] = {}
        outcomes: dict[int, Outcome] = {}
        for number in numbers:
            case = self._cases[number]
            if case.half not in routers:
                same = 1 - case.half if allowed[0] == allowed[1] else case.half
                routers[case.half] = routers.get(same) or with_keywords(self._router, allowed[case.half])
            outcomes[number] = reroute(routers[case.half], case)
        return outcomes


def _apart(waiting: Mapping[Candidate, frozenset[int]]) -> list[Candidate]:
    """The first candidate, and each later one that shares no text with those before it."""
    batch: list[Candidate] = []
    taken: set[int] = set()
    for candidate, numbers in waiting.items():
        if taken.isdisjoint(numbers):
            batch.append(candidate)
            taken |= numbers
    return batch


def reroute(router: Router, case: Case) -> Outcome:
    """Route a past text with another router."""
    return outcome_of(router.classify(case.decided.text, case.decided.place), router.route_from)


def with_keywords(router: Router, keywords: Iterable[Found]) -> Router:
    """Return the router as it would be with these keywords in its topics."""
    changes: dict[str, dict[str, float]] = {}
    for each in keywords:
        changes.setdefault(each.topic, {})[each.words] = each.weight
    index = router.topics
    topics = [_changed(topic, changes.get(topic.id, {})) for topic in index.topics.values()]
    return replace(router, topics=index.with_topics(topics))


def _changed(topic: Topic, keywords: Mapping[str, float]) -> Topic:
    merged = {**topic.keywords, **keywords}
    return replace(topic, keywords={words: weight for words, weight in merged.items() if weight}) if keywords else topic
