"""The figures of a report, read in one transaction so that all of them agree, and fit to be published.

What is confidential (RAHASIA) is in no breakdown; in a total it is counted only with the months in which it came to
LEAST at least, so that nobody can tell fewer from none. Rows of fewer than LEAST reports are counted together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from config.settings import Settings
from routing.classify import Router
from routing.deadlines import Holidays, is_working_day, local_day
from routing.regions import is_province, kabkota_of
from smsd.report.period import Period
from smsd.report.suppress import publishable
from smsd.store.queries import REPORT_SQL, SQL

LEAST = 5
_FLOWS = (
    "opened", "closed", "confirmed", "not_done", "closed_by_silence", "cancelled", "reopened", "agency_refused",
    "agency_declined", "redirected", "mail_bounced", "reminded", "late", "overdue", "ombudsman_asked", "escalated",
    "person",
)  # fmt: skip
_CODE_LETTERS = {"kecamatan": 8, "kabkota": 5}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: the period, and where asked for one place and one agency."""

    period: Period
    place: str | None = None
    agency: str | None = None

    @property
    def whole(self) -> bool:
        """Whether it is about all reports."""
        return self.place is None and self.agency is None


@dataclass(frozen=True, slots=True)
class Days:
    """Working days: the median, and what nine in ten need at most; None where fewer than LEAST are counted."""

    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """What one agency had to do in the period, and did; all of them together where there is no code."""

    code: str | None
    name: str
    received: int
    first_answer: Days
    finished: Days
    deadlines: int
    late: int
    reminders: int
    declined: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Reports of one kind, and those of the period before; None: too few to tell."""

    code: str
    name: str
    opened: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """Reports opened and closed from a day up to the day before another."""

    first: date
    after: date
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows of LEAST reports at least, the greatest first, and what the others come to together."""

    rows: tuple[Ranked, ...]
    others: int


@dataclass(frozen=True, slots=True)
class SmsFigures:
    """SMS and their parts; what they cost in rupiah at `price` each part sent."""

    received: int
    received_parts: int
    sent: int
    sent_parts: int
    failed: int
    withheld: int
    undelivered_parts: int
    price: int
    spam: int
    machines: int

    @property
    def cost(self) -> int:
        """In rupiah."""
        return self.sent_parts * self.price


@dataclass(frozen=True)
class Figures:
    """Everything in a report. `until` is when it ends: the period's end, or the moment it was made before that."""

    scope: Scope
    made_at: datetime
    until: datetime
    flows: Mapping[str, int]
    open: int
    volume: tuple[Volume, ...]
    channels: Mapping[str, int]
    classes: Mapping[str, int]
    topics: Breakdown
    places: Breakdown
    places_by: str
    all_agencies: AgencyFigures
    agencies: tuple[AgencyFigures, ...]
    small_agencies: int
    staff_deadlines: int
    staff_late: int
    answers: int  # to how satisfied citizens are
    stars: Mapping[int, int]  # by mark; none where fewer than LEAST have answered
    sms: SmsFigures | None  # None: of one place or agency nobody knows
    mailboxes_paused: int | None
    mailboxes_gone: int | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell of."""
        return not any((self.flows["opened"], self.flows["closed"], self.open, self.sms and self.sms.received))

    @property
    def mean_stars(self) -> float | None:
        """None where fewer than LEAST have answered."""
        return sum(stars * count for stars, count in self.stars.items()) / self.answers if self.stars else None


class NotBegun(Exception):
    """The period lies ahead."""


@dataclass(frozen=True)
class Reading:
    """One look at the database: what has been asked of it, and what every question needs."""

    connection: asyncpg.Connection
    settings: Settings
    router: Router
    scope: Scope
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """All days begin and end in it."""
        return self.settings.zone

    @property
    def start(self) -> datetime:
        """The period's first moment."""
        return self.scope.period.begins(self.zone)

    @property
    def until(self) -> datetime:
        """The period's end; now, while it lasts."""
        return min(self.now, self.scope.period.ends(self.zone))

    async def rows(self, name: str, *more: object) -> list[asyncpg.Record]:
        """The answer to a question about the period."""
        rows: list[asyncpg.Record] = await self.connection.fetch(REPORT_SQL[name], self.start, self.until, *more)
        return rows


async def begin_reading(connection: asyncpg.Connection, settings: Settings, router: Router, scope: Scope) -> Reading:
    """Raises NotBegun. The connection must be in a transaction that sees one state of the database."""
    now = await connection.fetchval(SQL["now"])
    if scope.period.begins(settings.zone) > now:
        raise NotBegun(str(scope.period))
    await connection.execute(REPORT_SQL["report_memory"])
    return Reading(connection, settings, router, scope, now)


async def read_figures(reading: Reading, sms_price: int) -> Figures:
    """All figures of the scope."""
    scope, triage = reading.scope, reading.router.agencies.triage.code
    where = scope.place, scope.agency
    flows = _totals(await reading.rows("report_flows", str(reading.zone), *where, triage), whole=scope.whole)
    before = scope.period.before.begins(reading.zone)
    kinds = await reading.rows("report_topics", before, *where)
    places_by, places = _places(reading, await reading.rows("report_places", *where))
    everyone, agencies, staff = await _agencies(reading)
    listed = tuple(each for each in agencies if max(each.received, each.first_answer.count, each.deadlines) >= LEAST)
    stars = {row["stars"]: row["count"] for row in await reading.rows("report_stars", *where)}
    paused = await reading.connection.fetchrow(REPORT_SQL["report_paused"], reading.until) if scope.whole else None
    return Figures(
        scope=scope,
        made_at=reading.now,
        until=reading.until,
        flows=flows,
        open=await _open(reading),
        volume=_volume(reading, await reading.rows("report_volume", str(reading.zone), *where)),
        channels={row["transport"] or "": row["opened"] for row in await reading.rows("report_channels", *where)},
        classes=_enough_of(_counted((row["class"], row["opened"]) for row in kinds)),
        topics=_topics(reading.router, kinds),
        places=places,
        places_by=places_by,
        all_agencies=everyone,
        agencies=listed,
        small_agencies=len(agencies) - len(listed),
        staff_deadlines=staff["deadlines"],
        staff_late=staff["late"],
        answers=sum(stars.values()),
        stars=stars if sum(stars.values()) >= LEAST else {},
        sms=await _sms(reading, sms_price) if scope.whole else None,
        mailboxes_paused=paused["mailboxes"] if paused else None,
        mailboxes_gone=paused["gone"] if paused else None,
    )


# ---------------------------------------------------------------- totals


def _totals(rows: Iterable[Mapping[str, Any]], *, whole: bool) -> dict[str, int]:
    """By figure; months in which there were few confidential ones have none."""
    totals = Counter(dict.fromkeys(_FLOWS, 0))
    for row in rows:
        if not row["confidential"] or (whole and row["count"] >= LEAST):
            totals[row["figure"]] += row["count"]
    return {figure: totals[figure] for figure in _FLOWS}


async def _open(reading: Reading) -> int:
    scope = reading.scope
    rows = await reading.connection.fetch(REPORT_SQL["report_open"], reading.until, scope.place, scope.agency)
    return sum(row["count"] for row in rows if not row["confidential"] or (scope.whole and row["count"] >= LEAST))


def _volume(reading: Reading, rows: Iterable[Mapping[str, Any]]) -> tuple[Volume, ...]:
    by_day = {row["day"]: row for row in rows}
    today = local_day(reading.until, reading.zone)
    spans = []
    for first, after in reading.scope.period.spans():
        if first > today:
            break
        days = (first + timedelta(days=n) for n in range((after - first).days))
        found = [by_day[day] for day in days if day in by_day]
        opened, closed = (sum(row[name] for row in found) for name in ("opened", "closed"))
        spans.append(Volume(first, after, opened, closed))
    return tuple(spans)


def _counted(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for name, count in pairs:
        counts[name] += count
    return {name: count for name, count in counts.most_common() if count}


async def _sms(reading: Reading, price: int) -> SmsFigures:
    (row,) = await reading.rows("report_sms")
    refused = {each["outcome"]: each["count"] for each in await reading.rows("report_refused")}
    machines = refused.pop("robot", 0)
    return SmsFigures(**row, price=price, spam=sum(refused.values()), machines=machines)


# ---------------------------------------------------------------- breakdowns


def _topics(router: Router, rows: Iterable[Mapping[str, Any]]) -> Breakdown:
    opened, before = Counter[str](), Counter[str]()
    for row in rows:
        opened[row["topic"] or ""] += row["opened"]
        before[row["topic"] or ""] += row["before"]
    known = router.topics.topics
    names = {code: known[code].name for code in opened if code in known}
    return _breakdown(opened, names, before)


def _places(reading: Reading, rows: Iterable[Mapping[str, Any]]) -> tuple[str, Breakdown]:
    """By kecamatan where all is about one kabupaten or kota, else by kabupaten and kota."""
    within = reading.scope.place or reading.router.home
    level = "kecamatan" if within and not is_province(within) else "kabkota"
    opened = _counted(((row["place"] or "")[: _CODE_LETTERS[level]], row["opened"]) for row in rows)
    label = reading.router.places.label
    home = f", {label(kabkota)}" if within and (kabkota := kabkota_of(within)) else ""
    return level, _breakdown(opened, {code: label(code).removesuffix(home) for code in opened if code}, None)


def _enough_of(counts: Mapping[str, int]) -> dict[str, int]:
    """Those that may be told."""
    kept = publishable({(code,): count for code, count in counts.items() if count}, LEAST)
    return {code: count for code, count in counts.items() if (code,) in kept}


def _breakdown(opened: Mapping[str, int], names: Mapping[str, str], before: Mapping[str, int] | None) -> Breakdown:
    shown = _enough_of(opened)
    ranking = sorted(shown, key=lambda code: (-shown[code], code))
    rows = tuple(Ranked(code, names.get(code, code), shown[code], _enough(before, code)) for code in ranking)
    return Breakdown(rows, sum(opened.values()) - sum(row.opened for row in rows))


def _enough(counts: Mapping[str, int] | None, code: str) -> int | None:
    count = counts.get(code, 0) if counts is not None else 0
    return count if count >= LEAST else None


# ---------------------------------------------------------------- agencies


async def _agencies(reading: Reading) -> tuple[AgencyFigures, list[AgencyFigures], Mapping[str, int]]:
    """All together, each, and the deadlines of our own staff."""
    scope, triage = reading.scope, reading.router.agencies.triage.code
    calendar = await _calendar(reading)
    spans = await reading.rows(
        "report_answers", str(reading.zone), scope.place, scope.agency, triage, [*calendar], [*calendar.values()]
    )
    runs = {row["agency"]: row for row in await reading.rows("report_deadlines", scope.place, scope.agency)}
    nothing = {"deadlines": 0, "late": 0}
    staff = runs.pop(triage, nothing)
    known = {row["agency"]: row for row in spans}
    alone = {code: known.get(code, _IDLE) for code in (known.keys() | runs.keys()) - {None}}
    everyone = {name: sum(run[name] for run in runs.values()) for name in nothing}
    each = [_figures(reading, code, row, runs.get(code, nothing)) for code, row in alone.items()]
    each.sort(key=lambda agency: (-agency.received, agency.code or ""))
    return _figures(reading, None, known.get(None, _IDLE), everyone), each, staff


_IDLE: Mapping[str, Any] = dict.fromkeys(("received", "answered", "finished", "reminders", "declined"), 0) | {
    "answer_days": None,
    "finish_days": None,
}


def _figures(reading: Reading, code: str | None, row: Mapping[str, Any], run: Mapping[str, int]) -> AgencyFigures:
    agency = reading.router.agencies.get(code) if code else None
    return AgencyFigures(
        code=code,
        name=agency.short_name if agency else code or "",
        received=row["received"],
        first_answer=_days(row["answered"], row["answer_days"]),
        finished=_days(row["finished"], row["finish_days"]),
        deadlines=run["deadlines"],
        late=run["late"],
        reminders=int(row["reminders"]),
        declined=int(row["declined"]),
    )


def _days(count: int, quantiles: list[float] | None) -> Days:
    if not quantiles or count < LEAST:
        return Days(count, None, None)
    median, p90 = (round(days, 1) for days in quantiles)
    return Days(count, median, p90)


async def _calendar(reading: Reading) -> dict[date, int]:
    """For each day since the first report how many working days there were up to it, itself included."""
    first = await reading.connection.fetchval(REPORT_SQL["report_first"]) or reading.now
    day, last = local_day(first, reading.zone), local_day(reading.until, reading.zone)
    return count_working_days(day, last, reading.settings.deadlines.holidays)


def count_working_days(first: date, last: date, holidays: Holidays) -> dict[date, int]:
    """For each day from `first` to `last` how many working days there were since, itself included."""
    counted, calendar = 0, {}
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        counted += is_working_day(day, holidays)
        calendar[day] = counted
    return calendar


# ---------------------------------------------------------------- as a document


def document(figures: Figures, zone: ZoneInfo) -> dict[str, Any]:
    """The figures under keys that stay."""
    scope, sms = figures.scope, figures.sms
    return {
        "period": str(scope.period),
        "from": scope.period.begins(zone),
        "until": figures.until.astimezone(zone),
        "made_at": figures.made_at.astimezone(zone),
        "timezone": str(zone),
        "region": scope.place,
        "agency": scope.agency,
        "least": LEAST,
        "reports": {**figures.flows, "open": figures.open},
        "volume": [
            {"from": each.first, "to": each.after - timedelta(days=1), "opened": each.opened, "closed": each.closed}
            for each in figures.volume
        ],
        "channels": dict(figures.channels),
        "classes": dict(figures.classes),
        "topics": _ranked(figures.topics),
        "places": {"by": figures.places_by, **_ranked(figures.places)},
        "agencies": {
            "all": _agency(figures.all_agencies),
            "rows": [_agency(each) for each in figures.agencies],
            "others": figures.small_agencies,
        },
        "staff": {"deadlines": figures.staff_deadlines, "late": figures.staff_late},
        "satisfaction": {
            "stars": {str(stars): figures.stars.get(stars, 0) for stars in (1, 2, 3, 4)} if figures.stars else None,
            "answers": figures.answers,
            "mean": figures.mean_stars,
        },
        "sms": {name: getattr(sms, name) for name in (*SmsFigures.__slots__, "cost")} if sms else None,
        "mailboxes": {"paused": figures.mailboxes_paused, "gone": figures.mailboxes_gone},
    }


def _ranked(breakdown: Breakdown) -> dict[str, Any]:
    rows = [{"code": row.code, "name": row.name, "opened": row.opened, "before": row.before} for row in breakdown.rows]
    return {"rows": rows, "others": breakdown.others}


def _agency(agency: AgencyFigures) -> dict[str, Any]:
    return {
        "agency": agency.code,
        "name": agency.name,
        "received": agency.received,
        "answered": agency.first_answer.count,
        "answer_days_median": agency.first_answer.median,
        "answer_days_p90": agency.first_answer.p90,
        "finished": agency.finished.count,
        "finish_days_median": agency.finished.median,
        "finish_days_p90": agency.finished.p90,
        "deadlines": agency.deadlines,
        "late": agency.late,
        "reminders": agency.reminders,
        "declined": agency.declined,
    }
