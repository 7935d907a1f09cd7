"""What one cause writes, in one transaction, to a real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from smsd.send_mail import why
from smsd.store.queries import SQL
from smsd.writes import (
    ClosedQuestion,
    Event,
    NewDispatch,
    NewMail,
    NewOneOff,
    NewQuestion,
    NewSms,
    NewTicket,
    PhoneChange,
    SmsLimits,
    Writes,
    WrongTry,
    put_together,
    reserve_ids,
    store,
)

NOW = datetime(2026, 6, 8, 2, 14, tzinfo=UTC)
TICKET = NewTicket(
    id=11,
    code="4821309764",
    phone_id=1,
    message_id=1,
    text="jalan rusak",
    klass="pengaduan",
    topic="jalan-rusak",
    place="35.07",
    confidential=True,
    confidence=0.5,
    reasons=['kata "jalan"', "aturan: ½"],
    opened_at=NOW,
)
CLOCK = ("next_step", "next_at", "ombudsman_asked_at", "erased_at")
OPENED = Event(11, NOW, "opened", "citizen", "diterima", None, NOW, "verify", {"a": [1, None]})
SENT = Event(11, NOW, "dispatched", "gateway", "terdisposisi", "PLN", NOW + timedelta(days=5), "first_follow_up")
DISPATCH = NewDispatch(21, 11, "PLN", "a@pln.example", "token", NOW)


def sms(phone_id: int, number: int = 0, ticket_id: int | None = None) -> NewSms:
    return NewSms(phone_id, ticket_id, "bantuan", f"SMS {number}", 0)


@pytest.fixture
async def db(pool: asyncpg.Pool) -> asyncpg.Pool:
    """Two phones, a robot, and a message of the first phone."""
    await pool.execute(
        "INSERT INTO phone (address_hash, address_sealed, answerable)"
        " VALUES ('1', '', true), ('2', '', true), ('3', '', false);"
        "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at) VALUES (1, 'm', '(x)', true, now())"
    )
    return pool


async def stored(db: asyncpg.Pool, writes: Writes, per_hour: int = 60, in_all: int = 1000) -> list[int]:
    """In a transaction, as every caller does."""
    async with db.acquire() as connection, connection.transaction():
        return await store(connection, writes, SmsLimits(per_hour, in_all))


async def outbox(db: asyncpg.Pool) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await db.fetch("SELECT phone_id, text, state FROM outbox_sms ORDER BY id")]


class TestStore:
    async def test_everything_at_once(self, db: asyncpg.Pool) -> None:
        """A ticket with all that it causes; the ticket is as its last event says."""
        writes = Writes([TICKET], [OPENED, SENT], [DISPATCH], [sms(1, 7, 11)], [NewMail(21, "disposisi", "", "<a@b>")])
        assert [] == await stored(db, writes)
        ticket = dict(await db.fetchrow("SELECT * FROM ticket"))
        assert ["terdisposisi", "PLN", SENT.due_at, "first_follow_up"] == [
            ticket[key] for key in ("status", "agency", "due_at", "due_for")
        ]
        assert TICKET == NewTicket(**{
            "klass" if key == "class" else key: value
            for key, value in ticket.items()
            if key not in ("status", "agency", "due_at", "due_for", "updated_at", *CLOCK)
        })  # fmt: skip
        rows = [put_together(row) for row in await db.fetch("SELECT * FROM ticket_event ORDER BY id")]
        assert [OPENED, SENT] == [
            Event(**{k: v for k, v in row.items() if k != "id"} | {"sets": row["sets"] or {}}) for row in rows
        ]
        assert [(1, "SMS 7", "queued")] == await outbox(db)
        mail = await db.fetchrow("SELECT dispatch_id, kind, message_id, state FROM outbox_mail")
        assert (21, "disposisi", "<a@b>", "queued") == tuple(mail)

    async def test_nothing_is_nothing(self, db: asyncpg.Pool) -> None:
        """No rows, no statement, no complaint."""
        assert [] == await stored(db, Writes())

    async def test_an_error_takes_all_back(self, db: asyncpg.Pool) -> None:
        """Cause and effect in one transaction: the ticket goes with the SMS that could not be written."""
        with pytest.raises(asyncpg.PostgresError):
            await stored(db, Writes([TICKET], [OPENED], sms=[sms(1), NewSms(1, 999, "x", "y", 0)]))
        assert (0, []) == (await db.fetchval("SELECT count(*) FROM ticket"), await outbox(db))

    async def test_one_text_one_ticket(self, db: asyncpg.Pool) -> None:
        """A second ticket for the same message is refused, with all that came with it."""
        await stored(db, Writes([TICKET], [OPENED]))
        again = NewTicket(**{**vars(TICKET), "id": 12, "code": "2000000003"})
        with pytest.raises(asyncpg.UniqueViolationError):
            await stored(db, Writes([again], sms=[sms(1)]))
        assert [] == await outbox(db)

    async def test_a_new_dispatch_ends_the_old_one(self, db: asyncpg.Pool) -> None:
        """Of the same ticket only."""
        other = NewTicket(**{**vars(TICKET), "id": 12, "code": "2000000003", "message_id": None})
        dispatches = [DISPATCH, NewDispatch(22, 12, "PLN", "a@pln.example", "token2", NOW)]
        await stored(db, Writes([TICKET, other], [OPENED], dispatches))
        await stored(db, Writes(dispatches=[NewDispatch(23, 11, "TRIAGE", "t@b.example", "token3", NOW)]))
        rows = await db.fetch("SELECT id, ended_at IS NULL AS runs FROM dispatch ORDER BY id")
        assert [(21, False), (22, True), (23, True)] == [tuple(row) for row in rows]

    async def test_it_keeps_the_order(self, db: asyncpg.Pool) -> None:
        """Events and SMS stand as they were decided."""
        kinds = [f"kind {n}" for n in range(40)]
        writes = Writes(
            [TICKET], [Event(11, NOW, kind, "gateway") for kind in kinds], sms=[sms(1, n) for n in range(40)]
        )
        await stored(db, writes)
        assert kinds == [row["kind"] for row in await db.fetch("SELECT kind FROM ticket_event ORDER BY id")]
        assert [f"SMS {n}" for n in range(40)] == [row[1] for row in await outbox(db)]

    def test_add_takes_over_all(self) -> None:
        """In order, and without the other's lists being shared."""
        one, two = Writes([TICKET], [OPENED], [DISPATCH], [sms(1)]), Writes(events=[SENT], sms=[sms(2)])
        one.add(two)
        assert Writes([TICKET], [OPENED, SENT], [DISPATCH], [sms(1), sms(2)]) == one
        assert Writes(events=[SENT], sms=[sms(2)]) == two


class TestHourlyLimit:
    async def test_what_is_too_much_is_kept_and_not_sent(self, db: asyncpg.Pool) -> None:
        """Within one transaction, for each phone by itself, the first ones go."""
        withheld = await stored(db, Writes(sms=[sms(1, 1), sms(2, 2), sms(1, 3), sms(1, 4)]), per_hour=2)
        assert [(1, None)] == withheld
        assert ["queued", "queued", "queued", "withheld"] == [row[2] for row in await outbox(db)]

    async def test_what_was_sent_within_the_hour_counts(self, db: asyncpg.Pool) -> None:
        """Whatever became of it; what was withheld does not, nor what is older."""
        await stored(db, Writes(sms=[sms(1), sms(1), sms(1)]), per_hour=2)
        await db.execute("UPDATE outbox_sms SET state = 'delivered' WHERE id = 1")
        assert [(1, None)] == await stored(db, Writes(sms=[sms(1)]), per_hour=2)
        await db.execute("UPDATE outbox_sms SET created_at = now() - interval '61 minutes' WHERE id = 1")
        assert [] == await stored(db, Writes(sms=[sms(1)]), per_hour=2)
        assert [(1, None)] == await stored(db, Writes(sms=[sms(1)]), per_hour=2)

    async def test_all_numbers_together_have_a_limit_too(self, db: asyncpg.Pool) -> None:
        """A flood from many numbers costs no more than that; the words of the citizens are stored all the same."""
        assert [(1, None)] == await stored(db, Writes(sms=[sms(1), sms(2), sms(1)]), in_all=2)
        assert [(2, None)] == await stored(db, Writes(sms=[sms(2)]), in_all=2)
        assert ["queued", "queued", "withheld", "withheld"] == [state for _, _, state in await outbox(db)]
        await db.execute("UPDATE outbox_sms SET created_at = created_at - interval '1 hour'")
        assert [] == await stored(db, Writes(sms=[sms(2)]), in_all=2)

    async def test_a_robot_is_never_answered(self, db: asyncpg.Pool) -> None:
        """Its SMS are withheld whatever the limit."""
        assert [(3, None)] == await stored(db, Writes(sms=[sms(3), sms(1)]))
        assert [(3, "SMS 0", "withheld"), (1, "SMS 0", "queued")] == await outbox(db)

    async def test_what_is_withheld_is_never_claimed(self, db: asyncpg.Pool) -> None:
        """And holds up nothing that comes after it."""
        await stored(db, Writes(sms=[sms(3), sms(1, 1)]))
        valid = timedelta(days=1)
        assert "SMS 1" == (await db.fetchrow(SQL["claim_sms"], "modem0", "me", 60.0, valid))["text"]
        assert await db.fetchrow(SQL["claim_sms"], "modem0", "me", 60.0, valid) is None


class TestConversation:
    async def opened(self, db: asyncpg.Pool, *questions: str) -> None:
        """A ticket, with these questions open."""
        asked = [NewQuestion(1, 11, kind, NOW, NOW + timedelta(days=9999)) for kind in questions]
        await stored(db, Writes([TICKET], [OPENED], questions=asked))

    async def open(self, db: asyncpg.Pool) -> list[str]:
        """The kinds of the open questions, the latest first."""
        return [row["kind"] for row in await db.fetch(SQL["questions_of_phones"], [1])]

    async def test_questions(self, db: asyncpg.Pool) -> None:
        """Asked, asked again, closed by kind, closed all."""
        await self.opened(db, "beres", "nilai", "batal")
        again = NewQuestion(1, 11, "beres", NOW + timedelta(hours=1), NOW + timedelta(days=9999))
        await stored(db, Writes(closed=[ClosedQuestion(11, NOW, "answered", "nilai")], questions=[again]))
        assert ["beres", "batal"] == await self.open(db)
        await stored(db, Writes(closed=[ClosedQuestion(11, NOW, "overtaken")]))
        assert [] == await self.open(db)
        rows = await db.fetch("SELECT kind, outcome FROM question ORDER BY id")
        assert [("beres", "overtaken"), ("nilai", "answered"), ("batal", "overtaken")] == [tuple(row) for row in rows]

    async def test_one_question_takes_the_place_of_another(self, db: asyncpg.Pool) -> None:
        """Closed before asked, in one go."""
        await self.opened(db, "beres")
        asked = NewQuestion(1, 11, "kurang", NOW, NOW + timedelta(days=9999))
        await stored(db, Writes(closed=[ClosedQuestion(11, NOW, "overtaken")], questions=[asked]))
        assert ["kurang"] == await self.open(db)

    async def test_phones(self, db: asyncpg.Pool) -> None:
        """What is not said stays."""
        await stored(db, Writes(phones=[PhoneChange(1, quiet=True), PhoneChange(2, language="jw")]))
        rows = await db.fetch("SELECT quiet, language FROM phone ORDER BY id")
        assert [(True, "id"), (False, "jw"), (False, "id")] == [tuple(row) for row in rows]

    async def test_a_quiet_phone_gets_answers_only(self, db: asyncpg.Pool) -> None:
        """The rest is kept, withheld, and nobody is warned of it."""
        await stored(db, Writes(phones=[PhoneChange(1, quiet=True)]))
        told = [NewSms(1, None, "bantuan", "jawaban", 0), NewSms(1, None, "agency_terima", "kabar", 1)]
        assert [] == await stored(db, Writes(sms=told))
        assert [(1, "jawaban", "queued"), (1, "kabar", "withheld")] == await outbox(db)

    async def test_one_off_numbers(self, db: asyncpg.Pool) -> None:
        """A new one takes the place of the old one; three wrong tries, or an hour, end it."""
        await stored(db, Writes([TICKET], [OPENED], one_offs=[NewOneOff(1, "0042", NOW)]))
        await stored(db, Writes(one_offs=[NewOneOff(1, "4821", NOW)]))

        async def known(at: datetime) -> object:
            row = await db.fetchrow(SQL["tickets_of_codes"], ["4821309764"], at, 3)
            return row["one_off"]

        assert ("4821", None) == (await known(NOW - timedelta(seconds=1)), await known(NOW))
        for _ in range(3):
            await stored(db, Writes(wrong_tries=[WrongTry(1)]))
        assert await known(NOW - timedelta(seconds=1)) is None

    async def test_a_copy_ends_with_the_next_dispatch(self, db: asyncpg.Pool) -> None:
        """And is never the one that runs."""
        copy = NewDispatch(22, 11, "INSPEKTORAT", "i@b.example", "token2", NOW, copy=True)
        await stored(db, Writes([TICKET], [OPENED], [DISPATCH, copy]))
        assert 21 == await db.fetchval("SELECT dispatch_id FROM desk_ticket")
        await stored(db, Writes(dispatches=[NewDispatch(23, 11, "PLN", "a@b.example", "token3", NOW)]))
        assert [23] == [row["id"] for row in await db.fetch("SELECT id FROM dispatch WHERE ended_at IS NULL")]


class TestReservedNumbers:
    @pytest.mark.parametrize("table", ["ticket", "dispatch"])
    async def test_nobody_gets_one_twice(self, db: asyncpg.Pool, table: str) -> None:
        """Two at the same time included."""

        async def some() -> list[int]:
            async with db.acquire() as connection:
                return await reserve_ids(connection, table, 50)

        numbers = [number for numbers in await asyncio.gather(some(), some()) for number in numbers]
        assert 100 == len(set(numbers))

    async def test_none_are_none(self, db: asyncpg.Pool) -> None:
        """A batch without a complaint needs no ticket."""
        async with db.acquire() as connection:
            assert [] == await reserve_ids(connection, "ticket", 0)


def told_why(rows: list[asyncpg.Record]) -> dict[str, list[str]]:
    """The reasons that each mail gives, by its dispatch."""
    return {row["token"]: why(row) for row in rows}


class TestReasonsInMail:
    async def test_each_agency_is_told_why_it_was_chosen(self, db: asyncpg.Pool) -> None:
        """The second one not with the reasons for the first."""
        second = NewDispatch(22, 11, "PLN", "b@b.example", "token2", NOW)
        told = Event(11, NOW, "dispatched", "gateway", data={"dispatch": 22, "reasons": ["bukan wewenang kami"]})
        await stored(db, Writes([TICKET], [SENT], [DISPATCH], mails=[NewMail(21, "disposisi", "", "<a@b>")]))
        await stored(db, Writes([], [told], [second], mails=[NewMail(22, "disposisi", "", "<c@b>")]))
        rows = await db.fetch(SQL["claim_mails"], "me", 5, 60.0)
        assert {"token": TICKET.reasons, "token2": ["bukan wewenang kami"]} == told_why(rows)

    async def test_a_copy_has_its_own_reason(self, db: asyncpg.Pool) -> None:
        """Not that of the agency that must answer."""
        copy = NewDispatch(22, 11, "INSPEKTORAT", "i@b.example", "token2", NOW, copy=True)
        copied = Event(11, NOW, "copied", "gateway", data={"dispatch": 22, "reasons": ["perilaku petugas"]})
        mails = [NewMail(21, "disposisi", "", "<a@b>"), NewMail(22, "tembusan", "", "<c@b>")]
        await stored(db, Writes([TICKET], [SENT, copied], [DISPATCH, copy], mails=mails))
        rows = await db.fetch(SQL["claim_mails"], "me", 5, 60.0)
        assert {"token": TICKET.reasons, "token2": ["perilaku petugas"]} == told_why(rows)
