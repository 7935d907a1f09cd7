"""Learning from people: keywords proposed from the decisions they made, with the effect on past tickets.

Nothing is changed here. What is proposed has been found without the tickets that it is tested on (`learn_trial`), by
a statistic that a person can follow (`learn_odds`), and is read by one before it routes anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.classify import Router
from routing.learn_candidates import find_candidates
from routing.learn_cases import HALVES, Case, Decided, own_topics, read_cases
from routing.learn_effect import Effect, change
from routing.learn_trial import Trial, Tried, reroute, with_keywords

LEAST, MOST = 5, 30
EXAMPLES = 2

__all__ = ["LEAST", "MOST", "Decided", "Effect", "Lesson", "Proposal", "learn"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A keyword for a topic: its weight, the weight it has today (`known`), the evidence and the effect.

    `tickets` of `citizens` speak for it, `examples` are references to some that it makes right.
    """

    words: str
    topic: str
    agency_type: str
    weight: float
    known: float | None
    tickets: int
    citizens: int
    z: float
    effect: Effect
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learnt: the material, how well it is routed today, and the proposals with their effect together.

    `left_out` counts tickets of agency types that no topic leads to, so that no keyword could.
    """

    moved: int
    confirmed: int
    left_out: Mapping[str, int]
    right: int
    effect: Effect
    proposals: tuple[Proposal, ...]

    @property
    def tickets(self) -> int:
        """How many tickets were learnt from."""
        return self.moved + self.confirmed

    @property
    def right_after(self) -> int:
        """How many would be right with all proposals, each ticket judged by what was learnt without it."""
        return self.right + self.effect.right - self.effect.wrong


def learn(
    router: Router,
    material: Iterable[Decided],
    least: int = LEAST,
    most: int = MOST,
    tell: Callable[[int], None] = lambda _: None,
) -> Lesson:
    """Propose at most `most` keywords, each borne out by `least` tickets, the most useful first. `tell` hears of each
    ticket that is read, as 1."""
    material = list(material)
    known = own_topics(router.topics)
    cases = read_cases(router, (each for each in _told(material, tell) if each.agency_type in known), least)
    accepted = _accepted(router, cases, least, most)
    moved = sum(case.decided.moved for case in cases)
    return Lesson(
        moved=moved,
        confirmed=len(cases) - moved,
        left_out=Counter(each.agency_type for each in material if each.agency_type not in known),
        right=sum(case.is_right for case in cases),
        effect=_foretold_in_all(router, cases, least, most) if accepted else Effect(),
        proposals=tuple(sorted((_proposal(each, cases) for each in accepted), key=_usefulness)),
    )


def _told(material: Iterable[Decided], tell: Callable[[int], None]) -> Iterator[Decided]:
    for each in material:
        yield each
        tell(1)


def _accepted(router: Router, cases: Sequence[Case], least: int, most: int) -> list[Tried]:
    trial = Trial(router, cases)
    trial.run(find_candidates(router, cases, least), most)
    return trial.accepted


def _usefulness(proposal: Proposal) -> tuple[int, str, str]:
    return proposal.effect.wrong - proposal.effect.right, proposal.words, proposal.topic


def _foretold_in_all(router: Router, cases: Sequence[Case], least: int, most: int) -> Effect:
    return sum((_foretold(router, cases, half, least, most) for half in range(HALVES)), Effect())


def _foretold(router: Router, cases: Sequence[Case], half: int, least: int, most: int) -> Effect:
    """What all that is learnt from the other half alone, quarter by quarter, does to this half."""
    others = [replace(case, half=case.quarter // HALVES) for case in cases if case.half != half]
    accepted = _accepted(router, others, least, most)
    if not accepted:
        return Effect()
    changed = with_keywords(router, [each.candidate.found for each in accepted])
    mine = [case for case in cases if case.half == half]
    return sum((change(case.outcome, reroute(changed, case), case) for case in mine), Effect())


def _proposal(tried: Tried, cases: Sequence[Case]) -> Proposal:
    candidate = tried.candidate.found
    support = [cases[number] for number in tried.candidate.support]
    wrong = [case.decided.ref for case in support if not case.is_right]
    return Proposal(
        words=candidate.words,
        topic=candidate.topic,
        agency_type=candidate.agency_type,
        weight=candidate.weight,
        known=candidate.known,
        tickets=len(support),
        citizens=len({case.decided.citizen for case in support}),
        z=round(candidate.z, 2),
        effect=tried.effect,
        examples=tuple(wrong[:EXAMPLES]),
    )
