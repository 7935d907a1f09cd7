"""check, db, outbox, modem, run: what operators need before, and when something is wrong."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import asyncpg
import pytest

from smsd.cli.options import operator

WRONG = [
    # what is appended to the configuration, what file holds what, and what the complaint must name
    ('[gatway]\nshort_code = "1"\n', {}, ["smsd.toml: [gatway]: is not a section I know; did you mean gateway?"]),
    ("[limits]\nsms_attemps = 3\n", {}, ["[limits] sms_attemps: is not a key I know; did you mean sms_attempts?"]),
    ('[[modem]]\nname = "m1"\ndevice = "nowhere"\n', {}, ["[[modem]] m1: device: ", "is the modem plugged in?"]),
    (
        '[[modem]]\nname = "m1"\ndevice = "smsd.key"\nconnection = "at1"\n',
        {},
        ["m1: connection: must be one of at9600"],
    ),
    ('[[modem]]\nname = "m1"\ndevice = "smsd.key"\npin_file = "pin"\n', {}, ["m1: pin_file: ", "cannot be read"]),
    ('[routing]\nagencies = "a.csv"\n', {"a.csv": "code,name\nX,Y\n"}, ["a.csv"]),
    ('[routing]\ntopics = "t.toml"\n', {"t.toml": '[[topic]]\nid = "X Y"\n'}, ["t.toml"]),
    ('[routing]\nreplies = "r.toml"\n', {"r.toml": 'bantuan = "{kode}"\n'}, ["r.toml: bantuan: {kode} is no field"]),
    (
        '[deadlines.agency."KEMENSO"]\nordinary = 30\n',
        {},
        ['[deadlines.agency."KEMENSO"]: is the code of no agency', "did you mean KEMENSOS?"],
    ),
    ('[routing]\nplaces = "none.csv"\n', {}, ["[routing] places: ", "none.csv", "check that it exists"]),
]


def test_check_says_that_all_is_fine(smsd):
    """Exit code 0."""
    assert f"{smsd.config}: fine\n" == smsd.ok("check")


@pytest.mark.parametrize(("appended", "files", "named"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_check_names_what_is_wrong(smsd, tmp_path, appended, files, named):
    """File, line or key, and the cure; exit code 1."""
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with smsd.config.open("a") as file:
        file.write(appended)
    code, out, err = smsd("check")
    assert (1, "") == (code, out)
    for words in named:
        assert words in err
    assert all(line.startswith("smsd: ") for line in err.splitlines())


def test_check_says_all_at_once(smsd, tmp_path, empty_dsn):
    """Modem, reference, replies, listening and database, each in its line."""
    (tmp_path / "a.csv").write_text("code,name\n")
    (tmp_path / "r.toml").write_text("")
    smsd.config.write_text(
        f'[gateway]\nstate_dir = "."\n[database]\ndsn = "{empty_dsn}"\n[[modem]]\nname = "m"\ndevice = "nowhere"\n'
        '[mail]\nhost = "h"\ntls = "none"\nlmtp_listen = "nonsense"\n'
        '[routing]\nagencies = "a.csv"\nreplies = "r.toml"\n'
    )
    code, _, err = smsd("check")
    assert 1 == code
    for words in ("a.csv", "r.toml", "m: device", "lmtp_listen", "[database] dsn: the database has no schema yet"):
        assert words in err
    smsd.config.write_text('[database]\ndsn = "embedded"\n[mail]\nhost = "h"\ntls = "none"\n')
    assert smsd.ok("check").endswith("fine\n")


async def test_db_init_makes_tables_and_key_once(smsd, empty_dsn, dsn, tmp_path):
    """The key is kept; a second time nothing is changed; upgrade says what there is to do."""
    smsd.config.write_text(smsd.config.read_text().replace(dsn, empty_dsn))
    assert "the database has no schema yet; run `smsd db init`" == smsd.refused(3, "db", "upgrade")
    assert "the database has no schema yet; run `smsd db init`" == smsd.refused(3, "ticket", "list")
    (tmp_path / "smsd.key").unlink()
    made = smsd.ok("db", "init")
    key = (tmp_path / "smsd.key").read_bytes()
    assert f"schema version 5 created; key {tmp_path}/smsd.key: back it up, without it nothing can be read\n" == made
    line = smsd.refused(1, "db", "init")
    assert "the database has a schema already (version 5); nothing was changed, see `smsd db upgrade`" == line
    assert key == (tmp_path / "smsd.key").read_bytes()
    assert "schema version 5: up to date\n" == smsd.ok("db", "upgrade")
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("UPDATE schema_version SET version = 99")
    await connection.close()
    assert "install a newer smsd" in smsd.refused(3, "db", "upgrade")


def test_an_unreachable_database_is_code_3(smsd, dsn):
    """One line, without the password."""
    smsd.config.write_text(smsd.config.read_text().replace(dsn, "postgresql://smsd:geheim@127.0.0.1:1/smsd"))
    for arguments in (["ticket", "list"], ["outbox", "list"], ["modem", "status"], ["db", "init"]):
        line = smsd.refused(3, *arguments)
        assert "is PostgreSQL running, and is [database] dsn right?" in line
        assert "geheim" not in line


async def test_outbox_lists_and_puts_back(smsd, texted, db):
    """What was given up goes again; what was not is said."""
    assert "nothing is open or given up\n" == smsd.ok("outbox", "list")
    code = await texted()
    sms, mail = smsd.json("outbox", "list")
    assert sms.keys() >= {"id", "state", "cause", "ticket", "attempts", "due_at", "created_at", "error"}
    assert {("sms:1", code), ("mail:1", code)} == {(row["id"], row["ticket"]) for row in (sms, mail)}
    assert "sms:1 was not given up; `smsd outbox list --state failed` shows what was" == smsd.refused(
        1, "outbox", "retry", "sms:1"
    )
    await db.execute("UPDATE outbox_sms SET state = 'failed', error = 'CMS 38'")
    await db.execute("UPDATE outbox_mail SET state = 'failed', error = $1", "550")
    failed = smsd.ok("outbox", "list", "--state", "failed").splitlines()
    assert 3 == len(failed)
    assert 1 == len(smsd.json("outbox", "list", "--all", "--limit", "1"))
    assert "sms:1: queued\nmail:1: queued\n" == smsd.ok("outbox", "retry", "sms:1", "mail:1")
    assert {"queued"} == {row["state"] for row in smsd.json("outbox", "list")}
    await db.execute("UPDATE outbox_sms SET state = 'expired', error = 'not sent in time'")
    (expired,) = smsd.json("outbox", "list", "--state", "expired")
    assert "not sent in time" == expired["error"]
    assert "expired" in smsd.ok("outbox", "list")
    assert "sms:1: queued\n" == smsd.ok("outbox", "retry", "sms:1")
    for nonsense in ("1", "sms:", "sms:²", "fax:1", "sms:99999999999999999999"):
        assert "is no id; write it as `smsd outbox list` shows it" in smsd.refused(2, "outbox", "retry", nonsense)


async def test_modem_status_is_what_modems_last_said(smsd, db):
    """In a table and as JSON."""
    assert "no modem has reported yet; is `smsd run` running?\n" == smsd.ok("modem", "status")
    await db.execute("INSERT INTO modem (name, state, signal, error) VALUES ('modem0', 'lost', NULL, 'unplugged')")
    (modem,) = smsd.json("modem", "status")
    assert {"name": "modem0", "state": "lost", "error": "unplugged"}.items() <= modem.items()
    assert "unplugged" in smsd.ok("modem", "status")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ticket", "lst"], "No such command 'lst'. Did you mean 'list'? `smsd ticket --help` shows how"),
        (["nothing"], "No such command 'nothing'. `smsd --help` shows how"),
        (["ticket", "list", "--status", "beres"], "Invalid value for '--status'"),
        (["ticket", "list", "--since", "kemarin"], "Invalid value for '--since'"),
        (["ticket", "list", "--limit", "99999999999999999999"], "Invalid value for '--limit'"),
        (["ticket", "show"], "Missing argument 'CODE'. `smsd ticket show --help` shows how"),
        (["outbox", "retry"], "Missing argument 'IDS...'. `smsd outbox retry --help` shows how"),
    ],
)
def test_usage_errors_are_one_line(smsd, arguments, line):
    """Exit code 2 and where to read on."""
    assert smsd.refused(2, *arguments, config=False).startswith(line)


def test_help_and_version(smsd):
    """Every command has a line; a group without a command shows its help."""
    shown = smsd.ok("--help", config=False)
    for name in ("run", "check", "db", "classify", "ticket", "outbox", "modem", "simulate", "demo"):
        assert f"\n  {name} " in shown
    code, _, err = smsd("ticket", config=False)
    assert (2, True) == (code, "Commands:" in err)
    assert smsd.ok("--version", config=False).startswith("smsd, version ")


def test_the_configuration_comes_from_the_environment_or_its_place(smsd):
    """$SMSD_CONFIG, else /etc/smsd/smsd.toml."""
    assert [] == json.loads(smsd.ok("ticket", "list", "--json", config=False, env={"SMSD_CONFIG": str(smsd.config)}))
    line = smsd.refused(1, "check", config=False, env={})
    assert (
        "/etc/smsd/smsd.toml: no such file; `smsd setup` writes it, or name one with --config FILE or $SMSD_CONFIG"
        == line
    )


def test_knows_who_acts(monkeypatch):
    """Behind sudo it is the person; in a container without names it is a number."""
    monkeypatch.setenv("SUDO_USER", "siti")
    assert "operator:siti" == operator()
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.setenv("LOGNAME", "budi")
    assert "operator:budi" == operator()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    assert "operator:987654" == operator()


def test_simulates_a_modem_until_told_to_stop(tmp_path):
    """Link and socket appear, and go with it."""
    link, control = tmp_path / "modem0", tmp_path / "control"
    command = [sys.executable, "-m", "smsd", "simulate", "modem", "--link", str(link), "--control", str(control)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 20
        while not control.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert link.exists()
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(20)
    with contextlib.suppress(FileNotFoundError):
        raise AssertionError(link.readlink())
