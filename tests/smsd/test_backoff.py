"""When work that failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.backoff import next_try

NOW = datetime(2026, 6, 8, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 15), (2, 30), (3, 60), (8, 1920), (9, 3600), (10, 3600), (1000, 3600)]
)
def test_it_waits_twice_as_long_each_time(attempts: int, seconds: int) -> None:
    """Up to an hour."""
    assert NOW + timedelta(seconds=seconds) == next_try(NOW, attempts)


@given(st.integers(0, 10**9))
def test_it_never_comes_sooner_than_before(attempts: int) -> None:
    """Nor at once, nor later than in an hour."""
    sooner, later = next_try(NOW, attempts), next_try(NOW, attempts + 1)
    assert NOW < sooner <= later <= NOW + timedelta(hours=1)
