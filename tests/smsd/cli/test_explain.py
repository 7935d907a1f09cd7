"""classify --explain: the words that decided, marked in the text."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from routing.topics import Topic
from smsd.cli.classify import judge
from smsd.cli.explain import print_explanation

GREEN, RED, PLAIN = "\x1b[1;32m", "\x1b[1;31m", "\x1b[0m"


def explain(router, text, place=None, colours=None):
    """What is printed, as lines."""
    written = io.StringIO()
    out = Console(file=written, width=100, color_system=colours, force_terminal=bool(colours))
    print_explanation(out, router, text, judge(router, text, place), place)
    return written.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Jln rusak!", "[Jln rusak]!"),
        ("di sini -- POLISI TIDUR -- tinggi", "di sini -- [POLISI TIDUR] -- tinggi"),
        ("gorong2 itu", "[gorong2] itu"),
        ("sampahnya", "[sampahnya]"),
        ("hello", "hello"),
        ("[jalan rusak]", "[[jalan rusak]]"),
        ("[bold]jalan rusak", "[bold][jalan rusak]"),
        ("BDG# pju", "[pju]"),
    ],
)
def test_words_are_marked_as_they_are_written(router, text, marked):
    """Capitals, punctuation and digits stay; brackets of the text are no markup; the channel word is gone."""
    assert marked == explain(router, text)[0]


def test_of_a_pair_both_ends_are_marked(router):
    """And not what stands between them."""
    assert "[petugas] itu memang [judes]" == explain(router, "petugas itu memang judes")[0]


def test_no_word_is_marked_twice(router):
    """Where two phrases overlap."""
    keywords = {"minta uang": 1.0, "uang pelicin": 2.0}
    topic = Topic("t", 1, "T", "pengaduan", "kabkota", "PUPR", keywords=keywords)
    small = replace(router, topics=router.topics.with_topics([topic]))
    lines = explain(small, "minta uang pelicin")
    assert lines[0].startswith("minta [uang pelicin]")
    assert "minta uang pelicin" == lines[0].replace("[", "").replace("]", "")
    assert {"minta uang", "uang pelicin"} <= {line.rpartition("T (t)")[0].strip() for line in lines}


def test_a_command_has_no_words(router):
    """It is shown as it is."""
    lines = explain(router, "STATUS 4821309764")
    assert "STATUS 4821309764" == lines[0]
    assert "command      STATUS" in lines
    assert not any(line.startswith(("word", "candidates")) for line in lines)


def test_all_that_decided_is_told(router):
    """The facts, each word with what it speaks for, the reasons, and who came close."""
    lines = explain(router, "yth dishub, lampu jalan mati sdh 2 mggu", "32.73")
    assert "yth [dishub], [lampu jalan mati] sdh 2 mggu" == lines[0]
    assert ["kind         complaint", "command      -", "topic        lampu-jalan", "place        32.73"] == lines[2:6]
    assert any(line.split()[:3] == ["dishub", "named:", "DISHUB"] for line in lines)
    assert any("Lampu jalan (lampu-jalan)" in line and line.rstrip()[-4] == "+" for line in lines)
    assert "  diteruskan ke Dishub Kota Bandung" in lines
    (at,) = (number for number, line in enumerate(lines) if line == "candidates")
    assert lines[at + 1].startswith("  DISHUB ")


def test_the_heaviest_words_come_first(router):
    """For and against alike; more than fifteen nobody reads."""
    text = (
        "jalan rusak sampah got banjir lampu mati pohon tumbang macet parkir liar trotoar pkl bau jembatan listrik pdam"
    )
    lines = explain(router, text)
    first = next(at for at, line in enumerate(lines) if line.startswith("word ")) + 1
    last = lines.index("", first)
    points = [abs(float(line.split()[-1])) for line in lines[first:last]]
    assert (15, sorted(points, reverse=True)) == (len(points), points)


def test_colours_tell_for_from_against(router):
    """On a terminal; the brackets stay for those who see no colours."""
    topic = Topic("t", 1, "T", "pengaduan", "kabkota", "PUPR", keywords={"jalan": 2.0, "lampu": -2.0})
    small = replace(router, topics=router.topics.with_topics([topic]))
    assert f"{GREEN}[jalan]{PLAIN} dan {RED}[lampu]{PLAIN}" == explain(small, "jalan dan lampu", colours="standard")[0]


@given(st.text(max_size=60))
def test_any_text_is_explained(router, text):
    """Whatever it holds."""
    assert explain(router, text)


@given(
    st.lists(st.sampled_from(["jln", "rusak!", "KK", "gorong2", "pju,", "é", "(tol)", "bukan", "lampu"]), max_size=9)
)
def test_without_the_brackets_it_is_the_text(router, words):
    """Nothing is lost, moved or said twice."""
    text = " ".join(words)
    assert text == explain(router, text)[0].replace("[", "").replace("]", "")
