"""A mail to an agency that did not arrive: told by a bounce, or by the server that refused its recipient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import asyncpg
import structlog

from parser.delivery_report import Kind, kind_of
from smsd.contacts import as_of_now
from smsd.desk.bounces import FULL_RESTS, Addressee, Fault, undelivered
from smsd.desk.rules import Desk, Ticket
from smsd.handle_sms import Limits
from smsd.kill_points import reach
from smsd.store.queries import SQL
from smsd.writes import ContactPause, Writes, reserve_ids, store

log = structlog.get_logger()

PAUSED_CURE = "smsd agency list --paused"
REFUSED_CURE = "ask their mail server's operator why, or ours: smsd agency list --paused, docs/mail.md"


def fault(kind: Kind, status: str, reason: str) -> Fault:
    """What a report's kind means for the mailbox."""
    match kind:
        case "gone":
            return Fault("gone", status, reason)
        case "policy":
            return Fault("refused", status, reason)
        case _:
            return Fault("passing", status, reason)


def refusal(status: str, reason: str) -> Fault:
    """The same of a reply to RCPT: a status of RFC 3463, or its three digits (RFC 5321 section 4.2.3: 552 is full)."""
    if "." in status:
        return fault(kind_of("failed", status, reason), status, reason)
    return Fault("passing" if status.startswith("4") or status == "552" else "gone", status, reason)


def cure(told: Fault) -> str:
    """What an operator can do."""
    return REFUSED_CURE if told.kind == "refused" else PAUSED_CURE


async def bounce(
    connection: asyncpg.Connection, desk: Desk, limits: Limits, ticket: Ticket, dispatch_id: int, told: Fault
) -> None:
    """In the caller's transaction, which has locked the ticket and its phone. What comes back twice changes nothing."""
    row = await connection.fetchrow(SQL["addressee"], dispatch_id)
    to = Addressee(dispatch_id, row["agency"], row["address"], row["ended_at"] is None, row["copy"], row["bounces"])
    if row["again"]:
        log.info("mail.bounced_again", ticket=ticket.code, agency=to.agency)
        return
    ids: Iterator[int] = iter(await reserve_ids(connection, "dispatch", 1))
    now = await connection.fetchval(SQL["now"])
    for each in await store(connection, undelivered(desk, ticket, to, told, now, ids), limits.sms):
        log.warning("sms.withheld", phone=each.phone, ticket=each.ticket)
    log.error("mail.bounced", ticket=ticket.code, agency=to.agency, status=told.status, cure=cure(told))


async def pause_mailbox(
    connection: asyncpg.Connection, limits: Limits, agency: str, address: str, told: Fault, now: datetime
) -> None:
    """What is about no ticket of its own did not arrive: a digest. The mailbox is paused all the same."""
    until = None if told.kind == "gone" else now + FULL_RESTS
    pause = ContactPause(address, agency, now, until, told.status, told.reason)
    await store(connection, Writes(pauses=[pause]), limits.sms)
    log.error("agency.paused", agency=agency, status=told.status, cure=cure(told))


class RefusedMails:
    """Mails that the server would not take for their recipient, or never could hand on: as good as bounced."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: Limits) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits

    async def step(self) -> int:
        """The next one; 0 if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["claim_refused_mail"])
            if row is None:
                return 0
            told = refusal(row["delivery_status"], row["error"] or "")
            if row["dispatch_id"] is None:
                await pause_mailbox(connection, self._limits, row["agency"], row["address"], told, row["now"])
            else:
                await self._find_another(connection, row["dispatch_id"], told)
            await connection.execute(SQL["settle_refused_mail"], row["id"])
            reach("bounce.decided")
        return 1

    async def _find_another(self, connection: asyncpg.Connection, dispatch_id: int, told: Fault) -> None:
        await connection.execute(SQL["lock_phone_of_dispatch"], dispatch_id)
        ticket = Ticket(**await connection.fetchrow(SQL["ticket_of_dispatch"], dispatch_id))
        desk = await as_of_now(connection, self._desk)
        await bounce(connection, desk, self._limits, ticket, dispatch_id, told)
