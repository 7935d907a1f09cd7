"""From the transport into the database: nothing is lost, nothing is doubled, nothing stops the loop."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import Settings
from parser import pdu_fields
from parser.pdu import Concat, encode_deliver, encode_status_report
from smsd import receive
from smsd.loops import Stop
from smsd.parts import GAP, join_overdue
from smsd.receive import Intake, Receiver
from smsd.spool import Spool
from smsd.store.database import open_database
from smsd.transports.base import Batch, RawPart
from tests.boxes import is_not

if TYPE_CHECKING:
    from tests.smsd.conftest import Cable, ScriptedTransport, Stage, Until

Moment = Callable[[int], datetime]

NO_WAIT = timedelta(seconds=-60)  # everything that waits has waited long enough
LONG = "Lampu jalan mati sejak tiga minggu. " * 9
SENT_AT = datetime(2026, 8, 3, 9, 14, tzinfo=timezone(timedelta(hours=7)))
BROKEN = "07912618010000F0040B912618"  # ends inside the sender

COMPLAINTS = "SELECT text FROM inbound_message ORDER BY id"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away, look again at once."""
    monkeypatch.setattr(receive, "_AGAIN_S", 0.01)


@pytest.fixture
def at() -> Callable[[int], datetime]:
    """A moment, in seconds after the first SMS of a test."""
    return lambda seconds: SENT_AT + timedelta(seconds=seconds)


def with_dcs(pdu: str, sender: str, dcs: int) -> str:
    """The same PDU with another data coding scheme."""
    octets = bytearray.fromhex(pdu)
    octets[1 + octets[0] + 1 + len(pdu_fields.write_address(sender)) + 1] = dcs
    return octets.hex().upper()


class TestAcknowledgeAfterCommit:
    """Invariant 1."""

    async def test_rows_are_committed_before_the_modem_may_forget(
        self,
        stage: Stage,
        watcher: asyncpg.Connection,
        scripted: type[ScriptedTransport],
        batch_of: Callable[..., Batch],
        number: str,
        at: Moment,
    ) -> None:
        """What acknowledge() sees from another connection is the text, its part, the report and the broken PDU."""
        modem, stop, seen = scripted(), Stop(), []

        async def look(_: Batch) -> None:
            tables = ("inbound_part", "inbound_message", "delivery_report", "quarantine")
            seen.extend([await watcher.fetchval(f"SELECT count(*) FROM {table}") for table in tables])
            stop.ask()

        modem.on_acknowledge = look
        report = encode_status_report(number, 7, at(0), at(5))
        modem.batches.put_nowait(batch_of(encode_deliver(number, "Jalan rusak", at(0)), report, BROKEN))
        await Receiver(modem, stage.intake).run(stop)
        assert [1, 1, 1, 1] == seen

    async def test_a_session_ended_in_the_middle_of_the_transaction(
        self,
        stage: Stage,
        spool: Spool,
        watcher: asyncpg.Connection,
        until_waiting: Until,
        scripted: type[ScriptedTransport],
        batch_of: Callable[..., Batch],
        number: str,
        at: Moment,
    ) -> None:
        """pg_terminate_backend between the first insert and the commit: the spool has it, then the database, once."""
        modem, stop = scripted(), Stop()

        async def kept(_: Batch) -> None:
            assert (1, 0) == (spool.parts, await stage.value("SELECT count(*) FROM inbound_part"))
            stop.ask()

        modem.on_acknowledge = kept
        modem.batches.put_nowait(batch_of(encode_deliver(number, "Jalan rusak", at(0))))
        async with watcher.transaction():
            await watcher.execute("LOCK TABLE inbound_message IN ACCESS EXCLUSIVE MODE")
            loop = asyncio.create_task(Receiver(modem, stage.intake).run(stop))
            await until_waiting(watcher, 1)
            await watcher.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.wait_for(loop, 60)
        assert [1, 0] == [await stage.drainer.step(), await stage.drainer.step()]
        assert (["Jalan rusak"], 1) == (await stage.column(COMPLAINTS), len(modem.acknowledged))

    async def test_what_can_be_kept_nowhere_stays_on_the_modem(
        self,
        far_settings: Settings,
        cable: Cable,
        watcher: asyncpg.Connection,
        spool: Spool,
        intake_on: Callable[[asyncpg.Pool], Intake],
        scripted: type[ScriptedTransport],
        batch_of: Callable[..., Batch],
        number: str,
        at: Moment,
        events: list[dict[str, Any]],
    ) -> None:
        """No database and a spool that is full: not acknowledged, told once, and stored when the database is back."""
        modem, stop, alive = scripted(), Stop(), asyncio.Event()
        spool._most_bytes = 4095
        async with open_database(far_settings) as pool:
            loop = asyncio.create_task(Receiver(modem, intake_on(pool), lambda _: alive.set()).run(stop))
            cable.cut()
            modem.batches.put_nowait(batch_of(encode_deliver(number, "Jalan rusak", at(0))))
            for _ in range(3):
                cable.refused.clear()
                await asyncio.wait_for(cable.refused.wait(), 60)
            assert [] == modem.acknowledged
            assert alive.is_set()

            async def stop_then(_: Batch) -> None:
                assert 1 == await watcher.fetchval("SELECT count(*) FROM inbound_message")
                stop.ask()

            modem.on_acknowledge = stop_then
            cable.mend()
            await asyncio.wait_for(loop, 60)
        assert 1 == len(modem.acknowledged)
        (full,) = [event for event in events if event["event"] == "spool.full"]
        assert "[gateway] spool_mb is reached" == full["error"]
        assert str(full["cure"]).startswith("bring the database back, or raise spool_mb")

    async def test_a_stop_while_it_can_be_kept_nowhere(
        self,
        far_settings: Settings,
        cable: Cable,
        spool: Spool,
        intake_on: Callable[[asyncpg.Pool], Intake],
        scripted: type[ScriptedTransport],
        batch_of: Callable[..., Batch],
        number: str,
        at: Moment,
    ) -> None:
        """The loop ends at once; the SMS stays in the modem."""
        modem, stop = scripted(), Stop()
        spool._most_bytes = 0
        async with open_database(far_settings) as pool:
            cable.cut()
            modem.batches.put_nowait(batch_of(encode_deliver(number, "Jalan rusak", at(0))))
            loop = asyncio.create_task(Receiver(modem, intake_on(pool)).run(stop))
            await asyncio.wait_for(cable.refused.wait(), 60)
            stop.ask()
            await asyncio.wait_for(loop, 60)
        assert [] == modem.acknowledged

    async def test_a_batch_in_hand_is_finished_after_the_stop(
        self, stage: Stage, scripted: type[ScriptedTransport], batch_of: Callable[..., Batch], number: str, at: Moment
    ) -> None:
        """A stop does not break off what was already received; what comes later stays where it is."""
        modem, stop = scripted(), Stop()
        modem.batches.put_nowait(batch_of(encode_deliver(number, "satu", at(0))))
        modem.batches.put_nowait(batch_of(encode_deliver(number, "dua", at(1))))

        async def stopping(_: Batch) -> None:
            stop.ask()

        modem.on_acknowledge = stopping
        await Receiver(modem, stage.intake).run(stop)
        assert (["satu"], 1) == (await stage.column(COMPLAINTS), len(modem.acknowledged))

    async def test_an_idle_wait_ends_with_the_stop_or_the_task(
        self, stage: Stage, scripted: type[ScriptedTransport]
    ) -> None:
        """A stop breaks off receive(), and so does a cancellation, which is then passed on."""
        stop = Stop()
        receiver = Receiver(scripted("modem7"), stage.intake)
        loop = asyncio.create_task(receiver.run(stop))
        await asyncio.sleep(0)
        stop.ask()
        await asyncio.wait_for(loop, 60)
        loop = asyncio.create_task(receiver.run(Stop()))
        await asyncio.sleep(0)
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loop
        assert "modem7" == receiver.name


class TestOneTextOneTicket:
    """Invariant 2."""

    async def test_the_same_part_again_changes_nothing(self, stage: Stage, number: str, at: Moment) -> None:
        """In the same batch, in a later one, and through another modem."""
        pdu = encode_deliver(number, "jln rusak parah di Lowokwaru kota malang", at(0))
        await stage.receive([pdu, pdu], [pdu])
        await stage.handle()
        await stage.receive([pdu], transport="modem1")
        await stage.handle()
        counts = [
            await stage.value(f"SELECT count(*) FROM {table}")
            for table in ("inbound_part", "inbound_message", "ticket", "outbox_sms", "phone")
        ]
        assert [1, 1, 1, 1, 1] == counts

    async def test_a_long_sms_read_again_after_it_was_joined(
        self, stage: Stage, number: str, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The modem was cut off before it could forget: all parts come once more, in another order."""
        pdus = long_pdus(number, LONG)
        await stage.receive(pdus)
        await stage.receive(pdus[::-1], transport="modem1")
        assert 0 == await join_overdue(stage.pool, stage.seal, NO_WAIT)
        assert [LONG] == await stage.column(COMPLAINTS)

    async def test_one_number_in_several_spellings_is_one_phone(self, stage: Stage, at: Moment) -> None:
        """National and international type of number."""
        spellings = ["+6281234567890", "081234567890", "6281234567890"]
        await stage.receive([encode_deliver(s, f"teks {n}", at(n)) for n, s in enumerate(spellings)])
        assert (1, 3) == (
            await stage.value("SELECT count(*) FROM phone"),
            await stage.value("SELECT count(*) FROM inbound_message"),
        )

    async def test_two_modems_meet_a_new_phone_at_the_same_moment(
        self, stage: Stage, watcher: asyncpg.Connection, until_waiting: Until, number: str, at: Moment
    ) -> None:
        """The phone that another transaction has just added is found, though this statement began before."""
        async with watcher.transaction():
            await watcher.execute(
                "INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ($1, $2, true)",
                *(stage.seal.hash(number.encode(), "phone"), stage.seal.close(number.encode(), "phone")),
            )
            receiving = asyncio.create_task(stage.receive([encode_deliver(number, "Jalan rusak", at(0))]))
            await until_waiting(watcher, 1)
        await receiving
        assert (1, ["Jalan rusak"]) == (
            await stage.value("SELECT count(*) FROM phone"),
            await stage.column(COMPLAINTS),
        )

    async def test_two_modems_get_two_parts_at_the_same_moment(
        self, stage: Stage, number: str, long_pdus: Callable[..., list[str]], another_number: Callable[[], str]
    ) -> None:
        """Neither transaction sees the other's part, unless they wait for each other."""
        pdus = [long_pdus(another_number(), LONG) for _ in range(8)]
        await asyncio.gather(
            *(stage.receive([part[n] for part in pdus], transport=f"modem{n}") for n in range(3)),
        )
        assert [LONG] * 8 == await stage.column(COMPLAINTS)
        assert {True} == set(await stage.column("SELECT complete FROM inbound_message"))

    async def test_two_transports_wait_for_each_other(
        self, stage: Stage, watcher: asyncpg.Connection, until_waiting: Until, dsn: str, number: str, at: Moment
    ) -> None:
        """PostgreSQL ends one of two deadlocked transactions: the batch is stored at the next try."""
        first, second = (encode_deliver(number, text, at(0)) for text in ("satu", "dua"))
        name = await watcher.fetchval("SELECT current_database()")
        await watcher.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '20 ms'")
        await stage.pool.expire_connections()
        await stage.receive([first, second])
        rows = await stage.rows("SELECT * FROM inbound_part ORDER BY id")
        await stage.pool.execute("DELETE FROM inbound_part")
        await stage.pool.execute("DELETE FROM inbound_message")
        sql = (
            "INSERT INTO inbound_part (phone_id, transport, identity, pdu_sealed, part_number, part_count, sent_at)"
            " VALUES ($1, 'modem1', $2, $3, 1, 1, $4)"
        )
        values = [(row["phone_id"], row["identity"], row["pdu_sealed"], row["sent_at"]) for row in rows]
        other = watcher.transaction()
        await other.start()
        await watcher.execute("SET LOCAL deadlock_timeout = '1 min'")
        await watcher.execute(sql, *values[1])
        receiving = asyncio.create_task(stage.receive([first, second]))
        await until_waiting(watcher, 1)
        await watcher.execute(sql, *values[0])  # waits for the receiver, which waits for us
        await other.rollback()
        await receiving
        assert ["satu", "dua"] == await stage.column(COMPLAINTS)


class TestLongSms:
    """Parts joined, whatever order and company they come in."""

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    async def test_any_order_any_batches_any_repetition(
        self, data: st.DataObject, stage: Stage, long_pdus: Callable[..., list[str]], another_number: Callable[[], str]
    ) -> None:
        """Two senders with the same reference, interleaved, in any order, with repetitions: two texts, each whole."""
        bits = data.draw(st.sampled_from((8, 16)))
        reference = data.draw(st.integers(0, 2**bits - 1))
        alphabet = st.sampled_from("abc {}€@" if data.draw(st.booleans()) else "abc 😷€ü")
        texts = [data.draw(st.text(alphabet, min_size=41, max_size=160)) for _ in range(2)]
        senders = [another_number() for _ in texts]
        pdus = [
            pdu
            for sender, text in zip(senders, texts, strict=True)
            for pdu in long_pdus(sender, text, reference=reference, bits=bits, size=40)
        ]
        repeated = data.draw(st.lists(st.sampled_from(pdus), max_size=4))
        order = data.draw(st.permutations(pdus + repeated))
        seams = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=4)))
        batches = [order[a:b] for a, b in itertools.pairwise([0, *seams, len(order)])]
        await stage.receive(*batches)
        phones = [await stage.phone(sender) for sender in senders]
        sql = "SELECT text FROM inbound_message WHERE complete AND phone_id = $1"
        assert [[text if text.strip() else ""] for text in texts] == [await stage.column(sql, p) for p in phones]
        assert 0 == await stage.value("SELECT count(*) FROM inbound_part WHERE message_id IS NULL")

    @pytest.mark.parametrize("swap", [False, True])
    async def test_characters_across_the_seam(self, stage: Stage, number: str, at: Moment, swap: bool) -> None:
        """A surrogate pair in two halves, the second half first."""
        halves = ["Sampah \ud83d", "\ude37 di TPS"]
        pdus = [
            encode_deliver(number, half, at(0), alphabet="ucs2", concat=Concat(9, 8, n, 2))
            for n, half in enumerate(halves, 1)
        ]
        await stage.receive(*([pdu] for pdu in (pdus[::-1] if swap else pdus)))
        assert ["Sampah 😷 di TPS"] == await stage.column(COMPLAINTS)

    async def test_an_escape_pair_across_the_seam(self, stage: Stage, number: str, at: Moment) -> None:
        """GSM-7: the escape is the last septet of one part, its code the first of the next."""
        first, second = (
            encode_deliver(number, text, at(0), concat=Concat(9, 8, n, 2)) for n, text in enumerate(("20 ?", "e"), 1)
        )
        octets = bytearray.fromhex(first)
        # The last of four septets behind seven of header: bits 70 to 76 of the user data, where "?" is 0x3F.
        bits = int.from_bytes(octets[-10:], "little")
        octets[-10:] = ((bits & ~(0x7F << 70)) | (0x1B << 70)).to_bytes(10, "little")
        await stage.receive([octets.hex()], [second])
        assert ["20 €"] == await stage.column(COMPLAINTS)

    async def test_the_same_reference_is_used_again_later(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The parts of the first SMS are closed; the second one does not mix with them."""
        await stage.receive(long_pdus(number, LONG, sent_at=at(0)))
        await stage.receive(long_pdus(number, LONG.upper(), sent_at=at(500))[::-1])
        assert [LONG, LONG.upper()] == await stage.column(COMPLAINTS)

    async def test_the_same_reference_twice_in_one_batch(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """After an hour without a modem: the later SMS is joined at once, the earlier one after the wait, unmixed."""
        early, late = (long_pdus(number, text, sent_at=at(s)) for text, s in ((LONG, 0), (LONG.upper(), 500)))
        await stage.receive([early[0], late[2], late[0], early[2], early[1], late[1]])
        await join_overdue(stage.pool, stage.seal, NO_WAIT)
        assert [(LONG.upper(), True), (LONG, True)] == [
            (row["text"], row["complete"]) for row in await stage.rows("SELECT * FROM inbound_message ORDER BY id")
        ]

    async def test_the_same_reference_with_other_counts_in_one_batch(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """Two parts and three parts under one reference, both whole at the same moment, are two texts."""
        three, two = (long_pdus(number, text, sent_at=at(s)) for text, s in ((LONG, 0), (LONG[:200], 60)))
        assert (3, 2) == (len(three), len(two))
        await stage.receive([three[0], two[0], three[1], two[1], three[2]])
        assert [LONG, LONG[:200]] == await stage.column(COMPLAINTS)

    async def test_a_part_that_the_phone_sent_twice(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The same words with a later time stamp belong to the same text, and do not become one of their own."""
        pdus = long_pdus(number, LONG)
        again = long_pdus(number, LONG, sent_at=at(20))[0]
        await stage.receive([pdus[0], again], pdus[1:])
        assert 0 == await join_overdue(stage.pool, stage.seal, NO_WAIT)
        assert [LONG] == await stage.column(COMPLAINTS)

    async def test_an_earlier_half_is_not_lost_when_its_reference_is_used_again(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The first SMS never got its other parts: its words are handled too, with the gap marked."""
        await stage.receive(long_pdus(number, LONG, sent_at=at(0))[:1], long_pdus(number, LONG.upper(), sent_at=at(60)))
        await join_overdue(stage.pool, stage.seal, NO_WAIT)
        assert [LONG.upper(), LONG[:140] + GAP] == await stage.column(COMPLAINTS)

    @pytest.mark.parametrize(
        ("kept", "expected"),
        [
            ((0, 1), "a" * 40 + "b" * 40 + GAP),
            ((0, 2), "a" * 40 + GAP + "c" * 40),
            ((1, 2), GAP + "b" * 40 + "c" * 40),
            ((1,), GAP + "b" * 40 + GAP),
        ],
    )
    async def test_a_part_never_comes(
        self,
        stage: Stage,
        number: str,
        long_pdus: Callable[..., list[str]],
        events: list[dict[str, Any]],
        kept: tuple[int, ...],
        expected: str,
    ) -> None:
        """After the wait, and not before, the text is handled as it is, with a mark where the part is missing."""
        pdus = long_pdus(number, "a" * 40 + "b" * 40 + "c" * 40, size=40)
        await stage.receive([pdus[n] for n in kept])
        assert 0 == await join_overdue(stage.pool, stage.seal, timedelta(hours=1))
        assert [] == await stage.column(COMPLAINTS)
        assert len(kept) == await join_overdue(stage.pool, stage.seal, NO_WAIT)
        assert 0 == await join_overdue(stage.pool, stage.seal, NO_WAIT)
        (row,) = await stage.rows("SELECT * FROM inbound_message")
        assert (expected, False, "modem0") == (row["text"], row["complete"], row["transport"])
        told = {"event": "sms.incomplete", "modem": "modem0", "parts": len(kept), "of": 3, "log_level": "warning"}
        assert [told] == [event for event in events if event["event"] == "sms.incomplete"]

    async def test_a_younger_sibling_keeps_the_group_waiting(
        self, stage: Stage, number: str, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The wait begins anew with each part that comes."""
        pdus = long_pdus(number, LONG)
        await stage.receive(pdus[:1])
        await stage.pool.execute("UPDATE inbound_part SET received_at = received_at - interval '1 hour'")
        await stage.receive(pdus[1:2])
        assert 0 == await join_overdue(stage.pool, stage.seal, timedelta(minutes=10))
        await stage.receive(pdus[2:])
        assert [LONG] == await stage.column(COMPLAINTS)

    async def test_the_last_part_comes_while_the_wait_ends(
        self,
        stage: Stage,
        watcher: asyncpg.Connection,
        until_waiting: Until,
        number: str,
        long_pdus: Callable[..., list[str]],
    ) -> None:
        """Receiver and clock meet over one SMS: its parts become one message, never two."""
        pdus = long_pdus(number, LONG)
        await stage.receive(pdus[:2])
        phone = await stage.phone(number)
        lock = watcher.transaction()
        await lock.start()
        await watcher.execute("SELECT pg_advisory_xact_lock($1)", phone)
        receiving = asyncio.create_task(stage.receive(pdus[2:]))
        await until_waiting(watcher, 1)
        overdue = asyncio.create_task(join_overdue(stage.pool, stage.seal, NO_WAIT))
        await until_waiting(watcher, 2)
        await lock.rollback()
        await asyncio.gather(receiving, overdue)
        assert [LONG] == await stage.column(COMPLAINTS)

    async def test_two_clocks_at_work(
        self, stage: Stage, long_pdus: Callable[..., list[str]], another_number: Callable[[], str]
    ) -> None:
        """However many processes look for overdue parts, each SMS is joined once."""
        for _ in range(6):
            await stage.receive(long_pdus(another_number(), LONG)[:2])
        await asyncio.gather(*(join_overdue(stage.pool, stage.seal, NO_WAIT) for _ in range(4)))
        assert [LONG[:280] + GAP] * 6 == await stage.column(COMPLAINTS)

    async def test_texts_of_one_batch_are_kept_in_the_order_they_were_written(
        self, stage: Stage, number: str, at: Moment, long_pdus: Callable[..., list[str]]
    ) -> None:
        """A STATUS that follows a long complaint is handled after it, though it was whole earlier."""
        await stage.receive([encode_deliver(number, "STATUS", at(60)), *long_pdus(number, LONG, sent_at=at(0))])
        assert [LONG, "STATUS"] == await stage.column(COMPLAINTS)


class TestWhatIsNoText:
    """Nobody wrote these, so nobody is answered."""

    @pytest.mark.parametrize("dcs", [0xC8, 0xD8, 0xE8], ids=["discard", "store", "ucs2"])
    async def test_message_waiting(self, stage: Stage, number: str, at: Moment, dcs: int) -> None:
        """The network tells of a voicemail: kept, but no ticket and no answer."""
        pdu = encode_deliver(number, "Anda punya 1 pesan suara", at(0), alphabet="ucs2" if dcs == 0xE8 else "gsm7")
        await stage.receive([with_dcs(pdu, number, dcs)])
        await stage.handle()
        await self.assert_kept_in_silence(stage)

    @pytest.mark.parametrize("text", ["", "   ", "\n\r\n"])
    async def test_empty_texts(self, stage: Stage, number: str, at: Moment, text: str) -> None:
        """A slip of the thumb."""
        await stage.receive([encode_deliver(number, text, at(0))])
        await stage.handle()
        await self.assert_kept_in_silence(stage)

    async def test_binary(self, stage: Stage, number: str, at: Moment) -> None:
        """8-bit data, as settings and ring tones come."""
        await stage.receive([with_dcs(encode_deliver(number, "rusak", at(0), alphabet="ucs2"), number, 0x04)])
        await stage.handle()
        await self.assert_kept_in_silence(stage)

    async def test_half_of_something_binary(self, stage: Stage, number: str, at: Moment) -> None:
        """The mark of the gap alone is no complaint."""
        half = encode_deliver(number, "rusak", at(0), alphabet="ucs2", concat=Concat(3, 8, 1, 2))
        await stage.receive([with_dcs(half, number, 0x04)])
        await join_overdue(stage.pool, stage.seal, NO_WAIT)
        await stage.handle()
        await self.assert_kept_in_silence(stage)

    async def assert_kept_in_silence(self, stage: Stage) -> None:
        assert ["empty"] == await stage.column("SELECT outcome FROM inbound_message")
        assert 1 == await stage.value("SELECT count(*) FROM inbound_part")
        assert 0 == await stage.value("SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM outbox_sms)")


class TestQuarantine:
    """Invariant 5."""

    @pytest.mark.parametrize("pdu", [BROKEN, "", "0", "zz", "neraka \udc80 é", "00", "07"])
    async def test_what_nobody_can_read_is_sealed_and_its_neighbours_are_handled(
        self, stage: Stage, number: str, at: Moment, events: list[dict[str, Any]], pdu: str
    ) -> None:
        """The slot is freed, the bytes are kept, the texts around it become tickets."""
        neighbours = [encode_deliver(number, f"Jalan rusak {n}", at(n)) for n in (1, 2)]
        modem = await stage.receive([neighbours[0], pdu, neighbours[1]], [pdu])
        (row,) = await stage.rows("SELECT * FROM quarantine")
        assert pdu.encode("utf-8", "backslashreplace") == stage.seal.open(row["raw_sealed"], "quarantine")
        assert ("pdu", "modem0", True) == (row["source"], row["transport"], bool(row["error"]))
        assert ["Jalan rusak 1", "Jalan rusak 2"] == await stage.column(COMPLAINTS)
        assert 2 == len(modem.acknowledged)
        assert 1 == sum(event["event"] == "sms.quarantined" for event in events)

    async def test_a_text_shorter_than_it_says(self, stage: Stage, number: str, at: Moment) -> None:
        """What is left of it is handled, with the mark of a gap; where no word is left, it is quarantined."""
        pdu = encode_deliver(number, "Jalan rusak parah", at(0))
        await stage.receive([pdu[:-8], pdu[:-30]])
        assert [("Jalan rusak " + GAP, False)] == [
            (row["text"], row["complete"]) for row in await stage.rows("SELECT text, complete FROM inbound_message")
        ]
        assert 1 == await stage.value("SELECT count(*) FROM quarantine")

    async def test_a_part_that_is_shorter_than_it_says(
        self, stage: Stage, number: str, long_pdus: Callable[..., list[str]]
    ) -> None:
        """The same within a long text."""
        pdus = long_pdus(number, "a" * 40 + "b" * 40, size=40)
        await stage.receive([pdus[0], pdus[1][:-14]])
        (text,) = await stage.column(COMPLAINTS)
        assert ("a" * 40 + "b" * 33, GAP) == (text[:73], text[73:])

    async def test_a_part_that_cannot_be_stored(
        self, stage: Stage, number: str, at: Moment, events: list[dict[str, Any]]
    ) -> None:
        """What the database refuses for any other reason goes into quarantine alone."""
        await stage.pool.execute(f"ALTER TABLE inbound_message ADD CHECK ({is_not('text', 'racun')})")
        texts = ("Jalan rusak", "racun", "Lampu mati")
        modem = await stage.receive([encode_deliver(number, text, at(n)) for n, text in enumerate(texts)])
        assert ["Jalan rusak", "Lampu mati"] == await stage.column(COMPLAINTS)
        assert ["cannot be stored (CheckViolationError)"] == await stage.column("SELECT error FROM quarantine")
        assert 1 == len(modem.acknowledged)
        assert "racun" not in str(events)

    @pytest.mark.parametrize("cut_at", ["the batch", "the part"])
    async def test_a_connection_lost_while_the_poison_is_sought(
        self,
        stage: Stage,
        watcher: asyncpg.Connection,
        number: str,
        at: Moment,
        cut_at: str,
    ) -> None:
        """A lost connection is no reason for quarantine, wherever it breaks."""
        kill = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1);"
        tries = 1 if cut_at == "the batch" else 2
        await watcher.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION break_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('tries') = {tries} THEN {kill}"
            " ELSIF currval('tries') = 1 THEN RAISE EXCEPTION 'racun'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER break_once BEFORE INSERT ON inbound_part FOR EACH ROW EXECUTE FUNCTION break_once()"
        )
        modem = await stage.receive([encode_deliver(number, "Jalan rusak", at(0))])
        assert ["Jalan rusak"] == await stage.column(COMPLAINTS)
        assert (0, 1) == (await stage.value("SELECT count(*) FROM quarantine"), len(modem.acknowledged))

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    async def test_any_octets_are_stored_or_quarantined(self, data: st.DataObject, stage: Stage, at: Moment) -> None:
        """Whatever a modem hands over, the loop goes on and the bytes are somewhere."""
        octets = bytearray.fromhex(encode_deliver("+6281234567890", "Jalan rusak {parah}", at(0)))
        for _ in range(data.draw(st.integers(1, 4))):
            octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
        pdu = octets.hex()
        sql = (
            "SELECT (SELECT count(*) FROM inbound_part) + (SELECT count(*) FROM quarantine)"
            " + (SELECT count(*) FROM delivery_report)"
        )
        await stage.receive([pdu])
        kept = await stage.value(sql)
        assert kept
        await stage.receive([pdu])
        assert kept == await stage.value(sql)
        assert not any("cannot be stored" in error for error in await stage.column("SELECT error FROM quarantine"))


class TestReports:
    """Delivery reports."""

    async def submission(self, stage: Stage, sms_id: int, part: int = 1, count: int = 1, **columns: Any) -> int:
        values = {"state": "sent", "reference": 7, "transport": "modem0", **columns}
        return int(
            await stage.value(
                "INSERT INTO sms_submission (sms_id, part_number, part_count, state, reference, transport)"
                " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                *(sms_id, part, count, values["state"], values["reference"], values["transport"]),
            )
        )

    async def report(
        self, stage: Stage, number: str, at: Moment, reference: int = 7, status: int = 0, s: int = 0
    ) -> None:
        await stage.receive([encode_status_report(number, reference, at(0), at(s), status)])

    async def test_a_report_that_fits(self, stage: Stage, number: str, at: Moment) -> None:
        """The submission and its SMS are delivered; the report says which it was."""
        sms = await stage.queue_sms(number, state="sent")
        submission = await self.submission(stage, sms)
        await self.report(stage, number, at)
        assert "delivered" == (await stage.sms(sms))["state"]
        assert [submission] == await stage.column("SELECT submission_id FROM delivery_report")

    async def test_reports_that_fit_nothing_are_kept(
        self, stage: Stage, number: str, at: Moment, another_number: Callable[[], str]
    ) -> None:
        """Another number, another reference, another modem."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms)
        await self.report(stage, number, at, reference=8)
        await self.report(stage, another_number(), at)
        await stage.receive([encode_status_report(number, 7, at(0), at(0))], transport="modem1")
        assert [None] * 3 == await stage.column("SELECT submission_id FROM delivery_report")
        assert "sent" == (await stage.sms(sms))["state"]

    async def test_the_same_report_again_changes_nothing(self, stage: Stage, number: str, at: Moment) -> None:
        """A slot that the modem cannot free shows the same report at every look."""
        await self.submission(stage, await stage.queue_sms(number, state="sent"))
        for _ in range(3):
            await self.report(stage, number, at)
        assert 1 == await stage.value("SELECT count(*) FROM delivery_report")

    async def test_the_network_still_tries(self, stage: Stage, number: str, at: Moment) -> None:
        """A report below 0x40 settles nothing; the final one does."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms)
        await self.report(stage, number, at, status=0x30)
        assert "sent" == (await stage.sms(sms))["state"]
        await self.report(stage, number, at, status=0x00, s=60)
        assert "delivered" == (await stage.sms(sms))["state"]

    async def test_delivered_only_when_all_parts_are(self, stage: Stage, number: str, at: Moment) -> None:
        """Two tries of one part do not stand for two parts."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms, 1, 2, reference=1)
        await self.submission(stage, sms, 1, 2, reference=2)
        await self.submission(stage, sms, 2, 2, reference=3)
        states = []
        for reference in (1, 2, 3):
            await self.report(stage, number, at, reference=reference)
            states.append((await stage.sms(sms))["state"])
        assert ["sent", "sent", "delivered"] == states

    async def test_not_delivered(self, stage: Stage, number: str, at: Moment, events: list[dict[str, Any]]) -> None:
        """The SMS fails loudly, with the command that sends it again."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms)
        await self.report(stage, number, at, status=0x46)
        row = await stage.sms(sms)
        why = "validity period over: the telephone was off or out of reach (TP-ST 0x46)"
        assert ("failed", f"not delivered: {why}") == (row["state"], row["error"])
        (event,) = [event for event in events if event["event"] == "sms.undelivered"]
        assert ("error", f"smsd outbox retry sms:{sms}") == (event["log_level"], event["cure"])

    async def test_what_was_delivered_stays_delivered(self, stage: Stage, number: str, at: Moment) -> None:
        """A second try that failed does not take back the first that arrived."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms, reference=1)
        await self.submission(stage, sms, reference=2)
        await self.report(stage, number, at, reference=1)
        await self.report(stage, number, at, reference=2, status=0x46)
        await self.report(stage, number, at, reference=1, status=0x46, s=60)
        assert "delivered" == (await stage.sms(sms))["state"]

    async def test_a_lost_try_does_not_fail_an_sms_that_is_under_way_again(
        self, stage: Stage, number: str, at: Moment
    ) -> None:
        """The second try may still arrive."""
        sms = await stage.queue_sms(number, state="sent")
        await self.submission(stage, sms, reference=1)
        await self.submission(stage, sms, reference=2)
        await self.report(stage, number, at, reference=1, status=0x46)
        assert "sent" == (await stage.sms(sms))["state"]

    async def test_a_failed_sms_arrives_after_all(self, stage: Stage, number: str, at: Moment) -> None:
        """It was given up with an unknown fate; the report knows better."""
        sms = await stage.queue_sms(number, state="failed", error="no answer")
        await self.submission(stage, sms, state="unknown", reference=None)
        await self.report(stage, number, at)
        row = await stage.sms(sms)
        assert ("delivered", None) == (row["state"], row["error"])

    async def test_the_latest_of_equal_references(self, stage: Stage, number: str, at: Moment) -> None:
        """References come round after 256 SMS, and the message centre's clock is months behind."""
        old, new = [await stage.queue_sms(number, state="sent") for _ in range(2)]
        for sms in (old, new):
            await self.submission(stage, sms)
        await self.report(stage, number, at)
        assert ("sent", "delivered") == ((await stage.sms(old))["state"], (await stage.sms(new))["state"])

    async def test_a_report_of_a_robot_or_nobody(self, stage: Stage, at: Moment) -> None:
        """A recipient we never wrote to is no reason to stop."""
        await stage.receive([encode_status_report("1708", 1, at(0), at(0)), encode_status_report("X", 1, at(0), at(0))])
        assert 2 == await stage.value("SELECT count(*) FROM delivery_report")


class TestPrivacy:
    """Invariant 7."""

    async def test_the_number_is_nowhere_in_clear(
        self, stage: Stage, at: Moment, events: list[dict[str, Any]], watcher: asyncpg.Connection
    ) -> None:
        """Not in any column of any table, not in the log, not even packed as a PDU has it."""
        number = "+6281298765432"
        await stage.receive(
            [encode_deliver(number, "Jalan rusak", at(0)), encode_status_report(number, 1, at(0), at(0)), BROKEN]
        )
        tables = [r[0] for r in await watcher.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        dump = "".join([str(await watcher.fetch(f"SELECT t::text FROM {table} AS t")) for table in tables])
        packed = pdu_fields.write_address(number)[2:].hex()
        for secret in ("81298765432", packed):
            assert secret not in dump + str(events)

    async def test_a_sealed_part_opens_to_the_pdu(self, stage: Stage, number: str, at: Moment) -> None:
        """The bytes of the modem are kept as they were."""
        pdu = encode_deliver(number, "Jalan rusak", at(0))
        await stage.receive([pdu])
        sealed = await stage.value("SELECT pdu_sealed FROM inbound_part")
        assert bytes.fromhex(pdu) == stage.seal.open(sealed, "pdu")


async def test_two_transports_that_wait_for_each_other(
    stage: Stage, spool: Spool, watcher: asyncpg.Connection, number: str, at: Moment
) -> None:
    """A deadlock is no reason for the spool: it is tried again."""
    await watcher.execute(
        "CREATE SEQUENCE tries; CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF nextval('tries') < 3 THEN RAISE EXCEPTION 'x' USING ERRCODE = 'deadlock_detected'; END IF; RETURN NEW; END"
        " $$; CREATE TRIGGER once BEFORE INSERT ON inbound_part FOR EACH ROW EXECUTE FUNCTION once()"
    )
    await stage.receive([encode_deliver(number, "Jalan rusak", at(0))])
    assert (["Jalan rusak"], False) == (await stage.column(COMPLAINTS), spool._folder.exists())


async def test_a_batch_that_was_handed_over_in_passing(
    stage: Stage, scripted: type[ScriptedTransport], number: str, at: Moment
) -> None:
    """Parts without a slot are stored and acknowledged like the others."""
    modem, stop = scripted(), Stop()

    async def done(_: Batch) -> None:
        stop.ask()

    modem.on_acknowledge = done
    parts = [RawPart(encode_deliver(number, "Jalan rusak", at(0)), None)]
    modem.batches.put_nowait(dataclasses.replace(Batch(1, []), parts=parts))
    await Receiver(modem, stage.intake).run(stop)
    assert ["Jalan rusak"] == await stage.column(COMPLAINTS)
