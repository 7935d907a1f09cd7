"""Where a complaint happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classify import Router
from routing.places import Gazetteer
from routing.regions import Region, Regions, is_code, kabkota_of, lies_in, province_of
from routing.text import Slang, normalise

LANGUAGE = Slang(
    {
        "kec": ("kecamatan",),
        "kab": ("kabupaten",),
        "jl": ("jalan",),
        "ngapa": ("kenapa",),
        "buntu": ("tersumbat",),
    }
)
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
        ("jalan rusak di klojen", "35.73.05", "35.73.01"),
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
    """A person decides."""
    assert ("35", "33") == GAZETTEER.find(normalise("jawa timur dan jawa tengah")).ambiguous


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


def shipped(router: Router, text: str, within: str | None = None) -> tuple[str | None, str]:
    found = router.places.find(normalise(text, router.slang), within)
    return found.code, found.village


@pytest.mark.parametrize(
    ("text", "expected", "village"),
    [
        ("jalan berlubang di Surabaya", "35.78", ""),
        ("Surabaya banjir lagi", "35.78", ""),
        ("air pdam mati di kab malang", "35.07", ""),
        ("walikota malang tolong lihat terminal", "35.73", ""),
        ("Jl. Surabaya di Malang berlubang, kota malang", "35.73", ""),
        ("Jl Surabaya rusak parah", None, ""),
        ("Jl. Kalasan Surabaya rusak", "35.78", ""),
        ("jalan raya Malang Surabaya macet", None, ""),
        ("soto Lamongan depan pasar buang limbah", None, ""),
        ("pohon ketapang tumbang", None, ""),
        ("warung sate Madura parkir di trotoar", None, ""),
        ("banjir di kec lowokwaru", "35.73.05", ""),
        ("lampu mati di Lowokwaru", "35.73.05", ""),
        ("lowokwaru lampu mati", "35.73.05", ""),
        ("Dinoyo Lowokwaru Malang", "35.73.05", "Dinoyo"),
        ("Dinoyo, Lowokwaru, Kota Malang", "35.73.05", "Dinoyo"),
        ("desa Dinoyo kec Lowokwaru kota Malang", "35.73.05", "Dinoyo"),
        ("kelurahan Dinoyo Malang lampu mati", "35.73.05", "Dinoyo"),
        ("kel. Keputih kec. Sukolilo Surabaya saluran mampet", "35.78.09", "Keputih"),
        ("jalan rusak di Keputih Surabaya", "35.78.09", "Keputih"),
        ("di desa Serang kec Karangreja air mati", "33.03.10", "Serang"),
        ("desa Serang kab Purbalingga air mati", "33.03.10", "Serang"),
        ("Ploso Timur banjir", None, ""),
        ("jalan rusak kec tanjungsari", None, ""),
        ("desa Pasigaran kec Tanjungsari jalan rusak", "32.11.11", "Pasigaran"),
        ("desa Kemadang kecamatan Tanjungsari jalan rusak", "34.03.17", "Kemadang"),
        ("kec Ngasem Kediri", "35.06.25", ""),
        ("Banjar Jawa Barat longsor", "32.79", ""),
        ("Kab Banjar banjir", "63.03", ""),
        ("kota Banjar banjir", "32.79", ""),
        ("Jambi kabut asap", "15", ""),
        ("kota Jambi kabut asap", "15.71", ""),
        ("Bandung macet", None, ""),
        ("Dago Bandung macet", "32.73.02", "Dago"),
        ("di Dago Bandung macet", "32.73.02", "Dago"),
        ("Coblong Bandung banjir", "32.73.02", ""),
        ("bupati bogor", "32.01", ""),
        ("bogor kota banjir", "32.71", ""),
        ("Bandung Kota Cimahi banjir", "32.77", ""),
        ("Bondowoso 3 hari mati lampu", "35.11", ""),
        ("di Sambas 24 pohon tumbang", None, ""),
        ("Surabaya Barat macet", "35.78", ""),
        ("kecamatan Entah Malang rusak", None, ""),
        ("kec Tambak Sari Surabaya banjir", "35.78.10", ""),
        ("Kota Bogor dan Kabupaten Bogor", None, ""),
        ("jakarta selatan banjir", "31.74", ""),
        ("di kelapa gading jakarta utara banjir", "31.72.06", ""),
        ("gubernur jabar tolong", "32", ""),
        ("provinsi jawa tengah", "33", ""),
        ("jalan provinsi di Jawa Timur rusak", "35", ""),
        ("di Merauke listrik padam", "93.01", ""),
        ("kukar lampu mati", "64.02", ""),
        ("tangsel macet", "36.74", ""),
        ("jogja macet", "34", ""),
        ("di kota jogja macet", "34.71", ""),
        ("rsud sidoarjo penuh", "35.15", ""),
        ("kantor samsat kota kediri pungli", "35.71", ""),
        ("masjid agung demak", "33.21", ""),
        ("pasar kota batu", "35.79", ""),
        ("batu besar menimpa rumah", None, ""),
        ("longsor di Batu", "35.79", ""),
        ("orang Batak", None, ""),
        ("di ponorogo kab ada pungli", "35.02", ""),
        ("kades Sumberejo pungli", None, ""),
        ("kades Sumberejo kec Ambulu Jember pungli", "35.09.12", "Sumberejo"),
        ("desa Sumberejo kecamatan Ambulu", "35.09.12", "Sumberejo"),
        ("Semoga smg cepat selesai", None, ""),
        ("kecamatan Kuta Alam Banda Aceh", "11.71.02", ""),
        ("nagari Koto Tuo kec IV Koto Agam", "13.06.05", "Koto Tuo"),
        ("kelurahan Sukajadi kec Sukajadi kota Bandung", "32.73.07", ""),
        ("di Perumahan Malang Indah banjir", None, ""),
        ("tol Cipali macet", None, ""),
    ],
)
def test_places_are_read_in_sentences(router: Router, text: str, expected: str | None, village: str) -> None:
    """What the words around a name make of it, with all the names there are."""
    assert (expected, village) == shipped(router, text)


@pytest.mark.parametrize(
    ("text", "expected", "village"),
    [
        ("saya asal Cianjur ngekos di Bandung Barat, mau urus domisili", "32.17", ""),
        ("saya asal Cianjur, ngekos di kota Bandung", "32.73", ""),
        ("warga Blitar, kerja di Surabaya dan gaji belum dibayar", "35.78", ""),
        ("saya warga Sidoarjo mau lapor jalan rusak", "35.15", ""),
        ("KTP saya masih Jakarta tapi tinggal di kota Depok", "32.76", ""),
        ("KTP Sleman, bansos tidak dapat", "34.04", ""),
        ("saya kelahiran Solo, sekarang tinggal di Semarang kota", "33.74", ""),
        ("lahir di Tegal, akta hilang, sekarang di Bekasi kota", "32.75", ""),
        ("mobil plat Surabaya parkir sembarangan di Gresik", "35.25", ""),
        ("bus jurusan Surabaya Malang ugal-ugalan", None, ""),
        ("bus Surabaya - Malang tarifnya naik", None, ""),
        ("kereta tujuan Jakarta terlambat dua jam", None, ""),
        ("kereta tujuan Jakarta terlambat di stasiun Cirebon, kota Cirebon", "32.74", ""),
        ("paket kiriman dari Jakarta hilang", None, ""),
        ("tiket Jakarta - Solo tidak bisa direfund", None, ""),
        ("travel ke Garut tidak berangkat dari Bandung Barat", "32.17", ""),
        ("surat dari Jakarta belum datang", None, ""),
        ("jalan dari Ngawi ke Madiun bergelombang", None, ""),
        ("jalan arah Sidoarjo tergenang", None, ""),
        ("sampah menumpuk di Sleman arah Magelang", "34.04", ""),
        ("saya dari Kepanjen Malang mau lapor sampah", "35.07", ""),
        ("pindah dari Jakarta ke Surabaya, KK belum jadi di kota Surabaya", "35.78", ""),
        ("perbatasan Purbalingga dengan Banyumas jalan rusak di Padamara Purbalingga", "33.03.15", ""),
        ("antara Surabaya dan Gresik macet", None, ""),
    ],
)
def test_where_one_comes_from_or_goes_is_not_the_place(
    router: Router, text: str, expected: str | None, village: str
) -> None:
    """Where somebody comes from counts if nothing else does; where something goes never does."""
    assert (expected, village) == shipped(router, text)


@pytest.mark.parametrize(
    ("text", "within", "expected", "village"),
    [
        ("Keputih", "35.78", "35.78.09", "Keputih"),
        ("desa Serang air mati", "33.03", "33.03.10", "Serang"),
        ("Karanganyar lampu mati", "33.03", "33.03.11", ""),
        ("Rembang lampu mati", "33.03", "33.03.13", ""),
        ("Surabaya banjir lagi", "35.73", "35.73", ""),
        ("lampu mati di Kabupaten Kediri", "35.73", "35.06", ""),
        ("jalan rusak di Banyuwangi", "35.78", "35.10", ""),
        ("jalan arah Banyuwangi rusak", "35.78", "35.78", ""),
        ("Ploso Timur banjir", "35.78", "35.78", ""),
    ],
)
def test_what_lies_in_the_known_region_goes_first(
    router: Router, text: str, within: str, expected: str, village: str
) -> None:
    """Kecamatan and villages of one name elsewhere, and a town that is only named, give way; `di` and `kab` do not."""
    assert (expected, village) == shipped(router, text, within)


def test_a_place_only_passed_is_told() -> None:
    """The reason says why it is no answer."""
    found = GAZETTEER.find(normalise("bus jurusan surabaya batu"))
    assert (None, ()) == (found.code, found.ambiguous)
    assert ('tempat belum pasti: "surabaya, batu" hanya disebut sambil lalu',) == found.reasons


def test_where_one_comes_from_decides_between_equals() -> None:
    """Malang is two places, and a Malang citizen of the kabupaten means that one."""
    assert "35.07" == code("saya warga kab malang, jalan rusak di malang")
    assert None is code("saya asal cilacap, jalan rusak di malang")


def test_what_hardly_counts_does_not_add_up() -> None:
    """A stone named five times is still no city."""
    assert None is code("batu batu dan batu, desa batu, batu lagi batu")


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


NAMES = [
    "bandung",
    "malang",
    "kota",
    "kab",
    "kec",
    "desa",
    "di",
    "dari",
    "ke",
    "asal",
    "tanjungsari",
    "coblong",
    "dago",
]


@given(
    st.one_of(st.text(max_size=80), st.lists(st.sampled_from([*NAMES, "jl", "7", "hari", "timur", "x"])).map(" ".join)),
    st.sampled_from([None, "32", "32.73", "32.73.02", "35.07", "99", "x"]),
)
def test_any_text_has_a_place_or_none(router: Router, text: str, within: str | None) -> None:
    """Never an exception; a code exists and is at most that of a kecamatan; a village only with one."""
    found = router.places.find(normalise(text, router.slang), within)
    assert found.code is None or found.code in router.places.regions
    assert all(each in router.places.regions for each in found.ambiguous)
    assert not (found.code and found.ambiguous)
    assert not found.village or (found.level == "kecamatan" and found.village in found.name)
