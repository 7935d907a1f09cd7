"""What commands and answers do, with the shipped data; whole conversations are in tests/smsd/test_conversations.py."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.replies import STATUS_WORDS
from parser import ticket_code
from parser.intents import Add, Cancel, Full, Hide, Intent, Reopen, Slip, Status
from smsd.desk.answers import is_another_matter, says_where
from smsd.desk.hear import Heard, hear, join, may_go_on
from smsd.desk.respond import respond
from smsd.desk.rules import ANSWER, Desk, Phone, Ticket
from smsd.desk.talk import Handled, Ids, Inbound, Question, Stranger, Talk
from smsd.writes import Event, NewOneOff, NewQuestion, PhoneChange, Writes, WrongTry

Told = Callable[[Writes], str]
OTHER_CODE = "2000000003"
MASK = "[nomor disamarkan]"


def inbound(text: str, now: datetime) -> Inbound:
    return Inbound(31, 77, text, now)


def said(
    desk: Desk, text: str, now: datetime, tickets: Sequence[Ticket] = (), asked: Sequence[str] = (), **talk: Any
) -> Handled:
    """A text of a phone with these tickets, while these questions about the first of them are open."""
    questions = [Question(tickets[0].id, kind) for kind in asked]
    conversation = Talk(**{"phone": Phone(77), "tickets": tickets, "questions": questions} | talk)
    heard = hear(desk, inbound(text, now), asked)
    return respond(desk, conversation, heard, now, Ids(itertools.count(50), itertools.count(900)))


def meant(desk: Desk, intent: Intent, now: datetime, tickets: Sequence[Ticket]) -> Writes:
    """What an intent does, however it was typed."""
    ids = Ids(itertools.count(50), itertools.count(900))
    return respond(desk, Talk(Phone(77), tickets), Heard(inbound("x", now), intent), now, ids).writes


def day(moment: datetime | None) -> str | None:
    """The local day, to compare deadlines by."""
    return moment and moment.astimezone(timezone(timedelta(hours=7))).strftime("%d/%m %H:%M")


class TestHearing:
    @pytest.mark.parametrize(
        ("text", "asked", "outcome"),
        [
            ("", (), "empty"),
            ("\f\r", (), "empty"),
            ("terima kasih", (), "courtesy"),
            ("YA", (), "Help"),
            ("4", (), "Help"),
            ("4", ("beres",), "Help"),
            ("YA", ("beres",), "Yes"),
            ("TIDAK", ("batal",), "No"),
            ("4", ("nilai",), "Rating"),
            ("YA", ("tempat",), "Help"),
            ("YA", ("jawaban",), "Complaint"),
            ("YA", ("jawaban", "beres"), "Yes"),
            ("BASA INGGRIS", (), "Complaint"),
            ("bahasa  Indonesia!", (), "language"),
            ("LAPOR#", (), "Help"),
        ],
    )
    def test_what_was_asked_decides(
        self, desk: Desk, now: datetime, text: str, asked: Sequence[str], outcome: str
    ) -> None:
        """A bare word is an answer only while one is waited for."""
        heard = hear(desk, inbound(text, now), asked)
        assert outcome == (type(heard.intent).__name__ if heard.intent else heard.outcome)

    @pytest.mark.parametrize(
        ("text", "goes_on"),
        [
            ("jalan rusak di Lowokwaru dan", True),
            ("jalan rusak di Lowokwaru.", False),
            ("a b " * 40, True),
            ("a b " * 41, False),
            ("STATUS", False),
        ],
    )
    def test_only_what_one_sms_holds_may_go_on(self, desk: Desk, now: datetime, text: str, goes_on: bool) -> None:
        """A longer text was joined by the phone itself, which cuts none."""
        assert goes_on == may_go_on(hear(desk, inbound(text, now), ()))

    def test_what_an_operator_let_through_waits_for_nothing(self, desk: Desk, now: datetime) -> None:
        """It has waited."""
        trusted = dataclasses.replace(inbound("jalan rusak dan", now), trusted=True)
        assert not may_go_on(hear(desk, trusted, ()))

    def test_texts_are_joined_until_one_does_not_follow(self, now: datetime) -> None:
        """Too late, or not its rest."""
        first, *rest = (
            Inbound(n, 77, text, now + timedelta(seconds=s))
            for n, (text, s) in enumerate([("jalan rusak dan", 0), ("banyak lubang karena", 60), ("hujan.", 200)])
        )
        whole, used = join(first, rest, timedelta(seconds=90))
        assert ("jalan rusak dan banyak lubang karena", [1]) == (whole.text, [message.id for message in used])


class TestHelp:
    @pytest.mark.parametrize("text", ["BANTUAN", "help", "?", f"TAMBAH {ticket_code.show('4821309764')}"])
    def test_it_explains(self, desk: Desk, now: datetime, told: Told, text: str) -> None:
        """And changes nothing."""
        writes = said(desk, text, now).writes
        assert "Perintah: STATUS, TAMBAH, BATAL, RAHASIA, STOP." in told(writes)
        assert Writes(sms=writes.sms) == writes
        assert (None, "bantuan", ANSWER) == (writes.sms[0].ticket_id, writes.sms[0].cause, writes.sms[0].priority)

    @given(typed=st.from_regex(r"[1-9][0-9 .\-#]{7,3000}", fullmatch=True))
    def test_a_slip_is_told_as_it_was_typed(self, desk: Desk, told: Told, typed: str) -> None:
        """Cut, if somebody leans on a key."""
        writes = meant(desk, Slip("STATUS", typed), datetime.fromisoformat("2026-06-08T02:14Z"), [])
        assert "mungkin salah ketik" in told(writes)


class TestStatus:
    def some(self, road: Ticket, count: int, **changes: Any) -> list[Ticket]:
        """So many tickets of one phone, newest first."""
        codes = [ticket_code.new_code(lambda _, n=n: n) for n in range(count)]
        return [dataclasses.replace(road, id=n, code=code, **changes) for n, code in enumerate(codes)]

    def test_of_nothing(self, desk: Desk, now: datetime, told: Told) -> None:
        """How to report is what the citizen must know."""
        assert "belum ada laporan dari nomor ini" in told(said(desk, "STATUS", now).writes)

    def test_of_one(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """What, how far, who, and until when."""
        assert (
            "LAPOR 1708: laporan 482 130 9764 (Jalan dan jembatan) sudah diteruskan, di Dinas PU Kab Malang. "
            "Batas berikut: Sen 8/6."
        ) == told(said(desk, "STATUS", now, [road]).writes)

    def test_of_one_without_deadline(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """No date is made up; a topic that was taken out of the data is a general one."""
        closed = dataclasses.replace(road, status="selesai", due_at=None, topic="sapi-lepas")
        assert "LAPOR 1708: laporan 482 130 9764 (umum) selesai, di Dinas PU Kab Malang." == told(
            said(desk, "STATUS", now, [closed]).writes
        )

    def test_of_a_confidential_one(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Neither topic nor agency."""
        hidden = dataclasses.replace(road, confidential=True)
        assert "laporan 482 130 9764 (rahasia) sudah diteruskan, di instansi terkait." in told(
            said(desk, "STATUS", now, [hidden]).writes
        )

    def test_of_an_agency_that_is_gone(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Its code is shown, however long it was."""
        gone = dataclasses.replace(road, agency="BADAN-YANG-SUDAH-LAMA-DIBUBARKAN-35.07")
        assert "di BADAN-YANG-SUDAH-LAMA... Batas" in told(said(desk, "STATUS", now, [gone]).writes).replace(
            "....", "..."
        )

    @pytest.mark.parametrize("status", STATUS_WORDS)
    def test_every_status_has_its_words(self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str) -> None:
        """As a sentence."""
        text = told(said(desk, "STATUS", now, [dataclasses.replace(road, status=status)]).writes)
        assert f") {desk.replies.status[status]}, di " in text

    def test_of_two(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """In a list, numbered, with agency and deadline where they fit."""
        light = dataclasses.replace(road, id=6, code=OTHER_CODE, topic="lampu-jalan", status="selesai")
        assert (
            "LAPOR 1708: 1) Jalan dan jembatan: di Dinas PU Kab Malang, batas 8/6. 2) Lampu jalan: selesai. "
            "Rincian: ketik STATUS 1."
        ) == told(said(desk, "STATUS", now, [road, light]).writes)

    @pytest.mark.parametrize("text", ["STATUS", "STATUS 9", "status 6"])
    def test_of_many(self, desk: Desk, road: Ticket, now: datetime, told: Told, text: str) -> None:
        """As many as fit, whole; a number beyond the list gives the list, not `belum ada laporan`."""
        shown = told(said(desk, text, now, self.some(road, 5)).writes)
        assert "1) Jalan dan jembatan: sudah diteruskan. 2) Jalan dan jembatan: sudah diteruskan." in shown
        assert shown.endswith("Lainnya: STATUS 3. Rincian: ketik STATUS 1.")
        assert "..." not in shown

    @pytest.mark.parametrize(("text", "ticket_id"), [("STATUS 2", 1), ("STATUS 5", 4)])
    def test_by_number(self, desk: Desk, road: Ticket, now: datetime, text: str, ticket_id: int) -> None:
        """By its place, the newest being the first."""
        writes = said(desk, text, now, self.some(road, 5)).writes
        assert [ticket_id] == [sms.ticket_id for sms in writes.sms]

    def test_by_code(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Whichever place it has in the list."""
        writes = said(desk, road.code, now, [*self.some(road, 4), road]).writes
        assert "laporan 482 130 9764" in told(writes)
        assert [] == writes.events


class TestStrangers:
    def stranger(self, road: Ticket, one_off: str | None) -> dict[str, Stranger]:
        theirs = dataclasses.replace(road, code=OTHER_CODE, phone_id=78)
        return {OTHER_CODE: Stranger(theirs, one_off)}

    @pytest.mark.parametrize(
        "text", ["STATUS {}", "{}", "TAMBAH {} lubangnya dua", "BATAL {}", "RAHASIA {}", "BUKA {}"]
    )
    def test_a_ticket_of_another_phone_does_not_exist(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, text: str
    ) -> None:
        """One answer for a code that is not there and one that is not theirs."""
        handled = said(desk, text.format(OTHER_CODE), now, [road], others=self.stranger(road, "1234"))
        assert "laporan 200 000 0003 tidak ada pada HP ini" in told(handled.writes)
        assert Writes(sms=handled.writes.sms) == handled.writes
        assert handled == said(desk, text.format(OTHER_CODE), now, [road])

    def test_with_its_one_off_number(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The asking phone is told how far it is."""
        handled = said(desk, f"STATUS {OTHER_CODE} 1234", now, others=self.stranger(road, "1234"))
        assert [(77, "status_satu")] == [(sms.phone_id, sms.cause) for sms in handled.writes.sms]

    @pytest.mark.parametrize("one_off", ["9999", None])
    def test_with_a_wrong_one(self, desk: Desk, road: Ticket, now: datetime, one_off: str | None) -> None:
        """The same answer as ever, and one try less."""
        handled = said(desk, f"STATUS {OTHER_CODE} 1234", now, others=self.stranger(road, one_off))
        assert ("wrong_code", [WrongTry(78)]) == (handled.outcome, handled.writes.wrong_tries)
        assert ["tidak_ditemukan"] == [sms.cause for sms in handled.writes.sms]

    def test_too_often(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Whatever the number: nothing is looked up any more, but one's own is."""
        guesser, others = Phone(77, wrong_codes=5), self.stranger(road, "1234")
        handled = said(desk, f"STATUS {OTHER_CODE} 1234", now, [road], phone=guesser, others=others)
        assert "terlalu banyak nomor yang tidak cocok" in told(handled.writes)
        assert "status" == said(desk, f"STATUS {road.code}", now, [road], phone=guesser).outcome

    def test_ones_own_ticket_however_old(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Found by its code behind the newest."""
        others = {road.code: Stranger(road, None)}
        assert "status" == said(desk, f"STATUS {road.code}", now, others=others).outcome


class TestPhone:
    def test_a_one_off_number(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Four digits, for an hour."""
        writes = said(dataclasses.replace(desk, choose=lambda _: 42), "KODE", now, [road]).writes
        assert [NewOneOff(77, "0042", now + timedelta(minutes=60))] == writes.one_offs
        assert "kode Anda 0042, berlaku 60 menit" in told(writes)

    @pytest.mark.parametrize(("text", "quiet"), [("STOP", True), ("MULAI", False)])
    def test_quiet(self, desk: Desk, now: datetime, text: str, quiet: bool) -> None:
        """Said to the phone, not to a report."""
        writes = said(desk, text, now).writes
        assert ([PhoneChange(77, quiet=quiet)], 1) == (writes.phones, len(writes.sms))


class TestAdd:
    def add(self, desk: Desk, ticket: Ticket, now: datetime, text: str = "lubangnya dua") -> Writes:
        return meant(desk, Add(text, code=ticket.code), now, [ticket])

    def test_it_reaches_the_agency(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """As an event, a mail and an SMS; no deadline of the agency's is put off by it."""
        writes = self.add(desk, road, now)
        data = {"text": "lubangnya dua", "message": 31}
        assert [Event(5, now, "citizen_added", "citizen", "ditanggapi_pelapor", data=data)] == writes.events
        assert [(21, "tambahan", "lubangnya dua")] == [(m.dispatch_id, m.kind, m.extra_text) for m in writes.mails]
        assert (
            "LAPOR 1708: tambahan untuk laporan 482 130 9764 kami terima dan teruskan ke Dinas PU Kab Malang."
        ) == told(writes)

    @pytest.mark.parametrize("status", ["tunda", "selesai", "diarsipkan"])
    def test_it_wakes_a_ticket_that_waits_or_is_closed(
        self, desk: Desk, road: Ticket, now: datetime, status: str
    ) -> None:
        """The agency has to answer again, in time."""
        (event,) = self.add(desk, dataclasses.replace(road, status=status), now).events
        assert ("ditanggapi_pelapor", "first_follow_up", "15/06 23:59") == (
            *(event.status, event.due_for),
            day(event.due_at),
        )

    @pytest.mark.parametrize("status", ["diterima", "bukan_wewenang", "eskalasi_ombudsman"])
    def test_it_does_not_hide_that_a_person_must_act(
        self, desk: Desk, road: Ticket, now: datetime, status: str
    ) -> None:
        """Where no agency has asked anything the status and its deadline stay."""
        (event,) = self.add(desk, dataclasses.replace(road, status=status, agency="TRIAGE"), now).events
        assert (None, None, None) == (event.status, event.due_for, event.due_at)

    def test_numbers_do_not_reach_the_agency(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """They stay in the event, for our own people."""
        writes = self.add(desk, road, now, "hubungi 081234567890")
        assert f"hubungi {MASK}" == writes.mails[0].extra_text
        assert "hubungi 081234567890" == writes.events[0].data["text"]

    def test_nor_names_of_an_anonymous_report(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """In what is added later, too."""
        writes = self.add(desk, dataclasses.replace(road, anonymous=True), now, "nama saya Fulan")
        assert "Fulan" not in writes.mails[0].extra_text

    def test_a_ticket_that_is_nowhere_sends_no_mail(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The words are kept all the same."""
        writes = self.add(desk, dataclasses.replace(road, dispatch_id=None), now)
        assert ([], 1) == (writes.mails, len(writes.events))


class TestCancel:
    def test_it_closes_the_ticket(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """No deadline runs any more, no question is open; the agency is told, and the citizen."""
        writes = meant(desk, Cancel(code=road.code), now, [road])
        data = {"reason": "dibatalkan pelapor", "message": 31}
        assert [Event(5, now, "cancelled", "citizen", "diarsipkan", due_for="none", data=data)] == writes.events
        assert [(21, "dibatalkan", "")] == [(m.dispatch_id, m.kind, m.extra_text) for m in writes.mails]
        assert [None] == [closed.kind for closed in writes.closed]
        assert "kami batalkan sesuai permintaan Anda" in told(writes)

    @pytest.mark.parametrize("status", ["selesai", "diarsipkan"])
    def test_twice_is_once(self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str) -> None:
        """A closed ticket stays as it is, and the citizen hears so."""
        writes = meant(desk, Cancel(code=road.code), now, [dataclasses.replace(road, status=status)])
        assert "laporan 482 130 9764 sudah ditutup" in told(writes)
        assert Writes(sms=writes.sms) == writes


class TestHide:
    def test_rahasia(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The agency is told to keep it close."""
        writes = said(desk, "RAHASIA", now, [road]).writes
        assert [{"confidential": True}] == [event.sets for event in writes.events]
        assert ["dirahasiakan"] == [mail.kind for mail in writes.mails]

    def test_anonim(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The text that the agency reads has no name any more."""
        named = dataclasses.replace(road, text="nama saya Fulan, jalan rusak")
        (event,) = said(desk, "ANONIM", now, [named]).writes.events
        assert (True, False) == (event.sets["anonymous"], "Fulan" in event.sets["text"])


class TestFull:
    def test_the_last_answer_of_all(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Not that of the newest report; numbers in it are masked."""
        older = dataclasses.replace(road, id=4, code=OTHER_CODE, last_answer="hubungi 081234567890", answered_at=now)
        early = dataclasses.replace(road, last_answer="Kami catat.", answered_at=now - timedelta(days=3))
        (sms,) = said(desk, "LENGKAP", now, [early, older]).writes.sms
        assert (4, f"Laporan 200 000 0003: hubungi {MASK}") == (sms.ticket_id, sms.text)

    def test_at_most_six(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The last ends with dots."""
        long = dataclasses.replace(road, last_answer="sudah kami periksa " * 100, answered_at=now)
        sms = said(desk, "LENGKAP", now, [long]).writes.sms
        assert ("(1/6)", "(6/6)", True) == (sms[0].text[:5], sms[-1].text[:5], sms[-1].text.endswith("..."))


class TestAnswers:
    @pytest.mark.parametrize(
        ("text", "answers"),
        [
            ("Lowokwaru Kota Malang", True),
            ("depan SD Inpres", True),
            ("rt 3 rw 2 dusun kami", True),
            ("tidak tahu pak", True),
            ("Sampah menumpuk di TPS Coblong Kota Bandung, bau sekali", False),
            ("saya kurang tahu namanya tetapi kalau tidak salah itu di sebelah utara sungai besar sekali", False),
            ("jalan rusak yang saya maksud itu yang setiap hari kami lewati untuk ke kebun dan banyak lubang", True),
        ],
    )
    def test_what_says_where(self, desk: Desk, road: Ticket, text: str, answers: bool) -> None:
        """A place, a few words, or more of the same matter; never another clear one."""
        assert answers == says_where(desk, road, text, desk.router.classify(text))

    def test_a_question_about_a_report_too_old_to_be_listed(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Nothing is taken for its answer."""
        questions = [Question(99, "jawaban")]
        assert "complaint" == said(desk, "sampah menumpuk di sini", now, [road], questions=questions).outcome

    def test_another_matter_is_one_that_is_clear(self, desk: Desk, road: Ticket) -> None:
        """Confident, and of another topic."""
        decision = desk.router.classify("sampah menumpuk bau")
        clear = decision._replace(topic="sampah", confidence=0.9)
        assert is_another_matter(desk, road, clear)
        assert not is_another_matter(desk, road, clear._replace(confidence=0.1))
        assert not is_another_matter(desk, road, clear._replace(topic="jalan-lokal"))
        assert not is_another_matter(desk, road, clear._replace(topic=None))

    @pytest.mark.parametrize(("reopened", "agency"), [(0, None), (1, None), (2, "TRIAGE")])
    def test_not_done(self, desk: Desk, road: Ticket, now: datetime, reopened: int, agency: str | None) -> None:
        """Twice to the same agency, then to a person."""
        ticket = dataclasses.replace(road, status="selesai", reopened=reopened)
        writes = said(desk, "BELUM", now, [ticket], ["beres"]).writes
        assert "reopened" == writes.events[0].kind
        assert agency == (writes.dispatches[0].agency if writes.dispatches else None)
        kurang = [NewQuestion(77, 5, "kurang", now, desk.listen_until(ticket, now))]
        assert (kurang if agency is None else []) == writes.questions

    def test_done(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Thanks, and one question more."""
        writes = said(desk, "sudah", now, [dataclasses.replace(road, status="selesai")], ["beres"]).writes
        assert (["confirmed"], ["nilai"]) == ([e.kind for e in writes.events], [q.kind for q in writes.questions])

    @pytest.mark.parametrize("text", ["3", "3 puas"])
    def test_a_rating(self, desk: Desk, road: Ticket, now: datetime, text: str) -> None:
        """Is an event."""
        (event,) = said(desk, text, now, [road], ["nilai"]).writes.events
        assert ("rated", 3) == (event.kind, event.data["stars"])


class TestLanguage:
    def test_another_one(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """From the answer to the request on; what it lacks is said in the first."""
        javanese = dataclasses.replace(
            desk.replies,
            templates={**desk.replies.templates, "ganti_bahasa": "nggih", "status_satu": "{code} {status}"},
            status={**desk.replies.status, "terdisposisi": "sampun"},
        )
        replies = dataclasses.replace(desk.replies, others={"jw": javanese}, switches={"basa jawa": "jw"})
        there = dataclasses.replace(desk, replies=replies)
        asked = said(there, "Basa  JAWA!", now).writes
        assert ("nggih", [PhoneChange(77, None, "jw")]) == (asked.sms[0].text, asked.phones)
        mine = dataclasses.replace(road, language="jw")
        assert "482 130 9764 sampun" == said(there, "STATUS", now, [mine], phone=Phone(77, "jw")).writes.sms[0].text
        assert "sudah diteruskan" in said(there, "STATUS", now, [road]).writes.sms[0].text


class TestChanges:
    @pytest.mark.parametrize("status", STATUS_WORDS)
    @pytest.mark.parametrize(
        "intent",
        [
            Status(code="4821309764"),
            Add("x", code="4821309764"),
            Cancel(code="4821309764"),
            Hide("rahasia", code="4821309764"),
            Hide("anonim"),
            Full(code="4821309764"),
            Reopen(),
        ],
    )
    def test_every_change_tells_the_citizen(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str, intent: Intent
    ) -> None:
        """One SMS to the phone that wrote, about the ticket, from every status."""
        writes = meant(desk, intent, now, [dataclasses.replace(road, status=status)])
        told(writes)
        assert [(77, 5)] == [(sms.phone_id, sms.ticket_id) for sms in writes.sms]

    def test_every_agency_and_topic_fits(self, desk: Desk, road: Ticket, told: Told) -> None:
        """Whichever names come together, on the longest date."""
        long_day = datetime.fromisoformat("2026-12-23T02:00:00+00:00")
        for agency in desk.router.agencies:
            told(desk.say_about(road, "pindah", agency=agency, due=long_day))
        for topic in desk.router.topics.topics:
            told(desk.say_about(dataclasses.replace(road, topic=topic, due_at=long_day), "status_satu"))

    @given(
        text=st.text(max_size=200),
        asked=st.lists(st.sampled_from(["tempat", "jawaban", "beres", "kurang", "nilai", "batal"]), unique=True),
    )
    def test_no_text_is_too_much(self, desk: Desk, road: Ticket, text: str, asked: list[str]) -> None:
        """Whatever is written while whatever was asked: at most one ticket more, and SMS that fit."""
        handled = said(desk, text, road.opened_at, [road], asked)
        assert len(handled.writes.tickets) <= 1
