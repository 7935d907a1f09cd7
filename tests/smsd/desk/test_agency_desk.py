"""What the first line of an agency's mail does, with the shipped data."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_mail import Accept, Ask, Done, FreeText, NeedsExplanation, NotOurs, Process, Verb, read_verb
from smsd.desk.agency import agency_answer, help_mail
from smsd.desk.rules import STATUS, Desk, Ticket
from smsd.writes import ClosedQuestion, NewQuestion, Writes

Told = Callable[[Writes], str]
Facts = tuple[object, ...]


def answered(desk: Desk, ticket: Ticket, verb: Verb, now: datetime) -> Writes:
    return agency_answer(desk, ticket, verb, now, 44, itertools.count(900))


def facts(writes: Writes) -> list[Facts]:
    """What the events do: kind, status, agency, which deadline, until when in Jakarta."""
    jakarta = timezone(timedelta(hours=7))
    return [
        (e.kind, e.status, e.agency, e.due_for, e.due_at and e.due_at.astimezone(jakarta).strftime("%d/%m %H:%M"))
        for e in writes.events
    ]


class TestTakingUp:
    def test_terima(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """The deadline to finish begins: 14 working days for a complaint."""
        writes = answered(desk, road, Accept(), now)
        assert [("agency_accepted", "ditindaklanjuti", None, "finish", "29/06 23:59")] == facts(writes)
        assert ("agency:PUPR-35.07", {"mail": 44}) == (writes.events[0].actor, writes.events[0].data)
        assert (
            "LAPOR 1708: Dinas PU Kab Malang menerima laporan 482 130 9764 dan akan menanganinya. "
            "Batas selesai: Sen 29/6."
        ) == told(writes)
        assert (STATUS, [], []) == (writes.sms[0].priority, writes.mails, writes.dispatches)

    @pytest.mark.parametrize(("klass", "until"), [("informasi", "15/06 23:59"), ("pengawasan", "03/09 23:59")])
    def test_the_class_decides_how_long(self, desk: Desk, road: Ticket, now: datetime, klass: str, until: str) -> None:
        """5 working days for information, 60 for supervision; Indonesia's holidays are none."""
        assert until == facts(answered(desk, dataclasses.replace(road, klass=klass), Accept(), now))[0][4]

    @pytest.mark.parametrize(("note", "end"), [("", "."), ("petugas hari Rabu", ". petugas hari Rabu.")])
    def test_proses(self, desk: Desk, road: Ticket, now: datetime, told: Told, note: str, end: str) -> None:
        """With or without a note."""
        writes = answered(desk, road, Process(note), now)
        assert [("agency_in_progress", "ditindaklanjuti", None, "finish", "29/06 23:59")] == facts(writes)
        assert f"LAPOR 1708: Dinas PU Kab Malang sedang menangani laporan 482 130 9764{end}" == told(writes)
        assert ({"mail": 44, "text": note} if note else {"mail": 44}) == writes.events[0].data

    @pytest.mark.parametrize("verb", [Accept(), Process("masih")])
    def test_the_deadline_to_finish_cannot_be_put_off(
        self, desk: Desk, road: Ticket, now: datetime, verb: Verb
    ) -> None:
        """Saying so once more, a week later, does not give another 14 days."""
        finish = answered(desk, road, Accept(), now).events[0].due_at
        taken = dataclasses.replace(road, status="ditindaklanjuti", due_at=finish, due_for="finish")
        (event,) = answered(desk, taken, verb, now + timedelta(days=7)).events
        assert ("finish", finish) == (event.due_for, event.due_at)


class TestDoneAndAsked:
    def test_selesai(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """No deadline runs; the citizen reads what was done, and how to object."""
        writes = answered(desk, road, Done("Sudah ditambal tadi pagi."), now)
        assert [("agency_done", "selesai", None, "none", None)] == facts(writes)
        assert (
            "LAPOR 1708: Dinas PU Kab Malang menjawab laporan 482 130 9764: Sudah ditambal tadi pagi. "
            "Sudah beres? Balas YA atau BELUM."
        ) == told(writes)
        assert [NewQuestion(77, 5, "beres", now, desk.listen_until(road, now))] == writes.questions

    def test_tanya(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """The citizen's deadline begins: 10 working days to answer."""
        writes = answered(desk, road, Ask("Di dekat apa?"), now)
        assert [("agency_asked", "tunda", None, "reply", "23/06 23:59")] == facts(writes)
        assert "bertanya soal laporan 482 130 9764: Di dekat apa? Balas SMS ini dengan jawaban Anda." in told(writes)
        assert [NewQuestion(77, 5, "jawaban", now, desk.listen_until(road, now))] == writes.questions
        assert [ClosedQuestion(5, now, "overtaken")] == writes.closed

    @pytest.mark.parametrize("verb", [Done, Ask, Process])
    def test_the_citizens_numbers_are_not_sent_back(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, verb: Callable[[str], Verb]
    ) -> None:
        """What the agency wrote stays in the event."""
        writes = answered(desk, road, verb("NIK 3507011234560001 benar?"), now)
        assert "NIK [nomor disamarkan] benar?" in told(writes)
        assert "NIK 3507011234560001 benar?" == writes.events[0].data["text"]

    def test_a_long_explanation_is_cut_at_a_word(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """How to read the rest is told, and how to object."""
        text = told(answered(desk, road, Done("Sudah kami perbaiki bersama warga. " * 100), now))
        assert (
            "Sudah kami perbaiki bersama warga. Sudah kami..(ketik LENGKAP) Sudah beres? Balas YA atau BELUM." in text
        )


class TestNotOurs:
    @pytest.mark.parametrize("named", ["Dishub kabupaten Malang", "DISHUB-35.07", "dinas perhubungan kab malang"])
    def test_to_the_agency_that_was_named(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, named: str
    ) -> None:
        """It gets the mail with the reason, and a deadline; the citizen hears of both agencies."""
        writes = answered(desk, road, NotOurs(named), now)
        assert [
            ("agency_declined", "bukan_wewenang", None, None, None),
            ("dispatched", "terdisposisi", "DISHUB-35.07", "first_follow_up", "15/06 23:59"),
        ] == facts(writes)
        reason = f"Dinas PU Kab Malang: bukan wewenang kami, wewenang {named}"
        assert {"dispatch": 900, "reasons": [reason]} == writes.events[1].data
        assert [(900, "dishub@malangkab.example")] == [(d.id, d.address) for d in writes.dispatches]
        assert [(900, "disposisi")] == [(m.dispatch_id, m.kind) for m in writes.mails]
        assert (
            "LAPOR 1708: laporan 482 130 9764 bukan wewenang Dinas PU Kab Malang. Kami teruskan ke "
            "Dishub Kab Malang. Batas jawab Sen 15/6."
        ) == told(writes)

    @pytest.mark.parametrize("named", ["", "Dinas Antah Berantah", "Dinas PU", "Dinas PU Kab Malang", "PUPR-35.07"])
    def test_to_nobody_who_is_known(self, desk: Desk, road: Ticket, now: datetime, told: Told, named: str) -> None:
        """No name, an unknown one, one of many, or its own: a person decides, with the deadline to verify."""
        writes = answered(desk, road, NotOurs(named), now)
        assert [
            ("agency_declined", "bukan_wewenang", None, None, None),
            ("dispatched", None, "TRIAGE", "verify", "11/06 23:59"),
        ] == facts(writes)
        assert {"mail": 44, "named": named} == writes.events[0].data
        assert [f"Dinas PU Kab Malang: bukan wewenang kami, wewenang {named or 'instansi lain'}"] == (
            writes.events[1].data["reasons"]
        )
        assert "bukan wewenang Dinas PU Kab Malang. Petugas kami mencari instansi yang tepat, maks 3 hari" in told(
            writes
        )

    def test_to_one_without_an_address(self, deaf: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Triage is told who was meant, and why it did not get it."""
        ticket = dataclasses.replace(road, agency="DISHUB-35.07")
        writes = answered(deaf, ticket, NotOurs("PLN"), now)
        assert ["TRIAGE"] == [d.agency for d in writes.dispatches]
        assert [
            "Dishub Kab Malang: bukan wewenang kami, wewenang PLN",
            "PT PLN belum punya alamat surel, jadi petugas kami yang meneruskan",
        ] == writes.events[1].data["reasons"]
        assert "kembali" == writes.sms[0].cause
        told(writes)

    def test_to_the_triage_desk_by_name(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """As good as no name."""
        assert "kembali" == answered(desk, road, NotOurs("Petugas 1708"), now).sms[0].cause

    def test_triage_forwards_by_naming_an_agency(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """It is an agency too, and works by mail as all do."""
        writes = answered(desk, dataclasses.replace(road, agency="TRIAGE"), NotOurs("PLN"), now)
        assert ["PLN"] == [d.agency for d in writes.dispatches]
        assert "laporan 482 130 9764 kini ditangani PLN." in told(writes)
        assert writes.events[0].data["by_triage"]

    @pytest.mark.parametrize("named", ["", "Dinas Antah Berantah", "TRIAGE", "hubungi 081234567890"])
    def test_triage_cannot_send_it_to_itself(self, desk: Desk, road: Ticket, now: datetime, named: str) -> None:
        """Nothing changes, the citizen hears nothing; the desk is shown how to answer."""
        writes = answered(desk, dataclasses.replace(road, agency="TRIAGE", status="diterima"), NotOurs(named), now)
        assert [("agency_declined", None, None, None, None)] == facts(writes)
        assert ([], []) == (writes.sms, writes.dispatches)
        (mail,) = writes.mails
        shown = named.replace("081234567890", "[nomor disamarkan]")
        assert (21, "bantuan", f"BUKAN WEWENANG {shown}".rstrip()) == (mail.dispatch_id, mail.kind, mail.extra_text)

    def test_numbers_in_the_name_stay_inside(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """The next agency reads the reason."""
        writes = answered(desk, road, NotOurs("pak Budi 081234567890"), now)
        assert "081234567890" not in str(writes.events[1].data)

    def test_an_agency_that_is_gone_can_still_decline(
        self, desk: Desk, road: Ticket, now: datetime, told: Told
    ) -> None:
        """Its code stands for it."""
        gone = dataclasses.replace(road, agency="BADAN-LAMA")
        assert "bukan wewenang BADAN-LAMA. Kami teruskan ke PLN." in told(answered(desk, gone, NotOurs("PLN"), now))


class TestConfidential:
    @pytest.mark.parametrize(
        ("verb", "told_instead"),
        [
            (Accept(), "instansi terkait menerima laporan 482 130 9764"),
            (Done("Kades sudah diperiksa"), "menjawab laporan 482 130 9764: isinya: ketik LENGKAP. Sudah beres?"),
            (Ask("Kades yang mana?"), "bertanya soal laporan 482 130 9764: isinya: ketik LENGKAP. Balas SMS ini"),
            (NotOurs("Dishub"), "bukan wewenang instansi sebelumnya. Kami teruskan ke instansi terkait."),
        ],
    )
    def test_phones_are_shared(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, verb: Verb, told_instead: str
    ) -> None:
        """No SMS tells topic, agency or answer of a confidential report."""
        text = told(answered(desk, dataclasses.replace(road, confidential=True), verb, now))
        assert told_instead in text
        assert [] == [word for word in ("Dinas", "PLN", "Kades", "Jalan") if word in text]

    def test_the_second_to_decline_is_the_last(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """Whomever it names: a person decides, and reads why."""
        writes = answered(desk, dataclasses.replace(road, declined=1), NotOurs("PLN"), now)
        assert "TRIAGE" == writes.dispatches[0].agency
        assert "2 instansi menyatakan bukan wewenangnya, mohon petugas memutuskan" in writes.events[1].data["reasons"]
        assert "Petugas kami mencari instansi yang tepat" in told(writes)


class TestOthers:
    @pytest.mark.parametrize("verb", [FreeText(), NeedsExplanation("SELESAI")])
    def test_what_is_no_verb_changes_no_ticket(self, desk: Desk, road: Ticket, now: datetime, verb: Verb) -> None:
        """Whoever hands one over has a bug."""
        with pytest.raises(ValueError, match="changes no ticket; an operator reads it"):
            answered(desk, road, verb, now)

    def test_help_is_one_mail(self, desk: Desk, road: Ticket) -> None:
        """And nothing else."""
        writes = help_mail(desk, road, "SELESAI")
        assert [(21, "bantuan", "SELESAI")] == [(m.dispatch_id, m.kind, m.extra_text) for m in writes.mails]
        assert Writes(mails=writes.mails) == writes

    def test_every_message_id_is_its_own(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """Under our domain."""
        ids = [mail.message_id for _ in range(20) for mail in help_mail(desk, road, "x").mails]
        assert 20 == len(set(ids))
        assert all(each.endswith("@1708.example>") for each in ids)


LONG_WORDS = st.lists(st.text(min_size=1, max_size=300), max_size=40).map(" ".join)
ANSWERS = st.builds(
    "{}{} {}".format,
    st.sampled_from(
        ["TERIMA", "PROSES", "SELESAI", "TANYA", "BUKAN WEWENANG", "selesai:", "Tanya -", "Bukan wewenang:"]
    ),
    st.sampled_from(["", ".", ",", " PLN"]),
    st.one_of(
        st.text(max_size=500), LONG_WORDS, st.sampled_from(["€" * 300, "{note…}", "\\{code}", "ẞ" * 200, "a" * 9999])
    ),
)


@given(text=ANSWERS)
def test_whatever_an_agency_writes_fits_one_sms(desk: Desk, road: Ticket, told: Told, text: str) -> None:
    """Every change of status is told in one SMS of at most 160 septets, with the code in it."""
    verb = read_verb(text, date(2026, 6, 9))
    if isinstance(verb, FreeText | NeedsExplanation):
        return
    writes = answered(desk, road, verb, datetime.fromisoformat("2026-12-23T02:00:00+00:00"))
    told(writes)
    assert [(77, 5)] == [(sms.phone_id, sms.ticket_id) for sms in writes.sms]
    assert any(event.status for event in writes.events)
