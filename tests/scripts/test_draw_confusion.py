"""The picture of what routing takes for what, from texts whose right type is known."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from routing.classify import Router

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "draw_confusion.py"
SVG = "{http://www.w3.org/2000/svg}"
TEXTS = (
    ("PUPR", "jalan berlubang parah di depan rumah"),
    ("PUPR", "jln rusak blm diperbaiki"),
    ("PUPR", "aspal jalan kampung hancur"),
    ("DLH", "sampah numpuk tidak diangkut"),
    ("DLH", "jalan rusak"),
    ("PLN", "BDG mati lampu terus, token masih ada"),
    ("DISHUB", "xyz"),
    ("", "tanpa jawaban"),
    ("SETDA", "surat untuk sekda"),
)


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_confusion", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = _load()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of decided reports."""
    file = tmp_path / "decided.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("agency_type", "text"), *TEXTS])
    return file


def drawn(picture: str) -> tuple[str | None, list[str], list[str]]:
    """The title, the rows' labels, and the figures in the fields."""
    root = ElementTree.fromstring(picture)
    texts = list(root.iter(f"{SVG}text"))
    labels = [each.text or "" for each in texts if each.get("text-anchor") == "end"]
    figures = [each.text or "" for each in texts if each.get("text-anchor") == "middle"]
    return root.findtext(f"{SVG}title"), labels, figures


def test_what_no_topic_decides_is_left_out(archive: Path) -> None:
    """Reports without an answer, and those of the town hall itself."""
    assert list(TEXTS[:7]) == script.read(archive)


def test_every_answer_is_counted(archive: Path, router: Router) -> None:
    """By right type and answer; a channel word is taken off first, and nothing found is `others`."""
    expected = {("PUPR", "PUPR"): 3, ("DLH", "DLH"): 1, ("DLH", "PUPR"): 1, ("PLN", "PLN"): 1, ("DISHUB", "others"): 1}
    assert expected == script.confusions(router, script.read(archive))


def test_the_picture_shows_the_shares_of_each_row() -> None:
    """The commonest type first; what is not among the rows is one column."""
    found = Counter({("PUPR", "PUPR"): 3, ("PUPR", "DLH"): 1, ("DLH", "PUPR"): 1, ("DLH", "PLN"): 1, ("PLN", "PLN"): 1})
    title, labels, figures = drawn(script.draw(found, 2, "Own <texts> & more"))
    assert "Own <texts> & more: 7 texts, 57% right at first guess" == title
    assert ["PUPR (4)", "DLH (2)"] == labels
    assert ["75", "25", "50", "50"] == figures


def test_nothing_to_draw_is_an_empty_picture() -> None:
    """No division by nothing."""
    assert ("Routing: 0 texts, 0% right at first guess", [], []) == drawn(script.draw(Counter(), 18, "Routing"))


def test_the_command_writes_the_picture(archive: Path, tmp_path: Path) -> None:
    """On the shipped data, as a home or for the whole country."""
    out = tmp_path / "confusion.svg"
    command = [sys.executable, str(SCRIPT), str(archive), str(out), "--home", "32.73", "--rows", "3", "--name", "Own"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert ("", "") == (done.stdout, done.stderr)
    title, labels, _ = drawn(out.read_text(encoding="utf-8"))
    assert "Own: 7 texts, 71% right at first guess" == title
    assert ["PUPR (3)", "DLH (2)", "PLN (1)"] == labels


def test_a_missing_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the cure, and nothing is written."""
    monkeypatch.setattr(sys, "argv", ["draw_confusion.py", str(tmp_path / "none.csv"), str(tmp_path / "out.svg")])
    assert 1 == script.main()
    expected = f"{tmp_path}/none.csv is not there; name a CSV with the columns text and agency_type\n"
    assert ("", expected) == capsys.readouterr()
    assert not (tmp_path / "out.svg").exists()
