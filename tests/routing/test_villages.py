"""The villages of a kabupaten or kota that is known."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.village_file import shipped_villages
from routing.classify import Router
from routing.places import Gazetteer
from routing.regions import Region
from routing.text import normalise
from routing.villages import Village, Villages, find_villages

VILLAGES = Villages(
    {
        "35.73": (
            "35.73.05 |Dinoyo;Lowokwaru;Tasik Madu",
            "35.73.01 |Kasin;Oro-oro Dowo",
        ),
        "35.07": (
            "35.07.13 Dinoyo Kidul;Jatirejoyoso;Sumber|Kepanjen",
            "35.07.22 Sumber;Soka’an;Dalisodo|",
        ),
        "33.01": ("33.01.02 Jatirejoyoso;Gentasari|",),
    }
)
GAZETTEER = Gazetteer(
    (
        Region("35", "Jawa Timur", "province"),
        Region("33", "Jawa Tengah", "province"),
        Region("35.07", "Malang", "kabupaten"),
        Region("35.07.13", "Kepanjen", "kecamatan", 5),
        Region("35.07.22", "Tanjungsari", "kecamatan", 60),
        Region("35.73", "Malang", "kota"),
        Region("35.73.01", "Klojen", "kecamatan"),
        Region("35.73.05", "Lowokwaru", "kecamatan"),
        Region("33.01", "Cilacap", "kabupaten"),
        Region("33.01.02", "Tanjungsari", "kecamatan", 60),
    ),
    ordinary=["dalisodo"],
    villages=VILLAGES,
)


def place(text: str, within: str | None = None) -> tuple[str | None, str]:
    found = GAZETTEER.find(normalise(text), within)
    return found.code, found.village


def test_villages_are_kept_by_the_letters_of_their_names() -> None:
    """Desa and kelurahan apart, several of one name together; an unknown region has none."""
    assert [Village("Dinoyo", "Kel", "35.73.05")] == VILLAGES.of("35.73")["dinoyo"]
    assert ["35.07.13", "35.07.22"] == [each.kecamatan for each in VILLAGES.of("35.07")["sumber"]]
    assert {"jatirejoyoso", "gentasari"} == set(VILLAGES.of("33.01"))
    assert not VILLAGES.of("99.99")
    assert not Villages().of("35.73")
    assert "Sokaan" == VILLAGES.of("35.07")["sokaan"][0].plain


@pytest.mark.parametrize(
    ("text", "within", "expected"),
    [
        ("kelurahan dinoyo lampu mati", "35.73", ("35.73.05", "Dinoyo")),
        ("lampu mati di dinoyo", "35.73", ("35.73.05", "Dinoyo")),
        ("lampu mati daerah oro oro dowo", "35.73", ("35.73.01", "Oro-oro Dowo")),
        ("lampu mati di tasikmadu", "35.73", ("35.73.05", "Tasik Madu")),
        ("dinoyo", "35.73", ("35.73.05", "Dinoyo")),
        ("dinoyo lampu jalan mati sejak kemarin", "35.73", ("35.73", "")),
        ("jalan dinoyo berlubang", "35.73", ("35.73", "")),
        ("di jalan dinoyo berlubang", "35.73", ("35.73", "")),
        ("perumahan di dinoyo indah gelap", "35.73", ("35.73", "")),
        ("kelurahan kasin dan kelurahan dinoyo", "35.73", ("35.73", "")),
        ("kelurahan kasin dekat di dinoyo", "35.73", ("35.73.01", "Kasin")),
        ("desa sumber jalan rusak", "35.07", ("35.07", "")),
        ("desa sumber kecamatan tanjungsari", "35.07", ("35.07.22", "Sumber")),
        ("desa sumber jalan rusak", "35.07.13", ("35.07.13", "Sumber")),
        ("lampu mati di dalisodo", "35.07", ("35.07", "")),
        ("desa dalisodo lampu mati", "35.07", ("35.07.22", "Dalisodo")),
        ("desa dinoyo kidul lampu mati", "35.07", ("35.07.13", "Dinoyo Kidul")),
        ("desa dinoyo lampu mati", None, (None, "")),
        ("dinoyo lowokwaru malang", None, ("35.73.05", "Dinoyo")),
        ("Dinoyo, Lowokwaru, Kota Malang", None, ("35.73.05", "Dinoyo")),
        ("kel dinoyo kota malang", None, ("35.73.05", "Dinoyo")),
        ("kelurahan dinoyo malang", None, ("35.73.05", "Dinoyo")),
        ("desa sokaan malang", None, ("35.07.22", "Sokaan")),
        ("desa entah malang", None, (None, "")),
        ("desa gentasari kecamatan tanjungsari", None, ("33.01.02", "Gentasari")),
        ("desa sumber kecamatan tanjungsari", None, ("35.07.22", "Sumber")),
        ("desa jatirejoyoso kecamatan kepanjen", None, ("35.07.13", "Jatirejoyoso")),
        ("kecamatan lowokwaru malang", None, ("35.73.05", "")),
        ("kelurahan lowokwaru kecamatan lowokwaru", None, ("35.73.05", "Lowokwaru")),
        ("desa dinoyo jawa timur", None, ("35", "")),
    ],
)
def test_a_village_refines_and_settles(text: str, within: str | None, expected: tuple[str | None, str]) -> None:
    """Inside what is known it tells the kecamatan; between two regions of one name it tells which; alone nothing."""
    assert expected == place(text, within)


def test_the_village_is_named_to_the_agency() -> None:
    """In the place's name, in the words it rests on and in the reason, in letters that an SMS can carry."""
    found = GAZETTEER.find(normalise("desa sokaan kab malang"))
    assert ("Desa Sokaan, Kec Tanjungsari, Kab Malang", "kecamatan") == (found.name, found.level)
    assert ("desa sokaan", "kab malang") == found.matched
    assert ('tempat: Desa Sokaan, Kec Tanjungsari, Kab Malang (disebut "desa sokaan, kab malang")',) == found.reasons


def test_among_too_many_regions_no_village_is_looked_for() -> None:
    """A name that dozens share is asked for; to look through them all takes time."""
    many = [Region(f"33.{number:02}.01", "Sukamaju", "kecamatan") for number in range(1, 31)]
    towns = [Region(each.code[:5], f"Kota {each.code}", "kabupaten") for each in many]
    lines = {each.code[:5]: (f"{each.code} Gentasari|",) for each in many[:1]}
    gazetteer = Gazetteer((*towns, *many), villages=Villages(lines))
    assert 30 == len(gazetteer.find(normalise("desa gentasari kecamatan sukamaju")).ambiguous)


def test_all_villages_are_shipped(router: Router) -> None:
    """83,762 of them, each in a kecamatan that exists."""
    lines = shipped_villages()
    assert 514 == len(lines)
    villages = [name for group in lines.values() for line in group for name in line[9:].replace("|", ";").split(";")]
    assert 83762 == sum(name != "" for name in villages)
    assert all(line[:8] in router.places.regions and line[8] == " " for group in lines.values() for line in group)
    assert all(line.count("|") == 1 for group in lines.values() for line in group)


@given(st.lists(st.sampled_from(["desa", "di", "dinoyo", "sumber", "jalan", "oro", "dowo", "tasik", "madu", "x"])))
def test_found_villages_stand_in_the_text(tokens: list[str]) -> None:
    """In order, apart from each other, and spelled with the words where they stand."""
    names = VILLAGES.of("35.73")
    found = find_villages(tokens, names, set(), frozenset())
    assert found == sorted(found, key=lambda each: each.start)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(list(each.villages) == names["".join(tokens[each.start : each.end])] for each in found)
