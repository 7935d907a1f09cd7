"""What a text is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.text import normalise
from routing.topics import AgencyType, Evidence, Topic, TopicIndex

TYPES = (
    AgencyType("PUPR", "pemda", "Dinas Pekerjaan Umum", "Dinas PU", ("dinas pu",)),
    AgencyType("DISHUB", "pemda", "Dinas Perhubungan", "Dishub", ("dishub",)),
    AgencyType("POLRI", "nasional", "Kepolisian", "Polri", ("polisi",)),
    AgencyType("KEMENPUPR", "nasional", "Kementerian PU", "Kementerian PU"),
)
ROAD = Topic(
    "jalan",
    3,
    "Jalan",
    "pengaduan",
    "kabkota",
    "PUPR",
    "KEMENPUPR",
    also=("DISHUB",),
    keywords={"jalan rusak": 4.0, "jalan + rusak": 2.0, "lubang": 1.0, "lampu": -3.0},
)
TRAFFIC = Topic(
    "lalin", 35, "Lalu lintas", "pengaduan", "kabkota", "DISHUB", keywords={"polisi tidur": 3.0, "macet": 3.0}
)
TOLL = Topic("tol", 1, "Tol", "pengaduan", "nasional", "PUPR", "KEMENPUPR", keywords={"tol": 4.0})
INDEX = TopicIndex([ROAD, TRAFFIC, TOLL], TYPES)


def weigh(text: str) -> Evidence:
    return INDEX.weigh(normalise(text))


def test_a_keyword_gives_its_points_once() -> None:
    """Saying it three times makes it no truer."""
    assert {"jalan": 1.0} == weigh("lubang lubang lubang").topics


def test_a_longer_phrase_hides_the_shorter_inside() -> None:
    """In `polisi tidur` there are no police."""
    assert [("DISHUB", 3.0)] == weigh("polisi tidur terlalu tinggi").ranking()
    assert [("POLRI", 2.0)] == weigh("lapor polisi").ranking()


def test_points_are_shared_among_the_competent() -> None:
    """The first in line gets all, the second and the others a part."""
    assert [("PUPR", 4.0), ("KEMENPUPR", 1.6), ("DISHUB", 1.0)] == weigh("jalan rusak").ranking()


def test_a_national_topic_asks_the_ministry_first() -> None:
    """The level says who is first in line."""
    assert ("KEMENPUPR", "PUPR") == TOLL.agency_types
    assert ("PUPR", "KEMENPUPR", "DISHUB") == ROAD.agency_types


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jalan depan rumah saya rusak", 2.0),
        ("rusak sudah lama jalan itu", 2.0),
        ("jalan ke rumah ibu saya di ujung kampung sebelah sana rusak", 0.0),
        ("jalan itu bagus", 0.0),
    ],
)
def test_a_pair_counts_when_its_halves_are_near(text: str, expected: float) -> None:
    """`jalan + rusak`: within seven words, in any order."""
    assert expected == weigh(text).topics.get("jalan", 0.0)


def test_negative_words_argue_against() -> None:
    """A topic below zero gives nobody points."""
    assert [] == weigh("lampu dan lubang").ranking()


def test_a_named_addressee_is_a_hint() -> None:
    """It adds points to its type and is kept apart from the topic's words."""
    found = weigh("kepada dishub, jalan rusak")
    assert {"DISHUB": ("dishub",)} == found.hints
    assert 3.0 == found.types["DISHUB"]


def test_enclitics_are_taken_off() -> None:
    """`macetnya` is macet, and a word that is none of ours stays what it is."""
    assert {"lalin": 3.0} == weigh("macetnya parah, tanyanya lagi").topics


def test_the_best_topic_is_one_of_that_agency() -> None:
    """Asked for the Dishub, the road does not answer."""
    found = weigh("jalan rusak, macet, tol")
    assert TRAFFIC == INDEX.best_topic(found, "DISHUB")
    assert INDEX.best_topic(found, "POLRI") is None


def test_confidence_grows_with_the_lead_over_rivals() -> None:
    """The ministry behind the local agency is no rival; another agency is."""
    alone, contested = weigh("jalan rusak"), weigh("jalan rusak macet")
    assert 0.727 == alone.confidence("PUPR")
    assert contested.confidence("PUPR") < alone.confidence("PUPR")
    assert 0.0 == alone.confidence("POLRI")


def test_keywords_meet_the_text_after_slang() -> None:
    """A keyword is normalised like the text it is looked for in."""
    index = TopicIndex([ROAD], TYPES, {"rsk": ("rusak",)})
    assert 4.0 == index.weigh(normalise("jalan rsk", {"rsk": ("rusak",)})).topics["jalan"]


@given(
    st.lists(
        st.sampled_from(["jalan", "rusak", "lampu", "polisi", "tidur", "macet", "dishub", "tol", "x"]), max_size=30
    )
)
def test_any_text_is_weighed(words: list[str]) -> None:
    """Rankings fall, hold only positive points, and confidence stays between 0 and 1."""
    found = weigh(" ".join(words))
    points = [each for _, each in found.ranking()]
    assert sorted(points, reverse=True) == points
    assert all(each > 0 for each in points)
    assert all(0 <= found.confidence(each.code) < 1 for each in TYPES)
