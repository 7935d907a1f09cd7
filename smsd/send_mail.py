"""From outbox_mail to the mail server; several at a time, each with the Message-ID it had from the start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from parser.privacy import mask_numbers
from routing.zones import zone_of
from smsd.backoff import delay
from smsd.desk.rules import Desk
from smsd.kill_points import reach
from smsd.mail.compose import Dispatch, Kind, compose
from smsd.mail.digest import Digest, DigestKind, DigestLine, compose_digest
from smsd.mail.smtp import Mailer, MailError, MailUnavailable
from smsd.mail.story import story
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.store.seal import KeyFileError
from smsd.writes import timeline

log = structlog.get_logger()

# Longer than the slowest mail may take, so that a lease cannot expire under a living sender.
LEASE_S = 600.0
DIGEST = "rekap"  # in the place of a token: what is about many tickets is no answer to one
TELLS_ALL = frozenset({"ombudsman"})  # kinds of mails that tell a ticket's whole story
# How long nothing is tried after the server could not be reached, or would not let us in.
_REST_S = 30.0


@dataclass(frozen=True)
class Addresses:
    """Who writes, and under which domain agencies answer."""

    sender: str
    reply_domain: str

    def reply_to(self, token: str) -> str:
        """The address that an answer to this dispatch comes back to; also the envelope sender, for bounces."""
        return f"{'' if token == DIGEST else 't-'}{token}@{self.reply_domain}"

    def thread_id(self, code: str) -> str:
        """The Message-ID that all mails about a ticket refer to; no mail has it itself."""
        return f"<laporan-{code}@{self.reply_domain}>"


class MailSender:
    """Sends what is due; `step` is one claim."""

    def __init__(
        self,
        mailer: Mailer,
        pool: asyncpg.Pool,
        desk: Desk,
        addresses: Addresses,
        *,
        owner: str,
        attempts: int,
        at_once: int,
    ) -> None:
        self._mailer = mailer
        self._pool = pool
        self._router = desk.router
        self._addresses = addresses
        self._zone = desk.zone
        self._deadlines = desk.deadlines
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
            letter = await self._letter(row)
        except (*CONNECTION_ERRORS, KeyFileError):
            raise
        except Exception as e:  # noqa: BLE001  invariant 5: a mail that cannot be written must not stop the others
            name = type(e).__name__  # all that is logged: the sentence may hold the citizen's words
            await self._give_up(row, f"it cannot be written ({name}: {e})", told=f"it cannot be written ({name})")
            return
        envelope_sender, recipient = self._addresses.reply_to(row["token"] or DIGEST), row["address"]
        try:
            accepted = await self._mailer.send(letter, envelope_sender=envelope_sender, recipient=recipient)
        except MailUnavailable as e:
            await self._rest(row, e)
            return
        except MailError as e:
            await self._failed(row, e)
            return
        reach("mail.accepted")
        await self._pool.execute(SQL["settle_mail"], row["id"], "sent", accepted.response, None, None)
        reach("mail.settled")
        after_s = round((datetime.now(UTC) - row["created_at"]).total_seconds(), 1)
        log.info("mail.accepted", **_facts(row), queue_id=accepted.queue_id, after_s=after_s)

    async def _rest(self, row: asyncpg.Record, error: MailUnavailable) -> None:
        """The server takes no mail at all: none is to blame, so no try is counted, however long it lasts."""
        self._resting_until = time.monotonic() + _REST_S
        rest = timedelta(seconds=_REST_S)
        await self._pool.execute(SQL["postpone_mail"], row["id"], rest, error.operator_sentence, False)
        log.warning("mail.server_away", again_in_s=_REST_S, error=error.operator_sentence)

    async def _failed(self, row: asyncpg.Record, error: MailError) -> None:
        if not error.retryable or row["attempts"] >= self._attempts:
            await self._give_up(row, error.operator_sentence, _blames_mailbox(error))
            return
        wait = max(delay(row["attempts"]), timedelta(seconds=error.retry_after_s or 0))
        await self._pool.execute(SQL["postpone_mail"], row["id"], wait, error.operator_sentence, True)
        seconds = round(wait.total_seconds())
        log.warning("mail.postponed", **_facts(row), again_in_s=seconds, error=error.operator_sentence)

    async def _give_up(
        self, row: asyncpg.Record, reason: str, mailbox_status: str | None = None, told: str | None = None
    ) -> None:
        """For good. Where the mailbox is to blame, another one is found for what it was to get."""
        await self._pool.execute(SQL["settle_mail"], row["id"], "failed", None, reason, mailbox_status)
        log.error("mail.given_up", **_facts(row), error=told or reason, cure=f"smsd outbox retry mail:{row['id']}")

    # ---------------------------------------------------------------- what it says

    async def _letter(self, row: asyncpg.Record) -> EmailMessage:
        if row["content"] is not None:
            return compose_digest(self._digest(row), now=row["now"].astimezone(self._zone))
        zone = zone_of(row["place"], self._zone)
        steps = await timeline(self._pool, row["ticket_id"]) if row["kind"] in TELLS_ALL else []
        return compose(self._dispatch(row, zone, steps), now=row["now"].astimezone(zone))

    def _dispatch(self, row: asyncpg.Record, zone: ZoneInfo, steps: Sequence[Mapping[str, Any]]) -> Dispatch:
        due_on = _local_day(row["due_at"], zone)
        return Dispatch(
            kind=cast(Kind, row["kind"]),
            ticket_code=row["code"],
            topic_name=self._topic(row["topic"]),
            place_name=self._place(row["place"]),
            text=mask_numbers(row["text"]),
            extra_text=row["extra_text"] or "",
            opened_at=row["opened_at"].astimezone(zone),
            due_on=due_on,
            reasons=tuple(why(row)),
            agency_name=self._agency(row["agency"]),
            agency_late=self._agency(row["ticket_agency"]),
            late_since=due_on if due_on and due_on < row["now"].astimezone(zone).date() else None,
            timeline=tuple(story(steps, self._agency, row["anonymous"])),
            earlier_ids=tuple(row["earlier_ids"]),
            confidential=row["confidential"],
            reply_address=self._addresses.reply_to(row["token"]),
            message_id=row["message_id"],
            thread_id=self._addresses.thread_id(row["code"]),
            sender=self._addresses.sender,
            recipient=row["address"],
        )

    def _digest(self, row: asyncpg.Record) -> Digest:
        content = row["content"]
        lines = [self._line(line, row["now"]) for line in content["lines"]]
        # A superior reads what is late, and how much that is of all.
        shown = [each for each in lines if row["kind"] == "rekap" or (each.days_left or 0) < 0]
        return Digest(
            kind=cast(DigestKind, row["kind"]),
            agency_name=self._agency(row["agency"]),
            lines=tuple(shown),
            open_count=len(lines),
            sender=self._addresses.sender,
            recipient=row["address"],
            reply_address=self._addresses.reply_to(DIGEST),
            message_id=row["message_id"],
            opened=content.get("opened", 0),
            closed=content.get("closed", 0),
        )

    def _line(self, line: Mapping[str, Any], now: datetime) -> DigestLine:
        zone = zone_of(line["place"], self._zone)
        due_at = datetime.fromisoformat(line["due_at"]) if line["due_at"] else None
        return DigestLine(
            ticket_code=line["code"],
            topic_name=self._topic(line["topic"]),
            place_name=self._place(line["place"]),
            opened_at=datetime.fromisoformat(line["opened_at"]),
            status=line["status"],
            due_on=_local_day(due_at, zone),
            days_left=self._deadlines.working_days_between(now, due_at, zone) if due_at else None,
            reply_address=self._addresses.reply_to(line["token"]),
            confidential=line["confidential"],
        )

    def _topic(self, topic_id: str | None) -> str:
        topic = self._router.topics.topics.get(topic_id) if topic_id else None
        return topic.name if topic else ""

    def _place(self, code: str | None) -> str:
        return self._router.places.label(code) if code else ""

    def _agency(self, code: str) -> str:
        agency = self._router.agencies.get(code)
        return agency.name if agency else code


def why(row: Mapping[str, Any]) -> Sequence[str]:
    """Why the agency got it: that stands with its own dispatch; else what the ticket was routed for."""
    reasons: Sequence[str] = (row["words"] or {}).get("reasons", row["reasons"])
    return reasons


def _local_day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _blames_mailbox(error: MailError) -> str | None:
    """The status by which a server says that it is this one mailbox; None where it may be us, or the server itself.

    A relay that refuses everybody must not look like a country without mailboxes. RFC 3463: x.1 is about addresses,
    x.2 about mailboxes; RFC 5321 section 4.2.3: 550, 551 and 553, where no such status is given.
    """
    if error.stage != "recipient":
        return None
    if error.status:
        return error.status if error.status[1:3] in (".1", ".2") else None
    return str(error.code) if error.code in (450, 452, 550, 551, 552, 553) else None


def _facts(row: asyncpg.Record) -> dict[str, object]:
    return {
        "mail": row["id"],
        "kind": row["kind"],
        "ticket": row["code"],
        "agency": row["agency"],
        "attempt": row["attempts"],
    }
