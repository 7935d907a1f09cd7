"""What the spam filter makes of the marks it is given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.spam import CITIZEN, KINDS, Mark, SpamFilter, SpamVerdict

SPELLING = {"hdiah": "hadiah"}
FILTER = SpamFilter(
    [
        Mark("hadiah", "penipuan", 2.0, ("hadiah", "hadiah mobil")),
        Mark("pin", "penipuan", 2.0, ("pin <kode>",)),
        Mark("tautan", "promo", 2.5, ("<situs>",)),
        Mark("otp", "robot", 4.0, ("kode verifikasi anda",)),
        Mark("korban", CITIZEN, 3.0, ("saya ditipu",)),
    ],
    SPELLING,
)


def test_without_marks_every_text_is_a_citizens() -> None:
    """An empty filter catches nothing."""
    assert SpamVerdict("", 0.0) == SpamFilter().judge("hadiah PIN:b12c3d4 www.a.example.com")


def test_one_weak_mark_is_not_enough() -> None:
    """A word that complaints hold, too, convinces nobody alone, however often it is said."""
    assert SpamVerdict("", 0.0) == FILTER.judge("hadiah lomba desa, hadiah yang dijanjikan, hadiah apa")


def test_marks_add_up_and_are_told() -> None:
    """Two marks catch, and the verdict says which words did it."""
    expected = SpamVerdict(
        "penipuan",
        4.0,
        (
            '"hadiah mobil" menunjuk penipuan (hadiah, +2)',
            '"pin <kode>" menunjuk penipuan (pin, +2)',
        ),
    )
    assert expected == FILTER.judge("Hdiah mobil, PIN:b12c3d4")


def test_the_heaviest_kind_names_the_verdict() -> None:
    """Fraud with a link is fraud where its marks weigh more than the link."""
    assert "penipuan" == FILTER.judge("hadiah pin b12c3d4 di www.a.example.com").kind
    assert "promo" == FILTER.judge("hadiah di www.a.example.com").kind
    assert "robot" == FILTER.judge("Kode verifikasi Anda 123456").kind


def test_a_citizen_who_tells_of_spam_is_heard() -> None:
    """What argues against is taken off, and told as well."""
    verdict = FILTER.judge("saya ditipu hadiah, pin b12c3d4")
    assert ("", 1.0) == (verdict.kind, verdict.score)
    assert '"saya ditipu" menunjuk laporan warga (korban, -3)' == verdict.reasons[-1]


def test_a_long_story_needs_more() -> None:
    """Marks that catch a short text do not catch one of 120 words."""
    offer = "hadiah pin b12c3d4"
    assert "penipuan" == FILTER.judge(offer).kind
    assert "" == FILTER.judge(" ".join((offer, *["cerita"] * 117))).kind


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    """Every text gets a verdict, and a caught one gets reasons."""
    verdict = FILTER.judge(text)
    assert verdict.kind in ("", *KINDS)
    assert bool(verdict.reasons) or not verdict.kind


@given(st.lists(st.sampled_from(["hadiah", "PIN:b12c3d4", "www.a.example.com", "saya ditipu", "jalan"]), max_size=8))
def test_the_score_is_what_the_reasons_say(parts: list[str]) -> None:
    """The weights in the reasons add up to the score."""
    verdict = FILTER.judge(" . ".join(parts))
    told = [float(reason.rpartition(" ")[2].rstrip(")")) for reason in verdict.reasons]
    assert verdict.score == sum(told)
