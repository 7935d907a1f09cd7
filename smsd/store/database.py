"""Opening the database: one pool, its schema verified, connection errors told apart from bugs.

StoreError                   what an operator must mend
├── DatabaseUnreachable      no server there, or it refuses us
└── SchemaMismatch           none, too old or too new
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable

import asyncpg
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential

from config.settings import Settings, read_secret
from smsd.store.embedded import EmbeddedUnusable, run_embedded
from smsd.store.queries import SCHEMA, SQL
from smsd.store.seal import ensure_key_file, find_key_file

SCHEMA_VERSION = 3
MIGRATIONS = resources.files("smsd.store") / "migrations"
_CONNECT_TIMEOUT_S = 5.0

# What asyncpg raises when the server is away, starting, stopping, full or cut off: expected, and worth another try.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,  # after a failover the old primary may still answer
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that is being stopped says so to an idle connection, which confuses asyncpg
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
        pool = await _connect(dsn, _password(settings), settings.database.connections, patience_s)
        try:
            if embedded and await schema_version(pool) is None:
                ensure_key_file(find_key_file(settings.privacy.key_file, settings.gateway.state_dir))
                with suppress(SchemaMismatch):  # another process was faster; verified below
                    await init_schema(pool)
            await _verify_schema(pool)
            yield pool
        finally:
            pool.terminate() if pool.is_closing() else await pool.close()


@asynccontextmanager
async def open_unverified(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool for `smsd db init|upgrade`, whatever the schema."""
    async with _dsn(settings) as (dsn, _):
        pool = await _connect(dsn, _password(settings), 1, 0.0)
        try:
            yield pool
        finally:
            await pool.close()


@asynccontextmanager
async def _dsn(settings: Settings) -> AsyncIterator[tuple[str, bool]]:
    if settings.database.dsn != "embedded":
        yield settings.database.dsn, False
        return
    try:
        async with run_embedded(settings.gateway.state_dir / "postgres") as dsn:
            yield dsn, True
    except EmbeddedUnusable as e:
        raise DatabaseUnreachable(str(e)) from e


def _password(settings: Settings) -> str | None:
    return read_secret(settings.database.password_file, "database-password")


async def _connect(dsn: str, password: str | None, connections: int, patience_s: float) -> asyncpg.Pool:
    async def connect() -> asyncpg.Pool:
        return await asyncpg.create_pool(
            dsn,
            password=password,
            min_size=1,
            max_size=connections,
            timeout=_CONNECT_TIMEOUT_S,
            init=_prepare_connection,
        )

    try:
        return await AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_delay(patience_s),
            wait=wait_exponential(multiplier=0.2, max=2.0),
            reraise=True,
        )(connect)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError, ValueError) as e:
        away = "is PostgreSQL running, and is [database] dsn right?"
        cure = away if _may_pass(e) else "check [database] dsn and password_file"
        raise DatabaseUnreachable(f"{_explain(dsn, e)}; {cure}") from e


def _may_pass(error: BaseException) -> bool:
    """A wrong DSN is a ValueError too, and stays wrong."""
    return isinstance(error, CONNECTION_ERRORS) and not isinstance(error, ValueError)


def _explain(dsn: str, cause: Exception) -> str:
    """The DSN without its password, and why it does not answer."""
    shown = re.sub(r"(//[^:/?#]*):.*@", r"\1:…@", re.sub(r"(password=)[^&]*", r"\1…", dsn))
    # What the standard library says of a DSN it cannot split quotes the pieces, and a password may be one.
    reason = "it cannot be read as a DSN" if type(cause) is ValueError else str(cause) or type(cause).__name__
    return f"database {shown} cannot be reached ({reason})".replace("\n", " ")


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


# ---------------------------------------------------------------- the schema


async def schema_version(pool: asyncpg.Pool) -> int | None:
    """The version found, or None where there is no schema of ours."""
    try:
        with _rights_needed():
            version: int | None = await pool.fetchval(SQL["schema_version"])
    except asyncpg.UndefinedTableError:
        return None
    return version


@contextmanager
def _rights_needed() -> Iterator[None]:
    """From PostgreSQL 15 on nobody but its owner may create tables in a database."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as e:
        raise SchemaMismatch(f"{e}; make the user in [database] dsn the owner of the database and its tables") from e


async def init_schema(pool: asyncpg.Pool) -> None:
    """Creates all tables in one transaction; SchemaMismatch if there are some already."""
    if (found := await schema_version(pool)) is not None:
        raise SchemaMismatch(f"the database already has a schema (version {found}); nothing was changed")
    try:
        with _rights_needed():
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(SCHEMA)
    except (asyncpg.DuplicateTableError, asyncpg.DuplicateFunctionError, asyncpg.UniqueViolationError) as e:
        raise SchemaMismatch(f"the database is not empty ({e}); give smsd one of its own, nothing was changed") from e


async def upgrade_schema(pool: asyncpg.Pool, migrations: Traversable = MIGRATIONS) -> list[int]:
    """Applies the migrations that are missing, each in a transaction of its own; the versions they lead to.

    ``migrations/0002.sql`` leads from version 1 to 2, and writes its number into schema_version itself.
    """
    found = await schema_version(pool)
    if found is None:
        raise SchemaMismatch("the database has no schema yet; run `smsd db init`")
    files = {int(f.name.removesuffix(".sql")): f for f in migrations.iterdir() if f.name.endswith(".sql")}
    if found > max([SCHEMA_VERSION, *files]):
        raise SchemaMismatch(_too_new(found))
    missing = sorted(version for version in files if version > found)
    for version in missing:
        with _rights_needed():
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
        raise SchemaMismatch(_too_new(found))


def _too_new(found: int) -> str:
    return f"the schema is version {found}, this smsd knows only {SCHEMA_VERSION}; install a newer smsd"
