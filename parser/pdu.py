"""SMS TPDUs as a modem reads and writes them, and the texts they carry (3GPP TS 23.040, TS 23.038, TS 27.005).

ValueError
└── PduError            the PDU is not what TS 23.040 describes: sentence with the octet, counted from 0
    ├── ImpossibleTime  a time stamp that is no date and time
    └── WrongLength     all but the length of the text could be read; `partial` has what is there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from parser import gsm7
from parser.pdu_fields import (
    AddressKind,
    Alphabet,
    Coding,
    Concat,
    ImpossibleTime,
    Languages,
    PduError,
    Reader,
    coding,
    header_septets,
    read_address,
    read_concat,
    read_hex,
    read_languages,
    read_smsc,
    read_timestamp,
    tells_of_waiting,
)
from parser.pdu_write import encode_deliver, encode_status_report, encode_submit

__all__ = [
    "Concat",
    "Deliver",
    "PduError",
    "StatusReport",
    "Submit",
    "WrongLength",
    "decode_pdu",
    "decode_submit",
    "encode_deliver",
    "encode_status_report",
    "encode_submit",
    "identity",
    "join",
]

_MESSAGE_TYPE, _HAS_HEADER, _WANTS_REPORT = 0x03, 0x40, 0x20

# TS 23.040 section 9.2.3.3: validity period format, bits 4 and 3 -> octets of the field.
_VALIDITY_OCTETS = {0x00: 0, 0x10: 1, 0x08: 7, 0x18: 7}


@dataclass(frozen=True, slots=True)
class Deliver:
    """An SMS from the network, or one part of it (SMS-DELIVER, TS 23.040 section 9.2.2.1)."""

    smsc: str | None
    sender: str
    sender_kind: AddressKind
    sent_at: datetime
    pid: int
    dcs: int
    alphabet: Alphabet
    udh: bytes  # without its length octet
    user_data: bytes  # behind the header; one septet per byte for gsm7
    concat: Concat | None
    message_class: int | None
    cut_short: bool = False  # its text was longer: what is there is its beginning

    @property
    def text(self) -> str:
        """What this part alone says, without U+0000; empty for 8-bit data, which is no text."""
        return _text(self.alphabet, read_languages(self.udh), self.user_data)

    @property
    def message_waiting(self) -> bool:
        """Whether the network only tells of a voicemail or the like.

        By the coding scheme (TS 23.038 section 4, groups 1100 to 1110) or by an element of the header.
        """
        return 0xC0 <= self.dcs < 0xF0 or tells_of_waiting(self.udh)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of an SMS we sent (SMS-STATUS-REPORT, TS 23.040 section 9.2.2.3)."""

    smsc: str | None
    reference: int
    recipient: str
    sent_at: datetime
    discharged_at: datetime
    status: int

    @property
    def outcome(self) -> Literal["delivered", "trying", "failed"]:
        """TS 23.040 section 9.2.3.15: below 0x20 it is through, below 0x40 the network still tries."""
        if self.status < 0x20:
            return "delivered"
        return "trying" if self.status < 0x40 else "failed"


@dataclass(frozen=True, slots=True)
class Submit:
    """An SMS on its way to the network, or one part of it (SMS-SUBMIT, TS 23.040 section 9.2.2.2)."""

    smsc: str | None
    reference: int
    recipient: str
    pid: int
    dcs: int
    alphabet: Alphabet
    udh: bytes  # without its length octet
    user_data: bytes  # behind the header; one septet per byte for gsm7
    concat: Concat | None
    report_requested: bool

    @property
    def text(self) -> str:
        """What this part alone says, without U+0000; empty for 8-bit data, which is no text."""
        return _text(self.alphabet, read_languages(self.udh), self.user_data)


class WrongLength(PduError):
    """The text is shorter or longer than its length field says; `partial` is the message with what is there."""

    def __init__(self, sentence: str, partial: Deliver | Submit) -> None:
        super().__init__(sentence)
        self.partial = partial


@dataclass(frozen=True, slots=True)
class _UserData:
    udh: bytes
    data: bytes
    problem: str | None
    cut_short: bool


def decode_pdu(pdu_hex: str) -> Deliver | StatusReport:
    """What a modem has received, as CMGL, CMGR, CMT and CDS show it; anything malformed is a PduError."""
    reader = read_hex(pdu_hex)
    smsc = read_smsc(reader)
    start = reader.at
    first = reader.octet("the message type")
    match first & _MESSAGE_TYPE:
        case 0:
            return _read_deliver(reader, smsc, first)
        case 2:
            return _read_status_report(reader, smsc)
    raise PduError(f"message type {first & _MESSAGE_TYPE} at octet {start} is neither a DELIVER nor a STATUS-REPORT")


def _read_deliver(reader: Reader, smsc: str | None, first: int) -> Deliver:
    """TP-OA TP-PID TP-DCS TP-SCTS TP-UDL TP-UD."""
    sender, sender_kind = read_address(reader, "sender")
    pid = reader.octet("the protocol identifier")
    dcs, scheme = _read_coding(reader)
    sent_at = read_timestamp(reader, "the service centre time stamp")
    body = _read_user_data(reader, scheme.alphabet, bool(first & _HAS_HEADER))
    deliver = Deliver(
        smsc,
        sender,
        sender_kind,
        sent_at,
        pid,
        dcs,
        scheme.alphabet,
        body.udh,
        body.data,
        read_concat(body.udh),
        scheme.message_class,
        body.cut_short,
    )
    if body.problem:
        raise WrongLength(body.problem, deliver)
    return deliver


def _read_status_report(reader: Reader, smsc: str | None) -> StatusReport:
    """TP-MR TP-RA TP-SCTS TP-DT TP-ST; what may follow (9.2.3.27) says nothing that we need.

    Centres leave the discharge time empty while they still try, or for good: then the other time stands in for it.
    """
    reference = reader.octet("the message reference")
    recipient, _ = read_address(reader, "recipient")
    sent_at = read_timestamp(reader, "the service centre time stamp")
    try:
        discharged_at = read_timestamp(reader, "the discharge time")
    except ImpossibleTime:
        discharged_at = sent_at
    return StatusReport(smsc, reference, recipient, sent_at, discharged_at, reader.octet("the status"))


def decode_submit(pdu_hex: str) -> Submit:
    """What AT+CMGS hands to a modem; anything malformed is a PduError."""
    reader = read_hex(pdu_hex)
    smsc = read_smsc(reader)
    start = reader.at
    first = reader.octet("the message type")
    if first & _MESSAGE_TYPE != 1:
        raise PduError(f"message type {first & _MESSAGE_TYPE} at octet {start} is not a SUBMIT")
    return _read_submit(reader, smsc, first)


def _read_submit(reader: Reader, smsc: str | None, first: int) -> Submit:
    """TP-MR TP-DA TP-PID TP-DCS [TP-VP] TP-UDL TP-UD."""
    reference = reader.octet("the message reference")
    recipient, _ = read_address(reader, "recipient")
    pid = reader.octet("the protocol identifier")
    dcs, scheme = _read_coding(reader)
    reader.take(_VALIDITY_OCTETS[first & 0x18], "the validity period")
    body = _read_user_data(reader, scheme.alphabet, bool(first & _HAS_HEADER))
    submit = Submit(
        smsc,
        reference,
        recipient,
        pid,
        dcs,
        scheme.alphabet,
        body.udh,
        body.data,
        read_concat(body.udh),
        bool(first & _WANTS_REPORT),
    )
    if body.problem:
        raise WrongLength(body.problem, submit)
    return submit


def _read_coding(reader: Reader) -> tuple[int, Coding]:
    dcs = reader.octet("the data coding scheme")
    scheme = coding(dcs)
    if scheme.compressed:
        raise PduError(f"data coding scheme 0x{dcs:02X} at octet {reader.at - 1} is compressed text")
    return dcs, scheme


def _read_user_data(reader: Reader, alphabet: Alphabet, has_header: bool) -> _UserData:
    """TP-UDL and TP-UD: the length counts septets in GSM-7, octets otherwise (TS 23.040 section 9.2.3.16)."""
    start = reader.at
    length = reader.octet("the user data length")
    octets = (7 * length + 7) // 8 if alphabet == "gsm7" else length
    body = reader.rest()
    problem = None
    if len(body) != octets:
        problem = f"the user data length at octet {start} promises {octets} octets, there are {len(body)}"
        length = min(length, 8 * len(body) // 7 if alphabet == "gsm7" else len(body))
    header = _header(body[:octets], start + 1) if has_header else b""
    data = _behind(header, body[:octets], alphabet, length, start)
    if alphabet == "ucs2" and len(data) % 2:
        if not problem:
            raise PduError(f"the UCS-2 text behind octet {start} has an odd number of octets, {len(data)}")
        data = data[:-1]
    return _UserData(header[1:], data, problem, len(body) < octets)


def _header(body: bytes, at: int) -> bytes:
    """The user data header with its length octet."""
    if not body or body[0] >= len(body):
        raise PduError(f"the user data header at octet {at} is longer than the user data")
    return body[: 1 + body[0]]


def _behind(header: bytes, body: bytes, alphabet: Alphabet, length: int, at: int) -> bytes:
    """The user data proper: what follows the header and, in GSM-7, its fill bits."""
    if alphabet == "gsm7":
        skipped = header_septets(len(header))
        if skipped > length:
            raise PduError(f"the user data length at octet {at} ends inside the user data header")
        return gsm7.unpack(body[len(header) :], length - skipped, 7 * skipped - 8 * len(header))
    return body[len(header) : length]


def _text(alphabet: Alphabet, languages: Languages, data: bytes) -> str:
    """Characters of user data: lone surrogates become U+FFFD, U+0000 goes, for PostgreSQL refuses both."""
    if alphabet == "gsm7":
        return gsm7.decode_national(data, languages.locking, languages.single)
    return data.decode("utf-16-be", "replace").replace("\0", "") if alphabet == "ucs2" else ""


def identity(deliver: Deliver) -> bytes:
    """What is equal when the network delivers the same part once more, and only then: material for a key."""
    fields = (
        deliver.sender.encode(),
        int(deliver.sent_at.timestamp()).to_bytes(5, "big"),
        bytes([deliver.dcs]),
        deliver.udh,
        deliver.user_data,
    )
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


def join(parts: Sequence[Deliver], gap: str = "") -> str:
    """The text of one message from its parts in any order, one of each number; `gap` stands where parts are missing.

    Septets and UTF-16 units are joined before they are decoded, because phones cut escape pairs and surrogate pairs.
    """
    ordered = sorted(parts, key=_number)
    runs = (list(run) for _, run in groupby(enumerate(ordered), lambda item: _number(item[1]) - item[0]))
    texts = [_joined([part for _, part in run]) for run in runs]
    missing_first = gap if ordered and _number(ordered[0]) > 1 else ""
    missing_last = gap if ordered and _number(ordered[-1]) < _count(ordered[-1]) else ""
    return missing_first + gap.join(texts) + missing_last


def _joined(parts: Sequence[Deliver]) -> str:
    """The text of parts that follow one another."""
    same = groupby(parts, lambda part: (part.alphabet, read_languages(part.udh)))
    return "".join(_text(*written, b"".join(part.user_data for part in run)) for written, run in same)


def _number(part: Deliver) -> int:
    return part.concat.number if part.concat else 1


def _count(part: Deliver) -> int:
    return part.concat.count if part.concat else 1
