"""Questions that nobody answered in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg

from smsd.expire import expire_questions
from smsd.store.queries import SQL
from smsd.writes import NewQuestion, SmsLimits, Writes, store

if TYPE_CHECKING:
    from tests.smsd.conftest import Stage

ROAD = "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki"
PASSED = "UPDATE question SET asked_at = asked_at - interval '2 years', expires_at = expires_at - interval '2 years'"


async def asked(stage: Stage, number: str, kind: str) -> None:
    """A report about which this was asked, long ago."""
    await stage.text(number, ROAD)
    phone, ticket = await stage.value("SELECT phone_id FROM ticket"), await stage.value("SELECT id FROM ticket")
    now = await stage.value("SELECT now()")
    async with stage.pool.acquire() as connection, connection.transaction():
        await store(connection, Writes(questions=[NewQuestion(phone, ticket, kind, now, now)]), SmsLimits(60))
    await stage.pool.execute(PASSED)


async def test_nothing_to_do(stage: Stage) -> None:
    """No question, no step."""
    assert 0 == await expire_questions(stage.pool, stage.desk, SmsLimits(60))


async def test_a_question_is_closed_once(stage: Stage, number: str, events: list[dict[str, Any]]) -> None:
    """With its outcome and a line in the log; the report stays as it is, nobody is told."""
    await asked(stage, number, "beres")
    before = await stage.rows("SELECT * FROM ticket")
    assert 1 == await expire_questions(stage.pool, stage.desk, SmsLimits(60))
    assert ["expired"] == await stage.column("SELECT outcome FROM question")
    assert before == await stage.rows("SELECT * FROM ticket")
    assert 1 == await stage.value("SELECT count(*) FROM outbox_sms")
    assert ["beres"] == [event["question"] for event in events if event["event"] == "question.expired"]
    assert 0 == await expire_questions(stage.pool, stage.desk, SmsLimits(60))


async def test_a_place_nobody_told_goes_to_a_person(stage: Stage, number: str, events: list[dict[str, Any]]) -> None:
    """With a mail, and an SMS, which the hourly limit may withhold."""
    await asked(stage, number, "tempat")
    await expire_questions(stage.pool, stage.desk, SmsLimits(1))
    assert ["TRIAGE"] == await stage.column("SELECT agency FROM dispatch WHERE ended_at IS NULL")
    assert ["diteruskan", "diterima"] == await stage.column("SELECT cause FROM outbox_sms ORDER BY id")
    assert "withheld" == await stage.value("SELECT state FROM outbox_sms ORDER BY id DESC LIMIT 1")
    assert 1 == sum(event["event"] == "sms.withheld" for event in events)


async def test_a_phone_that_is_being_talked_with_comes_later(
    stage: Stage, number: str, watcher: asyncpg.Connection
) -> None:
    """Its answer may be in hand."""
    await asked(stage, number, "tempat")
    other = watcher.transaction()
    await other.start()
    phone = await stage.value("SELECT phone_id FROM ticket")
    await watcher.fetch(SQL["phones_that_talk"], [phone], await stage.value("SELECT now()"))
    assert 0 == await expire_questions(stage.pool, stage.desk, SmsLimits(60))
    await other.rollback()
    assert [0, 1] == sorted(
        await asyncio.gather(*(expire_questions(stage.pool, stage.desk, SmsLimits(60)) for _ in range(2)))
    )
