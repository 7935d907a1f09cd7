"""The clock of the machine is set back or forward: nothing waits for it, and nothing is done twice for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from smsd.clock_step import take_back_the_future

if TYPE_CHECKING:
    from tests.smsd.conftest import ScriptedTransport, Stage

ROAD = "Jalan rusak parah banyak lubang di Lowokwaru Kota Malang."
_TIMES = {
    "inbound_message": ("received_at", "due_at", "held_until"),
    "outbox_sms": ("created_at", "due_at", "valid_from", "leased_until"),
    "outbox_mail": ("created_at", "due_at", "leased_until"),
    "inbound_mail": ("received_at", "due_at"),
}


async def set_back(stage: Stage, time: str) -> None:
    """As if the clock had been set back by that much since: all that was written is later now."""
    for table, columns in _TIMES.items():
        changes = ", ".join(f"{column} = {column} + interval '{time}'" for column in columns)
        await stage.pool.execute(f"UPDATE {table} SET {changes}")


async def test_texts_that_wait_are_handled_at_once(stage: Stage, number: str, events: list[dict[str, Any]]) -> None:
    """Not when the clock has come there again; the operator reads why."""
    await stage.receive([])
    phone = await stage.phone(number)
    await stage.pool.execute(
        "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at) VALUES ($1, 'm', $2, true, now())",
        *(phone, ROAD),
    )
    await set_back(stage, "2 hours")
    assert 0 == await stage.handle()
    assert 0 == await take_back_the_future(stage.pool)
    assert 1 == await stage.handle()
    assert [ROAD] == await stage.column("SELECT text FROM ticket")
    assert [("clock.set_back", 1)] == [(e["event"], e["rows"]) for e in events if e["event"] == "clock.set_back"]


async def test_sms_that_wait_are_sent_at_once(stage: Stage, number: str, scripted: type[ScriptedTransport]) -> None:
    """The same for those that somebody has claimed who is gone."""
    modem = scripted()
    first, second = await stage.queue_sms(number), await stage.queue_sms(number, "Apa kabar")
    await stage.pool.execute(
        "UPDATE outbox_sms SET state = 'sending', leased_by = 'gone', leased_until = now() + interval '5 minutes'"
        " WHERE id = $1",
        first,
    )
    await set_back(stage, "1 day")
    sender = stage.sender(modem)
    assert 0 == await sender.step()
    await take_back_the_future(stage.pool)
    while await sender.step():
        pass
    assert ["sent", "sent"] == [(await stage.sms(sms))["state"] for sms in (first, second)]
    assert ["Halo", "Apa kabar"] == [submission.text for submission in modem.sent]


@pytest.mark.parametrize("time", ["0 seconds", "-3 hours"])
async def test_what_is_in_its_time_stays(stage: Stage, number: str, time: str, events: list[dict[str, Any]]) -> None:
    """Also after the clock was set forward: what was put off is due the sooner, and nothing is done twice."""
    await stage.text(number, ROAD)
    sms = await stage.queue_sms(number)
    await stage.pool.execute("UPDATE outbox_sms SET due_at = now() + interval '10 minutes' WHERE id = $1", sms)
    await set_back(stage, time)
    before = await stage.sms(sms)
    await take_back_the_future(stage.pool)
    assert before == await stage.sms(sms)
    assert 0 == await stage.handle()
    assert [ROAD] == await stage.column("SELECT text FROM ticket")
    assert [] == [event for event in events if event["event"] == "clock.set_back"]


@pytest.mark.parametrize("year", [2001, 2026, 2049])
async def test_what_an_smsc_says_of_the_time_is_not_believed(stage: Stage, number: str, year: int) -> None:
    """A message centre with a wrong clock: the report is opened now, and answered."""
    await stage.text(number, ROAD, sent_at=datetime(year, 1, 1, tzinfo=UTC))
    assert [True] == await stage.column("SELECT opened_at BETWEEN now() - interval '1 minute' AND now() FROM ticket")
    assert ["diteruskan"] == await stage.column("SELECT cause FROM outbox_sms")
