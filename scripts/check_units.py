#!/usr/bin/env python3
"""Whether systemd understands the units, and how exposed it says the services are. One line a problem."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_EXPOSED = 15  # in tenths: 0 is locked in, 100 is open
COMMAND = "/usr/bin/smsd"  # where the package installs it; on a developer's machine it is elsewhere
INSTANCES = {"smsd.service": "smsd.service", "smsd@.service": "smsd@modem1.service"}


def main() -> int:
    """0 where all is well, or nothing can be looked at."""
    if shutil.which("systemd-analyze") is None:
        print("check_units: skipped, for systemd-analyze is missing (Debian: apt install systemd)", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="smsd-units-") as folder:
        units = _copies(Path(folder))
        problems = [*_verify(units), *(problem for unit in units for problem in _rate(unit))]
    for problem in problems:
        print(f"check_units: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _copies(folder: Path) -> list[Path]:
    """The units with a command that is there, for `verify` wants to find it; all else is as it is shipped."""
    ours = str(Path(sys.executable).parent / "smsd")
    for name in INSTANCES:
        text = (ROOT / "systemd" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(f"{COMMAND} ", f"{ours} "), encoding="utf-8")
    return [folder / name for name in INSTANCES]


def _verify(units: list[Path]) -> Iterator[str]:
    """Every word of `systemd-analyze verify` is a complaint; the man page is there only where smsd is installed."""
    names = [str(unit.parent / INSTANCES[unit.name]) for unit in units]
    done = _analyze("verify", "--man=no", *names)
    yield from (line for line in (done.stdout + done.stderr).splitlines() if line)
    if done.returncode and not (done.stdout or done.stderr):
        yield f"systemd-analyze verify ended with {done.returncode} and no word"


def _rate(unit: Path) -> Iterator[str]:
    """The last line of the table is the sum."""
    done = _analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1]
        what = "`systemd-analyze security` says what was loosened"
        yield f"{unit.name}: {last}; at most {MOST_EXPOSED / 10} is ours; {what}"


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
