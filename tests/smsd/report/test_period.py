"""Months and years as they are asked for."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.report.period import Period, last_month, read_period

WITA = ZoneInfo("Asia/Makassar")
PERIODS = st.builds(Period, st.integers(2001, 2098), st.none() | st.integers(1, 12))


@pytest.mark.parametrize("text", ["2026-10", "2026"])
def test_is_written_as_it_is_read(text):
    """A month or a year."""
    assert text == str(read_period(text))


@pytest.mark.parametrize("text", ["", "10-2026", "2026-13", "2026-0", "2026-1", "26", "2026-10-01", "Oktober 2026"])
def test_says_how_to_write_it(text):
    """What is neither is refused with an example."""
    with pytest.raises(ValueError, match="write one like 2026-10 or 2026"):
        read_period(text)


@pytest.mark.parametrize(("today", "month"), [(date(2026, 1, 31), "2025-12"), (date(2026, 11, 1), "2026-10")])
def test_the_last_month_is_one_that_is_over(today, month):
    """Over the turn of a year too."""
    assert month == str(last_month(today))


def test_begins_and_ends_at_midnight_where_the_gateway_is():
    """Not at midnight UTC."""
    october = Period(2026, 10)
    assert datetime.fromisoformat("2026-09-30T16:00:00+00:00") == october.begins(WITA)
    assert datetime.fromisoformat("2026-10-31T16:00:00+00:00") == october.ends(WITA)
    assert october.ends(WITA) == Period(2026, 11).begins(WITA)


@given(PERIODS)
def test_the_pieces_make_the_whole(period):
    """Without a gap and without an overlap; a week ends on Sunday or with the year."""
    pieces = list(period.spans())
    assert (period.first, period.after) == (pieces[0][0], pieces[-1][1])
    assert all(end == begin for (_, end), (begin, _) in pairwise(pieces))
    longest = timedelta(days=1 if period.month else 7)
    assert all(timedelta() < end - begin <= longest for begin, end in pieces)
    assert all(end.weekday() == 0 for _, end in pieces[:-1]) or period.month


@given(PERIODS)
def test_the_one_before_ends_where_it_begins(period):
    """And is of the same kind."""
    assert period.first == period.before.after
    assert (period.month is None) == (period.before.month is None)
