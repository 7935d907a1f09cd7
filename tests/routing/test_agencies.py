"""Finding the agency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agencies import Agency, Directory, serving
from routing.classify import Router
from routing.topics import AgencyType

TYPES = (
    AgencyType("PUPR", "pemda", "Dinas Pekerjaan Umum", "Dinas PU", ("dinas pu", "bina marga")),
    AgencyType("DISDIK", "pemda", "Dinas Pendidikan", "Dinas Pendidikan", ("disdik",)),
    AgencyType("PLN", "nasional", "PT PLN", "PLN", ("pln",)),
    AgencyType("POLRI", "nasional", "Kepolisian", "Polri", ("polisi",)),
)
LABELS = {"35.07": "Kab Malang", "35.73": "Kota Malang", "35": "Jawa Timur", "31": "DKI Jakarta"}


def agency(code: str, kind: str, region: str, name: str = "", short: str = "") -> Agency:
    return Agency(code, name or code, short or code, kind, region, ("a@b.example",))


AGENCIES = (
    agency("PUPR-35.07", "PUPR", "35.07", "Dinas Pekerjaan Umum Kabupaten Malang", "Dinas PU Kab Malang"),
    agency("PUPR-35.73", "PUPR", "35.73", "DPUPRPKP Kota Malang"),
    agency("PUPR-35", "PUPR", "35"),
    agency("PUPR-31", "PUPR", "31"),
    agency("KEC-LOWOKWARU", "KEC_KEL", "35.73.05"),
    agency("KEC-KOTA", "KEC_KEL", "35.73"),
    agency("PLN", "PLN", ""),
    agency("POLRI", "POLRI", ""),
    agency("POLRES-MALANG", "POLRI", "35.07"),
    agency("TRIAGE", "TRIAGE", ""),
)
DIRECTORY = Directory(AGENCIES, TYPES, lambda code: LABELS.get(code, code))


def found(kind: str, region: str | None, level: str = "kabkota") -> str | None:
    agency = DIRECTORY.find(kind, region, level)
    return agency.code if agency else None


@pytest.mark.parametrize(
    ("kind", "region", "level", "expected"),
    [
        ("PUPR", "35.07", "kabkota", "PUPR-35.07"),
        ("PUPR", "35.07.24", "kabkota", "PUPR-35.07"),
        ("PUPR", "35.07.24", "provinsi", "PUPR-35"),
        ("PUPR", "35", "provinsi", "PUPR-35"),
        ("PUPR", "35", "kabkota", None),
        ("PUPR", "35.78", "kabkota", None),
        ("PUPR", None, "kabkota", None),
        ("PUPR", "31.74.01", "kabkota", "PUPR-31"),
        ("PUPR", "31", "kabkota", "PUPR-31"),
        ("PUPR", "31.74", "provinsi", "PUPR-31"),
        ("KEC_KEL", "35.73.05", "kabkota", "KEC-LOWOKWARU"),
        ("KEC_KEL", "35.73.01", "kabkota", "KEC-KOTA"),
        ("PLN", None, "nasional", "PLN"),
        ("PLN", "35.07.24", "nasional", "PLN"),
        ("POLRI", "35.07.24", "nasional", "POLRES-MALANG"),
        ("POLRI", "35.73", "nasional", "POLRI"),
    ],
)
def test_the_nearest_agency_on_the_right_level_is_found(
    kind: str, region: str | None, level: str, expected: str | None
) -> None:
    """Kecamatan before kabupaten, province where the rule says so, DKI Jakarta as one, national ones everywhere."""
    assert expected == found(kind, region, level)


def test_the_triage_desk_is_an_agency() -> None:
    """It is there without looking for a place."""
    assert "TRIAGE" == DIRECTORY.triage.code


def test_a_code_is_found_in_any_case() -> None:
    """Operators type it as they like."""
    assert "PUPR-35.07" == getattr(DIRECTORY.get(" pupr-35.07 "), "code", None)
    assert DIRECTORY.get("PUPR-99") is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("PUPR-35.07", "PUPR-35.07"),
        ("dinas pu kab malang", "PUPR-35.07"),
        ("Dinas PU Kab. Malang", "PUPR-35.07"),
        ("DINAS PEKERJAAN UMUM KABUPATEN MALANG", "PUPR-35.07"),
        ("bina marga pemkab malang", "PUPR-35.07"),
        ("kota malang bina marga", "PUPR-35.73"),
        ("dinas pu provinsi jawa timur", "PUPR-35"),
        ("dinas pu prov jawa timur", "PUPR-35"),
        ("pupr dki jakarta", "PUPR-31"),
        ("pt pln", "PLN"),
        ("PLN", "PLN"),
        ("polisi", "POLRI"),
        ("polisi kab malang", "POLRES-MALANG"),
        ("dinas pu malang", None),
        ("dinas pu", None),
        ("", None),
        ("???", None),
        ("entah", None),
    ],
)
def test_people_name_agencies_in_their_own_words(words: str, expected: str | None) -> None:
    """Code, name, short name or what it is and where; in doubt nobody."""
    agency = DIRECTORY.find_by_words(words)
    assert expected == (agency.code if agency else None)


def test_of_two_with_the_same_name_nobody_is_meant() -> None:
    """A wrong forward is worse than none."""
    twins = Directory([agency("A", "X", "", "Dinas Sama"), agency("B", "X", "", "Dinas Sama")])
    assert twins.find_by_words("dinas sama") is None


@pytest.mark.parametrize(
    ("words", "place", "expected"),
    [
        ("Dishub", "35.73.05", "DISHUB-35.73"),
        ("dinas perhubungan", "35.07", "DISHUB-35.07"),
        ("Dishub Kota Malang", "35.07", "DISHUB-35.73"),
        ("PLN", "35.73.05", "PLN"),
        ("Dishub", None, None),
        ("yang lain", "35.73.05", None),
    ],
)
def test_a_neighbour_leaves_the_place_out(router: Router, words: str, place: str | None, expected: str | None) -> None:
    """`Dishub` is that of the place; one that is named whole is that one."""
    found = router.agencies.find_near(words, place)
    assert expected == (found.code if found else None)


def test_every_shipped_agency_is_found_by_its_own_names(router: Router) -> None:
    """Code, name and short name are never in doubt, and fit an SMS."""
    for each in router.agencies:
        assert [each] * 3 == [router.agencies.find_by_words(words) for words in (each.code, each.name, each.short_name)]
        assert len(each.short_name) <= 24


def test_every_type_of_a_shipped_agency_is_known(router: Router) -> None:
    """Topics, types and agencies speak the same words."""
    assert {each.type for each in router.agencies} <= set(router.topics.types)
    assert 500 < len(router.agencies)


@given(st.from_regex(r"\d\d(\.\d\d){0,2}", fullmatch=True), st.sampled_from(["kabkota", "provinsi", "nasional"]))
def test_the_search_goes_from_near_to_far(region: str, level: str) -> None:
    """Every place looked at contains the one before."""
    places = list(serving(region, level))
    assert sorted(places, key=len, reverse=True) == places
    assert all(region.startswith(each) for each in places)
