"""Opening the database: one pool, its schema verified, connection errors told apart from bugs.

StoreError                   what an operator must mend
├── DatabaseUnreachable      no server there, or it refuses us
└── SchemaMismatch           none, too old or too new
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from urllib.parse import quote

import asyncpg
from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_delay, wait_exponential

from config.settings import Settings, read_secret
from smsd.store.embedded import EmbeddedMissing, run_embedded
from smsd.store.queries import SCHEMA, SQL

SCHEMA_VERSION = 1
MIGRATIONS = resources.files("smsd.store") / "migrations"
_CONNECT_TIMEOUT_S = 5.0

# What asyncpg raises when the server is away, starting, stopping or cut off: expected, and worth another try.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.DiskFullError,
)


class StoreError(Exception):
    """The store cannot be used; the message is one line and names the cure."""


class DatabaseUnreachable(StoreError):
    """No connection could be made."""


class SchemaMismatch(StoreError):
    """The tables are not the ones this version knows."""


@asynccontextmanager
async def open_database(settings: Settings, *, patience_s: float = 0.0) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the configured database, with its schema verified; an embedded one is made and filled when absent.

    Keeps trying to connect for `patience_s` seconds; then raises DatabaseUnreachable. SchemaMismatch at once.
    """
    async with _dsn(settings) as (dsn, embedded):
        pool = await _connect(dsn, settings.database.connections, patience_s)
        try:
            if embedded and await schema_version(pool) is None:
                await init_schema(pool)
            await _verify_schema(pool)
            yield pool
        finally:
            pool.terminate() if pool.is_closing() else await pool.close()


@asynccontextmanager
async def open_unverified(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool for `smsd db init|upgrade`, whatever the schema."""
    async with _dsn(settings) as (dsn, _):
        pool = await _connect(dsn, 1, 0.0)
        try:
            yield pool
        finally:
            await pool.close()


@asynccontextmanager
async def _dsn(settings: Settings) -> AsyncIterator[tuple[str, bool]]:
    if settings.database.dsn != "embedded":
        password = read_secret(settings.database.password_file, "database-password")
        yield _with_password(settings.database.dsn, password), False
        return
    try:
        async with run_embedded(settings.gateway.state_dir / "postgres") as dsn:
            yield dsn, True
    except EmbeddedMissing as e:
        raise DatabaseUnreachable(str(e)) from e


def _with_password(dsn: str, password: str | None) -> str:
    if password is None:
        return dsn
    return re.sub(r"^(postgres(?:ql)?://[^:@/]+)@", lambda m: f"{m[1]}:{quote(password, safe='')}@", dsn)


async def _connect(dsn: str, connections: int, patience_s: float) -> asyncpg.Pool:
    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(CONNECTION_ERRORS),
            stop=stop_after_delay(patience_s),
            wait=wait_exponential(multiplier=0.2, max=2.0),
        ):
            with attempt:
                return await asyncpg.create_pool(
                    dsn, min_size=1, max_size=connections, timeout=_CONNECT_TIMEOUT_S, init=_prepare_connection
                )
    except RetryError as e:
        cause = e.last_attempt.exception()
        raise DatabaseUnreachable(f"{_explain(dsn, cause)}; is PostgreSQL running, and is [database] dsn right?") from e
    except (asyncpg.PostgresError, ValueError) as e:
        raise DatabaseUnreachable(f"{_explain(dsn, e)}; check [database] dsn and password_file") from e
    raise AssertionError("tenacity either returns or raises")


def _explain(dsn: str, cause: BaseException | None) -> str:
    """The DSN without its password, and why it does not answer."""
    shown = re.sub(r":[^:@/]*@", ":…@", dsn)
    return f"database {shown} cannot be reached ({cause or type(cause).__name__})".replace("\n", " ")


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


# ---------------------------------------------------------------- the schema


async def schema_version(pool: asyncpg.Pool) -> int | None:
    """The version found, or None where there is no schema of ours."""
    try:
        version: int | None = await pool.fetchval(SQL["schema_version"])
    except asyncpg.UndefinedTableError:
        return None
    return version


async def init_schema(pool: asyncpg.Pool) -> None:
    """Creates all tables in one transaction; SchemaMismatch if there are some already."""
    if (found := await schema_version(pool)) is not None:
        raise SchemaMismatch(f"the database already has a schema (version {found}); nothing was changed")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(SCHEMA)


async def upgrade_schema(pool: asyncpg.Pool, migrations: Traversable = MIGRATIONS) -> list[int]:
    """Applies the migrations that are missing, each in a transaction of its own; the versions they lead to.

    ``migrations/0002.sql`` leads from version 1 to 2, and writes its number into schema_version itself.
    """
    found = await schema_version(pool)
    if found is None:
        raise SchemaMismatch("the database has no schema yet; run `smsd db init`")
    files = {int(f.name.removesuffix(".sql")): f for f in migrations.iterdir() if f.name.endswith(".sql")}
    missing = sorted(version for version in files if version > found)
    for version in missing:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(files[version].read_text(encoding="utf-8"))
    return missing


async def _verify_schema(pool: asyncpg.Pool) -> None:
    found = await schema_version(pool)
    if found is None:
        raise SchemaMismatch("the database has no schema yet; run `smsd db init`")
    if found < SCHEMA_VERSION:
        raise SchemaMismatch(f"the schema is version {found}, this smsd needs {SCHEMA_VERSION}; run `smsd db upgrade`")
    if found > SCHEMA_VERSION:
        raise SchemaMismatch(
            f"the schema is version {found}, this smsd knows only {SCHEMA_VERSION}; install a newer smsd"
        )
