"""Dates in Indonesian, and texts of strangers made fit for a mail."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from smsd.mail.words import MOST_LINES, clean_lines, date_words, moment_words, one_line, short_date


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(7, "pukul 09.05 WIB"), (8, "pukul 10.05 WITA"), (9, "pukul 11.05 WIT"), (0, "pukul 02.05 UTC+0000")],
)
def test_times_name_their_zone(hours: int, expected: str) -> None:
    """Three zones of Indonesia by name, any other by its offset."""
    moment = datetime(2026, 6, 8, 2, 5, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert f"Senin, 8 Juni 2026, {expected}" == moment_words(moment)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 4), "Minggu, 4 Januari 2026"),
        (date(2026, 8, 17), "Senin, 17 Agustus 2026"),
        (date(2026, 12, 31), "Kamis, 31 Desember 2026"),
    ],
)
def test_dates_are_indonesian(day: date, expected: str) -> None:
    """Day and month by their Indonesian names."""
    assert expected == date_words(day)


@pytest.mark.parametrize(("day", "expected"), [(date(2026, 6, 5), "5 Juni"), (date(2025, 12, 31), "31 Desember 2025")])
def test_a_short_date_names_only_another_year(day: date, expected: str) -> None:
    """Within the year the reader knows which."""
    assert expected == short_date(day, date(2026, 6, 8))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a\r\nb\tc ", "a b c"),
        ("a\u2028b\x85c", "a b c"),
        ("nol\x00 \x1b[31mmerah", "nol [31mmerah"),
        ("a\u202eb\u2069c", "abc"),
        ("a\ud83db", "a\ufffdb"),
    ],
)
def test_one_line_holds_nothing_that_moves(text: str, expected: str) -> None:
    """Line ends of every kind, controls, direction marks and half characters."""
    assert expected == one_line(text)


def test_a_long_text_is_cut_and_says_so() -> None:
    """Ten thousand lines are nobody's complaint."""
    lines = clean_lines("x\n" * 10_000)
    assert (MOST_LINES + 1, "[9500 baris lagi tidak dimuat]") == (len(lines), lines[-1])
    assert ("x",) * MOST_LINES == clean_lines("x\n" * MOST_LINES)
