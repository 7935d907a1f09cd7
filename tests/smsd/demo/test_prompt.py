"""The prompt of `make run`, typed at on a real terminal."""

import contextlib
import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)  # each test starts the whole gateway
PATIENCE_S = 45
CODE = r"\b(\d{3} \d{3} \d{4})\b"


class Terminal:
    """A terminal of 200 columns with `smsd demo` on it."""

    def __init__(self, folder):
        self.folder = folder
        self.shown = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm", "COLUMNS": "200", "NO_COLOR": "1"}
            os.execv(sys.executable, [sys.executable, "-m", "smsd", "demo", "--keep", str(folder)])

    def types(self, text):
        """Key by key, as a person does."""
        for byte in text.encode():
            os.write(self.fd, bytes([byte]))

    def until(self, pattern):
        """What was shown up to there since the last time."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.shown)):
            left = deadline - time.monotonic()
            assert left > 0, self.shown
            assert select.select([self.fd], [], [], left)[0], self.shown
            try:
                self.shown += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:
                raise AssertionError(f"it ended: {self.shown}") from None
        self.shown = self.shown[found.end() :]
        return found

    def ends(self):
        """Its exit code; what it showed at the end stays in `shown`."""
        with contextlib.suppress(OSError):
            while select.select([self.fd], [], [], PATIENCE_S)[0] and (data := os.read(self.fd, 4096)):
                self.shown += data.decode(errors="replace")
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code

    def service(self):
        """The process of the daemon."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"run\0--config\0{self.folder}/smsd.toml" in path.read_text():
                    return int(path.parent.name)
        return None


@pytest.fixture
def terminal(tmp_path):
    """At the prompt."""
    terminal = Terminal(tmp_path / "kept")
    terminal.until("1708> ")
    yield terminal
    with contextlib.suppress(ProcessLookupError):
        os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.service() is None


def test_a_conversation(terminal):
    """Text as a citizen, answer as the agency, look at reports and mails, mistype, leave."""
    terminal.types("081200000001 jalan rusak parah di Lowokwaru kota malang\r")
    code = terminal.until(rf"\+6281200000001 < LAPOR 1708: laporan Anda no {CODE}")[1]
    terminal.until("1708> ")
    terminal.types(f"jawab {code} SELESAI sudah ditambal\r")
    # While the answer is on its way somebody types on: what comes stands on a line of its own, what is typed stays.
    terminal.types("lapo")
    terminal.until(r"\r\x1b\[K *\+6281200000001 < LAPOR 1708: [^\r\n]*: sudah ditambal[^\r\n]*\r\n1708> lapo")
    terminal.types("ran\r")
    terminal.until(rf"Reports[^\r]*\r\n[^\r]*\r\n{code.replace(' ', '')} +selesai +PUPR-35.73")
    terminal.types("surat\r")
    terminal.until(r"Mails to agencies \(1\)")
    terminal.types(f"surat {code}\r")
    terminal.until(r"\| Nomor: " + code)
    terminal.types("> status\r")
    terminal.until(rf"< LAPOR 1708: laporan {code} \(Jalan dan jembatan\) selesai")

    for wrong in ("apa ini?", "08 terlalu pendek", "jawab 123 TERIMA", "jalan rusak tanpa nomor"):
        terminal.types(f"{wrong}\r")
        terminal.until(r"leave\r\n")
    for nobodys in ("surat 482 130 9764", "jawab 482 130 9764 TERIMA"):
        terminal.types(f"{nobodys}\r")
        terminal.until("there is no mail about 482 130 9764; `surat` lists those there are")
    terminal.types("PROMO Kuota murah!\r")
    terminal.until("PROMO is a name, not a number: nobody can answer it")
    terminal.types("\r  \rselesai\r")
    terminal.until(r"stopped\.")
    assert 0 == terminal.ends()
    assert "smsd.stopped" in (terminal.folder / "smsd.log").read_text()


def test_leaves_by_the_end_of_input_or_a_key(terminal):
    """Ctrl-D."""
    terminal.types("\x04")
    terminal.until(r"stopped\.")
    assert 0 == terminal.ends()


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_an_interrupt_leaves_nothing_behind(terminal, how):
    """At once, not at the next Enter; the service has stopped cleanly and the terminal echoes again."""
    terminal.types("setengah jal")
    terminal.until("setengah jal")
    if how == "Ctrl-C":
        terminal.types("\x03")
    else:
        os.kill(terminal.pid, signal.Signals[how])
    assert 130 == terminal.ends()
    assert "Traceback" not in terminal.shown
    assert "smsd.stopped" in (terminal.folder / "smsd.log").read_text()


def test_says_that_the_service_has_ended(terminal):
    """Rather than to wait for answers that nobody sends."""
    os.kill(terminal.service(), signal.SIGKILL)
    assert 1 == terminal.ends()
    assert "smsd: the service ended by itself; the end of its log, " in terminal.shown
