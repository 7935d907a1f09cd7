"""What phones make of texts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.pdu import decode_pdu, join
from smsd.simulator.composing import compose, cut


def test_a_short_text_is_one_pdu_without_a_header(now):
    """160 septets fit in one SMS."""
    [pdu] = compose("+6281230000001", "a" * 160, now, alphabet=None, reference=7, bits=8)
    part = decode_pdu(pdu)
    assert ("+6281230000001", "a" * 160, None, now.replace(microsecond=0)) == (
        part.sender,
        part.text,
        part.concat,
        part.sent_at,
    )


@pytest.mark.parametrize(("bits", "reference", "seen"), [(8, 300, 44), (16, 300, 300), (16, 65_536, 0)])
def test_parts_carry_the_reference_in_its_width(now, bits, reference, seen):
    """A reference wraps at its width."""
    parts = [decode_pdu(pdu) for pdu in compose("1708", "a" * 400, now, alphabet=None, reference=reference, bits=bits)]
    assert [(seen, bits, number, 3) for number in (1, 2, 3)] == [
        (part.concat.reference, part.concat.bits, part.concat.number, part.concat.count) for part in parts
    ]


@pytest.mark.parametrize(
    ("text", "alphabet", "bits", "sizes"),
    [
        ("a" * 161, "gsm7", 8, [153, 8]),
        ("a" * 161, "gsm7", 16, [152, 9]),
        ("a" * 71, "ucs2", 8, [67, 4]),
        ("a" * 71, "ucs2", 16, [66, 5]),
        ("a" * 152 + "€" * 5, "gsm7", 8, [152, 5]),
        ("a" * 66 + "😀" * 3, "ucs2", 8, [66, 3]),
    ],
)
def test_cuts_where_a_part_is_full(text, alphabet, bits, sizes):
    """An extension character or a surrogate pair goes to the next part whole."""
    assert sizes == [len(part) for part in cut(text, alphabet, bits)]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=500), st.sampled_from([8, 16]))
def test_parts_join_to_the_text(text, bits):
    """Whatever the text, the gateway can read it back."""
    pdus = compose("+6281230000001", text, datetime(2026, 1, 1, tzinfo=UTC), alphabet=None, reference=1, bits=bits)
    assert text == join([decode_pdu(pdu) for pdu in pdus])


@pytest.mark.parametrize(
    ("text", "alphabet", "message"),
    [("अ", "gsm7", "cannot be written in GSM-7"), ("a" * 153 * 256, None, "256 parts")],
)
def test_says_what_no_phone_can_send(now, text, alphabet, message):
    """A wrong alphabet and an endless text are errors of the caller's."""
    with pytest.raises(ValueError, match=message):
        compose("1708", text, now, alphabet=alphabet, reference=1, bits=8)
