"""From outbox_mail to the mail server; several at a time, each with the Message-ID it had from the start."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from parser.privacy import mask_numbers
from routing.classify import Router
from smsd.backoff import next_try
from smsd.kill_points import reach
from smsd.mail.compose import Dispatch, Kind, compose
from smsd.mail.smtp import Mailer, MailError, MailUnavailable
from smsd.store.queries import SQL

log = structlog.get_logger()

# Longer than the slowest mail may take, so that a lease cannot expire under a living sender.
LEASE_S = 600.0
# How long nothing is tried after the server could not be reached, or would not let us in.
_REST_S = 30.0


@dataclass(frozen=True)
class Addresses:
    """Who writes, and under which domain agencies answer."""

    sender: str
    reply_domain: str

    def reply_to(self, token: str) -> str:
        """The address that an answer to this dispatch comes back to; also the envelope sender, for bounces."""
        return f"t-{token}@{self.reply_domain}"

    def thread_id(self, code: str) -> str:
        """The Message-ID that all mails about a ticket refer to; no mail has it itself."""
        return f"<laporan-{code}@{self.reply_domain}>"


class MailSender:
    """Sends what is due; `step` is one claim."""

    def __init__(
        self,
        mailer: Mailer,
        pool: asyncpg.Pool,
        router: Router,
        addresses: Addresses,
        zone: ZoneInfo,
        *,
        owner: str,
        attempts: int,
        at_once: int,
    ) -> None:
        self._mailer = mailer
        self._pool = pool
        self._router = router
        self._addresses = addresses
        self._zone = zone
        self._owner = owner
        self._attempts = attempts
        self._at_once = at_once
        self._resting_until = 0.0

    async def release(self) -> None:
        """At the start: takes back what an earlier run of this process had claimed when it died."""
        await self._pool.execute(SQL["release_leases_mail"], self._owner)

    async def step(self) -> int:
        """Sends the next mails, one per connection; how many there were."""
        if time.monotonic() < self._resting_until:
            return 0
        rows = await self._pool.fetch(SQL["claim_mails"], self._owner, self._at_once, LEASE_S)
        if rows:
            reach("mail.claimed")
        # All are waited for, also when one fails: a mail that is half sent is no less under way.
        for ended in await asyncio.gather(*map(self._send, rows), return_exceptions=True):
            if ended is not None:
                raise ended
        return len(rows)

    async def _send(self, row: asyncpg.Record) -> None:
        if row["attempts"] > self._attempts:
            await self._give_up(row, "sending it ended the process again and again")
            return
        try:
            letter = compose(self._dispatch(row), now=datetime.now(self._zone))
        except Exception as e:  # noqa: BLE001  invariant 5: a mail that cannot be written must not stop the others
            await self._give_up(row, f"it cannot be written ({type(e).__name__}: {e})")
            return
        envelope_sender, recipient = self._addresses.reply_to(row["token"]), row["address"]
        try:
            accepted = await self._mailer.send(letter, envelope_sender=envelope_sender, recipient=recipient)
        except MailUnavailable as e:
            await self._rest(row, e)
            return
        except MailError as e:
            await self._failed(row, e)
            return
        reach("mail.accepted")
        await self._pool.execute(SQL["settle_mail"], row["id"], "sent", accepted.response, None)
        reach("mail.settled")
        log.info("mail.accepted", **_facts(row), queue_id=accepted.queue_id)

    async def _rest(self, row: asyncpg.Record, error: MailUnavailable) -> None:
        """The server takes no mail at all: none is to blame, so no try is counted, however long it lasts."""
        self._resting_until = time.monotonic() + _REST_S
        until = datetime.now(UTC) + timedelta(seconds=_REST_S)
        await self._pool.execute(SQL["postpone_mail"], row["id"], until, error.operator_sentence, False)
        log.warning("mail.server_away", again_in_s=_REST_S, error=error.operator_sentence)

    async def _failed(self, row: asyncpg.Record, error: MailError) -> None:
        if not error.retryable or row["attempts"] >= self._attempts:
            await self._give_up(row, error.operator_sentence)
            return
        now = datetime.now(UTC)
        until = max(next_try(now, row["attempts"]), now + timedelta(seconds=error.retry_after_s or 0))
        await self._pool.execute(SQL["postpone_mail"], row["id"], until, error.operator_sentence, True)
        at = until.isoformat(timespec="seconds")
        log.warning("mail.postponed", **_facts(row), until=at, error=error.operator_sentence)

    async def _give_up(self, row: asyncpg.Record, reason: str) -> None:
        await self._pool.execute(SQL["settle_mail"], row["id"], "failed", None, reason)
        log.error("mail.given_up", **_facts(row), error=reason, cure=f"smsd outbox retry mail:{row['id']}")

    def _dispatch(self, row: asyncpg.Record) -> Dispatch:
        topic = self._router.topics.topics.get(row["topic"]) if row["topic"] else None
        agency = self._router.agencies.get(row["agency"])
        due_at = row["due_at"]
        return Dispatch(
            kind=cast(Kind, row["kind"]),
            ticket_code=row["code"],
            topic_name=topic.name if topic else "",
            place_name=self._router.places.label(row["place"]) if row["place"] else "",
            text=mask_numbers(row["text"]),
            extra_text=row["extra_text"],
            opened_at=row["opened_at"].astimezone(self._zone),
            due_on=due_at.astimezone(self._zone).date() if due_at else None,
            reasons=tuple(row["reasons"]),
            agency_name=agency.name if agency else row["agency"],
            confidential=row["confidential"],
            reply_address=self._addresses.reply_to(row["token"]),
            message_id=row["message_id"],
            thread_id=self._addresses.thread_id(row["code"]),
            sender=self._addresses.sender,
            recipient=row["address"],
        )


def _facts(row: asyncpg.Record) -> dict[str, object]:
    return {
        "mail": row["id"],
        "kind": row["kind"],
        "ticket": row["code"],
        "agency": row["agency"],
        "attempt": row["attempts"],
    }
