"""A simulated year of one district: every deadline on the right working day, once."""

import os
import subprocess
import sys
import tempfile

import pytest

# Ten thousand take a quarter of an hour or more; a developer waits for as many as show every way of officials.
_TICKETS = 10_000 if os.environ.get("CI") else 150


@pytest.mark.timeout(4800)
def test_every_deadline_of_a_year_does_what_it_must() -> None:
    """By another calculation than the gateway's."""
    # What it covers others cover too, and measuring that would take half as long again.
    unmeasured = os.environ | {"COVERAGE_PROCESS_CONFIG": ""}
    with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.year", "--tickets", str(_TICKETS), "--folder", folder],
            capture_output=True,
            text=True,
            check=False,
            env=unmeasured,
        )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert f"{_TICKETS} reports, 365 days" in done.stdout
    assert "\n0 wrong\n" in done.stdout
