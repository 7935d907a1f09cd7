"""What nobody waits for any longer: SMS not sent in time."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import structlog

from smsd.store.queries import SQL

log = structlog.get_logger()


async def expire_sms(pool: asyncpg.Pool, valid: timedelta) -> int:
    """Leaves up to 100 SMS that could not be sent while they were of use, and tells of each; how many."""
    rows = await pool.fetch(SQL["expire_sms"], valid)
    for row in rows:
        cure = f"smsd outbox retry sms:{row['id']}"
        log.error("sms.expired", sms=row["id"], cause=row["cause"], ticket=row["ticket"], error=row["error"], cure=cure)
    return len(rows)
