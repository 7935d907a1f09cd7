"""The units under a real systemd: all that `make units` tries, where namespaces may be made."""

import subprocess
import sys

import pytest

from bench.units.__main__ import why_not


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.timeout(1200)  # a minute alone
def test_the_units_hold_under_a_real_systemd() -> None:
    """Start, restrictions, credentials, a serial port, reports, reload, kill, watchdog, stop, backup, embedded."""
    done = subprocess.run([sys.executable, "-m", "bench.units"], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert 11 == done.stdout.count("held    ")


def test_where_it_cannot_be_tried_the_program_says_what_is_missing() -> None:
    """Not a traceback, and not a success."""
    given = [sys.executable, "-m", "bench.units"]
    done = subprocess.run(given, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    assert 3 == done.returncode
    assert "is not installed (Debian: apt install " in done.stderr or "run this as root" in done.stderr
