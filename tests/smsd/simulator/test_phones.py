"""What phones show."""

import pytest

from parser.pdu import Concat, decode_submit, encode_submit
from smsd.simulator.phones import Phone, canonical, lookup


def submit(text, *, alphabet=None, concat=None):
    return decode_submit(encode_submit("+6281230000001", text, concat=concat, alphabet=alphabet))


def test_shows_a_single_message(now):
    """A message without parts is shown as it comes."""
    phone = Phone()
    assert "halo" == phone.take(submit("halo"), now).text
    assert [(now, "halo")] == [(text.at, text.text) for text in phone.shown]


def test_joins_parts_in_any_order(now):
    """A long message is shown when its last part comes, once, however often a part comes."""
    phone = Phone()
    parts = [submit(text, concat=Concat(7, 8, number, 3)) for number, text in enumerate("abc", start=1)]
    assert [None, None, None] == [phone.take(parts[index], now) for index in (2, 0, 2)]
    assert "abc" == phone.take(parts[1], now).text
    assert 1 == len(phone.shown)


def test_keeps_messages_with_different_references_apart(now):
    """Two long messages at once do not mix."""
    phone = Phone()
    for reference in (1, 2):
        phone.take(submit(f"{reference}a", concat=Concat(reference, 8, 1, 2)), now)
    assert "1a1b" == phone.take(submit("1b", concat=Concat(1, 8, 2, 2)), now).text


def test_joins_parts_of_different_alphabets(now):
    """Each part is read in its own alphabet."""
    phone = Phone()
    phone.take(submit("a", alphabet="gsm7", concat=Concat(1, 8, 1, 2)), now)
    assert "aअ" == phone.take(submit("अ", alphabet="ucs2", concat=Concat(1, 8, 2, 2)), now).text


@pytest.mark.parametrize("number", ["+6281230000001", "6281230000001", "081230000001", "+62 812-3000-0001"])
def test_knows_a_number_however_written(number):
    """International, national and spaced forms are one phone."""
    assert "6281230000001" == canonical(number)
    assert 38 == lookup({"+6281230000001": 38}, number)


@pytest.mark.parametrize("number", ["1708", "TELKOMSEL", "AD1CALL"])
def test_leaves_short_codes_and_names(number):
    """Short codes and alphanumeric addresses are what they are."""
    assert number == canonical(number)
    assert None is lookup({"081230000001": 38}, number)
