"""What a citizen's SMS does, with the shipped data."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.replies import STATUS_WORDS
from parser import ticket_code
from parser.sms import Add, Cancel, Complaint, Help, Slip, Status, read_sms
from smsd.desk.citizen import answer, open_ticket
from smsd.desk.rules import ANSWER, Desk, Inbound, Ticket
from smsd.writes import Event, Writes

Told = Callable[[Writes], str]
OTHER_CODE = "2000000003"
ROAD = "jalan rusak parah di kecamatan Singosari kabupaten Malang"


def inbound(text: str) -> Inbound:
    return Inbound(31, 77, text)


def opened(desk: Desk, text: str, now: datetime) -> Writes:
    """A complaint, as the loop hands it over."""
    decision = desk.router.classify(text)
    return open_ticket(desk, inbound(text), decision, now, itertools.count(5), itertools.count(900))


def day(moment: datetime | None) -> str | None:
    """The local day, to compare deadlines by."""
    return moment and moment.astimezone(timezone(timedelta(hours=7))).strftime("%d/%m %H:%M")


class TestComplaint:
    def test_it_goes_to_the_competent_agency(self, desk: Desk, now: datetime, told: Told) -> None:
        """Ticket, three events, one dispatch, one mail, one SMS."""
        writes = opened(desk, ROAD, now)
        (ticket,), (dispatch,), (mail,) = writes.tickets, writes.dispatches, writes.mails
        assert (5, 77, 31, ROAD, "pengaduan", "jalan-lokal", "35.07.24", False) == (
            *(ticket.id, ticket.phone_id, ticket.message_id, ticket.text),
            *(ticket.klass, ticket.topic, ticket.place, ticket.confidential),
        )
        assert ticket_code.check(ticket.code)
        assert "diteruskan ke Dinas PU Kab Malang" == ticket.reasons[-1]
        assert [
            ("opened", "citizen", "diterima", None, "verify", "11/06 23:59"),
            ("verified", "gateway", "terverifikasi", None, None, None),
            ("dispatched", "gateway", "terdisposisi", "PUPR-35.07", "first_follow_up", "15/06 23:59"),
        ] == [(e.kind, e.actor, e.status, e.agency, e.due_for, day(e.due_at)) for e in writes.events]
        assert {"dispatch": 900, "reasons": ticket.reasons} == writes.events[-1].data
        assert (900, 5, "PUPR-35.07", "pupr@malangkab.example") == (
            *(dispatch.id, dispatch.ticket_id, dispatch.agency, dispatch.address),
        )
        assert (900, "disposisi", "") == (mail.dispatch_id, mail.kind, mail.extra_text)
        assert (
            f"LAPOR 1708: laporan Anda no {ticket_code.show(ticket.code)} kami terima dan teruskan ke "
            "Dinas PU Kab Malang. Batas jawab Sen 15/6. Cek: ketik STATUS. Nomor Anda rahasia."
        ) == told(writes)
        assert ("diteruskan", ANSWER, 5) == (writes.sms[0].cause, writes.sms[0].priority, writes.sms[0].ticket_id)

    def test_what_nobody_is_found_for_goes_to_triage(self, desk: Desk, now: datetime, told: Told) -> None:
        """The status stays, the deadline to verify runs, a person gets the mail."""
        writes = opened(desk, "halo", now)
        assert [
            ("opened", "diterima", None, "verify", "11/06 23:59"),
            ("dispatched", None, "TRIAGE", "verify", "11/06 23:59"),
        ] == [(e.kind, e.status, e.agency, e.due_for, day(e.due_at)) for e in writes.events]
        assert ["lapor@triage.example"] == [d.address for d in writes.dispatches]
        assert ["disposisi"] == [mail.kind for mail in writes.mails]
        assert "Petugas mencari instansi yang tepat, maks 3 hari kerja" in told(writes)

    def test_an_agency_without_address_is_no_dead_end(self, deaf: Desk, desk: Desk, now: datetime, told: Told) -> None:
        """Triage gets it, even where the decision was made before the address went; the reason is kept."""
        decision = desk.router.classify("listrik padam")
        assert "PLN" == decision.agency
        writes = open_ticket(deaf, inbound("x"), decision, now, itertools.count(5), itertools.count(900))
        reason = "PT PLN belum punya alamat surel, jadi petugas kami yang meneruskan"
        assert ("TRIAGE", reason) == (writes.dispatches[0].agency, writes.tickets[0].reasons[-1])
        assert reason in writes.events[-1].data["reasons"]
        assert "diterima" == writes.sms[0].cause
        assert "maks 3 hari kerja" in told(writes)

    def test_an_emergency_gets_the_number_to_call(self, desk: Desk, now: datetime, told: Told) -> None:
        """First of all; the report is forwarded all the same."""
        writes = opened(desk, "ada kebakaran di rumah warga kepanjen malang tolong", now)
        assert "bukan layanan darurat. Jika ada bahaya sekarang, telepon 113." in told(writes)
        assert "DAMKAR-35.07" == writes.dispatches[0].agency

    def test_a_confidential_report_is_marked(self, desk: Desk, now: datetime) -> None:
        """So that the mail says so."""
        assert opened(desk, "guru minta uang pungli di sekolah sd kota malang", now).tickets[0].confidential

    def test_numbers_do_not_reach_the_agency_in_reasons(self, desk: Desk, now: datetime) -> None:
        """Invariant 7: whatever a reason quotes."""
        reasons = ["hubungi 081234567890"]
        writes = desk.dispatch(5, desk.triage, now, "gateway", 900, reasons)
        assert ["hubungi [nomor disamarkan]"] == writes.events[0].data["reasons"]

    @given(text=st.text(max_size=400))
    def test_every_text_gets_an_answer_that_fits(self, desk: Desk, told: Told, text: str) -> None:
        """And exactly one ticket, one dispatch and one mail."""
        writes = opened(desk, text, datetime.fromisoformat("2026-12-31T20:00:00+00:00"))
        told(writes)
        assert (1, 1, 1) == (len(writes.tickets), len(writes.dispatches), len(writes.mails))

    def test_every_agency_and_topic_fits(self, desk: Desk, road: Ticket, told: Told) -> None:
        """Whichever names come together, on the longest date."""
        long_day = datetime.fromisoformat("2026-12-23T02:00:00+00:00")
        for agency in desk.router.agencies:
            told(desk.say_about(road, "pindah", 1, agency=agency, due=long_day))
        for topic in desk.router.topics.topics:
            told(desk.say_about(dataclasses.replace(road, topic=topic, due_at=long_day), "status_satu", 0))


class TestHelp:
    @pytest.mark.parametrize("text", ["BANTUAN", "help", "?", f"TAMBAH {ticket_code.show('4821309764')}"])
    def test_it_explains(self, desk: Desk, now: datetime, told: Told, text: str) -> None:
        """And changes nothing."""
        writes = answer(desk, inbound(text), read_sms(text), [], now)
        assert "Perintah: STATUS, TAMBAH, BATAL." in told(writes)
        assert Writes(sms=writes.sms) == writes
        assert (None, "bantuan", ANSWER) == (writes.sms[0].ticket_id, writes.sms[0].cause, writes.sms[0].priority)

    def test_a_complaint_is_no_command(self, desk: Desk, now: datetime) -> None:
        """Whoever hands one over has a bug."""
        with pytest.raises(ValueError, match=r"open_ticket\(\) takes it"):
            answer(desk, inbound("x"), Complaint("x"), [], now)

    @given(typed=st.from_regex(r"[1-9][0-9 .\-#]{7,3000}", fullmatch=True))
    def test_a_slip_is_told_as_it_was_typed(self, desk: Desk, told: Told, typed: str) -> None:
        """Cut, if somebody leans on a key."""
        writes = answer(desk, inbound("x"), Slip("STATUS", typed), [], datetime.fromisoformat("2026-06-08T02:14Z"))
        assert "mungkin salah ketik" in told(writes)


class TestStatus:
    def ask(self, desk: Desk, tickets: list[Ticket], now: datetime, text: str = "STATUS") -> Writes:
        return answer(desk, inbound(text), read_sms(text), tickets, now)

    def some(self, road: Ticket, count: int) -> list[Ticket]:
        """So many tickets of one phone, newest first."""
        codes = [ticket_code.new_code(lambda _, n=n: n) for n in range(count)]
        return [dataclasses.replace(road, id=n, code=code) for n, code in enumerate(codes)]

    def test_of_nothing(self, desk: Desk, now: datetime, told: Told) -> None:
        """How to report is what the citizen must know."""
        assert "belum ada laporan dari nomor ini" in told(self.ask(desk, [], now))

    def test_of_one(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """What, how far, who, and until when."""
        assert (
            "LAPOR 1708: laporan 482 130 9764 (Jalan dan jembatan) sudah diteruskan, di Dinas PU Kab Malang. "
            "Batas berikut: Sen 8/6."
        ) == told(self.ask(desk, [road], now))

    def test_of_one_without_deadline(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """No date is made up; a topic that was taken out of the data is a general one."""
        closed = dataclasses.replace(road, status="selesai", due_at=None, topic="sapi-lepas")
        assert "LAPOR 1708: laporan 482 130 9764 (umum) selesai, di Dinas PU Kab Malang." == told(
            self.ask(desk, [closed], now)
        )

    def test_of_an_agency_that_is_gone(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Its code is shown, however long it was."""
        gone = dataclasses.replace(road, agency="BADAN-YANG-SUDAH-LAMA-DIBUBARKAN-35.07")
        assert "di BADAN-YANG-SUDAH-LAMA... Batas" in told(self.ask(desk, [gone], now)).replace("....", "...")

    @pytest.mark.parametrize("status", STATUS_WORDS)
    def test_every_status_has_its_words(self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str) -> None:
        """As a sentence."""
        text = told(self.ask(desk, [dataclasses.replace(road, status=status)], now))
        assert f") {desk.replies.status[status]}, di " in text

    @pytest.mark.parametrize("text", ["STATUS", "STATUS 9", "status 6"])
    def test_of_several(self, desk: Desk, road: Ticket, now: datetime, told: Told, text: str) -> None:
        """The newest three, whole codes; a number beyond the list gives the list, not `belum ada laporan`."""
        tickets = self.some(road, 5)
        longest = max(desk.replies.status, key=lambda word: len(desk.replies.status[word]))
        tickets = [dataclasses.replace(ticket, status=longest) for ticket in tickets]
        writes = self.ask(desk, tickets, now, text)
        shown = [ticket_code.show(ticket.code) in told(writes) for ticket in tickets]
        assert [True, True, True, False, False] == shown
        assert "..." not in writes.sms[0].text

    def test_of_two(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """In a list."""
        text = told(self.ask(desk, self.some(road, 2), now))
        assert "LAPOR 1708: 200 000 0003 sudah diteruskan. 311 111 1113 sudah diteruskan. Rincian: STATUS lalu " in text

    def test_of_the_second_in_the_list(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """By its place, the newest being the first."""
        tickets = self.some(road, 5)
        assert [1] == [sms.ticket_id for sms in self.ask(desk, tickets, now, "STATUS 2").sms]
        assert [4] == [sms.ticket_id for sms in self.ask(desk, tickets, now, "STATUS 5").sms]

    @pytest.mark.parametrize("text", ["STATUS {}", "{}", "TAMBAH {} lubangnya dua", "BATAL {}"])
    def test_a_ticket_of_another_phone_does_not_exist(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, text: str
    ) -> None:
        """One answer for a code that is not there and one that is not theirs."""
        writes = self.ask(desk, [road], now, text.format(OTHER_CODE))
        assert "laporan 200 000 0003 tidak ada pada nomor HP ini" in told(writes)
        assert Writes(sms=writes.sms) == writes
        assert writes == self.ask(desk, [], now, text.format(OTHER_CODE))

    def test_by_code(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Whichever place it has in the list."""
        tickets = [*self.some(road, 4), road]
        writes = answer(desk, inbound("x"), Status(road.code), tickets, now)
        assert "laporan 482 130 9764" in told(writes)
        assert [] == writes.events


class TestAdd:
    def add(self, desk: Desk, ticket: Ticket, now: datetime, text: str = "lubangnya dua") -> Writes:
        return answer(desk, inbound("x"), Add(ticket.code, text), [ticket], now)

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
        """`Belum beres? Balas TAMBAH`: the agency has to answer again, in time."""
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
        assert "hubungi [nomor disamarkan]" == writes.mails[0].extra_text
        assert "hubungi 081234567890" == writes.events[0].data["text"]

    def test_a_ticket_that_is_nowhere_sends_no_mail(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The words are kept all the same."""
        writes = self.add(desk, dataclasses.replace(road, dispatch_id=None), now)
        assert ([], 1) == (writes.mails, len(writes.events))


class TestCancel:
    def cancel(self, desk: Desk, ticket: Ticket, now: datetime) -> Writes:
        return answer(desk, inbound("x"), Cancel(ticket.code), [ticket], now)

    def test_it_closes_the_ticket(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """No deadline runs any more; the agency is told, and the citizen."""
        writes = self.cancel(desk, road, now)
        data = {"reason": "dibatalkan pelapor", "message": 31}
        assert [Event(5, now, "cancelled", "citizen", "diarsipkan", due_for="none", data=data)] == writes.events
        assert [(21, "dibatalkan", "")] == [(m.dispatch_id, m.kind, m.extra_text) for m in writes.mails]
        assert "kami batalkan sesuai permintaan Anda" in told(writes)

    @pytest.mark.parametrize("status", ["selesai", "diarsipkan"])
    def test_twice_is_once(self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str) -> None:
        """A closed ticket stays as it is, and the citizen hears so."""
        writes = self.cancel(desk, dataclasses.replace(road, status=status), now)
        assert "laporan 482 130 9764 sudah ditutup" in told(writes)
        assert Writes(sms=writes.sms) == writes


class TestChanges:
    @pytest.mark.parametrize("status", STATUS_WORDS)
    @pytest.mark.parametrize("intent", [Status("4821309764"), Add("4821309764", "x"), Cancel("4821309764")])
    def test_every_change_tells_the_citizen(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str, intent: Status | Add | Cancel
    ) -> None:
        """One SMS to the phone that wrote, about the ticket, from every status."""
        writes = answer(desk, inbound("x"), intent, [dataclasses.replace(road, status=status)], now)
        told(writes)
        assert [(77, 5)] == [(sms.phone_id, sms.ticket_id) for sms in writes.sms]

    def test_help_has_no_ticket(self, desk: Desk, now: datetime, told: Told) -> None:
        """Nor an event."""
        assert "BATAL" in told(answer(desk, inbound("?"), Help(), [], now))
