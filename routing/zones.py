"""In which time zone a place lies.

Keputusan Presiden 41/1987 divides the country by provinces (Bali is WITA, Kalimantan Barat and Tengah are WIB). The
provinces formed since kept the zone of those they were parts of: Gorontalo, Sulawesi Barat and Kalimantan Utara WITA,
Maluku Utara and those of Papua WIT, all others WIB.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from routing.regions import province_of

WIB, WITA, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")

_PROVINCES = {
    WIB: "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62",
    WITA: "51 52 53 63 64 65 71 72 73 74 75 76",
    WIT: "81 82 91 92 93 94 95 96",
}
_ZONES = {province: zone for zone, provinces in _PROVINCES.items() for province in provinces.split()}


def zone_of(place: str | None, default: ZoneInfo) -> ZoneInfo:
    """Return the zone of the place with this Kemendagri code; `default` where there is none, or none we know."""
    return _ZONES.get(province_of(place), default) if place else default
