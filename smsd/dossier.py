"""All that is kept about one number, for whoever it belongs to (UU PDP 27/2022, articles 6, 7 and 32)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from parser.agency_mail import read_mail
from smsd.msisdn import canonical
from smsd.store.queries import PRIVACY
from smsd.store.seal import Seal
from smsd.writes import timeline


async def find_phone(connection: asyncpg.Connection, seal: Seal, number: str) -> int | None:
    """The phone with this number, whichever key has hashed it."""
    hashes = [key.hash(canonical(number).encode(), "phone") for key in seal.keys]
    row = await connection.fetchrow(PRIVACY["phone_of_hashes"], hashes)
    return row["id"] if row else None


async def dossier(connection: asyncpg.Connection, seal: Seal, phone_id: int) -> dict[str, Any]:
    """The data, and what was done with them, by whom; ready to be shown as JSON."""
    phone = dict(await connection.fetchrow(PRIVACY["phone_facts"], phone_id))
    sealed = phone.pop("address_sealed")
    tickets = [dict(row) for row in await connection.fetch(PRIVACY["tickets_of_phone"], phone_id)]
    for ticket in tickets:
        ticket["timeline"] = await timeline(connection, ticket.pop("id"))
    return {
        "number": seal.open(sealed, "phone").decode(),
        "phone": phone,
        "tickets": tickets,
        "sms_received": await _rows(connection, "messages_of_phone", phone_id),
        "sms_sent": await _rows(connection, "sms_of_phone", phone_id),
        "questions": await _rows(connection, "all_questions_of_phone", phone_id),
        "delivery_reports": await _rows(connection, "reports_of_phone", phone_id),
        "mails_sent": await _rows(connection, "mails_of_phone", phone_id),
        "mails_received": [_read(row) for row in await _rows(connection, "answers_of_phone", phone_id)],
        "recipients": await _rows(connection, "recipients_of_phone", phone_id),
        "requests": [
            {key: value for key, value in row.items() if key not in ("tickets", "late")}
            for row in await _rows(connection, "list_requests", True, phone_id)
        ],
    }


async def _rows(connection: asyncpg.Connection, statement: str, *values: object) -> list[dict[str, Any]]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(PRIVACY[statement], *values)
    return [dict(row) for row in rows]


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """An agency's mail with its words instead of its bytes; a mail that nobody could read has none."""
    raw, sender = row.pop("raw"), row.pop("envelope_sender")
    try:
        text = read_mail(raw, sender).answer if raw else None
    except Exception:  # noqa: BLE001  as in smsd/inbox.py: what failed in the daemon fails here too
        text = None
    return row | {"text": text}
