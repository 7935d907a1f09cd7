"""What operators do with commands is told by the daemon, which hears of it from the database when it is committed.

A command does not write to the journal itself: journald would keep its command line (_CMDLINE), and there a note or a
number may stand.
"""

from __future__ import annotations

import json

import asyncpg
import structlog

from smsd.store.queries import SQL

log = structlog.get_logger()

CHANNEL = "smsd_told"


async def tell_changed(
    connection: asyncpg.Connection, ticket: str, operator: str, change: str, agency: str | None, status: str | None
) -> None:
    """An operator's change of a ticket, in the transaction that makes it; `change` is the kind of its event."""
    facts = {"ticket": ticket, "operator": _name(operator), "change": change, "agency": agency, "status": status}
    await connection.execute(SQL["tell"], json.dumps({"changed": facts}))


async def tell_decided(
    connection: asyncpg.Connection,
    inbound_mail: int,
    operator: str,
    decision: str,
    ticket: str | None,
    agency: str | None,
) -> None:
    """What an operator decided about a mail, likewise."""
    facts = {"inbound_mail": inbound_mail, "operator": _name(operator), "decision": decision}
    await connection.execute(SQL["tell"], json.dumps({"decided": facts | {"ticket": ticket, "agency": agency}}))


def _name(operator: str) -> str:
    return operator.removeprefix("operator:")


def hear(payload: str) -> None:
    """In the daemon: logs what was told."""
    match json.loads(payload):
        case {"changed": {"ticket": ticket, "operator": who, "change": change, "agency": agency, "status": status}}:
            log.info("ticket.changed", ticket=ticket, agency=agency, operator=who, change=change, status=status)
        case {"decided": {"inbound_mail": mail, "operator": who, "decision": what, "ticket": ticket, "agency": agency}}:
            log.info("mail.decided", ticket=ticket, agency=agency, inbound_mail=mail, operator=who, decision=what)
