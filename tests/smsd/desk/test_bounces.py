"""A mailbox that does not take our mail."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from routing.agencies import Directory
from smsd.desk.bounces import FULL_RESTS, PASSING_MOST, Addressee, Fault, undelivered
from smsd.desk.rules import Desk, Ticket
from smsd.writes import Writes

FIRST, SECOND = "lapor@malangkab.example", "sekretariat@malangkab.example"
GONE = Fault("gone", "5.1.1", "user unknown")
FULL = Fault("passing", "5.2.2", "mailbox full")
TO = Addressee(21, "PUPR-35.07", FIRST, runs=True, copy=False, bounces=0)
Told = Callable[[Writes], str]


@pytest.fixture(scope="module")
def offices(desk: Desk) -> Callable[..., Desk]:
    """The desk, with these mailboxes at the PU of Malang."""

    def given(*emails: str) -> Desk:
        agencies = [
            dataclasses.replace(each, emails=emails) if each.code == "PUPR-35.07" else each
            for each in desk.router.agencies
        ]
        directory = Directory(agencies, desk.router.topics.types.values(), desk.router.places.label)
        return dataclasses.replace(desk, router=dataclasses.replace(desk.router, agencies=directory))

    return given


@pytest.mark.parametrize("fault", [GONE, FULL])
def test_the_next_address_is_tried(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int], fault: Fault
) -> None:
    """With a token of its own; the clock goes on, and the citizen is not bothered."""
    writes = undelivered(offices(FIRST, SECOND), road, TO, fault, now, ids)
    assert ["mail_bounced", "redirected"] == [event.kind for event in writes.events]
    assert {None} == {event.due_for for event in writes.events}
    assert [(900, SECOND, False)] == [(each.id, each.address, each.copy) for each in writes.dispatches]
    assert ([], [(900, "disposisi", None)]) == (writes.sms, [(m.dispatch_id, m.kind, m.due_at) for m in writes.mails])


@pytest.mark.parametrize(("fault", "until"), [(GONE, None), (FULL, FULL_RESTS)])
def test_the_contact_is_paused(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int], fault: Fault, until: timedelta | None
) -> None:
    """One that is gone until an operator says otherwise, a full one for two days."""
    (pause,) = undelivered(offices(FIRST), road, TO, fault, now, ids).pauses
    assert (FIRST, "PUPR-35.07", until and now + until) == (pause.address, pause.agency, pause.until)


def test_the_last_address_gone_is_a_matter_for_our_staff(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int], told: Told
) -> None:
    """The citizen hears that the mail did not arrive, and who sees to it."""
    writes = undelivered(offices(FIRST), road, TO, GONE, now, ids)
    assert [("TRIAGE", False)] == [(each.agency, each.copy) for each in writes.dispatches]
    assert "surel laporan 482 130 9764 tidak sampai ke Dinas PU Kab Malang" in told(writes)
    assert "Dinas Pekerjaan Umum" in " ".join(writes.events[1].data["reasons"])


def test_a_full_mailbox_is_tried_again(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int]
) -> None:
    """Where there is no other, in two days, by the same dispatch; the clock goes on."""
    writes = undelivered(offices(FIRST), road, TO, FULL, now, ids)
    assert [(21, "disposisi", now + FULL_RESTS)] == [(m.dispatch_id, m.kind, m.due_at) for m in writes.mails]
    assert ([], []) == (writes.dispatches, writes.sms)


def test_a_mailbox_that_stays_full_is_as_good_as_gone(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int]
) -> None:
    """After the third bounce in a row."""
    to = dataclasses.replace(TO, bounces=PASSING_MOST - 1)
    writes = undelivered(offices(FIRST), road, to, FULL, now, ids)
    assert (None, ["TRIAGE"]) == (writes.pauses[0].until, [each.agency for each in writes.dispatches])


def test_our_own_mailbox_is_tried_again_whatever_it_says(
    desk: Desk, road: Ticket, now: datetime, ids: Iterator[int]
) -> None:
    """There is nowhere else to go."""
    triage = desk.triage
    to = Addressee(21, triage.code, triage.emails[0], runs=True, copy=False, bounces=7)
    writes = undelivered(desk, dataclasses.replace(road, agency=triage.code), to, GONE, now, ids)
    assert [now + FULL_RESTS] == [mail.due_at for mail in writes.mails]


@pytest.mark.parametrize("changes", [{"copy": True}, {"runs": False}])
def test_what_was_only_a_copy_or_is_over_is_noted(
    offices: Callable[..., Desk], road: Ticket, now: datetime, ids: Iterator[int], changes: dict[str, bool]
) -> None:
    """The mailbox is paused all the same."""
    to = dataclasses.replace(TO, **changes)  # type: ignore[arg-type]
    writes = undelivered(offices(FIRST, SECOND), road, to, GONE, now, ids)
    assert (["mail_bounced"], 1) == ([event.kind for event in writes.events], len(writes.pauses))
    assert ([], [], []) == (writes.dispatches, writes.mails, writes.sms)
