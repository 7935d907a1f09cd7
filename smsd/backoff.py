"""When a piece of work that failed is tried again. Pure; the time goes into the row's due_at."""

from __future__ import annotations

from datetime import datetime, timedelta

_FIRST = timedelta(seconds=15)
_MOST = timedelta(hours=1)


def delay(attempts: int) -> timedelta:
    """15 s after the first failure, twice as long after each further one, at most an hour."""
    return min(_FIRST * float(2 ** min(attempts - 1, 20)), _MOST)


def next_try(now: datetime, attempts: int) -> datetime:
    """When that is."""
    return now + delay(attempts)
