"""The pictures of the report: what is there, and what is said where none can be drawn."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.draw_report import WIDTHS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", WIDTHS)
def test_the_documents_have_it(name: str) -> None:
    """As large as it is drawn."""
    width, height = struct.unpack(">II", (ROOT / "docs" / "images" / f"{name}.png").read_bytes()[16:24])
    assert WIDTHS[name] == (width, height)


def test_without_a_browser_it_says_what_to_install(tmp_path: Path) -> None:
    """At once, and not after a year."""
    command = [sys.executable, "-m", "scripts.draw_report", "--out", str(tmp_path)]
    without = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=without, check=False, cwd=ROOT)
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.endswith("is in PATH; install one (Debian: apt install chromium)\n")
    assert not list(tmp_path.iterdir())
