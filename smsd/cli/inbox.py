"""inbox list|show|accept|reject: agencies' mails that need a person."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click
from rich.text import Text

from config.settings import Settings
from smsd import inbox as office
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
from smsd.cli.tickets import digits_of
from smsd.desk.rules import CLOSED
from smsd.near import open_tokens, reports_near
from smsd.office import open_desk, sms_limits
from smsd.store.queries import SQL
from smsd.told import tell_decided

_COLUMNS = ("id", "received_at", "reason", "ticket", "agency", "sender", "what")
_ALL_COLUMNS = ("id", "state", "reason", "ticket", "agency", "received_at", "sender", "what")
_SPARE = ("sender", "agency")
_MOST_TEXT = 100
_DETAILS = ("id", "received_at", "state", "reason", "error", "read_by", "ticket", "status", "agency")
_LETTERHEAD = ("sender", "recipient", "subject")
_INTERNAL = ("raw", "envelope_sender")
_AT_ONCE = 4  # mails in memory: each may have many megabytes
_MAIL_ID = click.IntRange(1, 2**63 - 1)


@click.group()
def inbox() -> None:
    """Decide agencies' mails that no rule could take as an answer."""


@inbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was put aside, and what machines sent.")
@limit_option
@json_option
@config_option
def list_inbox(everything: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List the mails that wait for you, oldest first.

    The last column is what a mail would be taken for, like SELESAI; else what it says, in quotes, or its error.

    Example: smsd inbox list
    """

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        async with pool.acquire() as connection, connection.transaction():
            rows = connection.cursor(SQL["list_inbox"], everything, limit, prefetch=_AT_ONCE)
            return [_facts(row, settings) async for row in rows]

    rows = with_database(config, fetch)
    if as_json:
        show(rows, _COLUMNS, True, "")
    else:
        columns = _ALL_COLUMNS if everything else _COLUMNS
        show([row | {"what": _what(row)} for row in rows], columns, False, "no mail waits for you", spare=_SPARE)


def _facts(row: asyncpg.Record, settings: Settings) -> dict[str, Any]:
    today = datetime.now(UTC).astimezone(settings.zone).date()
    held = office.read_held(row, settings.mail.reply_domain, today)
    facts = {name: value for name, value in row.items() if name not in _INTERNAL}
    read = {"sender": held.sender, "subject": held.subject, "suggestion": held.suggestion}
    return facts | read | {"text": held.text, "near": held.near}


def _what(facts: dict[str, Any]) -> str:
    if facts["state"] == "quarantined":
        return shortened(facts["error"], _MOST_TEXT)
    suggestion = shortened(facts["suggestion"] or "", _MOST_TEXT)
    return suggestion or f'"{shortened(facts["text"], _MOST_TEXT)}"'


@inbox.command("show")
@click.argument("mail_id", type=_MAIL_ID)
@click.option("--raw", is_flag=True, help="The mail as it came, byte for byte.")
@json_option
@config_option
def show_mail(mail_id: int, raw: bool, as_json: bool, config: Path) -> None:
    """Show one mail: its sender, its report, its words, its meaning.

    MAIL_ID is as `inbox list` shows it. With --raw the bytes go to standard output, for another program to read.

    Example: smsd inbox show 12
    """

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> tuple[bytes, dict[str, Any]]:
        row = await pool.fetchrow(SQL["show_inbox"], mail_id)
        if row is None:
            raise NotSo(f"there is no mail {mail_id}; `smsd inbox list --all` shows those there are")
        facts = _facts(row, settings)
        facts["attachments"] = [dict(each) for each in await pool.fetch(SQL["attachments_of_mail"], mail_id)]
        facts["near_reports"] = reports_near(facts["near"], await open_tokens(pool)) if facts["near"] else []
        return row["raw"], facts

    octets, facts = with_database(config, fetch)
    if raw:
        click.echo(octets, nl=False)
    elif as_json:
        show_json(facts)
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    out = console()
    rows = [(name, cell(facts[name])) for name in (*_DETAILS, *_LETTERHEAD) if facts[name]]
    rows += [("attachment", f"{each['name']} ({each['type']}, {each['bytes']} bytes)") for each in facts["attachments"]]
    rows += [("nearly", f"t-{token}: a reply address with a slip in it") for token in facts["near"]]
    rows += [("may be about", code) for code in facts["near_reports"]]
    out.print(grid(rows))
    out.print(Text(f"\n{printable(facts['text']) or '(no words)'}\n"))
    if cure := _cure(facts):
        out.print(Text(printable(cure)))


def _cure(facts: dict[str, Any]) -> str | None:
    """What an operator can do next."""
    number, code = facts["id"], facts["ticket"]
    accept = f"smsd inbox accept {number}" + ("" if code else " --ticket CODE")
    if facts["state"] not in office.WAITING:
        return None
    if code and facts["agency"] != facts["holder"]:
        cure = "`smsd ticket note`, `status` or `assign`, then `smsd inbox reject`"
        return f"the report is with {facts['holder']}, so this is no answer: {cure}"
    if facts["status"] in CLOSED:
        return f"the report is closed ({facts['status']}): `smsd ticket status {code} ditindaklanjuti` opens it again"
    if facts["state"] == "quarantined":
        return f"`smsd inbox retry {number}` has it handled again; `{accept} --as ...` takes it as what you write"
    if facts["suggestion"]:
        return f"`{accept}` takes it as: {facts['suggestion']}"
    return f'`{accept} --as "SELESAI ..."` takes it as what you write'


@inbox.command()
@click.argument("mail_id", type=_MAIL_ID)
@click.option("--as", "line", metavar="LINE", help="What it means, as an agency writes it: a verb and its words.")
@click.option("--ticket", "code", metavar="CODE", help="The report it is about, where its address does not say.")
@config_option
def accept(mail_id: int, line: str | None, code: str | None, config: Path) -> None:
    """Take a mail as the agency's answer, and tell the citizen.

    Without --as it is taken as what `inbox show` suggests.

    Example: smsd inbox accept 12 --as "SELESAI Sudah ditambal."
    """

    async def work(settings: Settings, pool: asyncpg.Pool) -> str:
        desk = await asyncio.to_thread(open_desk, settings)
        digits = None if code is None else digits_of(code)
        async with pool.acquire() as connection, connection.transaction():
            try:
                ticket, said = await office.accept(
                    connection, desk, sms_limits(settings), mail_id, line, digits, operator()
                )
            except office.NotPossible as e:
                raise NotSo(str(e)) from e
            await tell_decided(connection, mail_id, operator(), "accepted", ticket.code, ticket.agency)
        return f"mail {mail_id}: report {ticket.code}, {ticket.agency}: {said}"

    click.echo(printable(with_database(config, work)))


@inbox.command()
@click.argument("mail_id", type=_MAIL_ID)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the report's timeline.")
@config_option
def reject(mail_id: int, reason: str, config: Path) -> None:
    """Put a mail aside: it changes nothing, nobody is told, and it is kept.

    Example: smsd inbox reject 12 --reason "iklan"
    """

    async def work(_: Settings, pool: asyncpg.Pool) -> None:
        async with pool.acquire() as connection, connection.transaction():
            try:
                ticket = await office.reject(connection, mail_id, operator(), reason)
            except office.NotPossible as e:
                raise NotSo(str(e)) from e
            about = (ticket.code, ticket.agency) if ticket else (None, None)
            await tell_decided(connection, mail_id, operator(), "put aside", *about)

    with_database(config, work)
    click.echo(f"mail {mail_id}: put aside")


@inbox.command()
@click.argument("mail_ids", metavar="IDS...", nargs=-1, required=True, type=_MAIL_ID)
@config_option
def retry(mail_ids: tuple[int, ...], config: Path) -> None:
    """Handle mails again that failed too often.

    Those are quarantined in `inbox list`; do it once the fault is mended.

    If one of them cannot be handled again, none is.

    Example: smsd inbox retry 12 15
    """
    wanted = list(dict.fromkeys(mail_ids))

    async def put_back(_: Settings, pool: asyncpg.Pool) -> None:
        async with pool.acquire() as connection, connection.transaction():
            for mail_id in wanted:
                if await connection.fetchval(SQL["retry_inbound_mail"], mail_id) is None:
                    raise NotSo(f"mail {mail_id} is not quarantined; `smsd inbox list` shows which are")

    with_database(config, put_back)
    click.echo("\n".join(f"mail {mail_id}: will be handled again" for mail_id in wanted))
