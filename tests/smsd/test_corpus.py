"""Every mail of tests/mails goes the whole way, each to a report of its own, and does what its line says."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from config.replies import cut
from parser import gsm7
from parser.pdu import encode_deliver
from parser.privacy import mask_numbers
from smsd.desk.rules import Desk
from smsd.handle_mail import MailHandler, MailKeeper, Trust
from smsd.mail.lmtp import ReceivedMail

if TYPE_CHECKING:
    from tests.smsd.conftest import Stage

FOLDER = Path(__file__).parents[1] / "mails"
NOW = datetime(2026, 6, 9, 10, tzinfo=ZoneInfo("Asia/Jakarta"))  # the day on which the corpus was written
OUR_SERVER = Trust("mx.1708.example")
TOKEN, OUR_ID = "abcdefghjkmnpqrstuvw", "<d.01j9z7@1708.example>"
AGENCY, MAILBOX, SECOND = "PUPR-35.07", "lapor@pupr.malangkab.example", "sekretariat@pupr.malangkab.example"
ROAD = "jalan rusak parah di depan pasar Kepanjen kab Malang"
NOTHING, ALTERNATIVE = "-", "|"
UNDERSTOOD = 0.95


@dataclass(frozen=True)
class Effect:
    """What one mail has done, as far as it does not differ from mail to mail."""

    state: str
    outcome: str
    status: str = "terdisposisi"
    event: str = ""
    sms: str = ""
    mail: str = ""
    question: str = ""
    agency: str = AGENCY
    paused: str = ""


# By the word of the table: what an agency's believed mail does.
PASSED_ON = Effect("handled", "notours", "terdisposisi", "agency_declined dispatched", "pindah", "disposisi")
VERBS: Mapping[str, Effect] = {
    "TERIMA": Effect("handled", "accept", "ditindaklanjuti", "agency_accepted", "agency_terima"),
    "PROSES": Effect("handled", "process", "ditindaklanjuti", "agency_in_progress", "agency_proses"),
    "SELESAI": Effect("handled", "done", "selesai", "agency_done", "agency_selesai", question="beres"),
    "TANYA": Effect("handled", "ask", "tunda", "agency_asked", "agency_tanya", question="jawaban"),
    "TUNDA": Effect("handled", "postpone", "ditindaklanjuti", "agency_postponed", "agency_tunda"),
    "TOLAK": Effect("handled", "refuse", "diarsipkan", "agency_refused", "agency_tolak"),
    "BUKAN WEWENANG": PASSED_ON,
    "KURANG": Effect("held", "needs_explanation", event="mail_held", mail="bantuan"),
    "TIDAK DIKENAL": Effect("held", "unknown_verb", event="mail_held", mail="bantuan"),
    "BEBAS": Effect("held", "free_text", event="mail_held"),
}
TO_OUR_STAFF = dataclasses.replace(PASSED_ON, status="bukan_wewenang", sms="kembali", agency="TRIAGE")
# Agencies that are named so that one can be sure; whatever else stands behind BUKAN WEWENANG, our staff looks.
NAMED = {
    "PLN": "PLN",
    "PDAM Kab Malang": "PDAM-35.07",
    "Dinas PU Bina Marga Provinsi Jawa Timur": "PUPR-35",
    "Dinas Bina Marga Provinsi": "PUPR-35",
    "DINAS PERHUBUNGAN": "DISHUB-35.07",
    "Dinas Perhubungan": "DISHUB-35.07",
    "DINAS LINGKUNGAN HIDUP": "DLH-35.07",
}


def table() -> list[dict[str, str]]:
    """The lines of expected.csv."""
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def expected(row: Mapping[str, str]) -> list[Effect]:
    """What the mail may do, by its line in the table: one of these."""
    file, machine = row["file"], row["automatic"]
    if machine == "bounce":
        kind, action, _ = row["delivery"].split()
        if action == "failed":
            until = "for good" if kind == "gone" else "two days"
            events = "mail_bounced redirected mail_kept"
            return [Effect("kept", "bounce", event=events, mail="disposisi", paused=f"{MAILBOX} {until}")]
        return [Effect("kept", "delayed" if action == "delayed" else "delivered", event="mail_kept")]
    if machine != NOTHING:
        return [Effect("kept", machine, event="mail_kept")]
    if file.startswith("token-"):
        return [Effect("held", "near_token" if "near" in file else "no_such_token")]
    if row["sender_believed"] == "tidak":
        return [Effect("held", reason, event="mail_held") for reason in ("unknown_sender", "not_authenticated")]
    said = zip(row["verb"].split(ALTERNATIVE), row["text"].split(ALTERNATIVE) * 2, strict=False)
    unread = [VERBS["BEBAS"]] if row["known_wrong"] else []
    return [*(_of_verb(verb, text) for verb, text in said), *unread]


def _of_verb(verb: str, text: str) -> Effect:
    if verb != "BUKAN WEWENANG":
        return next(effect for word, effect in VERBS.items() if verb.startswith(word))
    return dataclasses.replace(PASSED_ON, agency=NAMED[text]) if text in NAMED else TO_OUR_STAFF


# Everything that is stored about other reports, and their citizens.
OTHERS = """
SELECT md5(string_agg(line, '' ORDER BY line)) FROM (
    SELECT ticket::text FROM ticket WHERE id <> $1
    UNION ALL SELECT ticket_event::text FROM ticket_event WHERE ticket_id <> $1
    UNION ALL SELECT dispatch::text FROM dispatch WHERE ticket_id <> $1
    UNION ALL SELECT outbox_sms::text FROM outbox_sms WHERE ticket_id IS DISTINCT FROM $1
    UNION ALL SELECT question::text FROM question WHERE ticket_id <> $1
    UNION ALL SELECT phone::text FROM phone
    UNION ALL SELECT mail::text FROM outbox_mail AS mail LEFT JOIN dispatch ON dispatch.id = dispatch_id
              WHERE ticket_id IS DISTINCT FROM $1
) AS stored(line)
"""


@dataclass
class Office:
    """One report after the other has the address that the corpus writes to."""

    stage: Stage
    tickets: list[int]

    async def next_report(self) -> int:
        """The token and our Message-ID go over to a report that no mail has reached yet; we wrote an hour ago."""
        ticket, run = self.tickets.pop(), self.stage.pool.execute
        for left in ("mail_attachment", "inbound_mail", "contact_pause"):
            await run(f"DELETE FROM {left}")
        await run("UPDATE dispatch SET token = 'w' || id WHERE token = $1", TOKEN)
        await run("UPDATE outbox_mail SET message_id = 'w' || id WHERE message_id = $1", OUR_ID)
        await run("UPDATE dispatch SET token = $1 WHERE ticket_id = $2", TOKEN, ticket)
        await run(
            "UPDATE outbox_mail SET message_id = $1, state = 'sent', sent_at = now() - interval '1 hour'"
            " FROM dispatch WHERE dispatch.id = dispatch_id AND ticket_id = $2",
            *(OUR_ID, ticket),
        )
        return ticket

    async def take(self, raw: bytes, recipient: str, sender: str, trust: Trust = OUR_SERVER) -> None:
        """Stored as the MTA hands it over, and handled."""
        await MailKeeper(self.stage.pool).store(ReceivedMail(sender, recipient, raw))
        handler = MailHandler(self.stage.pool, self.stage.desk, self.stage.limits, trust)
        assert [1, 0] == [await handler.step(), await handler.step()]

    async def report(self, ticket: int) -> dict[str, Any]:
        """The report itself; when it was last looked at does not matter."""
        (row,) = await self.stage.rows("SELECT * FROM ticket WHERE id = $1", ticket)
        return {name: value for name, value in row.items() if name != "updated_at"}

    async def done(self, ticket: int) -> tuple[Effect, str]:
        """What has happened since, and the words of the SMS."""
        column, row = self.stage.column, await self.report(ticket)
        (heard,) = await self.stage.rows("SELECT state, outcome FROM inbound_mail")
        sms = await self.stage.rows(
            "SELECT cause, text FROM outbox_sms WHERE ticket_id = $1 ORDER BY id OFFSET 1", ticket
        )
        mails = "SELECT kind FROM outbox_mail JOIN dispatch ON dispatch.id = dispatch_id WHERE ticket_id = $1"
        kinds = "SELECT kind FROM ticket_event WHERE ticket_id = $1"
        asked = "SELECT kind FROM question WHERE ticket_id = $1 AND closed_at IS NULL"
        until = "CASE paused_until WHEN 'infinity' THEN ' for good' WHEN now() + interval '2 days' THEN ' two days' END"
        events = await column(f"{kinds} ORDER BY id", ticket)
        assert ["opened", "verified", "dispatched"] == events[:3]
        effect = Effect(
            heard["state"],
            heard["outcome"],
            row["status"],
            " ".join(events[3:]),
            " ".join(each["cause"] for each in sms),
            " ".join(await column(f"{mails} ORDER BY outbox_mail.id OFFSET 1", ticket)),
            " ".join(await column(asked, ticket)),
            row["agency"],
            " ".join(await column(f"SELECT address || {until} FROM contact_pause")),
        )
        return effect, " ".join(each["text"] for each in sms)


@pytest_asyncio.fixture
async def dsn(simulated: Callable[[datetime], Awaitable[str]]) -> str:
    """A database in simulated time."""
    return await simulated(NOW)


@pytest.fixture
def desk(desk: Desk, with_agencies: Callable[..., Desk]) -> Desk:
    """The shipped directory, where the agency of the corpus has its two mailboxes."""
    return with_agencies(desk, {AGENCY: {"emails": (MAILBOX, SECOND)}})


@pytest.fixture
def open_office(stage: Stage, another_number: Callable[[], str]) -> Callable[[int], Awaitable[Office]]:
    """As many reports as mails are to come, all with the agency."""

    async def reports(count: int) -> Office:
        sent_at = NOW - timedelta(hours=2)
        await stage.receive([encode_deliver(another_number(), ROAD, sent_at) for _ in range(count)])
        await stage.handle()
        assert {(AGENCY, MAILBOX)} == {
            tuple(row.values()) for row in await stage.rows("SELECT agency, address FROM dispatch")
        }
        tickets = await stage.column("SELECT id FROM ticket")
        assert count == len(tickets)
        return Office(stage, tickets)

    return reports


def envelope(raw: bytes) -> tuple[str, str]:
    """Recipient and sender as our server wrote them on top of the mail."""
    to, sender = (
        re.search(rb"^%s: <?([^>\r\n]*)" % name, raw[:400], re.MULTILINE) for name in (b"Delivered-To", b"Return-Path")
    )
    return to[1].decode() if to else f"t-{TOKEN}@1708.example", sender[1].decode() if sender else MAILBOX


def ten_megabytes() -> bytes:
    """The answer above a photo of ten megabytes."""
    photo = b"\n".join([b"QUJD" * 19] * 131_072)
    mail = (FOLDER / "attachment-photo.eml").read_bytes()
    start = mail.index(b"/9j/")
    return mail[:start] + photo + b"\n" + mail[mail.index(b"\n--", start) :]


def mails() -> Iterator[tuple[dict[str, str], bytes]]:
    """All of the table, and the one that is too big to keep."""
    for row in table():
        yield row, (FOLDER / row["file"]).read_bytes()
        if row["file"] == "attachment-photo.eml":
            yield row | {"file": "ten-megabytes"}, ten_megabytes()


def tells(sms: str, row: Mapping[str, str]) -> bool:
    """Whether the citizen reads how the answer's words begin, masked; of TUNDA the day, of BUKAN WEWENANG none."""
    if row["verb"] == "BUKAN WEWENANG":
        return True
    told = [text.rpartition(": ")[2] if row["verb"] == "TUNDA" else text for text in row["text"].split(ALTERNATIVE)]
    until = re.match(r"sampai 0?(\d+)-0?(\d+)-", row["text"])
    begins = any(text in ("", NOTHING) or cut(gsm7.fold(mask_numbers(text)), 25, "") in sms for text in told)
    return begins and (until is None or f"{until[1]}/{until[2]}." in sms)


@pytest.mark.timeout(600)  # 389 mails
async def test_every_mail_does_what_its_line_says_and_no_more(open_office: Callable[[int], Awaitable[Office]]) -> None:
    """Report, citizen, agency, mailboxes and everybody else's reports, for each mail; with a tally."""
    todo, wrong = list(mails()), dict[str, Any]()
    office, tally = await open_office(len(todo)), Counter[str]()
    for row, raw in todo:
        ticket = await office.next_report()
        before, others = await office.report(ticket), await office.stage.value(OTHERS, ticket)
        await office.take(raw, *envelope(raw))
        (effect, sms), allowed = await office.done(ticket), expected(row)
        unchanged = before == await office.report(ticket)
        fine = (
            effect in allowed
            and unchanged == (effect.state != "handled")
            and others == await office.stage.value(OTHERS, ticket)
            and (effect.state != "handled" or tells(sms, row))
        )
        if not fine:
            wrong[row["file"]] = (effect, allowed, sms, unchanged)
        machine = row["automatic"] != NOTHING
        good = any(each.state == "handled" for each in allowed)
        tally["mails"] += 1
        tally["good answers"] += good
        tally["understood"] += good and fine and effect.state == "handled"
        tally["status changes"] += not unchanged
        tally["false status changes"] += not unchanged and not (good and fine)
        tally["machines"] += machine
        tally["machines that caused an answer or an SMS"] += machine and bool(
            sms or effect.mail.replace("disposisi", "")
        )
        tally["bounces that paused a mailbox"] += machine and bool(effect.paused)
        tally["quarantined"] += effect.state == "quarantined"
    print(dict(tally))
    assert {} == wrong
    assert 0 == tally["false status changes"] == tally["machines that caused an answer or an SMS"]
    assert tally["understood"] >= UNDERSTOOD * tally["good answers"]
    assert (0, True) == (tally["quarantined"], tally["bounces that paused a mailbox"] > 10)


STRANGERS = ("wrong-stranger", "wrong-display-name", "wrong-subdomain", "spam-invoice", "token-forged")
NO_TOKEN = ("token-subject-only", "broken-no-headers", "forward-inner-answer")


@pytest.mark.parametrize("trust", [OUR_SERVER, Trust()], ids=["our server checks senders", "nobody checks"])
async def test_strangers_change_nothing(open_office: Callable[[int], Awaitable[Office]], trust: Trust) -> None:
    """With the address, only the code in the subject, or another's answer: also where no server checks senders."""
    files = (*STRANGERS, *NO_TOKEN)
    office = await open_office(len(files))
    for file in files:
        raw, ticket = (FOLDER / f"{file}.eml").read_bytes(), await office.next_report()
        before = await office.report(ticket)
        await office.take(raw, *envelope(raw), trust)
        effect, sms = await office.done(ticket)
        assert (file, "held", before, "", "") == (file, effect.state, await office.report(ticket), effect.mail, sms)
