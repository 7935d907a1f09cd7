"""quarantine list|show|retry: the SMS that became no report, and could not be answered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import click
from rich.text import Text

from config.settings import Settings
from parser.pdu import PduError
from routing.spam import KINDS
from smsd.cli.options import (
    NotSo,
    cell,
    config_option,
    console,
    json_option,
    limit_option,
    printable,
    shortened,
    show,
    show_json,
    with_database,
)
from smsd.office import open_seal
from smsd.parts import Arrived, PartStore, read_pdu
from smsd.store.queries import SQL
from smsd.store.seal import BOX_BYTES, Seal

_ID = re.compile(r"(sms|pdu):([0-9]{1,18})")
_COLUMNS = ("id", "reason", "at", "attempts", "what")
_SPARE = ("attempts",)
_MOST_TEXT = 100
_REASONS = ("spam", *KINDS, "failed", "pdu")


class _Id(NamedTuple):
    """What an operator calls `sms:12`."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


@click.group()
def quarantine() -> None:
    """See the SMS that became no report, and put them right.

    They were taken for spam, failed too often, or nobody can read them. Agencies' mails that failed too often are
    in `smsd inbox list`.
    """


@quarantine.command("list")
@click.option(
    "--reason",
    type=click.Choice(_REASONS),
    metavar="REASON",
    help=f"Only for this reason: spam, or one kind of it ({', '.join(KINDS)}), failed, or pdu, which nobody can read.",
)
@limit_option
@json_option
@config_option
def list_quarantine(reason: str | None, limit: int | None, as_json: bool, config: Path) -> None:
    """List what is kept, newest first.

    Example: smsd quarantine list --reason failed
    """

    async def fetch(_: Settings, pool: asyncpg.Pool) -> list[dict[str, Any]]:
        rows = await pool.fetch(SQL["list_quarantine"], reason, limit)
        return [dict(row) | {"id": str(_Id(row["kind"], row["id"]))} for row in rows]

    rows = with_database(config, fetch)
    if as_json:
        show(rows, _COLUMNS, True, "")
    else:
        show([row | {"what": _what(row)} for row in rows], _COLUMNS, False, "nothing is in quarantine", spare=_SPARE)


def _what(row: dict[str, Any]) -> str:
    """Of spam its words, by which an operator knows a citizen's; of the rest the error."""
    return shortened(row["text"] if row["reason"] in KINDS else row["error"], _MOST_TEXT)


@quarantine.command("show")
@click.argument("name", metavar="ID")
@click.option("--raw", is_flag=True, help="Open a sealed PDU; the sender's number may stand in its bytes.")
@json_option
@config_option
def show_quarantined(name: str, raw: bool, as_json: bool, config: Path) -> None:
    """Show one: its words, and why it became no report.

    ID is as `quarantine list` shows it.

    Example: smsd quarantine show sms:12
    """
    wanted = _read_id(name)
    if raw and wanted.kind == "sms":
        raise click.UsageError(f"--raw opens PDUs; {wanted} is a text, which is shown as it is.")

    async def fetch(settings: Settings, pool: asyncpg.Pool) -> dict[str, Any]:
        row = await pool.fetchrow(SQL["show_quarantine"], *wanted)
        if row is None:
            raise _not_there(wanted)
        found = dict(row) | {"id": str(wanted), "size": None, "raw": None}
        sealed = found.pop("raw_sealed")
        if wanted.kind == "sms":
            rest = await pool.fetch(SQL["quarantined_rest"], wanted.number)
            found["text"] = "\n".join([found["text"], *(each["text"] for each in rest)])
        else:
            found["size"] = len(sealed) - BOX_BYTES
            found["raw"] = open_seal(settings).open(sealed, "quarantine").decode() if raw else None
        return found

    found = with_database(config, fetch)
    show_json(found) if as_json else _print(found)


def _print(found: dict[str, Any]) -> None:
    out = console()
    tries = f", attempts {found['attempts']}" if found["attempts"] else ""
    out.print(f"[bold]{found['id']}[/bold]  {found['reason']}  {cell(found['at'])} by {found['transport']}{tries}")
    out.print(Text(f"because {printable(found['error'])}\n"))
    if found["text"] is not None:
        out.print(Text(printable(found["text"])))
    elif found["raw"] is not None:
        click.echo(printable(found["raw"]))  # in one line, to be copied
    else:
        click.echo(f"{found['size']} characters, sealed; --raw opens them")


@quarantine.command()
@click.argument("names", metavar="IDS...", nargs=-1, required=True)
@config_option
def retry(names: tuple[str, ...], config: Path) -> None:
    """Handle texts again as reports, and PDUs that can be read now.

    Whatever the spam filter says of the texts. IDS are as `quarantine list` shows them. If one of them cannot be
    handled again, none is.

    Example: smsd quarantine retry sms:12
    """
    wanted = list(dict.fromkeys(map(_read_id, names)))

    async def put_back(settings: Settings, pool: asyncpg.Pool) -> None:
        seal = open_seal(settings)
        pdus = [await _readable(pool, seal, each) for each in wanted if each.kind == "pdu"]
        async with pool.acquire() as connection, connection.transaction():
            for each in wanted:
                if each.kind == "sms":
                    await _put_back(connection, each)
        for pdu in pdus:
            await _store(pool, seal, *pdu)

    with_database(config, put_back)
    click.echo("\n".join(f"{each}: will be handled again" for each in wanted))


async def _readable(pool: asyncpg.Pool, seal: Seal, wanted: _Id) -> tuple[_Id, Arrived]:
    """The PDU as it came; NotSo where it still cannot be read."""
    row = await pool.fetchrow(SQL["show_quarantine"], *wanted)
    if row is None:
        raise _not_there(wanted)
    arrived = Arrived(row["transport"], seal.open(row["raw_sealed"], "quarantine").decode())
    try:
        read_pdu(arrived.pdu)
    except PduError as e:
        raise NotSo(
            f"{wanted} holds no words that could be handled, for nobody can read it ({e});"
            f" `smsd quarantine show {wanted} --raw` shows its bytes, and its sender must text again"
        ) from e
    return wanted, arrived


async def _store(pool: asyncpg.Pool, seal: Seal, wanted: _Id, arrived: Arrived) -> None:
    """As if the modem had brought it now; it leaves the quarantine when it is stored."""
    if not await PartStore(pool, seal).store([arrived]):
        raise NotSo(f"{wanted} can be read now, but not stored; the log of this command says why")
    await pool.execute(SQL["leave_quarantine"], wanted.number)


async def _put_back(connection: asyncpg.Connection, wanted: _Id) -> None:
    """The text, and the SMS that went on with it."""
    rest = await connection.fetch(SQL["quarantined_rest"], wanted.number)
    if await connection.fetchval(SQL["retry_quarantine_message"], wanted.number) is None:
        raise _not_there(wanted)
    for each in rest:
        await connection.execute(SQL["retry_quarantine_message"], each["id"])


def _read_id(name: str) -> _Id:
    if (found := _ID.fullmatch(name)) is None:
        raise click.UsageError(f"{name!r} is no id; write it as `smsd quarantine list` shows it, like sms:12.")
    return _Id(found[1], int(found[2]))


def _not_there(wanted: _Id) -> NotSo:
    return NotSo(f"{wanted} is not in quarantine; `smsd quarantine list` shows what is")
