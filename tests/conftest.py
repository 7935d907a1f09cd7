"""What all tests share: a real PostgreSQL (a template cloned per test), the shipped rules and words, a key."""

from __future__ import annotations

import itertools
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import structlog

from config.reference import load_router
from config.replies import Replies, load_replies
from config.settings import Database, Gateway, Mail, Settings
from routing.classify import Router
from smsd.desk.rules import Desk
from smsd.store.database import open_database
from smsd.store.embedded import run_embedded
from smsd.store.queries import SCHEMA
from smsd.store.seal import Seal, load_seal, make_key_file

# Enough to find a slip in a run of `make test`; `ARGS=--hypothesis-profile=thorough` looks harder.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("quick")

_TEMPLATE = "smsd_template"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first: the others pass while one process works on a simulated year."""

    def seconds(item: pytest.Item) -> float:
        marker = item.get_closest_marker("timeout")
        return float(marker.args[0]) if marker else 0.0

    items.sort(key=seconds, reverse=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[str]:
    """The DSN of a server of this test process's own, with a template database that has the schema.

    Not below pytest's own folder: that is closed to others, and as root the server runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder:
        async with _filled(Path(folder) / "postgres") as dsn:
            yield dsn


@asynccontextmanager
async def _filled(folder: Path) -> AsyncIterator[str]:
    async with run_embedded(folder) as dsn:
        admin = await asyncpg.connect(dsn)
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            await admin.execute(f"ALTER SYSTEM SET {setting}")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.execute(f"CREATE DATABASE {_TEMPLATE}")
        template = await asyncpg.connect(with_database(dsn, _TEMPLATE))
        await template.execute(SCHEMA)
        await template.close()
        yield dsn
        await admin.close()


def with_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return dsn.replace("/postgres?", f"/{name}?")


async def make_database(postgres: str, template: str) -> str:
    """A new database of this server; its DSN."""
    name = f"test_{next(_numbers)}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await admin.close()
    return with_database(postgres, name)


@pytest_asyncio.fixture
async def dsn(postgres: str) -> str:
    """A fresh database with our schema."""
    return await make_database(postgres, _TEMPLATE)


@pytest_asyncio.fixture
async def empty_dsn(postgres: str) -> str:
    """A fresh database without any tables."""
    return await make_database(postgres, "template0")


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    """A configuration on that database; state_dir is the test's own and has a key."""
    make_key_file(tmp_path / "smsd.key")
    return Settings(
        path=tmp_path / "smsd.toml",
        mail=Mail(host="127.0.0.1", port=9, tls="none", lmtp_listen="127.0.0.1:0"),
        gateway=Gateway(state_dir=tmp_path),
        database=Database(dsn=dsn, connections=4),
    )


@pytest_asyncio.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the test's database."""
    async with open_database(settings) as pool:
        yield pool


@pytest.fixture
def seal(settings: Settings) -> Seal:
    """The key of the test's state_dir."""
    return load_seal(settings.gateway.state_dir / "smsd.key")


@pytest.fixture(scope="session")
def router() -> Router:
    """The shipped topics, places and agencies."""
    return load_router()


@pytest.fixture(scope="session")
def replies() -> Replies:
    """The shipped reply texts."""
    return load_replies(None, "1708")


@pytest.fixture
def desk(settings: Settings, router: Router, replies: Replies) -> Desk:
    """The shipped rules and words, without reading them again for every test."""
    return Desk(router, replies, settings.deadlines, settings.zone, settings.mail.reply_domain, secrets.randbelow)


@pytest.fixture
def events() -> Iterator[list[dict[str, object]]]:
    """The log events of the test, in order."""
    with structlog.testing.capture_logs() as captured:
        yield captured
