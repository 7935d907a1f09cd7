"""Finding phrases word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import phrases
from routing.phrases import Hit, Phrases, longest

WORDS = st.sampled_from(["a", "b", "c", "d"])
PHRASE = st.lists(WORDS, min_size=1, max_size=3).map(tuple)


def test_whole_words_only() -> None:
    """`sim` is not found in `simpang`."""
    found = Phrases([(("sim",), 1)])
    assert [] == found.find(["simpang"])
    assert [Hit(1, 2, (1,))] == found.find(["bikin", "sim"])


def test_phrases_inside_longer_ones_are_found_and_can_be_left_out() -> None:
    """`polisi tidur` holds `polisi`; the longest alone counts."""
    found = Phrases([(("polisi",), "POLRI"), (("polisi", "tidur"), "DISHUB")])
    hits = found.find(["ada", "polisi", "tidur"])
    assert {Hit(1, 2, ("POLRI",)), Hit(1, 3, ("DISHUB",))} == set(hits)
    assert [Hit(1, 3, ("DISHUB",))] == longest(hits)


def test_several_values_of_one_phrase_are_kept() -> None:
    """Malang is a kabupaten and a kota."""
    found = Phrases([(("malang",), "35.07"), (("malang",), "35.73")])
    assert [Hit(0, 1, ("35.07", "35.73"))] == found.find(["malang"])


def test_a_stem_is_tried_for_unknown_words_only() -> None:
    """`jalannya` is found as `jalan` when the caller says so."""
    found = Phrases([(("jalan",), 1)])
    assert [Hit(0, 1, (1,))] == found.find(["jalannya"], lambda word: word.removesuffix("nya"))
    assert [] == found.find(["jalannya"])


def test_nothing_known_finds_nothing() -> None:
    """An empty set of phrases is allowed, and so is an empty phrase."""
    assert [] == Phrases([((), 1)]).find(["jalan"])
    assert 0 == len(Phrases([]))


def test_a_word_can_be_asked_for() -> None:
    """The vocabulary is what the phrases are made of."""
    assert "rusak" in Phrases([(("jalan", "rusak"), 1)])
    assert "bagus" not in Phrases([(("jalan", "rusak"), 1)])


def test_too_many_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signs run out at a known number, with a message."""
    monkeypatch.setattr(phrases, "_CAPACITY", 2)
    with pytest.raises(ValueError, match="more than 2 different words"):
        Phrases([(("a", "b", "c"), 1)])


@given(st.lists(PHRASE, max_size=8), st.lists(st.sampled_from(["a", "b", "c", "d", "x"]), max_size=12))
def test_it_finds_what_a_plain_search_finds(known: list[tuple[str, ...]], text: list[str]) -> None:
    """The automaton and a loop over all positions agree."""
    expected = {
        (start, start + len(phrase))
        for phrase in known
        for start in range(len(text))
        if tuple(text[start : start + len(phrase)]) == phrase
    }
    assert expected == {(hit.start, hit.end) for hit in Phrases((each, 1) for each in known).find(text)}


@given(st.lists(PHRASE, max_size=8), st.lists(WORDS, max_size=12))
def test_no_longest_hit_lies_inside_another(known: list[tuple[str, ...]], text: list[str]) -> None:
    """Of nested hits only the outermost is left."""
    kept = longest(Phrases((each, 1) for each in known).find(text))
    inside = [a for a in kept for b in kept if a is not b and b.start <= a.start and a.end <= b.end]
    assert [] == inside
