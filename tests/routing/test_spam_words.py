"""Raw texts cut into words and classes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.spam_words import CLASSES, words_of

SPELLING = {"slmt": "selamat", "mdpt": "mendapatkan", "3care": "tricare"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jalan rusak, tolong!", "jalan rusak tolong"),
        ("Slmt! No.anda m-dpt 35jt", "selamat no anda mendapatkan <uang>"),
        ("Rp.500.000 Rp50rb 2,5jt 25ribu", "<uang> <uang> <uang> <uang>"),
        ("kuota 2.5GB 500mb", "kuota <kuota> <kuota>"),
        ("diskon 50%", "diskon <persen>"),
        ("cek *123# atau *550*905#.", "cek <ussd> atau <ussd>"),
        ("hub 081200000000 (+6281200000000)", "hub <telepon> <telepon>"),
        ("rek 123-45-678901-2 a/n", "rek <rekening> a n"),
        ("ke 4321 lalu 12 dan 1234567", "ke <pendek> lalu <angka> dan <angka>"),
        ("PIN:b12c3d4", "pin <kode>"),
        ("rt02 sd4", "rt02 sd4"),
        ("klik:www.hadiah.example.com/x", "klik <situs>"),
        ("buka http://a.example b.blogspot.com", "buka <situs> <situs>"),
        ("lihat https://kota.go.id www.kota.go.id", "lihat"),
        ("surel orang@kantor.example.com dan @akun", "surel dan"),
        ("pt 3care pulsa25rb", "pt tricare pulsa <uang>"),
        ("kami,warga desa/kota", "kami warga desa kota"),
        ("... -- !!", ""),
    ],
)
def test_words_and_classes(text: str, expected: str) -> None:
    """What is no word becomes the name of what it is; a state's own site and a mail address become nothing."""
    assert expected.split() == words_of(text, SPELLING)


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    """Whatever comes, words come out, none of them empty or with a blank."""
    words = words_of(text, SPELLING)
    assert [] == [word for word in words if not word or word.split() != [word]]


@given(st.text(alphabet="abc .,/-:*#'019@<w", max_size=300))
def test_only_classes_have_angle_brackets(text: str) -> None:
    """A citizen cannot write a class: `<situs>` in a text is the word situs."""
    assert [] == [word for word in words_of(text, SPELLING) if "<" in word and word not in CLASSES]
