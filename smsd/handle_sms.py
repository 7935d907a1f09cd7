"""From a joined SMS to what it causes: a ticket, or the answer to a command. Many at a time, one transaction."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from smsd.backoff import next_try
from smsd.contacts import as_of_now
from smsd.desk.commands import ONE_OFF_TRIES
from smsd.desk.hear import Heard, hear, join, may_go_on
from smsd.desk.respond import respond
from smsd.desk.rules import Desk, Phone, Ticket
from smsd.desk.talk import Gap, Handled, Ids, Inbound, Question, Said, Stranger, Talk
from smsd.kill_points import reach
from smsd.store.database import CONNECTION_ERRORS
from smsd.store.queries import SQL
from smsd.store.seal import KeyFileError
from smsd.writes import NewTicket, SmsLimits, Writes, reserve_ids, store

log = structlog.get_logger()

_BATCH = 50
_DAY = timedelta(days=1)
# An operator sees it with the other texts that got no answer; a promotion comes from a name, and so may a bank's alarm.
_ROBOT = Handled("robot", refused="the sender is no phone, but a name or a short number")
_DISPATCHES_MOST = 2  # that one SMS can cause: to an agency, and a copy


@dataclass(frozen=True)
class Limits:
    """See config.settings.Limits."""

    sms: SmsLimits
    attempts: int


class SmsHandler:
    """Claims joined SMS and has the desk decide; `step` is one transaction."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk, limits: Limits) -> None:
        self._pool = pool
        self._desk = desk
        self._limits = limits

    async def step(self) -> int:
        """Handles up to 50 SMS; how many there were. If one spoils the batch, each is handled by itself."""
        try:
            return await self._handle(_BATCH)
        except (*CONNECTION_ERRORS, KeyFileError):
            raise
        except Exception as e:  # noqa: BLE001  whatever it is, it must not stop the loop: singled out below
            log.warning("sms.batch_failed", error=type(e).__name__)
            return await self._handle_singly()

    async def _handle(self, most: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(SQL["claim_messages"], most)
            if rows:
                await self._decide(connection, rows)
                reach("sms.decided")
        if rows:
            reach("sms.committed")
        return len(rows)

    async def _handle_singly(self) -> int:
        async with self._pool.acquire() as connection:
            for _ in range(_BATCH):
                async with connection.transaction():
                    rows = await connection.fetch(SQL["claim_messages"], 1)
                    if not rows:
                        break
                    await self._handle_one(connection, rows[0])
        return 1

    async def _handle_one(self, connection: asyncpg.Connection, row: asyncpg.Record) -> None:
        try:
            async with connection.transaction():  # a savepoint: what failed is undone, the claim is kept
                await self._decide(connection, [row])
        except (*CONNECTION_ERRORS, KeyFileError):
            raise
        except Exception as e:  # noqa: BLE001  invariant 5: quarantined with its error, the rest goes on
            error = type(e).__name__  # all that is logged: the sentence may hold the citizen's words
            due_at = next_try(datetime.now(UTC), row["attempts"] + 1)
            state = await connection.fetchval(
                SQL["fail_message"], row["id"], f"{error}: {e}", due_at, self._limits.attempts
            )
            log.error("sms.quarantined" if state == "quarantined" else "sms.failed", message=row["id"], error=error)

    async def _decide(self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> None:
        began = time.perf_counter()
        now = rows[0]["now"]
        rows = list({row["phone_id"]: row for row in rows}.values())  # one that is tried again may be a second
        talks = await _load_talks(connection, [row["phone_id"] for row in rows], now)
        cases = [self._hear(row, talks) for row in rows]
        cases = await self._put_together(connection, cases, talks, now)
        await self._look_up(connection, cases, talks, now)
        ids = await _reserve(connection, len(cases))
        desk = await as_of_now(connection, self._desk)
        writes, settled = Writes(), list[Handled]()
        for case in cases:
            talk = talks.get(case.row["phone_id"])
            handled = respond(desk, talk, case.heard, now, ids) if talk else _ROBOT
            writes.add(handled.writes)
            settled.append(handled)
        withheld = await store(connection, writes, self._limits.sms)
        await _settle(connection, cases, settled)
        took_ms = round((time.perf_counter() - began) / len(rows) * 1000, 1)
        _tell(cases, settled, talks, took_ms)
        for each in withheld:
            log.warning("sms.withheld", phone=each.phone, ticket=each.ticket)

    def _hear(self, row: asyncpg.Record, talks: Mapping[int, Talk]) -> _Case:
        handled = Gap(row["gap_text"], row["gap_ticket_id"]) if row["gap_ticket_id"] else None
        message = Inbound(row["id"], row["phone_id"], row["text"], row["sent_at"], row["trusted"], handled)
        return _Case(row, self._understood(message, talks), [])

    def _understood(self, message: Inbound, talks: Mapping[int, Talk]) -> Heard:
        talk = talks.get(message.phone_id)
        if talk is None:
            return Heard(message, None, "robot")
        return hear(self._desk, message, [q.kind for q in talk.questions if talk.ticket(q.ticket_id)])

    async def _put_together(
        self, connection: asyncpg.Connection, cases: Sequence[_Case], talks: Mapping[int, Talk], now: datetime
    ) -> list[_Case]:
        """Joins texts that were cut to what follows them; those whose rest may still come wait for it, and are left."""
        cut = [case for case in cases if case.row["attempts"] == 0 and may_go_on(case.heard)]
        if not cut:
            return list(cases)
        following = await _following(connection, cut)
        kept, held = [], list[tuple[int, datetime]]()
        for case in cases:
            until = None
            if case in cut:
                case, until = self._joined(case, following[case.row["phone_id"]], talks)
            if until is not None and until > now:
                held += [(message_id, until) for message_id in case.message_ids]
            else:
                kept.append(case)
        if held:
            await connection.execute(SQL["hold_messages"], *map(list, zip(*held, strict=True)))
        return kept

    def _joined(
        self, case: _Case, following: Sequence[asyncpg.Record], talks: Mapping[int, Talk]
    ) -> tuple[_Case, datetime | None]:
        """The case with its rest, and until when more of it may come: not at all where something else has come."""
        within = self._desk.patience.join_texts
        texts = [Inbound(row["id"], row["phone_id"], row["text"], row["sent_at"]) for row in following]
        whole, used = join(case.heard.message, texts, within)
        last = hear(self._desk, used[-1], ()) if used else case.heard
        received = following[len(used) - 1]["received_at"] if used else case.row["received_at"]
        until = received + self._desk.patience.hold_texts if len(used) == len(texts) and may_go_on(last) else None
        heard = self._understood(whole, talks) if used else case.heard
        return _Case(case.row, heard, [message.id for message in used]), until

    async def _look_up(
        self, connection: asyncpg.Connection, cases: Sequence[_Case], talks: dict[int, Talk], now: datetime
    ) -> None:
        """Adds to the talks the tickets of other phones whose codes were sent, unless that was tried too often."""
        wanted: dict[str, list[int]] = defaultdict(list)
        for case in cases:
            talk, code = talks.get(case.row["phone_id"]), getattr(case.heard.intent, "code", None)
            if not talk or not code or any(ticket.code == code for ticket in talk.tickets):
                continue
            if talk.phone.wrong_codes < self._desk.patience.wrong_codes_per_day:
                wanted[code].append(talk.phone.id)
        if not wanted:
            return
        for row in await connection.fetch(SQL["tickets_of_codes"], list(wanted), now, ONE_OFF_TRIES):
            found = dict(row)
            stranger = Stranger(one_off=found.pop("one_off"), ticket=Ticket(**found))
            for phone_id in wanted[row["code"]]:
                talks[phone_id] = replace(talks[phone_id], others={row["code"]: stranger})


@dataclass(frozen=True)
class _Case:
    """A claimed message, what it was understood as, and the messages that are its rest."""

    row: asyncpg.Record
    heard: Heard
    rest: Sequence[int]

    @property
    def message_ids(self) -> list[int]:
        """All messages that it is made of."""
        return [self.row["id"], *self.rest]


async def _load_talks(connection: asyncpg.Connection, phone_ids: Sequence[int], now: datetime) -> dict[int, Talk]:
    """The state of the conversation with each phone that may be answered, one query for each kind of fact.

    The phones are locked first: what an agency's mail asks of one meanwhile is seen, or waits.
    """
    since = now - _DAY
    phones = [row for row in await connection.fetch(SQL["phones_that_talk"], phone_ids, since) if row["answerable"]]
    ids = [row["id"] for row in phones]
    questions = _grouped(await connection.fetch(SQL["questions_of_phones"], ids))
    tickets = _grouped(await connection.fetch(SQL["tickets_of_phones"], ids))
    recent = _grouped(await connection.fetch(SQL["recent_texts"], ids, since) if tickets else ())
    return {
        row["id"]: Talk(
            Phone(row["id"], row["language"], row["quiet"], row["wrong_codes"]),
            [Ticket(**ticket) for ticket in tickets[row["id"]]],
            [Question(q["ticket_id"], q["kind"]) for q in questions[row["id"]]],
            [Said(s["text"], s["ticket_id"], s["outcome"], s["sent_at"], s["told"]) for s in recent[row["id"]]],
        )
        for row in phones
    }


def _grouped(rows: Iterable[asyncpg.Record]) -> dict[int, list[asyncpg.Record]]:
    """Rows by phone, in their order."""
    groups: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        groups[row["phone_id"]].append(row)
    return groups


async def _following(connection: asyncpg.Connection, cases: Sequence[_Case]) -> dict[int, list[asyncpg.Record]]:
    """What has come from the same phones since."""
    phones, messages = [case.row["phone_id"] for case in cases], [case.row["id"] for case in cases]
    return _grouped(await connection.fetch(SQL["following_messages"], phones, messages))


async def _reserve(connection: asyncpg.Connection, count: int) -> Ids:
    """Numbers for all that so many SMS can cause."""
    tickets = await reserve_ids(connection, "ticket", count)
    return Ids(iter(tickets), iter(await reserve_ids(connection, "dispatch", count * _DISPATCHES_MOST)))


async def _settle(connection: asyncpg.Connection, cases: Sequence[_Case], settled: Sequence[Handled]) -> None:
    """Each message has its state, what it was taken for, and the ticket that its words became part of."""
    rows = []
    for case, handled in zip(cases, settled, strict=True):
        state, error = ("quarantined", handled.refused) if handled.refused else ("handled", None)
        rows.append((case.row["id"], state, handled.outcome, error, handled.ticket_id))
        rows += [(rest, state, "joined", error, handled.ticket_id) for rest in case.rest]
    if rows:
        await connection.execute(SQL["settle_messages"], *map(list, zip(*rows, strict=True)))


def _tell(cases: Sequence[_Case], settled: Sequence[Handled], talks: Mapping[int, Talk], took_ms: float) -> None:
    """One canonical line per message: what came, how, when, what it was taken for, and who has it now."""
    for case, handled in zip(cases, settled, strict=True):
        came = _came(case, handled, took_ms)
        if handled.writes.tickets:
            log.info("ticket.opened", **_opened(handled.writes.tickets[0], handled.writes), **came)
        elif handled.refused:
            log.info("sms.refused", **came)
        else:
            log.info("sms.handled", **_concerned(handled, talks.get(case.row["phone_id"])), **came)


def _came(case: _Case, handled: Handled, took_ms: float) -> dict[str, object]:
    """The SMS: how long it was under way in the network, and how long it waited here; its share of the batch's time."""
    row = case.row
    return {
        "message": row["id"],
        "modem": row["transport"],
        "parts": row["parts"],
        "incomplete": None if row["complete"] else True,
        "joined": list(case.rest) or None,
        "outcome": handled.outcome,
        "network_s": round((row["received_at"] - row["sent_at"]).total_seconds(), 1),
        "after_s": round(row["age_s"], 3),
        "took_ms": took_ms,
    }


def _opened(new: NewTicket, writes: Writes) -> dict[str, object]:
    """The report that a text opened, and the agency that got it. What is confidential names no topic."""
    sent = next((event.agency for event in writes.events if event.kind == "dispatched"), None)
    return {
        "ticket": new.code,
        "kind": new.klass,
        "topic": None if new.confidential else new.topic,
        "place": new.place,
        "agency": sent,
        "confidence": round(new.confidence, 2),
        "confidential": new.confidential or None,
    }


def _concerned(handled: Handled, talk: Talk | None) -> dict[str, object]:
    """The report that a text was about, and the agency that has it now."""
    writes = handled.writes
    ids = [handled.ticket_id, *(event.ticket_id for event in writes.events), *(sms.ticket_id for sms in writes.sms)]
    number = next((each for each in ids if each is not None), None)
    if talk is None or number is None:
        return {}
    known = [*talk.tickets, *(stranger.ticket for stranger in talk.others.values())]
    ticket = next((ticket for ticket in known if ticket.id == number), None)
    sent = next((event.agency for event in writes.events if event.kind == "dispatched"), None)
    return {"ticket": ticket.code, "agency": sent or ticket.agency} if ticket else {}
