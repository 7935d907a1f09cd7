"""The fuzzing as it is run by hand, short and with a fixed seed; and that it would find something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, and what it prints."""
    command = [sys.executable, str(ROOT / "bench" / "fuzz.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


def test_nothing_is_found(tmp_path: Path) -> None:
    """Seeds, findings of the past, and some new inputs, for all that is fuzzed."""
    done = fuzz("--inputs", "1500", "--findings", str(tmp_path), "--deadline", "20")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert 7 == done.stdout.count("nothing found")


def test_a_finding_is_kept_and_can_be_shown_again(tmp_path: Path) -> None:
    """With a deadline that nothing can meet, the first input is one."""
    done = fuzz(
        "--target", "pdu", "--inputs", "10", "--findings", str(tmp_path), "--deadline", "0.000001", "--workers", "2"
    )
    assert done.returncode == 1
    [kept, *_] = tmp_path.iterdir()
    assert "too slow" in done.stdout
    assert f"--target pdu --replay {kept}" in done.stdout
    again = fuzz("--target", "pdu", "--replay", str(kept))
    assert (0, "nothing found\n") == (again.returncode, again.stdout)


LATE = """
import os, signal, sys
sys.path.insert(0, "bench")
from fuzz import TooSlow, deadline, hear_the_timers
hear_the_timers()
try:
    with deadline(20):
        os.kill(os.getpid(), signal.SIGPROF)
except TooSlow:
    print("too slow")
for number in (signal.SIGALRM, signal.SIGPROF):
    os.kill(os.getpid(), number)
with deadline(20):
    print("in time")
os.kill(os.getpid(), signal.SIGALRM)
"""


def test_a_signal_that_comes_late_is_nobodys() -> None:
    """There are two timers, and a busy machine tells of them when it likes: a worker must not die of the second."""
    done = subprocess.run(
        [sys.executable, "-c", LATE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (0, "too slow\nin time\n", "") == (done.returncode, done.stdout, done.stderr)
