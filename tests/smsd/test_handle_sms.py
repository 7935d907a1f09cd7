"""From a joined SMS to a ticket or an answer: once each, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from parser import gsm7, ticket_code
from routing.classify import Decision, Router
from routing.spam import Mark, SpamFilter
from smsd.backoff import next_try
from smsd.handle_sms import Limits
from smsd.store.database import CONNECTION_ERRORS, open_database
from smsd.store.queries import SQL
from smsd.writes import NewSms, SmsLimits, Writes, store

if TYPE_CHECKING:
    from config.settings import Settings
    from tests.smsd.conftest import Cable, Stage

ROAD = "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki"
UNCLEAR = "mohon perhatian untuk kami semua"


@dataclasses.dataclass(frozen=True)
class PoisonedRouter(Router):
    """A router with a bug: one word makes it raise."""

    def classify(self, text: str, *args: Any, **kwargs: Any) -> Decision:
        """Raises on `racun`."""
        if "racun" in text:
            raise RuntimeError(f"cannot read {text!r}")
        return super().classify(text, *args, **kwargs)


def poisoned(stage: Stage) -> Stage:
    """The same stage with the bug in its router."""
    fields = {f.name: getattr(stage.desk.router, f.name) for f in dataclasses.fields(Router)}
    return dataclasses.replace(stage, desk=dataclasses.replace(stage.desk, router=PoisonedRouter(**fields)))


async def put(stage: Stage, number: str, *texts: str) -> list[int]:
    """Joined SMS that wait to be handled; their ids."""
    phone = await stage.phone(number)
    sql = (
        "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at)"
        " VALUES ($1, 'modem0', $2, true, now()) RETURNING id"
    )
    return [await stage.value(sql, phone, text) for text in texts]


async def waited(stage: Stage) -> None:
    """Handles what read cut, and has waited long enough for its rest."""
    sql = "UPDATE inbound_message SET received_at = received_at - $1::interval, held_until = held_until - $1::interval"
    await stage.pool.execute(sql, timedelta(seconds=91))
    await stage.handle()


async def answers(stage: Stage) -> list[str]:
    """The causes of all SMS so far."""
    return await stage.column("SELECT cause FROM outbox_sms ORDER BY id")


class TestComplaint:
    """One ticket with everything that belongs to it, in one transaction."""

    async def test_a_complaint_becomes_a_ticket(self, stage: Stage, number: str) -> None:
        """Its events, one dispatch, one mail, one SMS that fits and names the code."""
        await stage.text(number, ROAD)
        (ticket,) = await stage.rows("SELECT * FROM ticket")
        events = await stage.rows("SELECT * FROM ticket_event ORDER BY id")
        (dispatch,) = await stage.rows("SELECT * FROM dispatch")
        (mail,) = await stage.rows("SELECT * FROM outbox_mail")
        (sms,) = await stage.rows("SELECT * FROM outbox_sms")
        assert [("opened", "diterima"), ("verified", "terverifikasi"), ("dispatched", "terdisposisi")] == [
            (event["kind"], event["status"]) for event in events
        ]
        assert ("terdisposisi", "PUPR-35.73", "35.73.05", ROAD) == (
            *(ticket["status"], ticket["agency"], ticket["place"]),
            ticket["text"],
        )
        assert (dispatch["id"], "disposisi", "queued") == (mail["dispatch_id"], mail["kind"], mail["state"])
        assert (ticket["id"], "PUPR-35.73", None) == (dispatch["ticket_id"], dispatch["agency"], dispatch["ended_at"])
        assert ticket_code.show(ticket["code"]) in sms["text"]
        assert (gsm7.septets(sms["text"]) or 999) <= 160
        assert (ticket["id"], ticket["phone_id"], 0) == (sms["ticket_id"], sms["phone_id"], sms["priority"])

    async def test_every_decision_has_its_reasons(self, stage: Stage, number: str) -> None:
        """Invariant 8: with the ticket, and with the event that sent it on."""
        await stage.text(number, ROAD)
        reasons = await stage.value("SELECT reasons FROM ticket")
        assert any("jalan rusak" in reason for reason in reasons)
        assert any("lowokwaru" in reason for reason in reasons)
        (data,) = await stage.said("dispatched")
        assert reasons == data["reasons"]

    async def test_a_complaint_about_nothing_known_goes_to_a_person(self, stage: Stage, number: str) -> None:
        """The triage desk is an agency too; the ticket stays `diterima`."""
        await stage.text(number, UNCLEAR)
        (ticket,) = await stage.rows("SELECT * FROM ticket")
        assert ("diterima", "TRIAGE", "verify") == (ticket["status"], ticket["agency"], ticket["due_for"])
        assert ["diterima"] == await answers(stage)
        assert 1 == await stage.value("SELECT count(*) FROM outbox_mail")

    @pytest.mark.parametrize(
        "text",
        [
            "x",
            "😷" * 300,
            "{}[]~^|\\€" * 40,
            "jalan rusak " * 400 + "di sini.",
            "ﷺ ؀ ‮ kebalik",
            "' OR 1=1; DROP TABLE ticket; --",
            "\f\r",
        ],
    )
    async def test_any_text_gets_an_answer_that_fits(self, stage: Stage, number: str, text: str) -> None:
        """However long or strange the words, one ticket at most, and one SMS of one part."""
        await put(stage, number, text)
        await stage.handle()
        await waited(stage)
        (outcome,) = await stage.column("SELECT outcome FROM inbound_message")
        assert outcome in ("complaint", "courtesy", "empty")
        assert [text.strip()] * (outcome == "complaint") == await stage.column("SELECT text FROM ticket")
        assert all((gsm7.septets(text) or 999) <= 160 for text in await stage.column("SELECT text FROM outbox_sms"))

    async def test_a_hundred_in_one_go(self, stage: Stage, another_number: Callable[[], str]) -> None:
        """More than one batch holds: each gets its own ticket, code, dispatch, mail and SMS."""
        for _ in range(102):
            await put(stage, another_number(), ROAD)
        assert 3 == await stage.handle()
        for sql in (
            "SELECT count(DISTINCT code) FROM ticket",
            "SELECT count(DISTINCT message_id) FROM ticket",
            "SELECT count(DISTINCT ticket_id) FROM dispatch",
            "SELECT count(DISTINCT token) FROM dispatch",
            "SELECT count(DISTINCT (dispatch_id, message_id)) FROM outbox_mail",
            "SELECT count(DISTINCT (phone_id, ticket_id)) FROM outbox_sms",
        ):
            assert 102 == await stage.value(sql), sql

    async def test_the_log_tells_the_ticket_but_not_the_words(
        self, stage: Stage, number: str, events: list[dict[str, Any]]
    ) -> None:
        """One canonical line per message."""
        await stage.text(number, ROAD + " hubungi 081298765432")
        (event,) = [event for event in events if event["event"] == "ticket.opened"]
        code = await stage.value("SELECT code FROM ticket")
        assert (code, "jalan-lokal", "complaint") == (event["ticket"], event["topic"], event["outcome"])
        assert "98765432" not in str(events)
        assert "tlg" not in str(events)


class TestRobots:
    """Invariant 6."""

    @pytest.mark.parametrize("sender", ["PROMO-TSEL", "1708", "3636", "", "12345", "*123#", "+62811"])
    @pytest.mark.parametrize("text", [ROAD, "STATUS"])
    async def test_no_ticket_and_no_answer(self, stage: Stage, sender: str, text: str) -> None:
        """Names and short codes."""
        await stage.text(sender, text)
        assert ["robot"] == await stage.column("SELECT outcome FROM inbound_message")
        assert 0 == await stage.value("SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM outbox_sms)")

    async def test_whatever_writes_to_a_robot_is_withheld(self, stage: Stage) -> None:
        """The last line of defence is where all SMS are written."""
        await stage.text("PROMO", ROAD)
        phone = await stage.value("SELECT id FROM phone")
        async with stage.pool.acquire() as connection, connection.transaction():
            withheld = await store(connection, Writes(sms=[NewSms(phone, None, "bantuan", "Halo", 0)]), SmsLimits(60))
        assert ([(phone, None)], ["withheld"]) == (withheld, await stage.column("SELECT state FROM outbox_sms"))

    async def test_the_hourly_limit(self, stage: Stage, number: str, events: list[dict[str, Any]]) -> None:
        """Over N automatic SMS an hour are kept but withheld; tickets are opened all the same."""
        few = dataclasses.replace(stage, limits=Limits(SmsLimits(3), attempts=3))
        for n in range(5):
            await put(few, number, f"{ROAD} {n}")
        await few.handle()
        assert ["queued"] * 3 + ["withheld"] * 2 == await stage.column("SELECT state FROM outbox_sms ORDER BY id")
        assert 5 == await stage.value("SELECT count(*) FROM ticket")
        assert 2 == sum(event["event"] == "sms.withheld" for event in events)
        await stage.pool.execute("UPDATE outbox_sms SET created_at = created_at - interval '61 minutes'")
        await put(few, number, "STATUS")
        await few.handle()
        assert "queued" == await stage.value("SELECT state FROM outbox_sms ORDER BY id DESC LIMIT 1")

    async def test_the_limit_counts_each_number_by_itself(
        self, stage: Stage, another_number: Callable[[], str]
    ) -> None:
        """One loud phone does not silence the others."""
        few = dataclasses.replace(stage, limits=Limits(SmsLimits(1), attempts=3))
        loud, quiet = another_number(), another_number()
        await put(few, loud, ROAD, ROAD + "!")
        await put(few, quiet, ROAD)
        await few.handle()
        phones = [await stage.phone(loud), await stage.phone(quiet)]
        rows = await stage.rows("SELECT phone_id, state FROM outbox_sms ORDER BY phone_id, id")
        assert [(phones[0], "queued"), (phones[0], "withheld"), (phones[1], "queued")] == [
            (row["phone_id"], row["state"]) for row in rows
        ]


class TestCommands:
    """Answered from the citizen's own tickets."""

    async def test_status_of_no_ticket_one_ticket_and_several(self, stage: Stage, number: str) -> None:
        """STATUS alone tells what there is."""
        await stage.text(number, "STATUS")
        await stage.text(number, ROAD + " satu", "status")
        await stage.text(number, ROAD + " dua", "Cek status")
        assert ["status_kosong", "diteruskan", "status_satu", "diteruskan", "status_daftar"] == await answers(stage)

    async def test_a_command_behind_its_complaint(self, stage: Stage, number: str) -> None:
        """In one batch: STATUS is about the ticket of the SMS before it."""
        await put(stage, number, ROAD, "STATUS")
        await stage.handle()
        assert ["diteruskan", "status_satu"] == await answers(stage)

    @pytest.mark.parametrize(
        ("command", "cause"), [("STATUS {}", "status_satu"), ("{}", "status_satu"), ("STATUS 1", "status_satu")]
    )
    async def test_asking_by_number(self, stage: Stage, number: str, command: str, cause: str) -> None:
        """By the code, by the code alone, by the place in the list."""
        await stage.text(number, ROAD)
        await stage.text(number, command.format(ticket_code.show(await stage.value("SELECT code FROM ticket"))))
        assert ["diteruskan", cause] == await answers(stage)

    async def test_complaint_command_complaint_of_one_phone(self, stage: Stage, number: str) -> None:
        """One after the other, each once, and each on what was before it."""
        await put(stage, number, ROAD + " satu", "STATUS", ROAD + " dua", "BANTUAN")
        assert 4 == await stage.handle()
        assert {"handled"} == set(await stage.column("SELECT state FROM inbound_message"))
        assert ["diteruskan", "status_satu", "diteruskan", "bantuan"] == await answers(stage)

    async def test_adding_words(self, stage: Stage, number: str) -> None:
        """An event with the words, an answer, and a mail to the agency with numbers masked."""
        await stage.text(number, ROAD)
        code = await stage.value("SELECT code FROM ticket")
        await stage.text(number, f"TAMBAH {code} dekat pasar, hub 081298765432")
        (mail,) = await stage.rows("SELECT * FROM outbox_mail WHERE kind = 'tambahan'")
        assert "dekat pasar" in mail["extra_text"]
        assert "98765432" not in mail["extra_text"]
        assert "ditanggapi_pelapor" == await stage.value("SELECT status FROM ticket")
        (data,) = await stage.said("citizen_added")
        assert "dekat pasar, hub 081298765432" == data["text"]

    async def test_cancelling(self, stage: Stage, number: str) -> None:
        """The ticket is closed, the agency told; a second BATAL says that it is closed already."""
        await stage.text(number, ROAD)
        code = await stage.value("SELECT code FROM ticket")
        await stage.text(number, f"BATAL {code}", f"batal {code}")
        assert ["diteruskan", "dibatalkan", "sudah_ditutup"] == await answers(stage)
        assert ("diarsipkan", None) == tuple((await stage.rows("SELECT status, due_for FROM ticket"))[0].values())
        assert ["disposisi", "dibatalkan"] == await stage.column("SELECT kind FROM outbox_mail ORDER BY id")

    @pytest.mark.parametrize("command", ["STATUS {code}", "TAMBAH {code} saya tetangganya", "BATAL {code}", "{code}"])
    async def test_somebody_elses_code_opens_nothing(
        self, stage: Stage, number: str, another_number: Callable[[], str], command: str
    ) -> None:
        """The same answer as for a code that does not exist, and the ticket stays as it is."""
        await stage.text(number, ROAD)
        code = await stage.value("SELECT code FROM ticket")
        before = await stage.rows("SELECT * FROM ticket")
        await stage.text(another_number(), command.format(code=code))
        assert ["diteruskan", "tidak_ditemukan"] == await answers(stage)
        assert before == await stage.rows("SELECT * FROM ticket")

    async def test_slips_and_help(self, stage: Stage, number: str) -> None:
        """A wrong check digit, a list number that is too high, and help."""
        await stage.text(number, "STATUS 4821309765", "STATUS 9", "BANTUAN")
        assert {"salah_ketik", "status_kosong", "bantuan"} == set(await answers(stage))
        assert 0 == await stage.value("SELECT count(*) FROM ticket")


class TestPoison:
    """Invariant 5."""

    async def test_one_that_spoils_the_batch(
        self, stage: Stage, another_number: Callable[[], str], events: list[dict[str, Any]]
    ) -> None:
        """The rest of the batch is handled at once; the bad one after three tries is quarantined, with its error."""
        stage = poisoned(stage)
        for text in (ROAD, "racun", "STATUS", ROAD):
            await put(stage, another_number(), text)
        await stage.handle()
        assert ["handled", "new", "handled", "handled"] == await stage.column(
            "SELECT state FROM inbound_message ORDER BY id"
        )
        assert 2 == await stage.value("SELECT count(*) FROM ticket")
        for _ in range(3):
            await stage.due_now()
            await stage.handle()
        (row,) = [each for each in await stage.rows("SELECT * FROM inbound_message") if each["text"] == "racun"]
        assert ("quarantined", 3, "RuntimeError: cannot read 'racun'") == (row["state"], row["attempts"], row["error"])
        assert 1 == sum(event["event"] == "sms.quarantined" for event in events)
        assert "racun" not in str(events)

    async def test_its_tries_grow_apart(self, stage: Stage, number: str) -> None:
        """What failed is not tried again at once."""
        stage = poisoned(stage)
        await put(stage, number, "racun")
        for attempt in (1, 2):
            before = datetime.now(UTC)
            await stage.handle()
            assert await stage.value("SELECT due_at FROM inbound_message") >= next_try(before, attempt)
            await stage.due_now()

    async def test_half_of_its_writes_are_undone(self, stage: Stage, another_number: Callable[[], str]) -> None:
        """A fault behind the first insert leaves nothing behind: no ticket without its SMS."""
        await stage.pool.execute("ALTER TABLE outbox_sms ADD CHECK (cause <> 'diteruskan')")
        await put(stage, another_number(), ROAD)
        await put(stage, another_number(), UNCLEAR)
        await stage.handle()
        assert [UNCLEAR] == await stage.column("SELECT text FROM ticket")
        assert 1 == await stage.value("SELECT count(*) FROM dispatch")
        assert 1 == await stage.value("SELECT count(*) FROM outbox_mail")
        assert ["new", "handled"] == await stage.column("SELECT state FROM inbound_message ORDER BY id")

    async def test_more_poison_than_a_batch(self, stage: Stage, another_number: Callable[[], str]) -> None:
        """Fifty-five bad ones in front do not keep the good one behind them from being handled."""
        stage = poisoned(stage)
        for _ in range(55):
            await put(stage, another_number(), "racun")
        await put(stage, another_number(), ROAD)
        await stage.handle()
        assert 1 == await stage.value("SELECT count(*) FROM ticket")

    async def test_one_text_one_ticket_even_if_handled_again(self, stage: Stage, number: str) -> None:
        """A message that somebody puts back after its ticket was opened is told to be that one."""
        await stage.text(number, ROAD)
        for _ in range(4):
            await stage.pool.execute("UPDATE inbound_message SET state = 'new', due_at = now()")
            await stage.handle()
        assert 1 == await stage.value("SELECT count(*) FROM ticket")
        assert ["diteruskan"] + ["sama"] * 4 == await answers(stage)


class TestOrder:
    """Of one phone only the oldest message is handled: what it is answered depends on what came before."""

    async def test_a_message_that_another_handler_has_holds_the_next_back(
        self, stage: Stage, watcher: asyncpg.Connection, number: str
    ) -> None:
        """Until its transaction ends."""
        first, second = await put(stage, number, ROAD, "STATUS")
        other = watcher.transaction()
        await other.start()
        await watcher.execute("SELECT FROM inbound_message WHERE id = $1 FOR UPDATE", first)
        assert 0 == await stage.handle()
        await other.rollback()
        assert 2 == await stage.handle()
        assert [first, second] == await stage.column(
            "SELECT id FROM inbound_message WHERE state = 'handled' ORDER BY id"
        )

    async def test_a_message_that_is_tried_again_holds_nothing_up(self, stage: Stage, number: str) -> None:
        """Nor does it leave the batch with two of one phone."""
        broken = poisoned(stage)
        await put(stage, number, "racun", ROAD)
        await broken.handle()
        assert ["new", "handled"] == await stage.column("SELECT state FROM inbound_message ORDER BY id")
        await put(stage, number, "STATUS")
        await stage.due_now()
        await broken.handle()
        assert ["diteruskan", "status_satu"] == await answers(stage)

    async def test_a_text_that_reads_cut_is_held(self, stage: Stage, number: str) -> None:
        """Until 90 seconds after it came, and no longer; several together until the last of them is that old."""
        await put(stage, number, ROAD + " dan")
        assert 1 == await stage.handle()
        held = "SELECT round(extract(epoch FROM held_until - received_at)) FROM inbound_message ORDER BY id"
        assert [20] == [float(seconds) for seconds in await stage.column(held)]
        await put(stage, number, "sudah ada yang jatuh karena")
        assert 1 == await stage.handle()
        assert 1 == await stage.value("SELECT count(DISTINCT held_until) FROM inbound_message WHERE held_until > now()")
        await waited(stage)
        assert [ROAD + " dan sudah ada yang jatuh karena"] == await stage.column("SELECT text FROM ticket")
        assert ["complaint", "joined"] == await stage.column("SELECT outcome FROM inbound_message ORDER BY id")

    async def test_a_robots_cut_text_is_not_held(self, stage: Stage) -> None:
        """Nobody waits for it."""
        await stage.text("PROMO", "Dapatkan kuota murah dan")
        assert ["robot"] == await stage.column("SELECT outcome FROM inbound_message")


class TestSpam:
    """What no citizen wrote opens nothing, and waits where an operator sees it."""

    async def test_it_waits_and_can_be_let_through(
        self, stage: Stage, number: str, events: list[dict[str, Any]]
    ) -> None:
        """With its kind and the reasons; put back, it is a report whatever the filter says."""
        fraud = SpamFilter([Mark("undian", "penipuan", 9.0, ("pemenang undian",))])
        router = dataclasses.replace(stage.desk.router, spam=fraud)
        guarded = dataclasses.replace(stage, desk=dataclasses.replace(stage.desk, router=router))
        (message,) = await put(guarded, number, "Anda pemenang undian, transfer sekarang.")
        await guarded.handle()
        (row,) = await stage.rows(SQL["list_quarantine"], None, None)
        assert ("sms", message, "penipuan") == (row["kind"], row["id"], row["reason"])
        assert "pemenang undian" in row["error"]
        assert (0, []) == (await stage.value("SELECT count(*) FROM ticket"), await answers(stage))
        assert ["sms.refused"] == [e["event"] for e in events if e.get("outcome") == "penipuan"]
        (shown,) = await stage.rows(SQL["show_quarantine"], "sms", message)
        assert "Anda pemenang undian, transfer sekarang." == shown["text"]
        assert message == await stage.value(SQL["retry_quarantine_message"], message)
        await guarded.handle()
        assert 1 == await stage.value("SELECT count(*) FROM ticket")
        assert await stage.value(SQL["retry_quarantine_message"], message) is None

    async def test_a_pdu_stands_beside_it(self, stage: Stage) -> None:
        """In the same list."""
        await stage.receive(["zz"])
        (row,) = await stage.rows(SQL["list_quarantine"], "pdu", 10)
        assert ("pdu", "pdu") == (row["kind"], row["reason"])
        (shown,) = await stage.rows(SQL["show_quarantine"], "pdu", row["id"])
        assert (b"zz", None) == (stage.seal.open(shown["raw_sealed"], "quarantine"), shown["text"])
        assert [] == await stage.rows(SQL["list_quarantine"], "promo", None)


class TestAtTheSameTime:
    """Several handlers, several processes."""

    async def test_no_message_is_handled_twice(self, stage: Stage, another_number: Callable[[], str]) -> None:
        """Four handlers over 130 messages."""
        for _ in range(130):
            await put(stage, another_number(), ROAD)
        await asyncio.gather(*(stage.handle() for _ in range(4)))
        while await stage.value("SELECT count(*) FROM inbound_message WHERE state = 'new'"):
            await stage.handle()
        assert 130 == await stage.value("SELECT count(*) FROM ticket")
        assert 130 == await stage.value("SELECT count(*) FROM outbox_sms")
        assert 130 == await stage.value("SELECT count(*) FROM outbox_mail")

    async def test_what_another_handler_has_is_skipped(
        self, stage: Stage, watcher: asyncpg.Connection, another_number: Callable[[], str]
    ) -> None:
        """A claimed message is nobody else's until its transaction ends, and comes back if that is undone."""
        ids = [(await put(stage, another_number(), ROAD))[0] for _ in range(2)]
        other = watcher.transaction()
        await other.start()
        await watcher.execute("SELECT FROM inbound_message WHERE id = $1 FOR UPDATE", ids[0])
        await stage.handle()
        assert [ids[1]] == await stage.column("SELECT message_id FROM ticket")
        await other.rollback()
        await stage.handle()
        assert ids[::-1] == await stage.column("SELECT message_id FROM ticket ORDER BY id")


class TestDatabaseAway:
    """A lost connection is not the message's fault."""

    async def test_the_claim_is_given_back(
        self, stage: Stage, far_settings: Settings, cable: Cable, watcher: asyncpg.Connection, number: str
    ) -> None:
        """step() says so by a connection error; the message is as it was, and handled when the database is back."""
        async with open_database(far_settings) as pool:
            far = dataclasses.replace(stage, pool=pool)
            await put(stage, number, ROAD)
            cable.cut()
            with pytest.raises(CONNECTION_ERRORS):
                await far.handle()
            cable.mend()
            assert ("new", 0) == tuple((await stage.rows("SELECT state, attempts FROM inbound_message"))[0].values())
            await far.handle()
        assert 1 == await stage.value("SELECT count(*) FROM ticket")

    @pytest.mark.parametrize("tries", [1, 2])
    async def test_a_session_killed_at_work(self, stage: Stage, number: str, tries: int) -> None:
        """In the batch, and while the poison in a batch is sought: no try is counted."""
        await stage.pool.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION break_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('tries') = {tries} THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1);"
            " ELSIF currval('tries') = 1 THEN RAISE EXCEPTION 'racun'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER break_once BEFORE INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION break_once()"
        )
        await put(stage, number, ROAD)
        with pytest.raises(CONNECTION_ERRORS):
            await stage.handle()
        assert ("new", 0) == tuple((await stage.rows("SELECT state, attempts FROM inbound_message"))[0].values())
        await stage.handle()
        assert 1 == await stage.value("SELECT count(*) FROM ticket")
        assert ["diteruskan"] == await answers(stage)


async def test_the_whole_way_from_pdu_to_answer(stage: Stage, number: str, long_pdus: Callable[..., list[str]]) -> None:
    """A long complaint in parts out of order, then its STATUS: one ticket with all the words, two answers."""
    words = ROAD + ", " + "banyak lubang dan sudah ada yang jatuh, " * 8 + "mohon segera."
    await stage.receive(long_pdus(number, words)[::-1])
    await stage.handle()
    await stage.text(number, "STATUS")
    assert [words] == await stage.column("SELECT text FROM ticket")
    assert ["diteruskan", "status_satu"] == await answers(stage)
    code = ticket_code.show(await stage.value("SELECT code FROM ticket"))
    assert all(re.search(rf"\b{code}\b", text) for text in await stage.column("SELECT text FROM outbox_sms"))


async def test_nothing_to_do(stage: Stage) -> None:
    """No message, no step."""
    assert 0 == await stage.handle()
