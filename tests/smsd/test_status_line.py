"""The line of `systemctl status`, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from smsd import status_line as module
from smsd.loops import Bell, Pulse
from smsd.modem_board import ModemBoard
from smsd.parts import Arrived
from smsd.spool import Spool
from smsd.status_line import StatusLine
from smsd.transports.base import TransportState


@pytest.fixture
def board(pool: asyncpg.Pool) -> ModemBoard:
    """Where modems say how they are."""
    return ModemBoard(pool, Bell())


@pytest.fixture
def status(board: ModemBoard, spool: Spool) -> StatusLine:
    """Of two modems."""
    return StatusLine(["modem0", "modem1"], board, spool, Pulse())


@pytest.fixture
def looked(
    status: StatusLine, pool: asyncpg.Pool, settings: object, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], object]:
    """Lets it look at the database once; what systemd was told."""
    told: list[str] = []
    monkeypatch.setattr(module, "notify", told.append)

    async def look() -> str:
        told.clear()
        watching = asyncio.create_task(status.watch(pool, settings.zone))
        while not told:
            await asyncio.sleep(0.005)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return told[0]

    return look


async def test_all_is_well(status, board, looked):
    """Nothing waits, nothing came."""
    for name in ("modem0", "modem1"):
        board.tell(name, TransportState("ready"))
    assert "STATUS=2 of 2 modems ready; nothing waiting; database ok; 0 reports today" == await looked()


async def test_what_waits_and_what_came(status, board, stage, number, looked):
    """Yesterday's reports are not counted; nor is what was sent."""
    board.tell("modem0", TransportState("ready"))
    await stage.text(number, "jalan rusak parah di Lowokwaru kota malang", "sampah numpuk di Lowokwaru kota malang")
    await stage.queue_sms(number)
    await stage.pool.execute("UPDATE outbox_sms SET state = 'sent' WHERE id = 1")
    said = await looked()
    assert (
        "STATUS=1 of 2 modems ready (modem1 starting); 2 SMS and 2 mails waiting; database ok; 2 reports today" == said
    )
    await stage.pool.execute("UPDATE ticket SET opened_at = opened_at - interval '1 day' WHERE id = 1")
    await stage.pool.execute("UPDATE outbox_mail SET state = 'sent' WHERE id = 1")
    await stage.pool.execute("DELETE FROM outbox_sms")
    assert (await looked()).endswith("1 mail waiting; database ok; 1 report today")


async def test_what_is_wrong(status, board, spool, pool, looked):
    """The database, the disk, a file that was refused, a loop."""
    board.tell("modem0", TransportState("lost"))
    await spool.keep([Arrived("modem0", "00"), Arrived("modem0", "01")])
    status.reload_refused = True
    status._pulse.beat("send mail", -1)
    await pool.close()
    assert (
        "STATUS=STUCK: send mail; 0 of 2 modems ready (modem0 lost, modem1 starting); the database is away; "
        "2 SMS parts on the disk; the last reload was refused, the journal says why"
    ) == await looked()


def test_a_gateway_for_mail_alone(board, spool):
    """Has no modem."""
    assert StatusLine([], board, spool, Pulse()).text().startswith("0 of 0 modems ready; ")
