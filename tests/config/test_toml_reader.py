"""A TOML table becomes a frozen dataclass, or a list of everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.toml_reader import Problem, TableReader, nearest

FOLDER = Path("/etc/smsd")


@dataclass(frozen=True)
class Table:
    """One of each type."""

    host: str
    port: int = 25
    wait_s: float = 1.0
    loud: bool = False
    file: Path = Path("x")
    tls: Literal["none", "tls"] = "none"
    user: str | None = None
    pin_file: Path | None = None
    names: tuple[str, ...] = ()
    extra: dict[str, int] = field(default_factory=dict)


def read(table: object) -> tuple[Table | None, list[str]]:
    """What it becomes, and what is wrong with it."""
    reader = TableReader(FOLDER)
    return reader.read(Table, table, "[mail]"), [str(problem) for problem in reader.problems]


def test_values_and_defaults() -> None:
    """A whole number is a number too; paths are relative to the folder."""
    given_ = {"host": "h", "wait_s": 3, "file": "a/b", "pin_file": "/c", "user": "u", "names": ["x", "y"], "loud": True}
    wanted = Table("h", wait_s=3.0, file=FOLDER / "a/b", pin_file=Path("/c"), user="u", names=("x", "y"), loud=True)
    made, problems = read(given_)
    assert (wanted, []) == (made, problems)
    assert made is not None
    assert isinstance(made.wait_s, float)


def test_home_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the user's own."""
    monkeypatch.setenv("HOME", "/home/ani")
    made, _ = read({"host": "h", "file": "~/key"})
    assert made is not None
    assert Path("/home/ani/key") == made.file


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("host", 5, "must be a text in quotes, not 5"),
        ("host", "", "is empty; fill it in, or leave the key out"),
        ("host", ["h"], "must be a text in quotes, not ['h']"),
        ("port", "25", "must be a whole number, not '25'"),
        ("port", 2.5, "must be a whole number, not 2.5"),
        ("port", True, "must be a whole number, not True"),
        ("wait_s", "1", "must be a number, not '1'"),
        ("wait_s", True, "must be a number, not True"),
        ("loud", 1, "must be true or false, not 1"),
        ("loud", "yes", "must be true or false, not 'yes'"),
        ("file", 1, "must be a path in quotes, not 1"),
        ("file", "", "must be a path in quotes, not ''"),
        ("file", "~no-such-user/key", "'~no-such-user/key' is in the home of a user that does not exist; "
         "write the whole path"),
        ("tls", "ssl", "must be one of 'none', 'tls'"),
        ("tls", ["tls"], "must be one of 'none', 'tls'"),
        ("user", 1, "must be a text in quotes, not 1"),
        ("user", "", "is empty; fill it in, or leave the key out"),
        ("pin_file", 1, "must be a path in quotes, not 1"),
        ("names", "x", "must be a list in brackets, not 'x'"),
        ("names", [1], "must be a text in quotes, not 1"),
        ("extra", 1, "must be a list in brackets, not 1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told(key: str, value: object, problem: str) -> None:
    """With its key, what it must be, and what it is."""
    assert (None, [f"[mail] {key}: {problem}"]) == read({"host": "h"} | {key: value})


def test_everything_is_told_at_once() -> None:
    """Unknown keys first, with the nearest known one; then what is wrong or missing."""
    made, problems = read({"prot": 1, "xyzzy": 1, "loud": "no"})
    assert made is None
    assert [
        "[mail] prot: is not a key I know; did you mean port?",
        "[mail] xyzzy: is not a key I know; known here: "
        "host, port, wait_s, loud, file, tls, user, pin_file, names, extra",
        "[mail] host: is missing; it must be given",
        "[mail] loud: must be true or false, not 'no'",
    ] == problems


@pytest.mark.parametrize("table", [[], [{}], "x", 1, None])
def test_what_is_no_table_is_told(table: object) -> None:
    """`[[mail]]`, or `mail = "x"`."""
    assert (None, ["[mail]: must be a table of keys and values"]) == read(table)


def test_problems_of_several_tables_are_gathered() -> None:
    """A table that is fine is read, though another is not."""
    reader = TableReader(FOLDER)
    assert reader.read(Table, {}, "[[modem]] 1:") is None
    assert reader.read(Table, 7, "[[modem]] 2:") is None
    assert Table("h") == reader.read(Table, {"host": "h"}, "[[modem]] 3:")
    assert [
        Problem("[[modem]] 1: host", "is missing; it must be given"),
        Problem("[[modem]] 2", "must be a table of keys and values"),
    ] == reader.problems


@pytest.mark.parametrize(
    ("key", "hint"), [("Host", "did you mean host?"), ("hosts", "did you mean host?"), ("q", "known here: host, port")]
)
def test_nearest(key: str, hint: str) -> None:
    """A slip of the finger is seen; otherwise all known ones are shown."""
    assert hint == nearest(key, {"host": None, "port": None})


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*Table.__dataclass_fields__, "other"]), VALUES) | VALUES)
def test_any_table_is_read_or_told(table: object) -> None:
    """Never an exception: an operator sees one line a problem."""
    made, problems = read(table)
    assert (made is None) == bool(problems)
