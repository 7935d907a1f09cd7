"""What local governments have settled otherwise, as operators write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.competence_file import read_competence
from config.data_files import Problems
from routing.competence import LocalRule

REGIONS, TOPICS, TYPES = ("35.07", "35.73", "35"), ("lampu-jalan", "pohon-taman"), ("PUPR", "DISHUB", "DLH")


def read(folder: Path, *lines: str, header: str = "region,topic,agency_type") -> tuple[list[LocalRule], list[str]]:
    """The rules, and what is wrong, one line each, with the folder cut off."""
    file = folder / "competence.csv"
    file.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    problems: Problems = []
    rules = list(read_competence(problems, file, REGIONS, TOPICS, TYPES))
    return rules, [str(each).removeprefix(f"{folder}/") for each in problems]


def test_none_are_shipped() -> None:
    """Who does what is each government's own affair."""
    problems: Problems = []
    assert ([], []) == (list(read_competence(problems, None, REGIONS, TOPICS, TYPES)), problems)


def test_every_line_is_a_rule(tmp_path: Path) -> None:
    """The same topic in two regions, two topics in one; more columns than needed are fine."""
    rules, problems = read(
        *(tmp_path, "35.07,lampu-jalan,PUPR,sejak 2021", "35,lampu-jalan,DISHUB,", "35.07,pohon-taman,DLH,"),
        header="region,topic,agency_type,note",
    )
    assert [] == problems
    assert [
        LocalRule("35.07", "lampu-jalan", "PUPR"),
        LocalRule("35", "lampu-jalan", "DISHUB"),
        LocalRule("35.07", "pohon-taman", "DLH"),
    ] == rules


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("35.08,lampu-jalan,PUPR", "region '35.08' is unknown; did you mean 35.07?"),
        ("35.07,lampu-jaln,PUPR", "topic 'lampu-jaln' is unknown; did you mean lampu-jalan?"),
        ("35.07,lampu-jalan,PUPRR", "agency_type 'PUPRR' is unknown; did you mean PUPR?"),
        (",lampu-jalan,PUPR", "region '' is unknown; use one of 35.07, 35.73, 35"),
        ("35.07,lampu-jalan", "has 2 fields, not 3; put quotes around a text with a separator in it"),
        ("35.73,lampu-jalan,DLH", "lampu-jalan in 35.73 stands here twice; leave one of the lines out"),
    ],
)
def test_a_wrong_rule_is_told_and_left_out(tmp_path: Path, line: str, expected: str) -> None:
    """With its line; the others stay."""
    rules, problems = read(tmp_path, "35.73,lampu-jalan,PUPR", line)
    assert [f"competence.csv:3: {expected}"] == problems
    assert [LocalRule("35.73", "lampu-jalan", "PUPR")] == rules


def test_all_that_is_wrong_with_a_rule_is_told_at_once(tmp_path: Path) -> None:
    """And a file without its columns is one problem."""
    rules, problems = read(tmp_path, "1,2,3")
    assert (3, []) == (len(problems), rules)
    assert ([], ["competence.csv:1: has no column topic; the first line must name region,topic,agency_type"]) == read(
        tmp_path, header="region,agency_type"
    )
