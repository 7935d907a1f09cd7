"""Every working morning one mail to each agency with open reports, once a week one to its superior."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bench.year.clock import set_clock
from parser.ticket_code import show
from smsd.bounce import RefusedMails
from smsd.desk.bounces import FULL_RESTS
from smsd.desk.rules import Desk
from smsd.digests import DigestWriter
from smsd.handle_mail import MailHandler, MailKeeper
from smsd.mail.lmtp import ReceivedMail
from smsd.send_mail import MailSender
from smsd.store.queries import SQL

if TYPE_CHECKING:
    from tests.smsd.conftest import MailServer, Stage, Taken

ZONE = ZoneInfo("Asia/Jakarta")
AGENCY, FIRST, SECOND = "PUPR-35.07", "lapor@pupr.malangkab.example", "sekretariat@pupr.malangkab.example"
SUPERIOR = "sekda@malangkab.example"
ROAD = "jalan rusak parah di depan pasar Kepanjen kab Malang"
TOPIC = "Jalan dan jembatan"
WASTE = "sampah menumpuk dan bau di pasar Kepanjen kab Malang"
FRIDAY, MONDAY = datetime(2026, 6, 5, 10, tzinfo=ZONE), datetime(2026, 6, 8, 7, tzinfo=ZONE)
HOLIDAY = datetime(2026, 6, 1, 7, tzinfo=ZONE)  # a Monday: Hari Lahir Pancasila
DAY = timedelta(days=1)
WRITTEN = "SELECT kind, agency, address FROM outbox_mail WHERE dispatch_id IS NULL ORDER BY agency, kind"


@dataclass
class Mornings:
    """The writer of digests, and what becomes of them, on days of our choice."""

    stage: Stage
    server: MailServer
    sender: MailSender

    def writer(self) -> DigestWriter:
        """As a process that has just started has it."""
        return DigestWriter(self.stage.pool, self.stage.desk, time(7))

    async def write(self, at: datetime, writer: DigestWriter | None = None) -> list[tuple[str, str, str]]:
        """What is written then: kind, agency and mailbox of each digest."""
        before = await self.written()
        await set_clock(self.stage.pool, at)
        writer = writer or self.writer()
        while await writer.step():
            pass
        return [each for each in await self.written() if each not in before or before.remove(each)]

    async def written(self) -> list[tuple[str, str, str]]:
        """All so far."""
        return [(row["kind"], row["agency"], row["address"]) for row in await self.stage.rows(WRITTEN)]

    async def send(self) -> list[Taken]:
        """All mails that are due."""
        before = len(self.server.taken)
        while await self.sender.step():
            pass
        return self.server.taken[before:]

    async def comes_back(self, mail: Taken, status: str, *, names_it: bool = True, sender: str = "") -> None:
        """A report of delivery about a mail of ours."""
        head = f"From: MAILER-DAEMON@mx.example\r\nTo: {mail.sender}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        action = "failed" if status.startswith("5") else "delivered"
        facts = f"Final-Recipient: rfc822; {mail.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b\r\n"
        block = f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n{facts}"
        message_id = mail.message["Message-ID"] if names_it else "<other@1708.example>"
        returned = f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
        await MailKeeper(self.stage.pool).store(
            ReceivedMail(sender, mail.sender, (head + kind + block + returned).encode())
        )
        assert 1 == await MailHandler(self.stage.pool, self.stage.desk, self.stage.limits).step()

    async def paused(self) -> list[str]:
        """Mailboxes that rest."""
        return await self.stage.column("SELECT address FROM contact_pause WHERE paused_until > now()")


@pytest_asyncio.fixture
async def dsn(simulated: Callable[[datetime], Awaitable[str]]) -> str:
    """A database in simulated time, some weeks before."""
    return await simulated(FRIDAY - 8 * DAY)


@pytest.fixture
def desk(desk: Desk, with_agencies: Callable[..., Desk]) -> Desk:
    """The shipped directory, with two mailboxes and a superior of one agency."""
    return with_agencies(desk, {AGENCY: {"emails": (FIRST, SECOND), "superior_email": SUPERIOR}})


@pytest_asyncio.fixture
async def mornings(
    stage: Stage, mail_server: MailServer, mail_sender: Callable[..., MailSender], number: str
) -> AsyncIterator[Mornings]:
    """One report with the agency, since the week before."""
    await stage.text(number, ROAD, sent_at=FRIDAY - 8 * DAY)
    assert [(AGENCY, FIRST)] == [
        tuple(row.values()) for row in await stage.rows("SELECT agency, address FROM dispatch")
    ]
    yield Mornings(stage, mail_server, mail_sender())


DAILY, WEEKLY = ("rekap", AGENCY, FIRST), ("rekap_atasan", AGENCY, SUPERIOR)


class TestWhen:
    """On working days, from seven on, once."""

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            (FRIDAY, [DAILY]),
            (FRIDAY.replace(hour=7), [DAILY]),
            (FRIDAY.replace(hour=6, minute=59), []),
            (FRIDAY.replace(hour=23), [DAILY]),
            (FRIDAY + DAY, []),
            (FRIDAY + 2 * DAY, []),
            (MONDAY, [DAILY, WEEKLY]),
            (MONDAY + DAY, [DAILY]),
            (HOLIDAY, []),
            (HOLIDAY + DAY, [DAILY, WEEKLY]),
            (HOLIDAY + 2 * DAY, [DAILY]),
        ],
        ids=lambda each: f"{each:%a-%d-%H%M}" if isinstance(each, datetime) else str(len(each)),
    )
    async def test_on_working_days_and_to_the_superior_on_the_first_of_the_week(
        self, mornings: Mornings, at: datetime, expected: list[tuple[str, str, str]]
    ) -> None:
        """A holiday on Monday moves the weekly one to Tuesday."""
        assert expected == await mornings.write(at)

    async def test_once_a_day(self, mornings: Mornings) -> None:
        """By a process that goes on, and by one that was started anew."""
        writer = mornings.writer()
        assert [DAILY] == await mornings.write(FRIDAY, writer)
        for later in (timedelta(), timedelta(hours=1), timedelta(hours=12)):
            assert [] == await mornings.write(FRIDAY + later, writer)
            assert [] == await mornings.write(FRIDAY + later)
        assert [DAILY, WEEKLY] == await mornings.write(MONDAY, writer)

    async def test_what_comes_during_the_day_waits_for_the_next_morning(
        self, mornings: Mornings, another_number: Callable[[], str]
    ) -> None:
        """It has a mail of its own; nor is there another one whenever the gateway starts anew."""
        await mornings.stage.pool.execute("UPDATE ticket SET status = 'selesai'")
        await set_clock(mornings.stage.pool, FRIDAY)
        await mornings.stage.text(another_number(), ROAD, sent_at=FRIDAY)
        assert [] == await mornings.write(FRIDAY + timedelta(hours=1))
        assert [DAILY, WEEKLY] == await mornings.write(MONDAY)

    async def test_two_processes_write_it_once(self, mornings: Mornings) -> None:
        """Whoever is first."""
        await set_clock(mornings.stage.pool, MONDAY)
        await asyncio.gather(*(mornings.writer().step() for _ in range(4)))
        assert [DAILY, WEEKLY] == await mornings.written()

    async def test_an_agency_without_open_reports_gets_none(self, mornings: Mornings) -> None:
        """What is done waits for nobody."""
        await mornings.stage.pool.execute("UPDATE ticket SET status = 'selesai'")
        assert [] == await mornings.write(MONDAY)

    async def test_each_agency_gets_its_own(self, mornings: Mornings, another_number: Callable[[], str]) -> None:
        """One, however many reports there are; and our own staff too."""
        for text in (ROAD, WASTE, WASTE):
            await mornings.stage.text(another_number(), text, sent_at=FRIDAY - 8 * DAY)
        await mornings.stage.pool.execute("UPDATE ticket SET agency = 'TRIAGE' WHERE id = (SELECT max(id) FROM ticket)")
        agencies = [(kind, agency) for kind, agency, _ in await mornings.write(FRIDAY)]
        assert [("rekap", "DLH-35.07"), ("rekap", AGENCY), ("rekap", "TRIAGE")] == agencies


class TestToWhom:
    """Mailboxes that rest get none."""

    async def pause(self, mornings: Mornings, *addresses: str) -> None:
        """From now on."""
        for address in addresses:
            await mornings.stage.pool.execute(
                "INSERT INTO contact_pause VALUES ($1, $2, now(), 'infinity', 1, '5.1.1', 'unknown')", address, AGENCY
            )

    async def test_the_next_mailbox(self, mornings: Mornings) -> None:
        """Where the first rests."""
        await self.pause(mornings, FIRST)
        assert [("rekap", AGENCY, SECOND)] == await mornings.write(FRIDAY)

    async def test_none_where_all_rest(self, mornings: Mornings) -> None:
        """Neither the agency nor its superior, and the next morning again not; afterwards they do."""
        await self.pause(mornings, FIRST, SECOND, SUPERIOR)
        assert ([], []) == (await mornings.write(MONDAY), await mornings.write(MONDAY + DAY))
        await mornings.stage.pool.execute("DELETE FROM contact_pause")
        assert [DAILY] == await mornings.write(MONDAY + 2 * DAY)


class TestWhatItSays:
    """What was so when it was written."""

    async def test_it_is_sent_as_it_was_written(self, mornings: Mornings, number: str) -> None:
        """Though the report is done before the mail server takes it; and no phone number stands in it."""
        code = await mornings.stage.value("SELECT code FROM ticket")
        await mornings.send()
        await mornings.write(FRIDAY)
        await mornings.stage.pool.execute("UPDATE ticket SET status = 'selesai', topic = NULL, place = NULL")
        (mail,) = await mornings.send()
        assert (FIRST, "rekap@1708.example") == (mail.recipient, mail.sender)
        assert "1 laporan terbuka, 0 terlambat" in str(mail.message["Subject"])
        for words in (show(code), TOPIC, "belum dijawab"):
            assert words in mail.everything
        assert number[4:] not in mail.everything
        assert "auto-generated" == mail.message["Auto-Submitted"]

    async def test_the_superior_reads_of_what_is_late(
        self, mornings: Mornings, another_number: Callable[[], str]
    ) -> None:
        """And of the others only how many they are."""
        late = await mornings.stage.value("SELECT code FROM ticket")
        await mornings.send()
        at = MONDAY + 7 * DAY
        await set_clock(mornings.stage.pool, at - 3 * DAY)
        await mornings.stage.text(another_number(), ROAD, sent_at=at - 3 * DAY)
        fresh = await mornings.stage.value("SELECT code FROM ticket ORDER BY id DESC LIMIT 1")
        await mornings.write(at)
        daily, weekly = (mail for mail in await mornings.send() if mail.sender.startswith("rekap"))
        assert (FIRST, SUPERIOR) == (daily.recipient, weekly.recipient)
        assert [True, True] == [show(code) in daily.everything for code in (late, fresh)]
        assert [True, False] == [show(code) in weekly.everything for code in (late, fresh)]
        assert "2 laporan terbuka, 1 terlambat" in str(weekly.message["Subject"])

    async def test_what_waits_for_the_citizen_has_no_deadline(self, mornings: Mornings) -> None:
        """The day until which the citizen may answer is none of the agency's."""
        await mornings.stage.pool.execute("UPDATE ticket SET status = 'tunda', due_for = 'reply', due_at = now()")
        await mornings.write(FRIDAY)
        assert [None] == await mornings.stage.column(
            "SELECT content -> 'lines' -> 0 ->> 'due_at' FROM outbox_mail WHERE kind = 'rekap'"
        )

    async def test_a_confidential_report_is_a_number(self, mornings: Mornings) -> None:
        """Whoever reads the agency's mailbox need not be who may know."""
        token = await mornings.stage.value("SELECT token FROM dispatch")
        await mornings.send()
        await mornings.stage.pool.execute("UPDATE ticket SET confidential = true")
        await mornings.write(MONDAY)
        daily, weekly = await mornings.send()
        for mail in (daily, weekly):
            assert TOPIC not in mail.everything
            assert token not in mail.everything


class TestBounces:
    """One that comes back pauses its mailbox like any other mail."""

    @pytest.mark.parametrize(("status", "rests"), [("5.1.1", None), ("5.2.2", FULL_RESTS), ("5.7.1", FULL_RESTS)])
    async def test_the_mailbox_rests(
        self, mornings: Mornings, status: str, rests: timedelta | None, events: list[dict[str, Any]]
    ) -> None:
        """And nobody has to read the bounce; the superior's mailbox is the superior's."""
        await mornings.send()
        await mornings.write(MONDAY)
        daily, weekly = await mornings.send()
        await mornings.comes_back(daily, status)
        assert [FIRST] == await mornings.paused()
        await mornings.comes_back(weekly, status)
        pauses = await mornings.stage.rows("SELECT * FROM contact_pause ORDER BY address")
        assert [(FIRST, AGENCY), (SUPERIOR, AGENCY)] == [(row["address"], row["agency"]) for row in pauses]
        ends = [row["paused_until"] - row["paused_at"] for row in pauses] if rests else [None, None]
        assert [rests] * 2 == ends
        assert [("kept", "bounce")] * 2 == [
            tuple(row.values()) for row in await mornings.stage.rows("SELECT state, outcome FROM inbound_mail")
        ]
        assert ["bounced"] * 2 == await mornings.stage.column(
            "SELECT delivery FROM outbox_mail WHERE content IS NOT NULL"
        )
        assert 2 == sum(event["event"] == "agency.paused" for event in events)

    async def test_a_report_that_does_not_name_it(self, mornings: Mornings, events: list[dict[str, Any]]) -> None:
        """Anybody can guess the address of digests: it changes nothing, and makes nobody work."""
        await mornings.send()
        await mornings.write(FRIDAY)
        (daily,) = await mornings.send()
        await mornings.comes_back(daily, "5.1.1", names_it=False)
        assert [] == await mornings.paused()
        assert ["kept"] == await mornings.stage.column("SELECT state FROM inbound_mail")
        assert 1 == sum(event["event"] == "mail.stray_bounce" for event in events)

    @pytest.mark.parametrize(("status", "rests"), [("5.1.1", [FIRST]), (None, [])])
    async def test_it_is_refused(self, mornings: Mornings, status: str | None, rests: list[str]) -> None:
        """By its server for that mailbox, which rests then; or by one that refuses us."""
        await mornings.send()
        await mornings.write(FRIDAY)
        (digest,) = await mornings.stage.column("SELECT id FROM outbox_mail WHERE state = 'queued'")
        await mornings.stage.pool.execute("UPDATE outbox_mail SET state = 'sending' WHERE id = $1", digest)
        await mornings.stage.pool.execute(SQL["settle_mail"], digest, "failed", None, "550 no such user", status)
        refused = RefusedMails(mornings.stage.pool, mornings.stage.desk, mornings.stage.limits)
        assert [len(rests), 0] == [await refused.step(), await refused.step()]
        assert rests == await mornings.paused()

    async def test_it_has_arrived(self, mornings: Mornings) -> None:
        """That is noted."""
        await mornings.send()
        await mornings.write(FRIDAY)
        (daily,) = await mornings.send()
        await mornings.comes_back(daily, "2.0.0")
        assert [] == await mornings.paused()
        assert ["delivered"] == await mornings.stage.column(
            "SELECT delivery FROM outbox_mail WHERE content IS NOT NULL"
        )
