#!/usr/bin/env python3
"""Writes regions.csv and villages.txt in config/data from the npm package idn-area-data.

    npm pack idn-area-data@4.0.1 && tar xzf idn-area-data-4.0.1.tgz
    scripts/build_regions.py package/data config/data

The package's data is under the Open Database License; config/data/README.md carries the notice.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

# The words before a name say its kind; the longest first, so that "Kota Administrasi" is not read as a "Kota".
KIND_OF_PREFIX = {
    "Kabupaten Administrasi ": "kabupaten",
    "Kota Administrasi ": "kota",
    "Kabupaten ": "kabupaten",
    "Kota ": "kota",
}

# Long official names that nobody writes: the short one is the name, the long one an alias.
SHORT_PROVINCE = {"31": "DKI Jakarta", "34": "DI Yogyakarta", "19": "Bangka Belitung"}

KABKOTA = 5  # letters of the code of a kabupaten or kota, with which that of a village begins
KELURAHAN = "1"  # the first figure of the last part of a kelurahan's code; a desa has 2


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def split_kind(name: str) -> tuple[str, str]:
    """Take the kind off a name: `Kota Malang` is (`Malang`, `kota`)."""
    for prefix, kind in KIND_OF_PREFIX.items():
        if name.startswith(prefix):
            return name.removeprefix(prefix), kind
    raise SystemExit(f"no kind in the name {name!r}")


def regions(source: Path) -> Iterator[tuple[str, str, str]]:
    for row in rows_of(source / "provinces.csv"):
        yield row["code"], SHORT_PROVINCE.get(row["code"], row["name"]), "province"
    for row in rows_of(source / "regencies.csv"):
        yield row["code"], *split_kind(row["name"])
    for row in rows_of(source / "districts.csv"):
        yield row["code"], tidy(row["name"]), "kecamatan"


def tidy(name: str) -> str:
    """Mend what the source garbled: quotes and stars inside a name, a stop at its end, blanks around a slash."""
    return "/".join(" ".join(re.sub('["*;|]', "", part).split()) for part in name.split("/")).rstrip(".")


def letters(name: str) -> str:
    """What is compared of a name."""
    return re.sub("[^a-z0-9]", "", name.lower())


def village_homes(villages: list[dict[str, str]]) -> dict[str, set[str]]:
    """In which kabupaten and kota there is a village of each name."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for row in villages:
        homes[letters(row["name"])].add(row["code"][:KABKOTA])
    return homes


def village_lines(villages: list[dict[str, str]]) -> Iterator[str]:
    """One line a kecamatan: its code, its desa, and behind a bar its kelurahan."""
    desa: defaultdict[str, list[str]] = defaultdict(list)
    kelurahan: defaultdict[str, list[str]] = defaultdict(list)
    for row in villages:
        is_kelurahan = row["code"].rpartition(".")[2].startswith(KELURAHAN)
        (kelurahan if is_kelurahan else desa)[row["district_code"]].append(tidy(row["name"]))
    for code in sorted({*desa, *kelurahan}):
        yield f"{code} {';'.join(desa[code])}|{';'.join(kelurahan[code])}"


def main() -> int:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    villages = list(rows_of(source / "villages.csv"))
    homes = village_homes(villages)
    with (target / "regions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "kind", "namesakes"))
        for code, name, kind in sorted(regions(source)):
            writer.writerow((code, name, kind, len(homes.get(letters(name), set()) - {code[:KABKOTA]})))
    lines = village_lines(villages)
    (target / "villages.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
