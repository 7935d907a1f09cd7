"""The example sentences beside an operator's own rules."""

from __future__ import annotations

from pathlib import Path

from config.reference import check_reference

TOPIC = """\
[[topic]]
id = "bus-kota"
number = 135
name = "Bus kota"
class = "pengaduan"
level = "kabkota"
local_type = "DISHUB"
examples = ["{example}"]
counter_examples = ["{counter_example}"]
[topic.keywords]
"bus kota" = 6.0
"pariwisata" = -4.0

[[topic]]
id = "perilaku-petugas"
examples = ["Kernet bus kota membentak penumpang"]
[topic.keywords]
"kernet + membentak" = 3.5
"""


def check(tmp_path: Path, example: str, counter_example: str) -> list[str]:
    file = tmp_path / "topics.toml"
    file.write_text(TOPIC.format(example=example, counter_example=counter_example), encoding="utf-8")
    return [str(problem).removeprefix(f"{file}:") for problem in check_reference(topics=file)]


def test_examples_that_land_where_they_say_are_fine(tmp_path: Path) -> None:
    """An example of misconduct need not be the main topic: its mark is enough."""
    assert [] == check(tmp_path, "Bus kota koridor 2 tidak pernah lewat", "Sampah menumpuk di dekat halte")


def test_an_example_read_as_something_else_is_told_with_its_line(tmp_path: Path) -> None:
    """The cure shows the command that explains why."""
    (problem,) = check(tmp_path, "Air PDAM mati tiga hari", "Sampah menumpuk")
    assert problem.startswith('8: the example "Air PDAM mati tiga hari" is read as topic air-pdam; change the keywords')
    assert 'smsd classify --explain "Air PDAM mati tiga hari"' in problem


def test_a_counter_example_that_lands_there_after_all_is_told(tmp_path: Path) -> None:
    """What must not be of the topic is tried as well; what is of none says so."""
    (problem,) = check(tmp_path, "Bus kota penuh", "bus kota mogok lagi")
    assert problem.startswith('9: the example "bus kota mogok lagi" is read as topic bus-kota')
    (problem,) = check(tmp_path, "begitulah adanya", "Sampah menumpuk")
    assert "is read as no topic" in problem
