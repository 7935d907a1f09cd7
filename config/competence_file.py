"""What local governments have settled otherwise: `region,topic,agency_type`, one line a rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from config.data_files import Problems, nearest, read_table
from routing.competence import LocalRule


def read_competence(
    problems: Problems, own: Path | None, regions: Collection[str], topics: Collection[str], types: Collection[str]
) -> Iterator[LocalRule]:
    """Read an operator's rules; none are shipped, for who does what is each government's own affair."""
    seen: set[tuple[str, str]] = set()
    for row in read_table(problems, own, ("region", "topic", "agency_type")) if own else ():
        rule = LocalRule(row.get("region"), row.get("topic"), row.get("agency_type"))
        before = len(problems)
        for column, value, known in (
            ("region", rule.region, regions),
            ("topic", rule.topic, topics),
            ("agency_type", rule.agency_type, types),
        ):
            if value not in known:
                row.complain(f"{column} '{value}' is unknown", nearest(value, known))
        if (rule.region, rule.topic) in seen:
            row.complain(f"{rule.topic} in {rule.region} stands here twice", "leave one of the lines out")
        seen.add((rule.region, rule.topic))
        if len(problems) == before:
            yield rule
