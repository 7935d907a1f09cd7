"""The topics: what is shipped, and what an operator's file adds or changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.data_files import Problems
from config.topic_file import read_topics, shipped_files
from routing.classify import Router
from routing.topics import Topic

TOPIC = """
[[topic]]
id = "sapi-lepas"
number = 90
name = "Sapi lepas"
class = "pengaduan"
level = "kabkota"
local_type = "DISTAN"
keywords = { "sapi lepas" = 6.0 }
"""


@pytest.fixture
def types(router: Router) -> set[str]:
    """The types of agencies that are shipped."""
    return set(router.topics.types)


@pytest.fixture
def one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the shipped files is enough to see what is wrong with another."""
    files = [each for each in shipped_files() if each.name == "jalan-air.toml"]
    monkeypatch.setattr("config.topic_file.shipped_files", lambda: files)


def written(folder: Path, text: str) -> Path:
    """An operator's topics.toml."""
    file = folder / "topics.toml"
    file.write_text(text, encoding="utf-8")
    return file


def read(types: set[str], own: Path | None = None) -> tuple[dict[str, Topic], list[str]]:
    """The topics by their id, and what is wrong, one line each, with the folder cut off."""
    problems: Problems = []
    topics = {each.id: each for each in read_topics(problems, types, own)}
    return topics, [str(each).removeprefix(f"{own.parent}/" if own else "") for each in problems]


def test_every_shipped_file_is_read(types: set[str], router: Router) -> None:
    """One file for each field of administration, in the order of their names; no topic is lost."""
    names = [each.name for each in shipped_files()]
    topics, problems = read(types)
    assert (sorted(names), []) == (names, problems)
    assert "jalan-air.toml" in names
    assert topics == router.topics.topics
    assert sum(each.read_text(encoding="utf-8").count("[[topic]]") for each in shipped_files()) == len(topics)


def test_shipped_topics_can_be_told_apart(types: set[str]) -> None:
    """Citizens read the name, and may answer with it."""
    topics, _ = read(types)
    names = [each.name for each in topics.values()]
    assert len(names) == len(set(names))


@pytest.mark.usefixtures("one_file")
def test_all_keys_of_a_topic_are_read(tmp_path: Path, types: set[str]) -> None:
    """Weights are numbers, lists are tuples."""
    text = TOPIC + (
        'national_type = "KEMENDESA"\nalso = ["SATPOLPP"]\nconfidential = true\nconduct = true\n'
        'examples = ["Sapi masuk kebun"]\ncounter_examples = ["Sapi kurban"]\n[topic.keywords]\n"kerbau" = 2\n'
    )
    topics, problems = read(types, written(tmp_path, text.replace('keywords = { "sapi lepas" = 6.0 }\n', "")))
    expected = Topic(
        *("sapi-lepas", 90, "Sapi lepas", "pengaduan", "kabkota", "DISTAN", "KEMENDESA", ("SATPOLPP",)),
        confidential=True,
        conduct=True,
        keywords={"kerbau": 2.0},
        examples=("Sapi masuk kebun",),
        counter_examples=("Sapi kurban",),
    )
    assert ([], expected) == (problems, topics["sapi-lepas"])
    assert isinstance(topics["sapi-lepas"].keywords["kerbau"], float)


def test_a_new_topic_comes_after_the_shipped(tmp_path: Path, types: set[str]) -> None:
    """And takes none away."""
    shipped, _ = read(types)
    topics, problems = read(types, written(tmp_path, TOPIC))
    assert ([*shipped, "sapi-lepas"], []) == (list(topics), problems)


def test_a_shipped_topic_is_overridden_key_by_key(tmp_path: Path, types: set[str]) -> None:
    """Here street lights belong to the PU; keywords are merged, and a weight of 0 takes one out."""
    text = '[[topic]]\nid = "lampu-jalan"\nlocal_type = "PUPR"\n[topic.keywords]\n"obor" = 6.0\n"pju" = 0\n'
    topics, problems = read(types, written(tmp_path, text))
    topic = topics["lampu-jalan"]
    assert ([], "PUPR", "Lampu jalan") == (problems, topic.local_type, topic.name)
    assert (6.0, True, False) == (topic.keywords["obor"], "lampu jalan" in topic.keywords, "pju" in topic.keywords)


@pytest.mark.usefixtures("one_file")
def test_conduct_needs_no_agency(tmp_path: Path, types: set[str]) -> None:
    """It is whose office it is about."""
    text = TOPIC.replace('local_type = "DISTAN"', "conduct = true")
    topics, problems = read(types, written(tmp_path, text))
    assert ([], ()) == (problems, topics["sapi-lepas"].agency_types())


@pytest.mark.usefixtures("one_file")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("class", "clas"), ["2: key 'clas' is unknown; did you mean class?"]),
        (
            ("number = 90", 'number = "x"'),
            ["2: number has a value of the wrong kind; compare number in config/data/topics"],
        ),
        (
            ("number = 90", "number = true"),
            ["2: number has a value of the wrong kind; compare number in config/data/topics"],
        ),
        (
            ("sapi-lepas", "Sapi Lepas"),
            ["2: id 'Sapi Lepas' is no name for a topic; write small letters and digits joined by -"],
        ),
        (('id = "sapi-lepas"', ""), ["2: id '' is no name for a topic; write small letters and digits joined by -"]),
        (
            ("number = 90", ""),
            ["2: topic 'sapi-lepas' has no number; add it; a new topic needs number, name, class, level, keywords"],
        ),
        (
            ('keywords = { "sapi lepas" = 6.0 }', 'keywords = "sapi"'),
            ["2: keywords has a value of the wrong kind; compare keywords in config/data/topics"],
        ),
        (("pengaduan", "aduan"), ["2: class 'aduan' is unknown; did you mean pengaduan?"]),
        (("kabkota", "negara"), ["2: level 'negara' is unknown; use one of kabkota, provinsi, nasional, berjenjang"]),
        (
            ("Sapi lepas", "Sapi lepas di jalan umum kota"),
            ["2: name 'Sapi lepas di jalan umum kota' does not fit an SMS; use at most 24 plain letters"],
        ),
        (
            ("Sapi lepas", "Sapi “lepas”"),
            ["2: name 'Sapi “lepas”' does not fit an SMS; use at most 24 plain letters"],
        ),
        (("DISTAN", "DISTN"), ["2: agency type 'DISTN' is unknown; did you mean DISTAN?"]),
        (
            ('"DISTAN"', '"DISTAN"\nalso = ["POLRY"]'),
            ["2: agency type 'POLRY' is unknown; did you mean POLRI?"],
        ),
        (
            ('local_type = "DISTAN"', ""),
            ["2: topic 'sapi-lepas' names no agency type; add local_type or national_type"],
        ),
        (
            ("6.0", '"tinggi"'),
            ["2: keyword 'sapi lepas' needs a word and a number; write it like \"jalan rusak\" = 3.0"],
        ),
        (
            ("6.0", "true"),
            ["2: keyword 'sapi lepas' needs a word and a number; write it like \"jalan rusak\" = 3.0"],
        ),
        (
            ("6.0", "nan"),
            ["2: keyword 'sapi lepas' needs a word and a number; write it like \"jalan rusak\" = 3.0"],
        ),
        *(
            (
                ('"sapi lepas" =', f'"{word}" ='),
                [f"2: keyword '{word}' can never be found; write a word, or two with + between: \"jalan + rusak\""],
            )
            for word in ("?", "sapi +", "sapi | + lepas", "sapi + lepas + malam")
        ),
        (
            ("number = 90", "number = 90\nalso = [1]"),
            ["2: also has a value of the wrong kind; compare also in config/data/topics"],
        ),
        (
            ("[[topic]]", "[[topik]]"),
            ["1: must hold [[topic]] tables and nothing else; see the files in config/data/topics"],
        ),
        (
            ("[[topic]]", "judul = 1\n[[topic]]"),
            ["1: must hold [[topic]] tables and nothing else; see the files in config/data/topics"],
        ),
        (("number = 90", "number = "), ["4: is no TOML: Invalid value (at line 4, column 10); mend the line"]),
    ],
)
def test_a_wrong_topic_is_told(tmp_path: Path, types: set[str], change: tuple[str, str], expected: list[str]) -> None:
    """With the line its table begins in; the topic is left out."""
    topics, problems = read(types, written(tmp_path, TOPIC.replace(*change, 1)))
    assert [f"topics.toml:{each}" for each in expected] == problems
    assert "sapi-lepas" not in topics


@pytest.mark.usefixtures("one_file")
def test_every_topic_of_a_file_is_told_with_its_line(tmp_path: Path, types: set[str]) -> None:
    """One run is enough, and what is right in the file is read."""
    wrong = TOPIC.replace("number = 90\n", "").replace("sapi-lepas", "sapi-hilang")
    topics, problems = read(types, written(tmp_path, f"{wrong}{TOPIC}{wrong.replace('hilang', 'mati')}"))
    assert ["topics.toml:2", "topics.toml:19"] == [each.partition(": ")[0] for each in problems]
    assert "sapi-lepas" in topics


@pytest.mark.usefixtures("one_file")
@pytest.mark.parametrize("text", ["topic = [1]\n", "topic = 1\n", "", "x = 1\n"])
def test_a_file_of_something_else_is_told(tmp_path: Path, types: set[str], text: str) -> None:
    """`topic` must hold tables."""
    expected = "topics.toml:1: must hold [[topic]] tables and nothing else; see the files in config/data/topics"
    shipped, _ = read(types)
    assert (shipped, [expected]) == read(types, written(tmp_path, text))


@pytest.mark.usefixtures("one_file")
def test_a_missing_file_is_told(tmp_path: Path, types: set[str]) -> None:
    """And the shipped topics are there all the same."""
    topics, problems = read(types, tmp_path / "topics.toml")
    expected = "topics.toml: cannot be read: No such file or directory; check the path and the rights"
    assert ([expected], True) == (problems, "lampu-jalan" in topics)


@pytest.mark.usefixtures("one_file")
def test_a_file_that_ends_too_early_is_told(tmp_path: Path, types: set[str]) -> None:
    """Not every TOML error has a line."""
    _, (problem,) = read(types, written(tmp_path, 'topic = [{id = "x"'))
    assert problem.startswith("topics.toml") and "is no TOML" in problem


@pytest.mark.usefixtures("one_file")
def test_topics_may_be_written_inline(tmp_path: Path, types: set[str]) -> None:
    """Without [[topic]] headings the line is the first."""
    _, problems = read(types, written(tmp_path, 'topic = [{ id = "x-y", number = 91 }]\n'))
    assert {"topics.toml:1"} == {each.partition(": ")[0] for each in problems}


@pytest.mark.usefixtures("one_file")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='[]topic="\n sapi+|0.,{}', max_size=60))
def test_any_file_is_read_without_a_crash(tmp_path: Path, types: set[str], text: str) -> None:
    """Problems of one line each, and the shipped topics."""
    topics, problems = read(types, written(tmp_path, text))
    assert problems
    assert all("\n" not in each for each in problems)
    assert "lampu-jalan" in topics
