#!/usr/bin/env python3
"""Writes config/data/agencies.csv: the demonstration set, with addresses under the reserved domain .example.

    scripts/build_agencies.py config/data

Nineteen local governments stand there with all their agencies, every other one with its coordinator (*admin instansi*,
often Diskominfo): as in SP4N-LAPOR! a report can be given to him, who passes it on inside. An operator's own
agencies.csv replaces it; this script only saves typing where a name follows from type and place.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

# Local governments of the demonstration: code, short place name, web name.
LOCAL = (
    ("31", "DKI Jakarta", "jakarta"),
    ("12", "Prov Sumut", "sumutprov"),
    ("32", "Prov Jabar", "jabarprov"),
    ("33", "Prov Jateng", "jatengprov"),
    ("34", "Prov DIY", "jogjaprov"),
    ("35", "Prov Jatim", "jatimprov"),
    ("36", "Prov Banten", "bantenprov"),
    ("73", "Prov Sulsel", "sulselprov"),
    ("12.71", "Kota Medan", "medan"),
    ("32.04", "Kab Bandung", "bandungkab"),
    ("32.73", "Kota Bandung", "bandung"),
    ("33.74", "Kota Semarang", "semarangkota"),
    ("35.07", "Kab Malang", "malangkab"),
    ("35.18", "Kab Nganjuk", "nganjukkab"),
    ("35.22", "Kab Bojonegoro", "bojonegorokab"),
    ("35.73", "Kota Malang", "malangkota"),
    ("35.78", "Kota Surabaya", "surabaya"),
    ("36.03", "Kab Tangerang", "tangerangkab"),
    ("73.71", "Kota Makassar", "makassar"),
)
# Short enough for a place of 14 letters behind it: 24 in all.
SHORT = {
    "DISDIK": "Disdik", "DISPERKIM": "Perkim", "DISPERINDAG_UKM": "Disdag", "DISTAN": "Distan", "DISKOMINFO": "Kominfo",
    "DISBUDPORA": "Dispora", "INSPEKTORAT": "Itda", "KESBANGPOL": "Kesbang", "KEC_KEL": "Tapem", "PEMDA_UMUM": "Pemda",
    "DUKCAPIL": "Dukcapil", "DISNAKER": "Disnaker", "SATPOLPP": "Satpol PP", "DPMPTSP": "DPMPTSP",
    "BAPENDA_BKAD": "Bapenda", "BAPPEDA": "Bappeda",
}  # fmt: skip
# Only at a kabupaten, a kota or DKI Jakarta.
NOT_AT_PROVINCE = {"KEC_KEL", "PDAM", "DAMKAR", "DPMD"}
COORDINATOR = "PEMDA_UMUM"
GOVERNMENT = {"province": "Pemprov", "kabupaten": "Pemkab", "kota": "Pemkot"}
SHORT_NAME_LETTERS = 24
HEADER = ("code", "name", "short_name", "type", "region", "email")


def agencies(types: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    for each in types:
        if each["level"] == "nasional":
            kind = each["agency_type"]
            mailbox = kind.lower().replace("_", "-")
            yield kind, each["name"], each["short_name"], kind, "", f"lapor@{mailbox}.example"
    for region, place, web in LOCAL:
        for each in types:
            if each["level"] == "pemda" and not (each["agency_type"] in NOT_AT_PROVINCE and place.startswith("Prov")):
                yield local(each, region, place, web)


def coordinators(regions: list[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    known = {region for region, _, _ in LOCAL}
    for region in regions:
        code, kind = region["code"], GOVERNMENT.get(region["kind"])
        if kind is None or code in known:
            continue
        name = f"{kind} {region['name']} (koordinator pengaduan)"
        short = f"{kind} {fitting(region['name'], SHORT_NAME_LETTERS - len(kind) - 1)}"
        yield f"{COORDINATOR}-{code}", name, short, COORDINATOR, code, f"pemda@{code.replace('.', '-')}.example"


def fitting(name: str, room: int) -> str:
    """A region's name in that many letters: its first words become initials, as many as it takes."""
    words = name.split()
    for at in range(len(words)):
        if len(" ".join(words)) > room:
            words[at] = words[at][0]
    return " ".join(words)


def local(kind: dict[str, str], region: str, place: str, web: str) -> tuple[str, ...]:
    code = kind["agency_type"]
    short = f"{SHORT.get(code, kind['short_name'])} {place}"
    if len(short) > 24:
        raise SystemExit(f"too long for an SMS: {short}")
    return (
        f"{code}-{region}",
        f"{kind['name']} {place}",
        short,
        code,
        region,
        f"{code.lower().replace('_', '-')}@{web}.example",
    )


def main() -> int:
    folder = Path(sys.argv[1])
    with (folder / "agency_types.csv").open(encoding="utf-8", newline="") as file:
        types = list(csv.DictReader(file))
    with (folder / "regions.csv").open(encoding="utf-8", newline="") as file:
        regions = list(csv.DictReader(file))
    with (folder / "agencies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(agencies(types))
        writer.writerows(coordinators(regions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
