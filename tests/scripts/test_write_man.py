"""The manual pages say all that the program has, and roff has nothing to say against them."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "write_man.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_man", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


write_man = _load()
COMMANDS = dict(write_man._walk(write_man.smsd, "smsd"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, written by the program."""
    out = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, str(SCRIPT), str(out)], check=True, timeout=60)
    return out


def rendered(page: Path) -> str:
    """As man shows it on a terminal that is wide; without bold."""
    command = ["groff", "-man", "-Tutf8", "-rLL=200n", "-P-cbou", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return " ".join(done.stdout.split())


def test_one_page_a_command_and_one_of_the_configuration(folder: Path) -> None:
    """Groups too."""
    expected = {f"{path.replace(' ', '-')}.1" for path in COMMANDS} | {"smsd.toml.5"}
    assert expected == {page.name for page in folder.iterdir()}


def test_the_same_sources_give_the_same_pages(folder: Path, tmp_path: Path) -> None:
    """So that a package can be built again."""
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path)], check=True, timeout=60)
    for page in folder.iterdir():
        assert page.read_bytes() == (tmp_path / page.name).read_bytes()


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed (Debian: apt install groff-base)")
def test_every_command_and_option_is_in_its_page(folder: Path) -> None:
    """With the words of its help."""
    for path, command in COMMANDS.items():
        page = rendered(folder / f"{path.replace(' ', '-')}.1")
        context = click.Context(command, info_name=path, help_option_names=["-h", "--help"])
        for parameter in command.get_params(context):
            if record := parameter.get_help_record(context):
                assert record[0] in page, (path, record[0])
                assert " ".join(record[1].replace("`", "").split()) in page, (path, record[1])
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                assert f"{path} {name}" in page
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
            assert section in page


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed (Debian: apt install groff-base)")
def test_every_key_is_in_the_page_of_the_configuration(folder: Path) -> None:
    """As docs/configuration.md has them."""
    page = rendered(folder / "smsd.toml.5")
    keys = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    assert len(keys) > 40
    assert [] == [key for key in keys if f" {key} " not in page]


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed (Debian: apt install man-db)")
def test_man_has_no_warning(folder: Path) -> None:
    """At the width of a terminal."""
    for page in sorted(folder.iterdir()):
        command = ["man", "--warnings", "-l", str(page)]
        environ = {"MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANPAGER": "cat"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=environ)
        assert "" == done.stderr, page.name


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed (Debian: apt install mandoc)")
def test_mandoc_has_no_warning(folder: Path) -> None:
    """But that there is no date, for a date would not be the sources'."""
    command = ["mandoc", "-T", "lint", "-W", "warning", *map(str, sorted(folder.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert [] == [line for line in done.stdout.splitlines() if "missing date" not in line]


def test_it_says_how_it_is_called() -> None:
    """One line, exit 2."""
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=60, check=False)
    assert (2, "usage: write_man.py OUTDIR\n") == (done.returncode, done.stderr)
