"""Working days and deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deadlines import (
    AgencyLimits,
    Deadlines,
    Holidays,
    add_working_days,
    is_working_day,
    sub_working_days,
    working_days_between,
)
from routing.zones import WIB, WIT, WITA

JAKARTA = ZoneInfo("Asia/Jakarta")
JAYAPURA = ZoneInfo("Asia/Jayapura")
NO_HOLIDAYS: frozenset[date] = frozenset()

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
DAYS_OFF = st.sets(st.dates(date(2019, 1, 1), date(2036, 12, 31)), max_size=40)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
PLACES = st.sampled_from([WIB, WITA, WIT])
LIMITS = st.builds(
    Deadlines,
    remind=st.integers(1, 10),
    remind_long=st.integers(1, 30),
    inbox=st.integers(1, 10),
    extra_holidays=st.lists(DAYS, max_size=5).map(tuple),
    not_holidays=st.lists(DAYS | st.sampled_from([date(2025, 3, 31), date(2025, 12, 26)]), max_size=5).map(tuple),
)


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
    assert date(2025, 4, 9) == add_working_days(date(2025, 3, 27), 2, Holidays())


def test_holidays_hold_national_days_and_joint_leave() -> None:
    """17 August is a national holiday, 26 December 2025 joint leave; the Tuesday between two is a day like others."""
    assert all(day in Holidays() for day in (date(2025, 8, 17), date(2025, 12, 26), date(2026, 1, 1)))
    assert not any(day in Holidays() for day in (date(2025, 8, 19), "2025-08-17"))


def test_an_operator_adds_and_strikes_off_days() -> None:
    """A decree of December, and a joint leave that was taken back; every deadline counts with them."""
    start = datetime(2025, 12, 24, 9, 0, tzinfo=JAKARTA)
    assert datetime(2025, 12, 29, 23, 59, 59, tzinfo=JAKARTA) == Deadlines(inbox=1).inbox_due(start, JAKARTA)
    longer = Deadlines(inbox=1, extra_holidays=(date(2025, 12, 29),))
    assert datetime(2025, 12, 30, 23, 59, 59, tzinfo=JAKARTA) == longer.inbox_due(start, JAKARTA)
    assert not longer.is_office_day(datetime(2025, 12, 29, 12, tzinfo=JAKARTA), JAKARTA)
    shorter = Deadlines(inbox=1, not_holidays=(date(2025, 12, 26),))
    assert datetime(2025, 12, 26, 23, 59, 59, tzinfo=JAKARTA) == shorter.inbox_due(start, JAKARTA)
    assert shorter.is_office_day(datetime(2025, 12, 26, 12, tzinfo=JAKARTA), JAKARTA)


def test_a_deadline_lies_ahead() -> None:
    """Negative days are a bug of the caller."""
    with pytest.raises(ValueError, match="-1 days"):
        add_working_days(date(2025, 6, 16), -1, NO_HOLIDAYS)
    with pytest.raises(ValueError, match="-1 days"):
        sub_working_days(date(2025, 6, 16), -1, NO_HOLIDAYS)


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


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(1, 90),
    st.sets(st.dates(date(2020, 1, 1), date(2035, 12, 31))),
)
def test_back_and_forth_is_the_same_way(start: date, days: int, holidays: set[date]) -> None:
    """Counted back from the deadline one is where one began, and between them lie the days of the limit."""
    end = add_working_days(start, days, holidays)
    assert days == working_days_between(start, end, holidays)
    assert -days == working_days_between(end, start, holidays)
    assert sub_working_days(end, days - 1, holidays) == add_working_days(start, 1, holidays)
    if is_working_day(start, holidays):
        assert start == sub_working_days(end, days, holidays)


@pytest.mark.parametrize(
    ("end", "days", "expected"),
    [
        (date(2025, 6, 23), 1, date(2025, 6, 20)),  # Monday to Friday
        (date(2025, 6, 22), 1, date(2025, 6, 20)),  # from a Sunday
        (date(2025, 6, 22), 0, date(2025, 6, 20)),
        (date(2025, 6, 20), 0, date(2025, 6, 20)),
        (date(2025, 6, 20), 4, date(2025, 6, 16)),
    ],
)
def test_weekends_do_not_count_backwards(end: date, days: int, expected: date) -> None:
    """The day of the end does not count."""
    assert expected == sub_working_days(end, days, NO_HOLIDAYS)


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
    assert datetime(2026, 1, 2, 23, 59, 59, tzinfo=JAKARTA) == Deadlines().due(start, 6 - 1, JAKARTA)


def test_a_step_falls_on_a_morning() -> None:
    """So many working days after the deadline's own day; 27 June 2025 is the Islamic new year."""
    missed = datetime(2025, 6, 20, 23, 59, 59, tzinfo=JAKARTA)
    assert datetime(2025, 6, 30, 8, tzinfo=JAKARTA) == Deadlines().morning_after(missed, 5, JAKARTA)


@pytest.mark.parametrize(
    ("limit_days", "zone", "expected"),
    [
        (5, JAKARTA, datetime(2025, 8, 15, 8, tzinfo=JAKARTA)),  # 18 August 2025 is joint leave
        (6, JAKARTA, datetime(2025, 8, 13, 8, tzinfo=JAKARTA)),
        (5, JAYAPURA, datetime(2025, 8, 19, 8, tzinfo=JAYAPURA)),  # there it is the 20th already
    ],
)
def test_an_agency_is_reminded_on_a_working_morning(limit_days: int, zone: ZoneInfo, expected: datetime) -> None:
    """At eight in its own zone; earlier before a deadline of more than five days."""
    due = datetime(2025, 8, 19, 23, 59, 59, tzinfo=JAKARTA)
    found = Deadlines().remind_at(due, limit_days, zone)
    assert (expected, expected.utcoffset()) == (found, found.utcoffset())


def test_how_long_something_is_late() -> None:
    """By the local days: the same moments are a day apart in Jayapura and none in Jakarta."""
    due, now = datetime(2025, 6, 20, 21, 59, tzinfo=JAKARTA), datetime(2025, 6, 23, 22, 0, tzinfo=JAKARTA)
    limits = Deadlines()
    assert (1, -1) == (limits.working_days_between(due, now, JAKARTA), limits.working_days_between(now, due, JAKARTA))
    assert 2 == limits.working_days_between(due, now, JAYAPURA)
    assert 0 == limits.working_days_between(due, due, JAKARTA)


def test_an_agency_may_have_limits_of_its_own() -> None:
    """What is not set for it is as for all; its code may be written small."""
    general = Deadlines(information=4, agencies={"Pupr-35.07": AgencyLimits(ordinary=30, first_follow_up=7)})
    own = general.of("pupr-35.07")
    assert (7, 4, 30, 60) == (own.first_follow_up, own.information, own.ordinary, own.supervisory)
    assert general == general.of("PUPR-35.73")
    assert 14 == general.ordinary
    assert hash(general) == hash(Deadlines(information=4))


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive time would be a guess about the citizen's day."""
    with pytest.raises(ValueError, match="time zone"):
        Deadlines().verify_due(datetime(2025, 6, 16), JAKARTA)


@pytest.mark.parametrize("place", [WIB, WITA, WIT], ids=str)
def test_the_operators_days_move_every_deadline(place: ZoneInfo) -> None:
    """After Monday, 21 December 2026, offices open on 22, 23 and 28; with these changes on 24 and 28."""
    start, thursday, saturday, due = (datetime(2026, 12, day, 9, 0, tzinfo=place) for day in (21, 24, 26, 28))
    changed = Deadlines(extra_holidays=(date(2026, 12, 22), date(2026, 12, 23)), not_holidays=(date(2026, 12, 24),))

    def counted(limits: Deadlines) -> list[int]:
        return [
            limits.verify_due(start, place).day,
            limits.inbox_due(start, place).day,
            limits.morning_after(start, 1, place).day,
            limits.remind_at(due, 5, place).day,
            limits.remind_at(due, 14, place).day,
            limits.working_days_between(start, saturday, place),
            limits.is_office_day(thursday, place),
        ]

    assert [28, 23, 22, 23, 21, 2, False] == counted(Deadlines())
    assert [29, 28, 24, 24, 18, 1, True] == counted(changed)


def test_an_office_day_is_one_where_the_office_is() -> None:
    """Friday at 23:30 in Jakarta is Saturday in Jayapura."""
    moment = datetime(2025, 6, 20, 23, 30, tzinfo=WIB)
    assert (True, False) == (Deadlines().is_office_day(moment, WIB), Deadlines().is_office_day(moment, WIT))


@given(DAYS, DAYS, DAYS, DAYS_OFF)
def test_what_lies_between_adds_up(first: date, second: date, third: date, days_off: set[date]) -> None:
    """By whatever way, and in whatever order."""
    by_way = working_days_between(first, second, days_off) + working_days_between(second, third, days_off)
    assert by_way == working_days_between(first, third, days_off)


@given(MOMENTS, PLACES, LIMITS, st.sampled_from(["pengaduan", "pengawasan", "informasi", "aspirasi"]))
def test_no_deadline_falls_on_a_day_off(start: datetime, place: ZoneInfo, limits: Deadlines, klass: str) -> None:
    """Each ends with an office day of the place, after it began."""
    for due in (
        limits.verify_due(start, place),
        limits.first_follow_up_due(start, place),
        limits.deadline_for(klass, start, place),
        limits.reply_window_due(start, place),
        limits.inbox_due(start, place),
    ):
        there = due.astimezone(place)
        assert time(23, 59, 59) == there.time()
        assert limits.is_office_day(due, place)
        assert there.weekday() < 5
        assert start < due


@given(MOMENTS, PLACES, LIMITS, st.integers(1, 60))
def test_a_reminder_comes_before_the_deadline(start: datetime, place: ZoneInfo, limits: Deadlines, days: int) -> None:
    """On the morning of an office day, as many days before as is set."""
    due = limits.due(start, days, place)
    at = limits.remind_at(due, days, place)
    assert at < due
    assert time(8) == at.astimezone(place).time()
    assert limits.is_office_day(at, place)
    assert (limits.remind if days <= 5 else limits.remind_long) == limits.working_days_between(at, due, place)


@given(MOMENTS, PLACES, LIMITS, st.integers(1, 30))
def test_the_morning_after_is_at_eight_there(start: datetime, place: ZoneInfo, limits: Deadlines, days: int) -> None:
    """On an office day that many days later."""
    at = limits.morning_after(start, days, place)
    assert time(8) == at.astimezone(place).time()
    assert limits.is_office_day(at, place)
    assert days == limits.working_days_between(start, at, place)


def test_the_steps_have_the_days_that_the_documents_tell() -> None:
    """Two to read an answer, one or three before a deadline, five after it."""
    limits = Deadlines()
    assert (2, 1, 3, 5) == (limits.inbox, limits.remind, limits.remind_long, limits.overdue)
