"""Which counts of a table may be published, so that no small one is told or can be computed. Pure.

A cell is a count of reports by several dimensions at once (topic, region, agency, status). Sums of cells are published
too: the total, and for each value of each dimension the reports that have it. What counts less than `least` is left
out, and with it whatever would betray it:

1. In each dimension the sums that are left out come to `least` together, or to nothing: else the total less the others
   would tell a small number.
2. So do the cells that are left out of each published sum.
3. No small count is a linear combination of what is published, even for somebody who knows which cells are not empty.

The third is decided exactly: a count is told by the published sums if and only if it is the same in all tables that
have these sums, that is, if no vector of the null space of their matrix changes it. A random vector of that space does
change every count that can change, but for a chance of one in 2^61.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import contains
from typing import NamedTuple

Key = tuple[str | None, ...]
"""A value for each dimension; None: all of them."""
_Column = dict[Key, int]

_PRIME = 2**61 - 1


def publishable(cells: Mapping[Key, int], least: int) -> dict[Key, int]:
    """The counts and sums of `cells` that may be published; cells that are not empty only."""
    cells = {cell: cells[cell] for cell in sorted(cells, key=str)}  # the same table is published the same way each time
    sums = _sums(cells)
    shown = {key for key, count in sums.items() if count >= least}
    changed = True
    while changed:
        changed = _hide_single_sums(sums, shown, least) or _hide_in_sums(cells, sums, shown, least)
        changed = changed or _hide_what_tells(cells, sums, shown, least)
    return {key: sums[key] for key in sums if key in shown}


def _sums(cells: Mapping[Key, int]) -> dict[Key, int]:
    """The total, the sums by one dimension, and the cells themselves."""
    sums: dict[Key, int] = {}
    for cell, count in cells.items():
        for key in (*_over(cell), cell):
            sums[key] = sums.get(key, 0) + count
    return sums


def _over(cell: Key) -> Iterator[Key]:
    """The sums that a cell is part of."""
    nothing: Key = (None,) * len(cell)
    yield nothing
    if len(cell) > 1:  # of one dimension the sums are the cells
        for place, value in enumerate(cell):
            yield (*nothing[:place], value, *nothing[place + 1 :])


def _hide_single_sums(sums: Mapping[Key, int], shown: set[Key], least: int) -> bool:
    """Rule 1. Whether anything was hidden."""
    changed = False
    by_dimension: dict[int, list[Key]] = {}
    for key in sums:
        named = [place for place, value in enumerate(key) if value is not None]
        if len(named) == 1:
            by_dimension.setdefault(named[0], []).append(key)
    for keys in by_dimension.values():
        changed |= _hide_smallest(keys, sums, shown, least)
    return changed


def _hide_in_sums(cells: Mapping[Key, int], sums: Mapping[Key, int], shown: set[Key], least: int) -> bool:
    """Rule 2. Whether anything was hidden."""
    members: dict[Key, list[Key]] = {}
    for cell in cells:
        for key in _over(cell):
            if key in shown:
                members.setdefault(key, []).append(cell)
    changed = False
    for inside in members.values():
        changed |= _hide_smallest(inside, sums, shown, least)
    return changed


def _hide_smallest(keys: Collection[Key], sums: Mapping[Key, int], shown: set[Key], least: int) -> bool:
    """Until what is hidden of `keys` comes to `least` together, or is nothing."""
    hidden = sum(sums[key] for key in keys if key not in shown)
    changed = False
    for key in sorted(shown.intersection(keys), key=lambda key: _order(key, sums)):
        if hidden == 0 or hidden >= least:
            break
        shown.remove(key)
        hidden += sums[key]
        changed = True
    return changed


def _hide_what_tells(cells: Mapping[Key, int], sums: Mapping[Key, int], shown: set[Key], least: int) -> bool:
    """Rule 3. For each small count that is told something more is hidden; whether anything was.

    Best a cell that others are hidden beside in each dimension: it closes a circle of cells that may change together.
    """
    changed = False
    for told in _told(cells, sums, shown, least):
        if not shown:
            break
        hidden = [set(values) for values in zip(*(cell for cell in cells if cell not in shown), strict=True)]
        around = shown.intersection(cells) or {key for key in shown if _near(key, told)} or shown
        shown.remove(
            min(
                around,
                key=lambda key: (-sum(map(contains, hidden, key)), -_near(key, told), *_order(key, sums)),
            )
        )
        changed = True
    return changed


def _near(one: Key, other: Key) -> int:
    """In how many dimensions two keys have the same value."""
    return sum(mine == others for mine, others in zip(one, other, strict=True) if mine is not None)


def _order(key: Key, sums: Mapping[Key, int]) -> tuple[int, list[str]]:
    return sums[key], [value or "" for value in key]


def _told(cells: Mapping[Key, int], sums: Mapping[Key, int], shown: Collection[Key], least: int) -> list[Key]:
    """The small counts that what is shown tells."""
    hidden = [cell for cell in cells if cell not in shown]
    vector = _null_vector({cell: dict.fromkeys((key for key in _over(cell) if key in shown), 1) for cell in hidden})
    change: dict[Key, int] = {}
    for cell in hidden:
        for key in (*_over(cell), cell):
            change[key] = (change.get(key, 0) + vector[cell]) % _PRIME
    return [key for key, moved in change.items() if key not in shown and sums[key] < least and moved == 0]


# ---------------------------------------------------------------- linear algebra, modulo a large prime


class _Pivot(NamedTuple):
    """A column that the ones before it cannot make: what is left of it, and how much of each of them went off."""

    cell: Key
    row: Key
    rest: _Column
    used: dict[int, int]


def _null_vector(columns: Mapping[Key, _Column]) -> dict[Key, int]:
    """A random vector that the matrix of these columns maps to zero."""
    chance = random.Random(len(columns))
    pivots: list[_Pivot] = []
    by_row: dict[Key, int] = {}
    for cell, column in columns.items():
        rest, used = _reduce(column, pivots, by_row)
        if rest:
            row = next(iter(rest))
            by_row[row] = len(pivots)
            pivots.append(_Pivot(cell, row, rest, used))
    vector = {cell: chance.randrange(1, _PRIME) for cell in columns}
    image = _added((columns[cell], factor) for cell, factor in vector.items())
    _, needed = _reduce(image, pivots, by_row)
    for nth in range(len(pivots) - 1, -1, -1):
        factor = needed.get(nth, 0)
        vector[pivots[nth].cell] = (vector[pivots[nth].cell] - factor) % _PRIME
        for earlier, share in pivots[nth].used.items():
            needed[earlier] = (needed.get(earlier, 0) - factor * share) % _PRIME
    return vector


def _added(columns: Iterable[tuple[_Column, int]]) -> _Column:
    whole: _Column = {}
    for column, factor in columns:
        for row, value in column.items():
            whole[row] = (whole.get(row, 0) + factor * value) % _PRIME
    return whole


def _reduce(column: _Column, pivots: list[_Pivot], by_row: Mapping[Key, int]) -> tuple[_Column, dict[int, int]]:
    """What the pivots leave of a column, and how often each of them went off."""
    rest = {row: value for row, value in column.items() if value}
    used: dict[int, int] = {}
    while (nth := min((by_row[row] for row in rest if row in by_row), default=None)) is not None:
        pivot = pivots[nth]
        factor = rest[pivot.row] * pow(pivot.rest[pivot.row], -1, _PRIME) % _PRIME
        used[nth] = (used.get(nth, 0) + factor) % _PRIME
        for row, value in pivot.rest.items():
            left = (rest.get(row, 0) - factor * value) % _PRIME
            if left:
                rest[row] = left
            else:
                rest.pop(row, None)
    return rest, used
