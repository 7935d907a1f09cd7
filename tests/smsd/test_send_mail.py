"""From the outbox to the mail server: the same letter at every try, and nothing in it that tells who wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from parser.ticket_code import show
from smsd import send_mail
from smsd.backoff import next_try
from smsd.mail.smtp import SmtpSettings, open_mailer
from smsd.send_mail import MailSender
from smsd.store.database import CONNECTION_ERRORS, open_database
from smsd.store.queries import SQL

if TYPE_CHECKING:
    from config.settings import Settings
    from tests.smsd.conftest import Cable, MailServer, Stage

DROP = "drop the connection"
ROAD = "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki"

MakeSender = Callable[..., MailSender]


async def send_all(sender: MailSender) -> int:
    """Steps until nothing is due; how many mails there were."""
    mails = 0
    while sent := await sender.step():
        mails += sent
    return mails


async def mails(stage: Stage) -> list[dict[str, Any]]:
    """The rows of outbox_mail."""
    return await stage.rows("SELECT * FROM outbox_mail ORDER BY id")


class TestLetter:
    """What an agency gets."""

    async def test_it_is_sent(
        self,
        stage: Stage,
        mail_server: MailServer,
        mail_sender: MakeSender,
        number: str,
        events: list[dict[str, Any]],
    ) -> None:
        """To the agency's mailbox, with what it must know; the server's answer is kept."""
        await stage.text(number, ROAD)
        assert 1 == await send_all(mail_sender())
        (taken,), (row,) = mail_server.taken, await mails(stage)
        code = show(await stage.value("SELECT code FROM ticket"))
        assert await stage.value("SELECT address FROM dispatch") == taken.recipient
        assert f"[LAPOR {code}] Jalan dan jembatan - Kec Lowokwaru, Kota Malang" == taken.message["Subject"]
        for words in (ROAD, "Dinas", "tempat: Kec Lowokwaru", "paling lambat", "CARA MENJAWAB"):
            assert words in taken.everything
        assert ("sent", "2.0.0 Ok: queued as 4F0001", None, 1) == (
            *(row["state"], row["response"], row["error"]),
            row["attempts"],
        )
        assert row["sent_at"]
        (event,) = [event for event in events if event["event"] == "mail.accepted"]
        assert ("4F0001", "disposisi", "PUPR-35.73") == (event["queue_id"], event["kind"], event["agency"])

    async def test_addresses(self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str) -> None:
        """Answers and bounces come back to the dispatch's own address; the sender is ours."""
        await stage.text(number, ROAD)
        await send_all(mail_sender())
        (taken,) = mail_server.taken
        address = f"t-{await stage.value('SELECT token FROM dispatch')}@1708.example"
        assert (address, address) == (taken.sender, taken.message["Reply-To"].addresses[0].addr_spec)
        assert "lapor@1708.example" == taken.message["From"].addresses[0].addr_spec
        assert "auto-generated" == taken.message["Auto-Submitted"]

    async def test_all_mails_of_a_ticket_are_one_thread(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """Each has its own Message-ID, and refers to one root that nobody sent."""
        await stage.text(number, ROAD)
        code = await stage.value("SELECT code FROM ticket")
        await stage.text(number, f"TAMBAH {code} dekat pasar")
        await stage.text(number, f"BATAL {code}")
        await send_all(mail_sender(at_once=1))
        messages = [taken.message for taken in mail_server.taken]
        root = f"<laporan-{code}@1708.example>"
        ids = [str(m["Message-ID"]) for m in messages]
        assert [[root], [root, ids[0]], [root, *ids[:2]]] == [str(m["References"]).split() for m in messages]
        assert [root, *ids[:2]] == [m["In-Reply-To"] for m in messages]
        assert 3 == len({m["Message-ID"] for m in messages})
        assert 1 == len({m["Subject"].strip().removeprefix("Re: ") for m in messages})
        assert ["dekat pasar" in taken.everything for taken in mail_server.taken] == [False, True, False]

    async def test_nothing_tells_who_wrote(
        self,
        stage: Stage,
        mail_server: MailServer,
        mail_sender: MakeSender,
        events: list[dict[str, Any]],
    ) -> None:
        """Invariant 7: neither the number that sent it nor the numbers in the words, in no header and no part."""
        number = "+6281298765432"
        secrets = ["0812-9876-5432", "+62 813 1111 2222", "3573041203900001", "3573 0412 0390 0002", "081377778888"]
        await stage.text(number, f"{ROAD} NIK {secrets[2]}, hub {secrets[0]} atau {secrets[1]}")
        code = await stage.value("SELECT code FROM ticket")
        await stage.text(number, f"TAMBAH {code} KK {secrets[3]} wa {secrets[4]}")
        await send_all(mail_sender(at_once=1))
        assert 2 == len(mail_server.taken)
        for taken in mail_server.taken:
            digits = "".join(char for char in taken.everything if char.isdigit())
            for secret in (number, *secrets):
                bare = "".join(char for char in secret if char.isdigit())
                assert secret not in taken.everything
                assert bare[2:] not in digits
            assert "[nomor disamarkan]" in taken.everything
        assert "98765432" not in str(events)

    async def test_a_confidential_report_keeps_its_topic_out_of_the_subject(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """Subjects show on lock screens."""
        await stage.text(number, ROAD)
        await stage.pool.execute("UPDATE ticket SET confidential = true")
        await send_all(mail_sender())
        assert "Laporan rahasia" in mail_server.taken[0].message["Subject"]

    async def test_from_nowhere_about_nothing(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """No topic, no place, no deadline, an agency that is no longer in the list: still a mail."""
        await stage.text(number, "tolong")
        await stage.pool.execute("UPDATE ticket SET due_at = NULL, topic = 'dulu-ada'")
        await stage.pool.execute("UPDATE dispatch SET agency = 'DINAS-LAMA'")
        await send_all(mail_sender())
        assert "tidak disebut pelapor" in mail_server.taken[0].everything
        assert "DINAS-LAMA" in mail_server.taken[0].everything


class TestTries:
    """What servers do."""

    @pytest.mark.parametrize("reply", ["451 4.7.1 Greylisted", DROP, "421 4.3.2 Shutting down"])
    async def test_the_same_message_id_at_every_try(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str, reply: str
    ) -> None:
        """A mail that was lost behind DATA may have arrived: by its Message-ID it is seen to be the same."""
        await stage.text(number, ROAD)
        mail_server.replies = [reply] * 2
        sender = mail_sender()
        for _ in range(3):
            await send_all(sender)
            await stage.due_now()
        (row,) = await mails(stage)
        assert ["sent", 3] == [row["state"], row["attempts"]]
        assert [row["message_id"]] * 3 == [taken.message["Message-ID"] for taken in mail_server.taken]
        assert 1 == len({taken.sender for taken in mail_server.taken})

    async def test_later(
        self,
        stage: Stage,
        mail_server: MailServer,
        mail_sender: MakeSender,
        number: str,
        events: list[dict[str, Any]],
    ) -> None:
        """4xx: postponed with a growing delay and the reason, given up after the limit, put back by retry."""
        await stage.text(number, ROAD)
        mail_server.replies = ["451 4.3.0 Not now"] * 3
        sender = mail_sender(attempts=3)
        for attempt, state in enumerate(("queued", "queued", "failed"), 1):
            before = datetime.now(UTC)
            assert 1 == await send_all(sender)
            (row,) = await mails(stage)
            assert state == row["state"]
            assert state == "failed" or row["due_at"] >= next_try(before, attempt)
            assert "451 4.3.0 Not now" in row["error"]
            await stage.due_now()
        assert 0 == await send_all(sender)
        (event,) = [event for event in events if event["event"] == "mail.given_up"]
        assert f"smsd outbox retry mail:{row['id']}" == event["cure"]
        assert row["id"] == await stage.value(SQL["retry_mail"], row["id"])
        assert 1 == await send_all(sender)
        assert "sent" == (await mails(stage))[0]["state"]

    async def test_the_server_is_away(
        self, stage: Stage, mail_sender: MakeSender, number: str, events: list[dict[str, Any]]
    ) -> None:
        """No mail is to blame: no try is counted, and nothing more is tried for a while."""
        await stage.text(number, ROAD)
        await stage.text(number, "Sampah menumpuk di TPS Coblong Kota Bandung")
        nobody = SmtpSettings("127.0.0.1", 9, "none", timeout_s=10)
        async with open_mailer(nobody) as mailer:
            sender = mail_sender(mailer=mailer, attempts=1, at_once=1)
            assert 1 == await send_all(sender)
        assert [("queued", 0), ("queued", 0)] == [(row["state"], row["attempts"]) for row in await mails(stage)]
        (event,) = [event for event in events if event["event"] == "mail.server_away"]
        assert "127.0.0.1:9" in event["error"]
        await stage.due_now()
        assert 2 == await send_all(mail_sender(attempts=1))

    async def test_the_server_names_the_time(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """A greylisting server says how long; coming earlier is in vain."""
        await stage.text(number, ROAD)
        mail_server.replies = ["451 4.7.1 Greylisted, try again in 600 seconds"]
        before = datetime.now(UTC)
        await send_all(mail_sender())
        assert (await mails(stage))[0]["due_at"] >= before + timedelta(seconds=600)

    async def test_never(
        self,
        stage: Stage,
        mail_server: MailServer,
        mail_sender: MakeSender,
        number: str,
        events: list[dict[str, Any]],
    ) -> None:
        """5xx: given up at once, loudly, with the server's words."""
        await stage.text(number, ROAD)
        mail_server.replies = ["550 5.7.1 We do not want this"]
        await send_all(mail_sender())
        (row,) = await mails(stage)
        assert ("failed", 1) == (row["state"], row["attempts"])
        assert "550 5.7.1 We do not want this" in row["error"]
        assert ["error"] == [event["log_level"] for event in events if event["event"] == "mail.given_up"]

    async def test_no_server(self, stage: Stage, mail_sender: MakeSender, number: str, unused_tcp_port: int) -> None:
        """The mail waits."""
        await stage.text(number, ROAD)
        async with open_mailer(SmtpSettings("127.0.0.1", unused_tcp_port, "none")) as mailer:
            await send_all(mail_sender(mailer=mailer))
        (row,) = await mails(stage)
        assert "queued" == row["state"]
        assert "cannot reach mail server" in row["error"]

    async def test_one_bad_mail_does_not_stop_the_others(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, another_number: Callable[[], str]
    ) -> None:
        """Invariant 5: an address that cannot stand in a header is given up; its neighbour leaves."""
        for _ in range(2):
            await stage.text(another_number(), ROAD)
        await stage.pool.execute(
            "UPDATE dispatch SET address = 'dinas pu@@kota' WHERE id = (SELECT min(id) FROM dispatch)"
        )
        await send_all(mail_sender())
        assert ["failed", "sent"] == [row["state"] for row in await mails(stage)]
        assert "is not a mail address" in (await mails(stage))[0]["error"]

    async def test_a_region_that_is_no_longer_known(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """Somebody took a place out of the reference data: no crash, and no silence."""
        await stage.text(number, ROAD)
        await stage.pool.execute("UPDATE ticket SET place = '99.99'")
        await send_all(mail_sender())
        (row,) = await mails(stage)
        assert row["state"] in ("sent", "failed")
        assert (row["error"] is not None) == (row["state"] == "failed")


class TestCrash:
    """Leases."""

    async def test_a_mail_whose_sender_died_goes_again(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """Another process waits for the lease to end; the same one takes back what it had. The Message-ID stays."""
        await stage.text(number, ROAD)
        began, never = asyncio.Event(), asyncio.Event()

        async def hang() -> None:
            began.set()
            await never.wait()

        mail_server.on_data = hang
        step = asyncio.create_task(mail_sender().step())
        await began.wait()
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
        mail_server.on_data = None
        assert 0 == await send_all(mail_sender(owner="elsewhere"))
        sender = mail_sender()
        await sender.release()
        assert 1 == await send_all(sender)
        assert 1 == len({taken.message["Message-ID"] for taken in mail_server.taken})
        assert ["sent"] == [row["state"] for row in await mails(stage)]
        never.set()

    async def test_one_that_ends_the_process_again_and_again(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, number: str
    ) -> None:
        """Given up after the limit."""
        await stage.text(number, ROAD)
        await stage.pool.execute("UPDATE outbox_mail SET attempts = 5")
        await send_all(mail_sender(attempts=5))
        assert (["failed"], []) == ([row["state"] for row in await mails(stage)], mail_server.taken)

    async def test_several_senders_send_each_mail_once(
        self, stage: Stage, mail_server: MailServer, mail_sender: MakeSender, another_number: Callable[[], str]
    ) -> None:
        """Three processes, twelve mails."""
        for _ in range(12):
            await stage.text(another_number(), ROAD)
        await asyncio.gather(*(send_all(mail_sender(owner=f"p{n}")) for n in range(3)))
        assert 12 == len(mail_server.taken) == len({taken.message["Message-ID"] for taken in mail_server.taken})

    async def test_the_database_goes_away_behind_data(
        self,
        stage: Stage,
        mail_server: MailServer,
        mail_sender: MakeSender,
        another_number: Callable[[], str],
        far_settings: Settings,
        cable: Cable,
    ) -> None:
        """Both mails under way are waited for; afterwards they go again with the same Message-ID."""
        for _ in range(2):
            await stage.text(another_number(), ROAD)
        async with open_database(far_settings) as pool:

            async def unplug() -> None:
                if len(mail_server.taken) == 2:
                    cable.cut()

            mail_server.on_data = unplug
            with pytest.raises(CONNECTION_ERRORS):
                await send_all(mail_sender(pool=pool))
        mail_server.on_data = None
        sender = mail_sender()
        await sender.release()
        await send_all(sender)
        assert {"sent"} == {row["state"] for row in await mails(stage)}
        assert 2 == len({taken.message["Message-ID"] for taken in mail_server.taken})


def test_a_lease_outlives_the_slowest_mail() -> None:
    """Else two would send it at the same time."""
    assert SmtpSettings("mx.example", 25, "starttls").longest_send_s < send_mail.LEASE_S
