"""The agencies of a gateway, read from agencies.csv."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.data_files import (
    GSM_SAFE,
    SHIPPED,
    SHORT_NAME_LETTERS,
    Problems,
    ReferenceDataError,
    Row,
    is_known_region,
    named,
    nearest,
    read_table,
)
from routing.agencies import TRIAGE, Agency
from routing.regions import Region
from routing.topics import AgencyType

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")
_COLUMNS = ("code", "name", "short_name", "type", "region", "email")
_ONE_ADDRESS = ("superior_email", "liaison_email")  # columns that may be missing


def read_agencies(
    problems: Problems, types: Mapping[str, AgencyType], regions: Mapping[str, Region], own: Path | None
) -> Iterator[Agency]:
    """The operator's agencies, or else those shipped; one of them must be the triage desk."""
    source = own or SHIPPED / "agencies.csv"
    seen: dict[str, int] = {}
    triage = False
    before = len(problems)
    for row in read_table(problems, source, _COLUMNS):
        code, kind = row.get("code").upper(), row.get("type")
        if code in seen:
            row.complain(f"code '{code}' stands in line {seen[code]} already", "give each agency a code of its own")
        seen.setdefault(code, row.line)
        triage = triage or kind == TRIAGE
        if _is_fine(row, types, regions):
            yield _agency(row)
    if not triage and (seen or len(problems) == before):
        cure = "add a line like TRIAGE,Petugas triase,Petugas 1708,TRIAGE,,triase@example.go.id"
        problems.append(ReferenceDataError(named(source), None, "has no agency of type TRIAGE", cure))


def _agency(row: Row) -> Agency:
    return Agency(
        row.get("code"),
        row.get("name"),
        row.get("short_name"),
        row.get("type"),
        row.get("region"),
        _addresses(row),
        superior_email=row.get("superior_email") or None,
        liaison_email=row.get("liaison_email") or None,
    )


def _addresses(row: Row) -> tuple[str, ...]:
    """What stands in `email`: addresses with spaces or semicolons between them."""
    return tuple(re.findall(r"[^;\s]+", row.get("email")))


def _is_fine(row: Row, types: Mapping[str, AgencyType], regions: Mapping[str, Region]) -> bool:
    """Complain of everything that is wrong with one agency."""
    before = len(row.problems)
    _check_names(row)
    _check_type_and_region(row, types, regions)
    _check_addresses(row)
    return len(row.problems) == before


def _check_names(row: Row) -> None:
    for column in ("code", "name", "short_name"):
        if not row.get(column):
            row.complain(f"{column} is empty", "fill it in")
    short = row.get("short_name")
    if len(short) > SHORT_NAME_LETTERS:
        row.complain(
            f"short_name '{short}' has {len(short)} letters", f"shorten it to {SHORT_NAME_LETTERS}, it must fit an SMS"
        )
    if not GSM_SAFE.fullmatch(short):
        row.complain(f"short_name '{short}' has a character that SMS cannot carry", "use plain letters and digits")


def _check_type_and_region(row: Row, types: Mapping[str, AgencyType], regions: Mapping[str, Region]) -> None:
    kind, region = row.get("type"), row.get("region")
    known = types.get(kind)
    if known is None:
        row.complain(f"type '{kind}' is unknown", nearest(kind, types))
    elif kind == TRIAGE and (region or not _addresses(row)):
        row.complain("the triage desk serves all regions and needs a mailbox", "leave region empty and fill in email")
    elif known.level == "pemda" and not region:
        row.complain(f"region is empty, but {kind} is local", "write the Kemendagri code of the region it serves")
    if region:
        is_known_region(row, region, "region", regions)


def _check_addresses(row: Row) -> None:
    """Each is an address, and no mailbox stands there twice: it would be tried again after it has bounced."""
    cure = "write addresses like dinas@kota.example, with spaces or ; between them, or leave it empty"
    seen: set[str] = set()
    for email in _addresses(row):
        if not _EMAIL.fullmatch(email):
            row.complain(f"email '{email}' is no address", cure)
        elif email.lower() in seen:
            row.complain(f"email '{email}' stands there twice", "leave one out")
        seen.add(email.lower())
    for column in _ONE_ADDRESS:
        email = row.get(column)
        if email and not _EMAIL.fullmatch(email):
            row.complain(f"{column} '{email}' is no address", "write one like kepala@kota.example, or leave it empty")
