"""What the danger rules make of a text, with rules made for the test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.danger import NEAR, Danger, DangerRule, DangerVerdict
from routing.text import Slang, normalise

FIRE = DangerRule("api", "112", ("rumah terbakar", "kebakaran"), unless=("jenggot",))
THIEF = DangerRule("maling", "110", ("maling", "rumah"), nearby=("sekarang", "di dalam"))
RULES = Danger([FIRE, THIEF], unless=("rawan", "rumah duka"), slang=Slang({"skrg": ("sekarang",)}))


def judge(text: str) -> DangerVerdict:
    return RULES.judge(normalise(text, Slang({"skrg": ("sekarang",)})).tokens)


def test_without_rules_nobody_is_in_danger() -> None:
    """No rule, no alarm."""
    assert DangerVerdict(None) == Danger().judge(("kebakaran",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kebakaran!", "112"),
        ("tolong, rumah terbakar", "112"),
        ("pejabat kebakaran jenggot", None),
        ("daerah rawan kebakaran", None),
        ("ada maling", None),
        ("ada maling skrg", "110"),
        ("sekarang ada maling", "110"),
        ("maling rawan di dalam", None),
        ("kebakaran rumah, maling di dalam", "112"),
        ("jalan berlubang", None),
        ("", None),
    ],
)
def test_words_near_by_decide(text: str, expected: str | None) -> None:
    """Some must be there, others must not; the first rule wins."""
    assert expected == judge(text).number


@pytest.mark.parametrize("between", [0, NEAR, NEAR + 1])
def test_near_is_so_many_words(between: int) -> None:
    """What stands farther off neither helps nor argues against."""
    gap = " kata" * between
    near = between <= NEAR
    assert (None if near else "112") == judge(f"rawan{gap} kebakaran").number
    assert ("110" if near else None) == judge(f"maling{gap} sekarang").number


def test_a_later_place_in_the_text_counts_too() -> None:
    """The first mention is harmless, the second is not."""
    assert "112" == judge("rawan kebakaran" + " kata" * 9 + " kebakaran di gang").number


def test_a_longer_phrase_of_one_rule_hides_no_word_of_another() -> None:
    """`rumah terbakar` is refused by its own rule; the other still sees its `rumah`."""
    assert "110" == judge("jenggot rumah terbakar di dalam").number


def test_a_longer_harmless_phrase_hides_the_word_of_danger() -> None:
    """`rumah duka` is one phrase, and no `rumah`."""
    assert None is judge("sekarang di rumah duka").number


def test_the_reason_names_words_rule_and_number() -> None:
    """An operator sees why the number was named."""
    assert ('bahaya: "kebakaran" (api), telepon 112',) == judge("kebakaran").reasons
    assert ('bahaya: "maling" dengan "sekarang" (maling), telepon 110',) == judge("maling skrg").reasons


@given(st.lists(st.sampled_from(["kebakaran", "maling", "sekarang", "rawan", "jenggot", "rumah", "terbakar", "kata"])))
def test_an_alarm_has_a_reason(tokens: list[str]) -> None:
    """No text raises; a number never comes without a reason, nor without a word of danger."""
    verdict = RULES.judge(tokens)
    assert (verdict.number is None) == (verdict.reasons == ())
    assert verdict.number is None or {"kebakaran", "maling", "rumah"} & set(tokens)
