"""No small count is published, nor can one be computed from what is: proven by exact linear algebra, not by ours."""

from fractions import Fraction
from itertools import product

from hypothesis import example, given
from hypothesis import strategies as st

from smsd.report.suppress import publishable

LEAST = 5
TABLES = st.integers(1, 4).flatmap(
    lambda dimensions: st.dictionaries(
        st.tuples(*[st.sampled_from("abcd")] * dimensions), st.integers(1, 9) | st.integers(1, 60), max_size=16
    )
)
# A region whose only other cell would tell the small one; a dumbbell: two in each row and column, and yet one is told.
CORNER = {("a", "x"): 2, ("a", "y"): 40, ("b", "x"): 30, ("b", "y"): 50}
DUMBBELL = {
    ("a", "x"): 3,
    ("a", "y"): 3,
    ("b", "x"): 3,
    ("b", "y"): 3,
    ("b", "z"): 4,
    ("c", "z"): 3,
    ("c", "u"): 3,
    ("d", "z"): 3,
    ("d", "u"): 3,
}


def sums_of(cells):
    """All that could be published, with the cells that each is the sum of."""
    parts = {}
    for cell in cells:
        nothing = (None,) * len(cell)
        single = [(*nothing[:n], value, *nothing[n + 1 :]) for n, value in enumerate(cell)]
        for key in {nothing, *single, cell}:
            parts.setdefault(key, set()).add(cell)
    return parts


def told_by(equations, target):
    """Whether a row is a combination of others: Gauss over the fractions."""
    basis = []
    for row in [*equations, target]:
        rest = {cell: Fraction(1) for cell in row}
        for pivot, reduced in basis:
            if factor := rest.get(pivot):
                rest = {c: rest.get(c, 0) - factor * reduced.get(c, 0) for c in rest.keys() | reduced.keys()}
                rest = {cell: value for cell, value in rest.items() if value}
        if not rest:
            if row is target:
                return True
            continue
        pivot = min(rest)
        basis.append((pivot, {cell: value / rest[pivot] for cell, value in rest.items()}))
    return False


@given(TABLES)
@example(CORNER)
@example(DUMBBELL)
@example({("a",): 3})
@example({("a", "b", "c", "d"): 4})
def test_tells_no_small_count(cells):
    """Neither itself nor as a combination of all that is published, whoever knows which cells are not empty."""
    shown, parts = publishable(cells, LEAST), sums_of(cells)
    assert all(count >= LEAST and count == sum(cells[cell] for cell in parts[key]) for key, count in shown.items())
    equations = [parts[key] for key in shown]
    for key, inside in parts.items():
        if sum(cells[cell] for cell in inside) < LEAST:
            assert not told_by(equations, inside), key


@given(TABLES)
def test_what_a_sum_lacks_is_none_or_enough(cells):
    """Whoever takes the published cells from their sum learns of no small rest."""
    shown, parts = publishable(cells, LEAST), sums_of(cells)
    for key, count in shown.items():
        if None in key:
            rest = count - sum(shown.get(cell, 0) for cell in parts[key])
            assert rest == 0 or rest >= LEAST


@given(TABLES)
def test_says_the_same_each_time(cells):
    """Two releases of one table would tell more than one."""
    shuffled = dict(reversed(cells.items()))
    assert publishable(cells, LEAST) == publishable(shuffled, LEAST)


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), st.integers(LEAST, 99), max_size=6))
def test_hides_nothing_without_need(cells):
    """A table without a small count is published whole."""
    parts = sums_of(cells)
    assert {key: sum(cells[cell] for cell in inside) for key, inside in parts.items()} == publishable(cells, LEAST)


def test_hides_a_neighbour_of_what_is_small():
    """Pinned: the smallest that shares a row or a column goes too, and so on until nothing tells."""
    shown = publishable(CORNER, LEAST)
    assert 122 == shown[None, None]
    assert {("a", None), ("b", None), (None, "x"), (None, "y")} < shown.keys()
    assert not {key for key in shown if None not in key}


def test_keeps_what_is_far_from_it():
    """Of four topics in four regions only a square with the small count is hidden."""
    cells = {(topic, region): 20 + n for n, (topic, region) in enumerate(product("abcd", "wxyz"))} | {("a", "w"): 1}
    hidden = {cell for cell in cells if cell not in publishable(cells, LEAST)}
    assert ("a", "w") in hidden
    assert 4 == len(hidden)
