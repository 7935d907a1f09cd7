"""The harness that tries to break the promises: a short run, with everything in it that can be broken."""

import subprocess
import sys
import tempfile

import pytest

_RUN = (
    "--seed 1708 --sms 40 --modems 2 --kills 3 --database-kills 1 --database-cuts 1 --database-freezes 0 --unplugs 1 "
    "--silences 0 --mail-outages 1"
)


@pytest.mark.timeout(1500)  # a minute alone; an SMS in doubt rests for 30 s of it
def test_nothing_is_lost_repeated_or_stuck() -> None:
    """Whatever breaks. Not below pytest's own folder, which it closes to PostgreSQL's user at each start."""
    with tempfile.TemporaryDirectory(prefix="smsd-test-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.torture", *_RUN.split(), "--folder", folder],
            capture_output=True,
            text=True,
            check=False,
        )
    assert 0 == done.returncode, done.stdout + done.stderr
    assert " 4 starts, " in done.stdout
    assert "│ tickets          │ 40    │" in done.stdout
