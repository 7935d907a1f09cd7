"""What the networks and the mail server have seen, held against the database."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import asyncpg

from bench.torture.people import Citizens, Officials
from bench.torture.town import Town
from parser.pdu import decode_submit
from smsd.store.queries import SQL

_CODE = re.compile(r"\b\d{3} \d{3} \d{4}\b")


@dataclass(frozen=True)
class Verdict:
    """Counts. What must be 0 is in `broken`."""

    handed_over: int
    stored: int
    tickets: int
    acknowledged: int
    lost: int
    tickets_repeated: int
    sms_sent: int
    sms_repeated: int
    sms_lost: int
    mails_sent: int
    mails_repeated: int  # under the same Message-ID
    mails_lost: int
    mails_unknown: int  # that no row speaks of
    answers_taken: int
    answers_lost: int
    stuck: int
    quarantined: int

    def broken(self, kills: int) -> list[str]:
        """The promises that do not hold; at most one SMS may be repeated for each kill."""
        must_be_none = {
            "texts lost": self.lost,
            "tickets repeated": self.tickets_repeated,
            "reports without an acknowledgement": self.tickets - self.acknowledged,
            "SMS lost": self.sms_lost,
            "mails lost": self.mails_lost,
            "mails under an unknown Message-ID": self.mails_unknown,
            "answers lost or repeated": self.answers_lost,
            "stuck": self.stuck,
            "quarantined": self.quarantined,
            f"SMS repeated beyond one for each of {kills} kills": max(0, self.sms_repeated - kills),
        }
        return [f"{what}: {count}" for what, count in must_be_none.items() if count]


async def judge(town: Town, citizens: Citizens, officials: Officials, database: asyncpg.Connection) -> Verdict:
    """The verdict, when nothing is under way any more, or nothing moves."""
    stored = Counter(row["text"] for row in await database.fetch("SELECT text FROM inbound_message"))
    tickets = Counter(
        row["text"]
        for row in await database.fetch(
            "SELECT message.text FROM ticket JOIN inbound_message AS message ON message.id = ticket.message_id"
        )
    )
    codes = [f"{c[:3]} {c[3:6]} {c[6:]}" for (c,) in await database.fetch("SELECT code FROM ticket")]
    reports = [texts[0] for texts in citizens.texts.values()]
    answers = sum(len(texts) - 1 for texts in citizens.texts.values())

    submits = [decode_submit(pdu) for simulator in town.simulators for pdu in simulator.network.raw_submits]
    shown = Counter(submit.text for submit in submits)
    told = {code for submit in submits for code in _CODE.findall(submit.text)}
    written = Counter(
        row["text"] for row in await database.fetch("SELECT text FROM outbox_sms WHERE state IN ('sent', 'delivered')")
    )

    accepted = Counter(letter.id for letter in town.mail.taken)
    rows = await database.fetch("SELECT message_id, state FROM outbox_mail")
    sent = {row["message_id"] for row in rows if row["state"] == "sent"}
    known = {row["message_id"] for row in rows}
    mails = await database.fetchval("SELECT count(*) FROM inbound_mail")
    open_work = sum((await database.fetchrow(SQL["open_work"])).values())
    waiting_parts = await database.fetchval("SELECT count(*) FROM inbound_part WHERE message_id IS NULL")
    on_the_air = sum(simulator.network.waiting + simulator.on_sim for simulator in town.simulators)
    quarantined = await database.fetchval(
        """SELECT (SELECT count(*) FROM quarantine)
                + (SELECT count(*) FROM inbound_message WHERE state = 'quarantined')
                + (SELECT count(*) FROM inbound_mail WHERE state = 'quarantined')"""
    )
    return Verdict(
        handed_over=len(reports) + answers,
        stored=sum(stored.values()),
        tickets=sum(tickets.values()),
        acknowledged=sum(code in told for code in codes),
        lost=sum(not stored[text] for text in reports) + max(0, answers - stored["YA"]),
        tickets_repeated=sum(count - 1 for count in tickets.values() if count > 1),
        sms_sent=sum(shown.values()),
        sms_repeated=sum((shown - written).values()),
        sms_lost=sum((written - shown).values()),
        mails_sent=len(accepted),
        mails_repeated=sum(accepted.values()) - len(accepted),
        mails_lost=len(sent - accepted.keys()),
        mails_unknown=len(accepted.keys() - known),
        answers_taken=len(officials.answers),
        answers_lost=abs(mails - len(officials.answers)),
        stuck=open_work + waiting_parts + on_the_air,
        quarantined=quarantined,
    )
