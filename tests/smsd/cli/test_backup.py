"""backup, restore: what is in the file, what is not, and everything that is refused."""

import io
import json
import os
import shutil
import tarfile

import asyncpg
import pytest

from smsd.parts import Arrived
from smsd.share import only_one
from smsd.store.database import SCHEMA_VERSION
from smsd.store.seal import make_key_file

from_tar = tarfile.open


@pytest.fixture
def kept(tmp_path):
    """Where the backup goes."""
    return tmp_path / "kept.backup"


@pytest.fixture
async def made(smsd, texted, kept):
    """A backup of a gateway with one report."""
    await texted()
    smsd.ok("backup", str(kept))
    return kept


def empty(smsd, dsn, empty_dsn):
    """From now on the configuration is that of a new place."""
    smsd.config.write_text(smsd.config.read_text().replace(dsn, empty_dsn))


def changed(backup, **facts):
    """The same backup, saying something else of itself."""
    with from_tar(backup) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    with from_tar(backup, "w") as tar:
        for member, content in members:
            if member.name == "manifest.json":
                content = json.dumps(json.loads(content) | facts).encode()
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


async def test_what_is_in_it(smsd, tmp_path, texted, kept, spool, settings):
    """Database, waiting SMS of every process, configuration with what it names; no key, no password."""
    shutil.copy("config/data/agencies.csv", tmp_path / "agencies.csv")
    (tmp_path / "mail-password").write_text("sangat-rahasia")
    with smsd.config.open("a") as file:
        file.write('user = "lapor"\npassword_file = "mail-password"\n[routing]\nagencies = "agencies.csv"\n')
    await texted()
    await spool.keep([Arrived("modem0", "00")])
    shutil.copytree(spool._folder, tmp_path / "modems" / "modem1" / "spool")
    said = smsd.ok("backup", str(kept))
    assert said.startswith(f"{kept}: whole; 1 tickets, made at 20")
    assert 0o600 == kept.stat().st_mode & 0o777
    with from_tar(kept) as tar:
        assert {
            *("manifest.json", "database.dump", "config/smsd.toml", "config/agencies.csv"),
            *("spool/smsd/000000000001-1.parts", "spool/modem1/000000000001-1.parts"),
        } == set(tar.getnames())
    content = kept.read_bytes()
    assert (tmp_path / "smsd.key").read_bytes().strip() not in content
    assert b"sangat-rahasia" not in content
    assert not list(tmp_path.glob(".kept*"))
    manifest = smsd.json("backup", "--verify", str(kept))
    assert (1, SCHEMA_VERSION, 1) == tuple(manifest[key] for key in ("format", "schema_version", "tickets"))


async def test_the_key_goes_into_a_file_of_its_own(smsd, tmp_path, texted, kept):
    """Never over another."""
    await texted()
    smsd.ok("backup", str(kept), "--key-to", str(tmp_path / "copy.key"))
    assert (tmp_path / "smsd.key").read_bytes() == (tmp_path / "copy.key").read_bytes()
    assert 0o600 == (tmp_path / "copy.key").stat().st_mode & 0o777
    line = smsd.refused(3, "backup", f"{kept}2", "--key-to", str(tmp_path / "copy.key"))
    assert "the key cannot be written there (File exists); name a new file elsewhere" in line


async def test_it_overwrites_nothing(smsd, made, tmp_path):
    """The old one may be the last good one."""
    before = made.read_bytes()
    assert "is there already; give another name" in smsd.refused(1, "backup", str(made))
    assert "is no folder; make it, or name another" in smsd.refused(1, "backup", str(tmp_path / "no" / "where"))
    assert before == made.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda whole: whole[:-30_000], "is no whole backup|lacks|is not as it was written"),
        (lambda whole: whole.replace(b"PGDMP", b"PGDMQ"), "database.dump is not as it was written"),
        (lambda whole: whole.replace(b"[gateway]", b"[gatewaz]"), "config/smsd.toml is not as it was written"),
        (lambda _: b"", "is no whole backup of smsd"),
        (lambda _: b"x" * 5000, "is no whole backup of smsd"),
    ],
)
async def test_what_is_not_whole_is_found(smsd, made, empty_dsn, dsn, spoil, told):
    """By --verify, and by restore before anything is touched."""
    import re

    spoiled = spoil(made.read_bytes())
    assert spoiled != made.read_bytes()
    made.write_bytes(spoiled)
    empty(smsd, dsn, empty_dsn)
    for command in (("backup", "--verify"), ("restore",)):
        line = smsd.refused(1, *command, str(made))
        assert re.search(told, line), line
        assert "take another" in line


def test_no_file_at_all(smsd, kept):
    """Its name is told."""
    assert f"{kept} cannot be read (No such file or directory)" in smsd.refused(1, "restore", str(kept))


async def test_restored(smsd, made, dsn, empty_dsn, tmp_path, spool):
    """Reports and waiting SMS; what waited in the outbox is held, with the reason, until somebody puts it back."""
    empty(smsd, dsn, empty_dsn)
    code = json.loads(smsd.ok("backup", "--verify", str(made), "--json"))["key_id"]
    assert 16 == len(code)
    assert smsd.ok("restore", str(made)).endswith(
        "held: 1 SMS and 1 mails; `smsd outbox list` shows them, and `smsd outbox retry` sends those that you name\n"
    )
    assert 1 == len(smsd.json("ticket", "list"))
    rows = smsd.json("outbox", "list")
    assert {"failed"} == {row["state"] for row in rows}
    assert all("it may have been sent since" in row["error"] for row in rows)
    smsd.ok("outbox", "retry", "sms:1", "mail:1")
    db = await asyncpg.connect(empty_dsn)
    with pytest.raises(asyncpg.RestrictViolationError):  # what the schema refuses is refused here too
        await db.execute("DELETE FROM ticket_event")
    await db.close()


async def test_restored_and_sent(smsd, made, dsn, empty_dsn):
    """Where nothing can have been sent since, as after a move to another machine."""
    empty(smsd, dsn, empty_dsn)
    assert "held" not in smsd.ok("restore", str(made), "--outbox", "send")
    assert {"queued"} == {row["state"] for row in smsd.json("outbox", "list")}


async def test_sms_that_waited_on_the_disk_go_behind_those_that_wait_here(
    smsd, texted, kept, spool, tmp_path, dsn, empty_dsn
):
    """None takes another's place."""
    await texted()
    await spool.keep([Arrived("modem0", "00")])
    smsd.ok("backup", str(kept))
    empty(smsd, dsn, empty_dsn)
    smsd.ok("restore", str(kept))
    assert 2 == smsd.json("spool")["parts"]
    names = sorted(path.name for path in spool._folder.iterdir())
    assert ["000000000001-1.parts", "000000000002-1.parts"] == names


class TestRefused:
    async def test_a_database_that_is_not_empty(self, smsd, made, empty_dsn, dsn, texted):
        """Unless told; then it is as it was, and all or nothing."""
        second = await texted("sampah numpuk di Coblong kota Bandung", "+6281230004712")
        assert "the database is not empty (" in smsd.refused(1, "restore", str(made))
        assert second in [ticket["code"] for ticket in smsd.json("ticket", "list")]
        smsd.ok("restore", str(made), "--replace")
        assert second not in [ticket["code"] for ticket in smsd.json("ticket", "list")]
        db = await asyncpg.connect(empty_dsn)
        await db.execute("CREATE TABLE somebody_elses (x int)")
        await db.close()
        empty(smsd, dsn, empty_dsn)
        assert "(1 tables), nothing was changed; make an empty one" in smsd.refused(
            1, "restore", str(made), "--replace"
        )

    async def test_another_key(self, smsd, made, dsn, empty_dsn, tmp_path):
        """Which would open no number."""
        empty(smsd, dsn, empty_dsn)
        (tmp_path / "smsd.key").rename(tmp_path / "right.key")
        assert "restore it from your backup" in smsd.refused(3, "restore", str(made))
        make_key_file(tmp_path / "smsd.key")
        line = smsd.refused(3, "restore", str(made))
        assert "was made with the key" in line
        assert "put back the smsd.key that was kept with it" in line
        (tmp_path / "right.key").rename(tmp_path / "smsd.key")
        smsd.ok("restore", str(made))

    @pytest.mark.parametrize(
        ("facts", "told"),
        [
            ({"schema_version": SCHEMA_VERSION + 1, "smsd": "9.1"}, "install smsd 9.1 or newer"),
            ({"format": 2, "smsd": "9.1"}, "was made by smsd 9.1, which is newer; install that version"),
            ({"postgres": 99}, "restore into PostgreSQL 99 or newer"),
        ],
    )
    async def test_what_is_newer(self, smsd, made, dsn, empty_dsn, facts, told):
        """Tables, file or server."""
        changed(made, **facts)
        empty(smsd, dsn, empty_dsn)
        assert told in smsd.refused(1, "restore", str(made))

    async def test_while_the_gateway_runs(self, smsd, made, dsn, empty_dsn, tmp_path):
        """Any process of it."""
        empty(smsd, dsn, empty_dsn)
        for folder in (tmp_path, tmp_path / "modems" / "modem1"):
            with only_one(folder):
                assert f"another smsd already runs in {folder}; stop it" in smsd.refused(3, "restore", str(made))

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    async def test_by_another_user(self, smsd, made, dsn, empty_dsn, tmp_path):
        """Or the service could not open its own files."""
        empty(smsd, dsn, empty_dsn)
        os.chown(tmp_path, 65534, 65534)
        assert "belongs to nobody; run this as that user: sudo -u nobody smsd" in smsd.refused(1, "restore", str(made))


async def test_the_configuration_alone(smsd, made, tmp_path):
    """Into a folder where it overwrites nothing."""
    smsd.ok("restore", str(made), "--config-to", str(tmp_path / "old"))
    assert smsd.config.read_text() == (tmp_path / "old" / "smsd.toml").read_text()
    line = smsd.refused(1, "restore", str(made), "--config-to", str(tmp_path / "old"))
    assert "is there already; name an empty folder, and compare" in line


def test_a_database_that_cannot_be_written_down(smsd, kept, monkeypatch):
    """The program of the server's version is missing: its package is named."""
    from smsd.store import dump

    monkeypatch.setattr(dump, "_candidates", lambda *_: iter(()))
    line = smsd.refused(3, "backup", str(kept))
    assert "pg_dump of PostgreSQL 18, the version of the server, is missing" in line
    assert "apt install postgresql-client-18" in line
    assert not kept.exists()
