"""The table of modems follows what they say of themselves."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from smsd.loops import Bell
from smsd.modem_board import ModemBoard
from smsd.store.queries import SQL
from smsd.transports.base import TransportState

READY = TransportState("ready", "490154203237518", 80, "TELKOMSEL", "home", 3, 30)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def board(pool: asyncpg.Pool, bell: Bell) -> ModemBoard:
    return ModemBoard(pool, bell)


async def shown(pool: asyncpg.Pool) -> dict[str, TransportState]:
    """What `smsd modem status` would show."""
    rows = [dict(row) for row in await pool.fetch(SQL["list_modems"])]
    return {
        row["name"]: TransportState(**{key: row[key] for key in row if key not in ("name", "updated_at")})
        for row in rows
    }


async def test_the_newest_state_of_each_is_written(pool: asyncpg.Pool, board: ModemBoard) -> None:
    """Not the ones between."""
    board.tell("modem0", TransportState("starting"))
    board.tell("modem1", TransportState("lost", error="kabel dicabut"))
    board.tell("modem0", READY)
    assert 0 == await board.step()
    assert {"modem0": READY, "modem1": TransportState("lost", error="kabel dicabut")} == await shown(pool)


async def test_telling_rings(board: ModemBoard, bell: Bell) -> None:
    """So that the loop writes it down at once, and what waited for the modem is sent at once."""
    woken = [bell.listen(table) for table in ("modem", "outbox_sms")]
    board.tell("modem0", READY)
    assert all(event.is_set() for event in woken)


async def test_a_lost_modem_keeps_its_name(pool: asyncpg.Pool, board: ModemBoard) -> None:
    """Its IMEI tells the operator which one to look for; what it measured is over."""
    board.tell("modem0", READY)
    await board.step()
    board.tell("modem0", TransportState("lost", error="silent"))
    await board.step()
    assert {"modem0": TransportState("lost", imei=READY.imei, error="silent")} == await shown(pool)


async def test_what_was_written_is_no_news(pool: asyncpg.Pool, board: ModemBoard) -> None:
    """Another step writes nothing."""
    board.tell("modem0", READY)
    await board.step()
    await pool.execute("DELETE FROM modem")
    await board.step()
    assert {} == await shown(pool)


async def test_what_cannot_be_written_stays_news(pool: asyncpg.Pool, board: ModemBoard) -> None:
    """The database is away for a while: here its table is."""
    board.tell("modem0", READY)
    await pool.execute("ALTER TABLE modem RENAME TO away")
    with pytest.raises(asyncpg.UndefinedTableError):
        await board.step()
    await pool.execute("ALTER TABLE away RENAME TO modem")
    await board.step()
    assert {"modem0": READY} == await shown(pool)


async def test_news_that_come_while_it_writes_are_not_lost(pool: asyncpg.Pool, board: ModemBoard) -> None:
    """They are written by the next step."""
    board.tell("modem0", TransportState("starting"))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE modem")
        step = asyncio.create_task(board.step())
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        board.tell("modem0", READY)
    await step
    await board.step()
    assert {"modem0": READY} == await shown(pool)
