"""What the clock does to a ticket, with the shipped words and Indonesia's working days."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parser import gsm7
from routing.agencies import Directory
from smsd.desk.clock import (
    REMINDERS,
    answer_unread,
    ask_about_ombudsman,
    close_by_silence,
    escalate,
    leave_ombudsman,
    question_unanswered,
    step,
)
from smsd.desk.rules import STATUS, Desk, Ticket
from smsd.writes import ClosedQuestion, NextStep, Writes

JAKARTA = ZoneInfo("Asia/Jakarta")
Told = Callable[[Writes], str]


@pytest.fixture(scope="module")
def watched(desk: Desk) -> Desk:
    """The PU of Malang has a superior."""
    agencies = [
        dataclasses.replace(each, superior_email="bupati@malangkab.example") if each.code == "PUPR-35.07" else each
        for each in desk.router.agencies
    ]
    directory = Directory(agencies, desk.router.topics.types.values(), desk.router.places.label)
    return dataclasses.replace(desk, router=dataclasses.replace(desk.router, agencies=directory))


def local(*when: int) -> datetime:
    """A moment in Jakarta, 2026."""
    return datetime(2026, *when, tzinfo=JAKARTA)  # type: ignore[arg-type]


@pytest.fixture
def waiting(road: Ticket) -> Ticket:
    """Sent on Monday, 8 June; the first answer is due on the 15th."""
    return dataclasses.replace(road, due_at=local(6, 15, 23, 59, 59), due_for="first_follow_up")


def when(writes: Writes) -> tuple[str | None, str]:
    """The next step, and when in Jakarta."""
    (planned,) = writes.next_steps
    return planned.step, planned.at.astimezone(JAKARTA).strftime("%a %d/%m %H:%M") if planned.at else "never"


def kinds(writes: Writes) -> list[str]:
    return [event.kind for event in writes.events]


class TestPlanning:
    def test_a_new_deadline_begins_with_a_reminder(self, desk: Desk, waiting: Ticket, now: datetime) -> None:
        """On the morning of the last working day before; nobody is told anything yet."""
        writes = step(desk, waiting, "plan", now, itertools.count())
        assert ("remind", "Fri 12/06 08:00") == when(writes)
        assert Writes(next_steps=writes.next_steps) == writes

    def test_a_long_limit_is_reminded_of_earlier(self, desk: Desk, waiting: Ticket, now: datetime) -> None:
        """Three working days before; 16 June 2026 is the Islamic new year."""
        long = dataclasses.replace(waiting, due_for="finish", due_at=local(6, 18, 23, 59, 59))
        assert ("remind", "Fri 12/06 08:00") == when(step(desk, long, "plan", now, itertools.count()))

    def test_a_reminder_whose_moment_has_passed_is_left_out(self, desk: Desk, waiting: Ticket) -> None:
        """As where the deadline began late, or this program is new."""
        late = local(6, 12, 9, 0).astimezone(UTC)
        assert ("late", "Wed 17/06 08:00") == when(step(desk, waiting, "plan", late, itertools.count()))

    @pytest.mark.parametrize(
        "changes", [{"due_at": None}, {"due_for": None}, {"due_for": "reply"}, {"status": "selesai"}]
    )
    def test_where_no_deadline_runs_nothing_is_planned(
        self, desk: Desk, waiting: Ticket, now: datetime, changes: dict[str, object]
    ) -> None:
        """A question has its own clock, and what is closed has none."""
        ticket = dataclasses.replace(waiting, **changes)  # type: ignore[arg-type]
        assert [NextStep(5, None, None)] == step(desk, ticket, "remind", now, itertools.count()).next_steps

    def test_days_end_where_the_matter_is(self, desk: Desk, waiting: Ticket, now: datetime) -> None:
        """In Jayapura the morning begins two hours before Jakarta's."""
        east = dataclasses.replace(waiting, place="91.71", due_at=local(6, 15, 21, 59, 59))
        assert ("remind", "Fri 12/06 06:00") == when(step(desk, east, "plan", now, itertools.count()))


class TestReminder:
    def test_the_agency_is_reminded_in_its_thread(self, desk: Desk, waiting: Ticket) -> None:
        """The citizen is not bothered; what comes next is the deadline itself."""
        writes = step(desk, waiting, "remind", local(6, 12, 8, 0), itertools.count())
        assert (["reminded"], [(21, "pengingat")]) == (kinds(writes), [(m.dispatch_id, m.kind) for m in writes.mails])
        assert ([], ("late", "Wed 17/06 08:00")) == (writes.sms, when(writes))


class TestLate:
    def test_everybody_who_should_know_is_told(self, watched: Desk, waiting: Ticket, told: Told) -> None:
        """The citizen who is late and what comes next; the agency; its superior, who has nothing to answer."""
        writes = step(watched, waiting, "late", local(6, 17, 8, 0), itertools.count(900))
        assert (
            "LAPOR 1708: maaf, Dinas PU Kab Malang belum menjawab laporan 482 130 9764 sampai batas Sen 15/6. "
            "Sudah kami tegur. Kabar lagi paling lambat Sel 23/6."
        ) == told(writes)
        assert REMINDERS == writes.sms[0].priority
        assert ["late", "copied"] == kinds(writes)
        assert [(21, "terlambat"), (900, "atasan")] == [(mail.dispatch_id, mail.kind) for mail in writes.mails]
        (copy,) = writes.dispatches
        assert ("PUPR-35.07", "bupati@malangkab.example", True) == (copy.agency, copy.address, copy.copy)
        assert ("overdue", "Tue 23/06 08:00") == when(writes)

    @pytest.mark.parametrize("paused", [frozenset(), frozenset({"bupati@malangkab.example"})])
    def test_a_secret_is_kept_from_the_superior(self, watched: Desk, waiting: Ticket, paused: frozenset[str]) -> None:
        """And a mailbox that bounces gets nothing."""
        desk = dataclasses.replace(watched, paused=paused)
        ticket = dataclasses.replace(waiting, confidential=not paused)
        writes = step(desk, ticket, "late", local(6, 17, 8, 0), itertools.count(900))
        assert (["late"], ["terlambat"], []) == (kinds(writes), [m.kind for m in writes.mails], writes.dispatches)

    @pytest.mark.parametrize(
        ("due_for", "agency", "says"),
        [
            ("finish", "PUPR-35.07", "Dinas PU Kab Malang belum selesai dengan laporan 482 130 9764"),
            ("verify", "TRIAGE", "petugas kami belum meneruskan laporan 482 130 9764"),
        ],
    )
    def test_it_says_what_was_awaited(
        self, desk: Desk, waiting: Ticket, told: Told, due_for: str, agency: str, says: str
    ) -> None:
        """Of an agency that works on it, and of our own staff."""
        ticket = dataclasses.replace(waiting, due_for=due_for, agency=agency)
        assert says in told(step(desk, ticket, "late", local(6, 17, 8, 0), itertools.count(900)))

    def test_our_own_staff_is_not_taken_up_with(self, desk: Desk, waiting: Ticket) -> None:
        """After our own delay there is no further step; the Ombudsman's clock goes on."""
        ticket = dataclasses.replace(waiting, due_for="verify", agency="TRIAGE")
        assert (None, "never") == when(step(desk, ticket, "late", local(6, 17, 8, 0), itertools.count(900)))

    @pytest.mark.parametrize("due_step", ["remind", "late", "overdue"])
    def test_who_has_answered_freely_is_not_called_late(self, desk: Desk, waiting: Ticket, due_step: str) -> None:
        """It is we who have not read it: looked at again the next working morning."""
        ticket = dataclasses.replace(waiting, answer_waits=True)
        writes = step(desk, ticket, due_step, local(6, 17, 8, 0), itertools.count(900))
        assert (due_step, "Thu 18/06 08:00") == when(writes)
        assert Writes(next_steps=writes.next_steps) == writes

    @pytest.mark.parametrize(
        ("now", "then"),
        [
            (local(6, 17, 2, 0), "Wed 17/06 08:00"),
            (local(6, 17, 20, 0), "Thu 18/06 08:00"),
            (local(6, 20, 2, 0), "Mon 22/06 08:00"),
        ],
    )
    def test_nobody_is_woken_up(self, desk: Desk, waiting: Ticket, now: datetime, then: str) -> None:
        """After an outage that ends at night; a Saturday is no day for it either."""
        writes = step(desk, waiting, "late", now, itertools.count(900))
        assert ("late", then) == when(writes)
        assert Writes(next_steps=writes.next_steps) == writes


class TestOverdue:
    def test_our_own_staff_takes_it_up(self, desk: Desk, waiting: Ticket, told: Told) -> None:
        """The agency keeps the ticket, and its dispatch: the triage desk gets a copy."""
        writes = step(desk, waiting, "overdue", local(6, 23, 8, 0), itertools.count(900))
        assert (
            "LAPOR 1708: Dinas PU Kab Malang belum juga menjawab laporan 482 130 9764. Petugas kami menagihnya. "
            "Sejak Jum 7/8 Anda boleh meminta bantuan Ombudsman."
        ) == told(writes)
        copies = [(each.agency, each.copy) for each in writes.dispatches]
        assert (["overdue", "copied"], [("TRIAGE", True)]) == (kinds(writes), copies)
        assert (["macet"], (None, "never")) == ([mail.kind for mail in writes.mails], when(writes))


class TestOmbudsman:
    def test_the_citizen_is_asked(self, desk: Desk, waiting: Ticket, now: datetime, told: Told) -> None:
        """With a question that a bare YA answers."""
        writes = ask_about_ombudsman(desk, waiting, now)
        assert "sudah 60 hari, laporan 482 130 9764 belum selesai" in told(writes)
        asked = [question.kind for question in writes.questions]
        assert (STATUS, ["ombudsman_asked"], ["ombudsman"]) == (writes.sms[0].priority, kinds(writes), asked)

    def test_with_ya_the_ombudsman_gets_it(
        self, desk: Desk, waiting: Ticket, now: datetime, ids: Iterator[int], told: Told
    ) -> None:
        """As a copy with the whole story; the agency goes on."""
        writes = escalate(desk, waiting, 44, now, ids)
        assert [("escalated", "eskalasi_ombudsman"), ("copied", None)] == [(e.kind, e.status) for e in writes.events]
        assert [(900, "ombudsman")] == [(mail.dispatch_id, mail.kind) for mail in writes.mails]
        assert [("OMBUDSMAN", True)] == [(each.agency, each.copy) for each in writes.dispatches]
        assert "kami teruskan ke Ombudsman" in told(writes)
        assert [ClosedQuestion(5, now, "answered", "ombudsman")] == writes.closed

    def test_without_it_stays_as_it_is(self, desk: Desk, waiting: Ticket, now: datetime, told: Told) -> None:
        """And the agency is pressed on all the same."""
        writes = leave_ombudsman(desk, waiting, 44, now)
        assert "tidak kami teruskan ke Ombudsman" in told(writes)
        assert (["ombudsman_declined"], []) == (kinds(writes), writes.mails)


class TestSilence:
    def test_the_citizens_after_an_answer(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """It is said that it was closed, why, and how to open it again."""
        done = dataclasses.replace(road, status="selesai")
        writes = close_by_silence(desk, done, now)
        assert (
            "LAPOR 1708: tidak ada balasan Anda atas jawaban Dinas PU Kab Malang, maka laporan 482 130 9764 kami "
            "tutup. Belum beres? Ketik BUKA, kami buka lagi."
        ) == told(writes)
        assert ["closed_by_silence"] == kinds(writes)

    def test_the_citizens_after_a_question(self, desk: Desk, waiting: Ticket, now: datetime) -> None:
        """Nothing is closed for that: the agency goes on with what it has, and its clock runs again."""
        asked = dataclasses.replace(waiting, status="tunda", due_for="reply")
        writes = question_unanswered(desk, asked, now)
        (event,) = writes.events
        due = (event.status, event.due_for, event.due_at)
        assert ("ditindaklanjuti", "first_follow_up", local(6, 15, 23, 59, 59)) == due
        assert ([], ["tanpa_jawaban"]) == (writes.sms, [mail.kind for mail in writes.mails])

    def test_our_own(self, desk: Desk, waiting: Ticket, now: datetime, told: Told) -> None:
        """An answer that nobody reads: the citizen hears that there is one."""
        assert "sudah menjawab laporan 482 130 9764" in told(answer_unread(desk, waiting, now))


@pytest.mark.parametrize("due_step", ["late", "overdue"])
def test_a_secret_is_kept_in_every_sms(desk: Desk, waiting: Ticket, told: Told, due_step: str) -> None:
    """A confidential report's SMS name no agency, and still fit."""
    ticket = dataclasses.replace(waiting, confidential=True)
    text = told(step(desk, ticket, due_step, local(6, 17, 8, 0) + timedelta(days=7), itertools.count(900)))
    assert "instansi terkait" in text
    assert "Malang" not in text
    assert 1 == len(gsm7.split(text).parts)
