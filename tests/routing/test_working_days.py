"""Deadlines against working_days.csv, which was counted by hand from the decrees.

`decree` names the joint decree of the ministers of religion, of manpower and of administrative reform (SKB 3 Menteri,
on hari libur nasional and cuti bersama) that the row follows:

- 2024: 855/2023, 3/2023, 4/2023; the two election days by presidential decree
- 2025: 1017/2024, 2/2024, 2/2024; as amended: 933/2025, 1/2025, 3/2025, which made 18 August 2025 a joint leave
- 2026: 1497/2025, 2/2025, 5/2025
- 2027: the decree itself was not at hand; these rows follow the package `holidays`, which cites the State Secretariat's
  page on it (setneg.go.id, September 2026), and have yet to be compared with the decree

`holidays_skb.csv` has all days of those decrees of 2024 to 2026, weekends included, written down without the package.
`why` names what is closed and the working days as they are counted; the day of the start does not count.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from routing.deadlines import Deadlines, Holidays
from routing.zones import WIB, WIT, WITA, zone_of

ZONES = {"WIB": WIB, "WITA": WITA, "WIT": WIT}
with Path(__file__).with_name("working_days.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
with Path(__file__).with_name("holidays_skb.csv").open(encoding="utf-8", newline="") as file:
    DECREED = {date.fromisoformat(row["date"]): row["name"] for row in csv.DictReader(file)}


def test_the_table_is_whole() -> None:
    """Fifty dates, of four years, none of them twice."""
    assert 50 == len(ROWS) == len({(row["start"], row["place"], row["days"]) for row in ROWS})
    assert {"2024", "2025", "2026", "2027"} == {row["start"][:4] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['start']}+{row['days']} in {row['place']}")
def test_a_deadline_falls_on_the_day_counted_by_hand(row: dict[str, str]) -> None:
    """At the last second of that day where the matter is."""
    told, zone = row["start"].rsplit(" ", 1)
    start = datetime.fromisoformat(told).replace(tzinfo=ZONES[zone])
    here = zone_of(row["place"], WIB)
    found = Deadlines().due(start, int(row["days"]), here)
    expected = datetime.combine(date.fromisoformat(row["end"]), time(23, 59, 59), tzinfo=here)
    assert (expected, here) == (found, found.tzinfo), row["why"]


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_package_knows_the_days_off_of_the_decrees_and_no_others(year: int) -> None:
    """National holidays, joint leave and days of elections."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    known = [day for day in days if day.year == year and day in Holidays()]
    assert sorted(day for day in DECREED if day.year == year) == known
