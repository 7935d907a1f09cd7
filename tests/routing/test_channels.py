"""The word a text begins with to say whom it is for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.channels import Channel, Channels, ChannelWord
from routing.classify import Router
from routing.mentions import Name


def read(router: Router, text: str) -> tuple[str, str | None, str | None, str]:
    found = router.channels.read(text)
    return found.words, found.place, found.agency_type, found.rest


@pytest.mark.parametrize(
    ("text", "words", "place", "rest"),
    [
        ("BDG jalan rusak di dago", "BDG", "32.73", "jalan rusak di dago"),
        ("bdg jalan rusak", "bdg", "32.73", "jalan rusak"),
        ("BDG#got mampet", "BDG", "32.73", "got mampet"),
        ("BDG: got mampet", "BDG", "32.73", "got mampet"),
        ("BDG - got mampet", "BDG", "32.73", "got mampet"),
        ("BDG-got mampet", "BDG", "32.73", "got mampet"),
        ("BDG,got mampet", "BDG", "32.73", "got mampet"),
        ("BDG\ngot mampet", "BDG", "32.73", "got mampet"),
        ("BDG # : , got mampet", "BDG", "32.73", "got mampet"),
        ("  BDG   got mampet", "BDG", "32.73", "got mampet"),
        ("#BDG got mampet", "BDG", "32.73", "got mampet"),
        ("BDG", "BDG", "32.73", ""),
        ("BDG .", "BDG", "32.73", ""),
        ("Bandungkab, sampah menumpuk", "Bandungkab", "32.04", "sampah menumpuk"),
        ("Kabupatenbdg air mati", "Kabupatenbdg", "32.04", "air mati"),
        ("TANGKAB jln lobang", "TANGKAB", "36.03", "jln lobang"),
        ("KAB. NGANJUK jembatan putus", "KAB. NGANJUK", "35.18", "jembatan putus"),
        ("KAB.NGANJUK jembatan putus", "KAB.NGANJUK", "35.18", "jembatan putus"),
        ("kab  nganjuk jembatan putus", "kab  nganjuk", "35.18", "jembatan putus"),
        ("Kabnganjuk: jembatan putus", "Kabnganjuk", "35.18", "jembatan putus"),
        ("kotamalang lampu mati", "kotamalang", "35.73", "lampu mati"),
        ("KOTA MALANG lampu jalan mati", "KOTA MALANG", "35.73", "lampu jalan mati"),
        ("Kota Malang: lampu jalan mati", "Kota Malang", "35.73", "lampu jalan mati"),
        ("Pemkot Malang# lampu jalan mati", "Pemkot Malang", "35.73", "lampu jalan mati"),
        ("LAPORJABAR jalan provinsi amblas", "LAPORJABAR", "32", "jalan provinsi amblas"),
        ("LAPOR JABAR jalan provinsi amblas", "LAPOR JABAR", "32", "jalan provinsi amblas"),
        ("LAPOR SURABAYA pohon tumbang", "LAPOR SURABAYA", "35.78", "pohon tumbang"),
        ("LAPOR# BDG pohon tumbang", "LAPOR# BDG", "32.73", "pohon tumbang"),
        ("LAPOR/KALSEL/pohon tumbang", "LAPOR/KALSEL", "63", "pohon tumbang"),
        ("LAPOR JATIM SBY pohon tumbang", "LAPOR JATIM SBY", "35.78", "pohon tumbang"),
        ("BDG LAPOR pohon tumbang", "BDG LAPOR", "32.73", "pohon tumbang"),
        ("JKT macet", "JKT", "31", "macet"),
        ("Surabaya: banjir lagi", "Surabaya", "35.78", "banjir lagi"),
        ("Surabaya, banjir lagi", "Surabaya", "35.78", "banjir lagi"),
        ("Surabaya\nbanjir lagi", "Surabaya", "35.78", "banjir lagi"),
        ("Surabaya, Jatim: banjir lagi", "Surabaya, Jatim", "35.78", "banjir lagi"),
    ],
)
def test_a_channel_word_names_a_region_and_leaves(router: Router, text: str, words: str, place: str, rest: str) -> None:
    """Glued, dotted or apart, in capitals or not, before any separator."""
    assert (words, place, None, rest) == read(router, text)


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("LAPOR jalan rusak", "LAPOR", "jalan rusak"),
        ("LAPOR JALAN RUSAK", "LAPOR", "JALAN RUSAK"),
        ("LAPOR warung itu berisik", "LAPOR", "warung itu berisik"),
        ("LAPOR! jalan rusak", "LAPOR", "jalan rusak"),
        ("#LAPOR warung itu berisik", "LAPOR", "warung itu berisik"),
        ("#LAPORwalikota lampu mati", "LAPORwalikota", "lampu mati"),
        ("LAPOR 1708 lampu mati", "LAPOR 1708", "lampu mati"),
        ("SP4N-LAPOR lampu mati", "SP4N-LAPOR", "lampu mati"),
        ("Lapor: lampu mati", "Lapor", "lampu mati"),
        ("Laporan\nlampu mati", "Laporan", "lampu mati"),
        ("ADUAN: saya belum dibalas", "ADUAN", "saya belum dibalas"),
        ("Pengaduan - lampu mati", "Pengaduan", "lampu mati"),
        ("KELUHAN tolong lampu mati", "KELUHAN", "tolong lampu mati"),
        ("Sambat, dalan rusak", "Sambat", "dalan rusak"),
        ("Laporpak got mampet", "Laporpak", "got mampet"),
        ("lapor", "lapor", ""),
    ],
)
def test_a_call_to_report_leaves(router: Router, text: str, words: str, rest: str) -> None:
    """It says nothing that the text does not say by being sent."""
    assert (words, None, None, rest) == read(router, text)


@pytest.mark.parametrize(
    ("text", "words", "kind", "rest"),
    [
        ("Kumham Aduan ada pungli di lapas", "Kumham Aduan", "KEMENKUMHAM", "ada pungli di lapas"),
        ("Kemensos# bantuan belum cair", "Kemensos", "KEMENSOS", "bantuan belum cair"),
        ("KEMENSOS: bantuan belum cair", "KEMENSOS", "KEMENSOS", "bantuan belum cair"),
        ("BBM# antre panjang", "BBM", "PERTAMINA", "antre panjang"),
        ("PLN - padam sejak subuh", "PLN", "PLN", "padam sejak subuh"),
        ("LAPOR PLN: padam sejak subuh", "LAPOR PLN", "PLN", "padam sejak subuh"),
        ("LAPORPLN padam sejak subuh", "LAPORPLN", "PLN", "padam sejak subuh"),
        ("BPJS Kesehatan\nkartu diblokir", "BPJS Kesehatan", "BPJS_KES", "kartu diblokir"),
        ("PDAM", "PDAM", "PDAM", ""),
    ],
)
def test_a_body_before_a_separator_is_a_hint(router: Router, text: str, words: str, kind: str, rest: str) -> None:
    """Only a separator or a call shows that the name does not begin a sentence."""
    assert (words, None, kind, rest) == read(router, text)


@pytest.mark.parametrize(
    "text",
    [
        "Surabaya banjir lagi",
        "Bandung macet di dago",
        "Bandung: macet di dago",
        "Jakarta macet",
        "Kota Malang dan Batu macet",
        "KOTA MALANG DAN BATU MACET",
        "kota malang lampunya mati semua",
        "Pemkot Malang tolong perbaiki lampu",
        "bdg dan cimahi macet",
        "BDG SBY macet",
        "Surabaya - Malang macet",
        "Surabaya-Sidoarjo macet",
        "Surabaya, Gresik dan Sidoarjo banjir",
        "Surabaya-ku banjir",
        "BBM naik",
        "PLN mati lampu terus",
        "PLN-nya mati terus",
        "PLN, PDAM, semuanya lambat",
        "LAPOR PLN mati lampu",
        "PLN aduan saya tidak dibalas",
        "PLN# PDAM# sama saja",
        "Kemensos bantuan saya belum cair",
        "bpjs saya mati",
        "BPJS: saya mati",
        "Lapor pak jalan rusak",
        "Lapor polisi tidak digubris",
        "LAPOR polisi tidak digubris",
        "Lapor ke kelurahan malah dimarahi",
        "lapor batu longsor menutup jalan",
        "laporan saya belum dibalas",
        "aduan saya kemarin bagaimana",
        "aduan kota surabaya belum dibalas",
        "lapor surabaya sidoarjo macet",
        "LAPORBANDUNG macet",
        "laporkan saja ke atasannya",
        "Sambaten warga bikin jalan sendiri",
        "Batu besar di tengah jalan",
        "solo",
        "LAPOR LAPOR LAPOR LAPOR LAPOR LAPOR LAPOR LAPOR rusak",
        "",
        " #:- ",
        "\U0001f600",
    ],
)
def test_a_sentence_stays_as_it_is(router: Router, text: str) -> None:
    """A region, a body or a report that a sentence begins with belongs to it; an unknown word is no error."""
    expected = ("solo", "33.72", None, "") if text == "solo" else ("", None, None, text)
    assert expected == read(router, text)


WORDS = Channels(
    [
        ChannelWord(("halo", "wali"), "35.73"),
        ChannelWord(("warung",), None, "DISPERINDAG_UKM", common=True),
        ChannelWord(("sini",), "35.79", None, common=True),
        ChannelWord(("sapa",), common=True),
    ],
    [(("surabaya",), Name("35.78", "kota")), (("malang",), Name("35.73", "kota"))],
    ["surabaya"],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HALOWALI lampu mati", Channel("HALOWALI", "35.73", None, "lampu mati")),
        ("halo wali, lampu mati", Channel("halo wali", "35.73", None, "lampu mati")),
        ("warung: berisik", Channel("warung", None, "DISPERINDAG_UKM", "berisik")),
        ("warung berisik", Channel("", None, None, "warung berisik")),
        ("sini: berisik", Channel("sini", "35.79", None, "berisik")),
        ("sini berisik", Channel("", None, None, "sini berisik")),
        ("sapa: berisik", Channel("sapa", None, None, "berisik")),
        ("surabaya: berisik", Channel("", None, None, "surabaya: berisik")),
        ("kotasurabaya berisik", Channel("kotasurabaya", "35.78", None, "berisik")),
        ("malang: berisik", Channel("malang", "35.73", None, "berisik")),
    ],
)
def test_an_operators_words_are_read_as_he_says(text: str, expected: Channel) -> None:
    """A region, a type, both or neither; only behind a separator if common; not at all if kept."""
    assert expected == WORDS.read(text)


def test_without_words_nothing_is_read() -> None:
    """The empty table is a table too."""
    assert Channel("", None, None, "BDG x") == Channels().read("BDG x")


PIECES = st.sampled_from(
    [
        "LAPOR", "lapor", "laporan", "Aduan", "BDG", "SBY", "Jabar", "JATIM", "surabaya", "Bandung", "kab", "KAB.",
        "Kota", "malang", "NGANJUK", "PLN", "Kemensos", "jalan", "rusak", "dan", "saya", "#", ":", ",", "-", "/", "\n",
        " ", " ", " ", ".", "!", "é", "1708",
    ]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_read(router: Router, text: str) -> None:
    """Never an exception; the rest is the end of the text; what was taken is read again as it was."""
    found = router.channels.read(text)
    assert text.endswith(found.rest)
    assert found.words in text
    assert found.words or (None, None, text) == (found.place, found.agency_type, found.rest)
    assert found.place is None or found.place in router.places.regions


@given(st.lists(PIECES, max_size=10).map("".join))
def test_reading_again_contradicts_nothing(router: Router, text: str) -> None:
    """What is left begins with no channel word for another region."""
    first = router.channels.read(text)
    again = router.channels.read(first.rest)
    assert first.rest.endswith(again.rest)
    assert None in (first.place, again.place) or first.place == again.place
