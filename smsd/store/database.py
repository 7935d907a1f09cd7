"""Opening the database: one pool, its schema verified, connection errors told apart from bugs.

StoreError                   what an operator must mend
├── DatabaseUnreachable      the server refuses us, or the DSN is wrong
│   └── DatabaseAway         no server there, which may pass
└── SchemaMismatch           none, too old or too new
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential

from config.settings import Settings, read_secret
from smsd.store.embedded import EmbeddedUnusable, run_embedded
from smsd.store.queries import SCHEMA, SQL
from smsd.store.seal import Seal, ensure_key_file, find_key_file, load_seal
from smsd.store.seal_all import seal_all
from smsd.store.sealed import open_boxes
from smsd.tell import Tell, silent

SCHEMA_VERSION = 5
MIGRATIONS = resources.files("smsd.store") / "migrations"
_MIGRATION = re.compile(r"[0-9]{4}\.sql")
_CONNECT_TIMEOUT_S = 5.0  # for each host
_CLOSE_S = 2.0

# What asyncpg raises when the server is away, starting, stopping, full or cut off: expected, and worth another try.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # its disk is full, or it has no connection left
    asyncpg.QueryCanceledError,  # by an operator, or by the server's own statement_timeout
    asyncpg.ReadOnlySQLTransactionError,  # after a failover the old primary may still answer
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a server that is being stopped says so to an idle connection, which confuses asyncpg
)


class StoreError(Exception):
    """The store cannot be used; the message is one line and names the cure."""


class DatabaseUnreachable(StoreError):
    """No connection could be made."""


class DatabaseAway(DatabaseUnreachable):
    """No connection could be made now."""


class SchemaMismatch(StoreError):
    """The tables are not the ones this version knows."""


@asynccontextmanager
async def open_database(settings: Settings, *, patience_s: float = 0.0) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the configured database that was found to be there and ours; see verify_database()."""
    async with open_pool(settings) as pool:
        await verify_database(settings, pool, patience_s=patience_s)
        yield pool


@asynccontextmanager
async def open_unverified(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool for `smsd db init|upgrade`, whatever the schema."""
    async with open_pool(settings) as pool:
        await _reach(settings, pool, 0.0)
        yield pool


@asynccontextmanager
async def open_pool(
    settings: Settings, *, statement_s: float | None = None, seal: Callable[[], Seal] | None = None
) -> AsyncIterator[asyncpg.Pool]:
    """A pool that connects when it is first used. A statement that takes longer than `statement_s` is broken off with
    TimeoutError, its connection cut if the server does not answer to that either for as long.

    What is sealed is opened with `seal`, which is asked for when there is something sealed; else with the configured
    key file."""
    async with open_dsn(settings) as dsn:
        pool = asyncpg.create_pool(
            dsn,
            connect=_connect,
            password=read_secret(settings.database.password_file, "database-password"),
            min_size=0,
            max_size=settings.database.connections,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=statement_s,
            init=partial(_prepare_connection, seal=seal or key_file_of(settings)),
            reset=_leave_as_it_is,
            setup=_refuse_read_only if _wants_writable(dsn) else None,
        )
        await pool
        try:
            yield pool
        finally:
            with suppress(*CONNECTION_ERRORS):  # a server that hangs takes no leave
                async with asyncio.timeout(_CLOSE_S):
                    await pool.close()


async def verify_database(settings: Settings, pool: asyncpg.Pool, *, patience_s: float = 0.0) -> None:
    """Returns when the server answers and has our schema; an embedded one is filled when it is empty.

    Keeps trying to connect for `patience_s` seconds, then raises DatabaseAway. DatabaseUnreachable and SchemaMismatch
    at once.
    """
    await _reach(settings, pool, patience_s)
    if settings.database.dsn == "embedded" and await schema_version(pool) is None:
        ensure_key_file(find_key_file(settings.privacy.key_file, settings.gateway.state_dir))
        with suppress(SchemaMismatch):  # another process was faster; verified below
            await init_schema(pool)
    await _verify_schema(pool)


@asynccontextmanager
async def open_dsn(settings: Settings) -> AsyncIterator[str]:
    """Of the configured database; an embedded one runs for the length of the block."""
    if settings.database.dsn != "embedded":
        yield settings.database.dsn
        return
    try:
        async with run_embedded(settings.gateway.state_dir / "postgres") as dsn:
            yield dsn
    except EmbeddedUnusable as e:
        raise DatabaseUnreachable(str(e)) from e


async def _reach(settings: Settings, pool: asyncpg.Pool, patience_s: float) -> None:
    async def connect() -> None:
        async with pool.acquire():
            pass

    try:
        await AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_delay(patience_s),
            wait=wait_exponential(multiplier=0.2, max=2.0),
            reraise=True,
        )(connect)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError, ValueError) as e:
        told = _explain(settings.database.dsn, e)
        if _may_pass(e):
            raise DatabaseAway(f"{told}; is PostgreSQL running, and is [database] dsn right?") from e
        raise DatabaseUnreachable(f"{told}; check [database] dsn and password_file") from e


def _may_pass(error: BaseException) -> bool:
    """A wrong DSN is a ValueError too, and stays wrong."""
    return isinstance(error, CONNECTION_ERRORS) and not isinstance(error, ValueError)


def _explain(dsn: str, cause: Exception) -> str:
    """The DSN without its password, and why it does not answer."""
    shown = re.sub(r"(//[^:/?#]*):.*@", r"\1:…@", re.sub(r"(password=)[^&]*", r"\1…", dsn))
    # What the standard library says of a DSN it cannot split quotes the pieces, and a password may be one.
    reason = "it cannot be read as a DSN" if type(cause) is ValueError else str(cause) or type(cause).__name__
    return f"database {shown} cannot be reached ({reason})".replace("\n", " ")


# ---------------------------------------------------------------- several hosts


async def _connect(dsn: str, **how: Any) -> asyncpg.Connection:
    """The first host of the DSN that answers and is as target_session_attrs wants it.

    asyncpg tries all within one timeout: a first host that is switched off would leave no time for the second.
    """
    *others, last = hosts_of(dsn)
    for host in others:
        with suppress(OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched):
            return await asyncpg.connect(host, **how)
    return await asyncpg.connect(last, **how)


def hosts_of(dsn: str) -> list[str]:
    """A DSN for each of its hosts, in the order given; ValueError where one is empty."""
    parts = urlsplit(dsn)
    user, at, named = parts.netloc.rpartition("@")
    query = dict(parse_qsl(parts.query))
    if "," in named:
        split = [parts._replace(netloc=user + at + host) for host in _listed(named)]
    elif not named and "," in (listed := query.get("host", "")):
        hosts, ports = _listed(listed), query.get("port", "").split(",")
        each = ports if len(ports) == len(hosts) else ports * len(hosts)
        split = [
            parts._replace(query=urlencode(query | {"host": host} | ({"port": port} if port else {})))
            for host, port in zip(hosts, each, strict=False)
        ]
    else:
        return [dsn]
    return [urlunsplit(one) for one in split]


def _listed(hosts: str) -> list[str]:
    if "" in (listed := hosts.split(",")):
        raise ValueError("a host is empty")
    return listed


def _wants_writable(dsn: str) -> bool:
    return re.search(r"[?&]target_session_attrs=(read-write|primary)\b", dsn) is not None


async def _refuse_read_only(connection: asyncpg.pool.PoolConnectionProxy) -> None:
    """A primary may become a standby, or read-only, while we are connected: then the other hosts are looked at."""
    reported = connection.get_settings()
    if "on" in (getattr(reported, name, "off") for name in ("in_hot_standby", "default_transaction_read_only")):
        raise asyncpg.ReadOnlySQLTransactionError("the server has become read-only")


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """What asyncpg would undo with a statement of its own after each use: nobody here changes a session."""


async def _prepare_connection(connection: asyncpg.Connection, seal: Callable[[], Seal]) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    if await connection.fetchval(SQL["schema_of_sealed"]) is not None:
        with suppress(asyncpg.InsufficientPrivilegeError):  # told when the schema is verified, with its cure
            await open_boxes(connection, seal())


def key_file_of(settings: Settings) -> Callable[[], Seal]:
    """What reads the key file when it is first asked for, and gives the same seal to all that ask."""
    return cache(partial(load_seal, find_key_file(settings.privacy.key_file, settings.gateway.state_dir)))


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
        cure = "make the user in [database] dsn the owner of the database and its tables"
        raise SchemaMismatch(f"this user may not change the database ({e}); {cure}") from e


async def init_schema(pool: asyncpg.Pool) -> None:
    """Creates all tables in one transaction; SchemaMismatch if there are some already."""
    if (found := await schema_version(pool)) is not None:
        raise SchemaMismatch(
            f"the database already has a schema (version {found}); nothing was changed, use it as it is"
        )
    try:
        with _rights_needed():
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(SCHEMA)
        await pool.expire_connections()  # the next ones know the types of the schema
    except (asyncpg.DuplicateTableError, asyncpg.DuplicateFunctionError, asyncpg.UniqueViolationError) as e:
        raise SchemaMismatch(f"the database is not empty ({e}); give smsd one of its own, nothing was changed") from e


async def upgrade_schema(
    pool: asyncpg.Pool, seal: Callable[[], Seal], migrations: Traversable = MIGRATIONS, tell: Tell = silent
) -> list[int]:
    """Applies the migrations that are missing, each in a transaction of its own; the versions they lead to.

    ``migrations/0002.sql`` leads from version 1 to 2, and writes its number into schema_version itself. Where there is
    a ``0005.then.sql`` too, texts are sealed between the two, which `tell` is told of.
    """
    found = await schema_version(pool)
    if found is None:
        raise SchemaMismatch("the database has no schema yet; run `smsd db init`")
    files = {int(f.name.removesuffix(".sql")): f for f in migrations.iterdir() if _MIGRATION.fullmatch(f.name)}
    if found > max([SCHEMA_VERSION, *files]):
        raise SchemaMismatch(_too_new(found))
    missing = sorted(version for version in files if version > found)
    for version in missing:
        with _rights_needed():
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(files[version].read_text(encoding="utf-8"))
                then = migrations.joinpath(f"{version:04}.then.sql")
                if then.is_file():
                    await seal_all(connection, seal(), tell)
                    await connection.execute(then.read_text(encoding="utf-8"))
    await pool.expire_connections()
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
