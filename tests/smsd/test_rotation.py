"""Changing the key while SMS come in, on a real PostgreSQL, and with real kills."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from config.settings import Settings
from parser.pdu import encode_deliver
from smsd.parts import Arrived, PartStore
from smsd.rotation import announce, another_key, follow_key, old_boxes, seal_anew
from smsd.store.database import open_pool
from smsd.store.queries import PRIVACY
from smsd.store.seal import KeyFileError, Seal, add_key, drop_keys, load_seal
from tests.smsd.conftest import SENT_AT, Stage

ROAD = "jalan rusak parah di Lowokwaru kota malang, banyak lubang"
Moment = Callable[[int], datetime]


@dataclass
class Process:
    """Another process of the same installation: its own keys, its own connections."""

    pool: asyncpg.Pool
    seal: Seal

    async def take(self, number: str, text: str, at: datetime) -> int:
        """An SMS that its modem brings."""
        return await PartStore(self.pool, self.seal).store([Arrived("modem9", encode_deliver(number, text, at))])


Start = Callable[[], AbstractAsyncContextManager[Process]]


@pytest.fixture
def at() -> Moment:
    """Moments, a second apart."""
    return lambda second: SENT_AT + timedelta(seconds=second)


@pytest.fixture
def key_file(settings: Settings) -> Path:
    """Of the test's installation."""
    return settings.gateway.state_dir / "smsd.key"


@pytest.fixture
def another_process(settings: Settings, key_file: Path) -> Start:
    """Opens one; its keys are those that the file has at that moment."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Process]:
        seal = load_seal(key_file)
        async with open_pool(settings, seal=lambda: seal) as pool:
            await pool.fetchval("SELECT 1")
            yield Process(pool, seal)

    return opened


def nobody(_done: int, _of: int) -> None:
    """Is told."""


async def change_key(pool: asyncpg.Pool, key_file: Path) -> Seal:
    """A second key stands in the file, and is the current one."""
    add_key(key_file)
    seal = load_seal(key_file)
    new = another_key(seal, [seal.current.id])
    assert new is not None
    await announce(pool, seal, new)
    return seal


class TestSealingAnew:
    async def test_everything_opens_by_the_new_key_alone(
        self, stage: Stage, number: str, key_file: Path, another_process: Start
    ) -> None:
        """Numbers, PDUs, texts, reasons, events and SMS; all is as it was, and the trigger on the timeline lets it."""
        await stage.text(number, ROAD, "STATUS")
        await stage.receive(["zz"])
        before = await stage.rows("SELECT * FROM ticket_event ORDER BY id")
        seal = await change_key(stage.pool, key_file)
        assert 0 < await old_boxes(stage.pool, seal.current.id)
        assert 0 == await seal_anew(stage.pool, seal, nobody)
        drop_keys(key_file, seal.current.id)
        async with another_process() as later:
            assert [later.seal.current.id] == [r["key"] for r in await later.pool.fetch(PRIVACY["boxes_by_key"])]
            assert ROAD == await later.pool.fetchval("SELECT text FROM ticket")
            assert before == [dict(row) for row in await later.pool.fetch("SELECT * FROM ticket_event ORDER BY id")]
            phone = await later.pool.fetchrow("SELECT * FROM phone")
            assert number == later.seal.open(phone["address_sealed"], "phone").decode()
            assert later.seal.hash(number.encode(), "phone") == phone["address_hash"]

    async def test_the_view_knows_every_sealed_column(self, stage: Stage, key_file: Path) -> None:
        """Else a box could be left behind, and its key removed: columns of the type, and those named so."""
        columns = await stage.rows(
            "SELECT table_name, column_name FROM information_schema.columns JOIN pg_tables ON tablename = table_name"
            " WHERE table_schema = 'public' AND (udt_name = 'sealed' OR column_name LIKE '%\\_sealed')"
        )
        view = await stage.value("SELECT pg_get_viewdef('sealed_box')")
        assert 22 == len(columns)
        for column in columns:
            assert column["table_name"] in view
            assert column["column_name"] in view

    async def test_a_row_that_somebody_works_on_is_waited_for_by_nobody(
        self, stage: Stage, number: str, key_file: Path
    ) -> None:
        """It is left for the next round."""
        await stage.text(number, ROAD)
        seal = await change_key(stage.pool, key_file)
        async with stage.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM ticket FOR UPDATE")
            working = asyncio.create_task(seal_anew(stage.pool, seal, nobody))
            await asyncio.sleep(1)
            assert not working.done()
        assert 0 == await working


class TestMeanwhile:
    async def test_a_number_is_found_whichever_key_hashed_it(
        self, stage: Stage, number: str, key_file: Path, at: Moment, another_process: Start
    ) -> None:
        """Known before, it stays one phone for a process with both keys and for one that has not heard of the new."""
        async with another_process() as old:
            await old.take(number, "satu", at(0))
            await change_key(stage.pool, key_file)
            await stage.receive([encode_deliver(number, "dua", at(1))])
            await old.take(number, "tiga", at(2))
            assert 1 == await stage.value("SELECT count(*) FROM phone")
            assert ["satu", "dua", "tiga"] == await stage.column("SELECT text FROM inbound_message ORDER BY id")

    async def test_a_part_that_comes_again_is_still_known(
        self, stage: Stage, number: str, key_file: Path, at: Moment
    ) -> None:
        """Before and after it is sealed anew."""
        pdu = encode_deliver(number, ROAD, at(0))
        await stage.receive([pdu])
        seal = await change_key(stage.pool, key_file)
        await stage.receive([pdu])
        await seal_anew(stage.pool, seal, nobody)
        await stage.receive([pdu])
        assert 1 == await stage.value("SELECT count(*) FROM inbound_part")

    async def test_two_processes_make_one_phone_of_one_number(
        self, stage: Stage, key_file: Path, at: Moment, another_process: Start
    ) -> None:
        """While the key changes under them, and rows are sealed anew."""
        numbers = [f"+62812990000{n:02}" for n in range(30)]
        async with another_process() as one, another_process() as two:

            async def texts(process: Process, first: int) -> None:
                for n, number in enumerate(numbers):
                    await process.take(number, f"SMS {n}", at(first + n))

            talking = asyncio.gather(texts(one, 0), texts(two, 100))
            await asyncio.sleep(0.1)
            seal = await change_key(stage.pool, key_file)
            await seal_anew(stage.pool, seal, nobody)
            await talking
        sealed = await stage.column("SELECT address_sealed FROM phone")
        assert sorted(numbers) == sorted(seal.open(box, "phone").decode() for box in sealed)
        assert 60 == await stage.value("SELECT count(*) FROM inbound_message")

    async def test_a_daemon_hears_of_the_new_key(self, stage: Stage, key_file: Path, another_process: Start) -> None:
        """It looks into the file again; where the file is not the new one it ends, for it would read nothing."""
        async with another_process() as daemon:
            before = key_file.read_bytes()
            seal = await change_key(stage.pool, key_file)
            after = key_file.read_bytes()
            key_file.write_bytes(before)
            with pytest.raises(
                KeyFileError, match=r"does not hold; put back the key file it was made with, or restart"
            ):
                await follow_key(daemon.pool, daemon.seal)
            key_file.write_bytes(after)
            await follow_key(daemon.pool, daemon.seal)
            assert seal.current.id == daemon.seal.current.id


class TestCommand:
    @pytest.fixture
    def smsd(self, settings: Settings, key_file: Path) -> Callable[..., subprocess.Popen[str]]:
        """Starts `smsd privacy rotate-key` as a process."""
        settings.path.write_text(
            f'[gateway]\nstate_dir = "."\n[database]\ndsn = "{settings.database.dsn}"\n[mail]\nhost = "127.0.0.1"\n'
            'lmtp_listen = "127.0.0.1:0"\n'
        )

        def start(*arguments: str) -> subprocess.Popen[str]:
            command = (sys.executable, "-m", "smsd", "privacy", "rotate-key", *arguments, "--config", settings.path)
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        return start

    async def test_killed_again_and_again_it_comes_to_an_end(
        self,
        stage: Stage,
        number: str,
        key_file: Path,
        smsd: Callable[..., subprocess.Popen[str]],
        another_process: Start,
    ) -> None:
        """At every stage: before the file is written, while boxes are sealed; never a third key, never a lost text."""
        await stage.text(number, ROAD)
        phone = await stage.value("SELECT id FROM phone")
        texts = [f"SMS {n}" for n in range(4000)]
        await stage.pool.execute(
            "INSERT INTO outbox_sms (phone_id, cause, text, state)"
            " SELECT $1, 'bantuan', text, 'sent' FROM unnest($2::sealed[]) AS given(text)",
            *(phone, texts),
        )
        kills = 0
        total = await stage.value("SELECT count(*) FROM sealed_box")
        async with asyncio.timeout(300):
            for moment in range(200):
                process = smsd()
                # The first ones die early, later ones live longer, until one comes to the end.
                try:
                    async with asyncio.timeout(0.3 + 0.2 * moment):
                        said, _ = await asyncio.to_thread(process.communicate)
                    break
                except TimeoutError:
                    process.kill()
                    kills += 1
        assert 0 == process.returncode, said
        assert 0 < kills
        assert 2 == len(key_file.read_bytes().split())
        async with another_process() as later:
            assert texts == [
                row["text"]
                for row in await later.pool.fetch("SELECT text FROM outbox_sms WHERE cause = 'bantuan' ORDER BY id")
            ]
            assert [total] == [row["count"] for row in await later.pool.fetch(PRIVACY["boxes_by_key"])]

    async def test_the_old_key_goes_when_nobody_needs_it(
        self, stage: Stage, number: str, key_file: Path, smsd: Callable[..., subprocess.Popen[str]]
    ) -> None:
        """Not before everything is sealed anew, nor while somebody may not have heard of the new one."""

        async def say(*arguments: str) -> tuple[str, int | None]:
            process = smsd(*arguments)
            said, _ = await asyncio.to_thread(process.communicate)
            return said, process.returncode

        await stage.text(number, ROAD)
        assert "there is no old key" in (await say("--finish"))[0]
        assert "has a second key; back it up" in (await say("--prepare"))[0]
        assert "has a second key already" in (await say("--prepare"))[0]
        assert "the second key is not in use yet" in (await say("--finish"))[0]
        assert "all is sealed by the new key" in (await say())[0]
        said, code = await say("--finish")
        assert ("smsd: somebody may still use the old key; try again in 60 seconds\n", 1) == (said, code)
        await stage.pool.execute("UPDATE sealing_key SET current_since = now() - interval '2 minutes' WHERE current")
        spooled = key_file.parent / "modems" / "modem1" / "spool" / "000000000001-1.parts"
        spooled.parent.mkdir(parents=True)
        spooled.write_bytes(b"sealed by the old key")
        assert "SMS wait in the spool" in (await say("--finish"))[0]
        spooled.unlink()
        assert "has the new key alone" in (await say("--finish"))[0]
        assert 1 == len(key_file.read_bytes().split())
        assert 0o600 == key_file.stat().st_mode & 0o777
        assert "there is no old key" in (await say("--finish"))[0]
