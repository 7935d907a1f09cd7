"""The normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.text import Normal, Slang, locate, normalise

SLANG = Slang({
    "jln": ("jalan",),
    "blm": ("belum",),
    "kk": ("kartu", "keluarga"),
    "org": ("orang",),
    "tulung": ("tolong",),
    "kec": ("kecamatan",),
})  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("JLN RUSAK", "jalan rusak"),
        ("jln.rusak,blm diperbaiki!!", "jalan rusak belum diperbaiki"),
        ("gorong2", "gorong gorong"),
        ("gorong-gorong", "gorong gorong"),
        ("org2", "orang orang"),
        ("anak2nya", "anak anaknya"),
        ("kk2", "kartu keluarga kartu keluarga"),
        ("rusaaaak", "rusak"),
        ("blmmmm", "belum"),
        ("RW III", "rw iii"),
        ("smp2 dan co2", "smp2 dan co2"),
        ("rt 05/rw 02", "rt 05 rw 02"),
        ("KK hilang", "kartu keluarga hilang"),
        ("gas 3kg", "gas 3kg"),
        ("Café", "cafe"),
        ("ｊｌｎ", "jalan"),
        ("", ""),
        ("?!", ""),
        ("gorong2nya", "gorong gorongnya"),
        ("RUSAAAK bgt wwwww", "rusak bgt w"),
        ("pppk dan wwww", "pppk dan w"),
        ("no2 di gg2", "no2 di gg2"),
        ("nik saya [NIK] hilang", "nik saya hilang"),
        ("[telp][Email]", ""),
        ("[jalan] rusak", "jalan rusak"),
        ("000111222", "000111222"),
        ("rusaaak di rt 0005", "rusak di rt 0005"),
    ],
)
def test_writing_becomes_the_normal_form(written: str, expected: str) -> None:
    """Capitals, punctuation, slang, doubling and stretched letters go; digits stay."""
    assert expected == normalise(written, SLANG).text


def test_a_mask_says_nothing_about_the_topic() -> None:
    """`[NIK]` stands where the parser hid a number; nobody complains about it."""
    assert "atas nama saya" == normalise("atas nama [NIK] saya [TELP]").text


def test_the_word_after_kecamatan_is_a_name() -> None:
    """`Kec. Tulung` is a place even where `tulung` is slang."""
    assert "tolong di kecamatan tulung" == normalise("tulung di Kec. Tulung", SLANG).text
    assert "kecamatan tulung rusak" == normalise("Kec. Tulung rusaaak", SLANG).text


def test_without_a_slang_table_words_stay() -> None:
    """The table is an argument; none is built in."""
    assert Normal(("jln",)) == normalise("jln")


@given(st.text(max_size=300))
def test_any_text_becomes_plain_tokens(text: str) -> None:
    """Tokens hold nothing but small letters and digits."""
    assert all(
        token.isascii() and token.isalnum() and token == token.lower() for token in normalise(text, SLANG).tokens
    )


@given(st.text(alphabet="abcdefghij 12.,", max_size=80))
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    """Once is enough."""
    once = normalise(text)
    assert once == normalise(once.text)


@given(st.lists(st.sampled_from(["jalan", "rusak", "di", "malang", "3"]), max_size=12))
def test_case_and_punctuation_make_no_difference(words: list[str]) -> None:
    """`JALAN, RUSAK!` and `jalan rusak` are the same complaint."""
    assert normalise(" ".join(words)) == normalise(" ,".join(words).upper() + "!")


def located(text: str) -> list[tuple[str, str]]:
    """Every token of the normal form with what stands in its place."""
    shown, spans = locate(text, SLANG)
    return list(zip(normalise(text, SLANG).tokens, (shown[start:end] for start, end in spans), strict=True))


def test_every_token_can_be_shown_where_it_stands() -> None:
    """Capitals and punctuation as they were written; two tokens of one word stand in the same place."""
    expected = [("jalan", "Jln"), ("kartu", "KK"), ("keluarga", "KK"), ("gorong", "gorong2"), ("gorong", "gorong2")]
    assert expected == located("Jln. -- KK? gorong2!")
    assert [("rusak", "RUSAAAK")] == located(" RUSAAAK ")
    assert [("nik", "NIK"), ("hilang", "hilang")] == located("NIK [NIK] hilang")
    assert [("kecamatan", "Kec"), ("tulung", "Tulung")] == located("Kec. Tulung")
    assert ("", []) == locate("", SLANG)


def test_where_folding_moves_letters_the_folded_text_is_shown() -> None:
    """An ellipsis of one character becomes three full stops, an accent of its own is gone."""
    assert ("aduh... jalan", [(0, 4), (8, 13)]) == locate("Aduh\u2026 jalan")
    assert ("Café", [(0, 4)]) == locate("Café")
    assert ("cafe", [(0, 4)]) == locate("Cafe\u0301")


@given(st.text(max_size=100) | st.text(alphabet="kj lnorgKK23. [NIK]\u2026\u0301", max_size=60))
def test_places_stand_in_order_and_in_the_text(text: str) -> None:
    """One for each token, none empty, none outside."""
    shown, spans = locate(text, SLANG)
    assert len(normalise(text, SLANG).tokens) == len(spans)
    assert sorted(spans) == spans
    assert all(0 <= start < end <= len(shown) for start, end in spans)
