"""The picture of the dashboard: what is drawn of Prometheus' answers, and the whole of it where the programs are."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scripts.draw_dashboard import DASHBOARD, Frame, Series, _path, shown, stack

ROOT = Path(__file__).resolve().parents[2]
LINEAR = {"unit": "s", "custom": {"scaleDistribution": {"type": "linear"}}}
LOG = {"unit": "s", "custom": {"scaleDistribution": {"type": "log"}}}


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.25, "s", "250 ms"),
        (90, "s", "1.5 min"),
        (0, "s", "0 s"),
        (12345, "cpm", "12.3k/min"),
        (51, "percent", "51 %"),
    ],
)
def test_values_are_written_with_their_unit(value: float, unit: str, words: str) -> None:
    """Short enough for an axis."""
    assert words == shown(value, unit)


def test_what_is_stacked_stands_on_what_is_below() -> None:
    """Also where one of them has no value at a time."""
    one, two = Series("a", [(0, 1.0), (2, 2.0)]), Series("b", [(2, 3.0), (4, 1.0)])
    assert [Series("a", [(0, 1.0), (2, 2.0)]), Series("b", [(2, 5.0), (4, 1.0)])] == stack([one, two])


@pytest.mark.parametrize("defaults", [LINEAR, LOG])
def test_the_highest_value_is_highest_and_within_the_panel(defaults: dict[str, object]) -> None:
    """On both kinds of axes, each of which has marks."""
    frame = Frame([Series("a", [(0, 0.02), (60, 40.0)])], (0, 60), defaults, 400, 200)
    assert frame.top <= frame.y(40.0) < frame.y(1.0) < frame.y(0.02) <= frame.bottom
    assert 2 <= len(frame.ticks()) <= 6
    assert (frame.left, frame.right) == (frame.x(0), frame.x(60))


def test_a_line_is_broken_where_nothing_was_known() -> None:
    """While the daemon was away it was not zero."""
    line = Series("a", [(0, 1.0), (2, 1.0), (40, 1.0), (42, 1.0)])
    assert 2 == _path(line, Frame([line], (0, 60), LINEAR, 400, 200), "#fff", filled=False).count("<path")


@pytest.mark.timeout(400)
def test_a_living_town_is_drawn(tmp_path: Path) -> None:
    """The real daemon, a real Prometheus, every panel of the dashboard, in a real browser."""
    missing = [
        package
        for package, programs in {"prometheus": ["prometheus"], "chromium": ["chromium", "google-chrome"]}.items()
        if not any(map(shutil.which, programs))
    ]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not here (Debian: apt install prometheus chromium)")
    out = tmp_path / "dashboard.png"
    with tempfile.TemporaryDirectory(prefix="smsd-run-") as run:
        subprocess.run(
            [sys.executable, "scripts/draw_dashboard.py", "--seconds", "12", "--out", str(out)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": run},
            check=True,
            timeout=360,
        )
    width, height = struct.unpack(">II", out.read_bytes()[16:24])
    assert 1440 == width
    assert height > 1500
    assert DASHBOARD.exists()
