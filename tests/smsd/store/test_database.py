"""Opening the database: what an operator is told when it cannot be used, and what comes back by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from config.settings import Database, Settings
from smsd.store import database
from smsd.store.database import (
    CONNECTION_ERRORS,
    SCHEMA_VERSION,
    DatabaseAway,
    DatabaseUnreachable,
    SchemaMismatch,
    hosts_of,
    init_schema,
    open_database,
    open_unverified,
    schema_version,
    upgrade_schema,
)
from smsd.store.queries import SCHEMA
from smsd.store.seal import Seal
from smsd.store.throwaway import Throwaway, throwaway_postgres

SECRET = "s3/cr:et@kata"


@pytest.fixture
def at(settings: Settings) -> Callable[..., Settings]:
    """The settings with another [database]."""

    def changed(dsn: str, password_file: Path | None = None) -> Settings:
        return dataclasses.replace(settings, database=Database(dsn, password_file, connections=2))

    return changed


@pytest.fixture
def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def refusal(settings: Settings, patience_s: float = 0.0) -> str:
    """What is said where no connection can be made."""
    with pytest.raises(DatabaseUnreachable) as told:
        async with open_database(settings, patience_s=patience_s):
            pass
    assert "\n" not in str(told.value)
    return str(told.value)


class TestUnreachable:
    async def test_a_closed_port_is_told_with_the_cure(self, at: Callable[..., Settings], closed_port: int) -> None:
        """Where, why, and what to look at."""
        said = await refusal(at(f"postgresql://smsd@127.0.0.1:{closed_port}/smsd"))
        assert said.startswith(f"database postgresql://smsd@127.0.0.1:{closed_port}/smsd cannot be reached (")
        assert "Connect call failed" in said
        assert said.endswith("; is PostgreSQL running, and is [database] dsn right?")

    async def test_it_is_tried_again_before_it_is_told(self, at: Callable[..., Settings], closed_port: int) -> None:
        """Patience ends, with the same words."""
        assert "cannot be reached" in await refusal(at(f"postgresql://smsd@127.0.0.1:{closed_port}/x"), 0.3)

    async def test_patience_bridges_a_server_that_starts(self, at: Callable[..., Settings], dsn: str) -> None:
        """A database that appears while we wait is opened."""
        name = dsn.partition("?")[0].rpartition("/")[2]
        admin = await asyncpg.connect(dsn.replace(f"/{name}?", "/postgres?"))
        await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        await admin.execute("DROP ROLE IF EXISTS guest")
        await admin.execute("CREATE ROLE guest LOGIN IN ROLE pg_read_all_data")

        async def let_in() -> None:
            await asyncio.sleep(0.3)
            await admin.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 10")

        async with asyncio.TaskGroup() as group:
            group.create_task(let_in())
            async with open_database(at(dsn.replace("//postgres:@", "//guest@")), patience_s=20) as pool:
                assert SCHEMA_VERSION == await schema_version(pool)
        await admin.close()

    @pytest.mark.parametrize(
        "dsn",
        [
            f"postgresql://smsd:{SECRET}@127.0.0.1:PORT/smsd",
            f"postgresql://smsd:{SECRET}@127.0.0.1:PORT",
            f"postgresql://127.0.0.1:PORT/smsd?user=smsd&password={SECRET}",
            f"postgresql://smsd:{SECRET}@/smsd?host=/nowhere/at/all",
            f"postgresql://smsd:{SECRET}@nowhere.invalid/smsd",
            f"postgresql://smsd:{SECRET}@127.0.0.1:PORT,nowhere.invalid:PORT/smsd?target_session_attrs=read-write",
            f"postgresql://127.0.0.1:PORT,127.0.0.1:PORT/smsd?user=smsd&password={SECRET}",
            f"postgresql://smsd:{SECRET}@127.0.0.1:PORT,/smsd",
        ],
    )
    async def test_the_password_is_never_shown(self, at: Callable[..., Settings], closed_port: int, dsn: str) -> None:
        """Not even one that was not escaped as it should have been."""
        said = await refusal(at(dsn.replace("PORT", str(closed_port))))
        assert [] == [piece for piece in ("s3", "cr:et", "kata") if piece in said]

    async def test_an_unknown_database_is_told_at_once(self, at: Callable[..., Settings], dsn: str) -> None:
        """More patience would not help."""
        said = await refusal(at(dsn.replace("/test_", "/no_such_")), 60)
        assert said.endswith("does not exist); check [database] dsn and password_file")

    async def test_a_wrong_dsn_is_told_at_once(self, at: Callable[..., Settings]) -> None:
        """A mistyped key of it stays wrong."""
        assert "`sslmode` parameter must be one of" in await refusal(at("postgresql://u@h/d?sslmode=maybe"), 60)

    async def test_the_embedded_database_needs_a_folder(self, at: Callable[..., Settings], tmp_path: Path) -> None:
        """A file stands where the folder should be."""
        (tmp_path / "state").write_text("")
        settings = at("embedded")
        gateway = dataclasses.replace(settings.gateway, state_dir=tmp_path / "state")
        said = await refusal(dataclasses.replace(settings, gateway=gateway))
        assert f"{tmp_path}/state cannot be used (File exists); make [gateway] state_dir a folder" in said


class TestSeveralHosts:
    """A DSN whose database may be on another server tomorrow."""

    @pytest.fixture
    async def two(self) -> AsyncIterator[tuple[Throwaway, Throwaway]]:
        """Servers with our schema; the second one is read-only, as a standby is."""
        quick = ("fsync=off", "full_page_writes=off")
        with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder:
            async with (
                throwaway_postgres(Path(folder) / "first", *quick) as first,
                throwaway_postgres(Path(folder) / "second", *quick) as second,
            ):
                for server in (first, second):
                    connection = await asyncpg.connect(server.dsn)
                    await connection.execute(SCHEMA)
                    await connection.close()
                await set_read_only(second, "on")
                yield first, second

    async def test_the_writable_one_is_found_in_any_order(
        self, at: Callable[..., Settings], two: tuple[Throwaway, Throwaway]
    ) -> None:
        """The one that may only be read is passed over."""
        first, second = two
        for servers in ((first, second), (second, first)):
            async with open_database(at(both(*servers))) as pool:
                assert first.port == await pool.fetchval("SELECT current_setting('port')::int")

    async def test_the_other_takes_over_when_the_first_dies(
        self, at: Callable[..., Settings], two: tuple[Throwaway, Throwaway]
    ) -> None:
        """The same pool goes on with the promoted one."""
        first, second = two
        async with open_database(at(both(first, second))) as pool:
            first.kill()
            with pytest.raises(CONNECTION_ERRORS):
                await pool.execute("INSERT INTO schema_version VALUES (1)")
            await set_read_only(second, "off")
            await until_written(pool)
            assert second.port == await pool.fetchval("SELECT current_setting('port')::int")

    async def test_one_that_becomes_read_only_while_we_are_connected_is_left(
        self, at: Callable[..., Settings], two: tuple[Throwaway, Throwaway]
    ) -> None:
        """It still answers, on connections that are as good as new: a switchover must not need a restart of ours."""
        first, second = two
        async with open_database(at(both(first, second))) as pool:
            await set_read_only(first, "on")
            await set_read_only(second, "off")
            await until_written(pool)
            assert second.port == await pool.fetchval("SELECT current_setting('port')::int")

    async def test_a_first_host_that_is_silent_leaves_time_for_the_second(
        self, at: Callable[..., Settings], two: tuple[Throwaway, Throwaway], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that is switched off refuses nothing; each host has its own time."""
        monkeypatch.setattr(database, "_CONNECT_TIMEOUT_S", 1.0)
        first, second = two
        await set_read_only(second, "off")
        first.freeze()
        async with open_database(at(both(first, second))) as pool:
            assert second.port == await pool.fetchval("SELECT current_setting('port')::int")

    async def test_none_that_can_be_written_to_may_pass(
        self, at: Callable[..., Settings], two: tuple[Throwaway, Throwaway]
    ) -> None:
        """A switchover takes its time: DatabaseAway, not a mistake of the operator's."""
        first, second = two
        await set_read_only(first, "on")
        with pytest.raises(DatabaseAway, match="None of the hosts match the target attribute requirement"):
            async with open_database(at(both(first, second))):
                pass

    @pytest.mark.parametrize(
        ("dsn", "hosts"),
        [
            ("postgresql://u:p@a/d", ["postgresql://u:p@a/d"]),
            ("postgresql://u:p@a,b:1,[::1]:2/d?x=1", [f"postgresql://u:p@{h}/d?x=1" for h in ("a", "b:1", "[::1]:2")]),
            ("postgresql:///d?host=a,b&port=1,2", ["postgresql:/d?host=a&port=1", "postgresql:/d?host=b&port=2"]),
            ("postgresql:///d?host=a,b&port=7", ["postgresql:/d?host=a&port=7", "postgresql:/d?host=b&port=7"]),
            ("postgresql:///d?host=a,b", ["postgresql:/d?host=a", "postgresql:/d?host=b"]),
            ("postgresql:///d?host=/run/postgresql", ["postgresql:///d?host=/run/postgresql"]),
        ],
    )
    def test_a_dsn_is_split_by_host(self, dsn: str, hosts: list[str]) -> None:
        """In the authority or in the query, with all else kept."""
        assert hosts == hosts_of(dsn)


def both(*servers: Throwaway) -> str:
    """A DSN that wants the writable one."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"


async def set_read_only(server: Throwaway, value: str) -> None:
    """As a failover does it, as far as a client can tell."""
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("SET default_transaction_read_only = off")
    await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def until_written(pool: asyncpg.Pool) -> None:
    """Tries as the loops do."""
    async with asyncio.timeout(60):
        while True:
            try:
                await pool.execute("INSERT INTO schema_version VALUES (1)")
                return
            except asyncpg.UniqueViolationError:
                return
            except CONNECTION_ERRORS:
                await asyncio.sleep(0.05)


class TestPassword:
    async def test_it_comes_from_its_file(self, at: Callable[..., Settings], dsn: str, tmp_path: Path) -> None:
        """The server asks for it, and the file's opens the door; a wrong one does not."""
        admin = await asyncpg.connect(dsn)
        rules = Path(await admin.fetchval("SHOW hba_file"))
        old = rules.read_text()
        try:
            rules.write_text("local all visitor scram-sha-256\n" + old)
            await admin.execute("CREATE ROLE visitor LOGIN PASSWORD 'kata/sandi:@1' IN ROLE pg_read_all_data")
            await admin.execute("SELECT pg_reload_conf()")
            file = tmp_path / "password"
            settings = at(dsn.replace("//postgres:@", "//visitor@"), file)
            file.write_text("kata/sandi:@1\n")
            async with open_database(settings) as pool:
                assert "visitor" == await pool.fetchval("SELECT current_user")
            file.write_text("salah\n")
            assert "password authentication failed" in await refusal(settings)
        finally:
            rules.write_text(old)
            await admin.execute("DROP ROLE visitor; SELECT pg_reload_conf()")
            await admin.close()


class TestSchema:
    async def test_no_schema_is_told_with_the_cure(self, at: Callable[..., Settings], empty_dsn: str) -> None:
        """A server's database is not filled behind the operator's back."""
        with pytest.raises(SchemaMismatch, match=r"has no schema yet; run `smsd db init`"):
            async with open_database(at(empty_dsn)):
                pass

    @pytest.mark.parametrize(
        ("version", "cure"),
        [
            (SCHEMA_VERSION - 1, f"needs {SCHEMA_VERSION}; run `smsd db upgrade`"),
            (SCHEMA_VERSION + 1, f"knows only {SCHEMA_VERSION}; install a newer smsd"),
        ],
    )
    async def test_another_version_is_told_with_the_cure(
        self, at: Callable[..., Settings], dsn: str, version: int, cure: str
    ) -> None:
        """Too old and too new need different things."""
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"UPDATE schema_version SET version = {version}")
        await connection.close()
        with pytest.raises(SchemaMismatch, match=f"the schema is version {version}, this smsd {cure}"):
            async with open_database(at(dsn)):
                pass

    async def test_init_fills_an_empty_database_once(self, at: Callable[..., Settings], empty_dsn: str) -> None:
        """The second time nothing is changed, and that is said."""
        async with open_unverified(at(empty_dsn)) as pool:
            assert await schema_version(pool) is None
            await init_schema(pool)
            assert SCHEMA_VERSION == await schema_version(pool)
            with pytest.raises(SchemaMismatch, match=r"already has a schema .version 5.; nothing was changed"):
                await init_schema(pool)
        async with open_database(at(empty_dsn)):
            pass

    async def test_two_that_init_at_once_make_one_schema(self, at: Callable[..., Settings], empty_dsn: str) -> None:
        """The slower one is told so, not thrown out with a bare database error."""
        async with open_unverified(at(empty_dsn)) as one, open_unverified(at(empty_dsn)) as two:
            results = await asyncio.gather(init_schema(one), init_schema(two), return_exceptions=True)
            assert [SchemaMismatch] == [type(result) for result in results if result is not None]
            assert SCHEMA_VERSION == await schema_version(one)

    async def test_tables_of_another_program_are_left_alone(self, at: Callable[..., Settings], empty_dsn: str) -> None:
        """A database with a table of the same name is not ours."""
        async with open_unverified(at(empty_dsn)) as pool:
            await pool.execute("CREATE TABLE ticket (seat text)")
            with pytest.raises(SchemaMismatch, match=r'not empty .relation "ticket" already exists.; give smsd one of'):
                await init_schema(pool)
            assert await schema_version(pool) is None

    async def test_a_user_without_rights_is_told_whose_database_it_must_be(
        self, at: Callable[..., Settings], empty_dsn: str, dsn: str
    ) -> None:
        """Since PostgreSQL 15 not everybody may create tables; nor read those of others."""
        admin = await asyncpg.connect(dsn)
        await admin.execute("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN")
        try:
            async with open_unverified(at(empty_dsn.replace("//postgres:@", "//stranger@"))) as pool:
                with pytest.raises(
                    SchemaMismatch, match=r"schema public\); make the user in \[database\] dsn the owner"
                ):
                    await init_schema(pool)
            with pytest.raises(SchemaMismatch, match=r"table schema_version\); make the user in \[database\] dsn"):
                async with open_database(at(dsn.replace("//postgres:@", "//stranger@"))):
                    pass
        finally:
            await admin.execute("DROP ROLE stranger")
            await admin.close()


class TestUpgrade:
    @pytest.fixture
    def migrations(self, tmp_path: Path) -> Path:
        """Two versions to come, in no order, beside a text for people."""
        folder = tmp_path / "migrations"
        folder.mkdir()
        (folder / "README").write_text("how to write one")
        (folder / "0007.sql").write_text("INSERT INTO later SELECT 'ünïcode'; INSERT INTO schema_version VALUES (7);")
        (folder / "0006.sql").write_text("CREATE TABLE later (text text); INSERT INTO schema_version VALUES (6);")
        return folder

    async def test_what_is_missing_is_applied_in_order(self, pool: asyncpg.Pool, migrations: Path, seal: Seal) -> None:
        """From 5 to 7, and a second time nothing."""
        assert [6, 7] == await upgrade_schema(pool, lambda: seal, migrations)
        assert (7, "ünïcode") == (await schema_version(pool), await pool.fetchval("SELECT text FROM later"))
        assert [] == await upgrade_schema(pool, lambda: seal, migrations)

    async def test_a_migration_that_fails_leaves_the_last_good_version(
        self, pool: asyncpg.Pool, migrations: Path, seal: Seal
    ) -> None:
        """Each has its own transaction."""
        (migrations / "0007.sql").write_text("DROP TABLE later; INSERT INTO schema_version VALUES (7); SELECT 1/0;")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await upgrade_schema(pool, lambda: seal, migrations)
        assert (6, 0) == (await schema_version(pool), await pool.fetchval("SELECT count(*) FROM later"))

    async def test_the_shipped_migrations_lead_to_the_version_known(self, pool: asyncpg.Pool, seal: Seal) -> None:
        """The schema is the newest already."""
        assert [] == await upgrade_schema(pool, lambda: seal)

    async def test_an_empty_database_is_not_upgraded(
        self, at: Callable[..., Settings], empty_dsn: str, seal: Seal
    ) -> None:
        """It needs the schema first."""
        async with open_unverified(at(empty_dsn)) as pool:
            with pytest.raises(SchemaMismatch, match=r"no schema yet; run `smsd db init`"):
                await upgrade_schema(pool, lambda: seal)

    async def test_a_newer_schema_is_not_called_up_to_date(self, pool: asyncpg.Pool, seal: Seal) -> None:
        """An old smsd says that it is the old one."""
        await pool.execute("INSERT INTO schema_version VALUES (8)")
        with pytest.raises(SchemaMismatch, match=r"version 8, this smsd knows only 5; install a newer smsd"):
            await upgrade_schema(pool, lambda: seal)


class TestConnectionErrors:
    async def test_a_terminated_backend_is_one(self, pool: asyncpg.Pool) -> None:
        """In the middle of a transaction, at every step until it is left; the pool recovers by itself."""
        with pytest.raises(CONNECTION_ERRORS):
            async with pool.acquire() as connection, connection.transaction():
                own = await connection.fetchval("SELECT pg_backend_pid()")
                await pool.execute("SELECT pg_terminate_backend($1)", own)
                with pytest.raises(CONNECTION_ERRORS):
                    await connection.execute("SELECT 1")
                await connection.execute("SELECT 1")
        assert 1 == await pool.fetchval("SELECT 1")

    async def test_a_read_only_server_is_one(self, pool: asyncpg.Pool) -> None:
        """As a primary is after a failover."""
        async with pool.acquire() as connection:
            await connection.execute("SET default_transaction_read_only = on")
            with pytest.raises(CONNECTION_ERRORS):
                await connection.execute("INSERT INTO schema_version VALUES (3)")

    @pytest.mark.parametrize(
        ("query", "value"),
        [
            ("SELECT $1::text", "a\0b"),
            ("SELECT $1::text", "\ud800"),
            ("SELECT $1::int", 10**20),
            ("SELECT $1::int", "x"),
        ],
    )
    async def test_a_value_that_cannot_be_stored_is_none(self, pool: asyncpg.Pool, query: str, value: object) -> None:
        """One bad message must not look like a database that is away, or it would be tried for ever."""
        with pytest.raises(asyncpg.DataError) as error:
            await pool.fetchval(query, value)
        assert not isinstance(error.value, CONNECTION_ERRORS)

    async def test_a_pool_that_was_closed_inside_is_left_in_peace(self, settings: Settings) -> None:
        """Closing twice is no error."""
        async with open_database(settings) as pool:
            await pool.close()

    async def test_json_is_read_and_written(self, pool: asyncpg.Pool) -> None:
        """jsonb is a Python value on both ways."""
        assert {"a": [1, None]} == await pool.fetchval("SELECT $1::jsonb", {"a": [1, None]})
