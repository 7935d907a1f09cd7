"""Every statement fits the schema."""

import asyncpg
import pytest

from smsd.store.queries import SQL


@pytest.mark.parametrize("name", SQL)
async def test_every_query_can_be_prepared(pool: asyncpg.Pool, name: str) -> None:
    """PostgreSQL itself checks names and types against schema.sql."""
    async with pool.acquire() as connection:
        await connection.prepare(SQL[name])
