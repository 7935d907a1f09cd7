"""The upgrade that seals: a database of version 4 with texts in plain becomes one without, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from config.settings import Database, Settings
from smsd.store.database import MIGRATIONS, open_pool, schema_version, upgrade_schema
from smsd.store.seal import Seal
from smsd.writes import timeline

NUMBER = b"+6281234567890"
TEXT = "jalan rusak parah di Lowokwaru, hub 081234567890 'pagi' 😟"
ANSWER = "Sudah kami tambal\nkemarin sore"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
FILL = """
INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at, error)
VALUES (1, 'm', $1, true, now(), 'RuntimeError: ' || $1), (1, 'm', '', true, now(), NULL)
"""
TICKET = """
INSERT INTO ticket (id, code, phone_id, message_id, text, class, confidence, reasons)
VALUES (1, '4821309764', 1, 1, $1, 'pengaduan', 1, $2::jsonb)
"""
EVENT = """
INSERT INTO ticket_event (ticket_id, kind, actor, data, sets) VALUES (1, $1, 'gateway', $2::jsonb, $3::jsonb)
"""
EVENTS = [
    ("opened", {}, None),
    ("dispatched", {"dispatch": 7, "reasons": ["kata jalan rusak", "tempat: Lowokwaru"]}, None),
    ("citizen_added", {"text": TEXT, "message": 1}, {"text": TEXT + "\nlagi", "reasons": ["baru"], "topic": "jalan"}),
    ("agency_done", {"mail": 1, "text": ANSWER, "accepted_by": "operator:ani"}, None),
    ("status_set", {"text": ""}, None),
    ("agency_declined", {"mail": 1, "named": "Dinas Bina Marga", "by_triage": True}, None),
]


@pytest.fixture
async def old(empty_dsn: str, settings: Settings, seal: Seal, tmp_path: Path) -> AsyncIterator[Settings]:
    """A database as version 4 has left it."""
    before = tmp_path / "before"
    before.mkdir()
    for name in ("0002.sql", "0003.sql", "0004.sql"):
        (before / name).write_text((MIGRATIONS / name).read_text(encoding="utf-8"), encoding="utf-8")
    here = replace(settings, database=Database(dsn=empty_dsn))
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute((Path(__file__).parent / "schema_0001.sql").read_text(encoding="utf-8"))
    async with open_pool(here) as pool:
        assert [2, 3, 4] == await upgrade_schema(pool, lambda: seal, before)

    def close(clear: bytes, purpose: str) -> bytes:
        return seal.current.siv.encrypt(clear, [purpose.encode()])

    await connection.execute(
        "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ($1, $2, true)",
        *(seal.hash(NUMBER, "phone"), close(NUMBER, "phone")),
    )
    await connection.execute(FILL, TEXT)
    await connection.execute(
        "INSERT INTO inbound_part (phone_id, transport, identity, pdu_sealed, part_number, part_count, sent_at)"
        " VALUES (1, 'm', 'i', $1, 1, 1, now())",
        close(b"\x01\x02", "pdu"),
    )
    await connection.execute(TICKET, TEXT, json.dumps(["kata: jalan rusak"]))
    for kind, data, sets in EVENTS:
        await connection.execute(EVENT, kind, json.dumps(data), sets and json.dumps(sets))
    await connection.execute(
        "INSERT INTO dispatch (id, ticket_id, agency, address, token) VALUES (7, 1, 'PLN', 'a@b.example', 'token')"
    )
    await connection.execute("INSERT INTO outbox_sms (phone_id, cause, text) VALUES (1, 'bantuan', $1)", TEXT)
    await connection.execute(
        "INSERT INTO outbox_mail (dispatch_id, kind, message_id, extra_text, error)"
        " VALUES (7, 'disposisi', '<a@b>', $1, $1)",
        TEXT,
    )
    await connection.execute(
        "INSERT INTO inbound_mail (envelope_sender, recipient, raw, digest, sender, subject)"
        " VALUES ('budi@rumah.example', 't-token@x', $1, 'd', 'budi@rumah.example', $2)",
        *(b"\xff\x00" + TEXT.encode(), "Re: " + TEXT),
    )
    await connection.execute("INSERT INTO mail_attachment VALUES (1, 1, $1, 'image/jpeg', 3, 'x')", TEXT + ".jpg")
    await connection.execute(
        "INSERT INTO quarantine (source, digest, raw_sealed, error) VALUES ('pdu', 'd', $1, 'octet 3')",
        close(b"zz", "quarantine"),
    )
    yield here
    await connection.close()


async def test_nothing_is_lost_and_nothing_is_left_in_plain(old: Settings, seal: Seal) -> None:
    """Whoever has the key reads what was there; whoever has not finds no word."""
    told: list[tuple[int, int]] = []
    async with open_pool(old, seal=lambda: seal) as pool:
        done = await upgrade_schema(pool, lambda: seal, tell=lambda *each: told.append(each))
        assert ([5], 5) == (done, await schema_version(pool))
        message, empty = await pool.fetch("SELECT * FROM inbound_message ORDER BY id")
        assert (TEXT, f"RuntimeError: {TEXT}") == (message["text"], message["error"])
        assert ("", None) == (empty["text"], empty["error"])
        ticket = await pool.fetchrow("SELECT * FROM ticket")
        assert (TEXT + "\nlagi", ["baru"], "jalan") == (ticket["text"], ticket["reasons"], ticket["topic"])
        assert [(kind, data, sets) for kind, data, sets in EVENTS] == [
            (event["kind"], event["data"], event["sets"]) for event in await timeline(pool, 1)
        ]
        assert ANSWER == await pool.fetchval("SELECT last_answer FROM desk_ticket")
        assert TEXT == await pool.fetchval("SELECT text FROM outbox_sms")
        assert (TEXT, TEXT) == tuple(await pool.fetchrow("SELECT extra_text, error FROM outbox_mail"))
        mail = await pool.fetchrow("SELECT * FROM inbound_mail")
        assert (b"\xff\x00" + TEXT.encode(), "Re: " + TEXT) == (mail["raw"], mail["subject"])
        assert ("budi@rumah.example",) * 2 == (mail["sender"], mail["envelope_sender"])
        assert TEXT + ".jpg" == await pool.fetchval("SELECT name FROM mail_attachment")
        assert NUMBER == seal.open(await pool.fetchval("SELECT address_sealed FROM phone"), "phone")
        assert b"\x01\x02" == seal.open(await pool.fetchval("SELECT pdu_sealed FROM inbound_part"), "pdu")
        kept = await pool.fetchrow("SELECT raw_sealed, error FROM quarantine")
        assert (b"zz", "octet 3") == (seal.open(kept["raw_sealed"], "quarantine"), kept["error"])
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute("UPDATE ticket_event SET data = '{}'")
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute("UPDATE ticket_event SET text = '(x)'")
    assert told[-1][0] == told[-1][1] > 20
    connection = await asyncpg.connect(old.database.dsn)
    names = [row[0] for row in await connection.fetch(TABLES)]
    dump = "".join([str(await connection.fetch(f"SELECT t::text FROM {name} AS t")) for name in names])
    await connection.close()
    for words in ("jalan rusak", "Lowokwaru", "tambal", "Bina Marga", "81234567890", "rumah.example", "octet"):
        assert words not in dump
        assert words.encode().hex() not in dump


async def test_broken_off_it_leaves_the_old_version_whole(old: Settings, seal: Seal) -> None:
    """And is done from the start the next time."""

    def break_off(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    async with open_pool(old, seal=lambda: seal) as pool:
        with pytest.raises(KeyboardInterrupt):
            await upgrade_schema(pool, lambda: seal, tell=break_off)
        assert 4 == await schema_version(pool)
        assert TEXT == await pool.fetchval("SELECT text FROM outbox_sms")
        assert [5] == await upgrade_schema(pool, lambda: seal)
        assert TEXT == await pool.fetchval("SELECT text FROM outbox_sms")
