"""make package-test is no part of the tests, for it takes ten minutes; but it must not fail silently."""

import subprocess
import sys


def test_without_debootstrap_the_program_says_what_is_missing() -> None:
    """Not a traceback, and not a success."""
    given = [sys.executable, "-m", "bench.package"]
    done = subprocess.run(given, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    assert (3, "debootstrap is missing (Debian: apt install debootstrap util-linux)\n") == (
        done.returncode,
        done.stderr,
    )
