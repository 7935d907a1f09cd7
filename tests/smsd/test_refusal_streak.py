"""Whose fault a refusal is: the number's or the modem's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smsd.refusal_streak import Fault, RefusalStreak


def test_three_numbers_in_a_row() -> None:
    """The third tells; until the pause is over nothing is sent."""
    streak = RefusalStreak()
    faults = [streak.refused(phone, phone, 0, 100.0) for phone in (1, 2, 2, 1, 3)]
    assert [Fault.NUMBER] * 4 + [Fault.MODEM] == faults
    assert [True, True, False] == [streak.pausing(now) for now in (100.0, 159.9, 160.0)]


def test_pauses_grow_up_to_half_an_hour() -> None:
    """And are forgotten when an SMS is accepted."""
    streak, now, pauses = RefusalStreak(), 0.0, []
    for phone in range(1, 12):
        streak.refused(phone, phone, 0, now)
        pauses.append(streak.pause_s(now))
        now += streak.pause_s(now)
    assert [0, 0, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800] == pauses
    assert streak.accepted(99)
    assert not streak.accepted(99)
    assert not streak.pausing(now)


def test_a_number_of_the_last_pause_counts_for_itself() -> None:
    """Refused again while others are accepted, it no more makes the modem suspect; once accepted it does."""
    streak = RefusalStreak()
    for phone in (1, 2, 3):
        streak.refused(phone, phone, 0, 0.0)
    streak.accepted(4)
    assert [Fault.NUMBER] * 3 == [streak.refused(phone, phone, 0, 100.0) for phone in (1, 2, 3)]
    for phone in (1, 2, 3):
        streak.accepted(phone)
    assert Fault.MODEM == [streak.refused(phone, phone, 0, 200.0) for phone in (1, 2, 3)][-1]


@given(st.lists(st.tuples(st.integers(1, 2), st.booleans())))
def test_two_numbers_never_stop_a_modem(steps: list[tuple[int, bool]]) -> None:
    """However often they are refused."""
    streak = RefusalStreak()
    for phone, accepted in steps:
        if accepted:
            streak.accepted(phone)
        else:
            assert Fault.NUMBER == streak.refused(phone, phone, 0, 0.0)
        assert not streak.pausing(0.0)
