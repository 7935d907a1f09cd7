"""How a report begins, with the shipped data."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import ticket_code
from parser.intents import Complaint
from routing.classify import Decision
from smsd.desk.reports import complete_place, find_repeated, go_on, open_report, place_unknown
from smsd.desk.rules import ANSWER, STATUS, Desk, Phone, Ticket
from smsd.desk.talk import Ids, Inbound, Question, Said, Talk
from smsd.writes import ClosedQuestion, NewQuestion, PhoneChange, Writes

Told = Callable[[Writes], str]
ROAD = "jalan rusak parah banyak lubang di kecamatan Singosari kabupaten Malang"
TALK = Talk(Phone(77))


def inbound(text: str, now: datetime) -> Inbound:
    return Inbound(31, 77, text, now)


def numbers() -> Ids:
    return Ids(itertools.count(5), itertools.count(900))


def opened(
    desk: Desk, text: str, now: datetime, *, talk: Talk = TALK, complaint: Complaint | None = None, **changes: object
) -> Writes:
    """A complaint, as the loop hands it over; the decision can be changed."""
    decision: Decision = desk.router.classify(text)._replace(**changes)  # type: ignore[arg-type]
    return open_report(desk, talk, inbound(text, now), complaint or Complaint(text), decision, now, numbers()).writes


def day(moment: datetime | None) -> str | None:
    """The local day, to compare deadlines by."""
    return moment and moment.astimezone(timezone(timedelta(hours=7))).strftime("%d/%m %H:%M")


class TestOpening:
    def test_it_goes_to_the_competent_agency(self, desk: Desk, now: datetime, told: Told) -> None:
        """Ticket, three events, one dispatch, one mail, one SMS."""
        writes = opened(desk, ROAD, now)
        (ticket,), (dispatch,), (mail,) = writes.tickets, writes.dispatches, writes.mails
        assert (5, 77, 31, ROAD, "pengaduan", "jalan-lokal", "35.07.24", False) == (
            *(ticket.id, ticket.phone_id, ticket.message_id, ticket.text),
            *(ticket.klass, ticket.topic, ticket.place, ticket.confidential),
        )
        assert ticket_code.check(ticket.code)
        assert [
            ("opened", "citizen", "diterima", "TRIAGE", "verify", "11/06 23:59"),
            ("verified", "gateway", "terverifikasi", None, None, None),
            ("dispatched", "gateway", "terdisposisi", "PUPR-35.07", "first_follow_up", "15/06 23:59"),
        ] == [(e.kind, e.actor, e.status, e.agency, e.due_for, day(e.due_at)) for e in writes.events]
        assert {"dispatch": 900, "reasons": ticket.reasons} == writes.events[-1].data
        assert (900, 5, "PUPR-35.07", "pupr@malangkab.example", False) == (
            *(dispatch.id, dispatch.ticket_id, dispatch.agency, dispatch.address, dispatch.copy),
        )
        assert (900, "disposisi", "") == (mail.dispatch_id, mail.kind, mail.extra_text)
        assert (
            f"LAPOR 1708: laporan Anda no {ticket_code.show(ticket.code)} kami terima dan teruskan ke "
            "Dinas PU Kab Malang. Batas jawab Sen 15/6. Cek: ketik STATUS. Nama & nomor rahasia."
        ) == told(writes)
        assert ("diteruskan", ANSWER, 5) == (writes.sms[0].cause, writes.sms[0].priority, writes.sms[0].ticket_id)

    def test_what_nobody_is_found_for_goes_to_triage(self, desk: Desk, now: datetime, told: Told) -> None:
        """The status stays, the deadline to verify runs, a person gets the mail."""
        writes = opened(desk, "halo", now)
        assert [
            ("opened", "diterima", "TRIAGE", "verify", "11/06 23:59"),
            ("dispatched", None, "TRIAGE", "verify", "11/06 23:59"),
        ] == [(e.kind, e.status, e.agency, e.due_for, day(e.due_at)) for e in writes.events]
        assert ["lapor@triage.example"] == [d.address for d in writes.dispatches]
        assert ["disposisi"] == [mail.kind for mail in writes.mails]
        assert "Petugas mencari instansi yang tepat, maks 3 hari kerja" in told(writes)

    def test_an_agency_without_address_is_no_dead_end(self, deaf: Desk, now: datetime, told: Told) -> None:
        """Triage gets it, even where the decision was made before the address went; the reason is kept."""
        writes = opened(deaf, ROAD, now, agency="PLN")
        reason = "PT PLN belum punya alamat surel, jadi petugas kami yang meneruskan"
        assert ("TRIAGE", reason) == (writes.dispatches[0].agency, writes.tickets[0].reasons[-1])
        assert reason in writes.events[-1].data["reasons"]
        assert "diterima" == writes.sms[0].cause
        assert "maks 3 hari kerja" in told(writes)

    def test_an_emergency_gets_the_number_to_call(self, desk: Desk, now: datetime, told: Told) -> None:
        """First of all; the report is forwarded all the same."""
        writes = opened(desk, ROAD, now, emergency="113")
        assert "bukan layanan darurat. Jika ada bahaya sekarang, telepon 113." in told(writes)
        assert "PUPR-35.07" == writes.dispatches[0].agency

    @pytest.mark.parametrize(("secrecy", "by_itself"), [("rahasia", False), ("", True)])
    def test_a_confidential_report(self, desk: Desk, now: datetime, told: Told, secrecy: str, by_itself: bool) -> None:
        """Asked for or by its topic: marked, so that the mail says so; the SMS tells nothing of it."""
        complaint = Complaint(ROAD, secrecy=secrecy)  # type: ignore[arg-type]
        writes = opened(desk, ROAD, now, complaint=complaint, confidential=by_itself)
        assert writes.tickets[0].confidential
        assert "diteruskan_rahasia" == writes.sms[0].cause
        assert "Dinas" not in told(writes)

    def test_an_anonymous_report(self, desk: Desk, now: datetime) -> None:
        """The name is masked in all that leaves."""
        text = f"nama saya Fulan, {ROAD}"
        (ticket,) = opened(desk, text, now, complaint=Complaint(text, secrecy="anonim")).tickets
        assert (True, False) == (ticket.anonymous, "Fulan" in ticket.text)

    def test_whoever_watches_over_an_office_gets_a_copy(self, desk: Desk, now: datetime, told: Told) -> None:
        """A second dispatch and a mail that asks for nothing; the citizen hears of the first."""
        writes = opened(desk, ROAD, now, oversight="INSPEKTORAT-35.07")
        assert [("PUPR-35.07", False, 900), ("INSPEKTORAT-35.07", True, 901)] == [
            (d.agency, d.copy, d.id) for d in writes.dispatches
        ]
        assert [(900, "disposisi"), (901, "tembusan")] == [(m.dispatch_id, m.kind) for m in writes.mails]
        copied = writes.events[-1]
        assert ("copied", None, None, 901) == (copied.kind, copied.status, copied.agency, copied.data["dispatch"])
        assert "Dinas PU Kab Malang" in told(writes)

    @pytest.mark.parametrize("oversight", [None, "PUPR-35.07"])
    def test_nobody_watches_over_itself(self, desk: Desk, now: datetime, oversight: str | None) -> None:
        """One dispatch."""
        assert 1 == len(opened(desk, ROAD, now, oversight=oversight).dispatches)

    def test_a_new_report_ends_quiet(self, desk: Desk, now: datetime) -> None:
        """Who reports wants to hear."""
        quiet = Talk(Phone(77, quiet=True))
        assert [PhoneChange(77, quiet=False)] == opened(desk, ROAD, now, talk=quiet).phones
        assert [] == opened(desk, ROAD, now).phones

    @given(text=st.text(max_size=400))
    def test_every_text_gets_an_answer_that_fits(self, desk: Desk, told: Told, text: str) -> None:
        """And exactly one ticket."""
        writes = opened(desk, text, datetime.fromisoformat("2026-12-31T20:00:00+00:00"))
        told(writes)
        assert 1 == len(writes.tickets)


class TestPlace:
    def test_it_is_asked(self, desk: Desk, now: datetime, told: Told) -> None:
        """The ticket waits a day; nobody gets a mail yet."""
        writes = opened(desk, ROAD, now, asks_place=True, agency="TRIAGE")
        until = now + timedelta(hours=24)
        assert [NewQuestion(77, 5, "tempat", now, until)] == writes.questions
        assert [("opened", "diterima", "TRIAGE", "verify"), ("place_asked", "tunda", None, "reply")] == [
            (e.kind, e.status, e.agency, e.due_for) for e in writes.events
        ]
        assert ([], [], until) == (writes.dispatches, writes.mails, writes.events[-1].due_at)
        assert "Di mana kejadiannya? Balas: desa/kelurahan, kecamatan, kab/kota." in told(writes)

    def test_in_danger_the_number_comes_first(self, desk: Desk, now: datetime, told: Told) -> None:
        """In the same SMS."""
        text = told(opened(desk, ROAD, now, asks_place=True, agency="TRIAGE", emergency="112"))
        assert text.index("112") < text.index("Di mana kejadiannya?")

    def test_the_answer_decides_anew(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, ids: Iterator[int]
    ) -> None:
        """Place, agency and text are the whole's; the question is closed."""
        waiting = dataclasses.replace(
            road, status="tunda", place=None, agency="TRIAGE", dispatch_id=None, text="jalan rusak parah banyak lubang"
        )
        said = "Lowokwaru kota Malang"
        whole = f"{waiting.text}\n{said}"
        writes = complete_place(desk, waiting, inbound(said, now), said, whole, now, Ids(ids, ids))
        assert [ClosedQuestion(5, now, "answered", "tempat")] == writes.closed
        given, *_, sent = writes.events
        assert ("place_given", "citizen", "diterima") == (given.kind, given.actor, given.status)
        assert ("35.73.05", "jalan-lokal", whole) == (given.sets["place"], given.sets["topic"], given.sets["text"])
        assert "PUPR-35.73" == sent.agency
        assert "teruskan ke Dinas PU Kota Malang" in told(writes)

    def test_no_answer(self, desk: Desk, road: Ticket, now: datetime, told: Told, ids: Iterator[int]) -> None:
        """A person takes it as it is; the citizen is told briefly."""
        waiting = dataclasses.replace(road, status="tunda", agency="TRIAGE", dispatch_id=None)
        writes = place_unknown(desk, waiting, now, Ids(ids, ids))
        assert ["expired"] == [closed.outcome for closed in writes.closed]
        assert ["TRIAGE"] == [dispatch.agency for dispatch in writes.dispatches]
        assert (STATUS, "diterima") == (writes.sms[0].priority, writes.sms[0].cause)
        told(writes)


class TestGoingOn:
    SAID = Said("Jalan rusak di Singosari", 5, "complaint", datetime.fromisoformat("2026-06-08T02:14:00Z"), told=True)

    def talk(self, road: Ticket, said: Said, *questions: Question) -> Talk:
        return Talk(Phone(77), [road], questions, [said])

    def go_on(self, desk: Desk, talk: Talk, seconds: int, text: str = "dan sudah dua orang jatuh") -> Writes | None:
        message = Inbound(32, 77, text, self.SAID.sent_at + timedelta(seconds=seconds))
        handled = go_on(desk, talk, message, text, message.sent_at, numbers())
        return handled and handled.writes

    def test_it_becomes_part_of_the_report(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Its text is the whole; the agency gets what is new."""
        writes = self.go_on(desk, self.talk(road, self.SAID), 60)
        assert writes is not None
        (event,) = writes.events
        assert ("citizen_added", None) == (event.kind, event.status)
        assert {"text": f"{road.text} dan sudah dua orang jatuh"} == event.sets
        assert [("tambahan", "dan sudah dua orang jatuh")] == [(m.kind, m.extra_text) for m in writes.mails]
        assert "tambahan untuk laporan" in told(writes)

    @pytest.mark.parametrize(
        ("seconds", "said", "ticket"),
        [
            (91, {}, {}),
            (-1, {}, {}),
            (60, {"outcome": "no"}, {}),
            (60, {"ticket_id": 6}, {}),
            (60, {}, {"status": "diarsipkan"}),
        ],
    )
    def test_what_does_not(
        self, desk: Desk, road: Ticket, seconds: int, said: dict[str, object], ticket: dict[str, object]
    ) -> None:
        """Too late, sent before, behind a BELUM, of a ticket that is not theirs, of one that is closed."""
        last = dataclasses.replace(self.SAID, **said)  # type: ignore[arg-type]
        talk = self.talk(dataclasses.replace(road, **ticket), last)  # type: ignore[arg-type]
        assert self.go_on(desk, talk, seconds) is None

    @pytest.mark.parametrize("outcome", ["add", "answer"])
    def test_the_rest_of_an_addition_is_one(self, desk: Desk, road: Ticket, outcome: str) -> None:
        """The agency gets it; the report itself stays as it was."""
        writes = self.go_on(desk, self.talk(road, dataclasses.replace(self.SAID, outcome=outcome)), 10)
        assert writes is not None
        assert ([{}], ["tambahan"]) == ([event.sets for event in writes.events], [mail.kind for mail in writes.mails])

    def test_names_stay_masked(self, desk: Desk, road: Ticket) -> None:
        """Of an anonymous report, in the rest too."""
        talk = self.talk(dataclasses.replace(road, anonymous=True), self.SAID)
        writes = self.go_on(desk, talk, 10, "dan nama saya Fulan")
        assert writes is not None
        assert "Fulan" not in str(writes.events[0].sets) + writes.mails[0].extra_text

    def test_nothing_was_said(self, desk: Desk, now: datetime) -> None:
        """A first text goes on from none."""
        assert self.go_on(desk, TALK, 10) is None


class TestRepeated:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("jln RUSAK di Singosari!!", True),
            ("Jalan rusak di Singosari 482 130 9764", True),
            ("jalan rusak parah di singosari", True),
            ("jalan rusak di Singosari, Malang", False),
            ("😷", False),
        ],
    )
    def test_spelling_and_codes_apart(self, desk: Desk, road: Ticket, now: datetime, text: str, found: bool) -> None:
        """Against what was sent, and against the report as it is."""
        said = Said("jalan rusak di Singosari", 5, "complaint", now, told=True)
        talk = Talk(Phone(77), [road], recent=[said])
        assert (road if found else None) == find_repeated(desk, talk, inbound(text, now), text)

    def test_texts_without_a_word(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Emoji are compared as they are."""
        talk = Talk(Phone(77), [road], recent=[Said("😷😷", 5, "complaint", now, told=True)])
        assert road == find_repeated(desk, talk, inbound("😷😷", now), "😷😷")
        assert find_repeated(desk, talk, inbound("😷", now), "😷") is None
