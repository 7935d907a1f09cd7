"""SMS TPDUs: PDUs put together by hand from TS 23.040, and properties over made-up and random ones."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser import gsm7
from parser.pdu import (
    Concat,
    Deliver,
    PduError,
    StatusReport,
    Submit,
    WrongLength,
    decode_pdu,
    decode_submit,
    encode_deliver,
    encode_status_report,
    encode_submit,
    identity,
    join,
)

WIB = timezone(timedelta(hours=7))
MORNING = datetime(2026, 8, 3, 10, 12, 45, tzinfo=WIB)

SMSC = "07912618010000F0"  # +62811000000
CITIZEN = "0D91261832547698F0"  # +6281234567890
TEN_TWELVE = "62803001215482"  # MORNING
HELLO = "05E8329BFD06"  # "hello"


def hello_deliver(*, first: str = "04", sender: str = CITIZEN, pid: str = "00", dcs: str = "00", data: str = HELLO) -> str:
    """An SMS-DELIVER with one field other than usual."""
    return SMSC + first + sender + pid + dcs + TEN_TWELVE + data


def deliver(pdu_hex: str) -> Deliver:
    """The PDU, which must be an SMS-DELIVER."""
    decoded = decode_pdu(pdu_hex)
    assert isinstance(decoded, Deliver)
    return decoded


def part(text: str, number: int, count: int, alphabet: str | None = None) -> Deliver:
    """One part of a long message from the usual citizen."""
    chosen = None if alphabet is None else ("ucs2" if alphabet == "ucs2" else "gsm7")
    return deliver(
        encode_deliver("+6281234567890", text, MORNING, concat=Concat(7, 8, number, count), alphabet=chosen)
    )


def raw_part(data: str, number: int, dcs: str) -> Deliver:
    """One part of two whose user data, in hexadecimal, no text could have given."""
    return deliver(hello_deliver(first="44", dcs=dcs, data=data.replace("nn", f"{number:02X}")))


class TestDeliver:
    def test_a_plain_message_field_by_field(self) -> None:
        """Every field of a PDU put together by hand."""
        assert deliver(hello_deliver()) == Deliver(
            smsc="+62811000000",
            sender="+6281234567890",
            sender_kind="international",
            sent_at=MORNING,
            pid=0,
            dcs=0,
            alphabet="gsm7",
            udh=b"",
            user_data=b"hello",
            concat=None,
            message_class=None,
        )

    def test_text_of_a_plain_message(self) -> None:
        """The septets are read in the default alphabet."""
        assert "hello" == deliver(hello_deliver()).text

    def test_lower_case_digits_and_spaces_around_do_no_harm(self) -> None:
        """Modems differ in how they print hexadecimal digits."""
        assert "hello" == deliver(f" {hello_deliver().lower()}\r\n").text

    def test_without_an_smsc(self) -> None:
        """Length 0 in front: the modem does not tell the service centre."""
        assert deliver("00" + hello_deliver().removeprefix(SMSC)).smsc is None

    def test_an_empty_message(self) -> None:
        """No user data at all is an empty text, not an error."""
        assert "" == deliver(hello_deliver(data="00")).text

    @pytest.mark.parametrize(
        ("address", "sender", "kind"),
        [
            ("04811780", "1708", "other"),
            ("05816101F0", "16100", "other"),
            ("0BA180214365870" + "9", "08123456789" [:0] + "08123456789"[:0] + "", "national"),
            ("07D0CDA9B3" + "09", "", "alphanumeric"),
            ("0091", "", "international"),
            ("0391B1F2", "", "international"),
        ],
    )
    def test_senders_placeholder(self, address: str, sender: str, kind: str) -> None:
        """Replaced below."""
