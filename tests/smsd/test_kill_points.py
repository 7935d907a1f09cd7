"""Points at which a test can have the daemon die."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import smsd
from smsd.kill_points import POINTS, reach

_PASS_FIVE_TIMES = """
from smsd.kill_points import reach
for number in range(1, 6):
    reach("parts.seen")
    reach("parts.kept")
    print(number, flush=True)
"""


def passed(setting: str) -> subprocess.CompletedProcess[str]:
    """A process that comes to two points five times."""
    return subprocess.run(
        [sys.executable, "-c", _PASS_FIVE_TIMES],
        env=os.environ | {"SMSD_KILL_AT": setting, "COVERAGE_PROCESS_CONFIG": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("setting", "rounds"), [("parts.kept", 0), ("parts.seen:3", 2), ("parts.kept:5", 4)])
def test_the_process_dies_where_it_is_told_to(setting: str, rounds: int) -> None:
    """As `kill -9` would end it, at the nth time."""
    done = passed(setting)
    assert (-signal.SIGKILL, rounds) == (done.returncode, len(done.stdout.split()))


@pytest.mark.parametrize("setting", ["", "sms.committed", "parts.seen:6"])
def test_other_points_are_passed(setting: str) -> None:
    """Without the variable nothing dies."""
    assert (0, 5) == ((done := passed(setting)).returncode, len(done.stdout.split()))


def test_a_point_that_is_none_is_told() -> None:
    """With those there are."""
    error = passed("parts.kpt").stderr
    assert "SMSD_KILL_AT: there is no point 'parts.kpt'; there are parts.seen, parts.kept" in error


def test_every_point_stands_once_in_the_daemon() -> None:
    """And no other."""
    sources = [path.read_text() for path in Path(smsd.__path__[0]).rglob("*.py")]
    found = [point for source in sources for point in re.findall(r'^\s+reach\("([\w.]+)"\)', source, re.MULTILINE)]
    assert sorted(POINTS) == sorted(found)


def test_a_point_costs_nothing_where_none_is_chosen() -> None:
    """The tests themselves run so."""
    assert None is reach("parts.seen")
