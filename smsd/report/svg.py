"""Charts as inline SVG. Pure: values in, markup out.

Lengths across are percentages and letters are sized in pixels, so that a chart is as wide as its page and as readable
on a phone as on a desk. Each has a title and a description; what it shows in detail stands in a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_ROW, _BAR_TOP, _BAR = 46, 22, 14  # pixels
_MOST_LETTERS = 48  # above a bar, at the width of a phone: a label and what is told on its right
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Named:
    """What a reader who sees no pictures is told of one; `key` makes its ids unique in the page."""

    key: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a ranking: `value` dark, up to `reach` light where there is one; `told` is how it reads."""

    label: str
    value: float
    told: str
    reach: float = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One of a row of columns, and the point of the line above it; `label` where the axis has one there."""

    value: int
    line: int
    label: str = ""


def bars(named: Named, rows: Sequence[Bar], most: float | None = None) -> Markup:
    """Ranked bars below their labels; the longest is `most`, or the greatest."""
    most = most or max((max(row.value, row.reach) for row in rows), default=0) or 1
    drawn = Markup().join(_bar(row, nth * _ROW, most) for nth, row in enumerate(rows))
    return _picture(named, "bars", len(rows) * _ROW, drawn)


def _bar(row: Bar, top: int, most: float) -> Markup:
    room = _MOST_LETTERS - len(row.told)
    label = row.label if len(row.label) <= room else row.label[: room - 1].rstrip(" ,.") + "…"
    y = top + _BAR_TOP
    return Markup(
        '<text y="{}">{}</text><text class="told" x="100%" y="{}">{}</text>'
        '<rect class="rail" y="{}" width="100%" height="{}"/>'
    ).format(top + 15, label, top + 15, row.told, y, _BAR) + Markup().join(
        Markup('<rect class="{}" y="{}" width="{}%" height="{}"/>').format(name, y, _percent(length / most), _BAR)
        for name, length in (("reach", row.reach), ("bar", row.value))
        if length > 0
    )


def columns(named: Named, given: Sequence[Column], tell: Sequence[str]) -> Markup:
    """Columns with a line across them; `tell` has the words for the ticks of scale(), from zero on."""
    most = scale(given)[-1] or 1
    width = 1 / max(1, len(given))
    grid = Markup().join(_grid(tick / most, word) for tick, word in zip(scale(given), tell, strict=True))
    drawn = Markup().join(_column(each, nth * width, width, most) for nth, each in enumerate(given))
    points = " ".join(
        f"{_percent((nth + 0.5) * width)},{_percent(1 - each.line / most)}" for nth, each in enumerate(given)
    )
    line = Markup(
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">'
        '<polyline class="line" points="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(points)
    return _picture(named, "columns", 240, grid + drawn + line)


def scale(given: Sequence[Column]) -> list[int]:
    """Round numbers from zero to the greatest value at least, few enough to be read."""
    most = max((max(each.value, each.line) for each in given), default=0)
    raw = max(1, most) / _TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = max(1, next(math.ceil(power * each) for each in (1, 2, 5, 10) if power * each >= raw))
    return list(range(0, max(1, most) + step, step))


def _grid(height: float, word: str) -> Markup:
    y = _percent(1 - height)
    return Markup(
        '<line class="grid" x1="0" x2="100%" y1="{0}%" y2="{0}%"/><text class="tick" x="-6" y="{0}%" dy="4">{1}</text>'
    ).format(y, word)


def _column(each: Column, x: float, width: float, most: int) -> Markup:
    high = each.value / most
    drawn = Markup('<rect class="bar" x="{}%" width="{}%" y="{}%" height="{}%"/>').format(
        _percent(x + width * 0.14), _percent(width * 0.72), _percent(1 - high), _percent(high)
    )
    label = Markup('<text class="day" x="{}%" y="100%" dy="20">{}</text>').format(_percent(x + width / 2), each.label)
    return drawn + label if each.label else drawn


def _picture(named: Named, kind: str, height: int, drawn: Markup) -> Markup:
    return Markup(
        '<svg class="chart {kind}" role="img" aria-labelledby="{key}-title {key}-desc" height="{height}">'
        '<title id="{key}-title">{title}</title><desc id="{key}-desc">{description}</desc>{drawn}</svg>'
    ).format(
        kind=kind, key=named.key, height=height, title=named.title, description=escape(named.description), drawn=drawn
    )


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".")
