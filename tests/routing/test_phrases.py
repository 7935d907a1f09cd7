"""Finding phrases word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.phrases import Phrases

WORDS = st.sampled_from(["a", "b", "c", "d"])
PHRASE = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
TEXT = st.lists(st.sampled_from(["a", "b", "c", "d", "x"]), max_size=12)


def test_whole_words_only() -> None:
    """`sim` is not found in `simpang`."""
    found = Phrases([(("sim",), 1)])
    assert [] == found.find(["simpang"])
    assert [(1, 2, (1,))] == found.find(["bikin", "sim"])


def test_a_phrase_inside_a_longer_one_is_not_found() -> None:
    """`polisi tidur` holds no `polisi`, and no `tidur`."""
    found = Phrases([(("polisi",), "POLRI"), (("polisi", "tidur"), "DISHUB"), (("tidur",), "HOTEL")])
    assert [(1, 3, ("DISHUB",))] == found.find(["ada", "polisi", "tidur"])
    assert [(0, 1, ("POLRI",)), (2, 3, ("HOTEL",))] == found.find(["polisi", "suka", "tidur"])


def test_phrases_that_overlap_are_both_found() -> None:
    """Neither of `air pdam` and `pdam mati` lies inside the other."""
    found = Phrases([(("air", "pdam"), 1), (("pdam", "mati"), 2)])
    assert [(0, 2, (1,)), (1, 3, (2,))] == found.find(["air", "pdam", "mati"])


def test_a_long_phrase_that_breaks_off_leaves_the_short_one() -> None:
    """`jalan raya rusak` is not there, `jalan` is."""
    found = Phrases([(("jalan",), 1), (("jalan", "raya", "rusak"), 2)])
    assert [(0, 1, (1,))] == found.find(["jalan", "raya", "bagus"])
    assert [(0, 1, (1,))] == found.find(["jalan", "raya"])
    assert [] == Phrases([(("jalan", "raya"), 1)]).find(["jalan"])


def test_several_values_of_one_phrase_are_kept() -> None:
    """Malang is a kabupaten and a kota."""
    found = Phrases([(("malang",), "35.07"), (("malang",), "35.73")])
    assert [(0, 1, ("35.07", "35.73"))] == found.find(["malang"])
    assert 1 == len(found)


def test_nothing_known_finds_nothing() -> None:
    """An empty set of phrases is allowed, and so is an empty phrase."""
    assert [] == Phrases([((), 1)]).find(["jalan"])
    assert 0 == len(Phrases([]))


def test_a_word_can_be_asked_for() -> None:
    """The vocabulary is what the phrases are made of."""
    found = Phrases([(("jalan", "rusak"), 1), (("jalan",), 2)])
    assert {"jalan", "rusak"} == found.words
    assert "rusak" in found
    assert "bagus" not in found


@given(st.lists(PHRASE, max_size=8), TEXT)
def test_it_finds_the_outermost_of_what_a_plain_search_finds(known: list[tuple[str, ...]], text: list[str]) -> None:
    """The tree and a loop over all positions agree, once what lies inside another hit is left out."""
    spans = {
        (start, start + len(phrase))
        for phrase in known
        for start in range(len(text))
        if tuple(text[start : start + len(phrase)]) == phrase
    }
    inside = {one for one in spans for other in spans if one != other and other[0] <= one[0] and one[1] <= other[1]}
    hits = Phrases((each, 1) for each in known).find(text)
    assert sorted(spans - inside) == [(start, end) for start, end, _ in hits]


@given(st.lists(PHRASE, max_size=8), TEXT)
def test_a_hit_holds_what_was_stored_with_its_words(known: list[tuple[str, ...]], text: list[str]) -> None:
    """Every phrase comes back with itself, as often as it was put in."""
    for start, end, values in Phrases((each, each) for each in known).find(text):
        words = tuple(text[start:end])
        assert (words,) * known.count(words) == values
