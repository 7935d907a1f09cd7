"""Phone numbers and other senders in one spelling each, so that equal ones are found equal (ITU-T E.164)."""

from __future__ import annotations

import re

import phonenumbers

# Behind +62 a 0 is one too many, which only the library takes away.
_INTERNATIONAL = re.compile(r"\+(?!620)[1-9][0-9]{6,14}")
# A mobile number with its country code but no plus, which the library takes for a subscriber in area 062.
_WITHOUT_PLUS = re.compile(r"628[0-9]{8,12}")
_HOME = "ID"


def canonical(address: str) -> str:
    """`+6281234567890` for every way to write that number; short codes and names as they are, in one case."""
    compact = re.sub(r"[\s().-]", "", address)
    if _WITHOUT_PLUS.fullmatch(compact):
        return f"+{compact}"
    if _INTERNATIONAL.fullmatch(compact):
        return compact
    if re.fullmatch(r"\+?\d{8,}", compact):
        try:
            number = phonenumbers.parse(compact, _HOME)
        except phonenumbers.NumberParseException:
            return compact
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return address.strip().upper()
