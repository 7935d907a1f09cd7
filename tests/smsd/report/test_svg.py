"""Charts: what is drawn where, and that nothing breaks out of the markup."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.report.svg import Bar, Column, Named, bars, columns, scale

NAMED = Named("k", 'Topik "A" & <B>', "Paling banyak: <C>.")
COLUMNS = st.lists(st.builds(Column, st.integers(0, 2_000_000), st.integers(0, 2_000_000)), max_size=60)


def read(picture):
    """As a parser of XML does, which is stricter than a browser."""
    return ElementTree.fromstring(picture)


@given(COLUMNS)
def test_the_scale_is_round_and_reaches_all(given_columns):
    """From zero, a few equal steps of 1, 2 or 5, the last at or above the greatest."""
    ticks = scale(given_columns)
    most = max((max(each.value, each.line) for each in given_columns), default=0)
    step = ticks[1]
    assert ticks == list(range(0, ticks[-1] + 1, step))
    assert most <= ticks[-1] < most + max(step, 2)
    assert 2 <= len(ticks) <= 6
    assert str(step).rstrip("0") in ("1", "2", "5")


@given(COLUMNS)
def test_columns_stay_within_the_picture(given_columns):
    """Whatever is counted."""
    drawn = read(columns(NAMED, given_columns, [str(tick) for tick in scale(given_columns)]))
    boxes = [
        [float(rect.get(name).removesuffix("%")) for name in ("x", "y", "width", "height")]
        for rect in drawn.iter("rect")
    ]
    assert len(given_columns) == len(boxes)
    assert all(x >= 0 and y >= 0 and x + width <= 100.01 and y + height <= 100.01 for x, y, width, height in boxes)


def test_a_picture_has_a_name_and_a_description():
    """As whoever does not see it is told; words of others are words, not markup."""
    drawn = read(bars(NAMED, [Bar("<i>x</i>", 1, "1")]))
    assert ("img", "k-title k-desc") == (drawn.get("role"), drawn.get("aria-labelledby"))
    assert (NAMED.title, NAMED.description) == (drawn.findtext("title"), drawn.findtext("desc"))
    assert ("k-title", "k-desc") == (drawn.find("title").get("id"), drawn.find("desc").get("id"))
    assert "<i>x</i>" == drawn.findtext("text")


@pytest.mark.parametrize(("value", "width"), [(0, []), (25, ["25%"]), (100, ["100%"])])
def test_a_bar_is_as_long_as_its_share(value, width):
    """Of the greatest; nothing is drawn for nothing."""
    drawn = read(bars(NAMED, [Bar("a", value, ""), Bar("b", 100, "")]))
    assert [*width, "100%"] == [rect.get("width") for rect in drawn.iter("rect") if rect.get("class") == "bar"]


def test_a_long_label_leaves_room_for_what_is_told():
    """Both stand on one line, also on a phone."""
    name = "Dinas Perumahan Rakyat dan Kawasan Permukiman Kabupaten Kotawaringin Barat"
    drawn = read(bars(NAMED, [Bar(name, 1, "39% (33 dari 84)")]))
    label, told = (text.text for text in drawn.iter("text"))
    assert name.startswith(label.removesuffix("…"))
    assert label.endswith("…")
    assert len(label) + len(told) <= 48
