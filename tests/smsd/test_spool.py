"""SMS while the database is away: on the disk before the modem forgets them, in order, once, and within bounds."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from config.settings import Database, Settings
from parser.pdu import encode_deliver
from smsd import receive
from smsd import spool as spool_module
from smsd.parts import Arrived
from smsd.receive import Drainer, Intake
from smsd.spool import Spool, look_into, open_spool
from smsd.store.database import CONNECTION_ERRORS, StoreError, open_database, open_pool
from smsd.store.seal import Seal, load_seal, make_key_file
from smsd.store.throwaway import Throwaway
from tests.boxes import is_not

if TYPE_CHECKING:
    from tests.smsd.conftest import Cable, Stage

SENT_AT = datetime.fromisoformat("2026-08-03T09:14:00+07:00")
TEXTS = "SELECT text FROM inbound_message ORDER BY id"
IntakeOn = Callable[[asyncpg.Pool], Intake]
DrainerOn = Callable[[asyncpg.Pool], Drainer]


def sms(sender: str, text: str, second: int = 0, transport: str = "modem0") -> Arrived:
    """As a modem brings it."""
    return Arrived(transport, encode_deliver(sender, text, SENT_AT + timedelta(seconds=second)))


def files(spool: Spool) -> list[str]:
    """What is in its folder."""
    return sorted(path.name for path in spool._folder.iterdir())


@pytest.fixture
def again(settings: Settings, seal: Seal) -> Callable[[], Spool]:
    """The spool as the next run finds it."""
    return lambda: open_spool(settings.gateway.state_dir, seal, 1_000_000)


async def content(spool: Spool) -> list[list[Arrived]]:
    """What waits, file by file."""
    return [arrived for _, arrived in await spool.first(1_000_000)]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The disk takes no larger ones."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFiles:
    async def test_each_batch_is_a_file_and_the_next_run_finds_them_in_order(
        self, spool: Spool, again: Callable[[], Spool], number: str
    ) -> None:
        """The numbers go on where they ended; the name tells how many parts it has."""
        one, two, three = (sms(number, text) for text in ("satu", "dua", "tiga"))
        assert await spool.keep([one, two])
        later = again()
        assert await later.keep([three])
        assert ["000000000001-2.parts", "000000000002-1.parts"] == files(spool)
        assert ([[one, two], [three]], 3) == (await content(again()), again().parts)

    async def test_nobody_can_read_them_without_the_key(self, spool: Spool, number: str) -> None:
        """Neither number nor text, and only this user may open it."""
        arrived = sms(number, "Jalan rusak")
        await spool.keep([arrived])
        (path,) = spool._folder.iterdir()
        assert arrived.pdu[20:40].encode() not in path.read_bytes().upper()
        assert b"modem0" not in path.read_bytes()
        assert (0o600, 0o700) == (path.stat().st_mode & 0o777, spool._folder.stat().st_mode & 0o777)

    async def test_what_is_no_hexadecimal_comes_back_as_it_was(self, spool: Spool) -> None:
        """A modem that answers rubbish is taken at its word."""
        rubbish = [Arrived("modem\u00e4", "+CMGL: \udcff\u20ac")]
        await spool.keep(rubbish)
        assert [rubbish] == await content(spool)

    async def test_a_torn_write_is_cleared_away(self, spool: Spool, again: Callable[[], Spool], number: str) -> None:
        """A crash before the rename leaves a temporary file; the modem still has these SMS."""
        await spool.keep([sms(number, "satu")])
        (spool._folder / "000000000002-1.tmp").write_bytes(b"\x01half")
        assert 1 == again().parts
        assert ["000000000001-1.parts"] == files(spool)

    @pytest.mark.parametrize("damage", ["cut", "changed", "empty", "newer", "another key", "not a list", "gone"])
    async def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(
        self,
        spool: Spool,
        again: Callable[[], Spool],
        number: str,
        tmp_path: Path,
        damage: str,
        events: list[dict[str, Any]],
    ) -> None:
        """With an event that names the file and the cure; the file is never looked at again, nor its number used."""
        for text in ("satu", "dua"):
            await spool.keep([sms(number, text)])
        path = spool._folder / "000000000001-1.parts"
        whole = path.read_bytes()
        match damage:
            case "cut":
                path.write_bytes(whole[:-1])
            case "changed":
                path.write_bytes(whole[:30] + bytes([whole[30] ^ 1]) + whole[31:])
            case "empty":
                path.write_bytes(b"")
            case "newer":
                path.write_bytes(b"\x03" + whole[1:])
            case "another key":
                make_key_file(tmp_path / "another.key")
                path.write_bytes(b"\x02" + load_seal(tmp_path / "another.key").close(b"[]", "spool"))
            case "not a list":
                path.write_bytes(b"\x02" + spool._seal.close(b'{"parts": 1}', "spool"))
            case "gone":
                path.unlink()
        assert [[sms(number, "dua")]] == await content(spool)
        (event,) = [event for event in events if event["event"] == "spool.broken"]
        assert (str(path.with_suffix(".broken")), "error") == (event["file"], event["log_level"])
        assert "smsd.key" in str(event["cure"])
        if damage != "gone":
            assert ["000000000001-1.broken", "000000000002-1.parts"] == files(spool)
            assert [path.with_suffix(".broken")] == look_into(spool._folder)[1]
            assert 1 == again().parts
            assert "spool.broken" == events[-1]["event"]

    async def test_a_number_of_a_broken_file_is_not_used_again(
        self, spool: Spool, again: Callable[[], Spool], number: str
    ) -> None:
        """Nothing may be written over it."""
        spool._folder.mkdir()
        (spool._folder / "000000000007-1.broken").write_bytes(b"")
        (spool._folder / "notes.txt").write_text("somebody's")
        later = again()
        await later.keep([sms(number, "satu")])
        assert ["000000000007-1.broken", "000000000008-1.parts", "notes.txt"] == files(spool)

    async def test_a_folder_that_cannot_be_used_is_told_at_the_start(
        self, spool: Spool, again: Callable[[], Spool]
    ) -> None:
        """With the cure."""
        spool._folder.write_text("")
        with pytest.raises(StoreError, match=r"/spool cannot be used .Not a directory.; make it a folder"):
            again()


class TestBounds:
    async def test_beyond_the_bound_nothing_is_kept_and_that_is_told_once_a_minute(
        self, spool: Spool, number: str, events: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Room comes back when files go."""
        spool._most_bytes = 2 * 4096
        kept = [await spool.keep([sms(number, "satu", n)]) for n in range(4)]
        assert [True, True, False, False] == kept
        assert ["spool.full"] == [event["event"] for event in events]
        monkeypatch.setattr(spool_module, "_TELL_FULL_S", 0.0)
        await spool.keep([sms(number, "satu")])
        assert ["spool.full", "spool.full"] == [event["event"] for event in events]
        await spool.forget([kept for kept, _ in await spool.first(1)])
        assert await spool.keep([sms(number, "satu")])
        assert ["000000000002-1.parts", "000000000003-1.parts"] == files(spool)

    async def test_a_full_disk_leaves_nothing_behind(
        self, spool: Spool, number: str, events: list[dict[str, Any]]
    ) -> None:
        """Neither half a file nor a promise."""
        many = [sms(number, "Jalan rusak parah sekali", n) for n in range(50)]
        with files_of_at_most(1000):
            assert not await spool.keep(many)
        assert ([], 0) == (files(spool), spool.parts)
        assert "make room for" in str(events[0]["cure"])
        assert await spool.keep(many)
        assert [many] == await content(spool)

    async def test_a_file_where_the_folder_should_be(
        self, spool: Spool, number: str, events: list[dict[str, Any]]
    ) -> None:
        """Likewise."""
        spool._folder.write_text("")
        assert not await spool.keep([sms(number, "satu")])
        assert "spool.full" == events[0]["event"]


class TestExactlyOnceInOrder:
    @pytest.fixture
    async def far(self, far_settings: Settings, cable: Cable) -> Any:
        """A pool whose way to the database is cut."""
        async with open_pool(far_settings) as pool:
            cable.cut()
            yield pool

    async def test_a_crash_after_the_file_is_there_and_before_the_modem_forgets(
        self, stage: Stage, spool: Spool, number: str
    ) -> None:
        """The SMS is in the spool and on the modem: both are stored, as one."""
        arrived = sms(number, "Jalan rusak")
        await spool.keep([arrived])
        await stage.receive([arrived.pdu])
        assert ["Jalan rusak"] == await stage.column(TEXTS)
        assert 1 == await stage.value("SELECT count(*) FROM inbound_part")

    async def test_a_crash_after_the_commit_and_before_the_file_goes(
        self, stage: Stage, spool: Spool, again: Callable[[], Spool], drainer_on: DrainerOn, number: str
    ) -> None:
        """The next run stores it again, which changes nothing."""
        await spool.keep([sms(number, "satu"), sms(number, "dua", 1)])
        await stage.drainer._store.store((await content(spool))[0])
        drainer = Drainer(stage.drainer._store, again())
        assert [2, 0] == [await drainer.step(), await drainer.step()]
        assert (["satu", "dua"], []) == (await stage.column(TEXTS), files(spool))

    async def test_one_number_over_two_modems_keeps_its_order(
        self,
        stage: Stage,
        far: asyncpg.Pool,
        spool: Spool,
        cable: Cable,
        intake_on: IntakeOn,
        number: str,
        events: list[dict[str, Any]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """While anything waits, what comes goes behind it, though the database is back by then."""
        monkeypatch.setattr(receive, "_PARTS_AT_ONCE", 3)
        intake = intake_on(far)
        for n in range(8):
            assert await intake.keep([sms(number, f"teks {n}", n, f"modem{n % 2}")])
        cable.mend()
        assert 3 == await stage.drainer.step()
        assert await intake.keep([sms(number, "teks 8", 8)])
        assert (6, 3) == (spool.parts, await stage.value("SELECT count(*) FROM inbound_message"))
        while await stage.drainer.step():
            pass
        assert await intake.keep([sms(number, "teks 9", 9)])
        assert [f"teks {n}" for n in range(10)] == await stage.column(TEXTS)
        assert {"modem0", "modem1"} == set(await stage.column("SELECT transport FROM inbound_message"))
        kept = [event for event in events if event["event"] == "spool.kept"]
        assert [(f"modem{n % 2}", 1, n + 1) for n in range(8)] == [
            (event["modem"], event["parts"], event["waiting"]) for event in kept[:8]
        ]
        (drained,) = [event for event in events if event["event"] == "spool.drained"]
        assert (9, True) == (drained["parts"], 0 <= int(str(drained["away_s"])) < 60)

    async def test_a_long_sms_over_spool_and_database(
        self, stage: Stage, spool: Spool, number: str, long_pdus: Callable[..., list[str]]
    ) -> None:
        """Its parts came before, during and after."""
        text = "Lampu jalan mati sejak tiga minggu. " * 9
        first, *middle, last = long_pdus(number, text)
        await stage.receive([first])
        await spool.keep([Arrived("modem1", pdu) for pdu in middle])
        await stage.receive([last])
        assert [text] == await stage.column(TEXTS)

    async def test_poison_goes_into_quarantine_alone(self, stage: Stage, spool: Spool, number: str) -> None:
        """In the spool as in a batch of the modem's."""
        await stage.pool.execute(f"ALTER TABLE inbound_message ADD CHECK ({is_not('text', 'racun')})")
        await spool.keep([sms(number, "satu"), sms(number, "racun", 1)])
        await spool.keep([Arrived("modem1", "07912618010000F0040B912618"), sms(number, "dua", 2)])
        assert 4 == await stage.drainer.step()
        assert (["satu", "dua"], []) == (await stage.column(TEXTS), files(spool))
        assert ["modem0", "modem1"] == await stage.column("SELECT transport FROM quarantine ORDER BY transport")

    async def test_a_deadlock_leaves_the_files(self, stage: Stage, spool: Spool, number: str) -> None:
        """They are tried again at once."""
        await stage.pool.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('tries') = 1 THEN RAISE EXCEPTION 'x' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW;"
            " END $$; CREATE TRIGGER once BEFORE INSERT ON inbound_part FOR EACH ROW EXECUTE FUNCTION once()"
        )
        await spool.keep([sms(number, "satu")])
        assert (1, 1) == (await stage.drainer.step(), spool.parts)
        assert (1, 0) == (await stage.drainer.step(), spool.parts)
        assert ["satu"] == await stage.column(TEXTS)

    async def test_a_database_that_is_not_known_to_be_ours_gets_nothing(
        self, stage: Stage, spool: Spool, number: str
    ) -> None:
        """A daemon that started without it keeps all in the spool until the schema was looked at."""
        stage.intake.verified = False
        assert await stage.intake.keep([sms(number, "satu")])
        assert (1, []) == (spool.parts, await stage.column(TEXTS))

    async def test_a_file_that_cannot_be_removed(self, spool: Spool, number: str, events: list[dict[str, Any]]) -> None:
        """It does not come again in this run, and somebody is told."""
        await spool.keep([sms(number, "satu")])
        ((kept, _),) = await spool.first(1)
        kept.path.unlink()
        kept.path.mkdir()
        await spool.forget([kept])
        assert (0, ["spool.not_removed"]) == (spool.parts, [event["event"] for event in events])


class TestServerInTrouble:
    """A PostgreSQL of the test's own that is killed and frozen."""

    @pytest.fixture
    async def own_pool(self, settings: Settings, own_server: Throwaway) -> Any:
        """Connections to it, with the daemon's bound for a statement, shortened."""
        own = Settings(settings.path, settings.mail, settings.gateway, Database(own_server.dsn, connections=2))
        async with open_pool(own, statement_s=1.0) as pool:
            await pool.fetchval("SELECT 1")
            yield pool

    async def drained(self, drainer: Drainer) -> None:
        """Steps until nothing waits, through whatever the server needs to come back."""
        async with asyncio.timeout(60):
            while True:
                try:
                    if not await drainer.step():
                        return
                except CONNECTION_ERRORS:
                    await asyncio.sleep(0.05)

    async def test_killed_and_started_again(
        self, own_pool: asyncpg.Pool, own_server: Throwaway, intake_on: IntakeOn, drainer_on: DrainerOn, number: str
    ) -> None:
        """What came before, meanwhile and after is there once, in order."""
        intake = intake_on(own_pool)
        assert await intake.keep([sms(number, "satu")])
        own_server.kill()
        assert await intake.keep([sms(number, "dua", 1)])
        await asyncio.to_thread(own_server.start)
        assert await intake.keep([sms(number, "tiga", 2)])
        await self.drained(drainer_on(own_pool))
        assert ["satu", "dua", "tiga"] == [row["text"] for row in await own_pool.fetch(TEXTS)]

    async def test_frozen_and_thawed(
        self,
        own_pool: asyncpg.Pool,
        own_server: Throwaway,
        spool: Spool,
        intake_on: IntakeOn,
        drainer_on: DrainerOn,
        number: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A server that hangs holds up a batch for a bounded time; what it does when it wakes up changes nothing."""
        monkeypatch.setattr(receive, "_STORE_S", 0.5)
        intake = intake_on(own_pool)
        own_server.freeze()
        started = time.monotonic()
        assert await intake.keep([sms(number, "satu")])
        assert await intake.keep([sms(number, "dua", 1)])
        assert (2, True) == (spool.parts, time.monotonic() - started < 5)
        own_server.thaw()
        await self.drained(drainer_on(own_pool))
        assert ["satu", "dua"] == [row["text"] for row in await own_pool.fetch(TEXTS)]

    async def test_frozen_between_the_statements_of_a_batch(
        self,
        own_pool: asyncpg.Pool,
        own_server: Throwaway,
        spool: Spool,
        intake_on: IntakeOn,
        drainer_on: DrainerOn,
        number: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The transaction that was open is undone, and holds up nobody."""
        monkeypatch.setattr(receive, "_STORE_S", 0.5)
        async with own_pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE inbound_message IN ACCESS EXCLUSIVE MODE")
            keeping = asyncio.create_task(intake_on(own_pool).keep([sms(number, "satu")]))
            await asyncio.sleep(0.3)
            own_server.freeze()
            assert await asyncio.wait_for(keeping, 60)
            own_server.thaw()
        assert 1 == spool.parts
        await self.drained(drainer_on(own_pool))
        assert ["satu"] == [row["text"] for row in await own_pool.fetch(TEXTS)]

    async def test_a_pool_on_a_frozen_server_closes(self, settings: Settings, own_server: Throwaway) -> None:
        """A stop does not wait for it."""
        own = Settings(settings.path, settings.mail, settings.gateway, Database(own_server.dsn, connections=2))
        async with open_database(own):
            own_server.freeze()
            started = time.monotonic()
        assert time.monotonic() - started < 5
