"""The normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.text import Normal, normalise

SLANG = {
    "jln": ("jalan",),
    "blm": ("belum",),
    "kk": ("kartu", "keluarga"),
    "org": ("orang",),
    "tulung": ("tolong",),
    "kec": ("kecamatan",),
}


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
        ("000111222", "000111222"),
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
