"""Agencies' mails that wait for an operator: read, taken as an answer, or put aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import asyncpg

from parser.agency_mail import (
    Accept,
    AgencyMail,
    Ask,
    Done,
    FreeText,
    NeedsExplanation,
    NotOurs,
    Postpone,
    Process,
    Refuse,
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

# As an agency writes them.
_WORDS = {
    Accept: "TERIMA",
    Process: "PROSES",
    Done: "SELESAI",
    Ask: "TANYA",
    NotOurs: "BUKAN WEWENANG",
    Postpone: "TUNDA",
    Refuse: "TOLAK",
}
_EXAMPLES = {"TUNDA": "TUNDA 30/12 menunggu suku cadang"}  # a day that is to come
WAITING = ("held", "quarantined")  # for an operator
_PUT_ASIDE = {"kept": "a machine's, or no more needed", "rejected": "put aside"}


class NotPossible(Exception):
    """The mail cannot be taken so; one line with the cure."""


@dataclass(frozen=True)
class Held:
    """A mail as an operator reads it. `suggestion` is the line that it would be taken for, as an agency writes it."""

    row: Mapping[str, Any]
    sender: str
    subject: str
    text: str
    suggestion: str | None
    near: list[str]  # reply addresses that its own may be a slip of


def read_held(row: Mapping[str, Any], reply_domain: str, today: date) -> Held:
    """What an operator needs to decide. A mail that nobody can read shows its row alone."""
    try:
        mail = read_mail(row["raw"], row["envelope_sender"])
        verb = _meant(mail, today) if row["state"] in WAITING else None
        near = near_tokens([row["recipient"], *mail.recipients], reply_domain)
    except Exception:  # noqa: BLE001  invariant 5: what failed in the daemon fails here too, and the rest is listed
        return Held(row, row["sender"] or row["envelope_sender"], row["subject"] or "", "", None, [])
    return Held(row, mail.sender, mail.subject, mail.answer, _line(verb) if verb else None, near)


def _meant(mail: AgencyMail, today: date) -> Verb | None:
    """The verb that it says, else the one that its words suggest."""
    said = read_verb(mail.answer, today)
    return suggest(mail.answer, today) if isinstance(said, (FreeText, NeedsExplanation, UnknownVerb)) else said


def _line(verb: Verb) -> str:
    """The verb as an agency writes it."""
    values = (getattr(verb, name) for name in type(verb).__slots__)
    rest = (value.isoformat() if isinstance(value, date) else str(value) for value in values)
    return " ".join((_WORDS[type(verb)], *filter(None, rest)))


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
    ticket = await _ticket(connection, row, code)
    now: datetime = row["now"]
    verb = _verb(row, line, now.astimezone(desk.zone).date())
    ids = iter(await reserve_ids(connection, "dispatch", 1))
    writes = agency_answer(await as_of_now(connection, desk), ticket, verb, now, mail_id, ids)
    writes.events = [replace(event, data=event.data | {"accepted_by": actor}) for event in writes.events]
    await store(connection, writes, limits)
    await connection.execute(
        SQL["settle_inbound_mail"], mail_id, "handled", ticket.dispatch_id, type(verb).__name__.lower(), None
    )
    await connection.execute(SQL["keep_unclear"], ticket.dispatch_id)
    return ticket, _line(verb)


def _verb(row: asyncpg.Record, line: str | None, today: date) -> Verb:
    """What it is taken for."""
    if line is not None:
        verb: Verb | None = read_verb(line, today)
    elif row["state"] in _PUT_ASIDE:
        cure = "if it is an answer all the same, say with --as what it means"
        raise NotPossible(f"mail {row['id']} is {_PUT_ASIDE[row['state']]}; {cure}")
    else:
        verb = _meant(read_mail(row["raw"], row["envelope_sender"]), today)
    if verb is None or isinstance(verb, (FreeText, NeedsExplanation, UnknownVerb)):
        why = _no_verb(verb, line)
        raise NotPossible(f"mail {row['id']}: {why}")
    return verb


def _no_verb(verb: Verb | None, line: str | None) -> str:
    words = "TERIMA, PROSES, SELESAI, TANYA, BUKAN WEWENANG, TUNDA or TOLAK"
    if isinstance(verb, NeedsExplanation):
        what = "a day that is to come" if verb.verb == "TUNDA" else "its words"
        example = _EXAMPLES.get(verb.verb, f"{verb.verb} ...")
        return f"{verb.verb} needs {what} behind it, as in `{example}`"
    if line is not None:
        return f"{line!r} begins with none of {words}"
    return f"nothing is suggested; say what it means with --as, beginning with {words}"


async def reject(connection: asyncpg.Connection, mail_id: int, actor: str, reason: str) -> Ticket | None:
    """Puts a mail aside: it changes nothing. The report whose address it came to. In the caller's transaction; raises
    NotPossible."""
    row = await _claim(connection, mail_id)
    if row["state"] in _PUT_ASIDE:
        raise NotPossible(f"mail {mail_id} is {_PUT_ASIDE[row['state']]} already; `smsd inbox list` shows what waits")
    number = row["dispatch_id"]
    await connection.execute(SQL["settle_inbound_mail"], mail_id, "rejected", number, row["outcome"], None)
    if number is None:
        return None
    ticket = await _ticket_of_dispatch(connection, number)
    data = {"mail": mail_id, "reason": reason}
    events = [Event(ticket.id, row["now"], "mail_rejected", actor, data=data)]
    await store(connection, Writes(events=events), SmsLimits(0, 0))
    return ticket


async def _claim(connection: asyncpg.Connection, mail_id: int) -> asyncpg.Record:
    """The mail, locked, and the phone of its ticket: whoever else wants to decide it waits, and is told then."""
    await connection.execute(SQL["lock_phone_of_mail"], mail_id)
    row = await connection.fetchrow(SQL["claim_held_mail"], mail_id)
    if row is None:
        raise NotPossible(f"there is no mail {mail_id}; `smsd inbox list` shows those that wait")
    if row["state"] == "new":
        raise NotPossible(f"mail {mail_id} has just come, and the service has not read it yet; try again in a minute")
    if row["state"] == "handled":
        word = next(word for kind, word in _WORDS.items() if kind.__name__.lower() == row["outcome"])
        by_whom = f"`smsd ticket show {row['ticket']}` tells by whom"
        raise NotPossible(f"mail {mail_id} was taken already, as {word} of {row['agency']}; {by_whom}")
    return row


async def _ticket(connection: asyncpg.Connection, row: asyncpg.Record, code: str | None) -> Ticket:
    """The one that is named, else the one whose address it came to; locked, and waiting for this agency's word."""
    if code is not None:
        ticket = await _ticket_of_code(connection, code)
    elif row["dispatch_id"] is not None:
        ticket = await _ticket_of_dispatch(connection, row["dispatch_id"])
    else:
        raise NotPossible(f"mail {row['id']} came to no report's address; name the report with --ticket CODE")
    if ticket.status in CLOSED:
        cure = f"`smsd ticket status {ticket.code} ditindaklanjuti` opens it again"
        raise NotPossible(f"report {ticket.code} is closed ({ticket.status}); {cure}")
    if ticket.dispatch_id is None:
        cure = f"`smsd ticket assign {ticket.code} AGENCY` sends it to one"
        raise NotPossible(f"report {ticket.code} is with no agency; {cure}")
    if row["agency"] not in (None, ticket.agency):
        cure = f"what {row['agency']} says of it goes in by `smsd ticket note`, `status` or `assign`"
        raise NotPossible(f"report {ticket.code} is with {ticket.agency}, not with {row['agency']}; {cure}")
    return ticket


async def _ticket_of_code(connection: asyncpg.Connection, code: str) -> Ticket:
    await connection.execute(SQL["lock_phone_of_code"], code)
    row = await connection.fetchrow(SQL["ticket_for_change"], code)
    if row is None:
        raise NotPossible(f"there is no report {code}; `smsd ticket list` shows those there are")
    return Ticket(**row)


async def _ticket_of_dispatch(connection: asyncpg.Connection, dispatch_id: int) -> Ticket:
    return Ticket(**await connection.fetchrow(SQL["ticket_of_dispatch"], dispatch_id))
