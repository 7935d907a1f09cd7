"""From a mail of an agency to what it causes: stored raw first, then matched by token and sender, then read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parseaddr

import asyncpg
import structlog

from parser.agency_mail import (
    AgencyMail,
    FreeText,
    NeedsExplanation,
    Postpone,
    Refuse,
    UnknownVerb,
    find_token,
    read_mail,
    read_verb,
)
from smsd.backoff import next_try
from smsd.desk.agency import agency_answer, help_mail
from smsd.desk.rules import CLOSED, Desk, Ticket
from smsd.handle_sms import Limits
from smsd.kill_points import reach
from smsd.mail.lmtp import ReceivedMail
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.writes import Event, Writes, reserve_ids, store

log = structlog.get_logger()

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
# Mailboxes that anybody can have: there the whole address must be the agency's, not only its domain.
_PUBLIC_PROVIDERS = frozenset({"gmail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "outlook.com", "hotmail.com"})


class MailKeeper:
    """What the LMTP server hands over: stored as it came, before anybody reads it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def store(self, mail: ReceivedMail) -> None:
        """Returns when the mail is durable; whatever it raises makes the MTA keep the mail."""
        reach("lmtp.taken")
        number = await self._pool.fetchval(
            SQL["add_inbound_mail"], mail.envelope_sender, mail.recipient, mail.raw, digest(mail)
        )
        reach("lmtp.stored")
        log.info("mail.received", inbound_mail=number, repeated=number is None, bytes=len(mail.raw))


def digest(mail: ReceivedMail) -> bytes:
    """Equal for one mail delivered twice, whose trace headers may differ: recipient, Message-ID and body."""
    head, _, body = mail.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    found = _MESSAGE_ID.search(head)
    message_id = found[1].strip() if found else head
    return hashlib.sha256(b"\0".join((mail.recipient.lower().encode(), message_id, body.rstrip()))).digest()


class MailHandler:
    """Reads stored mails; `step` is one mail, one transaction."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: Limits) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits

    async def step(self) -> int:
        """Handles the next mail; 0 if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["claim_inbound_mail"])
            if row is None:
                return 0
            try:
                async with connection.transaction():  # a savepoint: what failed is undone, the claim is kept
                    await self._handle(connection, row)
            except CONNECTION_ERRORS:
                raise
            except Exception as e:  # noqa: BLE001  invariant 5: quarantined with its error, the rest goes on
                await self._fail(connection, row, e)
            reach("answer.decided")
        reach("answer.committed")
        return 1

    async def _fail(self, connection: asyncpg.Connection, row: asyncpg.Record, error: Exception) -> None:
        name = type(error).__name__  # all that is logged: the sentence may hold somebody's words
        due_at = next_try(datetime.now(UTC), 1)
        state = await connection.fetchval(
            SQL["fail_inbound_mail"], row["id"], f"{name}: {error}", due_at, self._limits.attempts
        )
        event = "mail.quarantined" if state == "quarantined" else "mail.failed"
        log.error(event, inbound_mail=row["id"], error=name)

    async def _handle(self, connection: asyncpg.Connection, row: asyncpg.Record) -> None:
        mail = read_mail(row["raw"], row["envelope_sender"])
        token = find_token([row["recipient"], *mail.recipients], self._desk.reply_domain)
        dispatch_id = await connection.fetchval(SQL["dispatch_of_token"], token) if token else None
        if dispatch_id is None:
            await self._hold(connection, row["id"], mail.automatic or "no_such_token")
            return
        dispatch = await connection.fetchrow(SQL["dispatch"], dispatch_id)
        await connection.execute(SQL["lock_phone_of_dispatch"], dispatch_id)
        found = Ticket(**await connection.fetchrow(SQL["ticket_of_dispatch"], dispatch_id))
        ticket = replace(found, agency=dispatch["agency"], dispatch_id=dispatch_id)
        if reason := mail.automatic or _not_believed(mail, dispatch):
            await self._hold(connection, row["id"], reason, ticket)
        else:
            await self._answer(connection, row["id"], mail, ticket)

    async def _answer(self, connection: asyncpg.Connection, mail_id: int, mail: AgencyMail, ticket: Ticket) -> None:
        now = datetime.now(UTC)
        verb = read_verb(mail.answer, now.astimezone(self._desk.zone).date())
        if ticket.status in CLOSED or isinstance(verb, FreeText | UnknownVerb | Postpone | Refuse):
            reason = "ticket_closed" if ticket.status in CLOSED else "free_text"
            await self._hold(connection, mail_id, reason, ticket)
            return
        if isinstance(verb, NeedsExplanation):
            outcome = "needs_explanation"
            writes = Writes()
            if not await connection.fetchval(SQL["helped_before"], ticket.dispatch_id):
                writes = help_mail(self._desk, ticket, verb.verb)
        else:
            outcome = type(verb).__name__.lower()
            ids = iter(await reserve_ids(connection, "dispatch", 1))
            writes = agency_answer(self._desk, ticket, verb, now, mail_id, ids)
        await store(connection, writes, self._limits.sms)
        state = "held" if outcome == "needs_explanation" else "handled"
        await connection.execute(SQL["settle_inbound_mail"], mail_id, state, ticket.dispatch_id, outcome)
        log.info("ticket.answered", ticket=ticket.code, agency=ticket.agency, inbound_mail=mail_id, verb=outcome)

    async def _hold(
        self, connection: asyncpg.Connection, mail_id: int, reason: str, ticket: Ticket | None = None
    ) -> None:
        """Kept for an operator. The ticket stays as it is; its timeline says that something came."""
        dispatch_id, code = (ticket.dispatch_id, ticket.code) if ticket else (None, None)
        await connection.execute(SQL["settle_inbound_mail"], mail_id, "held", dispatch_id, reason)
        if ticket:
            data = {"mail": mail_id, "reason": reason}
            event = Event(ticket.id, datetime.now(UTC), "mail_held", f"agency:{ticket.agency}", data=data)
            await store(connection, Writes(events=[event]), self._limits.sms)
        log.warning("mail.held", inbound_mail=mail_id, ticket=code, reason=reason)


def _not_believed(mail: AgencyMail, dispatch: asyncpg.Record) -> str | None:
    """Why a mail with a token of ours changes nothing, if so: who had only a copy is not asked."""
    if not known_sender(mail.sender, dispatch["address"]):
        return "unknown_sender"
    if dispatch["ended_at"] is not None:
        return "dispatch_ended"
    return "copy" if dispatch["copy"] else None


def known_sender(sender: str, registered: str) -> bool:
    """Whether a mail may speak for the agency: its own domain, or at a public provider the very address."""
    sender, registered = sender.lower(), parseaddr(registered)[1].lower()
    domain = registered.rpartition("@")[2]
    if domain in _PUBLIC_PROVIDERS:
        return sender == registered
    return sender.rpartition("@")[2] == domain
