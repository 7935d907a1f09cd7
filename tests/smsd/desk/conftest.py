"""The desk with the shipped rules and words, without a database: values in, rows out."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.replies import Replies
from parser import gsm7, ticket_code
from routing.agencies import Directory
from routing.classify import Router
from routing.deadlines import Deadlines
from smsd.desk.rules import Desk, Ticket
from smsd.writes import Writes

NOW = datetime(2026, 6, 8, 2, 14, tzinfo=UTC)  # a Monday, 09.14 in Jakarta
CODE = "4821309764"
ROAD = Ticket(
    id=5,
    code=CODE,
    phone_id=77,
    status="terdisposisi",
    klass="pengaduan",
    topic="jalan-lokal",
    place="35.07.24",
    agency="PUPR-35.07",
    due_at=NOW,
    text="jalan rusak parah di Singosari",
    confidential=False,
    anonymous=False,
    message_id=30,
    opened_at=NOW,
    language="id",
    dispatch_id=21,
    declined=0,
    reopened=0,
    last_answer=None,
    answered_at=None,
)


@pytest.fixture(scope="session")
def desk(router: Router, replies: Replies) -> Desk:
    """Everything as shipped."""
    return Desk(router, replies, Deadlines(), ZoneInfo("Asia/Jakarta"), "1708.example", secrets.randbelow)


@pytest.fixture(scope="session")
def deaf(desk: Desk) -> Desk:
    """The same, but PLN and the PU of Malang have no mail address."""
    agencies = [
        dataclasses.replace(each, emails=()) if each.code in ("PLN", "PUPR-35.07") else each
        for each in desk.router.agencies
    ]
    directory = Directory(agencies, desk.router.topics.types.values(), desk.router.places.label)
    return dataclasses.replace(desk, router=dataclasses.replace(desk.router, agencies=directory))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def road() -> Ticket:
    """A ticket about a road, with the PU of Kabupaten Malang since just now."""
    return ROAD


@pytest.fixture
def ids() -> Iterator[int]:
    """Numbers for dispatches."""
    return itertools.count(900)


@pytest.fixture(scope="session")
def told() -> Callable[[Writes], str]:
    """The one SMS that these rows have, which must fit one SMS and, about a ticket, name it."""

    def text(writes: Writes) -> str:
        (sms,) = writes.sms
        assert (gsm7.septets(sms.text) or 999) <= 160
        if sms.ticket_id is not None:
            shown = [ticket_code.show(CODE), *(ticket_code.show(ticket.code) for ticket in writes.tickets)]
            assert any(code in sms.text for code in shown)
        return sms.text

    return text
