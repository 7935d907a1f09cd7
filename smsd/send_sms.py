"""From outbox_sms to the transport: one submission per part, each written down before and after."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential

from parser import gsm7
from parser.pdu import Concat
from smsd.backoff import next_try
from smsd.kill_points import reach
from smsd.refusal_streak import Fault, RefusalStreak
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.store.seal import Seal
from smsd.transports.base import FateUnknown, NotReady, NotSent, Refused, Submission, Transport
from smsd.transports.refusals import Do

log = structlog.get_logger()

# Longer than the transport's own deadline for one part, so that a lease cannot expire under a living sender.
LEASE_S = 300.0
# A part whose fate is unknown waits this long for its delivery report before it is sent once more.
REPORT_WAIT = timedelta(seconds=30)
# An SMS that its modem could not send just now waits longer each time, but not longer than this.
_WAIT_MOST = timedelta(minutes=5)
# Parts of one message that may be sent while nobody knows whether they already were.
_BLIND_TRIES = 2


@dataclass(frozen=True)
class _Part:
    number: int
    count: int
    text: str
    sent: bool
    in_doubt: bool  # a try that nobody answered, or that a crash cut short: a delivery report may still come
    unknown: int  # tries that went out and were not answered
    last_try: datetime | None

    @property
    def spent(self) -> bool:
        """Whether one more blind try would be one too many."""
        return not self.sent and self.unknown >= _BLIND_TRIES


class SmsSender:
    """Sends through one transport; `step` is one SMS. What could not be sent while it was `valid` is left."""

    def __init__(
        self,
        transport: Transport,
        pool: asyncpg.Pool,
        seal: Seal,
        *,
        owner: str,
        attempts: int,
        valid: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._pool = pool
        self._seal = seal
        self._owner = owner
        self._attempts = attempts
        self._valid = valid
        self._clock = clock
        self._streak = RefusalStreak()

    @property
    def name(self) -> str:
        """Of the transport."""
        return self._transport.name

    def limit(self, attempts: int, valid: timedelta) -> None:
        """From the next SMS on."""
        self._attempts, self._valid = attempts, valid

    async def release(self) -> None:
        """At the start: takes back what an earlier run of this process had claimed when it died."""
        await self._pool.execute(SQL["release_leases_sms"], self._owner)

    async def step(self) -> int:
        """Sends the next SMS; 0 if none is due, or none can be sent: then other transports may take it."""
        if self._transport.closed_for_sending or self._streak.pausing(self._clock()):
            return 0
        row = await self._pool.fetchrow(SQL["claim_sms"], self._transport.name, self._owner, LEASE_S, self._valid)
        if row is None:
            return 0
        reach("send.claimed")
        if row["attempts"] > self._attempts:
            await self._give_up(row, "sending it ended the process again and again")
            return 1
        try:
            await self._send(row)
        except FateUnknown as e:
            await self._postpone(row, datetime.now(UTC) + REPORT_WAIT, str(e))
        except NotReady as e:
            await self._wait(row, str(e))
        except Refused as e:
            await self._refused(row, e)
        except NotSent as e:
            await self._try_again(row, str(e))
        return 1

    async def _send(self, row: asyncpg.Record) -> None:
        number = self._seal.open(row["address_sealed"], "phone").decode()
        segments = gsm7.split(row["text"])
        parts = await self._parts(row["id"], segments.parts)
        for part in parts:
            if part.sent or part.spent:
                continue
            if part.in_doubt and part.last_try and (wait := part.last_try + REPORT_WAIT) > datetime.now(UTC):
                await self._postpone(row, wait, "waits for a delivery report")
                return
            concat = Concat(row["id"] % 256, 8, part.number, part.count) if part.count > 1 else None
            valid_s = (row["valid_from"] + self._valid - datetime.now(UTC)).total_seconds()
            await self._submit(row, part, Submission(number, segments.alphabet, part.text, concat, valid_s))
        await self._pool.execute(SQL["settle_sms"], row["id"], "sent", None)
        reach("send.settled")
        now = datetime.now(UTC)
        log.info(
            "sms.sent",
            **self._facts(row),
            priority=row["priority"],
            parts=len(parts),
            unconfirmed=sum(part.spent for part in parts),
            after_s=_since(row["created_at"], now),
            acknowledged_s=_since(row["asked_at"], now),
        )
        await self._pool.execute(SQL["follow_reports"], row["id"])  # some may have come before

    async def _parts(self, sms_id: int, texts: tuple[str, ...]) -> list[_Part]:
        """What is known of each part. A try that a crash cut short most likely never went out: it is no blind one."""
        tries = await self._pool.fetch(SQL["submissions_of_sms"], sms_id)
        parts = []
        for number, text in enumerate(texts, 1):
            mine = [t for t in tries if t["part_number"] == number]
            parts.append(
                _Part(
                    number,
                    len(texts),
                    text,
                    sent=any(t["state"] in ("sent", "delivered") for t in mine),
                    in_doubt=any(t["state"] in ("submitting", "unknown") for t in mine),
                    unknown=sum(t["state"] == "unknown" for t in mine),
                    last_try=max((t["submitted_at"] for t in mine), default=None),
                )
            )
        return parts

    async def _submit(self, row: asyncpg.Record, part: _Part, submission: Submission) -> None:
        name = self._transport.name
        number = await self._pool.fetchval(SQL["add_submission"], row["id"], part.number, part.count, name)
        reach("send.noted")
        try:
            reference = await self._transport.send(submission)
        except FateUnknown as e:
            await self._insist(SQL["settle_submission"], number, "unknown", None, str(e))
            raise
        except NotSent as e:
            await self._insist(SQL["settle_submission"], number, "not_sent", None, str(e))
            raise
        reach("send.answered")
        await self._insist(SQL["settle_submission"], number, "sent", reference, None)
        reach("send.recorded")
        if self._streak.accepted(row["phone_id"]):
            log.info("modem.sends_again", modem=name)

    async def _insist(self, statement: str, *values: object) -> None:
        """Writes down what became of a submission, for as long as the lease allows: an SMS that was sent, and of which
        nobody knows, would be sent once more."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(CONNECTION_ERRORS),
            wait=wait_exponential(multiplier=0.1, max=2.0),
            stop=stop_after_delay(LEASE_S / 2),
            reraise=True,
        ):
            with attempt:
                await self._pool.execute(statement, *values)

    async def _refused(self, row: asyncpg.Record, error: Refused) -> None:
        now = self._clock()
        match self._streak.refused(row["phone_id"], row["id"], row["attempts"] - 1, now):
            case Fault.NUMBER:
                await self._decide(row, error)
            case Fault.MODEM:
                await self._postpone(row, datetime.now(UTC), str(error), counted=False)
                await self._hand_over(str(error), self._streak.pause_s(now))
            case Fault.MODEM_STILL:
                await self._wait(row, str(error))

    async def _decide(self, row: asyncpg.Record, error: Refused) -> None:
        match error.do:
            case Do.GIVE_UP:
                await self._give_up(row, str(error))
            case Do.WAIT:
                await self._wait(row, str(error))
            case Do.RETRY | Do.REOPEN:
                await self._try_again(row, str(error))

    async def _hand_over(self, reason: str, pause_s: float) -> None:
        """The modem refuses everything, so nothing that it refused lately was the SMS's fault."""
        refused = self._streak.refused_sms
        rows = await self._pool.fetch(SQL["hand_over_sms"], list(refused), list(refused.values()))
        refused.clear()
        log.error(
            "modem.refuses",
            modem=self._transport.name,
            error=reason,
            handed_over=len(rows),
            pause_s=round(pause_s),
            cure="look at the SIM: has it credit, is it barred, is the number of its message centre right (smsc)?",
        )

    async def _try_again(self, row: asyncpg.Record, reason: str) -> None:
        if row["attempts"] < self._attempts:
            await self._postpone(row, next_try(datetime.now(UTC), row["attempts"]), reason)
        else:
            await self._give_up(row, reason)

    async def _wait(self, row: asyncpg.Record, reason: str) -> None:
        now = datetime.now(UTC)
        until = min(next_try(now, row["waits"] + 1), now + _WAIT_MOST)
        await self._postpone(row, until, reason, counted=False)

    async def _give_up(self, row: asyncpg.Record, reason: str) -> None:
        await self._pool.execute(SQL["settle_sms"], row["id"], "failed", reason)
        log.error("sms.given_up", **self._facts(row), error=reason, cure=f"smsd outbox retry sms:{row['id']}")

    async def _postpone(self, row: asyncpg.Record, until: datetime, reason: str, *, counted: bool = True) -> None:
        await self._pool.execute(SQL["postpone_sms"], row["id"], until, reason, counted)
        log.warning("sms.postponed", **self._facts(row), until=until.isoformat(timespec="seconds"), reason=reason)

    def _facts(self, row: asyncpg.Record) -> dict[str, object]:
        return {
            "sms": row["id"],
            "cause": row["cause"],
            "ticket": row["ticket"],
            "modem": self._transport.name,
            "attempt": row["attempts"],
        }


def _since(moment: datetime | None, now: datetime) -> float | None:
    return round((now - moment).total_seconds(), 1) if moment else None
