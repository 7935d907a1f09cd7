"""From the outbox to the transport: in order, at least once, at most one repeat, and loud about what fails."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from parser import gsm7
from parser.pdu import encode_status_report
from smsd import send_sms
from smsd.backoff import next_try
from smsd.expire import expire_sms
from smsd.store.database import CONNECTION_ERRORS, open_database
from smsd.store.queries import SQL
from smsd.transports.base import FateUnknown, NotReady, NotSent, Refused, Submission
from smsd.transports.refusals import Do, explain_refusal

if TYPE_CHECKING:
    from config.settings import Settings
    from tests.smsd.conftest import Cable, ScriptedTransport, Stage

LONG = "Petugas sudah memeriksa jalan itu dan akan memperbaikinya. " * 6
UNASSIGNED = explain_refusal("CMS 1").reason
NEVER = Refused(UNASSIGNED, Do.GIVE_UP)
LATER = Refused("the network refused it: network out of order (+CMS ERROR 38)", Do.RETRY)
WAITS = Refused("the modem refused it: no network (+CMS ERROR 331)", Do.WAIT)
BROKEN = Refused("the modem refused it: the modem failed (+CMS ERROR 300)", Do.REOPEN)
UNKNOWN = FateUnknown("no answer to send within 60 s")


class Clock:
    """A monotonic clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def modem(scripted: type[ScriptedTransport]) -> ScriptedTransport:
    """The transport of the test."""
    return scripted()


async def send_all(sender: send_sms.SmsSender) -> int:
    """Steps until nothing is due; how many there were."""
    steps = 0
    while await sender.step():
        steps += 1
    return steps


async def after_the_wait(stage: Stage) -> None:
    """The time in which a delivery report may come is over."""
    wait = send_sms.REPORT_WAIT + timedelta(seconds=1)
    await stage.pool.execute("UPDATE sms_submission SET submitted_at = submitted_at - $1::interval", wait)
    await stage.due_now()


async def delivered(stage: Stage, number: str, reference: int, status: int = 0) -> None:
    """The network's report arrives."""
    now = datetime.now(UTC).replace(microsecond=0)
    await stage.receive([encode_status_report(number, reference, now, now, status)])


class TestSending:
    """What works."""

    async def test_one_sms(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """The number, the words, the reference written down."""
        sms = await stage.queue_sms(number, "Halo {dunia} €")
        assert 1 == await send_all(stage.sender(modem))
        (sent,) = modem.sent
        assert (number, "gsm7", "Halo {dunia} €", None) == (sent.number, sent.alphabet, sent.text, sent.concat)
        row = await stage.sms(sms)
        assert ("sent", None, None, None) == (row["state"], row["error"], row["leased_by"], row["leased_until"])
        assert row["sent_at"]
        assert [("sent", 1, "modem0")] == [
            (r["state"], r["reference"], r["transport"]) for r in await stage.rows("SELECT * FROM sms_submission")
        ]

    @pytest.mark.parametrize(("text", "alphabet"), [(LONG, "gsm7"), ("Jalan 😷 rusak " * 20, "ucs2")])
    async def test_long_ones(
        self, stage: Stage, modem: ScriptedTransport, number: str, text: str, alphabet: str
    ) -> None:
        """Parts in order, numbered, with one reference; together they are the text."""
        sms = await stage.queue_sms(number, text)
        await send_all(stage.sender(modem))
        concats = [submission.concat for submission in modem.sent]
        assert len(gsm7.split(text).parts) == len(modem.sent) > 1
        assert [(sms % 256, 8, n, len(concats)) for n in range(1, len(concats) + 1)] == [
            (c.reference, c.bits, c.number, c.count) for c in concats if c
        ]
        assert (text, {alphabet}) == ("".join(s.text for s in modem.sent), {s.alphabet for s in modem.sent})

    async def test_a_trace_is_written_before_the_transport_is_asked(
        self, stage: Stage, modem: ScriptedTransport, watcher: asyncpg.Connection, number: str
    ) -> None:
        """Whatever happens in send(), the database knows that it began, and who has it."""
        seen: list[Any] = []

        async def look(_: Submission) -> None:
            seen.append(await watcher.fetchval("SELECT state FROM sms_submission"))
            seen.extend(await watcher.fetchrow("SELECT state, leased_by, leased_until > now() FROM outbox_sms"))

        modem.on_send = look
        await stage.queue_sms(number)
        await send_all(stage.sender(modem))
        assert ["submitting", "sending", "here", True] == seen

    async def test_priorities_and_order(
        self, stage: Stage, modem: ScriptedTransport, another_number: Callable[[], str]
    ) -> None:
        """Answers first, reminders last; to one number always in the order of writing."""
        one, two, three = another_number(), another_number(), another_number()
        await stage.queue_sms(one, "a", priority=2)
        await stage.queue_sms(one, "b", priority=0)
        await stage.queue_sms(two, "c", priority=1)
        await stage.queue_sms(three, "d", priority=0)
        await send_all(stage.sender(modem))
        assert ["d", "c", "a", "b"] == [submission.text for submission in modem.sent]

    async def test_an_sms_waits_for_the_one_before_it(
        self, stage: Stage, modem: ScriptedTransport, number: str, another_number: Callable[[], str]
    ) -> None:
        """While the first is postponed, a later one to the same number stays behind, and others pass."""
        await stage.queue_sms(number, "satu")
        await stage.queue_sms(number, "dua")
        await stage.queue_sms(another_number(), "lain")
        modem.outcomes = [LATER]
        await send_all(stage.sender(modem))
        await stage.due_now()
        await send_all(stage.sender(modem))
        assert ["satu", "lain", "satu", "dua"] == [submission.text for submission in modem.sent]

    async def test_only_what_is_routed_to_this_transport(
        self, stage: Stage, scripted: type[ScriptedTransport], another_number: Callable[[], str]
    ) -> None:
        """NULL is any."""
        zero, one = scripted("modem0"), scripted("modem1")
        for transport in (None, "modem1", "modem0"):
            await stage.queue_sms(another_number(), str(transport), transport=transport)
        await send_all(stage.sender(zero))
        await send_all(stage.sender(one))
        assert (["None", "modem0"], ["modem1"]) == ([s.text for s in zero.sent], [s.text for s in one.sent])

    async def test_two_senders_share_the_load(
        self, stage: Stage, scripted: type[ScriptedTransport], another_number: Callable[[], str]
    ) -> None:
        """Two modems, sixty SMS to twenty phones: each once, and in order for every phone."""
        numbers = [another_number() for _ in range(20)]
        for n in range(60):
            await stage.queue_sms(numbers[n % 20], f"{n:02}")
        modems = [scripted("modem0"), scripted("modem1")]
        order: list[Submission] = []

        async def note(submission: Submission) -> None:
            order.append(submission)
            await asyncio.sleep(0)

        for modem in modems:
            modem.on_send = note
        senders = [stage.sender(modem, owner=modem.name) for modem in modems]
        while await stage.value("SELECT count(*) FROM outbox_sms WHERE state <> 'sent'"):
            await asyncio.gather(*map(send_all, senders))
        assert sorted(f"{n:02}" for n in range(60)) == sorted(s.text for s in order)
        assert all(modem.sent for modem in modems)
        for number in numbers:
            mine = [s.text for s in order if s.number == number]
            assert sorted(mine) == mine

    async def test_nothing_to_do(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """What is withheld, failed, delivered or not yet due stays where it is."""
        for state in ("withheld", "failed", "delivered", "sent"):
            await stage.queue_sms(number, state=state)
        await stage.queue_sms(number)
        await stage.pool.execute("UPDATE outbox_sms SET due_at = now() + interval '1 hour' WHERE state = 'queued'")
        sender = stage.sender(modem)
        assert (0, "modem0", []) == (await send_all(sender), sender.name, modem.sent)


class TestRefused:
    """The network says no."""

    async def test_for_good(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """Failed at once, loudly, with the cure; and the cure works."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [NEVER]
        await send_all(stage.sender(modem))
        row = await stage.sms(sms)
        assert "the network refused it: unassigned number (+CMS ERROR 1)" == UNASSIGNED
        assert ("failed", UNASSIGNED) == (row["state"], row["error"])
        (event,) = [event for event in events if event["event"] == "sms.given_up"]
        assert UNASSIGNED == event["error"]
        assert ("error", f"smsd outbox retry sms:{sms}") == (event["log_level"], event["cure"])
        assert sms == await stage.value(SQL["retry_sms"], sms)
        await send_all(stage.sender(modem))
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))
        assert None is await stage.value(SQL["retry_sms"], sms)

    async def test_the_one_behind_a_failed_one_is_sent(
        self, stage: Stage, modem: ScriptedTransport, number: str
    ) -> None:
        """What was given up blocks nobody."""
        await stage.queue_sms(number, "satu")
        await stage.queue_sms(number, "dua")
        modem.outcomes = [NEVER]
        await send_all(stage.sender(modem))
        assert ["failed", "sent"] == await stage.column("SELECT state FROM outbox_sms ORDER BY id")

    @pytest.mark.parametrize("outcome", [LATER, BROKEN, NotSent("the text cannot be encoded")])
    async def test_for_now(
        self,
        stage: Stage,
        modem: ScriptedTransport,
        number: str,
        events: list[dict[str, Any]],
        outcome: Exception,
    ) -> None:
        """Postponed with a growing delay, given up after the limit."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [outcome] * 5
        sender = stage.sender(modem, attempts=4)
        for attempt, state in enumerate(("queued", "queued", "queued", "failed"), 1):
            before = datetime.now(UTC)
            assert 1 == await send_all(sender)
            row = await stage.sms(sms)
            assert state == row["state"]
            assert state == "failed" or row["due_at"] >= next_try(before, attempt)
            await stage.due_now()
        assert 0 == await send_all(sender)
        assert {"not_sent"} == set(await stage.column("SELECT state FROM sms_submission"))
        assert ["sms.postponed"] * 3 + ["sms.given_up"] == [
            event["event"] for event in events if event["event"].startswith("sms.")
        ]

    async def test_nobody_could_be_sent_anything(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """No network: it waits longer each time, at most five minutes, and no try is counted."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [WAITS] * 12
        sender = stage.sender(modem, attempts=2)
        waits = []
        for _ in range(12):
            before = datetime.now(UTC)
            assert 1 == await send_all(sender)
            row = await stage.sms(sms)
            assert ("queued", 0, str(WAITS)) == (row["state"], row["attempts"], row["error"])
            waits.append(round((row["due_at"] - before).total_seconds()))
            await stage.due_now()
        assert [15, 30, 60, 120, 240] + [300] * 7 == waits
        assert 1 == await send_all(sender)
        assert "sent" == (await stage.sms(sms))["state"]
        assert "sms.given_up" not in {event["event"] for event in events}

    async def test_the_transport_is_down(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """That is not this SMS's fault: however long it lasts, no try is counted and nothing is given up."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [NotReady("the modem is not ready")] * 4
        sender = stage.sender(modem, attempts=2)
        for _ in range(4):
            assert 1 == await send_all(sender)
            row = await stage.sms(sms)
            assert ("queued", 0, "the modem is not ready") == (row["state"], row["attempts"], row["error"])
            await stage.due_now()
        assert 1 == await send_all(sender)
        assert ("sent", 1) == ((row := await stage.sms(sms))["state"], row["attempts"])

    async def test_a_part_in_the_middle(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """The parts that were sent are not sent again, and the reference stays."""
        sms = await stage.queue_sms(number, LONG)
        modem.outcomes = [1, LATER]
        await send_all(stage.sender(modem))
        await stage.due_now()
        await send_all(stage.sender(modem))
        assert [1, 2, 2, 3] == [s.concat.number for s in modem.sent if s.concat]
        assert {sms % 256} == {s.concat.reference for s in modem.sent if s.concat}
        assert "sent" == (await stage.sms(sms))["state"]


class TestAModemThatRefusesEverything:
    """No credit, a barred SIM: the modem pauses, its SMS go elsewhere, and now and then one tries."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The time by which a modem pauses."""
        return Clock()

    @pytest.mark.parametrize("outcome", [NEVER, LATER, WAITS, BROKEN])
    async def test_its_sms_leave_through_the_other_one(
        self,
        stage: Stage,
        scripted: type[ScriptedTransport],
        another_number: Callable[[], str],
        events: list[dict[str, Any]],
        clock: Clock,
        outcome: Refused,
    ) -> None:
        """Whatever the code: nothing stays given up, no try is counted, and there is one loud event with the cure."""
        barred, healthy = scripted("modem0"), scripted("modem1")
        barred.outcomes = [outcome] * 100
        for n in range(6):
            await stage.queue_sms(another_number(), str(n))
        assert 3 == await send_all(stage.sender(barred, clock=clock))
        assert {("queued", 0)} == {(r["state"], r["attempts"]) for r in await stage.rows("SELECT * FROM outbox_sms")}
        (event,) = [event for event in events if event["event"] == "modem.refuses"]
        assert ("error", "modem0", str(outcome), 3, 60) == (
            *(event["log_level"], event["modem"], event["error"], event["handed_over"], event["pause_s"]),
        )
        assert "credit" in event["cure"]
        assert 6 == await send_all(stage.sender(healthy))
        assert {"sent"} == set(await stage.column("SELECT state FROM outbox_sms"))

    async def test_one_at_a_time_tries_whether_it_sends_again(
        self,
        stage: Stage,
        modem: ScriptedTransport,
        another_number: Callable[[], str],
        events: list[dict[str, Any]],
        clock: Clock,
    ) -> None:
        """After 60 s, 120 s, 240 s; another SMS each time; once one is accepted all go, with all their tries."""
        for n in range(5):
            await stage.queue_sms(another_number(), str(n))
        modem.outcomes = [NEVER] * 5
        sender = stage.sender(modem, attempts=2, clock=clock)
        assert 3 == await send_all(sender)
        for pause_s in (60, 120):
            clock.now += pause_s - 1
            assert 0 == await send_all(sender)
            clock.now += 1
            assert 1 == await send_all(sender)
        assert ["0", "1", "2"] == [s.text for s in modem.sent[:3]]
        assert 2 == len({s.text for s in modem.sent[3:]})
        assert {("queued", 0)} == {(r["state"], r["attempts"]) for r in await stage.rows("SELECT * FROM outbox_sms")}
        clock.now += 240
        await stage.due_now()
        assert 5 == await send_all(sender)
        assert {("sent", 1)} == {(r["state"], r["attempts"]) for r in await stage.rows("SELECT * FROM outbox_sms")}
        assert ["modem.refuses", "modem.sends_again"] == [
            event["event"] for event in events if event["event"].startswith("modem.")
        ]

    async def test_one_number_is_no_reason(
        self, stage: Stage, modem: ScriptedTransport, number: str, another_number: Callable[[], str], clock: Clock
    ) -> None:
        """However many SMS to it are refused; and two others, with something accepted in between."""
        for n in range(5):
            await stage.queue_sms(number, str(n))
        modem.outcomes = [NEVER] * 5
        assert 5 == await send_all(stage.sender(modem, clock=clock))
        sender = stage.sender(modem, clock=clock)
        modem.outcomes = [NEVER, NEVER, 1] * 2
        for _ in range(6):
            await stage.queue_sms(another_number())
        assert 6 == await send_all(sender)
        assert 9 == await stage.value("SELECT count(*) FROM outbox_sms WHERE state = 'failed'")

    async def test_numbers_that_are_refused_for_their_own_sake_end_somewhere(
        self, stage: Stage, modem: ScriptedTransport, another_number: Callable[[], str], clock: Clock
    ) -> None:
        """Three unassigned ones by chance: a pause, and once the modem has proved itself they are given up."""
        bad = [another_number() for _ in range(3)]
        for number in bad:
            await stage.queue_sms(number)

        async def refuse_the_bad(submission: Submission) -> None:
            if submission.number in bad:
                raise NEVER

        modem.on_send = refuse_the_bad
        sender = stage.sender(modem, clock=clock)
        assert 3 == await send_all(sender)
        await stage.queue_sms(another_number(), priority=0)
        clock.now += 60
        assert 4 == await send_all(sender)
        assert ["failed"] * 3 + ["sent"] == await stage.column("SELECT state FROM outbox_sms ORDER BY id")

    async def test_a_closed_transport_takes_nothing(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """Not registered, being opened: what waits is left to others, untouched."""
        sms = await stage.queue_sms(number)
        modem.closed_for_sending = "the modem is not registered with a network (NoNetwork)"
        sender = stage.sender(modem)
        assert 0 == await send_all(sender)
        assert ("queued", 0, []) == ((row := await stage.sms(sms))["state"], row["attempts"], modem.sent)
        modem.closed_for_sending = None
        assert 1 == await send_all(sender)


class TestValidity:
    """What was not sent in time is not sent any more."""

    async def test_it_expires_loudly_and_can_be_brought_back(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """Not claimed, then told; the next one to the same number passes; a retry gives it its whole time again."""
        valid = timedelta(hours=2)
        old = await stage.queue_sms(number, "basi", error="no network")
        young = await stage.queue_sms(number, "baru")
        await stage.pool.execute("UPDATE outbox_sms SET valid_from = now() - interval '121 minutes' WHERE id = $1", old)
        await stage.pool.execute(
            "UPDATE outbox_sms SET valid_from = now() - interval '119 minutes' WHERE id = $1", young
        )
        sender = stage.sender(modem, valid=valid)
        assert 0 == await send_all(sender)
        assert 1 == await expire_sms(stage.pool, valid)
        assert 0 == await expire_sms(stage.pool, valid)
        row = await stage.sms(old)
        assert ("expired", "not sent in time; no network") == (row["state"], row["error"])
        (event,) = [event for event in events if event["event"] == "sms.expired"]
        assert ("error", old, f"smsd outbox retry sms:{old}") == (event["log_level"], event["sms"], event["cure"])
        assert 1 == await send_all(sender)
        assert old == await stage.value(SQL["retry_sms"], old)
        assert 0 == await expire_sms(stage.pool, valid)
        assert 1 == await send_all(sender)
        assert ["baru", "basi"] == [s.text for s in modem.sent]
        assert [60, 7200] == [round((s.valid_s or 0) / 60) * 60 for s in modem.sent]

    async def test_what_is_being_sent_does_not_expire(self, stage: Stage, number: str) -> None:
        """Nor what is sent; what a dead process had does."""
        ids = [await stage.queue_sms(number, state=state) for state in ("sending", "sending", "sent", "withheld")]
        await stage.pool.execute("UPDATE outbox_sms SET valid_from = now() - interval '3 hours'")
        await stage.pool.execute("UPDATE outbox_sms SET leased_until = now() + interval '1 minute'")
        await stage.pool.execute("UPDATE outbox_sms SET leased_until = now() WHERE id = $1", ids[1])
        assert 1 == await expire_sms(stage.pool, timedelta(hours=2))
        assert ["sending", "expired", "sent", "withheld"] == await stage.column(
            "SELECT state FROM outbox_sms ORDER BY id"
        )

    async def test_a_report_proves_it_wrong(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """It was of unknown fate when its time was over, and had arrived."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [UNKNOWN]
        await send_all(stage.sender(modem))
        assert 1 == await expire_sms(stage.pool, timedelta(0))
        await delivered(stage, number, 41)
        assert "delivered" == (await stage.sms(sms))["state"]


class TestReports:
    """By modem, number and reference, in the order of time."""

    async def sent_before(
        self, stage: Stage, modem: ScriptedTransport, number: str, ages: Sequence[float]
    ) -> list[int]:
        """SMS that were sent so many hours ago, all with reference 7."""
        ids = []
        for age in ages:
            ids.append(await stage.queue_sms(number))
            modem.outcomes = [7]
            await send_all(stage.sender(modem))
            await stage.pool.execute(
                "UPDATE sms_submission SET submitted_at = now() - make_interval(secs => $2) WHERE sms_id = $1",
                *(ids[-1], age * 3600),
            )
        return ids

    @pytest.mark.parametrize(("hours", "which"), [(48, 0), (24, 1), (0, 2)])
    async def test_a_reference_that_came_round_again(
        self, stage: Stage, modem: ScriptedTransport, number: str, hours: float, which: int
    ) -> None:
        """Of three with the same reference the one that the network took at that time."""
        ids = await self.sent_before(stage, modem, number, (48, 24, 0))
        taken = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours, seconds=-2)
        now = datetime.now(UTC).replace(microsecond=0)
        await stage.receive([encode_status_report(number, 7, taken, now, 0)])
        assert [ids[which]] == await stage.column("SELECT id FROM outbox_sms WHERE state = 'delivered'")

    async def test_not_another_modems_nor_another_numbers(
        self, stage: Stage, scripted: type[ScriptedTransport], another_number: Callable[[], str]
    ) -> None:
        """Both modems count from 1, and both send to both."""
        one, two = another_number(), another_number()
        ids = {}
        for name in ("modem0", "modem1"):
            for number in (one, two):
                modem = scripted(name)
                modem.outcomes = [7]
                ids[name, number] = await stage.queue_sms(number, transport=name)
                await send_all(stage.sender(modem))
        now = datetime.now(UTC).replace(microsecond=0)
        await stage.receive([encode_status_report(two, 7, now, now, 0)], transport="modem1")
        assert [ids["modem1", two]] == await stage.column("SELECT id FROM outbox_sms WHERE state = 'delivered'")

    async def test_why_it_was_not_delivered(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """In words, in the event and in the listing."""
        sms = await stage.queue_sms(number)
        await send_all(stage.sender(modem))
        await delivered(stage, number, 1, status=0x46)
        why = "validity period over: the telephone was off or out of reach (TP-ST 0x46)"
        (event,) = [event for event in events if event["event"] == "sms.undelivered"]
        assert (why, 0x46) == (event["error"], event["status"])
        (row,) = await stage.rows(SQL["list_outbox_sms"], None, False, None)
        assert (sms, "failed", f"not delivered: {why}") == (row["id"], row["state"], row["error"])


class TestUnknownFate:
    """It was handed over, but no answer came: a report, or one repeat."""

    async def test_a_report_arrives_meanwhile(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """It is not sent again."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [UNKNOWN]
        await send_all(stage.sender(modem))
        assert "queued" == (await stage.sms(sms))["state"]
        await delivered(stage, number, 41)
        await after_the_wait(stage)
        await send_all(stage.sender(modem))
        assert ("delivered", 1) == ((await stage.sms(sms))["state"], len(modem.sent))

    async def test_no_report_comes(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """After the wait, and not before, it is sent once more."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [UNKNOWN]
        await send_all(stage.sender(modem))
        await stage.due_now()
        assert 1 == await send_all(stage.sender(modem))
        assert 1 == len(modem.sent)
        await after_the_wait(stage)
        await send_all(stage.sender(modem))
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))

    async def test_at_most_one_repeat(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """Unknown twice: it is left at that, and the log says that nobody confirmed it."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [UNKNOWN] * 9
        for _ in range(4):
            await send_all(stage.sender(modem))
            await after_the_wait(stage)
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))
        (event,) = [event for event in events if event["event"] == "sms.sent"]
        assert 1 == event["unconfirmed"]
        await delivered(stage, number, 200)
        assert "delivered" == (await stage.sms(sms))["state"]

    async def test_a_part_of_several(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """Each part by itself: only the one in doubt is repeated."""
        sms = await stage.queue_sms(number, LONG)
        modem.outcomes = [1, UNKNOWN]
        await send_all(stage.sender(modem))
        await after_the_wait(stage)
        await send_all(stage.sender(modem))
        assert [1, 2, 2, 3] == [s.concat.number for s in modem.sent if s.concat]
        assert "sent" == (await stage.sms(sms))["state"]

    async def test_the_report_says_it_was_lost(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """Then another try is no repeat."""
        sms = await stage.queue_sms(number)
        modem.outcomes = [UNKNOWN]
        await send_all(stage.sender(modem))
        await delivered(stage, number, 41, status=0x46)
        await stage.due_now()
        await send_all(stage.sender(modem))
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))


class TestCrash:
    """Invariant 10: a kill loses nothing and repeats at most one SMS."""

    async def crash(self, stage: Stage, modem: ScriptedTransport) -> None:
        """The process dies inside send(), after the modem took the SMS."""

        async def die(_: Submission) -> None:
            raise KeyboardInterrupt

        modem.on_send = die
        with pytest.raises(KeyboardInterrupt):
            await send_all(stage.sender(modem))
        modem.on_send = None

    async def test_the_lease_keeps_others_away_until_it_ends(
        self, stage: Stage, modem: ScriptedTransport, number: str
    ) -> None:
        """Then the SMS waits for its report, and is sent once more."""
        sms = await stage.queue_sms(number)
        await self.crash(stage, modem)
        other = stage.sender(modem, owner="elsewhere")
        assert 0 == await send_all(other)
        await stage.pool.execute("UPDATE outbox_sms SET leased_until = now() - interval '1 second'")
        assert 1 == await send_all(other)
        assert ("queued", 1) == ((await stage.sms(sms))["state"], len(modem.sent))
        await after_the_wait(stage)
        await send_all(other)
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))
        assert ["submitting", "sent"] == await stage.column("SELECT state FROM sms_submission ORDER BY id")

    async def test_only_the_parts_that_were_not_sent(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """The second of three was in hand: after the wait it and the third are sent, the first is not."""
        sms = await stage.queue_sms(number, LONG)

        async def die(submission: Submission) -> None:
            if submission.concat and submission.concat.number == 2:
                raise KeyboardInterrupt

        modem.on_send = die
        with pytest.raises(KeyboardInterrupt):
            await send_all(stage.sender(modem))
        modem.on_send = None
        sender = stage.sender(modem)
        await sender.release()
        await after_the_wait(stage)
        await send_all(sender)
        assert [1, 2, 2, 3] == [s.concat.number for s in modem.sent if s.concat]
        assert "sent" == (await stage.sms(sms))["state"]

    async def test_the_report_was_waiting_in_the_modem(
        self, stage: Stage, modem: ScriptedTransport, number: str
    ) -> None:
        """The restarted process learns that it had been sent."""
        sms = await stage.queue_sms(number)
        await self.crash(stage, modem)
        sender = stage.sender(modem)
        await sender.release()
        await delivered(stage, number, 9)
        await send_all(sender)
        assert ("delivered", 1) == ((await stage.sms(sms))["state"], len(modem.sent))

    async def test_release_takes_back_only_ones_own(
        self, stage: Stage, modem: ScriptedTransport, another_number: Callable[[], str]
    ) -> None:
        """A process that starts again knows that its former self is dead; of others it knows nothing."""
        mine, theirs = [
            await stage.queue_sms(another_number(), owner, state="sending", leased_by=owner) for owner in ("me", "they")
        ]
        await stage.pool.execute("UPDATE outbox_sms SET leased_until = now() + interval '5 minutes'")
        sender = stage.sender(modem, owner="me")
        await sender.release()
        await send_all(sender)
        assert ("sent", "sending") == ((await stage.sms(mine))["state"], (await stage.sms(theirs))["state"])

    async def test_one_that_ends_the_process_again_and_again(
        self, stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
    ) -> None:
        """An SMS whose every claim ended in a crash is given up, loudly."""
        sms = await stage.queue_sms(number, attempts=8)
        await send_all(stage.sender(modem))
        assert ("failed", []) == ((await stage.sms(sms))["state"], modem.sent)
        assert 1 == sum(event["event"] == "sms.given_up" for event in events)

    async def test_the_database_goes_away_while_the_modem_sends(
        self, stage: Stage, modem: ScriptedTransport, number: str, far_settings: Settings, cable: Cable
    ) -> None:
        """The answer of the modem is written down when it is back: nothing is sent twice."""
        sms = await stage.queue_sms(number)
        async with open_database(far_settings) as pool:

            async def unplug(_: Submission) -> None:
                cable.cut()

            async def mend() -> None:
                await cable.refused.wait()
                cable.mend()

            modem.on_send = unplug
            mending = asyncio.create_task(mend())
            await dataclasses.replace(stage, pool=pool).sender(modem).step()
            await mending
        await after_the_wait(stage)
        await send_all(stage.sender(modem))
        assert ("sent", 1) == ((await stage.sms(sms))["state"], len(modem.sent))

    async def test_the_database_stays_away(
        self,
        stage: Stage,
        modem: ScriptedTransport,
        number: str,
        far_settings: Settings,
        cable: Cable,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Beyond the lease somebody else may send it: the same as a crash, one repeat at most."""
        monkeypatch.setattr(send_sms, "LEASE_S", 1.0)
        sms = await stage.queue_sms(number)
        async with open_database(far_settings) as pool:

            async def unplug(_: Submission) -> None:
                cable.cut()

            modem.on_send = unplug
            with pytest.raises(CONNECTION_ERRORS):
                await dataclasses.replace(stage, pool=pool).sender(modem).step()
        modem.on_send = None
        sender = stage.sender(modem)
        await sender.release()
        await after_the_wait(stage)
        await send_all(sender)
        await after_the_wait(stage)
        await send_all(sender)
        assert ("sent", 2) == ((await stage.sms(sms))["state"], len(modem.sent))


class TestReportsThatOvertake:
    """A report may be there before the sender has written down that it sent."""

    async def test_one_part(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """The SMS is delivered, not merely sent."""

        async def report(_: Submission) -> None:
            await delivered(stage, number, 1)

        sms = await stage.queue_sms(number)
        modem.on_send = report
        await send_all(stage.sender(modem))
        assert "delivered" == (await stage.sms(sms))["state"]
        assert [("delivered", 1)] == [
            (row["state"], row["reference"]) for row in await stage.rows("SELECT * FROM sms_submission")
        ]

    async def test_delivered_only_when_all_parts_are(self, stage: Stage, modem: ScriptedTransport, number: str) -> None:
        """The report on the first part comes while the last is being sent; the others come later."""

        async def report(submission: Submission) -> None:
            if submission.concat and submission.concat.number == 3:
                await delivered(stage, number, 1)

        sms = await stage.queue_sms(number, LONG)
        modem.on_send = report
        await send_all(stage.sender(modem))
        states = [(await stage.sms(sms))["state"]]
        for reference in (3, 2):
            await delivered(stage, number, reference)
            states.append((await stage.sms(sms))["state"])
        assert ["sent", "sent", "delivered"] == states

    async def test_a_part_is_lost_while_another_is_sent(
        self, stage: Stage, modem: ScriptedTransport, number: str
    ) -> None:
        """The SMS fails, though it was not yet `sent` when the report came; a retry sends only what was lost."""

        async def report(submission: Submission) -> None:
            if submission.concat and submission.concat.number == 3:
                await delivered(stage, number, 1, status=0x46)

        sms = await stage.queue_sms(number, LONG)
        modem.on_send = report
        await send_all(stage.sender(modem))
        assert "failed" == (await stage.sms(sms))["state"]
        modem.on_send = None
        await stage.pool.execute(SQL["retry_sms"], sms)
        await send_all(stage.sender(modem))
        assert [1, 2, 3, 1] == [s.concat.number for s in modem.sent if s.concat]
        assert "sent" == (await stage.sms(sms))["state"]


async def test_the_log_never_has_the_number_or_the_words(
    stage: Stage, modem: ScriptedTransport, number: str, events: list[dict[str, Any]]
) -> None:
    """Whatever becomes of it: sent, postponed, given up."""
    for outcome in (1, LATER, NEVER, UNKNOWN):
        await stage.queue_sms(number, "rahasia sekali")
        modem.outcomes.append(outcome)
        await send_all(stage.sender(modem))
        await stage.pool.execute("UPDATE outbox_sms SET state = 'failed' WHERE state = 'queued'")
    assert {"sms.sent", "sms.postponed", "sms.given_up"} == {event["event"] for event in events}
    assert number[3:] not in str(events)
    assert "rahasia" not in str(events)
