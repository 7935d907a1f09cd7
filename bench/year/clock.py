"""A PostgreSQL whose time is what we say: `now()` of a schema that is looked into before pg_catalog."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from smsd.store.queries import SCHEMA

_CLOCK = """
CREATE SCHEMA simulated;
CREATE TABLE simulated.clock (at timestamptz NOT NULL);
CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM simulated.clock';
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM simulated.clock';
"""


async def make_database(dsn: str, start: datetime) -> None:
    """Our schema, made under that clock: the defaults of its columns are bound to it too."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(_CLOCK)
    await connection.execute("INSERT INTO simulated.clock VALUES ($1)", start)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f'ALTER DATABASE "{name}" SET search_path = simulated, pg_catalog, public')
    await connection.close()
    connection = await asyncpg.connect(dsn)
    await connection.execute(SCHEMA)
    await connection.close()


async def set_clock(pool: asyncpg.Pool, now: datetime) -> None:
    """Puts it forward."""
    await pool.execute("UPDATE clock SET at = $1", now)
