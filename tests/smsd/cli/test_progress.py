"""Bars on long work: for a person at a terminal, on standard error; else nothing."""

import os
import pty
import subprocess
import sys

import pytest

WORK = """
import sys, time
from smsd.cli.progress import progress
with progress("re-sealing", {total}, quiet={quiet}) as step:
    for _ in range(5):
        time.sleep(0.15)
        step(2)
print("10 sealed")
"""


def run(*, terminal, total=10, quiet=False, term="xterm-256color"):
    """Standard output, and what stands on a terminal or a pipe for standard error."""
    reader, writer = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-c", WORK.format(total=total, quiet=quiet)]
    environ = {**os.environ, "TERM": term}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writer, text=True, env=environ) as process:
        os.close(writer)
        told = b""
        try:
            while data := os.read(reader, 65536):
                told += data
        except OSError:  # Linux says EIO where the other side has closed
            pass
        os.close(reader)
        out = process.stdout.read()
    assert 0 == process.returncode
    return out, told.decode()


def test_a_bar_on_a_terminal_that_goes_when_the_work_is_done():
    """How much of how much; the result is on standard output alone."""
    out, told = run(terminal=True)
    assert "10 sealed\n" == out
    assert "re-sealing" in told
    assert "4/10" in told
    assert "10 sealed" not in told
    assert told.rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h"))


def test_without_a_total_it_counts():
    """Of work whose end nobody knows."""
    assert "/?" in run(terminal=True, total=None)[1]


@pytest.mark.parametrize(
    "how", [{"terminal": False}, {"terminal": True, "quiet": True}, {"terminal": True, "term": "dumb"}]
)
def test_nothing_anywhere_else(how):
    """In a pipe, with --json, on a terminal that cannot."""
    assert ("10 sealed\n", "") == run(**how)
