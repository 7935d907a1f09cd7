"""The demonstration set of agencies is what its script makes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "config" / "data"


def test_the_shipped_agencies_are_what_the_script_makes(tmp_path: Path) -> None:
    """Who changes one by hand loses it with the next run."""
    for name in ("agency_types.csv", "regions.csv"):
        shutil.copy(DATA / name, tmp_path)
    command = [sys.executable, str(ROOT / "scripts" / "build_agencies.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert ("", "") == (done.stdout, done.stderr)
    shipped, made = ((each / "agencies.csv").read_text(encoding="utf-8") for each in (DATA, tmp_path))
    assert shipped.splitlines() == made.splitlines()
