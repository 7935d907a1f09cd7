"""Proposals as a file that an operator reads, edits and names in the configuration."""

from __future__ import annotations

from collections.abc import Iterator

from routing.learn import Lesson, Proposal

_HEADER = """\
# Keywords proposed by `smsd routing learn` from {tickets} decided reports ({moved} moved by a person).
# Read every line; change or take out what you do not believe. Then name this file in the configuration:
#
#   [routing]
#   topics = "FILE"
#
# If a file of yours is named there already, copy the lines into it. `smsd check` says whether all is well.
# These keywords are added to the shipped ones; of the same word the weight here counts, and 0 takes the word out.
"""


def as_toml(lesson: Lesson) -> str:
    """Write proposals in the format of `[routing] topics`, each with its evidence as a comment."""
    by_topic: dict[str, list[Proposal]] = {}
    for each in lesson.proposals:
        by_topic.setdefault(each.topic, []).append(each)
    lines = [_HEADER.format(tickets=lesson.tickets, moved=lesson.moved)]
    for topic, proposals in sorted(by_topic.items()):
        lines += ["[[topic]]", f'id = "{topic}"', "[topic.keywords]"]
        for each in proposals:
            lines += _keyword(each)
        lines.append("")
    return "\n".join(lines)


def _keyword(proposal: Proposal) -> Iterator[str]:
    """A keyword and the comment before it. Keywords are words and blanks, so that they need no escaping."""
    effect = proposal.effect
    today = "new" if proposal.known is None else f"now {proposal.known}"
    yield (
        f"# {today}; {proposal.tickets} reports of {proposal.citizens} citizens; tested: {effect.right} become right, "
        f"{effect.wrong} wrong; see {', '.join(proposal.examples)}"
    )
    yield f'"{proposal.words}" = {proposal.weight}'
