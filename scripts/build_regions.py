#!/usr/bin/env python3
"""Writes config/data/regions.csv from the npm package idn-area-data.

    npm pack idn-area-data@4.0.1 && tar xzf idn-area-data-4.0.1.tgz
    scripts/build_regions.py package/data config/data/regions.csv

The package's data is under the Open Database License; config/data/README.md carries the notice.
"""

from __future__ import annotations

import csv
import sys
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
    """Mend what the source garbled: quotes inside a name, blanks around a slash."""
    return "/".join(" ".join(part.replace('"', "").split()) for part in name.split("/"))


def main() -> int:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "kind"))
        writer.writerows(sorted(regions(source)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
