"""The program; see the package."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench.package
from bench.package.machine import Missed, make_root, open_machine, why_not
from bench.package.play import STEPS, Play

_ROOT = Path(__file__).resolve().parent.parent.parent
_HIGHER = "+next1"


def play(root: Path, old: Path, new: Path) -> bool:
    """All steps until one fails; whether none did."""
    table, began = Table("what", "expected", "seen", "s"), time.monotonic()
    with open_machine(root) as machine:
        run = Play(machine, old, new)
        good = True
        for what, expected, step in STEPS:
            since = time.monotonic()
            try:
                seen = step(run)
            except (Missed, subprocess.TimeoutExpired) as error:
                good, seen = False, f"FAILED: {error}"
            took = time.monotonic() - since
            print(f"{took:6.1f} s  {what}: {seen}", file=sys.stderr, flush=True)
            table.add_row(what, expected, seen, f"{took:.1f}")
            if not good:
                break
    out = Console(highlight=False, markup=False, width=140)
    out.print(table)
    out.print(f"{len(STEPS)} steps, {old.name} and {new.name}, {time.monotonic() - began:.0f} s in all")
    return good


def build(folder: Path) -> tuple[Path, Path]:
    """What is committed as this version, and once more as a higher one."""
    script = [sys.executable, str(_ROOT / "scripts/build_deb.py"), "--dist", str(folder)]
    subprocess.run(script, check=True, stdout=subprocess.DEVNULL)
    (old,) = folder.glob("*.deb")
    version = old.name.split("_")[1] + _HIGHER
    subprocess.run([*script, "--version", version], check=True, stdout=subprocess.DEVNULL)
    (new,) = folder.glob(f"*_{version}_*.deb")
    return old, new


def main() -> int:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(prog="python -m bench.package", description=bench.package.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--debs", nargs=2, type=Path, metavar=("OLD", "NEW"), help="packages; else they are built")
    parser.add_argument("--root", type=Path, help="a root made by debootstrap; else one is made")
    given = parser.parse_args()
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 3
    folder = Path(tempfile.mkdtemp(prefix="smsd-package-"))
    try:
        root = folder / "root"
        if given.root:
            subprocess.run(["cp", "-a", str(given.root), str(root)], check=True)
        else:
            make_root(root)
        good = play(root, *(given.debs or build(folder / "dist")))
    except subprocess.CalledProcessError as e:
        print(f"{e.cmd[0]} failed with {e.returncode}; what it said stands above", file=sys.stderr)
        return 1
    if not good:
        print(f"the root is left in {folder}; its logs are in root/var/log")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
