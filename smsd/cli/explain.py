"""classify --explain: the words that decided, marked in the text, what each gave, and who came close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from routing.classify import Router
from routing.text import locate
from routing.topics import APART, Mark

_FOR, _AGAINST = "bold green", "bold red"
_SHOWN = 15
_FACTS = (
    "kind", "command", "topic", "place", "asks_place", "agency", "agency_type", "oversight", "routed", "confidence",
    "class", "confidential", "emergency",
)  # fmt: skip


def print_explanation(out: Console, router: Router, text: str, answer: dict[str, Any], place: str | None) -> None:
    """Print one text with its decision; `answer` is what `smsd classify --json` says of it."""
    marks: tuple[Mark, ...] = ()
    if answer["kind"] != "command":
        channel = router.channels.read(text)
        text = channel.rest
        evidence = router.classify(text, place or channel.place, channel.agency_type).evidence
        marks = evidence.marks if evidence else ()
    out.print(_marked(router, text, marks))
    out.print()
    for key in _FACTS:
        value = answer[key]
        out.print(f"{key:<12} {'-' if value is None else value}", markup=False, highlight=False)
    _print_words(out, router, marks)
    out.print("\nbecause", style="bold")
    for reason in answer["reasons"]:
        out.print(f"  {reason}", markup=False, highlight=False)
    if answer["candidates"]:
        shares = ", ".join(f"{each['agency_type']} {each['score']:.0%}" for each in answer["candidates"][:5])
        out.print("\ncandidates", style="bold")
        out.print(f"  {shares}", markup=False, highlight=False)


def _marked(router: Router, text: str, marks: Iterable[Mark]) -> Text:
    """The text with the words that spoke for something in brackets, and green; those that spoke against in red."""
    shown, spans = locate(text, router.slang)
    styles: dict[tuple[int, int], str] = {}
    taken: set[int] = set()
    for mark in sorted(marks, key=lambda each: -abs(each.points)):  # of those that overlap, the heaviest is shown
        for start, end in _ends(mark):
            if taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                styles[(spans[start][0], spans[end - 1][1])] = _FOR if mark.points > 0 else _AGAINST
    marked, at = Text(), 0
    for (start, end), style in sorted(styles.items()):
        marked.append(shown[at:start])
        marked.append(f"[{shown[start:end]}]", style)
        at = end
    marked.append(shown[at:])
    return marked


def _ends(mark: Mark) -> tuple[tuple[int, int], ...]:
    """The words to mark: all of a phrase, the two ends of a pair."""
    if APART in mark.keyword.words:
        return (mark.start, mark.start + 1), (mark.end - 1, mark.end)
    return ((mark.start, mark.end),)


def _print_words(out: Console, router: Router, marks: Iterable[Mark]) -> None:
    """The words with the points each gave, the heaviest first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("word", "speaks for", "points"):
        table.add_column(title, justify="right" if title == "points" else "left")
    heaviest = sorted(marks, key=lambda mark: -abs(mark.points))
    for mark in heaviest[:_SHOWN]:
        table.add_row(mark.keyword.words, _meant(router, mark), f"{mark.points:+.1f}")
    if heaviest:
        out.print()
        out.print(table)


def _meant(router: Router, mark: Mark) -> str:
    """What a word speaks for: a topic by its name, or an agency that it names."""
    if mark.keyword.topic is not None:
        return f"{router.topics.topics[mark.keyword.topic].name} ({mark.keyword.topic})"
    return f"named: {mark.keyword.agency_type}"
