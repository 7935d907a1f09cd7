"""From words as they are written to words that are known."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classify import Router
from routing.spelling import Spelling

KNOWN = (
    "jalan", "air", "lampu", "rusak", "parkir", "pangkas", "sapu", "kering", "tunggu", "rokok", "irigasi", "sampah",
    "bakar", "pemadaman", "berlubang", "jembatan", "mengalir", "mengalirkan", "selokan", "buang", "paras", "dishub",
    "polres", "pln",
)  # fmt: skip
ORDINARY = ("paraskan", "jembatas")
SPELLING = Spelling(KNOWN, ORDINARY, openings=("dishub", "polres", "pln", "satpol"))


def read(*tokens: str) -> str:
    return " ".join(SPELLING.read(tokens))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("jalannya", "jalan"),
        ("jalanlah", "jalan"),
        ("rusakkah", "rusak"),
        ("jalanpun", "jalan"),
        ("jalanku", "jalan"),
        ("lampumu", "lampu"),
        ("irigasine", "irigasi"),
        ("sampahe", "sampah"),
        ("jalanna", "jalan"),
        ("airnya", "air"),
        ("airna", "air"),
    ],
)
def test_endings_that_cling_to_a_word_are_taken_off(written: str, meant: str) -> None:
    """Indonesian, Javanese (`irigasine`, `sampahe`) and Sundanese (`jalanna`); a short word is enough."""
    assert meant == read(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("memparkir", "parkir"),
        ("memangkas", "pangkas"),
        ("menyapu", "sapu"),
        ("mengering", "kering"),
        ("menunggu", "tunggu"),
        ("merusak", "rusak"),
        ("pembakar", "bakar"),
        ("pemangkas", "pangkas"),
        ("penunggu", "tunggu"),
        ("perokok", "rokok"),
        ("ngrokok", "rokok"),
        ("nyapu", "sapu"),
        ("nunggu", "tunggu"),
        ("ngering", "kering"),
        ("diparkir", "parkir"),
        ("terbakar", "bakar"),
        ("berjalan", "jalan"),
        ("sejalan", "jalan"),
        ("kerusak", "rusak"),
        ("diparkirin", "parkir"),
        ("rusakkan", "rusak"),
        ("kerusakan", "rusak"),
        ("pembakaran", "bakar"),
        ("lampui", "lampu"),
        ("dibuangin", "buang"),
        ("dibakari", "bakar"),
        ("pembuangannya", "buang"),
        ("diparkirinnya", "parkir"),
    ],
)
def test_prefixes_and_suffixes_are_taken_off(written: str, meant: str) -> None:
    """With the letter that a nasal prefix has swallowed, also as people speak: `ngrokok`, `nyapu`."""
    assert meant == read(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pemadman", "pemadaman"),
        ("pemadamann", "pemadaman"),
        ("pemadanan", "pemadaman"),
        ("pemdaaman", "pemadaman"),
        ("jembtan", "jembatan"),
        ("berlubanv", "berlubang"),
        ("mengalr", "mengalir"),
    ],
)
def test_one_slip_in_a_long_word_is_mended(written: str, meant: str) -> None:
    """A letter too few, too many, wrong, or swapped with the next."""
    assert meant == read(written)


@pytest.mark.parametrize(
    "word",
    [
        "jalam",  # too short: a wrong letter makes another word
        "selokn",  # six letters
        "pmdaman",  # two slips
        "xemadaman",  # nobody misses the first letter
        "jembat4n",  # no letters only
    ],
)
def test_what_is_no_slip_stays(word: str) -> None:
    """Short words, two slips, another first letter, figures."""
    assert word == read(word)


@pytest.mark.parametrize(("word", "otherwise"), [("paraskan", "paras"), ("jembatas", "jembatan")])
def test_ordinary_words_stay(word: str, otherwise: str) -> None:
    """Without being named as ordinary they would be taken for derived from ours, or for a slip of it."""
    assert [word] == SPELLING.read([word])
    assert [otherwise] == Spelling(KNOWN).read([word])


def test_a_slip_of_two_words_is_a_slip_of_none() -> None:
    """In doubt nothing is mended."""
    assert ["kartulis"] == Spelling(["kartulas", "kartulus"]).read(["kartulis"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("dishubkotabdg", "dishub"),
        ("dishub2024", "dishub"),
        ("polresmalang", "polres"),
        ("dishubku", "dishub"),
        ("dishubab", "dishubab"),  # two letters more are no name
        ("plnjatim", "plnjatim"),  # three letters begin many words
        ("satpolkota", "satpolkota"),  # satpol is no word of this vocabulary
        ("kotadishub", "kotadishub"),
    ],
)
def test_names_of_accounts_begin_with_the_office(written: str, meant: str) -> None:
    """`dishubkotabdg` writes to the Dishub."""
    assert meant == read(written)


def test_every_word_has_its_own_answer() -> None:
    """A text is read word by word, and again from memory."""
    text = ("jalannya", "x", "pemadman", "rusak", "jalannya")
    assert ["jalan", "x", "pemadaman", "rusak", "jalan"] == SPELLING.read(text)
    assert SPELLING.read(text) == SPELLING.read(text)


def test_good_words_are_not_mended_by_the_shipped_vocabulary(router: Router) -> None:
    """What stands in nearly every text is no slip of a keyword."""
    words = (
        "kepada sering bandung surabaya seperti sekali masih selalu dengan sudah belum kenapa bapak berikan siapa "
        "keluarga walaupun padahal kemarin sekarang setelah sebelum bersama terima kasih mungkin namun lebih "
        "sehingga supaya tetapi pernah ternyata bagaimana kabupaten kecamatan kelurahan semoga silahkan sebaiknya"
    ).split()
    assert words == router.topics.spelling.read(words)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("jalannya", "jalan"),
        ("lampunya", "lampu"),
        ("sampahe", "sampah"),
        ("irigasine", "irigasi"),
        ("lampuna", "lampu"),
        ("diparkirin", "parkir"),
        ("ngrokok", "rokok"),
        ("pemadman", "pemadaman"),
        ("dishubkotabdg", "dishub"),
    ],
)
def test_the_shipped_vocabulary_is_met(router: Router, written: str, meant: str) -> None:
    """What the documents promise."""
    assert [meant] == router.topics.spelling.read([written])


TOKENS = st.lists(
    st.sampled_from(KNOWN + ORDINARY)
    | st.builds(str.__add__, st.sampled_from(KNOWN), st.sampled_from(["nya", "e", "kan", "2", "kotabdg"]))
    | st.text(alphabet="abdegiklmnprstu", min_size=1, max_size=10)
    | st.text(min_size=1, max_size=10),
    max_size=12,
)


@given(TOKENS)
def test_any_word_is_read_as_one_word(tokens: list[str]) -> None:
    """As many come out as went in; known words stay, and what was read is read no further."""
    once = SPELLING.read(tokens)
    assert len(tokens) == len(once)
    assert once == SPELLING.read(once)
    assert all(before == after for before, after in zip(tokens, once, strict=True) if before in KNOWN)
    assert all(after in KNOWN or before == after for before, after in zip(tokens, once, strict=True))


@given(st.sampled_from([word for word in KNOWN if len(word) >= 8]), st.data())
def test_every_single_slip_is_mended(word: str, data: st.DataObject) -> None:
    """Wherever it happens behind the first letter, in a vocabulary with no word near by."""
    at = data.draw(st.integers(1, len(word) - 2))
    letter = data.draw(st.sampled_from("qxz"))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    slips = [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], swapped]
    assert [word] * len(slips) == Spelling([word]).read(slips)


def test_one_word_as_long_as_an_sms_can_be() -> None:
    """It is no slip of anything; trying all its letters would take gigabytes, and many seconds."""
    started = process_time()
    assert 19_500 * "ha" == read(19_500 * "ha")
    assert "dishub" == read("dishub" + 39_000 * "x")
    assert process_time() - started < 1
