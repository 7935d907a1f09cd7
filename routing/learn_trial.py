"""What a keyword would have done to past tickets: they are routed again with it, before anyone accepts it.

A keyword is tried on the texts that hold it, on top of those accepted before, and only in the half that was not needed to
find it. So no ticket bears witness for what was learnt from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.classify import Router
from routing.learn_candidates import Candidate, Found
from routing.learn_cases import HALVES, Case, Outcome, outcome_of
from routing.learn_effect import Effect, change
from routing.topics import Topic, TopicIndex

# Candidates that are tried for each one shown, the most promising first: each takes a new index of all keywords.
TRIED = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate that was accepted, and what it does on top of those before it."""

    candidate: Candidate
    effect: Effect


class Trial:
    """Tries candidates one after the other and keeps the good ones."""

    def __init__(self, router: Router, cases: Sequence[Case]) -> None:
        self._router = router
        self._cases = cases
        self._outcomes = [case.outcome for case in cases]
        self.accepted: list[Tried] = []

    def run(self, candidates: Iterable[Candidate], most: int) -> None:
        """Try candidates in their order until `most` are accepted."""
        for tried, candidate in enumerate(candidates):
            if len(self.accepted) == most or tried == TRIED * most:
                break
            self._try(candidate)

    def _try(self, candidate: Candidate) -> None:
        numbers = [number for number in candidate.numbers if self._cases[number].half in candidate.halves]
        outcomes = self._again([*(each.candidate for each in self.accepted), candidate], numbers)
        effect = self._effect(outcomes)
        if effect.does_good:
            self.accepted.append(Tried(candidate, effect))
            for number, outcome in outcomes.items():
                self._outcomes[number] = outcome

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

    def _effect(self, outcomes: Mapping[int, Outcome]) -> Effect:
        """Compare outcomes with those by now."""
        changes = (change(self._outcomes[number], after, self._cases[number]) for number, after in outcomes.items())
        return sum(changes, Effect())


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
    return replace(router, topics=TopicIndex(topics, index.types.values(), router.slang))


def _changed(topic: Topic, keywords: Mapping[str, float]) -> Topic:
    merged = {**topic.keywords, **keywords}
    return replace(topic, keywords={words: weight for words, weight in merged.items() if weight}) if keywords else topic
