"""A reply address that was retyped with a slip, and the report that an operator may find behind it."""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parser.agency_mail import near_tokens, read_mail
from parser.reply_address import new_token
from smsd.near import open_tokens, reports_near

if TYPE_CHECKING:
    from tests.smsd.conftest import Stage

MAILS = Path(__file__).parents[1] / "mails"
TOKEN, CODE = "abcdefghjkmnpqrstuvw", "4821309764"
OPEN = {TOKEN: CODE, "zyxwvutsrqpnmkjhgfed": "7777777777"}
with (MAILS / "expected.csv").open(encoding="utf-8", newline="") as _lines:
    RETYPED = [row["file"] for row in csv.DictReader(_lines) if row["file"].startswith("token-near-")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("abcdefghjkmnpqrstuvw", [CODE]),
        ("abcdefghjkmnpqrstuv", [CODE]),
        ("abcdefghjkmnpqrstuvww", [CODE]),
        ("abdcefghjkmnpqrtsuvw", [CODE]),
        ("abcdefghjkmnpqrst0v1", [CODE]),
        ("abcdefghjkmnpqrs123w", []),
        ("", []),
    ],
)
def test_two_slips_are_found_and_three_are_not(typed: str, found: list[str]) -> None:
    """Left out, added, changed, changed places."""
    assert found == reports_near([typed], OPEN)


def test_the_nearest_comes_first() -> None:
    """Where several are near, which no two random tokens are."""
    assert ["1", "2"] == reports_near(
        ["aaaaaaaaaaaaaaaaaaab"], {"aaaaaaaaaaaaaaaaaabb": "1", "aaaaaaaaaaaaaaaaaccb": "2"}
    )


@pytest.mark.parametrize("file", RETYPED)
def test_the_mails_of_the_corpus(file: str) -> None:
    """Each leads to the report that it is about."""
    mail = read_mail((MAILS / file).read_bytes())
    assert [CODE] == reports_near(near_tokens(mail.recipients, "1708.example"), OPEN)


def test_ten_thousand_open_reports() -> None:
    """No other is found by chance, and nobody waits for it."""
    choose = random.Random(1708).randrange
    many = {new_token(choose): str(n) for n in range(10_000)} | OPEN
    started = time.perf_counter()
    assert [CODE] == reports_near([TOKEN[:-1]], many)
    assert time.perf_counter() - started < 1


async def test_only_reports_that_may_still_be_answered(stage: Stage, number: str) -> None:
    """Not what is closed, has gone elsewhere, or was a copy."""
    await stage.text(number, "jln rusak parah di Lowokwaru kota malang, tlg diperbaiki")
    (row,) = await stage.rows("SELECT token, code FROM dispatch JOIN ticket ON ticket.id = ticket_id")
    assert {row["token"]: row["code"]} == await open_tokens(stage.pool)
    for change in ("dispatch SET copy = true", "dispatch SET copy = false, ended_at = now()"):
        await stage.pool.execute(f"UPDATE {change}")
        assert {} == await open_tokens(stage.pool)
    await stage.pool.execute("UPDATE dispatch SET ended_at = NULL")
    await stage.pool.execute("UPDATE ticket SET status = 'selesai'")
    assert {} == await open_tokens(stage.pool)
