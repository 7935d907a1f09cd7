"""The figures as one HTML page that needs nothing else: pictures inline, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from routing.regions import is_kabkota
from smsd.report.figures import LEAST, AgencyFigures, Breakdown, Figures, Ranked, Volume
from smsd.report.svg import Bar, Column, Named, bars, columns, scale
from smsd.report.words import Language, Tongue

_MOST_BARS = 15  # of a ranking that is drawn; the table has all
_FLOWS = (
    "confirmed", "not_done", "closed_by_silence", "reopened", "cancelled", "agency_refused", "agency_declined",
    "reminded", "late", "overdue", "person", "mail_bounced", "redirected", "ombudsman_asked", "escalated",
)  # fmt: skip
_SMS = (
    "received", "received_parts", "sent", "sent_parts", "failed", "withheld", "undelivered_parts", "spam", "machines",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its rows; `foot` is the row of all together."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, and the table of what it shows."""

    picture: Markup
    table: Table


@dataclass(frozen=True)
class Writer:
    """Writes one report in one language; `names` are those of the place and the agency that it is about."""

    figures: Figures
    tongue: Tongue
    zone: ZoneInfo
    short_code: str
    names: tuple[str | None, str | None]

    def page(self) -> str:
        """The whole document."""
        made = {"made": self.figures.made_at.astimezone(self.zone), "until": self.figures.until.astimezone(self.zone)}
        return (
            _templates()
            .get_template("report.html.j2")
            .render(
                t=self.tongue,
                figures=self.figures,
                least=LEAST,
                title=self.tongue("title", code=self.short_code, period=self.tongue.period(self.figures.scope.period)),
                place_name=self.names[0],
                agency_name=self.names[1],
                unfinished=made["until"] < self.figures.scope.period.ends(self.zone),
                glance=list(self.glance()),
                volume=self.volume(),
                course=self.course(),
                classes=self.counted("classes", "class_name", self.classes()),
                channels=self.counted("channels", "channel", self.channels()),
                topics=self.topics(),
                changes=self.changes,
                answers=self.answers(),
                late=self.late(),
                agencies=self.agencies(),
                stars=self.stars(),
                done=self.done(),
                places=self.places(),
                sms=self.sms(),
                zone=self.zone,
                **made,
            )
        )

    def glance(self) -> Iterable[tuple[str, str]]:
        """The figures that a reader in a hurry takes along, each with its words."""
        t, figures, everyone = self.tongue, self.figures, self.figures.all_agencies
        flows = figures.flows
        for name, count in (("opened", flows["opened"]), ("closed", flows["closed"]), ("open", figures.open)):
            yield t.number(count), t(name)
        yield self._days(everyone.first_answer.median), t("first_answer")
        yield t.share(everyone.late, everyone.deadlines), t("late_share")
        yield t.share(flows["confirmed"], flows["confirmed"] + flows["not_done"]), t("yes_share")
        if figures.sms:
            yield t.rupiah(figures.sms.cost), t("cost")

    # ---------------------------------------------------------------- how many, and what became of them

    def volume(self) -> Chart:
        """By day, or by week in a year."""
        t, spans = self.tongue, self.figures.volume
        given = [Column(each.opened, each.closed, self._axis(each)) for each in spans]
        greatest = max(spans, key=lambda each: each.opened)
        told = t("volume_told", most=t.number(greatest.opened), when=self._span(greatest))
        picture = columns(Named("volume", t("volume"), told), given, [t.number(tick) for tick in scale(given)])
        rows = tuple((self._span(each), t.number(each.opened), t.number(each.closed)) for each in spans)
        period = t("day" if self.figures.scope.period.month else "week")
        return Chart(picture, Table(t("volume"), (period, t("in"), t("out")), rows))

    def _axis(self, each: Volume) -> str:
        """Every fifth day; of a year the month that begins in the week."""
        if self.figures.scope.period.month:
            return str(each.first.day) if each.first.day == 1 or each.first.day % 5 == 0 else ""
        days = (each.first + timedelta(days=n) for n in range((each.after - each.first).days))
        begun = next((day for day in days if day.day == 1), None)
        return self.tongue.month(begun.month)[:3] if begun else ""

    def _span(self, each: Volume) -> str:
        last: date = each.after - timedelta(days=1)
        return self.tongue.days(each.first, last)

    def course(self) -> Table:
        """What happened, and how often."""
        t = self.tongue
        rows = tuple((t(f"flow_{name}"), t.number(self.figures.flows[name])) for name in _FLOWS)
        return Table(t("course"), (t("figure"), t("count")), rows)

    def classes(self) -> Iterable[tuple[str, int]]:
        """By class."""
        return ((self.tongue(f"class_{name}"), count) for name, count in self.figures.classes.items())

    def channels(self) -> Iterable[tuple[str, int]]:
        """By transport."""
        return ((name or self.tongue("unknown_channel"), count) for name, count in self.figures.channels.items())

    def counted(self, caption: str, first: str, rows: Iterable[tuple[str, int]]) -> Table:
        """Names and counts."""
        t = self.tongue
        return Table(t(caption), (t(first), t("count")), tuple((name, t.number(count)) for name, count in rows))

    # ---------------------------------------------------------------- rankings

    @property
    def changes(self) -> bool:
        """Whether anything is known of the period before."""
        return any(row.before is not None for row in self.figures.topics.rows)

    def topics(self) -> Chart | None:
        """By topic, with the change; None where no topic has enough."""
        t, topics = self.tongue, self.figures.topics
        names = {row.code: row.name or t("no_topic") for row in topics.rows}
        head = (t("topic"), t("count"), t("share"), *([t("change")] if self.changes else []))
        return self._ranking("topics", topics, names, head, changes=self.changes)

    def places(self) -> Chart | None:
        """By place; None where no place has enough."""
        t, places = self.tongue, self.figures.places
        names = {row.code: self._place_name(row) for row in places.rows}
        return self._ranking("places", places, names, (t("place"), t("count"), t("share")), changes=False)

    def _place_name(self, row: Ranked) -> str:
        if not row.code:
            return self.tongue("no_place")
        if self.figures.places_by == "kecamatan" and is_kabkota(row.code):
            return self.tongue("only_kabkota", name=row.name)
        return row.name

    def _ranking(
        self, key: str, breakdown: Breakdown, names: Mapping[str, str], head: tuple[str, ...], *, changes: bool
    ) -> Chart | None:
        if not breakdown.rows:
            return None
        t = self.tongue
        whole = sum(row.opened for row in breakdown.rows) + breakdown.others
        change = [t.signed(row.opened - row.before) if row.before is not None else "" for row in breakdown.rows]
        drawn = [
            Bar(names[row.code], row.opened, t.number(row.opened) + (f" ({moved})" if moved and changes else ""))
            for row, moved in zip(breakdown.rows[:_MOST_BARS], change, strict=False)
        ]
        first = breakdown.rows[0]
        told = f"{names[first.code]}: {t.number(first.opened)} ({t.share(first.opened, whole)})."
        rows = [
            (names[row.code], t.number(row.opened), t.share(row.opened, whole), *([moved or "–"] if changes else []))
            for row, moved in zip(breakdown.rows, change, strict=True)
        ]
        if breakdown.others:
            others = (t(f"others_{key}"), t.number(breakdown.others), t.share(breakdown.others, whole))
            rows.append((*others, *(["–"] if changes else [])))
        return Chart(bars(Named(key, t(key), told), drawn), Table(t(key), head, tuple(rows)))

    # ---------------------------------------------------------------- agencies

    def answers(self) -> Chart | None:
        """How soon each agency answers, the slowest first; None where none has answered enough."""
        t = self.tongue
        known = [agency for agency in self.figures.agencies if agency.first_answer.median is not None]
        known.sort(key=lambda agency: (-(agency.first_answer.p90 or 0), agency.name))
        head = (t("agency"), t("answer_median"), t("answer_p90"))
        rows = [(each.name, *self._pair(each)) for each in known]
        drawn = [
            Bar(name, each.first_answer.median or 0, t("days", median=half, p90=most), each.first_answer.p90 or 0)
            for each, (name, half, most) in zip(known[:_MOST_BARS], rows, strict=False)
        ]
        return self._agency_chart("answer", drawn, Table(t("answer_chart"), head, tuple(rows)))

    def _pair(self, agency: AgencyFigures) -> tuple[str, str]:
        return self._days(agency.first_answer.median), self._days(agency.first_answer.p90)

    def late(self) -> Chart | None:
        """Which share of its deadlines each agency missed, the worst first; None where none had enough."""
        t = self.tongue
        known = [agency for agency in self.figures.agencies if agency.deadlines >= LEAST]
        known.sort(key=lambda agency: (-agency.late / agency.deadlines, agency.name))
        rows = [
            (each.name, t.number(each.deadlines), t.number(each.late), t.share(each.late, each.deadlines))
            for each in known
        ]
        drawn = [
            Bar(name, each.late / each.deadlines, f"{share} ({t('of', part=part, whole=whole)})")
            for each, (name, whole, part, share) in zip(known[:_MOST_BARS], rows, strict=False)
        ]
        head = (t("agency"), t("deadlines"), t("late"), t("share"))
        return self._agency_chart("late", drawn, Table(t("late_chart"), head, tuple(rows)), most=1)

    def _agency_chart(self, key: str, drawn: Sequence[Bar], table: Table, most: float | None = None) -> Chart | None:
        if not drawn:
            return None
        told = f"{drawn[0].label}: {drawn[0].told}."
        return Chart(bars(Named(key, table.caption, told), drawn, most), table)

    def agencies(self) -> Table:
        """All figures of all agencies."""
        t = self.tongue
        head = (
            "agency", "received", "answer_median", "answer_p90", "finished", "finish_median", "finish_p90",
            "deadlines", "late", "reminders", "declined",
        )  # fmt: skip
        rows = tuple(self._agency_row(agency.name, agency) for agency in self.figures.agencies)
        foot = self._agency_row(t("all_agencies"), self.figures.all_agencies)
        return Table(t("agency_table"), tuple(map(t, head)), rows, foot)

    def _agency_row(self, name: str, agency: AgencyFigures) -> tuple[str, ...]:
        t, first, finished = self.tongue, agency.first_answer, agency.finished
        return (
            *(name, t.number(agency.received), self._days(first.median), self._days(first.p90)),
            *(t.number(finished.count), self._days(finished.median), self._days(finished.p90)),
            *(t.number(agency.deadlines), t.number(agency.late)),
            *(t.number(agency.reminders), t.number(agency.declined)),
        )

    def _days(self, days: float | None) -> str:
        return "–" if days is None else self.tongue.number(days, 1)

    # ---------------------------------------------------------------- satisfaction, SMS

    def stars(self) -> Chart | None:
        """How satisfied citizens are; None where few have said so."""
        if not self.figures.stars:
            return None
        rows = [(self.tongue(f"star_{stars}"), self.figures.stars.get(stars, 0)) for stars in (4, 3, 2, 1)]
        return self._shares("satisfaction", "stars", rows)

    def done(self) -> Chart | None:
        """Whether citizens say that it is done; None where few were asked."""
        flows = self.figures.flows
        names = (("yes", "confirmed"), ("no", "not_done"), ("silence", "closed_by_silence"))
        rows = [(self.tongue(word), flows[figure]) for word, figure in names]
        return self._shares("done", "answer", rows) if sum(count for _, count in rows) >= LEAST else None

    def _shares(self, key: str, head: str, rows: Sequence[tuple[str, int]]) -> Chart:
        t, whole = self.tongue, sum(count for _, count in rows)
        drawn = [Bar(name, count, f"{t.share(count, whole)} ({t.number(count)})") for name, count in rows]
        told = "; ".join(f"{bar.label}: {bar.told}" for bar in drawn)
        table = Table(
            t(key),
            (t(head), t("count"), t("share")),
            tuple((name, t.number(count), t.share(count, whole)) for name, count in rows),
        )
        return Chart(bars(Named(key, t(key), f"{told}."), drawn, whole), table)

    def sms(self) -> Table | None:
        """SMS in and out."""
        t, sms = self.tongue, self.figures.sms
        if sms is None:
            return None
        rows = tuple((t(f"sms_{name}"), t.number(getattr(sms, name))) for name in _SMS)
        return Table(t("sms"), ("SMS", t("count")), rows)


def write_page(
    figures: Figures, language: Language, zone: ZoneInfo, short_code: str, names: tuple[str | None, str | None]
) -> str:
    """The report as HTML."""
    return Writer(figures, Tongue(language), zone, short_code, names).page()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("smsd.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
