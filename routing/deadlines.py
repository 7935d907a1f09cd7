"""Until when something must be done, in Indonesia's working days.

Working days leave out Saturdays, Sundays, national holidays and *cuti bersama* (the joint leave days of the yearly
joint decree of three ministers). The limits are those of domain practice under SP4N-LAPOR! (3 to verify, 5 to follow
up, 5/14/60 to finish by class, 10 for the citizen's answer); an operator may set others.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as holiday_calendars

_END_OF_DAY = time(23, 59, 59)
_SATURDAY = 5
# Fewer than 230 days of any year are working days; a limit that is longer needs one more year's holidays.
_WORKING_DAYS_PER_YEAR = 200


def indonesian_holidays(years: Iterable[int]) -> frozenset[date]:
    """Return the national holidays and joint leave days (*cuti bersama*) of these years."""
    return frozenset().union(*(_holidays_of(year) for year in years))


@lru_cache(maxsize=64)
def _holidays_of(year: int) -> frozenset[date]:
    calendar = holiday_calendars.country_holidays("ID", years=year, categories=("public", "government"))
    # Holidays that move with the moon can fall on the first days of the next year.
    return frozenset(day for day in calendar if day.year == year)


def is_working_day(day: date, holidays: AbstractSet[date]) -> bool:
    """Tell whether offices are open on that day."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_working_days(start: date, days: int, holidays: AbstractSet[date]) -> date:
    """Return the working day that is `days` working days after `start`; the day of the start does not count.

    With 0 days it is `start` itself, or the next working day when that is none.
    """
    if days < 0:
        raise ValueError(f"a deadline lies ahead: {days} days")
    day = start
    while not is_working_day(day, holidays) and days == 0:
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while not is_working_day(day, holidays):
            day += timedelta(days=1)
    return day


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The limits, in working days; only the Ombudsman's are calendar days."""

    verify: int = 3
    first_follow_up: int = 5
    information: int = 5
    ordinary: int = 14
    supervisory: int = 60
    reply_window: int = 10
    ombudsman_days: int = 60

    def days_for(self, klass: str) -> int:
        """Return the days an agency has to finish a matter of this class."""
        by_class = {"informasi": self.information, "aspirasi": self.information, "pengawasan": self.supervisory}
        return by_class.get(klass, self.ordinary)

    def deadline_for(
        self, klass: str, start: datetime, tz: ZoneInfo, holidays: AbstractSet[date] | None = None
    ) -> datetime:
        """Return until when a matter of this class must be finished."""
        return due(start, self.days_for(klass), tz, holidays)

    def verify_due(self, start: datetime, tz: ZoneInfo, holidays: AbstractSet[date] | None = None) -> datetime:
        """Return until when a report must be verified and forwarded."""
        return due(start, self.verify, tz, holidays)

    def first_follow_up_due(self, start: datetime, tz: ZoneInfo, holidays: AbstractSet[date] | None = None) -> datetime:
        """Return until when the agency must give its first answer."""
        return due(start, self.first_follow_up, tz, holidays)

    def reply_window_due(self, start: datetime, tz: ZoneInfo, holidays: AbstractSet[date] | None = None) -> datetime:
        """Return until when the citizen may answer before the ticket closes by itself."""
        return due(start, self.reply_window, tz, holidays)

    def ombudsman_due(self, start: datetime, tz: ZoneInfo) -> datetime:
        """Return from when on the Ombudsman may be asked, counted in calendar days."""
        return end_of_day(local_day(start, tz) + timedelta(days=self.ombudsman_days), tz)


def due(start: datetime, days: int, tz: ZoneInfo, holidays: AbstractSet[date] | None = None) -> datetime:
    """Return the end, 23:59:59 local time, of the day `days` working days after `start`.

    Without `holidays` Indonesia's own are taken.
    """
    first = local_day(start, tz)
    if holidays is None:
        holidays = indonesian_holidays(range(first.year, first.year + days // _WORKING_DAYS_PER_YEAR + 2))
    return end_of_day(add_working_days(first, days, holidays), tz)


def local_day(moment: datetime, tz: ZoneInfo) -> date:
    """Return the calendar day of an aware moment in that zone."""
    if moment.tzinfo is None:
        raise ValueError("a deadline needs a moment with a time zone")
    return moment.astimezone(tz).date()


def end_of_day(day: date, tz: ZoneInfo) -> datetime:
    """Return the last second of a day in that zone."""
    return datetime.combine(day, _END_OF_DAY, tzinfo=tz)
