"""SMS TPDUs written the way a network or a modem writes them (3GPP TS 23.040 section 9.2.2): the simulator's half.

All of them are upper-case hexadecimal digits with the SMSC prefix of TS 27.005 in front. What does not fit or cannot
be written is a ValueError.
"""

from datetime import datetime
from typing import Literal

from parser import gsm7
from parser.pdu_fields import Concat, write_address, write_concat, write_smsc, write_timestamp, write_user_data

SIMULATED_SMSC = "+62811000000"

# First octets (TS 23.040 section 9.2.3.1 and on). A set 0x04 says that no more messages are waiting.
_DELIVER, _STATUS_REPORT, _SUBMIT = 0x04, 0x06, 0x01
_HAS_HEADER, _WANTS_REPORT = 0x40, 0x20

_DCS = {"gsm7": 0x00, "ucs2": 0x08}


def encode_deliver(
    sender: str,
    text: str,
    sent_at: datetime,
    *,
    smsc: str | None = SIMULATED_SMSC,
    concat: Concat | None = None,
    alphabet: Literal["gsm7", "ucs2"] | None = None,
) -> str:
    """An SMS-DELIVER from a number or an alphanumeric name; without an alphabet, GSM-7 where it can write the text."""
    alphabet = alphabet or _fitting(text)
    header = write_concat(concat) if concat else b""
    first = _DELIVER | (_HAS_HEADER if concat else 0)
    octets = bytes([first]) + write_address(sender) + bytes([0, _DCS[alphabet]]) + write_timestamp(sent_at)
    return _hex(write_smsc(smsc) + octets + write_user_data(text, alphabet, header))


def encode_status_report(
    recipient: str,
    reference: int,
    sent_at: datetime,
    discharged_at: datetime,
    status: int = 0,
    *,
    smsc: str | None = SIMULATED_SMSC,
) -> str:
    """An SMS-STATUS-REPORT on the submission that the network had answered with this reference."""
    times = write_timestamp(sent_at) + write_timestamp(discharged_at)
    octets = bytes([_STATUS_REPORT, reference]) + write_address(recipient) + times + bytes([status])
    return _hex(write_smsc(smsc) + octets)


def encode_submit(
    recipient: str,
    text: str,
    *,
    reference: int = 0,
    smsc: str | None = None,
    concat: Concat | None = None,
    alphabet: Literal["gsm7", "ucs2"] | None = None,
    report_requested: bool = False,
) -> str:
    """An SMS-SUBMIT without a validity period; without an alphabet, GSM-7 where it can write the text."""
    alphabet = alphabet or _fitting(text)
    header = write_concat(concat) if concat else b""
    first = _SUBMIT | (_HAS_HEADER if concat else 0) | (_WANTS_REPORT if report_requested else 0)
    octets = bytes([first, reference]) + write_address(recipient) + bytes([0, _DCS[alphabet]])
    return _hex(write_smsc(smsc) + octets + write_user_data(text, alphabet, header))


def _fitting(text: str) -> Literal["gsm7", "ucs2"]:
    return "ucs2" if gsm7.septets(text) is None else "gsm7"


def _hex(octets: bytes) -> str:
    return octets.hex().upper()
