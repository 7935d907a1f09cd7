"""Numbers that tell who somebody is are taken out of texts that leave the gateway."""

import re

from parser.ticket_code import FIRST_DIGITS, Code, read_code

MASK = "[nomor disamarkan]"

_GAP = r"[\s.()/\-–—]"

# What is masked, the surest first. No number may begin or end inside a longer one; letters may be glued to it.
_PATTERNS = (
    # NIK, KK and most bank cards: 16 digits, however they are grouped.
    r"[0-9](?:[\s.\-]?[0-9]){15}",
    # Account and card numbers without spaces. A ticket code has 10 digits, a PLN customer number 11 or 12.
    r"[0-9]{13,}",
    # Any number abroad or at home with the country code and a plus.
    rf"\+{_GAP}{{0,2}}[1-9](?:{_GAP}{{0,3}}[0-9]){{7,12}}[0-9]",
    # Mobile numbers 08..., 628... and, without either prefix, 8...: no ticket code begins with 0, 6 or 8. The last
    # two digits stand together, so that the 3 in `081200000000 3 rumah` is left alone.
    rf"(?:0|62){_GAP}{{0,2}}8(?:{_GAP}{{0,3}}[0-9]){{6,10}}[0-9]",
    rf"8[1-9](?:{_GAP}{{0,3}}[0-9]){{7,9}}[0-9]",
)
_NUMBER = re.compile(r"(?<![0-9])(?:" + "|".join(_PATTERNS) + r")(?![0-9])")

# A ticket code as we write it: 3-3-4 or in one piece, and not the rest of a number behind +62.
_CODE = re.compile(
    rf"(?<![0-9+])(?<!\+62[\s.\-])[{FIRST_DIGITS}]"
    r"(?:[0-9]{9}|[0-9]{2}[\s.\-][0-9]{3}[\s.\-][0-9]{4})(?![0-9])"
)


def mask_numbers(text: str) -> str:
    """The text with NIK, KK, card and phone numbers replaced by a mask; ticket codes stay as they are.

    Codes are looked for first: the end of one and a phone number behind it would have the digits of a NIK.
    """
    pieces, at = [], 0
    for found in _CODE.finditer(text):
        if isinstance(read_code(found[0]), Code):
            pieces += [_NUMBER.sub(MASK, text[at : found.start()]), found[0]]
            at = found.end()
    return "".join(pieces) + _NUMBER.sub(MASK, text[at:])
