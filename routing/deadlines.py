"""Until when something must be done, in Indonesia's working days.

Working days leave out Saturdays, Sundays, national holidays and *cuti bersama* (the joint leave days of the yearly
joint decree of three ministers, the SKB 3 Menteri), as the package `holidays` knows them and an operator corrects them.
The limits are those of domain practice under SP4N-LAPOR! (3 to verify, 5 to follow up, 5/14/60 to finish by class, 10
for the citizen's answer); an operator may set others, for one agency too.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import holidays as holiday_calendars

_END_OF_DAY = time(23, 59, 59)
MORNING = time(8)
_SATURDAY = 5
_DAY = timedelta(days=1)
_SHORT_LIMIT = 5  # working days; of a longer limit the agency is reminded earlier


@lru_cache(maxsize=64)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holiday_calendars.country_holidays("ID", years=year, categories=("public", "government")))


@dataclass(frozen=True, slots=True)
class Holidays:
    """Indonesia's holidays and joint leave, with the days an operator adds or strikes off: `date in holidays`."""

    extra: Collection[date] = ()
    struck: Collection[date] = ()

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date) or day in self.struck:
            return False
        return day in self.extra or day in _holidays_of(day.year)


def is_working_day(day: date, holidays: Container[date]) -> bool:
    """Tell whether offices are open on that day."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_working_days(start: date, days: int, holidays: Container[date]) -> date:
    """Return the working day that is `days` working days after `start`; the day of the start does not count.

    With 0 days it is `start` itself, or the next working day when that is none.
    """
    if days < 0:
        raise ValueError(f"a deadline lies ahead: {days} days")
    return _walk(start, days, _DAY, holidays)


def sub_working_days(end: date, days: int, holidays: Container[date]) -> date:
    """Return the working day that is `days` working days before `end`; the day of the end does not count.

    With 0 days it is `end` itself, or the last working day before it when that is none.
    """
    if days < 0:
        raise ValueError(f"a day before lies behind: {days} days")
    return _walk(end, days, -_DAY, holidays)


def _walk(day: date, days: int, step: timedelta, holidays: Container[date]) -> date:
    while not is_working_day(day, holidays) and days == 0:
        day += step
    for _ in range(days):
        day += step
        while not is_working_day(day, holidays):
            day += step
    return day


def working_days_between(start: date, end: date, holidays: Container[date]) -> int:
    """Return how many working days there are after `start` up to `end`, `end` included; negative where `end` is before.

    From today to the deadline it is what is left, from the deadline to today by how much something is late.
    """
    if end < start:
        return -working_days_between(end, start, holidays)
    days = map(date.fromordinal, range(start.toordinal() + 1, end.toordinal() + 1))
    return sum(is_working_day(day, holidays) for day in days)


@dataclass(frozen=True, slots=True)
class AgencyLimits:
    """The limits of one agency, in working days; None: as for all."""

    first_follow_up: int | None = None
    information: int | None = None
    ordinary: int | None = None
    supervisory: int | None = None


@dataclass(frozen=True)
class Deadlines:
    """The limits, in working days; only the Ombudsman's are calendar days.

    Its methods count with Indonesia's holidays and the operator's changes to them, unless they are given `holidays`.
    """

    verify: int = 3
    first_follow_up: int = 5
    information: int = 5
    ordinary: int = 14
    supervisory: int = 60
    reply_window: int = 10
    ombudsman_days: int = 60
    inbox: int = 2  # an operator reads a free answer
    remind: int = 1  # so many days before a deadline of up to 5 days the agency is reminded
    remind_long: int = 3  # and before a longer one
    overdue: int = 5  # after a missed deadline, until our staff takes it up
    extra_holidays: tuple[date, ...] = ()  # decreed too late for the package `holidays`
    not_holidays: tuple[date, ...] = ()  # of the package's, those that are none
    agencies: Mapping[str, AgencyLimits] = field(default_factory=dict, hash=False, metadata={"key": "agency"})

    @cached_property
    def holidays(self) -> Holidays:
        """The days on which offices are closed, weekends apart."""
        return Holidays(frozenset(self.extra_holidays), frozenset(self.not_holidays))

    @cached_property
    def _by_code(self) -> Mapping[str, AgencyLimits]:
        return {code.upper(): own for code, own in self.agencies.items()}

    def of(self, agency_code: str) -> Deadlines:
        """Return the limits as they are for that agency, its code in capitals or not."""
        own = self._by_code.get(agency_code.upper())
        if own is None:
            return self
        limits = {each.name: getattr(own, each.name) for each in fields(own)}
        return replace(self, **{name: days for name, days in limits.items() if days is not None})

    def days_for(self, klass: str) -> int:
        """Return the days an agency has to finish a matter of this class."""
        by_class = {"informasi": self.information, "aspirasi": self.information, "pengawasan": self.supervisory}
        return by_class.get(klass, self.ordinary)

    def deadline_for(
        self, klass: str, start: datetime, tz: ZoneInfo, holidays: Container[date] | None = None
    ) -> datetime:
        """Return until when a matter of this class must be finished."""
        return self.due(start, self.days_for(klass), tz, holidays)

    def verify_due(self, start: datetime, tz: ZoneInfo, holidays: Container[date] | None = None) -> datetime:
        """Return until when a report must be verified and forwarded."""
        return self.due(start, self.verify, tz, holidays)

    def first_follow_up_due(self, start: datetime, tz: ZoneInfo, holidays: Container[date] | None = None) -> datetime:
        """Return until when the agency must give its first answer."""
        return self.due(start, self.first_follow_up, tz, holidays)

    def reply_window_due(self, start: datetime, tz: ZoneInfo, holidays: Container[date] | None = None) -> datetime:
        """Return until when the citizen may answer before the ticket closes by itself."""
        return self.due(start, self.reply_window, tz, holidays)

    def inbox_due(self, start: datetime, tz: ZoneInfo, holidays: Container[date] | None = None) -> datetime:
        """Return until when an operator must have read an agency's free answer."""
        return self.due(start, self.inbox, tz, holidays)

    def morning_after(
        self, moment: datetime, days: int, tz: ZoneInfo, holidays: Container[date] | None = None
    ) -> datetime:
        """Return 08:00 local time of the day that is `days` working days after that of `moment`."""
        day = add_working_days(local_day(moment, tz), days, self._or_own(holidays))
        return datetime.combine(day, MORNING, tzinfo=tz)

    def ombudsman_due(self, start: datetime, tz: ZoneInfo) -> datetime:
        """Return from when on the Ombudsman may be asked, counted in calendar days."""
        return end_of_day(local_day(start, tz) + timedelta(days=self.ombudsman_days), tz)

    def due(self, start: datetime, days: int, tz: ZoneInfo, holidays: Container[date] | None = None) -> datetime:
        """Return the end, 23:59:59 local time, of the day `days` working days after `start`."""
        return end_of_day(add_working_days(local_day(start, tz), days, self._or_own(holidays)), tz)

    def remind_at(
        self, due: datetime, limit_days: int, tz: ZoneInfo, holidays: Container[date] | None = None
    ) -> datetime:
        """Return when an agency is reminded of a deadline: 08:00 local time, some working days before its day.

        `limit_days` are the working days it was given. The moment may have passed already.
        """
        before = self.remind if limit_days <= _SHORT_LIMIT else self.remind_long
        day = sub_working_days(local_day(due, tz), before, self._or_own(holidays))
        return datetime.combine(day, MORNING, tzinfo=tz)

    def is_office_day(self, moment: datetime, tz: ZoneInfo, holidays: Container[date] | None = None) -> bool:
        """Tell whether offices are open on the local day of that moment."""
        return is_working_day(local_day(moment, tz), self._or_own(holidays))

    def working_days_between(
        self, start: datetime, end: datetime, tz: ZoneInfo, holidays: Container[date] | None = None
    ) -> int:
        """Return the working days from the local day of one moment to that of another; negative where it is before."""
        return working_days_between(local_day(start, tz), local_day(end, tz), self._or_own(holidays))

    def _or_own(self, holidays: Container[date] | None) -> Container[date]:
        return self.holidays if holidays is None else holidays


def local_day(moment: datetime, tz: ZoneInfo) -> date:
    """Return the calendar day of an aware moment in that zone."""
    if moment.tzinfo is None:
        raise ValueError("a deadline needs a moment with a time zone")
    return moment.astimezone(tz).date()


def end_of_day(day: date, tz: ZoneInfo) -> datetime:
    """Return the last second of a day in that zone."""
    return datetime.combine(day, _END_OF_DAY, tzinfo=tz)
