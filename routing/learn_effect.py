"""What a change of keywords does to past tickets, and whether that may be luck."""

from __future__ import annotations

import math
from typing import NamedTuple

from routing.learn_cases import Case, Outcome

# Tickets that change by luck become right or wrong like coins: what is accepted must be so many standard deviations
# from that (McNemar's test, 1947). Four right and none wrong are just enough, or seven and one.
BEYOND_LUCK = 2.0


class Effect(NamedTuple):
    """How many tickets change: become right or wrong, go to a person from now on or no longer."""

    right: int = 0
    wrong: int = 0
    to_person: int = 0
    from_person: int = 0

    def __add__(self, other: object) -> Effect:
        assert isinstance(other, Effect)
        return Effect(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def does_good(self) -> bool:
        """Whether it does more good than harm, and not by luck."""
        return self.right > self.wrong and self.right - self.wrong >= BEYOND_LUCK * math.sqrt(self.right + self.wrong)


def change(before: Outcome, after: Outcome, case: Case) -> Effect:
    """Tell what changes for one ticket."""
    was, is_now = before.agency_type == case.wanted, after.agency_type == case.wanted
    return Effect(
        right=int(is_now and not was),
        wrong=int(was and not is_now),
        to_person=int(before.sure and not after.sure),
        from_person=int(after.sure and not before.sure),
    )
