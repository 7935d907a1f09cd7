"""From an agency's mail to its ticket: stored first, believed only with token and sender, and never answered twice."""

from __future__ import annotations

import asyncio
import dataclasses
import smtplib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio

from parser import gsm7
from parser.ticket_code import show
from smsd.demo.mailbox import Letter, answer, open_mailbox
from smsd.desk.rules import Desk
from smsd.handle_mail import MailHandler, MailKeeper, digest, known_sender
from smsd.mail.lmtp import ReceivedMail, open_lmtp
from smsd.mail.smtp import SmtpSettings, open_mailer
from smsd.send_mail import MailSender
from smsd.store.database import CONNECTION_ERRORS, open_database

if TYPE_CHECKING:
    from config.settings import Settings
    from tests.smsd.conftest import Cable, Stage

ROAD = "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki"
HEARD = "SELECT state, outcome FROM inbound_mail ORDER BY id"


@dataclass
class Post:
    """The way of a mail into the gateway: an LMTP server, and a handler behind it."""

    stage: Stage
    address: tuple[str, int]
    errors: list[Exception]

    async def deliver(self, mail: EmailMessage | bytes, sender: str, *recipients: str) -> list[int]:
        """As an MTA hands it over; the reply for each recipient, which smtplib alone would not wait for."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)

        def talk() -> list[int]:
            with smtplib.LMTP(*self.address, local_hostname="mta.example") as server:
                server.ehlo()
                codes = [server.mail(sender)[0], *(server.rcpt(recipient)[0] for recipient in recipients)]
                assert {250} == set(codes)
                first, _ = server.data(raw)
                return [first, *(server.getreply()[0] for _ in recipients[1:])]

        return await asyncio.to_thread(talk)

    async def handle(self, desk: Desk | None = None) -> int:
        """Handles all mails that are due."""
        handler, steps = MailHandler(self.stage.pool, desk or self.stage.desk, self.stage.limits), 0
        while await handler.step():
            steps += 1
        return steps

    async def ticket(self) -> dict[str, Any]:
        """The only ticket, with the dispatch that runs."""
        sql = (
            "SELECT ticket.*, dispatch.token, dispatch.address, dispatch.id AS dispatch"
            " FROM ticket JOIN dispatch ON dispatch.ticket_id = ticket.id AND ended_at IS NULL"
        )
        (row,) = await self.stage.rows(sql)
        return row

    async def write(self, words: str, **changes: Any) -> EmailMessage:
        """An answer as the agency's mail program makes it; headers can be changed, and taken out by None."""
        ticket = await self.ticket()
        mail = EmailMessage(policy=SMTP)
        headers = {
            "From": ticket["address"],
            "To": f"t-{ticket['token']}@1708.example",
            "Subject": f"Re: [LAPOR {show(ticket['code'])}] Jalan",
            "Message-ID": make_msgid(domain="malangkota.example"),
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        for name, value in headers.items():
            if value is not None:
                mail[name] = value
        mail.set_content(f"{words}\n\nPada hari ini LAPOR! 1708 menulis:\n> == balas di atas baris ini ==\n> isi\n")
        return mail

    async def say(self, words: str, *, envelope: str | None = None, to: str | None = None, **changes: Any) -> None:
        """Writes, delivers and handles an answer."""
        mail, ticket = await self.write(words, **changes), await self.ticket()
        sender = ticket["address"] if envelope is None else envelope
        await self.deliver(mail, sender, to or f"t-{ticket['token']}@1708.example")
        await self.handle()

    async def told(self) -> list[tuple[str, str]]:
        """Cause and text of every SMS after the first."""
        rows = await self.stage.rows("SELECT cause, text FROM outbox_sms ORDER BY id OFFSET 1")
        return [(row["cause"], row["text"]) for row in rows]


@pytest_asyncio.fixture
async def post(stage: Stage, number: str) -> AsyncIterator[Post]:
    """A ticket that was sent to an agency, and the way back."""
    errors: list[Exception] = []
    async with open_lmtp(
        "127.0.0.1:0",
        MailKeeper(stage.pool).store,
        accepts=lambda address: address.lower().endswith("@1708.example"),
        on_error=lambda error, _: errors.append(error),
    ) as lmtp:
        host, _, port = lmtp.address.rpartition(":")
        await stage.text(number, ROAD)
        yield Post(stage, (host, int(port)), errors)


class TestKeeping:
    """Stored raw, before anybody reads it."""

    async def test_the_bytes_are_stored_as_they_came(self, post: Post) -> None:
        """Nobody has read it when the MTA hears 250; not even its charset need be one."""
        raw = b"From: x\r\nSubject: =?nope?q?=FF?=\r\n\r\n\xff\xfe\x00 TERIMA\r\n"
        await post.deliver(raw, "a@b.example", "t-nobody@1708.example")
        (row,) = await post.stage.rows("SELECT * FROM inbound_mail")
        assert (raw, "a@b.example", "t-nobody@1708.example", "new") == (
            *(row["raw"], row["envelope_sender"], row["recipient"]),
            row["state"],
        )

    async def test_the_database_is_away(
        self, post: Post, far_settings: Settings, cable: Cable, events: list[dict[str, Any]]
    ) -> None:
        """The MTA hears 451 and keeps the mail; when the database is back the same mail is taken."""
        mail = await post.write("TERIMA")
        async with (
            open_database(far_settings) as pool,
            open_lmtp("127.0.0.1:0", MailKeeper(pool).store, accepts=lambda _: True, on_error=lambda *_: None) as lmtp,
        ):
            host, _, port = lmtp.address.rpartition(":")
            far = dataclasses.replace(post, address=(host, int(port)))
            cable.cut()
            assert [451] == await far.deliver(mail, "a@b.example", str(mail["To"]))
            cable.mend()
            assert [250] == await far.deliver(mail, "a@b.example", str(mail["To"]))
        assert [False] == [event["repeated"] for event in events if event["event"] == "mail.received"]

    async def test_two_recipients_one_of_whom_cannot_be_stored(self, post: Post) -> None:
        """LMTP answers for each: one is stored, the other stays with the MTA."""
        await post.stage.pool.execute("ALTER TABLE inbound_mail ADD CHECK (recipient NOT LIKE 'penuh%')")
        mail = await post.write("TERIMA")
        assert [451, 250] == await post.deliver(mail, "a@b.example", "penuh@1708.example", str(mail["To"]))
        assert 1 == await post.stage.value("SELECT count(*) FROM inbound_mail")
        assert ["CheckViolationError"] == [type(error).__name__ for error in post.errors]

    async def test_the_same_mail_delivered_twice_changes_nothing(
        self, post: Post, events: list[dict[str, Any]]
    ) -> None:
        """With other trace headers, other line ends, the address in other case, before and after it was handled."""
        mail = await post.write("SELESAI Sudah ditambal")
        to, raw = str(mail["To"]), mail.as_bytes(policy=SMTP)
        variants = [
            raw,
            b"Received: from mta2.example by mx.example; Mon, 3 Aug 2026 09:14:00 +0700\r\n" + raw,
            b"Delivered-To: " + to.encode() + b"\r\n" + raw + b"\r\n",
        ]
        for variant in variants:
            await post.deliver(variant, "dinas@malangkota.example", to)
            await post.handle()
        await post.deliver(raw, "dinas@malangkota.example", to.upper())
        assert 0 == await post.handle()
        assert 1 == await post.stage.value("SELECT count(*) FROM inbound_mail")
        assert ["agency_selesai"] == [cause for cause, _ in await post.told()]
        assert [False, True, True, True] == [e["repeated"] for e in events if e["event"] == "mail.received"]

    @pytest.mark.parametrize(
        ("one", "other", "equal"),
        [
            (b"Message-ID: <1@a>\n\nx", b"X: y\nmessage-id:\t<1@a> \n\nx\n", True),
            (b"Message-ID:\n <1@a>\n\nx", b"Message-Id: <1@a>\r\n\r\nx", True),
            (b"Message-ID: <1@a>\n\nx", b"Message-ID: <2@a>\n\nx", False),
            (b"Message-ID: <1@a>\n\nx", b"Message-ID: <1@a>\n\ny", False),
            (b"Subject: a\n\nx", b"Subject: a\n\nx", True),
            (b"Subject: a\n\nMessage-ID: <1@a>", b"Subject: b\n\nMessage-ID: <1@a>", False),
            (b"", b"\n", False),
        ],
    )
    def test_which_mails_are_one(self, one: bytes, other: bytes, equal: bool) -> None:
        """By Message-ID and body; without a Message-ID by everything."""
        first, second = (digest(ReceivedMail("a@b", "t@1708.example", raw)) for raw in (one, other))
        assert equal == (first == second)

    async def test_one_mail_to_two_tickets(self, post: Post) -> None:
        """Each recipient is a mail of its own."""
        mail = await post.write("TERIMA")
        await post.deliver(mail, "a@b.example", "satu@1708.example", "dua@1708.example")
        assert 2 == await post.stage.value("SELECT count(*) FROM inbound_mail")


class TestVerbs:
    """The first line becomes a status and an SMS, in one transaction."""

    @pytest.mark.parametrize(
        ("words", "status", "cause", "due_for"),
        [
            ("TERIMA", "ditindaklanjuti", "agency_terima", "finish"),
            ("PROSES Petugas ke lokasi hari Rabu", "ditindaklanjuti", "agency_proses", "finish"),
            ("Proses: Petugas ke lokasi hari Rabu", "ditindaklanjuti", "agency_proses", "finish"),
            ("SELESAI Sudah ditambal tadi pagi", "selesai", "agency_selesai", None),
            ("TANYA Di dekat bangunan apa?", "tunda", "agency_tanya", "reply"),
        ],
    )
    async def test_what_an_agency_may_say(
        self, post: Post, number: str, words: str, status: str, cause: str, due_for: str | None
    ) -> None:
        """The citizen is told within one SMS, with the agency's words."""
        await post.say(words)
        ticket = await post.ticket()
        assert (status, due_for) == (ticket["status"], ticket["due_for"])
        ((told, text),) = await post.told()
        assert (cause, True) == (told, (gsm7.septets(text) or 999) <= 160)
        if " " in words:
            assert words.partition(" ")[2][:20] in text
        assert ["handled"] == await post.stage.column("SELECT state FROM inbound_mail")
        (actor,) = await post.stage.column("SELECT actor FROM ticket_event WHERE kind LIKE 'agency%'")
        assert "agency:PUPR-35.73" == actor
        assert ticket["phone_id"] == await post.stage.phone(number)

    async def test_not_ours_names_another_agency(self, post: Post) -> None:
        """The ticket goes on to it: the old dispatch ends, the new one has its own token and mail."""
        old = await post.ticket()
        await post.say("BUKAN WEWENANG Dinas Lingkungan Hidup Kota Malang")
        new = await post.ticket()
        assert "DLH-35.73" == new["agency"]
        assert ("terdisposisi", True) == (new["status"], new["token"] != old["token"])
        assert ["pindah"] == [cause for cause, _ in await post.told()]
        assert 2 == await post.stage.value("SELECT count(*) FROM outbox_mail WHERE kind = 'disposisi'")

    @pytest.mark.parametrize("words", ["BUKAN WEWENANG", "BUKAN WEWENANG Kementerian Sihir", "Bukan wewenang kami"])
    async def test_not_ours_names_nobody_we_know(self, post: Post, words: str) -> None:
        """A person of ours looks for the right one."""
        await post.say(words)
        assert ("TRIAGE", "bukan_wewenang") == ((await post.ticket())["agency"], (await post.ticket())["status"])
        assert ["kembali"] == [cause for cause, _ in await post.told()]

    async def test_the_agencys_words_are_masked_for_the_citizen(self, post: Post) -> None:
        """An official writes another citizen's number into the answer: it does not leave the gateway."""
        await post.say("SELESAI Sudah, silakan hubungi 081298765432 atau NIK 3573041203900001")
        ((_, text),) = await post.told()
        assert "98765432" not in text
        assert "3573041203900001" not in text

    @pytest.mark.parametrize("change", [str.upper, str.title, lambda address: f"  {address} "])
    async def test_the_token_retyped(self, post: Post, change: Callable[[str], str]) -> None:
        """In other case, as officials copy it from paper."""
        ticket = await post.ticket()
        address = f"t-{ticket['token']}@1708.example"
        await post.say("TERIMA", to=change(address).strip(), To=change(address))
        assert "ditindaklanjuti" == (await post.ticket())["status"]

    async def test_a_colleague_in_the_same_office(self, post: Post) -> None:
        """Same domain, another mailbox, capitals."""
        domain = (await post.ticket())["address"].rpartition("@")[2]
        await post.say("TERIMA", From=f"Bu Sri <SRI@{domain.upper()}>")
        assert "ditindaklanjuti" == (await post.ticket())["status"]

    async def test_forwarded_to_the_general_address(self, post: Post) -> None:
        """The envelope names another address of ours, the header still has the token."""
        await post.say("TERIMA", to="lapor@1708.example")
        assert "ditindaklanjuti" == (await post.ticket())["status"]


class TestHeld:
    """What is not believed or not understood waits for a person; the ticket stays as it is."""

    async def held(
        self, post: Post, before: dict[str, Any], reason: str, *, noted: bool = True, state: str = "held"
    ) -> None:
        """Status, deadline, agency and SMS are as before; the timeline says that something came."""
        after = await post.ticket()
        for name in ("status", "agency", "due_at", "due_for", "token"):
            assert before[name] == after[name]
        assert [(state, reason)] == [(row["state"], row["outcome"]) for row in await post.stage.rows(HEARD)]
        assert [] == await post.told()
        notes = await post.stage.said(f"mail_{state}")
        assert [reason] * noted == [note["reason"] for note in notes]
        assert 0 == await post.stage.value("SELECT count(*) FROM outbox_mail WHERE kind = 'bantuan'")

    @pytest.mark.parametrize(
        "sender",
        ["penipu@gmail.com", "x@malangkota.example.penipu.example", "pupr@malang.example", "malangkota.example", None],
    )
    async def test_wrong_sender(self, post: Post, sender: str | None) -> None:
        """Whoever got hold of the address, but writes from elsewhere; the envelope may say what it likes."""
        before = await post.ticket()
        await post.say("SELESAI Sudah ditambal", From=sender)
        await self.held(post, before, "unknown_sender")

    async def test_whoever_had_a_copy_is_not_asked(self, post: Post) -> None:
        """Not even a verb of theirs changes anything."""
        await post.stage.pool.execute("UPDATE dispatch SET copy = true")
        before = await post.ticket()
        await post.say("SELESAI Sudah ditambal")
        await self.held(post, before, "copy")

    async def test_a_display_name_that_looks_like_the_agency(self, post: Post) -> None:
        """Only the address counts."""
        before = await post.ticket()
        await post.say("SELESAI Sudah ditambal", From=f'"{before["address"]}" <penipu@jahat.example>')
        await self.held(post, before, "unknown_sender")

    @pytest.mark.parametrize("to", ["t-aaaaaaaaaaaaaaaaaaaa@1708.example", "lapor@1708.example", "t-@1708.example"])
    async def test_wrong_token(self, post: Post, to: str) -> None:
        """Nobody's address: there is no ticket to note it on."""
        before = await post.ticket()
        await post.say("SELESAI Sudah ditambal", to=to, To=to)
        await self.held(post, before, "no_such_token", noted=False)

    @pytest.mark.parametrize(
        ("reason", "changes"),
        [
            ("auto-reply", {"Auto_Submitted": "auto-replied"}),
            ("auto-reply", {"Subject": "Balasan otomatis: sedang cuti"}),
            ("auto-reply", {"Precedence": "bulk"}),
            ("own", {"X_SMSD_Loop": "1708"}),
        ],
    )
    async def test_robots(self, post: Post, reason: str, changes: dict[str, str]) -> None:
        """Invariant 6: an answering machine, our own mail. A verb in them means nothing, and nobody need look."""
        before = await post.ticket()
        await post.say("SELESAI Sudah ditambal", **changes)
        await self.held(post, before, reason, state="kept")

    @pytest.mark.parametrize(
        "words", ["Terima kasih atas laporannya", "", "Selesaikan segera", "Mohon waktu", "\U0001f600"]
    )
    async def test_free_text(self, post: Post, words: str) -> None:
        """A person reads it; no robot asks back."""
        before = await post.ticket()
        await post.say(words)
        await self.held(post, before, "free_text")

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("TERIMA", "free_text"),
            ("SELESAI Lubang sudah ditambal.", "ticket_closed"),
            ("TOLAK Jalan ini milik pribadi.", "ticket_closed"),
            ("BUKAN WEWENANG Dinas Lingkungan Hidup Kota Malang", "dispatch_ended"),
        ],
    )
    async def test_free_text_that_its_own_agency_overtakes(self, post: Post, words: str, reason: str) -> None:
        """It stays to be read, but it holds up no deadline of what comes after, and the citizen is not told of it."""
        await post.say("Akan kami rapatkan dulu.")
        await post.say(words)
        waits = await post.stage.value("SELECT answer_waits FROM desk_ticket")
        first = (await post.stage.rows(HEARD))[0]
        assert (("held", reason), reason == "free_text") == (tuple(first.values()), waits)

    async def test_a_dispatch_that_has_ended(self, post: Post) -> None:
        """The ticket went to another agency; the first one no longer speaks for it."""
        old = await post.ticket()
        await post.say("BUKAN WEWENANG Dinas Lingkungan Hidup Kota Malang")
        before, told = await post.ticket(), await post.told()
        to = f"t-{old['token']}@1708.example"
        await post.say("SELESAI Sudah ditambal", to=to, To=to, From=old["address"])
        after = await post.ticket()
        assert (before["status"], before["agency"], told) == (after["status"], after["agency"], await post.told())
        assert ("held", "dispatch_ended") == tuple((await post.stage.rows(HEARD))[-1].values())

    async def test_an_agency_that_got_it_at_another_address_too(self, post: Post) -> None:
        """Its answer to the first mail counts, for it has the report."""
        old = await post.ticket()
        await post.stage.pool.execute(
            "WITH first AS (UPDATE dispatch SET ended_at = now())"
            " INSERT INTO dispatch (ticket_id, agency, address, token)"
            " SELECT ticket_id, agency, 'kedua@malangkota.example', 'bbbbbbbbbbbbbbbbbbbb' FROM dispatch"
        )
        to = f"t-{old['token']}@1708.example"
        await post.say("SELESAI Sudah ditambal", to=to, To=to, From=old["address"])
        assert ("selesai", "handled") == (
            (await post.ticket())["status"],
            await post.stage.value("SELECT state FROM inbound_mail"),
        )

    @pytest.mark.parametrize("words", ["TERIMA", "PROSES lagi", "TANYA di mana?", "BUKAN WEWENANG", "terima kasih"])
    async def test_a_closed_ticket(self, post: Post, words: str) -> None:
        """What is closed stays closed until a person opens it."""
        await post.say("SELESAI Sudah ditambal")
        before, told = await post.ticket(), await post.told()
        await post.say(words)
        assert (before["status"], told) == ((await post.ticket())["status"], await post.told())
        assert ("held", "ticket_closed") == tuple((await post.stage.rows(HEARD))[-1].values())

    async def test_the_log_has_no_words(self, post: Post, events: list[dict[str, Any]]) -> None:
        """One line a mail, with ticket and reason."""
        await post.say("Terima kasih, rahasia sekali")
        (event,) = [event for event in events if event["event"] == "mail.held"]
        assert ((await post.ticket())["code"], "free_text") == (event["ticket"], event["reason"])
        assert "rahasia" not in str(events)


class TestNeedsExplanation:
    """SELESAI and TANYA without the words that the citizen must get."""

    @pytest.mark.parametrize("words", ["SELESAI", "TANYA", "SELESAI.", "SELESAI terima kasih"])
    async def test_one_help_mail(self, post: Post, words: str) -> None:
        """The agency is told how, once, however often it does it again; the citizen hears nothing."""
        before = await post.ticket()
        for _ in range(3):
            await post.say(words)
        after = await post.ticket()
        assert (before["status"], before["due_at"]) == (after["status"], after["due_at"])
        assert [] == await post.told()
        (mail,) = await post.stage.rows("SELECT * FROM outbox_mail WHERE kind = 'bantuan'")
        assert (before["dispatch"], words[:5].rstrip(".")[:5]) == (mail["dispatch_id"], mail["extra_text"][:5])
        assert [("held", "needs_explanation")] * 3 == [
            (row["state"], row["outcome"]) for row in await post.stage.rows(HEARD)
        ]

    async def test_done_right_after_the_help(self, post: Post) -> None:
        """Then it counts."""
        await post.say("SELESAI")
        await post.say("SELESAI Sudah ditambal")
        assert "selesai" == (await post.ticket())["status"]


class TestPoison:
    """Invariant 5."""

    async def test_a_mail_that_breaks_the_desk(self, post: Post, events: list[dict[str, Any]]) -> None:
        """Tried again, then quarantined with its error; what came behind it is handled meanwhile."""
        broken = dataclasses.replace(
            post.stage.desk,
            replies=dataclasses.replace(
                post.stage.desk.replies,
                templates={k: v for k, v in post.stage.desk.replies.templates.items() if k != "agency_tanya"},
            ),
        )
        ticket = await post.ticket()
        to = f"t-{ticket['token']}@1708.example"
        await post.deliver(await post.write("TANYA rahasia apa?"), ticket["address"], to)
        await post.deliver(await post.write("TERIMA"), ticket["address"], to)
        assert 2 == await post.handle(broken)
        assert ["new", "handled"] == await post.stage.column("SELECT state FROM inbound_mail ORDER BY id")
        for _ in range(3):
            await post.stage.due_now()
            await post.handle(broken)
        (row,) = await post.stage.rows("SELECT * FROM inbound_mail WHERE state = 'quarantined'")
        assert (3, "KeyError: 'agency_tanya'") == (row["attempts"], row["error"])
        assert 1 == sum(event["event"] == "mail.quarantined" for event in events)
        assert 2 == sum(event["event"] == "mail.failed" for event in events)
        assert "ditindaklanjuti" == (await post.ticket())["status"]

    async def test_half_of_its_writes_are_undone(self, post: Post) -> None:
        """An SMS that cannot be written takes the event and the status with it."""
        await post.stage.pool.execute("ALTER TABLE outbox_sms ADD CHECK (cause <> 'agency_terima')")
        before = await post.ticket()
        await post.say("TERIMA")
        assert before["status"] == (await post.ticket())["status"]
        assert 0 == await post.stage.value("SELECT count(*) FROM ticket_event WHERE kind LIKE 'agency%'")
        assert ["new"] == await post.stage.column("SELECT state FROM inbound_mail")

    async def test_a_lost_connection_is_not_the_mails_fault(self, post: Post) -> None:
        """No try is counted; afterwards it is handled once."""
        await post.stage.pool.execute(
            "CREATE SEQUENCE tries; CREATE FUNCTION break_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;"
            " RETURN NEW; END $$;"
            "CREATE TRIGGER break_once BEFORE INSERT ON ticket_event FOR EACH ROW EXECUTE FUNCTION break_once()"
        )
        with pytest.raises(CONNECTION_ERRORS):
            await post.say("TERIMA")
        assert [("new", 0)] == [
            (row["state"], row["attempts"]) for row in await post.stage.rows("SELECT * FROM inbound_mail")
        ]
        await post.handle()
        assert ["agency_terima"] == [cause for cause, _ in await post.told()]

    async def test_two_handlers(self, post: Post, watcher: asyncpg.Connection) -> None:
        """A mail that one has is skipped by the other."""
        ticket = await post.ticket()
        for n in range(6):
            mail = await post.write(f"PROSES langkah {n}")
            await post.deliver(mail, ticket["address"], str(mail["To"]))
        await asyncio.gather(*(post.handle() for _ in range(3)))
        await post.handle()
        assert ["agency_proses"] * 6 == [cause for cause, _ in await post.told()]
        assert 6 == await watcher.fetchval("SELECT count(*) FROM ticket_event WHERE kind = 'agency_in_progress'")


class TestKnownSender:
    """Whose word counts."""

    @pytest.mark.parametrize(
        ("sender", "registered", "known"),
        [
            ("sri@malangkota.go.id", "pupr@malangkota.go.id", True),
            ("sri@MalangKota.go.id", "Dinas PU <pupr@malangkota.go.id>", True),
            ("sri@pu.malangkota.go.id", "pupr@malangkota.go.id", False),
            ("sri@malangkota.go.id.jahat.example", "pupr@malangkota.go.id", False),
            ("dinaspu@gmail.com", "dinaspu@gmail.com", True),
            ("penipu@gmail.com", "dinaspu@gmail.com", False),
            ("DinasPU@Gmail.com", "dinaspu@gmail.com", True),
            ("", "pupr@malangkota.go.id", False),
            ("@malangkota.go.id", "pupr@malangkota.go.id", True),
        ],
    )
    def test_by_domain_or_at_a_public_provider_by_address(self, sender: str, registered: str, known: bool) -> None:
        """Anybody can have a mailbox at a public provider."""
        assert known == known_sender(sender, registered)


@pytest_asyncio.fixture
async def letter(post: Post, mail_sender: Callable[..., MailSender]) -> AsyncIterator[Letter]:
    """What the agency found in its mailbox."""
    async with open_mailbox() as mailbox, open_mailer(SmtpSettings("127.0.0.1", mailbox.port, "none")) as mailer:
        await mail_sender(mailer=mailer).step()
        yield await mailbox.about(show((await post.ticket())["code"]))


async def test_the_whole_way_out_and_back(post: Post, letter: Letter) -> None:
    """Our own mail to an agency's mailbox, its answer by pressing Reply, and the citizen's SMS."""
    await answer(letter, "SELESAI Sudah ditambal tadi pagi", post.address)
    await post.handle()
    ((cause, text),) = await post.told()
    assert ("agency_selesai", True) == (cause, "Sudah ditambal tadi pagi" in text)


async def test_our_own_mail_comes_back(post: Post, letter: Letter) -> None:
    """An agency's address that points back to us: kept, and never answered."""
    await post.deliver(letter.message.as_bytes(), letter.recipient, str(letter.message["Reply-To"]))
    await post.handle()
    assert [("kept", "own")] == [(row["state"], row["outcome"]) for row in await post.stage.rows(HEARD)]
    assert [] == await post.told()
    assert 1 == await post.stage.value("SELECT count(*) FROM outbox_mail")
