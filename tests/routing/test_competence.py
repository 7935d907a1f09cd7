"""What a local government says about its own offices, and which level of government is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.competence import Competence, LocalRule, footing_of, level_of, region_for
from routing.places import NOWHERE, PlaceMatch
from routing.topics import AgencyType, Topic

RULES = Competence(
    [LocalRule("35.07", "lampu", "PUPR"), LocalRule("35", "lampu", "DISPERKIM"), LocalRule("31", "lampu", "DLH")]
)
LOCAL = AgencyType("PUPR", "pemda", "Dinas PU", "Dinas PU")
NATIONAL = AgencyType("PLN", "nasional", "PLN", "PLN")


def topic(level: str) -> Topic:
    return Topic("t", 1, "T", "pengaduan", level, "PUPR", "PLN")


def place(code: str | None, *ambiguous: str) -> PlaceMatch:
    return PlaceMatch(code, "", None, ambiguous=ambiguous)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("35.07", "PUPR"),
        ("35.07.24", "PUPR"),
        ("35.73", "DISPERKIM"),
        ("35.73.05", "DISPERKIM"),
        ("35", "DISPERKIM"),
        ("31.74.01", "DLH"),
        ("32.73", None),
        (None, None),
    ],
)
def test_the_nearest_government_that_says_something_counts(region: str | None, expected: str | None) -> None:
    """The kabupaten or kota before its province; where neither has a rule, the general one holds."""
    assert expected == RULES.local_type("lampu", region)


def test_a_rule_is_about_one_topic() -> None:
    """And without rules there is none."""
    assert RULES.local_type("jalan", "35.07") is None
    assert Competence().local_type("lampu", "35.07") is None


@pytest.mark.parametrize(
    ("kind", "level", "expected"),
    [
        (LOCAL, "kabkota", "kabkota"),
        (LOCAL, "provinsi", "provinsi"),
        (LOCAL, "nasional", "kabkota"),
        (LOCAL, "berjenjang", "kabkota"),
        (LOCAL, None, "kabkota"),
        (NATIONAL, "kabkota", "nasional"),
        (NATIONAL, "provinsi", "nasional"),
        (NATIONAL, None, "nasional"),
    ],
)
def test_the_level_is_that_of_who_is_asked(kind: AgencyType, level: str | None, expected: str) -> None:
    """A national body's is national whatever the topic says; a local office of the province is only one by topic."""
    assert expected == level_of(kind, topic(level) if level else None)


@pytest.mark.parametrize(
    ("code", "home", "expected"),
    [(None, None, "nowhere"), ("35", None, "placed"), ("35.78", "35.78", "home"), (None, "35.78", "home")],
)
def test_what_is_known_of_the_place(code: str | None, home: str | None, expected: str) -> None:
    """Nothing, a region, or that the gateway is that region's own."""
    assert expected == footing_of(place(code), home)


@pytest.mark.parametrize(
    ("where", "level", "expected"),
    [
        (place("35.07"), "kabkota", "35.07"),
        (place("35.07.24"), "kabkota", "35.07.24"),
        (place("35"), "kabkota", None),
        (place("31"), "kabkota", "31"),
        (place("35"), "provinsi", "35"),
        (place("35"), "nasional", "35"),
        (NOWHERE, "kabkota", None),
        (NOWHERE, "nasional", None),
        (place(None, "35.07", "35.73"), "kabkota", None),
        (place(None, "35.07", "35.73"), "provinsi", "35"),
        (place(None, "35.07", "33.01"), "provinsi", None),
        (place(None, "35.07", "35.73"), "nasional", None),
    ],
)
def test_where_an_agency_is_looked_for(where: PlaceMatch, level: str, expected: str | None) -> None:
    """A province is too wide for a local matter, unless it is Jakarta; in doubt between two, their province may do."""
    assert expected == region_for(where, level)


@given(st.sampled_from(["31", "35", "35.07", "35.07.24", "32.73"]), st.sampled_from(["lampu", "jalan"]))
def test_a_narrower_place_never_has_less_to_say(region: str, id_: str) -> None:
    """What the province has settled holds in all of it, until a kabupaten or kota says otherwise."""
    assert (RULES.local_type(id_, region[:2]) is None) or (RULES.local_type(id_, region) is not None)
