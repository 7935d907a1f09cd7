"""Agencies' mails that wait for an operator: read, taken as an answer, or put aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg

from parser.agency_mail import (
    AgencyMail,
    FreeText,
    NeedsExplanation,
    UnknownVerb,
    Verb,
    near_tokens,
    read_mail,
    read_verb,
    suggest,
)
from smsd.contacts import as_of_now
from smsd.desk.agency import agency_answer
from smsd.desk.rules import CLOSED, Desk, Ticket
from smsd.store.queries import SQL
from smsd.writes import Event, SmsLimits, Writes, reserve_ids, store


class NotPossible(Exception):
    """The mail cannot be taken so; one line with the cure."""


@dataclass(frozen=True)
class Held:
    """A mail that waits. `suggestion` is the line that it would most likely be taken for, as an agency writes it."""

    row: Mapping[str, Any]
    mail: AgencyMail
    suggestion: str | None
    near: list[str]  # reply addresses that its own may be a slip of


def read_held(row: asyncpg.Record, reply_domain: str, today: date) -> Held:
    """What an operator needs to decide."""
    mail = read_mail(row["raw"], row["envelope_sender"])
    verb = _meant(mail, today)
    near = near_tokens([row["recipient"], *mail.recipients], reply_domain)
    return Held(row, mail, _line(verb) if verb else None, near)


def _meant(mail: AgencyMail, today: date) -> Verb | None:
    """The verb that it says, else the one that its words suggest."""
    said = read_verb(mail.answer, today)
    return suggest(mail.answer, today) if isinstance(said, (FreeText, NeedsExplanation, UnknownVerb)) else said


def _line(verb: Verb) -> str:
    """The verb as an agency writes it."""
    words = {"Accept": "TERIMA", "Process": "PROSES", "Done": "SELESAI", "Ask": "TANYA", "NotOurs": "BUKAN WEWENANG"}
    words |= {"Postpone": "TUNDA", "Refuse": "TOLAK"}
    rest = (value.isoformat() if isinstance(value, date) else str(value) for value in _values(verb))
    return " ".join((words[type(verb).__name__], *filter(None, rest)))


def _values(verb: Verb) -> list[Any]:
    return [getattr(verb, name) for name in type(verb).__slots__]


async def accept(
    connection: asyncpg.Connection,
    desk: Desk,
    limits: SmsLimits,
    mail_id: int,
    line: str | None,
    code: str | None,
    actor: str,
) -> tuple[Ticket, str]:
    """Takes a mail as its agency's answer: by the `line` an operator writes, else by what it says or suggests.

    In the caller's transaction. The ticket is the one it was sent to, or that of `code`. Raises NotPossible.
    """
    row = await _claim(connection, mail_id)
    now: datetime = row["now"]
    today = now.astimezone(desk.zone).date()
    verb = read_verb(line, today) if line else _meant(read_mail(row["raw"], row["envelope_sender"]), today)
    if verb is None or isinstance(verb, (FreeText, NeedsExplanation, UnknownVerb)):
        raise NotPossible(f"mail {mail_id}: {_no_verb(verb, line)}")
    ticket = await _ticket(connection, row["dispatch_id"], code)
    if ticket is None:
        raise NotPossible(f"mail {mail_id} came to no report's address; name the report with --ticket CODE")
    if ticket.status in CLOSED:
        raise NotPossible(f"report {ticket.code} is closed ({ticket.status}); `smsd ticket status` opens it again")
    if ticket.dispatch_id is None:
        raise NotPossible(f"report {ticket.code} is with no agency; `smsd ticket assign` sends it to one")
    ids = iter(await reserve_ids(connection, "dispatch", 1))
    writes = agency_answer(await as_of_now(connection, desk), ticket, verb, now, mail_id, ids)
    writes.events = [replace(event, data=event.data | {"accepted_by": actor}) for event in writes.events]
    await store(connection, writes, limits)
    await connection.execute(
        SQL["settle_inbound_mail"], mail_id, "handled", ticket.dispatch_id, type(verb).__name__.lower(), None
    )
    return ticket, _line(verb)


def _no_verb(verb: Verb | None, line: str | None) -> str:
    words = "TERIMA, PROSES, SELESAI, TANYA, BUKAN WEWENANG, TUNDA or TOLAK"
    if isinstance(verb, NeedsExplanation):
        return f"{verb.verb} needs its words behind it, as in `SELESAI Lubang sudah ditambal.`"
    if line:
        return f"{line!r} begins with none of {words}"
    return f"nothing is suggested; say what it means with --as, beginning with {words}"


async def reject(connection: asyncpg.Connection, mail_id: int, actor: str, reason: str) -> None:
    """Puts a mail aside: it changes nothing. In the caller's transaction; raises NotPossible."""
    row = await _claim(connection, mail_id)
    await connection.execute(SQL["settle_inbound_mail"], mail_id, "rejected", row["dispatch_id"], row["outcome"], None)
    ticket = await _ticket(connection, row["dispatch_id"], None)
    if ticket is not None:
        data = {"mail": mail_id, "reason": reason}
        events = [Event(ticket.id, row["now"], "mail_rejected", actor, data=data)]
        await store(connection, Writes(events=events), SmsLimits(0, 0))


async def _claim(connection: asyncpg.Connection, mail_id: int) -> asyncpg.Record:
    row = await connection.fetchrow(SQL["claim_held_mail"], mail_id)
    if row is None:
        raise NotPossible(f"no mail {mail_id} waits for anybody; `smsd inbox list` shows those that do")
    return row


async def _ticket(connection: asyncpg.Connection, dispatch_id: int | None, code: str | None) -> Ticket | None:
    """The one that is named, else the one whose address it came to; locked."""
    if code is not None:
        row = await connection.fetchrow(SQL["ticket_for_change"], code)
        if row is None:
            raise NotPossible(f"there is no report {code}; `smsd ticket list` shows those there are")
        return Ticket(**row)
    if dispatch_id is None:
        return None
    await connection.execute(SQL["lock_phone_of_dispatch"], dispatch_id)
    return Ticket(**await connection.fetchrow(SQL["ticket_of_dispatch"], dispatch_id))
