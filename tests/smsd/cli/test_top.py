"""top: the live view, on a real terminal (a pty, and tmux where there is one), and printed once."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

from smsd.loops import Bell
from smsd.modem_board import ModemBoard
from smsd.transports.base import TransportState

_PATIENCE_S = 60
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>()][A-Z0-9]?)")


class Terminal:
    """`smsd top` on a pty of that size."""

    def __init__(self, config, *, lines=24, columns=80, arguments=(), term="xterm-256color"):
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = term
            os.environ.pop("NO_COLOR", None)
            time.sleep(0.2)  # until its terminal has its size
            command = [sys.executable, "-m", "smsd", "top", "--interval", "0.3", *arguments, "--config", str(config)]
            os.execv(sys.executable, command)
        self.resize(lines, columns)
        self.before = termios.tcgetattr(self._fd)
        self.shown = ""

    def resize(self, lines, columns):
        """As when somebody draws at the window's corner."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, words):
        """Reads until they have been written since the last call; what that was, without colours."""
        deadline = time.monotonic() + _PATIENCE_S
        new = ""
        while words not in _ESCAPES.sub("", new):
            assert time.monotonic() < deadline, f"no {words!r} in {_ESCAPES.sub('', new)[-3000:]!r}"
            if select.select([self._fd], [], [], 0.2)[0]:
                data = os.read(self._fd, 65536)
                new += data.decode(errors="replace")
        self.shown += new
        return _ESCAPES.sub("", new)

    def type(self, keys):
        """As a person does."""
        os.write(self._fd, keys)

    def ended(self):
        """The exit code; and the terminal is as it was."""
        with contextlib.suppress(OSError):  # Linux says EIO where the other side has closed
            while data := os.read(self._fd, 65536):
                self.shown += data.decode(errors="replace")
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.after = termios.tcgetattr(self._fd)
        os.close(self._fd)
        return code


@pytest.fixture
def terminal(smsd):
    """`terminal(...)`: opens one on the test's configuration."""
    return lambda **how: Terminal(smsd.config, **how)


@pytest.fixture
async def modems(pool):
    """Two modems have said what they are like."""
    board = ModemBoard(pool, Bell())
    board.tell("telkomsel", TransportState("ready", None, 71, "TELKOMSEL", "home", 3, 50))
    board.tell("xl", TransportState("lost", error="nothing at /dev/xl; is it plugged in?"))
    await board.step()


async def test_printed_once_it_says_how_it_is(smsd, texted, modems, db):
    """Modems, what came, what waits, who is late, whom it needs, what happened; nobody's text or number."""
    code = await texted()
    await db.execute("UPDATE ticket SET due_at = now() - interval '3 days'")
    lines = smsd.ok("top", "--once").splitlines()
    shown = "\n".join(lines)
    assert [] == [line for line in lines if line != line.rstrip()]
    for words in ("telkomsel", "71%", "xl: nothing at /dev/xl", "SMS in", "SMS to send", "PUPR-35.73", "triage desk"):
        assert words in shown
    assert re.search(rf"{code} dispatched +gateway +PUPR-35.73", shown)
    assert re.search(r"PUPR-35.73 +1 +3 d", shown)
    assert "Lowokwaru" not in shown
    assert "4711" not in shown


async def test_one_object(smsd, texted, modems):
    """With the same keys whatever there is to tell."""
    empty = smsd.json("top")
    assert ["at", "modems", "flow", "queues", "late", "person", "events"] == list(empty)
    await texted()
    now = smsd.json("top")
    flow = {row["kind"]: row for row in now["flow"]}
    assert (1, 1, 1) == tuple(flow["sms_in"][span] for span in ("minute", "hour", "today"))
    assert 24 == len(flow["reports"]["hours"])
    assert (0, 1) == (flow["reports"]["hours"][0], flow["reports"]["hours"][-1])
    assert ["texts", "parts", "sms", "mails", "answers"] == [row["queue"] for row in now["queues"]]
    assert {"queue", "waiting", "later", "tried", "oldest_s", "stuck"} == now["queues"][0].keys()
    assert ["triage", "inbox", "quarantine", "given_up", "paused"] == [row["what"] for row in now["person"]]
    assert ["dispatched", "verified", "opened"] == [event["kind"] for event in now["events"]]
    assert {"at", "code", "kind", "agency", "actor"} == now["events"][0].keys()


async def test_what_waits_too_long_is_stuck(smsd, texted, db):
    """An SMS that is due and nobody sends; what is not due yet is none."""
    await texted()
    waits = {row["queue"]: row for row in smsd.json("top")["queues"]}
    assert (1, False) == (waits["sms"]["waiting"], waits["sms"]["stuck"])
    await db.execute("UPDATE outbox_sms SET due_at = now() - interval '16 minutes'")
    await db.execute("UPDATE outbox_mail SET due_at = now() + interval '2 hours'")
    waits = {row["queue"]: row for row in smsd.json("top")["queues"]}
    assert waits["sms"]["stuck"]
    assert 960 <= waits["sms"]["oldest_s"] < 1100
    assert (1, 1, None, False) == tuple(waits["mails"][key] for key in ("waiting", "later", "oldest_s", "stuck"))


async def test_hours_and_days_are_found_among_many_rows(smsd, db):
    """What is older than a day is not counted, and each hour has its own."""
    await db.execute("INSERT INTO phone (address_hash, address_sealed, answerable) VALUES ('x', 'x', true)")
    await db.execute(
        "INSERT INTO inbound_message (phone_id, transport, text, complete, sent_at, received_at, state)"
        " SELECT 1, 'modem0', $1, true, now(), now() - interval '30 minutes' * (500 - n), 'handled'"
        " FROM generate_series(1, 499) AS n",
        "",
    )
    (flow,) = (row for row in smsd.json("top")["flow"] if row["kind"] == "sms_in")
    assert [*[2] * 23, 1] == flow["hours"]
    assert (0, 1) == (flow["minute"], flow["hour"])


async def test_it_lives_until_q(terminal, texted, modems):
    """What happens while it is watched appears by itself; then the terminal is as it was."""
    watching = terminal()
    watching.until("telkomsel")
    code = await texted()
    screen = await asyncio.to_thread(watching.until, code)
    assert "opened" in screen
    watching.type(b"q")
    assert 0 == watching.ended()
    assert "\x1b[?1049h" in watching.shown
    assert watching.shown.rindex("\x1b[?1049l") > watching.shown.rindex("opened")
    assert watching.before == watching.after


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_cleanly_by_a_signal(terminal, number):
    """Ctrl-C too: exit 0, and the terminal is as it was."""
    watching = terminal()
    watching.until("SMS to send")
    if number == signal.SIGINT:
        watching.type(b"\x03")
    else:
        os.kill(watching.pid, number)
    assert 0 == watching.ended()
    assert "Traceback" not in watching.shown
    assert watching.before == watching.after


def test_a_terminal_that_can_do_nothing_gets_it_once(terminal):
    """TERM=dumb: no escapes, and it ends by itself."""
    plain = terminal(term="dumb")
    assert 0 == plain.ended()
    assert "SMS to send" in plain.shown
    assert "\x1b" not in plain.shown


async def test_without_the_database_it_goes_on_asking(terminal, a_server):
    """It says so, keeps what it knew, and is itself again when the database is."""
    watching = terminal()
    watching.until("SMS to send")
    await asyncio.to_thread(a_server.stop)
    assert "asked again every 0.3 s" in await asyncio.to_thread(watching.until, "the database does not answer")
    await asyncio.to_thread(watching.until, "SMS to send")
    await asyncio.to_thread(a_server.start)
    deadline = time.monotonic() + _PATIENCE_S
    while "does not answer" in (await asyncio.to_thread(watching.until, "FOR A PERSON")):
        assert time.monotonic() < deadline
    watching.type(b"q")
    assert 0 == watching.ended()


async def test_it_may_begin_without_the_database(smsd, terminal, a_server):
    """And --once says in one line that it cannot."""
    await asyncio.to_thread(a_server.stop)
    watching = terminal()
    await asyncio.to_thread(watching.until, "the database does not answer")
    assert "is PostgreSQL running" in smsd.refused(3, "top", "--once")
    await asyncio.to_thread(a_server.start)
    await asyncio.to_thread(watching.until, "SMS to send")
    watching.type(b"q")
    assert 0 == watching.ended()


@pytest.fixture
def a_server(own_server, settings, config):
    """A PostgreSQL that may be stopped; the configuration names it."""
    config.write_text(config.read_text().replace(settings.database.dsn, own_server.dsn))
    return own_server


# ---------------------------------------------------------------- a real terminal's screen


@pytest.fixture
def tmux(smsd, tmp_path):
    """`tmux("resize-window", ...)`: a terminal of 80 by 24 in which `smsd top` runs."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed (Debian: apt install tmux)")
    socket = tmp_path / "tmux"

    def run(*arguments):
        command = ["tmux", "-f", "/dev/null", "-S", str(socket), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    top = f"{sys.executable} -m smsd top --interval 0.3 --config {smsd.config}"
    run("-u", "new-session", "-d", "-x", "80", "-y", "24", f"{top}; echo ended $?; sleep 60")
    yield run
    run("kill-server")


def screen_with(tmux, words):
    """The lines on the screen, once these words are on it."""
    deadline = time.monotonic() + _PATIENCE_S
    while words not in (shown := tmux("capture-pane", "-p")):
        assert time.monotonic() < deadline, shown
        time.sleep(0.1)
    return shown.splitlines()


async def test_the_screen_fits_and_follows_the_window(tmux, texted, modems):
    """At 80 by 24 all blocks are there; a wider window has them side by side; q gives the shell back."""
    code = await texted()
    lines = await asyncio.to_thread(screen_with, tmux, code)
    for words in ("MODEM", "FLOW", "QUEUE", "FOR A PERSON", "LATE", "EVENT", "xl: nothing at", "q quits"):
        assert 1 == sum(words in line for line in lines), "\n".join(lines)
    assert 24 >= len(lines)
    assert "…" not in "".join(lines)
    tmux("resize-window", "-x", "160", "-y", "40")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        lines = await asyncio.to_thread(screen_with, tmux, "FOR A PERSON")
        if any("FLOW" in line and "FOR A PERSON" in line for line in lines):
            break
        assert time.monotonic() < deadline, "\n".join(lines)
    tmux("send-keys", "q")
    lines = await asyncio.to_thread(screen_with, tmux, "ended 0")
    assert not any("MODEM" in line for line in lines)


async def test_q_ends_it_while_the_database_hangs(terminal, a_server):
    """A server that neither answers nor refuses holds nobody up."""
    watching = terminal()
    await asyncio.to_thread(watching.until, "SMS to send")
    a_server.freeze()
    await asyncio.sleep(1)
    watching.type(b"q")
    began = time.monotonic()
    assert 0 == await asyncio.to_thread(watching.ended)
    a_server.thaw()
    assert time.monotonic() - began < 20


async def test_tables_that_it_does_not_know_end_it_with_the_cure(terminal, smsd, settings, empty_dsn):
    """As they end every command: exit 3 and one line, on the screen that was there before."""
    smsd.config.write_text(smsd.config.read_text().replace(settings.database.dsn, empty_dsn))
    watching = terminal()
    assert 3 == watching.ended()
    assert "run `smsd db init`" in watching.shown.partition("\x1b[?1049l")[2]
