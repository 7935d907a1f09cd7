"""The fuzzing as it is run by hand, short and with a fixed seed; and that it would find something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, and what it prints."""
    command = [sys.executable, str(ROOT / "bench" / "fuzz.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize(
    ("target", "inputs"),
    [("pdu", 4000), ("sms", 250), ("mail", 150), ("lmtp", 0), ("settings", 200), ("replies", 100), ("tables", 8)],
)
def test_nothing_is_found(tmp_path: Path, target: str, inputs: int) -> None:
    """All seeds and findings of the past, and some new inputs."""
    done = fuzz("--target", target, "--inputs", str(inputs), "--findings", str(tmp_path), "--deadline", "20")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert f"{target}: " in done.stdout


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_finding_is_kept_and_can_be_shown_again(tmp_path: Path, workers: str) -> None:
    """With a deadline that nothing can meet, the first input is one."""
    done = fuzz("--target", "pdu", "--inputs", "10", "--findings", str(tmp_path), "--deadline", "0.000001", "--workers", workers)
    assert done.returncode == 1
    [kept, *_] = tmp_path.iterdir()
    assert "too slow" in done.stdout
    assert f"--target pdu --replay {kept}" in done.stdout
    again = fuzz("--target", "pdu", "--replay", str(kept))
    assert (0, "nothing found\n") == (again.returncode, again.stdout)
