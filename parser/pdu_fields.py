"""The fields that SMS TPDUs are made of, read and written (3GPP TS 23.040 section 9, TS 23.038 section 4).

PduError is a ValueError, ImpossibleTime one of its kinds; parser.pdu adds WrongLength below it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal

from parser import gsm7

Alphabet = Literal["gsm7", "ucs2", "8bit"]
AddressKind = Literal["international", "national", "alphanumeric", "other"]

# TS 23.040 section 9.1.2.5, type of number, bits 6 to 4 of the type-of-address octet.
_KINDS: dict[int, AddressKind] = {1: "international", 2: "national", 5: "alphanumeric"}
_INTERNATIONAL, _UNKNOWN, _ALPHANUMERIC = 0x91, 0x81, 0xD0

# TS 23.040 section 9.1.2.3: semi-octets above 9; the last one only fills up an odd count.
_READ_DIGITS = str.maketrans("abcde", "*#abc", "f")
_WRITE_DIGITS = str.maketrans("*#", "ab")
_SWAPPED = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))

_MAX_ADDRESS_SEMI_OCTETS = 20
_MAX_USER_DATA_OCTETS = 140

# Information elements (TS 23.040 section 9.2.3.24).
CONCAT_8_BIT, CONCAT_16_BIT = 0x00, 0x08
_MESSAGE_WAITING = 0x01
_SINGLE_SHIFT, _LOCKING_SHIFT = 0x24, 0x25


class PduError(ValueError):
    """A PDU that is not what TS 23.040 describes; the sentence says what is wrong and at which octet, from 0."""


class ImpossibleTime(PduError):
    """Seven octets where a time stamp stands, but no date and time; what follows can be read."""


@dataclass(frozen=True, slots=True)
class Concat:
    """Which part of a long message this is (TS 23.040 sections 9.2.3.24.1 and 9.2.3.24.8)."""

    reference: int
    bits: Literal[8, 16]
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Languages:
    """Whose national tables a GSM-7 text is written in (TS 23.038 section 6.2.1.2.4); 0 is the default alphabet."""

    locking: int = 0
    single: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """What a data coding scheme octet says (TS 23.038 section 4)."""

    alphabet: Alphabet
    compressed: bool = False
    message_class: int | None = None


class Reader:
    """Takes octets off the front of a PDU; knows where it stands."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0

    def take(self, count: int, what: str) -> bytes:
        """The next `count` octets; PduError names `what` if there are fewer."""
        end = self.at + count
        if end > len(self.octets):
            left = len(self.octets) - self.at
            raise PduError(f"{what} at octet {self.at} needs {count} octets, only {left} are left")
        taken = self.octets[self.at : end]
        self.at = end
        return taken

    def octet(self, what: str) -> int:
        """The next octet as a number."""
        return self.take(1, what)[0]

    def rest(self) -> bytes:
        """All octets that are left, without taking them."""
        return self.octets[self.at :]


def read_hex(pdu_hex: str) -> Reader:
    """A Reader over hexadecimal digits as a modem prints them."""
    try:
        return Reader(bytes.fromhex(pdu_hex))
    except ValueError:
        octet = next((n for n in range(0, len(pdu_hex), 2) if not _is_octet(pdu_hex[n : n + 2])), len(pdu_hex)) // 2
        raise PduError(f"the PDU is not pairs of hexadecimal digits, see octet {octet}") from None


def _is_octet(pair: str) -> bool:
    return len(pair) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in pair)


def read_smsc(reader: Reader) -> str | None:
    """Service centre address as modems put it before the TPDU (TS 27.005 section 3.1): length in octets, 0 for none."""
    length = reader.octet("the SMSC length")
    if length == 0:
        return None
    field = reader.take(length, "the SMSC address")
    return _number(field[0], field[1:]) or None


def read_address(reader: Reader, what: str) -> tuple[str, AddressKind]:
    """Address field (TS 23.040 section 9.1.2.5): length in semi-octets, type of address, value."""
    start = reader.at
    length = reader.octet(f"the length of the {what}")
    if length > _MAX_ADDRESS_SEMI_OCTETS:
        raise PduError(f"the {what} at octet {start} has {length} semi-octets, more than {_MAX_ADDRESS_SEMI_OCTETS}")
    kind_octet = reader.octet(f"the type of the {what}")
    value = reader.take((length + 1) // 2, f"the {what}")
    kind = _KINDS.get(kind_octet >> 4 & 0x07, "other")
    if kind == "alphanumeric":
        return gsm7.decode(gsm7.unpack(value, length * 4 // 7)), kind
    return _number(kind_octet, value), kind


def _number(kind_octet: int, value: bytes) -> str:
    """Digits of an address value, behind a plus where the number is international."""
    digits = value.translate(_SWAPPED).hex().translate(_READ_DIGITS)
    return "+" + digits if _KINDS.get(kind_octet >> 4 & 0x07) == "international" and digits else digits


def read_timestamp(reader: Reader, what: str) -> datetime:
    """Time stamp (TS 23.040 section 9.2.3.11): six swapped pairs of digits and a zone in quarters of an hour."""
    start = reader.at
    octets = reader.take(7, what)
    digits = octets[:6].translate(_SWAPPED).hex()
    try:
        year, month, day, hour, minute, second = (int(digits[n : n + 2]) for n in range(0, 12, 2))
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=_zone(octets[6]))
    except ValueError:
        raise ImpossibleTime(f"{what} at octet {start} is no date and time: {octets.hex().upper()}") from None


@lru_cache(maxsize=256)
def _zone(octet: int) -> timezone:
    """Bit 3 is the sign, the swapped digits around it count quarters of an hour."""
    quarters = int(f"{octet & 0x07}{octet >> 4:x}")
    return timezone(timedelta(minutes=-15 * quarters if octet & 0x08 else 15 * quarters))


@lru_cache(maxsize=256)
def coding(dcs: int) -> Coding:
    """Alphabet, compression and class that a data coding scheme octet stands for (TS 23.038 section 4)."""
    group = dcs >> 4
    if group < 0x8:
        # Alphabet 3 is reserved. Nobody sends citizens' words in it, so it is kept as bytes, not guessed as letters.
        alphabets: tuple[Alphabet, ...] = ("gsm7", "8bit", "ucs2", "8bit")
        return Coding(alphabets[dcs >> 2 & 0x03], bool(dcs & 0x20), dcs & 0x03 if dcs & 0x10 else None)
    if group == 0xF:
        return Coding("8bit" if dcs & 0x04 else "gsm7", message_class=dcs & 0x03)
    return Coding("ucs2" if group == 0xE else "gsm7")


def header_elements(header: bytes) -> list[tuple[int, bytes]]:
    """Information elements of a user data header, identifier and data; the header's own length octet is not in it.

    A header whose last element does not end where the header ends has none at all (TS 23.040 section 9.2.3.24).
    """
    elements, at = [], 0
    while at < len(header):
        size = header[at + 1] if at + 1 < len(header) else len(header)
        elements.append((header[at], header[at + 2 : at + 2 + size]))
        at += 2 + size
    return elements if at == len(header) else []


def read_concat(header: bytes) -> Concat | None:
    """The concatenation a header tells; None without one, or where the part number cannot be (9.2.3.24.1)."""
    concat = None
    for identifier, data in header_elements(header):
        if identifier == CONCAT_8_BIT and len(data) == 3:
            concat = Concat(data[0], 8, data[2], data[1])
        elif identifier == CONCAT_16_BIT and len(data) == 4:
            concat = Concat(data[0] << 8 | data[1], 16, data[3], data[2])
    return concat if concat and 1 <= concat.number <= concat.count else None


def read_languages(header: bytes) -> Languages:
    """The national tables a header names (TS 23.040 sections 9.2.3.24.15 and 9.2.3.24.16)."""
    named = {identifier: data[0] for identifier, data in header_elements(header) if len(data) == 1}
    return Languages(named.get(_LOCKING_SHIFT, 0), named.get(_SINGLE_SHIFT, 0))


def tells_of_waiting(header: bytes) -> bool:
    """Whether a header says that a voicemail or the like is waiting (TS 23.040 section 9.2.3.24.2)."""
    return any(identifier == _MESSAGE_WAITING for identifier, _ in header_elements(header))


def header_septets(header_octets: int) -> int:
    """Septets that a header takes up, its length octet and the fill bits behind it included (9.2.3.24)."""
    return (8 * header_octets + 6) // 7


def write_smsc(smsc: str | None) -> bytes:
    """The SMSC prefix, one zero octet without a number."""
    if not smsc:
        return b"\x00"
    field = write_address(smsc)[1:]
    return bytes([len(field)]) + field


def write_address(address: str) -> bytes:
    """Address field of a number with or without plus, or else of an alphanumeric name in GSM-7."""
    digits = address.removeprefix("+")
    if digits.strip("0123456789*#"):
        return _write_name(address)
    if len(digits) > _MAX_ADDRESS_SEMI_OCTETS:
        raise ValueError(f"an address has at most {_MAX_ADDRESS_SEMI_OCTETS} digits, this one has {len(digits)}")
    kind = _INTERNATIONAL if address.startswith("+") else _UNKNOWN
    semi_octets = digits.translate(_WRITE_DIGITS) + "f" * (len(digits) % 2)
    return bytes([len(digits), kind]) + bytes.fromhex(semi_octets).translate(_SWAPPED)


def _write_name(name: str) -> bytes:
    septets = gsm7.encode(name)
    length = (7 * len(septets) + 3) // 4
    if length > _MAX_ADDRESS_SEMI_OCTETS:
        raise ValueError(f"an alphanumeric address has at most 11 septets, this one has {len(septets)}")
    return bytes([length, _ALPHANUMERIC]) + gsm7.pack(septets)


def write_timestamp(moment: datetime) -> bytes:
    """Time stamp of an aware moment in its own zone; parts of a second are dropped."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time stamp needs an aware datetime")
    quarters = abs(offset) // timedelta(minutes=15)
    octets = bytes.fromhex(f"{moment:%y%m%d%H%M%S}{quarters:02d}").translate(_SWAPPED)
    return octets[:6] + bytes([octets[6] | (0x08 if offset < timedelta() else 0)])


def write_concat(concat: Concat) -> bytes:
    """A user data header, its length octet first, that says only which part this is."""
    if concat.bits == 16:
        data = concat.reference.to_bytes(2, "big") + bytes([concat.count, concat.number])
        return bytes([6, CONCAT_16_BIT, 4]) + data
    return bytes([5, CONCAT_8_BIT, 3, concat.reference, concat.count, concat.number])


def write_user_data(text: str, alphabet: Literal["gsm7", "ucs2"], header: bytes) -> bytes:
    """User data length and user data; ValueError where it does not fit into one SMS."""
    length, body = _septet_data(text, header) if alphabet == "gsm7" else _octet_data(text, header)
    if len(body) > _MAX_USER_DATA_OCTETS:
        raise ValueError(f"the user data takes {len(body)} octets, one SMS has {_MAX_USER_DATA_OCTETS}")
    return bytes([length]) + body


def _septet_data(text: str, header: bytes) -> tuple[int, bytes]:
    septets = gsm7.encode(text)
    skipped = header_septets(len(header))
    packed = gsm7.pack(septets, 7 * skipped - 8 * len(header))
    # The fill bits share their octet with the first septet, so a header that ends mid-octet needs no joint.
    return skipped + len(septets), header + packed


def _octet_data(text: str, header: bytes) -> tuple[int, bytes]:
    body = header + text.encode("utf-16-be", "surrogatepass")
    return len(body), body
