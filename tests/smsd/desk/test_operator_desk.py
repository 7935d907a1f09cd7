"""What a person of our own does to a ticket, with the shipped data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from config.replies import STATUS_WORDS
from smsd.desk.operator import assign, note, set_status
from smsd.desk.rules import STATUS, Desk, Ticket
from smsd.writes import Event, Writes

Told = Callable[[Writes], str]


class TestAssign:
    def test_the_agency_gets_the_mail_and_the_citizen_an_sms(
        self, desk: Desk, road: Ticket, now: datetime, told: Told, ids: Iterator[int]
    ) -> None:
        """The date that the citizen is told is the one that runs."""
        dishub = desk.router.agencies.get("DISHUB-35.07")
        writes = assign(desk, road, dishub, "lampu lalu lintas", "operator:ani", now, ids)
        (event,) = writes.events
        assert ("dispatched", "operator:ani", "terdisposisi", "DISHUB-35.07", "first_follow_up") == (
            *(event.kind, event.actor, event.status, event.agency, event.due_for),
        )
        assert {"dispatch": 900, "reasons": ["lampu lalu lintas"]} == event.data
        assert [("dishub@malangkab.example", "disposisi")] == [
            (d.address, m.kind) for d, m in zip(writes.dispatches, writes.mails, strict=True)
        ]
        assert "laporan 482 130 9764 kini ditangani Dishub Kab Malang. Batas jawab Sen 15/6." in told(writes)
        assert STATUS == writes.sms[0].priority

    def test_to_triage(self, desk: Desk, road: Ticket, now: datetime, told: Told, ids: Iterator[int]) -> None:
        """The deadline to verify runs, and is told."""
        writes = assign(desk, road, desk.triage, "", "operator:ani", now, ids)
        (event,) = writes.events
        assert ("TRIAGE", None, "verify", []) == (event.agency, event.status, event.due_for, event.data["reasons"])
        assert "kini ditangani Petugas 1708. Batas jawab Kam 11/6." in told(writes)

    def test_an_agency_without_address_is_refused(
        self, deaf: Desk, road: Ticket, now: datetime, ids: Iterator[int]
    ) -> None:
        """With the cure."""
        with pytest.raises(ValueError, match=r"PLN has no mail address; give it one in agencies.csv, or assign TRIAGE"):
            assign(deaf, road, deaf.router.agencies.get("PLN"), "", "operator:ani", now, ids)

    def test_a_number_in_the_reason_stays_inside(
        self, desk: Desk, road: Ticket, now: datetime, ids: Iterator[int]
    ) -> None:
        """The agency reads it."""
        writes = assign(desk, road, desk.triage, "telepon 081234567890", "operator:ani", now, ids)
        assert ["telepon [nomor disamarkan]"] == writes.events[0].data["reasons"]


class TestSetStatus:
    @pytest.mark.parametrize("status", STATUS_WORDS)
    def test_the_citizen_is_told(self, desk: Desk, road: Ticket, now: datetime, told: Told, status: str) -> None:
        """Every status, with the note; a closed ticket has no deadline."""
        writes = set_status(desk, road, status, "hubungi 081234567890 atau datang", "operator:ani", now)
        ends = "none" if status in ("selesai", "diarsipkan") else None
        data = {"text": "hubungi 081234567890 atau datang"}
        assert [Event(5, now, "status_set", "operator:ani", status, due_for=ends, data=data)] == writes.events
        words = desk.replies.status[status]
        assert f"LAPOR 1708: laporan 482 130 9764 {words}. hubungi [nomor disamarkan] atau datang." == told(writes)

    def test_without_a_note(self, desk: Desk, road: Ticket, now: datetime, told: Told) -> None:
        """The sentence ends."""
        assert told(set_status(desk, road, "selesai", "", "operator:ani", now)).endswith("482 130 9764 selesai.")


class TestNote:
    def test_nobody_is_told(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """A remark for colleagues."""
        writes = note(desk, road, "sudah ditelepon", "operator:ani", now)
        assert Writes(events=[Event(5, now, "noted", "operator:ani", data={"text": "sudah ditelepon"})]) == writes


class TestDesk:
    def test_days_have_their_names(self, desk: Desk) -> None:
        """In the local zone: 18.00 in London is the next day in Jakarta."""
        days = [desk.day(datetime.fromisoformat(f"2026-06-{n:02}T18:00:00+00:00"), desk.zone) for n in range(7, 14)]
        assert ["Sen 8/6", "Sel 9/6", "Rab 10/6", "Kam 11/6", "Jum 12/6", "Sab 13/6", "Min 14/6"] == days

    def test_a_mailbox_of_an_unknown_code_is_triage(self, desk: Desk) -> None:
        """As after an agency was taken out of the file."""
        box = desk.mailbox("BADAN-LAMA")
        assert ("TRIAGE", ["BADAN-LAMA tidak ada lagi dalam daftar instansi"]) == (box.agency.code, box.reasons)

    def test_a_closed_ticket_keeps_its_agency(self, desk: Desk, road: Ticket, now: datetime) -> None:
        """A status says nothing about who has it."""
        assert (
            set_status(desk, dataclasses.replace(road, agency="PLN"), "selesai", "", "x", now).events[0].agency is None
        )
