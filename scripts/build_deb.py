#!/usr/bin/env python3
"""The Debian package of what is committed: dist/smsd_<version>_<arch>.deb. `make deb`; see docs/install.md.

It needs a machine of the release that the package is for, with dpkg-dev, debhelper, fakeroot and python3-venv, and
the network for pip; installing the package needs none. The virtual environment is made by debian/rules, without
dh-virtualenv: what that adds to the twenty lines there is one more thing that must be alive.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_NEEDED = {
    "dpkg-buildpackage": "dpkg-dev",
    "dh": "debhelper",
    "fakeroot": "fakeroot",
    "git": "git",
    "/usr/bin/python3": "python3",
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_VIA = re.compile(r"^    # +(?:via +)?([A-Za-z0-9._-]+)", re.MULTILINE)


def runtime_lock(lock: str, wanted: set[str]) -> str:
    """Of a lock file, what the named packages need, told by its comments on what came by what (`# via`)."""
    pins = {_plain(m[1]): m[0] for m in _PIN.finditer(lock)}
    needed = {_plain(name) for name in wanted}
    while more := {name for name, pin in pins.items() if needed & set(map(_plain, _VIA.findall(pin)))} - needed:
        needed |= more
    if missing := needed - pins.keys():
        raise SystemExit(f"build_deb: requirements.lock has no {', '.join(sorted(missing))}; lock it first")
    return "".join(pins[name] for name in sorted(needed))


def _plain(name: str) -> str:
    """The name as all spellings have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def missing_tools() -> list[str]:
    """Debian packages that must be installed first."""
    missing = [package for tool, package in _NEEDED.items() if shutil.which(tool) is None]
    if "python3" in missing:
        return [*missing, "python3-venv"]
    probe = subprocess.run(["/usr/bin/python3", "-c", "import venv, ensurepip"], capture_output=True, check=False)
    return missing if probe.returncode == 0 else [*missing, "python3-venv"]


def build(version: str, dist: Path) -> Path:
    """Builds in a temporary folder; the package."""
    with tempfile.TemporaryDirectory(prefix="smsd-deb-") as folder:
        tree = Path(folder) / "smsd"
        tree.mkdir()
        _export(tree)
        _prepare(tree, version)
        subprocess.run(["dpkg-buildpackage", "-b", "-us", "-uc", "-tc"], cwd=tree, check=True, env=_environment())
        (package,) = Path(folder).glob("smsd_*.deb")
        dist.mkdir(exist_ok=True)
        return Path(shutil.copy(package, dist / package.name))


def _export(tree: Path) -> None:
    """What is committed, and nothing that lies about."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x"], cwd=tree, check=True, input=archive.stdout)


def _prepare(tree: Path, version: str) -> None:
    """debian/changelog, and package/: wheel, requirements, man pages, completion."""
    package = tree / "package"
    package.mkdir()
    setup = (tree / "setup.cfg").read_text()
    (tree / "setup.cfg").write_text(re.sub(r"^version = .*$", f"version = {version}", setup, flags=re.MULTILINE))
    maintainer = re.search(r"^Maintainer: (.*)$", (tree / "debian/control").read_text(), re.MULTILINE)
    assert maintainer
    (tree / "debian/changelog").write_text(
        f"smsd ({version}) bookworm; urgency=medium\n\n  * See /usr/share/doc/smsd/NEWS.md.gz for what has changed.\n\n"
        f" -- {maintainer[1]}  {formatdate(_committed_at())}\n"
    )
    shutil.copy(tree / "CHANGELOG.md", package / "NEWS.md")
    wanted = re.findall(r"^ {4}([\w.-]+)>=", _section(tree)["install_requires"].replace("\n", "\n    "), re.MULTILINE)
    lock = (tree / "requirements.lock").read_text()
    (package / "requirements.txt").write_text(runtime_lock(lock, set(wanted)))
    # For what comes as sources only; taken out again.
    (package / "build-requirements.txt").write_text(runtime_lock(lock, {"setuptools", "wheel"}))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "-w", str(package), "."], cwd=tree, check=True)
    shutil.rmtree(tree / "build")
    smsd = Path(sys.executable).with_name("smsd")
    completion = subprocess.run([smsd, "completion", "bash"], check=True, capture_output=True)
    (package / "smsd.bash").write_bytes(completion.stdout)
    (package / "man").mkdir()
    subprocess.run([sys.executable, "scripts/write_man.py", str(package / "man")], cwd=tree, check=True)


def _section(tree: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser()
    parser.read(tree / "setup.cfg")
    return parser["options"]


def _committed_at() -> int:
    """Seconds since 1970: two builds of one commit are the same."""
    shown = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True)
    return int(shown.stdout)


def _environment() -> dict[str, str]:
    """Without this program's own virtual environment; Debian's python3 makes the package's."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return kept | {"SOURCE_DATE_EPOCH": str(_committed_at()), "DEB_BUILD_OPTIONS": "noddebs"}


def main() -> int:
    """Reads the arguments."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", default=setup["metadata"]["version"], help="of the package (default: setup.cfg's)")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where it is written")
    given = parser.parse_args()
    if missing := missing_tools():
        print(f"build_deb: missing; apt install {' '.join(missing)}", file=sys.stderr)
        return 3
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        print("build_deb: what is not committed is left out", file=sys.stderr)
    try:
        package = build(given.version, given.dist)
    except subprocess.CalledProcessError as e:
        print(f"build_deb: {e.cmd[0]} failed with {e.returncode}; what it said stands above", file=sys.stderr)
        return 1
    print(f"{package}: {package.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
