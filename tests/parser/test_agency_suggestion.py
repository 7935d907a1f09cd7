"""What an operator would most likely choose for an answer in free words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_suggestion import suggest
from parser.agency_verb import Accept, Ask, Done, NotOurs, Postpone, Process, Refuse, Verb

TODAY = date(2026, 6, 9)


@pytest.mark.parametrize(
    ("answer", "verb"),
    [
        ("Sudah kami perbaiki tadi pagi", Done("Sudah kami perbaiki tadi pagi")),
        ("Yth. Admin\nLampu telah diganti kemarin", Done("Lampu telah diganti kemarin")),
        ("The lamp has been replaced", Done("The lamp has been replaced")),
        ("Yth. Admin 1708\nSELESAI lampu diganti", Done("lampu diganti")),
        ("Belum selesai, masih menunggu material", Process("Belum selesai, masih menunggu material")),
        ("Sedang dikerjakan tim UPT", Process("Sedang dikerjakan tim UPT")),
        ("Itu bukan kewenangan kami", NotOurs("")),
        ("Di sebelah mana pasar?", Ask("Di sebelah mana pasar?")),
        ("Mohon info titik lokasi", Ask("Mohon info titik lokasi")),
        ("Segera kami tindak lanjuti", Accept()),
        ("Baru bisa dikerjakan 30 Juni 2026", Postpone(date(2026, 6, 30), "Baru bisa dikerjakan 30 Juni 2026")),
        ("Usulan tidak dapat kami penuhi", Refuse("Usulan tidak dapat kami penuhi")),
    ],
)
def test_words_that_speak_for_a_verb(answer: str, verb: Verb) -> None:
    """What is denied comes before what is claimed, and greetings are left out."""
    assert verb == suggest(answer, TODAY)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Terima kasih",
        "Selesaikan segera",
        "Proses hukum berjalan",
        "Mohon arahan pimpinan",
        "LANJUT",
        "Ditunda dulu",
    ],
)
def test_words_that_speak_for_none(answer: str) -> None:
    """An operator reads them without a hint."""
    assert suggest(answer, TODAY) is None


def test_without_a_day_nothing_is_postponed() -> None:
    """Whether 30 June is still to come depends on the day."""
    assert suggest("Baru bisa dikerjakan 30 Juni 2026") is None


@given(st.text())
def test_any_answer(answer: str) -> None:
    """Never an error."""
    suggest(answer, TODAY)
