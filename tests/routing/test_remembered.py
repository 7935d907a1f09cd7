"""What was found out about words is kept, but not for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.remembered import Remembered


@given(st.lists(st.text(max_size=3)), st.integers(min_value=1, max_value=5))
def test_it_says_what_the_function_says_and_stays_small(words: list[str], most: int) -> None:
    """Whatever was asked before; who texts ever new words does not fill the machine."""
    remembered = Remembered(str.upper, most)
    for word in words:
        assert word.upper() == remembered[word]
        assert len(remembered) <= most


def test_a_word_is_looked_into_once() -> None:
    """Then the answer is there."""
    asked: list[str] = []
    remembered = Remembered(lambda word: asked.append(word) or len(word))
    assert [5, 3, 5] == list(map(remembered.__getitem__, ("jalan", "air", "jalan")))
    assert ["jalan", "air"] == asked
