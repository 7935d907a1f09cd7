"""From a mail of an agency to what it causes: stored raw first, then matched by token and sender, then read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr

import asyncpg
import structlog

from parser.agency_mail import (
    FreeText,
    NeedsExplanation,
    UnknownVerb,
    Verb,
    find_token,
    is_too_quick,
    near_tokens,
    parse_message,
    read_mail,
    read_verb,
)
from parser.automatic_mail import is_bounce
from parser.delivery_report import DeliveryReport, read_delivery_report
from parser.mail_attachments import read_attachments
from parser.mail_auth import authenticated
from smsd.backoff import next_try
from smsd.bounce import bounce, fault, pause_mailbox
from smsd.contacts import as_of_now
from smsd.desk.agency import agency_answer, help_mail
from smsd.desk.bounces import Fault
from smsd.desk.rules import CLOSED, Desk, Ticket
from smsd.handle_sms import Limits
from smsd.kill_points import reach
from smsd.mail.lmtp import ReceivedMail
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.store.seal import KeyFileError
from smsd.writes import Event, Writes, reserve_ids, store

log = structlog.get_logger()

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
# Mailboxes that anybody can have: there the whole address must be the agency's, not only its domain.
_PUBLIC_PROVIDERS = frozenset(
    ("gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "rocketmail.com", "outlook.com")
    + ("outlook.co.id", "hotmail.com", "hotmail.co.id", "live.com", "msn.com", "icloud.com", "me.com", "aol.com")
    + ("proton.me", "protonmail.com", "zoho.com", "mail.com", "gmx.com", "yandex.com", "telkom.net", "plasa.com")
)
_ARRIVED = ("delivered", "relayed", "expanded")


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


@dataclass(frozen=True)
class Trust:
    """Whose word about a mail's sender counts: `authserv_id` names our own mail server (RFC 8601), None: nobody's."""

    authserv_id: str | None = None


class MailHandler:
    """Reads stored mails; `step` is one mail, one transaction."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: Limits, trust: Trust = Trust()) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits
        self._trust = trust

    async def step(self) -> int:
        """Handles the next mail; 0 if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["claim_inbound_mail"])
            if row is None:
                return 0
            try:
                async with connection.transaction():  # a savepoint: what failed is undone, the claim is kept
                    await _Case(connection, self._desk, self._limits, self._trust, row).handle()
            except (*CONNECTION_ERRORS, KeyFileError):
                raise
            except Exception as e:  # noqa: BLE001  invariant 5: quarantined with its error, the rest goes on
                await self._fail(connection, row, e)
            reach("answer.decided")
        reach("answer.committed")
        return 1

    async def _fail(self, connection: asyncpg.Connection, row: asyncpg.Record, error: Exception) -> None:
        name = type(error).__name__  # all that is logged: the sentence may hold somebody's words
        due_at = next_try(row["now"], 1)
        state = await connection.fetchval(
            SQL["fail_inbound_mail"], row["id"], f"{name}: {error}", due_at, self._limits.attempts
        )
        event = "mail.quarantined" if state == "quarantined" else "mail.failed"
        log.error(event, inbound_mail=row["id"], error=name)


class _Case:
    """One mail, in the order of suspicion: a machine's, a stranger's, late; and only then what it says."""

    def __init__(
        self, connection: asyncpg.Connection, desk: Desk, limits: Limits, trust: Trust, row: asyncpg.Record
    ) -> None:
        self._connection = connection
        self._desk = desk
        self._limits = limits
        self._trust = trust
        self._row = row
        self._now: datetime = row["now"]
        self._message = parse_message(row["raw"])
        self._mail = read_mail(self._message, row["envelope_sender"])
        self._dispatch: asyncpg.Record | None = None
        self._ticket: Ticket | None = None
        self._has_it = False  # the agency that was written to has the report

    async def handle(self) -> None:
        """Everything that the mail causes."""
        await self._note_contents()
        await self._find_ticket()
        if self._mail.automatic is not None:
            await self._automatic(self._mail.automatic)
        elif self._dispatch is None or self._ticket is None:
            near = near_tokens([self._row["recipient"], *self._mail.recipients], self._desk.reply_domain)
            await self._hold("near_token" if near else "no_such_token")
        elif stranger := self._stranger(self._dispatch):
            await self._hold(stranger)
        else:
            await self._connection.execute(SQL["resume_contact"], self._mail.sender)
            await self._heard(self._ticket, self._dispatch)

    async def _note_contents(self) -> None:
        await self._connection.execute(SQL["note_sender"], self._row["id"], self._mail.sender, self._mail.subject)
        found = read_attachments(self._message)
        if found:
            rows = [
                (nth, each.name, each.content_type, len(each.content), each.sha256) for nth, each in enumerate(found, 1)
            ]
            await self._connection.executemany(SQL["add_attachment"], [(self._row["id"], *row) for row in rows])

    async def _find_ticket(self) -> None:
        """By the token of the address it came to; then its ticket and phone are locked."""
        token = find_token([self._row["recipient"], *self._mail.recipients], self._desk.reply_domain)
        self._dispatch = await self._connection.fetchrow(SQL["dispatch_of_token"], token) if token else None
        if self._dispatch is None:
            return
        number = self._dispatch["id"]
        await self._connection.execute(SQL["lock_phone_of_dispatch"], number)
        found = Ticket(**await self._connection.fetchrow(SQL["ticket_of_dispatch"], number))
        # An agency that got it once more, at another address, may still answer the first mail.
        self._has_it = self._dispatch["ended_at"] is None or self._dispatch["agency"] == found.agency
        running = found.dispatch_id if self._has_it and not self._dispatch["copy"] else None
        self._ticket = replace(found, agency=self._dispatch["agency"], dispatch_id=running or number)

    def _stranger(self, dispatch: asyncpg.Record) -> str | None:
        """Why it is not believed that the agency wrote it, if so."""
        agency = self._desk.router.agencies.get(dispatch["agency"])
        registered = (dispatch["address"], *(agency.emails if agency else ()))
        if not any(known_sender(self._mail.sender, address) for address in registered):
            return "unknown_sender"
        domain = self._mail.sender.rpartition("@")[2]
        if self._trust.authserv_id and not authenticated(self._message, self._trust.authserv_id, domain):
            return "not_authenticated"
        return None

    # ---------------------------------------------------------------- machines

    async def _automatic(self, kind: str) -> None:
        """A machine's mail is kept, and nobody has to read it; but a bounce says where our mail did not arrive."""
        report = None if kind == "own" else read_delivery_report(self._message)
        if report is None and kind != "bounce":
            await self._keep(kind)
        elif report is None:
            await self._hold("bounce")
        elif report.action in _ARRIVED or report.action == "delayed":
            came = "delayed" if report.action == "delayed" else "delivered"
            await self._mark(came, report)
            await self._keep(came)
        elif doubt := await self._doubt(report):
            await self._hold(doubt)
        else:
            await self._mark("bounced", report)
            await self._bounced(report)

    async def _doubt(self, report: DeliveryReport) -> str | None:
        """Why a failure is not believed: whoever was shown a mail of ours knows its addresses, but not its Message-ID.

        An office that writes that it has closed its mailbox must be that office.
        """
        if self._dispatch is None:
            return None  # it can be about nothing but a digest, which is found by its Message-ID alone
        if not is_bounce(self._message):
            return self._stranger(self._dispatch)
        ours = await self._connection.fetchval(
            SQL["is_mail_of_dispatch"], report.original_message_id, self._dispatch["id"]
        )
        return None if ours else "bounce"

    async def _mark(self, delivery: str, report: DeliveryReport) -> None:
        number = self._dispatch["id"] if self._dispatch else None
        await self._connection.execute(
            SQL["mark_delivery"], report.original_message_id, number, delivery, report.status
        )

    async def _bounced(self, report: DeliveryReport) -> None:
        told = fault(report.kind, report.status, report.diagnostic)
        if self._ticket is None:
            await self._digest_bounced(report, told)
        else:
            assert self._dispatch is not None, "a ticket is found by its dispatch"
            desk = await as_of_now(self._connection, self._desk)
            await bounce(self._connection, desk, self._limits, self._ticket, self._dispatch["id"], told)
        await self._keep("bounce")

    async def _digest_bounced(self, report: DeliveryReport, told: Fault) -> None:
        """What is about no ticket of its own: the mailbox is paused all the same."""
        to = await self._connection.fetchrow(SQL["digest_sent"], report.original_message_id)
        if to is None or not (is_bounce(self._message) or known_sender(self._mail.sender, to["address"])):
            log.warning("mail.stray_bounce", inbound_mail=self._row["id"], status=told.status)
            return
        await pause_mailbox(self._connection, self._limits, to["agency"], to["address"], told, self._now)

    # ---------------------------------------------------------------- people

    async def _heard(self, ticket: Ticket, dispatch: asyncpg.Record) -> None:
        """What the agency says, unless the report has gone to somebody else, or this mailbox had only a copy of it."""
        if not self._has_it:
            await self._hold("dispatch_ended")
        elif dispatch["copy"]:
            await self._hold("copy")
        else:
            await self._connection.execute(SQL["resume_contact"], dispatch["address"])
            await self._answer(ticket, dispatch)

    async def _answer(self, ticket: Ticket, dispatch: asyncpg.Record) -> None:
        verb = read_verb(self._mail.answer, self._now.astimezone(self._desk.zone).date())
        if ticket.status in CLOSED:
            await self._hold("ticket_closed")
        elif isinstance(verb, FreeText):
            quick = dispatch["mailed_at"] and is_too_quick(dispatch["mailed_at"], self._row["received_at"], verb)
            await (self._keep("auto-reply") if quick else self._hold("free_text"))
        elif isinstance(verb, (NeedsExplanation, UnknownVerb)):
            await self._help(ticket, verb)
        else:
            await self._obey(ticket, verb)

    async def _help(self, ticket: Ticket, verb: NeedsExplanation | UnknownVerb) -> None:
        """One helpful mail back for each dispatch; and an operator sees it."""
        if not await self._connection.fetchval(SQL["helped_before"], ticket.dispatch_id):
            word = verb.verb if isinstance(verb, NeedsExplanation) else verb.word
            await store(self._connection, help_mail(self._desk, ticket, word), self._limits.sms)
        await self._hold("needs_explanation" if isinstance(verb, NeedsExplanation) else "unknown_verb")

    async def _obey(self, ticket: Ticket, verb: Verb) -> None:
        desk = await as_of_now(self._connection, self._desk)
        ids = iter(await reserve_ids(self._connection, "dispatch", 1))
        writes = agency_answer(desk, ticket, verb, self._now, self._row["id"], ids)
        for each in await store(self._connection, writes, self._limits.sms):
            log.warning("sms.withheld", phone=each.phone, ticket=each.ticket)
        await self._settle("handled", type(verb).__name__.lower())
        await self._connection.execute(SQL["keep_unclear"], ticket.dispatch_id)

    # ---------------------------------------------------------------- what becomes of it

    @property
    def _code(self) -> str | None:
        return self._ticket.code if self._ticket else None

    async def _settle(self, state: str, outcome: str, due_at: datetime | None = None) -> None:
        number = self._dispatch["id"] if self._dispatch else None
        await self._connection.execute(SQL["settle_inbound_mail"], self._row["id"], state, number, outcome, due_at)
        agency = self._ticket.agency if self._ticket else None
        facts = {"ticket": self._code, "agency": agency, "inbound_mail": self._row["id"]}
        match state:
            case "held":
                log.warning("mail.held", **facts, reason=outcome)
            case "kept":
                log.info("mail.kept", **facts, reason=outcome)
            case _:
                log.info("ticket.answered", **facts, verb=outcome)

    async def _hold(self, reason: str) -> None:
        """Kept for an operator. The ticket stays as it is; its timeline says that something came."""
        due_at = None
        if self._ticket:
            # What is unread in the evening is told in the morning.
            end = self._desk.deadlines.inbox_due(self._now, self._desk.zone)
            due_at = self._desk.deadlines.morning_after(end, 1, self._desk.zone)
        await self._settle("held", reason, due_at)
        await self._note("mail_held", reason)

    async def _keep(self, kind: str) -> None:
        """A machine's: nobody has to do anything."""
        await self._settle("kept", kind)
        await self._note("mail_kept", kind)

    async def _note(self, kind: str, reason: str) -> None:
        if self._ticket is None:
            return
        data = {"mail": self._row["id"], "reason": reason}
        event = Event(self._ticket.id, self._now, kind, f"agency:{self._ticket.agency}", data=data)
        await store(self._connection, Writes(events=[event]), self._limits.sms)


def known_sender(sender: str, registered: str) -> bool:
    """Whether a mail may speak for the agency: its own domain, or at a public provider the very address."""
    sender, registered = sender.lower(), parseaddr(registered)[1].lower()
    domain = registered.rpartition("@")[2]
    if domain in _PUBLIC_PROVIDERS:
        return sender == registered
    return sender.rpartition("@")[2] == domain
