"""What is shipped for systemd: understood by systemd itself, rated, and the same for one process as for many."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"


def _needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is missing (Debian: apt install systemd)"
    )


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_units", ROOT / "scripts" / "check_units.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check_units = _load()


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the units to spoil."""
    shutil.copytree(UNITS, tmp_path / "systemd")
    monkeypatch.setattr(check_units, "ROOT", tmp_path)
    return tmp_path / "systemd"


def spoil(unit: Path, old: str, new: str) -> None:
    """Changes a line of a unit."""
    text = unit.read_text()
    assert old in text
    unit.write_text(text.replace(old, new))


@_needs("systemd-analyze")
class TestCheckUnits:
    def test_what_is_shipped_is_fine(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Not a word."""
        assert (0, "") == (check_units.main(), capsys.readouterr().err)

    @pytest.mark.parametrize("name", ["smsd.service", "smsd@.service"])
    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ("WatchdogSec=60s", "WatchdogSec=soon", "Failed to parse"),
            ("KillMode=mixed", "KilMode=mixed", "'KilMode'"),
            ("ExecStart=/usr/bin/smsd run", "ExecStart=/usr/bin/smds run", "/usr/bin/smds is not executable"),
            ("CapabilityBoundingSet=\n", "", "at most 1.5 is ours"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, shipped: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, told: str
    ) -> None:
        """In either unit."""
        spoil(shipped / name, old, new)
        assert 1 == check_units.main()
        assert told in capsys.readouterr().err


def test_without_systemd_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And which package has it."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert 0 == check_units.main()
    assert "skipped, for systemd-analyze is missing (Debian: apt install systemd)" in capsys.readouterr().err


def test_one_process_has_the_restrictions_of_many() -> None:
    """All but where agencies' mail comes in, and the words that say which modem."""

    def settings(name: str) -> set[str]:
        lines = (UNITS / name).read_text().split("[Service]")[1].splitlines()
        return {line for line in lines if line and not line.startswith("#")}

    many, one = settings("smsd.service"), settings("smsd@.service")
    assert {
        "ExecStart=/usr/bin/smsd run --config /etc/smsd/smsd.toml",
        "RuntimeDirectory=smsd",
        "RuntimeDirectoryMode=0750",
    } == many - one
    assert {"ExecStart=/usr/bin/smsd run --modem %i --config /etc/smsd/smsd.toml"} == one - many


@_needs("systemd-sysusers")
@_needs("systemd-tmpfiles")
def test_user_and_folders(tmp_path: Path) -> None:
    """Made in a root of our own: a system user without a shell, in dialout; its folders."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\ndialout:x:20:\n")
    for program, file in (("sysusers", "smsd.sysusers"), ("tmpfiles", "smsd.tmpfiles")):
        create = ("--create",) if program == "tmpfiles" else ()
        command = [f"systemd-{program}", f"--root={tmp_path}", *create, str(UNITS / file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stderr
    (user,) = [
        line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines() if line.startswith("smsd")
    ]
    assert ("/var/lib/smsd", "/usr/sbin/nologin") == tuple(user[5:])
    assert "dialout:x:20:smsd" in (tmp_path / "etc/group").read_text().splitlines()
    etc, var = (tmp_path / "etc/smsd").stat(), (tmp_path / "var/lib/smsd").stat()
    assert (0o750, 0o750) == (etc.st_mode & 0o777, var.st_mode & 0o777)
    if Path("/proc/self").stat().st_uid == 0:
        assert (0, int(user[2])) == (etc.st_uid, var.st_uid)
