"""privacy reveal|export|correct|erase|request|requests|record|rotate-key."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import click

from config.settings import Settings, load_settings
from parser import ticket_code
from smsd.cli.options import (
    NotSo,
    config_option,
    json_option,
    operator,
    show,
    show_json,
    with_database,
)
from smsd.cli.progress import progress
from smsd.cli.tickets import change, digits_of
from smsd.desk.rules import Desk, Ticket
from smsd.dossier import dossier, find_phone
from smsd.erasure import StillBusy, erase_phone
from smsd.office import open_router, open_seal, sms_limits
from smsd.processing import processing_record, record_as_markdown
from smsd.rotation import announce, another_key, old_boxes, seal_anew
from smsd.share import spooled_by_all
from smsd.store.queries import PRIVACY, SQL
from smsd.store.seal import Seal, add_key, drop_keys, find_key_file, load_seal
from smsd.writes import Event, Writes, store

_REQUESTS = ("id", "kind", "due_at", "state", "asked_at", "done_at", "done_by", "tickets", "reason")
_SETTLE_S = 60.0  # a dozen times the poll of a daemon's loops: by then each has heard of a new key
who_argument = click.argument("who", metavar="NUMBER|TICKET")


class _Reason(click.ParamType[str]):
    """Words that say something."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words without what is around them."""
        if not (words := str(value).strip()):
            self.fail("is empty; say why, for it is kept", param, ctx)
        return words


reason_option = click.option("--reason", type=_Reason(), required=True, help="Why; it is kept in the timeline.")


@click.group()
def privacy() -> None:
    """Personal data: the duties of UU PDP 27/2022, and the keys."""


# ---------------------------------------------------------------- one number


@privacy.command()
@click.argument("code")
@reason_option
@json_option
@config_option
def reveal(code: str, reason: str, as_json: bool, config: Path) -> None:
    """Show the number behind a report.

    The timeline keeps that you saw it, and why.

    Example: smsd privacy reveal 4821309764 --reason "Polisi meminta, surat 12/2026"
    """
    digits = digits_of(code)

    async def work(settings: Settings, pool: asyncpg.Pool) -> str:
        async with pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(PRIVACY["number_of_code"], digits)
            if row is None:
                raise NotSo(f"there is no report {code}; `smsd ticket list` shows those there are")
            if row["address_sealed"] is None:
                raise NotSo(f"the number behind report {code} was erased; nobody can tell it any more")
            now = await connection.fetchval(SQL["now"])
            event = Event(row["id"], now, "revealed", operator(), data={"reason": reason})
            await store(connection, Writes(events=[event]), sms_limits(settings))
            return open_seal(settings).open(row["address_sealed"], "phone").decode()

    number = with_database(config, work)
    if as_json:
        show_json({"ticket": digits, "number": number})
    else:
        click.echo(number)


@privacy.command()
@who_argument
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A new file, for you alone to read.")
@config_option
def export(who: str, output: Path | None, config: Path) -> None:
    """Give all that is kept about one number.

    As JSON: the data, and what was done with them by whom.

    Example: smsd privacy export 4821309764 --output data.json
    """

    async def work(settings: Settings, pool: asyncpg.Pool) -> dict[str, Any]:
        seal = open_seal(settings)
        async with pool.acquire() as connection, connection.transaction():
            phone = await _phone(connection, seal, who)
            now = await connection.fetchval(SQL["now"])
            tickets = await connection.fetch(PRIVACY["tickets_of_phone"], phone)
            events = [Event(ticket["id"], now, "exported", operator()) for ticket in tickets]
            await store(connection, Writes(events=events), sms_limits(settings))
            await _done(connection, "access", phone)
            return await dossier(connection, seal, phone)

    if output is None:
        show_json(with_database(config, work))
        return
    try:
        file = open(output, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))  # noqa: SIM115
    except OSError as e:
        raise NotSo(f"{output} cannot be made ({e.strerror}); name a file that is not there yet") from e
    with file:
        try:
            json.dump(with_database(config, work), file, ensure_ascii=False, indent=2, default=str)
        except BaseException:
            output.unlink()
            raise
    click.echo(f"written to {output}; give it to nobody but the owner of the number, and remove it then")


@privacy.command()
@click.argument("code")
@click.option("--text", help="What the report says, instead of what it says now.")
@click.option("--place", help="Where it is (Kemendagri code), instead of where it is now.")
@reason_option
@config_option
def correct(code: str, text: str | None, place: str | None, reason: str, config: Path) -> None:
    """Correct the text or the place of a report.

    The agency that has it is told.

    Example: smsd privacy correct 4821309764 --place 35.73.05 --reason "salah kecamatan"
    """
    if not (text or place):
        raise click.UsageError("Nothing is corrected; give --text or --place.")

    def decide(desk: Desk, ticket: Ticket, now: datetime, _ids: Iterator[int]) -> Writes:
        if place and place not in desk.router.places.regions:
            raise NotSo(f"there is no place {place}; use a Kemendagri code like 35.73 or 35.73.05")
        sets = {key: value for key, value in (("text", text), ("place", place)) if value}
        writes = Writes(events=[Event(ticket.id, now, "corrected", operator(), data={"reason": reason}, sets=sets)])
        where = f"tempat: {desk.router.places.label(place)}" if place else ""
        told = "\n".join(filter(None, ("Ralat atas laporan ini:", text, where)))
        writes.mails += desk.mail(ticket, "tambahan", told)
        return writes

    change(code, config, decide, lambda connection, ticket: _done(connection, "correction", ticket.phone_id))
    click.echo(f"{code}: corrected")


@privacy.command()
@who_argument
@reason_option
@config_option
def erase(who: str, reason: str, config: Path) -> None:
    """Erase all about one number, for good.

    The number, and all words of and about its reports, which must be closed before. What happened stays known.

    Example: smsd privacy erase 4821309764 --reason "permintaan warga"
    """

    async def work(settings: Settings, pool: asyncpg.Pool) -> None:
        if any(spooled_by_all(settings)):
            raise NotSo(
                "SMS wait in the spool, perhaps of this number; `smsd spool` shows them, erase when it is empty"
            )
        seal = open_seal(settings)
        async with pool.acquire() as connection, connection.transaction():
            phone = await _phone(connection, seal, who)
            try:
                erased = await erase_phone(connection, seal, phone, operator(), reason)
            except StillBusy as e:
                raise NotSo(str(e)) from e
            await _done(connection, "erasure", phone)
        click.echo(f"erased: {len(erased.tickets)} reports, {erased.messages} SMS, and the number")
        for agency, address in erased.recipients:
            click.echo(f"{agency} <{address}> was sent mail about it: ask them to erase that too")
        click.echo("backups still have it until they are overwritten; see docs/privacy.md")

    with_database(config, work)


async def _phone(connection: asyncpg.Connection, seal: Seal, who: str) -> int:
    """By the number itself, or by one of its reports."""
    if isinstance(ticket_code.read_code(who), ticket_code.Code):
        found = await connection.fetchrow(PRIVACY["number_of_code"], digits_of(who))
        if found is None:
            raise NotSo(f"there is no report {who}; `smsd ticket list` shows those there are")
        if found["address_sealed"] is None:
            raise NotSo(
                f"the number behind report {who} was erased, with all that was kept about it; that is the answer"
            )
        return int(found["phone_id"])
    if not re.fullmatch(r"\+?[0-9 ().-]{8,}", who):
        raise NotSo("that is neither a number, like 0812-3456-7890, nor a report's, like 482 130 9764")
    phone = await find_phone(connection, seal, who)
    if phone is None:
        raise NotSo("nothing is kept about this number; if it was asked for, that is the answer")
    return phone


# ---------------------------------------------------------------- requests


@privacy.command()
@click.argument("kind", type=click.Choice(["access", "correction", "erasure"]))
@who_argument
@click.option("--asked", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M"]), help="When; else now.")
@reason_option
@config_option
def request(kind: str, who: str, asked: datetime | None, reason: str, config: Path) -> None:
    """Note that somebody asks.

    It is due 3 x 24 hours later, and done by export, correct or erase.

    Example: smsd privacy request erasure 4821309764 --reason "datang ke loket"
    """

    async def work(settings: Settings, pool: asyncpg.Pool) -> asyncpg.Record:
        at = asked.replace(tzinfo=settings.zone) if asked else datetime.now(UTC)
        if at > datetime.now(UTC):
            raise NotSo("nobody can have asked in the future; give --asked as the day and time that has passed")
        async with pool.acquire() as connection:
            phone = await _phone(connection, open_seal(settings), who)
            return await connection.fetchrow(PRIVACY["add_request"], kind, phone, at, operator(), reason)

    row = with_database(config, work)
    click.echo(f"request {row['id']}: {kind}, due by {row['due_at'].astimezone():%d/%m/%Y %H:%M}")


@privacy.command()
@click.option("--all", "everything", is_flag=True, help="Also what has been done.")
@json_option
@config_option
def requests(everything: bool, as_json: bool, config: Path) -> None:
    """List what was asked, and by when it is due.

    Requests for access, correction and erasure; each is due 3 x 24 hours after it was asked.

    Example: smsd privacy requests --all
    """

    async def work(_settings: Settings, pool: asyncpg.Pool) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await pool.fetch(PRIVACY["list_requests"], everything, None)
        return rows

    rows = [dict(row) | {"state": _state(row)} for row in with_database(config, work)]
    if not as_json:
        rows = [row | {"tickets": ", ".join(row["tickets"])} for row in rows]
    show(rows, _REQUESTS, as_json, "no requests")


def _state(row: asyncpg.Record) -> str:
    done = "open" if row["done_at"] is None else "done"
    return f"{done}, LATE" if row["late"] else done


async def _done(connection: asyncpg.Connection, kind: str, phone: int) -> None:
    """The request is answered; where nobody had noted one, it is noted as asked and done now."""
    if not await connection.fetch(PRIVACY["close_requests"], kind, phone, operator()):
        now = await connection.fetchval(SQL["now"])
        await connection.execute(PRIVACY["add_request"], kind, phone, now, operator(), None)
        await connection.execute(PRIVACY["close_requests"], kind, phone, operator())


@privacy.command()
@json_option
@config_option
def record(as_json: bool, config: Path) -> None:
    """Write the record of processing activities.

    As article 31 of UU PDP 27/2022 wants it, from the configuration: Markdown, or JSON.

    Example: smsd privacy record > catatan-pemrosesan.md
    """
    settings = load_settings(config)
    written = processing_record(settings, open_router(settings))
    show_json(written) if as_json else click.echo(record_as_markdown(written))


# ---------------------------------------------------------------- keys


@privacy.command("rotate-key")
@click.option("--prepare", is_flag=True, help="Only add a key to the file; nobody uses it yet. Needs no database.")
@click.option("--finish", is_flag=True, help="Remove the old key from the file, once nothing is sealed by it.")
@config_option
def rotate_key(prepare: bool, finish: bool, config: Path) -> None:
    """Seal everything by a new key, while the service runs.

    Killed, it goes on when it is asked for again.

    Example: smsd privacy rotate-key --prepare
    """
    if prepare and finish:
        raise click.UsageError("--prepare and --finish are two steps; give one of them.")
    settings = load_settings(config)
    path = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    if prepare:
        _prepare(path)
    elif finish:
        with_database(config, _finish)
    else:
        with progress("sealing anew") as tell:
            left = with_database(config, lambda _, pool: _rotate(path, pool, tell))
        if left:
            raise NotSo(f"{left} boxes were in use all the time; run `smsd privacy rotate-key` again")
        click.echo(f"all is sealed by the new key; back up {path} now, then `smsd privacy rotate-key --finish`")


def _prepare(path: Path) -> None:
    if len(load_seal(path).keys) > 1:
        raise NotSo(f"{path} has a second key already; run `smsd privacy rotate-key`")
    add_key(path)
    click.echo(f"{path} has a second key; back it up, restart smsd if systemd hands the file over, then rotate-key")


async def _rotate(path: Path, pool: asyncpg.Pool, tell: Any) -> int:
    current = await pool.fetchval(SQL["current_key"])
    known = [row["id"] for row in await pool.fetch(PRIVACY["known_keys"])]
    seal = load_seal(path)
    seal.use(current)
    if len(known) == 1:
        if another_key(seal, known) is None:
            add_key(path)
            seal.reload()
        new = another_key(seal, known)
        assert new is not None, "it has just been added"
        await announce(pool, seal, new)
    return await seal_anew(pool, seal, tell)


async def _finish(settings: Settings, pool: asyncpg.Pool) -> None:
    path = find_key_file(settings.privacy.key_file, settings.gateway.state_dir)
    current = await pool.fetchval(SQL["current_key"])
    if len(load_seal(path).keys) == 1 and len(await pool.fetch(PRIVACY["known_keys"])) == 1:
        raise NotSo("there is no old key; `smsd privacy rotate-key` makes a new one")
    if len(await pool.fetch(PRIVACY["known_keys"])) == 1:
        raise NotSo("the second key is not in use yet; run `smsd privacy rotate-key` first")
    if left := await old_boxes(pool, current):
        raise NotSo(f"{left} boxes are still sealed by the old key; run `smsd privacy rotate-key` first")
    if any(spooled_by_all(settings)):
        raise NotSo(
            "SMS wait in the spool, sealed by one of the keys; `smsd spool` shows them, finish when it is empty"
        )
    if not (await pool.fetchrow(PRIVACY["key_settled"], _SETTLE_S))["settled"]:
        raise NotSo(f"somebody may still use the old key; try again in {_SETTLE_S:.0f} seconds")
    drop_keys(path, current)
    await pool.execute(PRIVACY["forget_old_keys"])
    click.echo(f"{path} has the new key alone; keep the old one only as long as backups that it opens")
