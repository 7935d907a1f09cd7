"""inbox list|show|accept|reject: agencies' mails that need a person."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings
from smsd import inbox as office
from smsd.cli.options import (
    NotSo,
    cell,
    config_option,
    console,
    json_option,
    limit_option,
    operator,
    printable,
    show,
    show_json,
    with_database,
)
from smsd.cli.tickets import digits_of
from smsd.office import open_desk, sms_limits
from smsd.store.queries import SQL

_COLUMNS = ("id", "received_at", "reason", "ticket", "agency", "sender", "suggestion")
_DETAILS = ("id", "received_at", "state", "reason", "ticket", "agency", "sender", "recipient", "subject")


@click.group()
def inbox() -> None:
    """Mails of agencies that no rule could take as an answer."""


@inbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was put aside, and what machines sent.")
@limit_option
@json_option
@config_option
def list_inbox(everything: bool, limit: int | None, as_json: bool, config: Path) -> None:
    """List the mails that wait for you, oldest first."""

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        rows = await pool.fetch(SQL["list_inbox"], everything, limit)
        return [_facts(_read(row, settings)) for row in rows]

    show(with_database(config, fetch), _COLUMNS, as_json, "no mail waits for you")


def _read(row: asyncpg.Record, settings: Settings) -> office.Held:
    return office.read_held(row, settings.mail.reply_domain, datetime.now(UTC).astimezone(settings.zone).date())


def _facts(held: office.Held) -> dict[str, Any]:
    facts = {name: value for name, value in dict(held.row).items() if name not in ("raw", "envelope_sender")}
    return facts | {"suggestion": held.suggestion, "text": held.mail.answer, "near": held.near}


@inbox.command("show")
@click.argument("mail_id", type=int)
@click.option("--raw", is_flag=True, help="The mail as it came, byte for byte.")
@json_option
@config_option
def show_mail(mail_id: int, raw: bool, as_json: bool, config: Path) -> None:
    """Show one mail: who wrote it, about which report, its words, and what they suggest."""

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> tuple[bytes, dict[str, Any]]:
        row = await pool.fetchrow(SQL["show_inbox"], mail_id)
        if row is None:
            raise NotSo(f"there is no mail {mail_id}; `smsd inbox list --all` shows those there are")
        facts = _facts(_read(row, settings))
        facts["attachments"] = [dict(each) for each in await pool.fetch(SQL["attachments_of_mail"], mail_id)]
        return row["raw"], facts

    octets, facts = with_database(config, fetch)
    if raw:
        click.get_binary_stream("stdout").write(octets)
    elif as_json:
        show_json(facts)
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    out = console()
    for name in _DETAILS:
        out.print(f"{name:12} {printable(cell(facts[name]))}", markup=False)
    for each in facts["attachments"]:
        what = f"{each['name']} ({each['type']}, {each['bytes']} bytes, SHA-256 {each['sha256']})"
        out.print(f"{'attachment':12} {printable(what)}", markup=False)
    for address in facts["near"]:
        out.print(f"{'nearly':12} {printable(address)}", markup=False)
    out.print(f"\n{printable(facts['text'])}\n", markup=False)
    if facts["state"] == "held":
        suggested = f"`smsd inbox accept {facts['id']}` takes it as: {facts['suggestion']}"
        other = f'`smsd inbox accept {facts["id"]} --as "SELESAI ..."` takes it as what you write'
        out.print(printable(suggested if facts["suggestion"] else other), markup=False)


@inbox.command()
@click.argument("mail_id", type=int)
@click.option("--as", "line", help="What it means, as an agency writes it: a verb and its words.")
@click.option("--ticket", "code", help="The report it is about, where its address does not say.")
@config_option
def accept(mail_id: int, line: str | None, code: str | None, config: Path) -> None:
    """Take a mail as the agency's answer. The citizen is told."""

    async def work(settings: Settings, pool: asyncpg.Pool) -> str:
        desk = await asyncio.to_thread(open_desk, settings)
        digits = digits_of(code) if code else None
        async with pool.acquire() as connection, connection.transaction():
            try:
                ticket, said = await office.accept(
                    connection, desk, sms_limits(settings), mail_id, line, digits, operator()
                )
            except office.NotPossible as e:
                raise NotSo(str(e)) from e
        return f"mail {mail_id}: report {ticket.code}, {ticket.agency}: {said}"

    click.echo(printable(with_database(config, work)))


@inbox.command()
@click.argument("mail_id", type=int)
@click.option("--reason", default="", help="Why; it stands in the report's timeline.")
@config_option
def reject(mail_id: int, reason: str, config: Path) -> None:
    """Put a mail aside. It changes nothing, nobody is told, and it is kept."""

    async def work(_: Settings, pool: asyncpg.Pool) -> None:
        async with pool.acquire() as connection, connection.transaction():
            try:
                await office.reject(connection, mail_id, operator(), reason)
            except office.NotPossible as e:
                raise NotSo(str(e)) from e

    with_database(config, work)
    click.echo(f"mail {mail_id}: put aside")
