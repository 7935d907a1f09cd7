"""What comes back of our mails to agencies: reports of delivery, refusals, closed mailboxes; in simulated time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.year.clock import set_clock
from smsd.bounce import RefusedMails, refusal
from smsd.desk.bounces import FULL_RESTS
from smsd.desk.rules import Desk
from smsd.handle_mail import MailHandler, MailKeeper
from smsd.mail.lmtp import ReceivedMail
from smsd.send_mail import MailSender

if TYPE_CHECKING:
    from tests.smsd.conftest import Stage

NOW = datetime(2026, 6, 9, 10, tzinfo=ZoneInfo("Asia/Jakarta"))
ROAD = "jalan rusak parah di depan pasar Kepanjen kab Malang"
AGENCY, FIRST, SECOND = "PUPR-35.07", "lapor@pupr.malangkab.example", "sekretariat@pupr.malangkab.example"
SPACE = timedelta(minutes=10)  # longer than a machine takes to answer
_numbers = itertools.count(1)

# Action and status of RFC 3464, and the remote server's words.
REPORTS = {
    "gone": ("failed", "5.1.1", "smtp; 550 5.1.1 <lapor@pupr.malangkab.example>: User unknown"),
    "domain gone": ("failed", "5.4.4", "X-Postfix; Host or domain name not found"),
    "full": ("failed", "5.2.2", "smtp; 552 5.2.2 Over quota"),
    "server away": ("failed", "4.4.1", "X-Postfix; connect to mail.pupr.malangkab.example: Connection timed out"),
    "policy": ("failed", "5.7.1", "smtp; 550 5.7.1 Message rejected as spam"),
    "delayed": ("delayed", "4.4.1", "X-Postfix; connect to mail.pupr.malangkab.example: Connection timed out"),
    "delivered": ("delivered", "2.0.0", "smtp; 250 2.0.0 Ok"),
    "relayed": ("relayed", "2.0.0", "smtp; 250 2.0.0 Ok"),
}
FOR_GOOD = ("gone", "domain gone")
FOR_NOW = ("full", "server away", "policy")


@dataclass(frozen=True)
class Sent:
    """A mail of ours, as the agencies' mail server got it."""

    envelope_sender: str
    recipient: str
    message_id: str


@dataclass
class Server:
    """The agencies' mail server. It refuses recipients with the reply that stands for them."""

    refusals: dict[str, str] = field(default_factory=dict)
    got: list[Sent] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """aiosmtpd's hook."""
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        assert isinstance(envelope.content, bytes)
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        self.got += [Sent(str(envelope.mail_from), to, message_id) for to in envelope.rcpt_tos]
        return "250 2.0.0 Ok: queued as 4F00"


@dataclass
class Way:
    """The gateway between citizens and the agencies' mail server, in simulated time."""

    stage: Stage
    server: Server
    sender: MailSender
    clock: datetime = NOW

    async def wait(self, time: timedelta) -> None:
        """Lets it pass."""
        self.clock += time
        await set_clock(self.stage.pool, self.clock)

    async def report(self, number: str, text: str = ROAD) -> None:
        """A citizen reports, and what that causes is sent."""
        await self.stage.text(number, text, sent_at=self.clock)
        await self.send()

    async def send(self) -> list[str]:
        """All mails that are due; to whom they went."""
        before = len(self.server.got)
        while await self.sender.step():
            pass
        return [mail.recipient for mail in self.server.got[before:]]

    async def comes_back(self, what: str, mail: Sent | None = None, *, names_it: bool = True) -> None:
        """A report of delivery about a mail of ours, the last one where none is named, ten minutes later."""
        await self.wait(SPACE)
        mail = mail or self.server.got[-1]
        await self.hear("", mail.envelope_sender, delivery_report(what, mail, names_it=names_it))

    async def hear(self, sender: str, recipient: str, raw: bytes) -> None:
        """A mail comes in, and is handled."""
        await MailKeeper(self.stage.pool).store(ReceivedMail(sender, recipient, raw))
        handler = MailHandler(self.stage.pool, self.stage.desk, self.stage.limits)
        while await handler.step():
            pass

    async def says(self, sender: str, words: str, mail: Sent) -> None:
        """A person, or a machine that looks like one, answers a mail of ours."""
        await self.wait(SPACE)
        head = f"From: {sender}\r\nTo: {mail.envelope_sender}\r\nMessage-ID: <{next(_numbers)}@pupr.malangkab.example>"
        await self.hear(sender, mail.envelope_sender, f"{head}\r\nSubject: Re: laporan\r\n\r\n{words}\r\n".encode())

    async def clocks(self) -> list[dict[str, Any]]:
        """Status, deadline and next step of all reports."""
        return await self.stage.rows(
            "SELECT status, agency, due_at, due_for, next_step, next_at, ombudsman_asked_at FROM ticket ORDER BY id"
        )

    async def running(self) -> list[tuple[str, str]]:
        """Agency and mailbox of the dispatches that run."""
        rows = await self.stage.rows("SELECT agency, address FROM dispatch WHERE ended_at IS NULL ORDER BY id")
        return [(row["agency"], row["address"]) for row in rows]

    async def paused(self) -> dict[str, timedelta | None]:
        """How long each mailbox still rests; None: for good."""
        rows = await self.stage.rows(
            "SELECT address, CASE WHEN paused_until < 'infinity' THEN paused_until - now() END AS rests"
            " FROM contact_pause WHERE paused_until > now() ORDER BY address"
        )
        return {row["address"]: row["rests"] for row in rows}

    async def told(self) -> list[str]:
        """What SMS citizens got after the first."""
        return await self.stage.column("SELECT cause FROM outbox_sms WHERE cause <> 'diteruskan' ORDER BY id")

    async def outcomes(self) -> list[tuple[str, str]]:
        """What became of the mails that came in."""
        rows = await self.stage.rows("SELECT state, outcome FROM inbound_mail ORDER BY id")
        return [(row["state"], row["outcome"]) for row in rows]

    async def deliveries(self) -> list[str]:
        """What became of ours."""
        rows = await self.stage.rows("SELECT delivery, delivery_status FROM outbox_mail ORDER BY id")
        return [f"{row['delivery'] or '-'} {row['delivery_status'] or '-'}" for row in rows]


def delivery_report(what: str, mail: Sent, *, names_it: bool = True) -> bytes:
    """A report as RFC 3464 has it; with our headers behind it where it names our mail."""
    action, status, words = REPORTS[what]
    returned = f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail.message_id}\r\n\r\n--b" if names_it else ""
    lines = (
        "From: MAILER-DAEMON@mx.example",
        f"To: {mail.envelope_sender}",
        "Subject: Delivery Status Notification",
        f"Message-ID: <{next(_numbers)}@mx.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b\r\nContent-Type: text/plain\r\n\r\nSELESAI Ini surat mesin.\r\n",
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n",
        f"Final-Recipient: rfc822; {mail.recipient}\r\nAction: {action}\r\nStatus: {status}",
        f"Diagnostic-Code: {words}",
        f"\r\n--b\r\n{returned}--\r\n",
    )
    return "\r\n".join(lines).encode()


@pytest_asyncio.fixture
async def dsn(simulated: Callable[[datetime], Awaitable[str]]) -> str:
    """A database in simulated time."""
    return await simulated(NOW)


@pytest.fixture
def boxes() -> tuple[str, ...]:
    """The mailboxes of the agency."""
    return FIRST, SECOND


@pytest.fixture
def desk(desk: Desk, boxes: tuple[str, ...], with_agencies: Callable[..., Desk]) -> Desk:
    """The shipped directory, with those mailboxes."""
    return with_agencies(desk, {AGENCY: {"emails": boxes}})


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[Server]:
    """One that can refuse a recipient."""
    mail_server, loop = Server(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mail_server, hostname="mx.example", loop=loop), "127.0.0.1", 0)
    mail_server.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail_server


@pytest_asyncio.fixture
async def way(stage: Stage, mail_server: Server, mail_sender: Callable[..., MailSender], number: str) -> Way:
    """One report, that was sent to the agency's first mailbox."""
    way = Way(stage, mail_server, mail_sender(attempts=2))
    await way.report(number)
    assert [FIRST] == [mail.recipient for mail in mail_server.got]
    return way


class TestTwoMailboxes:
    """The second is tried at once; nobody but the operator hears of it."""

    @pytest.mark.parametrize("what", [*FOR_GOOD, *FOR_NOW])
    async def test_a_failure(self, way: Way, what: str, events: list[dict[str, Any]]) -> None:
        """The mailbox rests, the report goes to the next one under a new token, and no clock is touched."""
        before = await way.clocks()
        await way.comes_back(what)
        assert [(AGENCY, SECOND)] == await way.running()
        assert {FIRST: None if what in FOR_GOOD else FULL_RESTS} == await way.paused()
        assert [SECOND] == await way.send()
        assert 2 == len({mail.envelope_sender for mail in way.server.got})
        assert [f"bounced {REPORTS[what][1]}", "- -"] == await way.deliveries()
        assert before == await way.clocks()
        assert [] == await way.told()
        assert [("kept", "bounce")] == await way.outcomes()
        (event,) = [event for event in events if event["event"] == "mail.bounced"]
        assert ("error", REPORTS[what][1], AGENCY) == (event["log_level"], event["status"], event["agency"])
        assert ("operator" in str(event["cure"])) == (what == "policy")

    @pytest.mark.parametrize("what", ["delayed", "delivered", "relayed"])
    @pytest.mark.parametrize("names_it", [True, False])
    async def test_no_failure(self, way: Way, what: str, names_it: bool) -> None:
        """Noted with our mail, for who wants to know; nobody has to do anything."""
        before = await way.clocks()
        await way.comes_back(what, names_it=names_it)
        came = "delayed" if what == "delayed" else "delivered"
        assert [("kept", came)] == await way.outcomes()
        assert [f"{came} {REPORTS[what][1]}"] == await way.deliveries()
        assert ([(AGENCY, FIRST)], {}, before) == (await way.running(), await way.paused(), await way.clocks())
        assert ([], []) == (await way.told(), await way.send())

    async def test_a_mailbox_that_is_closed_by_its_own_word(self, way: Way) -> None:
        """No report of a server's, but it comes from the agency."""
        await way.says(FIRST, "Alamat email ini sudah tidak digunakan lagi.", way.server.got[0])
        assert ({FIRST: None}, [(AGENCY, SECOND)]) == (await way.paused(), await way.running())

    async def test_a_stranger_says_that_it_is_closed(self, way: Way) -> None:
        """Whoever was shown our mail: an operator reads it, and nothing else happens."""
        await way.says("warga@contoh.example", "Alamat email ini sudah tidak digunakan lagi.", way.server.got[0])
        assert ({}, [(AGENCY, FIRST)]) == (await way.paused(), await way.running())
        assert [("held", "unknown_sender")] == await way.outcomes()

    @pytest.mark.parametrize("what", [*FOR_GOOD, *FOR_NOW])
    async def test_a_report_that_does_not_name_our_mail(self, way: Way, what: str) -> None:
        """Anybody can write one who was shown the addresses: an operator reads it, and nothing else happens."""
        before = await way.clocks()
        await way.comes_back(what, names_it=False)
        assert ({}, [(AGENCY, FIRST)], before) == (await way.paused(), await way.running(), await way.clocks())
        assert [("held", "bounce")] == await way.outcomes()
        assert ["- -"] == await way.deliveries()

    async def test_the_same_bounce_again(self, way: Way) -> None:
        """A server that tells it twice changes nothing more."""
        for _ in range(3):
            await way.comes_back("gone", way.server.got[0])
        assert [(AGENCY, SECOND)] == await way.running()
        assert ["disposisi"] * 2 == await way.stage.column("SELECT kind FROM outbox_mail")
        assert 1 == await way.stage.value("SELECT count(*) FROM ticket_event WHERE kind = 'mail_bounced'")
        assert [1] == await way.stage.column("SELECT bounces FROM contact_pause")

    async def test_two_mails_of_one_dispatch(self, way: Way, number: str) -> None:
        """Both come back; the report goes to the next mailbox once."""
        await way.wait(SPACE)
        await way.report(number, "TAMBAH: lubangnya makin lebar")
        first, second = way.server.got
        assert first.envelope_sender == second.envelope_sender
        await way.comes_back("full", first)
        await way.comes_back("full", second)
        assert ["bounced 5.2.2", "bounced 5.2.2", "- -"] == await way.deliveries()
        assert ([(AGENCY, SECOND)], [SECOND]) == (await way.running(), await way.send())
        assert [1] == await way.stage.column("SELECT bounces FROM contact_pause")

    async def test_both_mailboxes_are_gone(self, way: Way) -> None:
        """Then our staff gets it, the citizen hears that, and the deadline that runs is not put off."""
        (before,) = await way.clocks()
        await way.comes_back("gone")
        await way.send()
        await way.comes_back("gone")
        (after,) = await way.clocks()
        assert {FIRST: None, SECOND: None} == await way.paused()
        assert ["TRIAGE"] == [agency for agency, _ in await way.running()]
        assert (["tak_sampai"], "verify") == (await way.told(), after["due_for"])
        assert after["due_at"] <= before["due_at"]

    async def test_other_reports_go_to_the_second_mailbox_too(
        self, way: Way, another_number: Callable[[], str]
    ) -> None:
        """While the first rests; a full one is tried again after two days."""
        await way.comes_back("full")
        await way.send()
        await way.report(another_number())
        await way.wait(FULL_RESTS + SPACE)
        await way.report(another_number())
        assert [FIRST, SECOND, SECOND, FIRST] == [mail.recipient for mail in way.server.got]

    async def test_an_answer_from_the_mailbox_ends_its_rest(self, way: Way) -> None:
        """It answers the first mail, and counts, for the agency has the report; the report is at the next mailbox."""
        await way.comes_back("full")
        assert {FIRST: FULL_RESTS} == await way.paused()
        await way.says(FIRST, "TERIMA", way.server.got[0])
        assert {} == await way.paused()
        assert [("handled", "accept")] == (await way.outcomes())[1:]

    @pytest.mark.parametrize(
        "change",
        ["UPDATE dispatch SET copy = true", "UPDATE dispatch SET ended_at = now()"],
        ids=["copy", "ended dispatch"],
    )
    async def test_what_was_only_a_copy_or_is_over(self, way: Way, change: str) -> None:
        """The mailbox rests, and the report stays where it is."""
        await way.stage.pool.execute(change)
        before = await way.clocks()
        await way.comes_back("gone")
        assert ({FIRST: None}, before, []) == (await way.paused(), await way.clocks(), await way.send())
        assert 1 == await way.stage.value("SELECT count(*) FROM dispatch")

    async def test_a_report_that_is_closed(self, way: Way, number: str) -> None:
        """It is sent to nobody any more, and nobody hears of it."""
        await way.wait(SPACE)
        await way.report(number, "BATAL")
        await way.report(number, "YA")
        told, before = await way.told(), await way.clocks()
        assert ["diarsipkan"] == [row["status"] for row in before]
        await way.comes_back("gone", way.server.got[0])
        assert ({FIRST: None}, told, before, []) == (
            *(await way.paused(), await way.told()),
            *(await way.clocks(), await way.send()),
        )


class TestOneMailbox:
    """There is no other: a full one is tried again, and one that is gone is a matter for our staff."""

    @pytest.fixture
    def boxes(self) -> tuple[str, ...]:
        """One."""
        return (FIRST,)

    @pytest.mark.parametrize("what", [*FOR_GOOD])
    async def test_gone(self, way: Way, what: str) -> None:
        """Our staff gets it at once, and the citizen is told."""
        (before,) = await way.clocks()
        await way.comes_back(what)
        (after,) = await way.clocks()
        assert ({FIRST: None}, ["tak_sampai"]) == (await way.paused(), await way.told())
        assert ["TRIAGE"] == [agency for agency, _ in await way.running()]
        assert after["due_at"] <= before["due_at"]

    async def test_gone_one_day_before_the_deadline(self, way: Way) -> None:
        """Our staff has no more time than the agency had left."""
        (before,) = await way.clocks()
        await way.wait(before["due_at"] - way.clock - timedelta(hours=20))
        await way.comes_back("gone")
        (after,) = await way.clocks()
        assert (before["due_at"], "verify") == (after["due_at"], after["due_for"])

    async def test_gone_after_the_deadline(self, way: Way) -> None:
        """What has passed cannot be kept: our staff has its own days."""
        (before,) = await way.clocks()
        await way.wait(before["due_at"] - way.clock + timedelta(hours=20))
        await way.comes_back("gone")
        (after,) = await way.clocks()
        assert after["due_at"] > way.clock

    @pytest.mark.parametrize("what", FOR_NOW)
    async def test_for_now(self, way: Way, what: str) -> None:
        """Two days later it is tried again, by the same dispatch; the third time our staff gets it."""
        before, times = await way.clocks(), 3
        for _ in range(times - 1):
            await way.comes_back(what)
            assert ({FIRST: FULL_RESTS}, []) == (await way.paused(), await way.send())
            assert (before, []) == (await way.clocks(), await way.told())
            await way.wait(FULL_RESTS)
            assert [FIRST] == await way.send()
        assert 1 == len({mail.envelope_sender for mail in way.server.got})
        await way.comes_back(what)
        assert ["TRIAGE"] == [agency for agency, _ in await way.running()]
        assert ["tak_sampai"] == await way.told()
        assert {FIRST: FULL_RESTS if what == "policy" else None} == await way.paused()

    async def test_three_reports_to_a_full_mailbox_at_once(self, way: Way, another_number: Callable[[], str]) -> None:
        """That is one bounce, and not three in a row."""
        for _ in range(3):
            await way.report(another_number())
        for mail in list(way.server.got):
            await way.comes_back("full", mail)
        assert [1] == await way.stage.column("SELECT bounces FROM contact_pause")
        assert [(AGENCY, FIRST)] * 4 == await way.running()
        await way.wait(FULL_RESTS)
        assert [FIRST] * 4 == await way.send()

    async def test_full_again_after_a_month(self, way: Way) -> None:
        """It took mail in between: that is not in a row."""
        for _ in range(3):
            await way.comes_back("full", way.server.got[-1])
            await way.wait(FULL_RESTS)
            assert [FIRST] == await way.send()
            await way.wait(timedelta(days=30))
        assert [1] == await way.stage.column("SELECT bounces FROM contact_pause")

    async def test_a_silent_deadline_is_kept(self, way: Way) -> None:
        """While a mailbox rests, the agency's time runs out as it would have."""
        (before,) = await way.clocks()
        await way.comes_back("full")
        await way.wait(FULL_RESTS)
        await way.send()
        assert [before] == await way.clocks()


class TestRefused:
    """The server does not even take the mail for that recipient."""

    @pytest_asyncio.fixture
    async def refused(self, way: Way) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
        """Sends a further mail that gets this reply at RCPT until it is given up, and looks after it."""

        async def send(reply: str) -> list[dict[str, Any]]:
            way.server.refusals[FIRST] = reply
            await way.stage.pool.execute("UPDATE outbox_mail SET state = 'queued', sent_at = NULL")
            before = await way.clocks()
            for _ in range(3):
                await way.send()
                await way.wait(timedelta(hours=25))
            while await RefusedMails(way.stage.pool, way.stage.desk, way.stage.limits).step():
                pass
            return before

        return send

    @pytest.mark.parametrize(
        ("reply", "rests"),
        [
            ("550 5.1.1 User unknown", None),
            ("550 no such user here", None),
            ("452 4.2.2 Mailbox full", FULL_RESTS),
            ("552 5.2.2 Over quota", FULL_RESTS),
            ("552 storage exceeded", FULL_RESTS),
            ("450 4.2.1 Mailbox busy", FULL_RESTS),
        ],
    )
    async def test_a_mailbox_that_is_to_blame(
        self, way: Way, refused: Callable[[str], Awaitable[object]], reply: str, rests: timedelta | None
    ) -> None:
        """As good as bounced: it rests, and the next one gets the report."""
        before = await refused(reply)
        assert {FIRST: rests} == await way.paused()
        assert ([(AGENCY, SECOND)], [SECOND], []) == (await way.running(), await way.send(), await way.told())
        assert (before, ["bounced", None]) == (
            await way.clocks(),
            await way.stage.column("SELECT delivery FROM outbox_mail ORDER BY id"),
        )

    @pytest.mark.parametrize("reply", ["554 5.7.1 Relay access denied", "451 4.7.1 Try again later"])
    async def test_a_relay_that_is_to_blame(
        self, way: Way, refused: Callable[[str], Awaitable[object]], reply: str, events: list[dict[str, Any]]
    ) -> None:
        """No mailbox rests for that; the mail is given up loudly, and can be sent again."""
        before = await refused(reply)
        assert ({}, [(AGENCY, FIRST)], before) == (await way.paused(), await way.running(), await way.clocks())
        (event,) = [event for event in events if event["event"] == "mail.given_up"]
        assert ("error", "smsd outbox retry mail:1") == (event["log_level"], event["cure"])

    @pytest.mark.parametrize(
        ("status", "kind"),
        [("5.1.1", "gone"), ("5.1.8", "refused"), ("5.2.3", "refused"), ("4.2.2", "passing"), ("551", "gone")],
    )
    def test_what_a_status_means(self, status: str, kind: str) -> None:
        """A sender or a size that is not wanted does not make a mailbox gone."""
        assert kind == refusal(status, "not wanted").kind
