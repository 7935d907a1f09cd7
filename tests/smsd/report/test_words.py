"""Both languages say the same, and write numbers and days as their readers do."""

import re
from datetime import date, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from smsd.report.period import Period
from smsd.report.words import Tongue, sentences

ID, EN = Tongue("id"), Tongue("en")


def test_have_the_same_sentences():
    """With the same gaps to fill."""
    gaps = {
        language: {name: sorted(re.findall(r"\{(\w+)\}", text)) for name, text in sentences(language).items()}
        for language in ("id", "en")
    }
    assert gaps["id"] == gaps["en"]


def test_no_sentence_is_left_over():
    """Each is asked for by name, or by a name that is put together, in the page."""
    folder = resources.files("smsd.report")
    asking = "".join((folder / name).read_text() for name in ("page.py", "templates/report.html.j2"))
    together = ("flow_", "class_", "sms_", "star_", "others_", "places_")
    lost = [n for n in sentences("id") if not n.startswith(together) and not re.search(f"[\"']{n}[\"']", asking)]
    assert [] == lost


@pytest.mark.parametrize(
    ("tongue", "number", "half", "share", "price"),
    [(ID, "1.234.567", "2,5", "27%", "Rp701.250"), (EN, "1,234,567", "2.5", "27%", "Rp701,250")],
)
def test_write_numbers_as_readers_do(tongue, number, half, share, price):
    """Points and commas change places."""
    said = (tongue.number(1_234_567), tongue.number(2.5, 1), tongue.share(27, 100), tongue.rupiah(701_250))
    assert (number, half, share, price) == said


def test_tell_a_change_with_its_sign():
    """With a real minus."""
    assert ["+12", "0", "−1.200"] == [ID.signed(each) for each in (12, 0, -1200)]
    assert "–" == ID.share(0, 0)


def test_name_days_and_periods():
    """In words."""
    assert ("Oktober 2026", "2026") == (ID.period(Period(2026, 10)), EN.period(Period(2026)))
    assert "28 Des – 3 Januari 2027" == ID.days(date(2026, 12, 28), date(2027, 1, 3))
    assert "3 October 2026" == EN.days(date(2026, 10, 3), date(2026, 10, 3))
    moment = datetime(2026, 10, 3, 9, 5, tzinfo=ZoneInfo("Asia/Jayapura"))
    assert ("3 Oktober 2026, 09.05 WIT", "3 October 2026, 09:05 WIT") == (ID.moment(moment), EN.moment(moment))
