"""What operators do is told by the daemon, once it is committed, and not by the command."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from smsd import told


@pytest.mark.parametrize("committed", [True, False])
async def test_a_change_is_told_when_it_is_committed(
    pool: asyncpg.Pool, events: list[dict[str, Any]], committed: bool
) -> None:
    """With what the operator did, and their name without the word `operator`; undone, it never happened."""
    heard = asyncio.Queue[str]()
    async with pool.acquire() as listener, pool.acquire() as connection:
        await listener.add_listener(told.CHANNEL, lambda *notice: heard.put_nowait(notice[3]))
        transaction = connection.transaction()
        await transaction.start()
        await told.tell_changed(connection, "4821309764", "operator:ani", "dispatched", "PUPR-35.73", "terdisposisi")
        await told.tell_decided(connection, 7, "operator:ani", "put aside", None, None)
        await (transaction.commit() if committed else transaction.rollback())
        await told.tell_decided(connection, 8, "operator:budi", "accepted", "4821309764", "PUPR-35.73")
        for _ in range(3 if committed else 1):
            async with asyncio.timeout(60):
                told.hear(await heard.get())
        await listener.reset()
    first = {"ticket": "4821309764", "agency": "PUPR-35.73"}
    undone = [
        {"event": "ticket.changed", **first, "operator": "ani", "change": "dispatched", "status": "terdisposisi"},
        {"event": "mail.decided", "ticket": None, "agency": None, "inbound_mail": 7, "operator": "ani"}
        | {"decision": "put aside"},
    ]
    last = {"event": "mail.decided", **first, "inbound_mail": 8, "operator": "budi", "decision": "accepted"}
    assert [each | {"log_level": "info"} for each in ([*undone, last] if committed else [last])] == events
