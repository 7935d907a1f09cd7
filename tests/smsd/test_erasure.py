"""Retention: what has been kept long enough goes by itself; an open report never."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.settings import Privacy
from smsd.erasure import Retention
from smsd.writes import Event, SmsLimits, Writes, store
from tests.smsd.conftest import Stage

ROAD = "jalan rusak parah di Lowokwaru kota malang, banyak lubang"
TERMS = Privacy(retention_pengaduan=400, retention_other=30)


async def forget(stage: Stage, terms: Privacy = TERMS) -> int:
    """Until nothing is left to erase; how much that was."""
    retention, done = Retention(stage.pool, terms, lambda: 0.0), 0
    while erased := await retention.step():
        done += erased
    return done


async def age(stage: Stage, days: int) -> None:
    """Everything was so many days ago; what has to be sent was."""
    for table, *columns in (
        ("phone", "first_seen_at"),
        ("inbound_message", "received_at"),
        ("inbound_mail", "received_at"),
        ("outbox_sms", "created_at"),
        ("ticket", "updated_at", "opened_at"),
        ("quarantine", "at"),
    ):
        earlier = ", ".join(f"{column} = {column} - make_interval(days => $1)" for column in columns)
        await stage.pool.execute(f"UPDATE {table} SET {earlier}", days)
    await stage.pool.execute("UPDATE outbox_sms SET state = 'sent' WHERE state = 'queued'")
    await stage.pool.execute("UPDATE outbox_mail SET state = 'sent' WHERE state = 'queued'")


async def close(stage: Stage) -> None:
    """The report is archived."""
    now = await stage.value("SELECT now()")
    ticket = await stage.value("SELECT max(id) FROM ticket")
    event = Event(ticket, now, "status_set", "operator:ani", "diarsipkan", due_for="none", data={"text": "beres"})
    async with stage.pool.acquire() as connection:
        await store(connection, Writes(events=[event]), SmsLimits(9))


async def readable(stage: Stage) -> str:
    """All that the database holds for whoever has the key."""
    names = await stage.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return str([await stage.rows(f"SELECT * FROM {name}") for name in names])


async def test_a_closed_report_goes_when_its_time_is_over(
    stage: Stage, number: str, events: list[dict[str, Any]]
) -> None:
    """With every word about it, and then the number; the timeline says so, and the log."""
    await stage.text(number, ROAD)
    await close(stage)
    await age(stage, 399)
    assert 0 == await forget(stage)
    assert ROAD in await readable(stage)
    await age(stage, 2)
    assert 0 < await forget(stage)
    assert ROAD not in await readable(stage)
    assert "beres" not in await readable(stage)
    assert "[dihapus]" == await stage.value("SELECT text FROM ticket")
    assert ["opened", "verified", "dispatched", "status_set", "retention"] == await stage.column(
        "SELECT kind FROM ticket_event ORDER BY id"
    )
    assert [None] == await stage.column("SELECT address_hash FROM phone")
    assert 0 == await stage.value("SELECT count(*) FROM inbound_part")
    assert "privacy.retention_over" in [event["event"] for event in events]
    assert ROAD not in str(events)


async def test_an_open_report_is_never_erased(stage: Stage, number: str) -> None:
    """However old it is."""
    await stage.text(number, ROAD)
    await age(stage, 3000)
    await forget(stage)
    assert ROAD == await stage.value("SELECT text FROM ticket")
    assert await stage.value("SELECT address_hash FROM phone")


async def test_a_class_has_its_own_time(stage: Stage, number: str) -> None:
    """A report of an office's misconduct may be needed in court."""
    await stage.text(number, ROAD)
    await close(stage)
    await stage.pool.execute("UPDATE ticket SET class = 'pengawasan'")
    await age(stage, 1000)
    await forget(stage)
    assert ROAD == await stage.value("SELECT text FROM ticket")
    await age(stage, 1000)
    await forget(stage)
    assert "[dihapus]" == await stage.value("SELECT text FROM ticket")


@pytest.mark.parametrize(("days", "left"), [(29, True), (31, False)])
async def test_what_became_no_report_goes_sooner(stage: Stage, number: str, days: int, left: bool) -> None:
    """Spam, thanks, a PDU that nobody could read; the number with it."""
    await stage.text(number, "BANTUAN")
    await stage.receive(["zz"])
    await age(stage, days)
    await forget(stage)
    assert left == ("BANTUAN" in await readable(stage))
    assert left == bool(await stage.value("SELECT count(*) FROM quarantine"))
    assert left == (await stage.value("SELECT address_hash FROM phone") is not None)


async def test_somebody_who_has_asked_for_their_data_gets_them_first(stage: Stage, number: str) -> None:
    """A request that is open keeps what it is about."""
    await stage.text(number, ROAD)
    await close(stage)
    await stage.pool.execute(
        "INSERT INTO privacy_request (kind, phone_id, due_at, taken_by)"
        " SELECT 'access', id, now(), 'operator:ani' FROM phone"
    )
    await age(stage, 500)
    await forget(stage)
    assert ROAD == await stage.value("SELECT text FROM ticket")


async def test_it_looks_once_an_hour(stage: Stage, number: str) -> None:
    """Having found nothing."""
    now = [0.0]
    retention = Retention(stage.pool, replace(TERMS, retention_other=1), lambda: now[0])
    assert 0 == await retention.step()
    await stage.text(number, "BANTUAN")
    await age(stage, 2)
    assert 0 == await retention.step()
    now[0] = 3601.0
    assert 0 < await retention.step()


async def test_what_comes_after_a_report_was_erased_goes_too(stage: Stage, number: str) -> None:
    """A citizen who asks for its status, and the answer."""
    await stage.text(number, ROAD)
    await close(stage)
    await age(stage, 401)
    await stage.text(number, "BANTUAN")  # so that the phone stays known
    await forget(stage)
    assert "[dihapus]" == await stage.value("SELECT text FROM ticket")
    ticket = await stage.value("SELECT id FROM ticket")
    await stage.queue_sms(number, "laporan Anda sudah ditutup", ticket_id=ticket)
    await age(stage, 31)
    await forget(stage)
    assert "sudah ditutup" not in await readable(stage)
    assert [None] == await stage.column("SELECT address_hash FROM phone")
