"""Complaint, question or proposal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.classify import Router
from routing.klass import CLEAR, COMPLAINT, Classes
from routing.text import Slang, normalise

CLASSES = Classes(
    [
        ("informasi", "cara", 2.0),
        ("informasi", "mau tanya", 1.5),
        ("informasi", "syarat", 1.0),
        ("aspirasi", "usul", 2.5),
        (COMPLAINT, "belum", 2.0),
        (COMPLAINT, "belum cair", 0.5),
    ],
    slang=Slang({"blm": ("belum",), "gmn cara": ("x",)}),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cara urus ktp", "informasi"),
        ("mau tanya jalan", COMPLAINT),  # too little
        ("mau tanya syarat", "informasi"),
        ("syarat syarat syarat", COMPLAINT),  # once
        ("cara, sudah lama belum", "informasi"),  # as strong as the complaint
        ("mau tanya, syarat, belum", "informasi"),
        ("usul", "aspirasi"),
        ("usul cara", "aspirasi"),
        ("usul cara syarat", "informasi"),
        ("cara belum cair", "informasi"),  # the longer phrase hides the shorter
        ("belum", COMPLAINT),
        ("", COMPLAINT),
    ],
)
def test_words_tell_the_class(text: str, expected: str) -> None:
    """A question must be clear, and no weaker than the complaint beside it."""
    assert expected == CLASSES.judge(normalise(text).tokens)


def test_in_doubt_it_is_a_complaint() -> None:
    """For that has the shorter deadline."""
    weak = Classes([("informasi", "tanya", CLEAR), (COMPLAINT, "rusak", CLEAR + 0.5)])
    assert "informasi" == weak.judge(("tanya",))
    assert COMPLAINT == weak.judge(("tanya", "rusak"))
    assert COMPLAINT == Classes().judge(("tanya",))


@pytest.mark.parametrize(("text", "expected"), [("mohon usul", "informasi"), ("usul mohon", "aspirasi")])
def test_between_equals_the_first_word_decides(text: str, expected: str) -> None:
    """The deadline hangs on the class: it may not change from run to run."""
    classes = Classes([("informasi", "mohon", 2.5), ("aspirasi", "usul", 2.5)])
    assert expected == classes.judge(normalise(text).tokens)


def test_words_meet_the_text_after_slang() -> None:
    """A class word is normalised like the text."""
    classes = Classes([("aspirasi", "sy usul", 3.0)], Slang({"sy": ("saya",)}))
    assert "aspirasi" == classes.judge(("saya", "usul"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mau tanya, apa saja syarat membuat akta kelahiran?", "informasi"),
        ("mohon info jadwal samsat keliling", "informasi"),
        ("Usul agar taman kota diberi tempat sampah", "aspirasi"),
        ("Sudah tiga bulan KTP saya belum jadi, bagaimana ini?", COMPLAINT),
        ("jalan rusak kapan diperbaiki", COMPLAINT),
    ],
)
def test_the_shipped_words_tell_the_class(router: Router, text: str, expected: str) -> None:
    """As people ask and propose."""
    assert expected == router.classes.judge(normalise(text, router.slang).tokens)


@given(st.lists(st.sampled_from(["cara", "usul", "belum", "cair", "mau", "tanya", "syarat", "x"]), max_size=12))
def test_every_text_has_a_class(words: list[str]) -> None:
    """One of three, and the same when it is said twice."""
    found = CLASSES.judge(tuple(words))
    assert found in {"informasi", "aspirasi", COMPLAINT}
    assert found == CLASSES.judge((*words, "x", *words))
