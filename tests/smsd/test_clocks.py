"""What happens by itself because time has passed: each thing once, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio

from smsd.clocks import Clocks
from smsd.store.queries import SQL
from smsd.writes import NewQuestion, SmsLimits, Writes, store

if TYPE_CHECKING:
    from tests.smsd.conftest import ByDay, Stage

ROAD = "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki"
PASSED = "UPDATE question SET asked_at = asked_at - interval '2 years', expires_at = expires_at - interval '2 years'"
STORY = "SELECT kind FROM ticket_event ORDER BY id"
CAUSES = "SELECT cause FROM outbox_sms ORDER BY id"


@pytest_asyncio.fixture(autouse=True)
async def day(by_day: ByDay) -> AsyncIterator[None]:
    """It is noon."""
    async with by_day():
        yield


async def pass_time(stage: Stage, limits: SmsLimits | None = None) -> int:
    """What there was to do."""
    return await Clocks(stage.pool, stage.desk, limits or SmsLimits(60)).step()


async def asked(stage: Stage, number: str, kind: str) -> None:
    """A report about which this was asked, long ago."""
    await stage.text(number, ROAD)
    phone, ticket = await stage.value("SELECT phone_id FROM ticket"), await stage.value("SELECT id FROM ticket")
    now = await stage.value("SELECT now()")
    async with stage.pool.acquire() as connection, connection.transaction():
        await store(connection, Writes(questions=[NewQuestion(phone, ticket, kind, now, now)]), SmsLimits(60))
    await stage.pool.execute(PASSED)
    await stage.pool.execute("UPDATE ticket SET next_at = NULL, next_step = NULL")


async def test_nothing_to_do(stage: Stage) -> None:
    """No ticket, no step."""
    assert 0 == await pass_time(stage)


class TestQuestions:
    @pytest.mark.parametrize("kind", ["kurang", "nilai", "batal", "ombudsman"])
    async def test_one_is_closed_once(self, stage: Stage, number: str, events: list[dict[str, Any]], kind: str) -> None:
        """With its outcome and a line in the log; the report stays as it is, nobody is told."""
        await asked(stage, number, kind)
        before = await stage.rows("SELECT * FROM ticket")
        assert 1 == await pass_time(stage)
        assert ["expired"] == await stage.column("SELECT outcome FROM question")
        assert before == await stage.rows("SELECT * FROM ticket")
        assert ["diteruskan"] == await stage.column(CAUSES)
        assert [kind] == [event["question"] for event in events if event["event"] == "question.expired"]
        assert 0 == await pass_time(stage)

    async def test_silence_after_an_answer_is_told(self, stage: Stage, number: str) -> None:
        """The report was closed, and the citizen hears why it stays so."""
        await asked(stage, number, "beres")
        await pass_time(stage)
        assert ["diteruskan", "ditutup_diam"] == await stage.column(CAUSES)
        assert "closed_by_silence" == (await stage.column(STORY))[-1]

    async def test_silence_after_a_question_closes_nothing(self, stage: Stage, number: str) -> None:
        """The agency hears that it must do with what it has, and its clock runs again."""
        await asked(stage, number, "jawaban")
        await stage.pool.execute("UPDATE ticket SET status = 'tunda', due_for = 'reply'")
        await pass_time(stage)
        state = await stage.pool.fetchrow("SELECT status, due_for FROM ticket")
        assert ("ditindaklanjuti", "first_follow_up") == tuple(state)
        assert ["disposisi", "tanpa_jawaban"] == await stage.column("SELECT kind FROM outbox_mail ORDER BY id")

    async def test_a_place_nobody_told_goes_to_a_person(
        self, stage: Stage, number: str, events: list[dict[str, Any]]
    ) -> None:
        """With a mail, and an SMS, which the hourly limit may withhold."""
        await asked(stage, number, "tempat")
        await pass_time(stage, SmsLimits(0))
        assert ["TRIAGE"] == await stage.column("SELECT agency FROM dispatch WHERE ended_at IS NULL")
        assert ["diteruskan", "diterima"] == await stage.column(CAUSES)
        assert "withheld" == await stage.value("SELECT state FROM outbox_sms ORDER BY id DESC LIMIT 1")
        assert 1 == sum(event["event"] == "sms.withheld" for event in events)

    async def test_a_phone_that_is_being_talked_with_comes_later(
        self, stage: Stage, number: str, watcher: asyncpg.Connection
    ) -> None:
        """Its answer may be in hand. Two processes do it once."""
        await asked(stage, number, "kurang")
        other = watcher.transaction()
        await other.start()
        phone = await stage.value("SELECT phone_id FROM ticket")
        await watcher.fetch(SQL["phones_that_talk"], [phone], await stage.value("SELECT now()"))
        assert 0 == await pass_time(stage)
        await other.rollback()
        assert [0, 1] == sorted(await asyncio.gather(pass_time(stage), pass_time(stage)))


class TestDeadlines:
    async def move(self, stage: Stage) -> None:
        """To the moment of the next step."""
        await stage.pool.execute("UPDATE ticket SET next_at = now()")

    async def test_each_step_happens_once(self, stage: Stage, number: str, events: list[dict[str, Any]]) -> None:
        """Planned, reminded, told late, taken up; in the timeline, by mail, by SMS, and in the log."""
        await stage.text(number, ROAD)
        assert ["plan"] == await stage.column("SELECT next_step FROM ticket")
        steps = []
        for _ in range(5):
            await pass_time(stage)
            steps.append(await stage.value("SELECT next_step FROM ticket"))
            await self.move(stage)
        assert ["remind", "late", "overdue", None] == steps[:4]
        told = [kind for kind in await stage.column(STORY) if kind in ("reminded", "late", "overdue")]
        assert ["reminded", "late", "overdue"] == told
        assert ["diteruskan", "terlambat_menjawab", "macet"] == await stage.column(CAUSES)
        assert ["disposisi", "pengingat", "terlambat", "macet"] == await stage.column(
            "SELECT kind FROM outbox_mail ORDER BY id"
        )
        running = "SELECT agency || ' ' || copy FROM dispatch WHERE ended_at IS NULL ORDER BY id"
        assert ["PUPR-35.73 false", "TRIAGE true"] == await stage.column(running)
        logged = [event["event"] for event in events if event["event"].startswith("ticket.")]
        assert ["ticket.reminded", "ticket.late", "ticket.overdue"] == logged[-3:]

    async def test_two_processes_take_a_step_once(self, stage: Stage, number: str) -> None:
        """Whoever locks it first."""
        await stage.text(number, ROAD)
        await asyncio.gather(*(pass_time(stage) for _ in range(3)))
        await self.move(stage)
        await asyncio.gather(*(pass_time(stage) for _ in range(3)))
        assert 1 == (await stage.column(STORY)).count("reminded")

    async def test_a_new_deadline_is_planned_anew(self, stage: Stage, number: str) -> None:
        """What was planned for the one before counts no more."""
        await stage.text(number, ROAD)
        await pass_time(stage)
        await stage.pool.execute(
            "INSERT INTO ticket_event (ticket_id, kind, actor, status, due_for, due_at)"
            " SELECT id, 'agency_accepted', 'agency:PUPR-35.73', 'ditindaklanjuti', 'finish',"
            " now() + interval '20 days' FROM ticket"
        )
        assert ["plan"] == await stage.column("SELECT next_step FROM ticket")
        await stage.pool.execute(
            "INSERT INTO ticket_event (ticket_id, kind, actor, status, due_for)"
            " SELECT id, 'agency_done', 'agency:PUPR-35.73', 'selesai', 'none' FROM ticket"
        )
        assert [None] == await stage.column("SELECT next_step FROM ticket")


class TestOmbudsman:
    OLD = (
        "UPDATE ticket SET opened_at = opened_at - interval '62 days', updated_at = updated_at - interval '1 day',"
        " next_at = NULL, next_step = NULL"
    )

    async def test_after_sixty_days_the_citizen_is_asked_once(self, stage: Stage, number: str) -> None:
        """And YA sends the whole story there."""
        await stage.text(number, ROAD)
        await stage.pool.execute(self.OLD)
        assert 1 == await pass_time(stage)
        assert 0 == await pass_time(stage)
        await stage.text(number, "YA")
        assert ["eskalasi_ombudsman"] == await stage.column("SELECT status FROM ticket")
        assert ["diteruskan", "tanya_ombudsman", "ke_ombudsman"] == await stage.column(CAUSES)
        assert "ombudsman" == await stage.value("SELECT kind FROM outbox_mail ORDER BY id DESC LIMIT 1")

    async def test_what_is_closed_is_not_asked_about(self, stage: Stage, number: str) -> None:
        """Nor what is younger."""
        await stage.text(number, ROAD)
        await stage.pool.execute("UPDATE ticket SET next_at = NULL, next_step = NULL")
        assert 0 == await pass_time(stage)
        await stage.pool.execute(self.OLD + ", status = 'selesai'")
        assert 0 == await pass_time(stage)
