"""A part that comes after its SMS was handled with a gap: the gap is filled, and nothing is opened a second time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from smsd.parts import GAP, join_overdue
from tests.smsd.conftest import SENT_AT

if TYPE_CHECKING:
    from tests.smsd.conftest import Stage

Cut = Callable[..., list[str]]

NO_WAIT = timedelta(0)
WHOLE = (
    "Jalan rusak parah di RT 3 banyak lubang, sudah dua orang jatuh dan belum diperbaiki "
    "di Lowokwaru Kota Malang, mohon ditambal."
)
SIZE = 42
FIRST, SECOND, THIRD = (WHOLE[at : at + SIZE] for at in range(0, len(WHOLE), SIZE))
TEXTS = "SELECT text FROM inbound_message ORDER BY id"
TICKETS = "SELECT text FROM ticket ORDER BY id"


@pytest.fixture
def parts(number: str, long_pdus: Cut) -> list[str]:
    """The three parts of a report."""
    return long_pdus(number, WHOLE, size=SIZE)


async def overdue(stage: Stage) -> None:
    """The wait for missing parts is over, and what there is has been handled."""
    await join_overdue(stage.pool, stage.seal, NO_WAIT)
    while await stage.handle():
        pass


async def test_before_it_is_handled_nobody_sees_the_gap(stage: Stage, parts: list[str]) -> None:
    """The message that waits gets its whole text."""
    await stage.receive([parts[0], parts[2]])
    await join_overdue(stage.pool, stage.seal, NO_WAIT)
    assert [text for text in await stage.column(TEXTS) if GAP in text]
    await stage.receive([parts[1]])
    assert [(WHOLE, True)] == [
        (row["text"], row["complete"]) for row in await stage.rows("SELECT text, complete FROM inbound_message")
    ]
    await stage.handle()
    assert [WHOLE] == await stage.column(TICKETS)
    assert 0 == await stage.value("SELECT count(*) FROM inbound_part WHERE message_id IS NULL")


@pytest.mark.parametrize("late", [0, 1, 2])
async def test_after_that_the_ticket_gets_it_and_its_agency(stage: Stage, parts: list[str], late: int) -> None:
    """One ticket, its text whole; the agency has one more mail, the citizen no more SMS than before."""
    await stage.receive([pdu for n, pdu in enumerate(parts) if n != late])
    await overdue(stage)
    before = await stage.value("SELECT count(*) FROM outbox_sms")
    assert 1 == before
    await stage.receive([parts[late]])
    while await stage.handle():
        pass
    assert [WHOLE] == await stage.column(TICKETS)
    assert ["complaint", "completed"] == await stage.column("SELECT outcome FROM inbound_message ORDER BY id")
    mails = await stage.column("SELECT kind FROM outbox_mail ORDER BY id")
    assert "tambahan" in mails or late == 2  # without its last part nobody knew where it was, and it waited
    assert 1 == await stage.value("SELECT count(DISTINCT ticket_id) FROM inbound_message")


async def test_a_late_part_that_says_where_it_is_sends_the_report_on(stage: Stage, parts: list[str]) -> None:
    """The question for the place is answered by it."""
    await stage.receive(parts[:2])
    await overdue(stage)
    assert ["tanya_tempat"] == await stage.column("SELECT cause FROM outbox_sms")
    await stage.receive([parts[2]])
    while await stage.handle():
        pass
    assert [("terdisposisi", "35.73.05")] == [
        (row["status"], row["place"]) for row in await stage.rows("SELECT status, place FROM ticket")
    ]
    assert ["tanya_tempat", "diteruskan"] == await stage.column("SELECT cause FROM outbox_sms ORDER BY id")


async def test_two_parts_come_late_one_after_the_other(stage: Stage, parts: list[str]) -> None:
    """What is still missing then is waited for as before."""
    await stage.receive([parts[0]])
    await overdue(stage)
    await stage.receive([parts[2]])
    assert [(FIRST + GAP).strip()] == await stage.column(TICKETS)
    await overdue(stage)
    assert [FIRST + GAP + THIRD] == await stage.column(TICKETS)
    await stage.receive([parts[1]])
    while await stage.handle():
        pass
    assert [WHOLE] == await stage.column(TICKETS)
    assert ["complaint", "completed", "completed"] == await stage.column(
        "SELECT outcome FROM inbound_message ORDER BY id"
    )


async def test_the_same_part_again_fills_nothing(stage: Stage, parts: list[str], number: str, long_pdus: Cut) -> None:
    """A reference that is used again for another text, at once or much later, is another text's."""
    await stage.receive([parts[0], parts[2]])
    await overdue(stage)
    other = "Lampu jalan mati semua di gang kami nomor 12 dan kami takut lewat sana waktu malam, Coblong Kota Bandung."
    much_later = SENT_AT + timedelta(hours=3)
    await stage.receive(long_pdus(number, WHOLE.upper(), size=SIZE)[:1])
    await stage.receive(long_pdus(number, f"{other} Sudah lama.", size=SIZE, sent_at=much_later)[1:2])
    while await stage.handle():
        pass
    assert [FIRST + GAP + THIRD] == await stage.column(TICKETS)


async def test_a_closed_report_stays_closed(stage: Stage, parts: list[str]) -> None:
    """The whole text is a report of its own then: the words of the citizen are lost in no case."""
    await stage.receive([parts[0], parts[2]])
    await overdue(stage)
    await stage.pool.execute(
        "INSERT INTO ticket_event (ticket_id, kind, actor, status)"
        " SELECT id, 'archived', 'gateway', 'diarsipkan' FROM ticket"
    )
    await stage.receive([parts[1]])
    while await stage.handle():
        pass
    assert [FIRST + GAP + THIRD, WHOLE] == await stage.column(TICKETS)
