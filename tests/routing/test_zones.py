"""Time zones of places."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routing.zones import WIB, WIT, WITA, zone_of

ELSEWHERE = ZoneInfo("UTC")
REGIONS = Path(__file__).parents[2] / "config" / "data" / "regions.csv"
# By name, as the decree has them, each with the provinces formed out of it since.
NAMES = {
    WIB: "Aceh; Sumatera Utara; Sumatera Barat; Riau; Kepulauan Riau; Jambi; Sumatera Selatan; Bangka Belitung; "
    "Bengkulu; Lampung; DKI Jakarta; Jawa Barat; Banten; Jawa Tengah; DI Yogyakarta; Jawa Timur; "
    "Kalimantan Barat; Kalimantan Tengah",
    WITA: "Bali; Nusa Tenggara Barat; Nusa Tenggara Timur; Kalimantan Selatan; Kalimantan Timur; Kalimantan Utara; "
    "Sulawesi Utara; Gorontalo; Sulawesi Tengah; Sulawesi Selatan; Sulawesi Barat; Sulawesi Tenggara",
    WIT: "Maluku; Maluku Utara; Papua; Papua Barat; Papua Selatan; Papua Tengah; Papua Pegunungan; Papua Barat Daya",
}


def test_each_of_the_38_provinces_has_the_zone_of_the_decree() -> None:
    """Keppres 41/1987, checked by name, for the code tells nobody where it is."""
    with REGIONS.open(encoding="utf-8", newline="") as file:
        found = {
            each["name"]: zone_of(each["code"], ELSEWHERE) for each in csv.DictReader(file) if "." not in each["code"]
        }
    assert 38 == len(found)
    assert {name: zone for zone, names in NAMES.items() for name in names.split("; ")} == found


@pytest.mark.parametrize(
    ("place", "expected"),
    [("35.07", WIB), ("51.71.02", WITA), ("94.04", WIT), ("99.01", ELSEWHERE), ("", ELSEWHERE), (None, ELSEWHERE)],
)
def test_a_place_has_the_zone_of_its_province(place: str | None, expected: ZoneInfo) -> None:
    """However small; where no place is known, that of the gateway."""
    assert expected == zone_of(place, ELSEWHERE)
