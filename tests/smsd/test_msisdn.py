"""One spelling for each sender."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.msisdn import canonical

GAPS = st.sampled_from(["", " ", "-", ".", " - ", "\u00a0"])


@pytest.mark.parametrize(
    "written",
    [
        "+6281234567890",
        "6281234567890",
        "081234567890",
        "81234567890",
        "+62 812-3456-7890",
        "+62 (812) 3456.7890",
        "+62 0812 3456 7890",
        "0812 3456 7890",
        " 0812-3456-7890\n",
        "62 812 3456 7890",
    ],
)
def test_every_way_to_write_a_number_is_one(written: str) -> None:
    """The citizen who is asked about must be the one who wrote."""
    assert "+6281234567890" == canonical(written)


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("62812345678", "+62812345678"),  # the shortest mobile numbers, without the plus
        ("0812345678", "+62812345678"),
        ("+60123456789", "+60123456789"),
        ("0341-551234", "+62341551234"),
        ("1708", "1708"),
        (" 1708 ", "1708"),
        ("3636", "3636"),
        ("Telkomsel", "TELKOMSEL"),
        ("telkomsel ", "TELKOMSEL"),
        ("BANK-JATIM", "BANK-JATIM"),
        ("BPJS (RI)", "BPJS (RI)"),
        ("", ""),
        ("+", "+"),
        ("+0000000000", "+0000000000"),
        ("99999999999999999999", "99999999999999999999"),
    ],
)
def test_other_senders_have_one_spelling_too(written: str, spelt: str) -> None:
    """Abroad, on land, short codes and names; what is no address stays as it is."""
    assert spelt == canonical(written)


@given(st.one_of(st.text(), st.from_regex(r"[+ 0-9().\-]{0,25}", fullmatch=True)))
def test_it_never_fails_and_changes_nothing_twice(written: str) -> None:
    """Whatever the network calls a sender; lone surrogates, which no PDU decoder of ours gives, included."""
    spelt = canonical(written)
    assert spelt == canonical(spelt)


@given(st.from_regex(r"8[1-9][0-9]{7,10}", fullmatch=True), st.sampled_from(["0", "62", "+62"]), GAPS)
def test_gaps_and_prefixes_do_not_matter(digits: str, prefix: str, gap: str) -> None:
    """Every Indonesian mobile number, however it is written."""
    assert f"+62{digits}" == canonical(gap.join((prefix, digits[:3], digits[3:7], digits[7:])))
