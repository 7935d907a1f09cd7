"""The month or the year that a report is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?")
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month, or a year where there is no month."""

    year: int
    month: int | None = None

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month or 1, 1)

    @property
    def after(self) -> date:
        """The first day that is no longer in it."""
        if self.month is None or self.month == _DECEMBER:
            return date(self.year + 1, 1, 1)
        return date(self.year, self.month + 1, 1)

    @property
    def before(self) -> Period:
        """The month, or the year, before."""
        day = self.first - timedelta(days=1)
        return Period(day.year, day.month if self.month else None)

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The first moment that is no longer in it."""
        return datetime.combine(self.after, time(), zone)

    def spans(self) -> Iterator[tuple[date, date]]:
        """The pieces that it is drawn in: days, or a year's weeks from Monday; each with the day after it."""
        day = self.first
        while day < self.after:
            end = day + timedelta(days=1 if self.month else 7 - day.weekday())
            yield day, min(end, self.after)
            day = end


def read_period(text: str) -> Period:
    """`2026-10` or `2026`; ValueError if it is neither."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no month and no year; write one like 2026-10 or 2026")
    year, month = found.groups()
    return Period(int(year), int(month) if month else None)


def last_month(today: date) -> Period:
    """The last one that is over."""
    return Period(today.year, today.month).before
