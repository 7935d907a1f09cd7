"""The check of the faults page: how messages are read from source, and that both pages have each of them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_faults", ROOT / "scripts" / "check_faults.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_faults"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


check_faults = _load()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small program that can tell one fault, and both pages with it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "smsd").mkdir()
    (tmp_path / "docs" / "id").mkdir(parents=True)
    _program(tmp_path, 'raise NotSo(f"there is no mail {mail_id}; look again")')
    for document in check_faults.DOCUMENTS:
        (tmp_path / document).write_text("| message | cure |\n|---|---|\n| `there is no mail …` | look again |\n")
    return tmp_path


def _program(tree: Path, source: str) -> None:
    (tree / "smsd" / "work.py").write_text(source + "\n")


def _told(tree: Path, source: str) -> list[str]:
    _program(tree, source)
    return sorted(check_faults.faults(tree))


def test_both_pages_have_every_fault_and_no_other() -> None:
    """The program as it is, and the pages as they are."""
    assert [] == list(check_faults.problems(ROOT))


def test_there_are_many_faults() -> None:
    """A reader of source that finds nothing would agree with anything."""
    found = check_faults.faults(ROOT)

    assert len(found) > 300
    assert found["another smsd already runs in …"].startswith("smsd/share.py:")


def test_a_right_page_has_no_problem(tree: Path) -> None:
    """The start of the tests below."""
    assert [] == list(check_faults.problems(tree))


def test_a_fault_without_a_cure_is_named_with_its_place(tree: Path) -> None:
    """In each language."""
    _program(
        tree, 'raise NotSo(f"there is no mail {mail_id}; look again")\nraise BackupError("it is cut; take another")'
    )

    assert [
        f"smsd/work.py:2: the fault 'it is cut' is missing in {document}" for document in check_faults.DOCUMENTS
    ] == list(check_faults.problems(tree))


def test_a_cure_without_its_fault_is_named(tree: Path) -> None:
    """A message that was changed leaves its old words on the page."""
    _program(tree, "")

    assert [
        f"{document}: nothing in smsd/ or config/ tells 'there is no mail …'" for document in check_faults.DOCUMENTS
    ] == list(check_faults.problems(tree))


def test_a_fault_that_stands_twice_is_named(tree: Path) -> None:
    """Two cures of one message would contradict each other one day."""
    page = tree / "docs" / "faults.md"
    page.write_text(page.read_text() + "| `there is no mail …` | look elsewhere |\n")

    assert ["docs/faults.md: has 'there is no mail …' more than once"] == list(check_faults.problems(tree))


def test_an_error_that_nobody_has_sorted_is_named(tree: Path) -> None:
    """A new class of errors must not pass by the page."""
    _program(tree, 'raise NotSo(f"there is no mail {mail_id}; look again")\nraise Surprise("boo")')

    assert ["smsd/work.py:2: scripts/check_faults.py does not know whether Surprise is told to operators"] == list(
        check_faults.problems(tree)
    )


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('raise NotSo("it is so; leave it")', ["it is so"]),
        ("raise NotSo(str(e))", []),
        ('raise NotSo(f"{a} {b} are gone (" + why + ")")', ["… are gone (…)"]),
        ('def f():\n    told = f"file {a} is cut"\n    raise NotSo(f"{told}; take another")', ["file … is cut"]),
        ('def f():\n    word = "cut"\n    raise NotSo(f"it is {word}")', ["it is …"]),
        ('what = "is here" if here else "is there"\nproblems.append(Problem(where, what))', ["is here", "is there"]),
        ('def f():\n    problem, cure = "is odd", "mend it"\n    ReferenceDataError(a, b, problem, cure)', ["is odd"]),
        ('def f(n):\n    return f"too new by {n}"\nraise SchemaMismatch(f(1))', ["too new by …"]),
        ('def f():\n    row.complain("is empty", "fill it in")', ["is empty"]),
        ('found.append(fail(f"{n} files are open", "close some"))', ["… files are open"]),
    ],
)
def test_a_message_is_read_from_source(tree: Path, source: str, faults: list[str]) -> None:
    """Without its cure, and with a gap for what only a running program knows."""
    assert faults == _told(tree, source)


def test_a_message_with_backticks_stands_in_more_of_them(tree: Path) -> None:
    """As Markdown wants it."""
    _program(tree, 'raise NotSo("run `smsd check` first")')
    for document in check_faults.DOCUMENTS:
        (tree / document).write_text("| ``run `smsd check` first`` | it says why |\n")

    assert [] == list(check_faults.problems(tree))
