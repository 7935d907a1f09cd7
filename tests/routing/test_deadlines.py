"""Working days and deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deadlines import Deadlines, add_working_days, due, indonesian_holidays, is_working_day

JAKARTA = ZoneInfo("Asia/Jakarta")
JAYAPURA = ZoneInfo("Asia/Jayapura")
NO_HOLIDAYS: frozenset[date] = frozenset()


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2025, 6, 16), 1, date(2025, 6, 17)),  # Monday
        (date(2025, 6, 20), 1, date(2025, 6, 23)),  # Friday to Monday
        (date(2025, 6, 21), 1, date(2025, 6, 23)),  # filed on Saturday
        (date(2025, 6, 16), 0, date(2025, 6, 16)),
        (date(2025, 6, 21), 0, date(2025, 6, 23)),
        (date(2025, 6, 16), 5, date(2025, 6, 23)),
        (date(2025, 6, 16), 14, date(2025, 7, 4)),
    ],
)
def test_weekends_do_not_count(start: date, days: int, expected: date) -> None:
    """The day of the start does not count, nor do Saturday and Sunday."""
    assert expected == add_working_days(start, days, NO_HOLIDAYS)


def test_lebaran_with_its_joint_leave_stops_the_clock() -> None:
    """In 2025 offices were closed from 28 March to 7 April."""
    assert date(2025, 4, 9) == add_working_days(date(2025, 3, 27), 2, indonesian_holidays([2025]))


def test_holidays_hold_national_days_and_joint_leave() -> None:
    """17 August is a national holiday, 26 December 2025 joint leave."""
    found = indonesian_holidays([2025, 2026])
    assert {date(2025, 8, 17), date(2025, 12, 26), date(2026, 1, 1)} <= found
    assert {2025, 2026} == {day.year for day in found}
    assert frozenset() == indonesian_holidays([])


def test_a_deadline_lies_ahead() -> None:
    """Negative days are a bug of the caller."""
    with pytest.raises(ValueError, match="-1 days"):
        add_working_days(date(2025, 6, 16), -1, NO_HOLIDAYS)


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(0, 90),
    st.sets(st.dates(date(2020, 1, 1), date(2035, 12, 31))),
)
def test_the_deadline_is_a_working_day_and_the_count_is_right(start: date, days: int, holidays: set[date]) -> None:
    """Between start and deadline lie exactly that many working days."""
    end = add_working_days(start, days, holidays)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert is_working_day(end, holidays)
    if days:
        assert days == sum(is_working_day(day, holidays) for day in between)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_a_longer_limit_never_ends_earlier(start: date, days: int) -> None:
    """Deadlines grow with their days."""
    assert add_working_days(start, days, NO_HOLIDAYS) <= add_working_days(start, days + 1, NO_HOLIDAYS)


@pytest.mark.parametrize(
    ("klass", "expected"),
    [("pengaduan", 14), ("pengawasan", 60), ("informasi", 5), ("aspirasi", 5), ("apa saja", 14)],
)
def test_each_class_has_its_limit(klass: str, expected: int) -> None:
    """5 for information, 14 for complaints, 60 where an inspection is needed."""
    assert expected == Deadlines().days_for(klass)


def test_a_deadline_ends_with_the_local_day() -> None:
    """Filed on Monday evening in UTC, it is Tuesday in Jakarta; three working days end on Friday."""
    start = datetime(2025, 6, 16, 18, 0, tzinfo=UTC)
    assert datetime(2025, 6, 20, 23, 59, 59, tzinfo=JAKARTA) == Deadlines().verify_due(start, JAKARTA)
    assert datetime(2025, 6, 20, 23, 59, 59, tzinfo=JAYAPURA) == Deadlines().verify_due(start, JAYAPURA)


def test_every_step_has_its_deadline() -> None:
    """Verification, first answer, finishing, the citizen's window and the Ombudsman."""
    start = datetime(2025, 6, 16, 9, 0, tzinfo=JAKARTA)
    limits = Deadlines()
    found = [
        limits.verify_due(start, JAKARTA, NO_HOLIDAYS),
        limits.first_follow_up_due(start, JAKARTA, NO_HOLIDAYS),
        limits.deadline_for("pengaduan", start, JAKARTA, NO_HOLIDAYS),
        limits.reply_window_due(start, JAKARTA, NO_HOLIDAYS),
        limits.ombudsman_due(start, JAKARTA),
    ]
    days = [(2025, 6, 19), (2025, 6, 23), (2025, 7, 4), (2025, 6, 30), (2025, 8, 15)]
    assert [datetime(*day, 23, 59, 59, tzinfo=JAKARTA) for day in days] == found


def test_without_holidays_given_those_of_indonesia_count() -> None:
    """A limit across the new year knows the holidays of both years."""
    start = datetime(2025, 12, 23, 9, 0, tzinfo=JAKARTA)
    assert datetime(2026, 1, 2, 23, 59, 59, tzinfo=JAKARTA) == due(start, 6 - 1, JAKARTA)


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive time would be a guess about the citizen's day."""
    with pytest.raises(ValueError, match="time zone"):
        Deadlines().verify_due(datetime(2025, 6, 16), JAKARTA)
