"""Every mail in tests/mails is read as its line in expected.csv says."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from parser.agency_mail import (
    Accept,
    Ask,
    Done,
    FreeText,
    NeedsExplanation,
    NotOurs,
    Postpone,
    Process,
    Refuse,
    UnknownVerb,
    Verb,
    find_token,
    near_tokens,
    parse_message,
    read_mail,
    read_verb,
    suggest,
)
from parser.delivery_report import read_delivery_report
from parser.mail_auth import authenticated

FOLDER = Path(__file__).with_name("mails")
TABLE = FOLDER / "expected.csv"
TODAY = date(2026, 6, 9)
DOMAIN, AGENCY_DOMAIN, AUTHSERV_ID = "1708.example", "pupr.malangkab.example", "mx.1708.example"
TOKEN = "abcdefghjkmnpqrstuvw"
# Columns that say what is read; the others are for people.
READ = ("sender_believed", "automatic", "verb", "text", "delivery", "suggestion")
NOTHING, ALTERNATIVE, ANYTHING = "-", "|", "*"
CHANGES = frozenset(("TERIMA", "PROSES", "SELESAI", "TANYA", "BUKAN WEWENANG", "TUNDA", "TOLAK"))
WORDS = {
    Accept: "TERIMA",
    Process: "PROSES",
    Done: "SELESAI",
    Ask: "TANYA",
    NotOurs: "BUKAN WEWENANG",
    Refuse: "TOLAK",
}
FEWEST, UNDERSTOOD = 120, 0.95


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


ROWS = _rows()


def in_words(verb: Verb, answer: str) -> tuple[str, str]:
    """A verb as the table writes it: the word, and what goes to the citizen or, of free text, to the operator."""
    match verb:
        case Postpone(until=until, reason=text):
            return "TUNDA", f"sampai {until:%d-%m-%Y}: {text}"
        case NeedsExplanation(verb=word):
            return f"KURANG {word}", ""
        case UnknownVerb(word=word):
            return f"TIDAK DIKENAL {word}", ""
        case FreeText():
            return "BEBAS", " / ".join(line for line in answer.split("\n") if line.strip())
    return WORDS[type(verb)], "".join(getattr(verb, field.name) for field in fields(verb))


def read(file: str) -> dict[str, str]:
    """All that the table has a column for, as it writes it, and whether the mail came to our token."""
    raw = (FOLDER / file).read_bytes()
    message = parse_message(raw)
    mail = read_mail(message, "" if b"Return-Path: <>" in raw[:200] else None)
    believed = mail.sender.endswith(f"@{AGENCY_DOMAIN}") and authenticated(message, AUTHSERV_ID, AGENCY_DOMAIN)
    said = ("", "") if mail.automatic else in_words(read_verb(mail.answer, TODAY), mail.answer)
    report = read_delivery_report(message)
    free = said[0] == "BEBAS" and (suggest(mail.answer, TODAY))
    actual = {
        "sender_believed": "ya" if believed else "tidak",
        "automatic": mail.automatic or "",
        "verb": said[0],
        "text": said[1],
        "delivery": f"{report.kind} {report.action} {report.status}" if report else "",
        "suggestion": in_words(free, "")[0] if free else "",
        "token": find_token(mail.recipients, DOMAIN) or "",
    }
    return {column: value or NOTHING for column, value in actual.items()}


def changes(said: Mapping[str, str]) -> bool:
    """Whether the gateway would change the ticket's status: token, person, sender and verb are there."""
    is_answer = said["token"] == TOKEN and said["automatic"] == NOTHING and said["sender_believed"] == "ya"
    return is_answer and said["verb"] in CHANGES


def agrees(said: Mapping[str, str], row: Mapping[str, str], *columns: str) -> bool:
    """Whether these columns are read as one of the alternatives in the line."""
    return all({said[column], ANYTHING} & set(row[column].split(ALTERNATIVE)) for column in columns)


def _param(row: dict[str, str]) -> object:
    wrong = pytest.mark.xfail(strict=True, raises=AssertionError, reason=row["known_wrong"])
    return pytest.param(row, id=row["file"].removesuffix(".eml"), marks=[wrong] if row["known_wrong"] else [])


@pytest.mark.parametrize("row", [_param(row) for row in ROWS])
def test_a_mail_is_read_as_its_line_says(row: dict[str, str]) -> None:
    """Where a cell allows several answers, one of them; a line that is known to be wrong must still be wrong."""
    said = read(row["file"])
    expected = {column: said[column] if agrees(said, row, column) else row[column] for column in READ}
    assert expected == {c: said[c] for c in READ}


def test_the_table_and_the_folder_agree() -> None:
    """Every mail has its line, and there are enough of them."""
    files = sorted(path.name for path in FOLDER.glob("*.eml"))
    assert files == sorted(row["file"] for row in ROWS)
    assert len(files) >= FEWEST


def test_the_promises_hold_over_all_mails() -> None:
    """No false change of a status, no machine taken for a person, 95 of 100 good answers understood; with a tally."""
    tally: Counter[str] = Counter()
    for row in ROWS:
        said = read(row["file"])
        person = row["automatic"] == NOTHING
        good = person and row["sender_believed"] == "ya" and bool(set(row["verb"].split(ALTERNATIVE)) & CHANGES)
        understood = good and agrees(said, row, "verb", "text")
        tally["mails"] += 1
        tally["good answers"] += good
        tally["understood"] += understood
        tally["status changes"] += changes(said)
        tally["false status changes"] += changes(said) and not understood
        tally["machines"] += not person
        tally["machines taken for people"] += not person and said["automatic"] == NOTHING
        tally["people taken for machines"] += person and said["automatic"] != NOTHING
    print(dict(tally))
    assert (
        tally["false status changes"] == tally["machines taken for people"] == tally["people taken for machines"] == 0
    )
    assert tally["understood"] >= UNDERSTOOD * tally["good answers"] > 100


@pytest.mark.parametrize("row", [row for row in ROWS if row["file"].startswith("token-near-")], ids=lambda r: r["file"])
def test_a_retyped_address_is_for_an_operator(row: dict[str, str]) -> None:
    """It is found as something near a token, and never as one."""
    mail = read_mail((FOLDER / row["file"]).read_bytes())
    near = near_tokens(mail.recipients, DOMAIN)
    assert find_token(mail.recipients, DOMAIN) is None
    assert [len(token) in range(18, 23) for token in near] == [True]


@pytest.mark.parametrize("row", [row for row in ROWS if row["file"].startswith("bounce-")], ids=lambda r: r["file"])
def test_a_bounce_tells_of_the_agency_or_of_our_mail(row: dict[str, str]) -> None:
    """By its address, or by the Message-ID of what was sent to it."""
    report = read_delivery_report((FOLDER / row["file"]).read_bytes())
    assert report is not None
    told = ("lapor@pupr.malangkab.example", "<d.01j9z7@1708.example>")
    assert report.recipient == told[0] or report.original_message_id == told[1]
    assert report.recipient in ("", told[0]) and report.original_message_id in (None, told[1])


@pytest.mark.timeout(20)
def test_ten_megabytes_are_read() -> None:
    """The answer above a photo of ten megabytes."""
    photo = b"\n".join([b"QUJD" * 19] * 131_072)
    head = (FOLDER / "attachment-photo.eml").read_bytes()
    start = head.index(b"/9j/")
    raw = head[:start] + photo + b"\n" + head[head.index(b"\n--", start) :]
    mail = read_mail(raw)
    assert len(raw) > 10_000_000
    assert Done("sudah ditambal, foto terlampir") == read_verb(mail.answer, TODAY)
