"""Open data: how many reports came in each month, by topic, region, agency and status, with nothing small in it.

A table as CSV, what its columns mean as metadata of CSV on the Web (W3C, tabular-metadata 2015-12-17), and a page for
people. What is confidential is left out altogether, and `publishable` leaves out whatever would tell a small count.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import groupby
from typing import Any

from routing.classify import Router
from smsd.report.figures import LEAST, Reading
from smsd.report.period import Period
from smsd.report.suppress import Key, publishable

ALL = "semua"
# Column, what it means in Indonesian and in English. They stay; new ones go to the end.
COLUMNS = (
    ("bulan", "bulan laporan masuk", "month in which the reports came in", "gYearMonth"),
    ("topik", "kode topik; kosong: belum jelas", "code of the topic; empty: not clear yet", "string"),
    ("nama_topik", "nama topik", "name of the topic", "string"),
    ("wilayah", "kode Kemendagri kabupaten, kota, atau provinsi; kosong: tempat tidak disebut",
     "Kemendagri code of the kabupaten, kota or province; empty: no place named", "string"),
    ("nama_wilayah", "nama wilayah", "name of the region", "string"),
    ("instansi", "kode instansi pada akhir periode", "code of the agency at the end of the period", "string"),
    ("nama_instansi", "nama instansi", "name of the agency", "string"),
    ("status", "status laporan pada akhir periode", "status of the reports at the end of the period", "string"),
    ("jumlah", f"jumlah laporan, sekurangnya {LEAST}", f"number of reports, {LEAST} at least", "integer"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenData:
    """The rows that may be published, and the period that they are about."""

    period: Period
    rows: tuple[tuple[str, ...], ...]

    def files(self, stem: str) -> dict[str, str]:
        """Content by file name."""
        table = f"{stem}.csv"
        readme = (resources.files("smsd.report") / "templates" / "open_data.md").read_text(encoding="utf-8")
        return {
            table: _as_csv(self.rows),
            f"{table}-metadata.json": json.dumps(_metadata(table, self.period), ensure_ascii=False, indent=2) + "\n",
            "README.md": readme.format(least=LEAST, all=ALL, columns=_described()),
        }


async def read_open_data(reading: Reading) -> OpenData:
    """The counts of the period that may be published."""
    rows = await reading.rows("report_cells", str(reading.zone))
    return OpenData(reading.scope.period, tuple(_rows(reading.router, rows)))


def _rows(router: Router, counted: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, ...]]:
    for month, rows in groupby(counted, key=lambda row: row["month"]):
        cells: dict[Key, int] = {(r["topic"], r["region"], r["agency"], r["status"]): r["count"] for r in rows}
        for key, count in sorted(publishable(cells, LEAST).items(), key=_order):
            yield _row(router, month, key, count)


def _order(item: tuple[Key, int]) -> list[tuple[bool, str]]:
    """Sums before what they are sums of."""
    return [(value is not None, value or "") for value in item[0]]


def _row(router: Router, month: date, key: Key, count: int) -> tuple[str, ...]:
    topic, region, agency, status = key
    known_topic = router.topics.topics.get(topic) if topic else None
    known_agency = router.agencies.get(agency) if agency else None
    return (
        f"{month:%Y-%m}",
        *_named(topic, known_topic.name if known_topic else topic),
        *_named(region, router.places.label(region) if region else ""),
        *_named(agency, known_agency.name if known_agency else agency),
        ALL if status is None else status,
        str(count),
    )


def _named(code: str | None, name: str | None) -> tuple[str, str]:
    return (ALL, ALL) if code is None else (code, name or "")


def _as_csv(rows: Iterable[tuple[str, ...]]) -> str:
    """RFC 4180, UTF-8, with a head."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(name for name, *_ in COLUMNS)
    writer.writerows(rows)
    return out.getvalue()


def _metadata(table: str, period: Period) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "id"}],
        "url": table,
        "dc:title": _in_both(f"Laporan warga, {period}", f"Citizens' reports, {period}"),
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ","},
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "dc:description": _in_both(told, english),
                    "datatype": datatype,
                    "required": name in ("bulan", "status", "jumlah"),
                }
                for name, told, english, datatype in COLUMNS
            ],
            "primaryKey": ["bulan", "topik", "wilayah", "instansi", "status"],
        },
    }


def _in_both(indonesian: str, english: str) -> list[dict[str, str]]:
    """As JSON-LD tells languages apart."""
    return [{"@value": indonesian, "@language": "id"}, {"@value": english, "@language": "en"}]


def _described() -> str:
    return "\n".join(f"| `{name}` | {told} | {english} |" for name, told, english, _ in COLUMNS)
