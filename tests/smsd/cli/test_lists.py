"""Every list, filled with the longest that real life has: readable on any terminal, whole in a pipe."""

import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios

import pytest

LONG_TEXT = "Lampu jalan mati di Kecamatan Kepanjen Kabupaten Malang " + "dan belum juga diganti petugasnya " * 2
LONG_REASON = "450 4.7.1 <kepala.dinas.pekerjaan.umum@malangkab.example>: Recipient rejected: Greylisted, see our faq"
LONGEST_STATUS, LONGEST_AGENCY = "eskalasi_ombudsman", "DISPERINDAG_UKM-35.78"


@pytest.fixture
async def full(smsd, texted, mailed, another_number, db, tmp_path):
    """Something in every list; what each list must show of it, by command."""
    code = await texted(LONG_TEXT)
    mail = await mailed("Mohon maaf, akan kami teruskan dahulu kepada pimpinan. " * 6)
    spam = "MENANG UNDIAN Rp 100.000.000 dari BANK! Klik http://menang.example PIN 1234 hubungi kami segera ya"
    await texted(spam, sender=another_number())
    await db.execute(
        "INSERT INTO ticket_event (ticket_id, kind, actor, status, agency, due_at, due_for)"
        " SELECT id, 'status_set', 'operator:x', $1, $2, now() - interval '40 days', 'first_follow_up' FROM ticket",
        *(LONGEST_STATUS, LONGEST_AGENCY),
    )
    await db.execute("UPDATE outbox_mail SET state = 'failed', attempts = 12, error = $1", LONG_REASON)
    await db.execute("UPDATE outbox_sms SET state = 'failed', attempts = 8, error = $1", LONG_REASON)
    await db.execute("UPDATE inbound_message SET state = 'quarantined', outcome = 'penipuan', error = $1", LONG_REASON)
    await db.execute(
        "INSERT INTO contact_pause VALUES ($1, $2, now(), 'infinity', 3, '5.1.1', $3)",
        *("bidang.pengembangan.perdagangan.dan.usaha@surabayakota.example", LONGEST_AGENCY, LONG_REASON),
    )
    await db.execute(
        "INSERT INTO modem (name, state, signal, network, registered, sim_used, sim_size, error)"
        " VALUES ('telkomsel-cadangan-2', 'lost', 100, 'TELKOMSEL INDONESIA', 'registered, roaming', 250, 255, $1)",
        LONG_REASON,
    )
    (tmp_path / "archive.csv").write_text(
        "text,agency_type,place\n" + "".join(f"lampu anu mati total di kampung {n},DISHUB,35.73\n" for n in range(60))
    )
    return {
        "ticket list": [code, LONGEST_STATUS, LONGEST_AGENCY],
        f"ticket show {code}": [LONGEST_STATUS, LONGEST_AGENCY, "Greylisted,"],
        "deadlines": [code, LONGEST_AGENCY, "first_follow_up"],
        "outbox list": ["sms:1", "mail:1", "failed", code, "Greylisted,"],
        "inbox list": [str(mail), "free_text", code],
        "inbox list --all": [str(mail), "free_text", code, "held"],
        f"inbox show {mail}": [code, "free_text", "pimpinan."],
        "quarantine list": ["sms:1", "penipuan"],
        "quarantine show sms:1": ["sms:1", "penipuan", "Greylisted,"],
        "agency list": [LONGEST_AGENCY, "1", "5.1.1"],
        "modem status": ["telkomsel-cadangan-2", "lost", "100", "Greylisted,"],
        "spool": ["nothing waits"],
        "top --once": [code, LONGEST_AGENCY, "telkomsel-cadangan-2"],
        "classify --explain": ["lampu-jalan", "35.07.13", "DISHUB"],
    }


@pytest.fixture
def shown(smsd):
    """`shown("ticket list", 80)`: what a terminal of so many columns gets, with its colours."""

    def run(command, columns, *, term="xterm-256color", no_color=False):
        words = [*command.split(), *([LONG_TEXT] if command.startswith("classify") else [])]
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            # Given in full: the readline of pytest has put COLUMNS where os.environ does not show it.
            environ = {
                name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
            }
            environ |= {"TERM": term} | ({"NO_COLOR": "1"} if no_color else {})
            command = [sys.executable, "-m", "smsd", *words, "--config", str(smsd.config)]
            os.execve(sys.executable, command, environ)
        text = b""
        try:
            while data := os.read(terminal, 65536):
                text += data
        except OSError:  # Linux says EIO where the other side has closed
            pass
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()
        os.close(terminal)
        return text.decode().replace("\r\n", "\n")

    return run


def plain(text):
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("columns", [60, 80, 200])
async def test_no_line_is_too_long_and_no_value_is_cut(full, shown, columns):
    """On a terminal of so many columns: codes, ids, states and dates are whole, in one piece."""
    for command, values in full.items():
        lines = plain(shown(command, columns)).splitlines()
        assert columns >= max(map(len, lines)), (command, max(lines, key=len))
        words = set(" ".join(lines).split())
        for value in values:
            assert value in words or value in " ".join(lines), (command, value, "\n".join(lines))
        for column in ("due_at", "opened_at", "received_at", "updated_at"):
            if column in words and columns >= 80:
                assert re.search(r"\d\d/\d\d \d\d:\d\d", "\n".join(lines)), (command, "\n".join(lines))


@pytest.mark.timeout(600)
async def test_colours_are_for_terminals_that_have_them(full, shown, smsd):
    """None in a pipe, none where NO_COLOR is set, none on a dumb terminal."""
    for command in ("ticket list", "modem status", "top --once"):
        assert "\x1b[" in shown(command, 80)
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", shown(command, 80, no_color=True))
        assert "\x1b" not in shown(command, 80, term="dumb")
        assert "\x1b" not in smsd.ok(*command.split())


async def test_a_pipe_gets_every_column_of_a_row_in_one_line(full, smsd):
    """Nothing is left out, nothing ends in three dots, whatever COLUMNS says."""
    columns = {
        "ticket list": 8, "deadlines": 8, "outbox list": 7, "inbox list": 7, "quarantine list": 5, "agency list": 6,
        "modem status": 9,
    }  # fmt: skip
    for command, count in columns.items():
        rows = smsd.json(*command.split())
        heads, *lines = smsd.ok(*command.split()).splitlines()
        assert count == len(heads.split())
        assert len(rows) == len(lines)
        assert "…" not in "".join(lines)
    assert LONG_TEXT.strip() in smsd.ok("ticket", "list")
    narrow = smsd("ticket", "list", env=os.environ | {"COLUMNS": "40"})[1]
    assert narrow == smsd.ok("ticket", "list")


async def test_json_is_one_document_everywhere(full, smsd):
    """An array of a list, an object of one thing."""
    for command in full:
        words = command.replace(" --once", "").replace(" --explain", "").split()
        words += [LONG_TEXT] if words == ["classify"] else []
        document = smsd.json(*words)
        is_list = words[-1] in ("list", "--all", "deadlines") or words == ["modem", "status"]
        assert isinstance(document, list if is_list else dict), command
    assert [] == smsd.json("check")["problems"]


def test_what_is_wrong_is_a_document_too(smsd):
    """With exit code 1; a file that cannot be read is a problem like others."""
    smsd.config.write_text("[mail]\nhots = 'x'\n")
    code, out, err = smsd("check", "--json")
    assert (1, "") == (code, err)
    problems = json.loads(out)["problems"]
    assert any("hots" in each["where"] + each["what"] for each in problems)
    assert all({"where", "what"} == each.keys() for each in problems)


async def test_the_database_is_made_and_brought_up_to_date_in_json(smsd, settings, empty_dsn):
    """What was done, for a program to read."""
    text = smsd.config.read_text()
    smsd.config.write_text(text.replace(settings.database.dsn, empty_dsn))
    made = smsd.json("db", "init")
    assert {"version", "key"} == made.keys()
    assert {"version": made["version"], "applied": []} == smsd.json("db", "upgrade")
