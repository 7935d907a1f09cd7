"""Every statement fits the schema."""

import asyncpg
import pytest

from smsd.store.queries import PRIVACY, SQL


@pytest.mark.parametrize("name", [*SQL, *PRIVACY])
async def test_every_query_can_be_prepared(pool: asyncpg.Pool, name: str) -> None:
    """PostgreSQL itself checks names and types against schema.sql."""
    async with pool.acquire() as connection:
        await connection.prepare((SQL | PRIVACY)[name])


def test_no_name_stands_in_two_files() -> None:
    """One would hide the other from the test above."""
    assert set() == SQL.keys() & PRIVACY.keys()
