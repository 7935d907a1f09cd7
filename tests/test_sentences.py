"""Every sentence of the tables in tests/sentences is read as its line says."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parser.sms import Complaint, Expect, Intent, No, Rating, Slip, Yes, read_sms
from routing.classify import Router
from routing.topics import KLASSES
from smsd.cli.classify import judge

FOLDER = Path(__file__).with_name("sentences")
# A column for what is given, two for people, and all others are expectations.
GIVEN, QUESTION, WRONG, NOTE = "text", "open_question", "known_wrong", "note"
NOTHING, ALTERNATIVE, LINE_BREAK = "-", "|", "⏎"
FEWEST, EACH_TOPIC, MOST_WRONG = 400, 3, 0.05
# Who is told of what an office does wrong.
WATCHERS = {"INSPEKTORAT", "KPK_KEJAKSAAN", "OMBUDSMAN"}
# What an open question can be answered with; `judge` knows of no question.
ANSWERS = {Yes: "YA", No: "BELUM", Rating: "NILAI"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A line of a table: the text, the questions open to its sender, and what is expected, column by column."""

    line: str
    text: str
    questions: frozenset[Expect]
    expected: Mapping[str, str]
    known_wrong: str


def _load() -> Iterator[Sentence]:
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, strict=True)
            for row in rows:
                assert None not in row and None not in row.values(), f"{path.name}:{rows.line_num}: count the commas"
                yield _sentence(f"{path.name}:{rows.line_num}", row)


def _sentence(line: str, row: dict[str, str]) -> Sentence:
    text = row.pop(GIVEN).replace(LINE_BREAK, "\n")
    questions: frozenset[Expect] = frozenset(row.pop(QUESTION, "").split())  # type: ignore[arg-type]
    known_wrong = row.pop(WRONG, "")
    expected = {column: cell for column, cell in row.items() if cell and column != NOTE}
    return Sentence(line, text, questions, expected, known_wrong)


SENTENCES = tuple(_load())


def _param(sentence: Sentence) -> object:
    wrong = pytest.mark.xfail(strict=True, raises=AssertionError, reason=sentence.known_wrong)
    return pytest.param(sentence, id=sentence.line, marks=[wrong] if sentence.known_wrong else [])


def read(router: Router, sentence: Sentence) -> dict[str, str]:
    """All that the tables can have a column for, as they write it."""
    channel = router.channels.read(sentence.text)
    intent = read_sms(channel.rest, sentence.questions)
    answer = judge(router, sentence.text, None)
    if type(intent) in ANSWERS:
        answer |= {"kind": "command", "command": ANSWERS[type(intent)]}
    said = {
        **{key: answer[key] for key in ("kind", "command", "topic", "agency_type", "place", "emergency")},
        **{key: answer[key] for key in ("confidential", "asks_place", "class")},
        "watched": _is_watched(router, answer),
        "channel_place": channel.place,
        "channel_agency": channel.agency_type,
        "rest": getattr(intent, "text", channel.rest),
        "secrecy": intent.secrecy if isinstance(intent, Complaint) else getattr(intent, "kind", None),
        "ticket": _ticket(intent),
        "slip": isinstance(intent, Slip),
    }
    return {column: _written(value) for column, value in said.items()}


def _ticket(intent: Intent) -> object:
    """The code, the number in the citizen's own list, or nothing."""
    return getattr(intent, "code", None) or getattr(intent, "index", None)


def _is_watched(router: Router, answer: Mapping[str, Any]) -> bool:
    """Whether somebody who watches over offices gets it, as a copy or alone."""
    agency = router.agencies.get(answer["agency"] or "")
    return bool(answer["oversight"]) or (agency is not None and agency.type in WATCHERS)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or NOTHING)


@pytest.mark.parametrize("sentence", [_param(each) for each in SENTENCES])
def test_a_sentence_is_read_as_its_line_says(sentence: Sentence, router: Router) -> None:
    """Where a cell allows several answers, one of them; a line that is known to be wrong must still be wrong."""
    said = read(router, sentence)
    actual = {column: said[column] for column in sentence.expected}
    expected = {
        column: actual[column] if actual[column] in cell.split(ALTERNATIVE) else cell
        for column, cell in sentence.expected.items()
    }
    assert expected == actual


def _allowed(router: Router) -> dict[str, set[str]]:
    """What a cell may hold, for the columns where that is a closed list."""
    yes_or_no = {"yes", "no"}
    regions = {NOTHING, *(region.code for region in router.places.regions)}
    types = {NOTHING, *router.topics.types}
    return {
        "kind": {"complaint", "command", "spam"},
        "topic": {NOTHING, *router.topics.topics},
        "agency_type": types,
        "channel_agency": types,
        "place": regions,
        "channel_place": regions,
        "emergency": {NOTHING, "110", "112", "129"},
        "secrecy": {NOTHING, "rahasia", "anonim"},
        "confidential": yes_or_no,
        "asks_place": yes_or_no,
        "slip": yes_or_no,
        "watched": yes_or_no,
        "class": set(KLASSES),
    }


def test_every_cell_holds_a_known_word(router: Router) -> None:
    """A slip of the pen in a table is told with its line, not taken for a fault of the program."""
    allowed = _allowed(router)
    unknown = [
        f"{sentence.line}: {column} = {cell}"
        for sentence in SENTENCES
        for column, cell in sentence.expected.items()
        if not set(cell.split(ALTERNATIVE)) <= allowed.get(column, {*cell.split(ALTERNATIVE)})
    ]
    assert [] == unknown


def test_no_sentence_stands_twice() -> None:
    """The same text with the same question open is one line."""
    seen = Counter((sentence.text, sentence.questions) for sentence in SENTENCES)
    assert [] == [text for (text, _), times in seen.items() if times > 1]


def test_every_topic_has_three_sentences(router: Router) -> None:
    """In the table of topics; a new topic needs its own."""
    spoken = Counter(topic for sentence in SENTENCES for topic in sentence.expected.get("topic", "").split(ALTERNATIVE))
    assert [] == [topic for topic in router.topics.topics if spoken[topic] < EACH_TOPIC]


def test_nearly_all_sentences_are_read_right() -> None:
    """The tables are large, and few of their lines are known to be wrong."""
    wrong = sum(1 for sentence in SENTENCES if sentence.known_wrong)
    assert len(SENTENCES) >= FEWEST
    assert wrong <= MOST_WRONG * len(SENTENCES)
