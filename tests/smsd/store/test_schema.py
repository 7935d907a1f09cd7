"""What the schema itself promises, whoever writes: each test tries to break a rule with plain SQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from config.settings import Database, Settings
from smsd.store.database import open_pool, upgrade_schema
from smsd.store.queries import SCHEMA, SQL
from smsd.store.seal import Seal

NOW = datetime(2026, 6, 8, 2, 14, tzinfo=UTC)
# All that makes up a schema, whatever the order in which it was made.
STRUCTURE = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
)
ROWS = """
INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ('h', 's', true);
INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at) VALUES (1, 'm', '(jalan)', true, now());
INSERT INTO ticket (code, phone_id, message_id, text, class, confidence, reasons)
VALUES ('4821309764', 1, 1, '(jalan)', 'pengaduan', 1, '(x)');
INSERT INTO ticket_event (ticket_id, kind, actor) VALUES (1, 'opened', 'citizen');
INSERT INTO dispatch (ticket_id, agency, address, token) VALUES (1, 'PLN', 'a@b.example', 'token');
INSERT INTO outbox_sms (phone_id, cause, text) VALUES (1, 'bantuan', '(x)');
INSERT INTO outbox_mail (dispatch_id, kind, message_id) VALUES (1, 'disposisi', '<a@b>');
"""


@pytest.fixture
async def db(pool: asyncpg.Pool) -> asyncpg.Pool:
    """A database with one row of each kind that the tests need."""
    await pool.execute(ROWS)
    return pool


async def rows(db: asyncpg.Pool | asyncpg.Connection, question: str) -> list[str]:
    """What a query gives, in an order of its own."""
    return sorted(str(tuple(row)) for row in await db.fetch(question))


async def happen(db: asyncpg.Pool, **event: object) -> asyncpg.Record:
    """Writes an event and gives the ticket as it is then."""
    columns = {"ticket_id": 1, "kind": "noted", "actor": "gateway", "at": NOW} | event
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await db.execute(f"INSERT INTO ticket_event ({', '.join(columns)}) VALUES ({places})", *columns.values())
    return await db.fetchrow("SELECT status, agency, due_at, due_for, updated_at FROM ticket")


class TestTimeline:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE ticket_event SET kind = 'never'",
            "UPDATE ticket_event SET kind = 'never' WHERE false",
            "DELETE FROM ticket_event",
            "TRUNCATE ticket_event",
            "TRUNCATE ticket CASCADE",
            "INSERT INTO ticket_event (id, ticket_id, kind, actor) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'x', 'y') "
            "ON CONFLICT (id) DO UPDATE SET kind = 'never'",
        ],
    )
    async def test_an_event_is_for_good(self, db: asyncpg.Pool, change: str) -> None:
        """Whatever the statement, the database refuses, and the event stands."""
        with pytest.raises(asyncpg.RestrictViolationError, match=r"ticket_event is append-only"):
            await db.execute(change)
        assert ["opened"] == [row["kind"] for row in await db.fetch("SELECT kind FROM ticket_event")]

    async def test_a_ticket_with_events_cannot_be_deleted(self, db: asyncpg.Pool) -> None:
        """Its timeline would be left without it."""
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await db.execute("DELETE FROM ticket")

    async def test_a_new_ticket_is_received(self, db: asyncpg.Pool) -> None:
        """Before anything has happened."""
        row = await db.fetchrow("SELECT status, agency, due_at, due_for FROM ticket")
        assert ("diterima", None, None, None) == tuple(row)

    async def test_the_ticket_follows_its_event(self, db: asyncpg.Pool) -> None:
        """Status, agency and deadline are the event's."""
        row = await happen(db, status="terdisposisi", agency="PLN", due_at=NOW, due_for="first_follow_up")
        assert ("terdisposisi", "PLN", NOW, "first_follow_up", NOW) == tuple(row)

    async def test_what_the_event_does_not_say_stays(self, db: asyncpg.Pool) -> None:
        """A remark moves nothing but the time of the last change."""
        await happen(db, status="terdisposisi", agency="PLN", due_at=NOW, due_for="first_follow_up")
        later = NOW.replace(hour=9)
        row = await happen(db, at=later)
        assert ("terdisposisi", "PLN", NOW, "first_follow_up", later) == tuple(row)

    async def test_a_deadline_needs_its_reason(self, db: asyncpg.Pool) -> None:
        """A due_at without due_for is no deadline."""
        row = await happen(db, due_at=NOW)
        assert (None, None) == (row["due_at"], row["due_for"])

    async def test_no_deadline_runs_after_none(self, db: asyncpg.Pool) -> None:
        """`none` ends the deadline that ran."""
        await happen(db, due_at=NOW, due_for="verify")
        row = await happen(db, due_for="none")
        assert (None, None) == (row["due_at"], row["due_for"])

    async def test_whatever_else_it_sets(self, db: asyncpg.Pool) -> None:
        """Only what it names; a place may become unknown."""
        sets = {
            "place": "35.07",
            "topic": "sampah",
            "class": "pengawasan",
            "confidential": True,
            "anonymous": True,
            "confidence": 0.25,
        }
        await happen(db, sets=sets, sets_text="baru", sets_reasons=["kata"])
        sets |= {"text": "baru", "reasons": ["kata"]}
        row = await db.fetchrow("SELECT * FROM ticket")
        assert sets == {name: row[name] for name in sets}
        await happen(db, sets={"place": None})
        after = await db.fetchrow("SELECT * FROM ticket")
        assert sets | {"place": None} == {name: after[name] for name in sets}

    async def test_only_the_events_own_ticket_moves(self, db: asyncpg.Pool) -> None:
        """Another ticket stays as it is."""
        await db.execute(
            "INSERT INTO ticket (code, phone_id, text, class, confidence, reasons)"
            " VALUES ('2000000003', 1, '(x)', 'pengaduan', 1, '(x)')"
        )
        await happen(db, status="selesai")
        assert ["selesai", "diterima"] == [r["status"] for r in await db.fetch("SELECT status FROM ticket ORDER BY id")]


class TestConstraints:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE inbound_message SET state = 'lost'",
            "UPDATE ticket SET code = '1821309764'",
            "UPDATE ticket SET code = '482130976'",
            "UPDATE ticket SET code = '48213o9764'",
            "INSERT INTO ticket_event (ticket_id, kind, actor, status) VALUES (1, 'x', 'y', 'done')",
            "UPDATE outbox_sms SET state = 'gone'",
            "INSERT INTO sms_submission (sms_id, part_number, part_count, transport, state) VALUES (1, 1, 1, 'm', '?')",
            "UPDATE outbox_mail SET state = 'delivered'",
            "INSERT INTO inbound_mail (envelope_sender, recipient, raw, digest, state)"
            " VALUES ('(x)', '', '(x)', '', 'read')",
            "INSERT INTO modem (name, state) VALUES ('modem0', 'asleep')",
            "INSERT INTO question (phone_id, ticket_id, kind, expires_at) VALUES (1, 1, 'cuaca', now())",
        ],
    )
    async def test_a_word_the_program_does_not_know_is_refused(self, db: asyncpg.Pool, statement: str) -> None:
        """Every CHECK of the schema."""
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO ticket (code, phone_id, message_id, text, class, confidence, reasons)"
            " VALUES ('2000000003', 1, 1, '(x)', 'pengaduan', 1, '(x)')",
            "INSERT INTO ticket (code, phone_id, text, class, confidence, reasons)"
            " VALUES ('4821309764', 1, '(x)', 'pengaduan', 1, '(x)')",
            "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ('h', 't', true)",
            "INSERT INTO dispatch (ticket_id, agency, address, token) VALUES (1, 'PLN', 'x', 'token')",
            "INSERT INTO outbox_mail (dispatch_id, kind, message_id) VALUES (1, 'tambahan', '<a@b>')",
            "INSERT INTO sealing_key (id, current) VALUES ('abcd', true)",
            "INSERT INTO schema_version (version) VALUES (5)",
            "INSERT INTO question (phone_id, ticket_id, kind, expires_at)"
            " VALUES (1, 1, 'beres', now()), (1, 1, 'beres', now())",
        ],
    )
    async def test_what_is_one_cannot_be_two(self, db: asyncpg.Pool, statement: str) -> None:
        """One ticket a text and a code, a row a phone, a dispatch a token, a mail a Message-ID, one open question."""
        with pytest.raises(asyncpg.UniqueViolationError):
            await db.execute(statement)

    async def test_tickets_that_no_text_opened_may_be_many(self, db: asyncpg.Pool) -> None:
        """An operator's have no message."""
        for code in ("2000000003", "3000000001"):
            await db.execute(
                "INSERT INTO ticket (code, phone_id, text, class, confidence, reasons)"
                " VALUES ($1, 1, '(x)', 'pengaduan', 1, '(x)')",
                code,
            )
        assert 3 == await db.fetchval("SELECT count(*) FROM ticket")


class TestAnnouncements:
    @pytest.mark.parametrize(
        ("table", "statement"),
        [
            (
                "inbound_message",
                "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at)"
                " VALUES (1, 'm', '(x)', true, now()), (1, 'm', '(y)', true, now())",
            ),
            (
                "inbound_mail",
                "INSERT INTO inbound_mail (envelope_sender, recipient, raw, digest) VALUES ('(x)', '', '(x)', '')",
            ),
            ("outbox_sms", "INSERT INTO outbox_sms (phone_id, cause, text) VALUES (1, 'x', '(y)')"),
            ("outbox_mail", "INSERT INTO outbox_mail (dispatch_id, kind, message_id) VALUES (1, 'x', '<y@z>')"),
        ],
    )
    async def test_new_work_is_announced_once(self, db: asyncpg.Pool, table: str, statement: str) -> None:
        """One notice a transaction, with the name of the table, after the commit."""
        heard: asyncio.Queue[str] = asyncio.Queue()

        def hear(*notice: object) -> None:
            heard.put_nowait(str(notice[3]))

        async with db.acquire() as listener:
            await listener.add_listener("smsd_work", hear)
            async with db.acquire() as connection, connection.transaction():
                await connection.execute(statement)
                await listener.execute("SELECT 1")
                assert heard.empty()
            assert table == await heard.get()
            await listener.execute("SELECT 1")
            assert heard.empty()
            await listener.remove_listener("smsd_work", hear)


class TestScripts:
    async def test_the_schema_says_its_version(self, db: asyncpg.Pool) -> None:
        """Version 5 from the first row on."""
        assert [5] == [row["version"] for row in await db.fetch("SELECT version FROM schema_version")]

    async def test_the_schema_goes_in_whole_or_not_at_all(self, empty_dsn: str) -> None:
        """A second run fails and changes nothing."""
        connection = await asyncpg.connect(empty_dsn)
        await connection.execute(SCHEMA)
        with pytest.raises(asyncpg.DuplicateTableError):
            await connection.execute(SCHEMA)
        assert 5 == await connection.fetchval(SQL["schema_version"])
        await connection.close()

    async def test_an_old_database_becomes_the_same(
        self, db: asyncpg.Pool, empty_dsn: str, settings: Settings, seal: Seal
    ) -> None:
        """The first schema and all migrations have the tables, columns, constraints, indexes and code of schema.sql."""
        old = await asyncpg.connect(empty_dsn)
        await old.execute((Path(__file__).parent / "schema_0001.sql").read_text(encoding="utf-8"))
        await old.close()
        async with open_pool(replace(settings, database=Database(dsn=empty_dsn))) as pool:
            assert [2, 3, 4, 5] == await upgrade_schema(pool, lambda: seal)
        old = await asyncpg.connect(empty_dsn)
        for question in STRUCTURE:
            assert await rows(db, question) == await rows(old, question)
        await old.close()

    def test_every_query_has_a_comment(self) -> None:
        """The first line of each says what it is for."""
        assert [] == [name for name, sql in SQL.items() if not sql.startswith("-- ")]
