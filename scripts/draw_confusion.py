#!/usr/bin/env python3
"""Draws which types of agencies routing takes for which: an SVG, from texts whose right type is known.

    scripts/draw_confusion.py FILE.csv OUT.svg [--home CODE] [--rows N] [--name WORDS]

FILE.csv has the columns `text` and `agency_type`, such as an archive of decided reports. Rows are the right types, the
commonest first, columns what routing answered; the darker a field, the larger its share of the row.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from html import escape
from pathlib import Path

from config.reference import load_router
from routing.classify import Router

# What only a place decides, or no agency: there is no topic to be right about.
LEFT_OUT = {"", "LAIN", "KEC_KEL", "PEMDA_UMUM", "SETDA", "INSPEKTORAT", "BAPPEDA"}
OTHER = "others"
FIELD, LEFT, TOP, BOTTOM = 30, 190, 150, 15
RIGHT_COLOUR, WRONG_COLOUR = "20,110,60", "190,60,20"


def read(file: Path) -> list[tuple[str, str]]:
    """The texts with their right types."""
    csv.field_size_limit(1 << 30)
    with file.open(encoding="utf-8", newline="") as rows:
        pairs = [(row["agency_type"], row["text"]) for row in csv.DictReader(rows)]
    return [pair for pair in pairs if pair[0] not in LEFT_OUT]


def confusions(router: Router, pairs: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each right type got each answer."""
    found: Counter[tuple[str, str]] = Counter()
    for right, text in pairs:
        channel = router.channels.read(text)
        decision = router.classify(channel.rest or text, channel.place, channel.agency_type)
        found[(right, decision.agency_type or OTHER)] += 1
    return found


def draw(found: Counter[tuple[str, str]], most: int, name: str) -> str:
    """The picture: one row a right type, one column an answer."""
    totals: Counter[str] = Counter()
    for (right, _), count in found.items():
        totals[right] += count
    shown = [kind for kind, _ in totals.most_common(most)]
    columns = [*shown, OTHER]
    hits = sum(count for (right, answer), count in found.items() if right == answer)
    title = f"{name}: {sum(totals.values())} texts, {hits / max(1, sum(totals.values())):.0%} right at first guess"
    width, height = LEFT + FIELD * len(columns) + 20, TOP + FIELD * len(shown) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="10" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        '<text x="10" y="42" fill="#444">rows: the right type (texts); columns: what routing answered;</text>',
        '<text x="10" y="58" fill="#444">figures: per cent of the row; green right, red wrong</text>',
    ]
    for at, kind in enumerate(columns):
        x = LEFT + FIELD * at + FIELD / 2 + 4
        parts.append(f'<text transform="translate({x},{TOP - 6}) rotate(-60)">{escape(kind)}</text>')
    for row, right in enumerate(shown):
        y = TOP + FIELD * row
        label = f"{right} ({totals[right]})"
        parts.append(f'<text x="{LEFT - 6}" y="{y + FIELD / 2 + 4}" text-anchor="end">{escape(label)}</text>')
        parts += [
            field(found, right, answer, shown, totals[right], LEFT + FIELD * at, y) for at, answer in enumerate(columns)
        ]
    return "\n".join([*parts, "</svg>", ""])


def field(
    found: Counter[tuple[str, str]], right: str, answer: str, shown: list[str], total: int, x: int, y: int
) -> str:
    """One field: its share of the row as a shade and a figure."""
    if answer == OTHER:
        count = sum(each for (kind, got), each in found.items() if kind == right and got not in shown)
    else:
        count = found[(right, answer)]
    share = count / total
    colour = RIGHT_COLOUR if right == answer else WRONG_COLOUR
    box = f'<rect x="{x}" y="{y}" width="{FIELD}" height="{FIELD}" fill="rgba({colour},{share:.2f})" stroke="#ddd"/>'
    if share < 0.005:
        return box
    ink = "#fff" if share > 0.5 else "#222"
    middle = x + FIELD / 2
    return (
        f'{box}<text x="{middle}" y="{y + FIELD / 2 + 4}" text-anchor="middle" fill="{ink}">{share:.0%}</text>'.replace(
            "%</text>", "</text>"
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", help="the region (Kemendagri code) whose own gateway is drawn")
    parser.add_argument("--rows", type=int, default=18, help="how many types, the commonest first")
    parser.add_argument("--name", default="Routing", help="what the texts are")
    given = parser.parse_args()
    if not given.file.is_file():
        print(f"{given.file} is not there; name a CSV with the columns text and agency_type", file=sys.stderr)
        return 1
    with given.file.open(encoding="utf-8", newline="") as rows:
        missing = {"text", "agency_type"} - set(csv.DictReader(rows).fieldnames or ())
    if missing:
        print(f"{given.file} has no column {' and no column '.join(sorted(missing))}; name them so", file=sys.stderr)
        return 1
    found = confusions(load_router(home=given.home), read(given.file))
    given.out.write_text(draw(found, given.rows, given.name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
