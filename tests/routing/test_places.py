"""Where a complaint happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classify import Router
from routing.places import Gazetteer
from routing.regions import Region, Regions, is_code, kabkota_of, lies_in, province_of
from routing.text import normalise

LANGUAGE = {
    "kec": ("kecamatan",),
    "kab": ("kabupaten",),
    "jl": ("jalan",),
    "ngapa": ("kenapa",),
    "buntu": ("tersumbat",),
}
REGIONS = (
    Region("35", "Jawa Timur", "province"),
    Region("33", "Jawa Tengah", "province"),
    Region("35.07", "Malang", "kabupaten"),
    Region("35.73", "Malang", "kota"),
    Region("35.73.05", "Lowokwaru", "kecamatan"),
    Region("35.73.01", "Klojen", "kecamatan"),
    Region("35.07.13", "Kepanjen", "kecamatan"),
    Region("35.07.21", "Batu Ampar", "kecamatan"),
    Region("35.07.22", "Tanjungsari", "kecamatan"),
    Region("33.01", "Cilacap", "kabupaten"),
    Region("33.01.02", "Tanjungsari", "kecamatan"),
    Region("33.01.03", "Selesai", "kecamatan"),
    Region("33.01.04", "Kota", "kecamatan"),
    Region("33.01.05", "Ngapa", "kecamatan"),
    Region("33.01.06", "Buntu Pane", "kecamatan"),
    Region("33.01.07", "Tiro/Truseb", "kecamatan"),
    Region("33.01.08", "Bona", "kecamatan"),
    Region("35.78", "Surabaya", "kota"),
    Region("35.79", "Batu", "kota"),
    Region("33.25", "Batang", "kabupaten"),
    Region("33.25.01", "Batang", "kecamatan"),
)
GAZETTEER = Gazetteer(
    REGIONS, [("sby", "35.78"), ("jatim", "35"), ("nowhere", "99")], ["selesai", "batu", "batang"], LANGUAGE
)


def code(text: str, within: str | None = None) -> str | None:
    return GAZETTEER.find(normalise(text, LANGUAGE), within).code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jalan rusak di kab malang", "35.07"),
        ("pemkot malang tolong", "35.73"),
        ("bupati malang yth", "35.07"),
        ("sampah di malang kab", "35.07"),
        ("banjir surabaya", "35.78"),
        ("banjir di sby", "35.78"),
        ("malangkab jalan rusak", "35.07"),
        ("pemkotmalang", "35.73"),
        ("jatim", "35"),
        ("provinsi jawa timur", "35"),
        ("jawatimurprov", "35"),
        ("macet", None),
        ("", None),
    ],
)
def test_kabupaten_kota_and_provinces_are_found(text: str, expected: str | None) -> None:
    """The word before or after says which one is meant, and glued forms are understood."""
    assert expected == code(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jalan rusak di lowokwaru", "35.73.05"),
        ("kec. klojen malang", "35.73.01"),
        ("lowokwaru malang", "35.73.05"),
        ("kepanjen, malang", "35.07.13"),
        ("tanjungsari", None),
        ("kec tanjungsari", None),
        ("tanjungsari cilacap", "33.01.02"),
        ("tanjungsari jawa timur", "35.07.22"),
        ("kelurahan lowokwaru", None),
        ("masjid lowokwaru", None),
        ("pekerjaan selesai", None),
        ("kec selesai", "33.01.03"),
        ("kota cilacap selesai", "33.01"),
        ("kecamatan kota", None),
        ("kec ngapa", "33.01.05"),
        ("kenapa lama", None),
        ("buntu pane", "33.01.06"),
        ("kec buntu pane", "33.01.06"),
        ("kec truseb", "33.01.07"),
        ("kec bona", "33.01.08"),
        ("bona", None),
        ("kec lowokwaru dan kec klojen", "35.73"),
        ("batuampar", "35.07.21"),
        ("camat selesai bicara", None),
        ("kec batang", "33.25.01"),
        ("kec surabaya", None),
    ],
)
def test_kecamatan_count_when_they_cannot_be_mistaken(text: str, expected: str | None) -> None:
    """Alone if unique and no ordinary word, with `kec`, or with what they lie in."""
    assert expected == code(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jl. Surabaya di kota malang", "35.73"),
        ("Jl Surabaya rusak", None),
        ("jalan raya malang surabaya macet", None),
        ("jalan kabupaten malang rusak", "35.07"),
        ("gang lowokwaru 3 surabaya", "35.78"),
    ],
)
def test_a_name_after_jalan_is_a_street(text: str, expected: str | None) -> None:
    """`Jl. Surabaya di Malang` is in Malang."""
    assert expected == code(text)


def test_a_shared_name_alone_is_not_decided() -> None:
    """Malang is two places; both are candidates, and the reason says so."""
    found = GAZETTEER.find(normalise("air mati di malang"))
    assert (None, "", ("35.07", "35.73")) == (found.code, found.name, found.ambiguous)
    assert ('tempat belum pasti: "malang" bisa berarti Kab Malang atau Kota Malang',) == found.reasons


def test_a_kecamatan_of_several_gives_them_as_candidates() -> None:
    """`kec tanjungsari` may be either."""
    assert ("33.01.02", "35.07.22") == GAZETTEER.find(normalise("kec tanjungsari", LANGUAGE)).ambiguous


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("batu besar menimpa rumah", None),
        ("kota batu macet", "35.79"),
        ("macet di batu", "35.79"),
        ("batang pohon", None),
    ],
)
def test_ordinary_words_need_a_word_before(text: str, expected: str | None) -> None:
    """A stone is not the city of Batu."""
    assert expected == code(text)


@pytest.mark.parametrize(
    ("text", "within", "expected"),
    [
        ("jalan rusak", "35.73", "35.73"),
        ("jalan rusak", "35", "35"),
        ("jalan rusak", "35.73.05", "35.73.05"),
        ("jalan rusak di malang", "35.07", "35.07"),
        ("jalan rusak di klojen", "35.73", "35.73.01"),
        ("jalan rusak di tanjungsari", "33.01", "33.01.02"),
        ("jalan rusak di tanjungsari", "33", "33.01.02"),
        ("jalan rusak di kab cilacap", "35.73", "33.01"),
        ("jalan rusak di lowokwaru", "33.01", "33.01"),
        ("jalan rusak di jawa tengah", "35", "33"),
        ("jalan rusak", "99", None),
    ],
)
def test_what_was_known_before_helps(text: str, within: str, expected: str | None) -> None:
    """A channel word gives the place, settles what is ambiguous, and gives way to a place that is named outright."""
    assert expected == code(text, within)


def test_the_answer_says_which_words_it_rests_on() -> None:
    """Matched words, level, label and reason are for the agency's mail."""
    found = GAZETTEER.find(normalise("kec lowokwaru malang", LANGUAGE))
    assert ("kecamatan lowokwaru", "malang") == found.matched
    assert ("Kec Lowokwaru, Kota Malang", "kecamatan") == (found.name, found.level)
    assert ('tempat: Kec Lowokwaru, Kota Malang (disebut "kecamatan lowokwaru, malang")',) == found.reasons
    known = GAZETTEER.find(normalise("rusak"), "35.07")
    assert ("tempat: Kab Malang (dari kata awal pesan)",) == known.reasons


def test_two_provinces_are_not_decided() -> None:
    """From one province to another: a person decides."""
    assert ("35", "33") == GAZETTEER.find(normalise("jawa timur ke jawa tengah")).ambiguous


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("KAB. MALANG", "35.07"),
        ("Malangkab", "35.07"),
        ("SBY", "35.78"),
        ("surabaya", "35.78"),
        ("LAPORJATIM", "35"),
        ("LAPOR JATIM", "35"),
        ("malang", None),
        ("bbm", None),
    ],
)
def test_channel_words_stand_for_a_region(word: str, expected: str | None) -> None:
    """Glued or dotted, in capitals or not, with LAPOR in front; a shared name is no answer."""
    assert expected == GAZETTEER.channel(word)


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("35", "Jawa Timur"),
        ("35.07", "Kab Malang"),
        ("35.73", "Kota Malang"),
        ("35.73.05", "Kec Lowokwaru, Kota Malang"),
        ("99", "99"),
    ],
)
def test_labels_are_short(region: str, expected: str) -> None:
    """As a citizen reads it; an unknown code is its own label."""
    assert expected == GAZETTEER.label(region)


def test_codes_say_what_contains_what() -> None:
    """The dotted code is a path."""
    assert ("35", "35.07", None) == (province_of("35.07.24"), kabkota_of("35.07.24"), kabkota_of("35"))
    assert lies_in("35.07.24", "35.07")
    assert not lies_in("35.079", "35.07")
    assert [True, True, True, False, False] == [is_code(each) for each in ("35", "35.07", "35.07.24", "35.7", "3507")]


def test_the_shipped_gazetteer_is_complete(router: Router) -> None:
    """38 provinces, 416 kabupaten, 98 kota; every kecamatan lies in one of them, every label fits GSM-7."""
    regions = list(router.places.regions)
    count = {kind: sum(each.kind == kind for each in regions) for kind in ("province", "kabupaten", "kota")}
    assert {"province": 38, "kabupaten": 416, "kota": 98} == count
    assert 7277 <= sum(each.kind == "kecamatan" for each in regions)
    assert all(
        parent in router.places.regions
        for each in regions
        for parent in (province_of(each.code), kabkota_of(each.code))
        if parent
    )
    assert all(router.places.label(each.code).isascii() for each in regions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kec. Lowokwaru Kota Malang", "35.73.05"),
        ("kukar", "64.02"),
        ("bdg", "32.73"),
        ("kab bdg", "32.04"),
        ("jabar", "32"),
        ("jaksel", "31.74"),
        ("bandung barat", "32.17"),
        ("di jakarta", "31"),
        ("banjar jawa barat", "32.79"),
        ("kota yogyakarta", "34.71"),
    ],
)
def test_shipped_names_and_aliases_are_found(router: Router, text: str, expected: str) -> None:
    """What people call their town."""
    assert expected == router.places.find(normalise(text, router.slang)).code


def test_regions_can_be_counted_and_looked_up() -> None:
    """The table behaves like a collection."""
    regions = Regions(REGIONS)
    assert len(REGIONS) == len(regions)
    assert "35.07" in regions
    assert regions.get("99") is None


@given(
    st.lists(
        st.sampled_from(
            [
                "malang",
                "kab",
                "kota",
                "kec",
                "lowokwaru",
                "surabaya",
                "di",
                "jl",
                "jatim",
                "tanjungsari",
                "selesai",
                "batu",
                "desa",
                "x",
            ]
        ),
        max_size=12,
    )
)
def test_an_answer_is_a_region_or_none_with_reasons(words: list[str]) -> None:
    """Never a code that does not exist, never a code and candidates at once."""
    found = GAZETTEER.find(normalise(" ".join(words), LANGUAGE))
    assert found.code is None or found.code in GAZETTEER.regions
    assert not (found.code and found.ambiguous)
    assert bool(found.code or found.ambiguous) == bool(found.reasons)


@given(st.sampled_from([each for each in REGIONS if each.kind != "province"]))
def test_every_region_is_found_by_its_full_name(region: Region) -> None:
    """Kind, name and what it lies in leave no doubt."""
    kind = {"kabupaten": "kab", "kota": "kota", "kecamatan": "kec"}[region.kind]
    parent = GAZETTEER.label(kabkota_of(region.code) or "") if region.kind == "kecamatan" else ""
    if region.name != "Kota":
        assert region.code == code(f"{kind} {region.name} {parent}")
