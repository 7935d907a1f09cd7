"""When the clock of the machine is set back, what was written before is from the future, and would wait for it."""

from __future__ import annotations

import asyncpg
import structlog

from smsd.store.queries import SQL

log = structlog.get_logger()


async def take_back_the_future(pool: asyncpg.Pool) -> int:
    """Makes work due that the clock has left ahead of itself; always 0, for there is nothing more to be done at once.

    A try that was put off keeps its moment: it comes later by as much as the clock was set back.
    """
    rows = await pool.fetchval(SQL["take_back_the_future"])
    if rows:
        log.warning("clock.set_back", rows=rows)
    return 0
