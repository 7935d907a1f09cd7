"""ticket list|show|assign|status|note."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.replies import STATUS_WORDS
from config.settings import Settings
from parser import ticket_code
from routing.classify import Router
from routing.deadlines import MORNING, local_day
from smsd.cli.completion import complete_agency, complete_place, complete_topic
from smsd.cli.options import (
    NotSo,
    cell,
    config_option,
    console,
    grid,
    json_option,
    limit_option,
    operator,
    printable,
    shortened,
    show,
    show_json,
    with_database,
)
from smsd.contacts import as_of_now
from smsd.desk import operator as desk_operator
from smsd.desk.rules import CLOSED, Desk, Ticket
from smsd.office import open_desk, open_router, sms_limits
from smsd.store.queries import SQL
from smsd.told import tell_changed
from smsd.writes import Writes, reserve_ids, store, timeline

_WORDS = ", ".join(STATUS_WORDS)
_COLUMNS = ("code", "status", "agency", "due_at", "topic", "place", "opened_at", "text")
_SPARE = ("place", "opened_at", "topic")
_MOST_TEXT = 60
_AFTER_ITS_CAUSE = timedelta(seconds=1)


@click.group()
def ticket() -> None:
    """Find reports, read what became of them, and move them on.

    CODE is a report's number of ten digits, with or without blanks.
    """


@ticket.command("list")
@click.option("--status", type=click.Choice(STATUS_WORDS), metavar="STATUS", help=f"Only with this status: {_WORDS}.")
@click.option("--agency", metavar="CODE", shell_complete=complete_agency, help="Only with this agency.")
@click.option("--topic", metavar="ID", shell_complete=complete_topic, help="Only about this topic.")
@click.option(
    "--place", metavar="CODE", shell_complete=complete_place, help="Only at this place (Kemendagri code) or below it."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only opened on this day or later.")
@limit_option
@json_option
@config_option
def list_tickets(
    status: str | None,
    agency: str | None,
    topic: str | None,
    place: str | None,
    since: datetime | None,
    limit: int | None,
    as_json: bool,
    config: Path,
) -> None:
    """List reports, newest first.

    A narrow terminal shows fewer columns; a pipe and --json get all of them.

    Example: smsd ticket list --status diterima --place 35.73
    """

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> list[asyncpg.Record]:
        start = _start_of(since.date(), settings) if since else None
        rows: list[asyncpg.Record] = await pool.fetch(SQL["list_tickets"], status, agency, topic, place, start, limit)
        return rows

    rows = with_database(config, fetch)
    if as_json:
        show(rows, _COLUMNS, True, "")
    else:
        listed = [dict(row) | {"text": shortened(row["text"], _MOST_TEXT)} for row in rows]
        show(listed, _COLUMNS, False, "no reports", spare=_SPARE)


def _start_of(day: date, settings: Settings) -> datetime:
    return datetime.combine(day, time(), settings.zone)


@ticket.command("show")
@click.argument("code")
@json_option
@config_option
def show_ticket(code: str, as_json: bool, config: Path) -> None:
    """Show one report: its text, its reasons, what happened, what is next.

    Example: smsd ticket show 4821309764
    """
    digits = digits_of(code)

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> tuple[dict[str, Any], Router]:
        row = await pool.fetchrow(SQL["show_ticket"], digits)
        if row is None:
            raise NotSo(f"there is no report {code}; `smsd ticket list` shows those there are")
        story = dict(row)
        number = story.pop("id")
        story["timeline"] = await timeline(pool, number)
        for part in ("sms", "mails", "questions", "unread"):
            story[part] = [dict(r) for r in await pool.fetch(SQL[f"ticket_{part}"], number)]
        story["next"] = sorted(coming(story, settings), key=lambda each: each["at"])
        return story, open_router(settings)

    story, router = with_database(config, fetch)
    show_json(story) if as_json else _print_story(story, router)


def _print_story(story: dict[str, Any], router: Router) -> None:
    out = console()
    place = router.places.label(story["place"]) if story["place"] else "unknown"
    due = f"{story['due_for']} by {cell(story['due_at'])}" if story["due_at"] else "nothing"
    out.print(f"[bold]{ticket_code.show(story['code'])}[/bold]  {story['status']}  {story['agency']}")
    out.print(f"topic {story['topic'] or 'unknown'}, place {place}, opened {cell(story['opened_at'])}, due: {due}")
    out.print(grid((f"  {cell(each['at'])}", f"{each['what']}: {each['why']}") for each in story["next"]))
    out.print(f"\n{printable(story['text'])}\n", markup=False)
    out.print(grid(("  because", reason) for reason in story["reasons"]))
    out.print()
    moments = sorted(_moments(story), key=lambda moment: moment[0])
    out.print(grid((cell(at), what) for at, what in moments))


_STEPS = {
    "plan": "the clock plans its next step",
    "remind": "the agency is reminded",
    "late": "the citizen is told who is late, the agency and its superior too",
    "overdue": "our staff takes it up, the citizen is told",
}
_EXPIRIES = {
    "tempat": "a person takes it as it is",
    "jawaban": "the agency goes on with what it has",
    "beres": "it stays closed, and the citizen is told so",
    "kurang": "the question is closed",
    "nilai": "the question is closed",
    "batal": "the question is closed",
    "ombudsman": "the question is closed",
}


def coming(story: Mapping[str, Any], settings: Settings) -> Iterator[dict[str, Any]]:
    """What happens to a ticket by itself, when, and why."""
    if story["next_at"]:
        yield _next_step(story)
    for question in story["questions"]:
        why = f"unless the citizen answers the question {question['kind']!r} of {cell(question['asked_at'])}"
        yield {"at": question["expires_at"], "what": _EXPIRIES[question["kind"]], "why": why}
    if story["status"] in CLOSED:
        return
    for mail in story["unread"]:
        if mail["to_tell"]:
            why = f"nobody has read mail {mail['id']}; `smsd inbox show {mail['id']}`"
            yield {"at": mail["due_at"], "what": "the citizen is told that an answer waits for us", "why": why}
    if story["ombudsman_asked_at"] is None:
        days = settings.deadlines.ombudsman_days
        why = f"it was opened {days} days before, on {cell(story['opened_at'])}"
        day = local_day(story["opened_at"], settings.zone) + timedelta(days=days + 1)
        at = datetime.combine(day, MORNING, settings.zone)
        yield {"at": at, "what": "the citizen is asked about the Ombudsman", "why": why}


def _next_step(story: Mapping[str, Any]) -> dict[str, Any]:
    """What the clock does; while an agency's answer is unread it is not the agency that is late."""
    step, at, why = story["next_step"], story["next_at"], f"{story['due_for']} is due by {cell(story['due_at'])}"
    if story["unread"] and step != "plan":
        unread = story["unread"][0]["id"]
        what = f"nothing, as long as nobody has read mail {unread} (`smsd inbox show {unread}`); then {_STEPS[step]}"
        return {"at": at, "what": what, "why": why}
    return {"at": at, "what": _STEPS[step], "why": why}


def _moments(story: dict[str, Any]) -> Iterator[tuple[datetime, str]]:
    """Events, SMS and mails on one line of time."""
    for event in story["timeline"]:
        data = event["data"]
        text = data.get("text") or data.get("reason") or ""
        mail = f" (mail {data['mail']})" if "mail" in data else ""
        accepted = f", accepted by {data['accepted_by']}" if "accepted_by" in data else ""
        change = f" -> {event['status']}" if event["status"] else ""
        yield event["at"], f"{event['actor']} {event['kind']}{change} {text}{mail}{accepted}"
    # Stamped with the start of the transaction, a moment before the event that caused them.
    for sms in story["sms"]:
        yield sms["created_at"] + _AFTER_ITS_CAUSE, f"SMS {sms['state']}: {sms['text']}"
    for mail in story["mails"]:
        outcome = mail["response"] or mail["error"] or ""
        yield (
            mail["created_at"] + _AFTER_ITS_CAUSE,
            f"mail {mail['kind']} to {mail['agency']} {mail['state']} {outcome}",
        )


@ticket.command()
@click.argument("code")
@click.argument("agency", shell_complete=complete_agency)
@click.option("--reason", default="", metavar="TEXT", help="Why; the agency reads it.")
@config_option
def assign(code: str, agency: str, reason: str, config: Path) -> None:
    """Send a report to an agency, and tell the citizen.

    AGENCY is its code, or its name as people write it.

    Example: smsd ticket assign 4821309764 PUPR-35.73 --reason "jalan kota"
    """

    def decide(desk: Desk, found: Ticket, now: datetime, ids: Iterator[int]) -> Writes:
        chosen = desk.router.agencies.find_by_words(agency)
        if chosen is None:
            raise NotSo(f"no single agency is meant by {agency!r}; use a code from agencies.csv")
        try:
            return desk_operator.assign(desk, found, chosen, reason, operator(), now, ids)
        except ValueError as e:
            raise NotSo(str(e)) from e

    change(code, config, decide)
    click.echo(f"{code}: assigned")


@ticket.command()
@click.argument("code")
@click.argument("status", type=click.Choice(STATUS_WORDS), metavar="STATUS")
@click.option("--note", default="", metavar="TEXT", help="What the citizen is told with it.")
@config_option
def status(code: str, status: str, note: str, config: Path) -> None:
    """Set a report's status, and tell the citizen.

    STATUS is one of diterima, tunda, terverifikasi, terdisposisi, ditindaklanjuti, ditanggapi_pelapor, selesai,
    bukan_wewenang, diarsipkan, eskalasi_ombudsman.

    Example: smsd ticket status 4821309764 selesai --note "sudah ditambal"
    """
    change(code, config, lambda desk, t, now, _: desk_operator.set_status(desk, t, status, note, operator(), now))
    click.echo(f"{code}: {status}")


@ticket.command()
@click.argument("code")
@click.argument("text")
@config_option
def note(code: str, text: str, config: Path) -> None:
    """Write a remark into a report's timeline; nobody is told.

    Example: smsd ticket note 4821309764 "warga sudah ditelepon"
    """
    change(code, config, lambda desk, t, now, _: desk_operator.note(desk, t, text, operator(), now))
    click.echo(f"{code}: noted")


def change(
    code: str,
    config: Path,
    decide: Callable[[Desk, Ticket, datetime, Iterator[int]], Writes],
    then: Callable[[asyncpg.Connection, Ticket], Awaitable[None]] | None = None,
) -> None:
    """One change to one ticket, and what else belongs to it, in one transaction."""
    digits = digits_of(code)

    async def work(settings: Settings, pool: asyncpg.Pool) -> None:
        desk = await asyncio.to_thread(open_desk, settings)
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["lock_phone_of_code"], digits)
            row = await connection.fetchrow(SQL["ticket_for_change"], digits)
            if row is None:
                raise NotSo(f"there is no report {code}; `smsd ticket list` shows those there are")
            ids = iter(await reserve_ids(connection, "dispatch", 1))
            now = await connection.fetchval(SQL["now"])
            found = Ticket(**row)
            writes = decide(await as_of_now(connection, desk), found, now, ids)
            await store(connection, writes, sms_limits(settings))
            for event in writes.events:
                await tell_changed(connection, digits, operator(), event.kind, event.agency, event.status)
            if then:
                await then(connection, found)

    with_database(config, work)


def digits_of(code: str) -> str:
    """The ten digits of a report's number, however it is typed; NotSo if it is none."""
    match ticket_code.read_code(code):
        case ticket_code.Code(digits=digits):
            return digits
        case ticket_code.Slip():
            raise NotSo(f"{code} is mistyped: its check digit does not fit; compare it with the SMS or the mail")
        case _:
            raise NotSo(f"{code} is no report number: it has 10 digits, like 482 130 9764")
