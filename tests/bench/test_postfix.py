"""Operators' Postfix configuration and the daemon, together: all scenarios of `make postfix`, where Postfix is."""

import subprocess
import sys

import pytest

from bench.postfix.instance import why_not


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.timeout(1800)  # two minutes alone
@pytest.mark.parametrize("lmtp", ["unix", "tcp"])
def test_mail_goes_out_and_comes_back_through_a_real_postfix(lmtp: str) -> None:
    """Nothing is lost, nothing is handled twice, and nobody is let in who should not be."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.postfix", "--lmtp", lmtp], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_without_postfix_the_program_says_what_is_missing() -> None:
    """Not a traceback, and not a success."""
    given = [sys.executable, "-m", "bench.postfix"]
    done = subprocess.run(given, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    assert (3, "Postfix is not installed (Debian: apt install postfix)\n") == (done.returncode, done.stderr)
