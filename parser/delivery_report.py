"""What a mail server says became of a mail of ours.

First the fields of RFC 3464, then the formats of those who do not know it (qmail, old Exim, Exchange and Yahoo; found
by flufl.bounce), then offices that answer that nobody reads this mailbox any more. What it means is told from the
status (RFC 3463) and the remote server's words: 5.2.2 is a full mailbox, which is there, and not a dead one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from itertools import islice
from typing import Any, Literal

from flufl.bounce import all_failures

from parser.automatic_mail import is_bounce, says_closed
from parser.mail_message import (
    Mail,
    content_type,
    header_values,
    message_id,
    parse_headers,
    parse_message,
    subject_of,
)
from parser.mail_quotes import cut_quotes
from parser.mail_text import best_text, clean, tolerant

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]
Kind = Literal["gone", "full", "temporary", "policy", "delivered"]

_ACTIONS: tuple[Action, ...] = ("failed", "delayed", "expanded", "relayed", "delivered")
_ARRIVED = frozenset(("delivered", "relayed", "expanded"))

_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_FULL = re.compile(
    r"quota|mailbox (?:is )?full|inbox is (?:full|out of storage)|storage (?:limit|space)|insufficient storage"
    r"|(?:kotak (?:surat|masuk)|kuota|penyimpanan)\b.{0,40}\bpenuh",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"\bspam\b|blacklist|block ?list|blocked|\bpolicy\b|\bdmarc\b|\bspf\b|\bdkim\b|content (?:rejected|filter)"
    r"|message (?:size|too (?:big|large))|reputation|virus|kebijakan|terlalu besar",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"not yet been delivered|will be retried|warning only|delayed|greylist|try again|temporar|tertunda|dicoba lagi",
    re.IGNORECASE,
)
# RFC 3463, and for 5.4 what Postfix and Exchange Online mean by it. The first that a status begins with.
_KINDS: tuple[tuple[str, Kind], ...] = (
    *((f"{digit}.2.2", "full") for digit in "45"),
    ("4.", "temporary"),
    ("5.4.7", "temporary"),  # the time in the queue has run out
    ("5.7.", "policy"),
    ("5.6.", "policy"),
    # Too large for the mailbox, for the server; a sender that is not wanted.
    *((status, "policy") for status in ("5.2.3", "5.3.4", "5.1.7", "5.1.8")),
    *((status, "gone") for status in ("5.1.", "5.2.1", "5.4.")),
)
_UNCLEAR = frozenset(("5.0.0", "5.2.0", "5.3.0", "5.5.0", "4.0.0", ""))
_LAST_WORDS: tuple[tuple[re.Pattern[str], Kind], ...] = ((_FULL, "full"), (_POLICY, "policy"))

# Where an old format puts our own mail behind its report.
_COPY = re.compile(
    r"^-{2,}[ \t]*(?:This is a copy|Below this line|Original message|Forwarded message"
    r"|Ini adalah salinan|Salinan pesan)"
    r"[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_COPIED_ID = re.compile(r"^Message-ID:[ \t]*(?:\n[ \t]+)?(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
# It logs a traceback for each of its readers that stumbles over a mail; the others go on.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,64}@[A-Za-z0-9.-]{1,255}")
# The formats are told by patterns that take the time of the square of a line's length.
_MOST_LINES, _LONGEST_LINE = 200, 300
_MOST_BLOCKS = 50
_MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of one mail to one address; `status` and `recipient` are empty where nobody told them.

    kind: `gone` no such address, or for good; `full` there, but without room; `temporary` late, or given up after
    waiting; `policy` refused for what it is (spam, size, sender); `delivered` arrived or handed on.
    """

    action: Action
    status: str
    recipient: str
    diagnostic: str
    kind: Kind
    original_message_id: str | None


def read_delivery_report(mail: bytes | Mail) -> DeliveryReport | None:
    """The report in a mail, None where it is none; of several recipients the worst off."""
    message = parse_message(mail)
    if blocks := list(islice(_recipient_blocks(message), _MOST_BLOCKS)):
        return _standard(message, blocks)
    text = best_text(message)
    if is_bounce(message):
        return _legacy(message, text)
    return _closed(message, text) if says_closed(cut_quotes(text)) else None


def kind_of(action: Action, status: str, diagnostic: str) -> Kind:
    """What an action, a status and a server's words mean for the address."""
    if action in _ARRIVED:
        return "delivered"
    if status in _UNCLEAR and (told := _STATUS.search(diagnostic)):
        status = told[0]
    kind = _kind_of_status(status) or "gone"
    if status in _UNCLEAR or not _kind_of_status(status):
        kind = next((told for words, told in _LAST_WORDS if words.search(diagnostic)), kind)
    return "temporary" if action == "delayed" and kind != "full" else kind


def _kind_of_status(status: str) -> Kind | None:
    return next((kind for start, kind in _KINDS if f"{status}.".startswith(f"{start.rstrip('.')}.")), None)


def _recipient_blocks(message: Mail) -> Iterator[Mail]:
    """The fields about each recipient (RFC 3464 section 2.3)."""
    for part in _parts(message):
        if content_type(part) in ("message/delivery-status", "message/global-delivery-status"):
            yield from (block for block in _parts(part) if header_values(block, "Action"))


def _parts(message: Mail) -> list[Any]:
    return list(message.get_payload()) if message.is_multipart() else []


def _standard(message: Mail, blocks: list[Mail]) -> DeliveryReport:
    block = min(blocks, key=lambda block: _ACTIONS.index(_action(block)))
    action = _action(block)
    told = _STATUS.search(_value(block, "Status"))
    status = told[0] if told else ""
    recipient = _ADDRESS.search(_value(block, "Original-Recipient") or _value(block, "Final-Recipient"))
    diagnostic = _value(block, "Diagnostic-Code").partition(";")[2].strip()
    words = diagnostic or _first_words(best_text(message))
    return DeliveryReport(
        action, status, recipient[0].lower() if recipient else "", words, kind_of(action, status, words), _ours(message)
    )


def _action(block: Mail) -> Action:
    """OpenSMTPD says `error`; a comment may follow."""
    written = _value(block, "Action").lower()
    return next((action for action in _ACTIONS if written.startswith(action)), "failed")


def _value(block: Mail, name: str) -> str:
    return " ".join(" ".join(header_values(block, name)).split())[:_MOST_WORDS]


def _ours(message: Mail) -> str | None:
    """The Message-ID of the mail that is reported on: from its returned headers, or as Gmail tells it."""
    return next((found for part in _parts(message)[:_MOST_BLOCKS] if (found := _returned_id(part))), None)


def _returned_id(part: Mail) -> str | None:
    match content_type(part):
        case "message/rfc822" | "message/global":
            return next((message_id(returned) for returned in _parts(part)), None)
        case "text/rfc822-headers" | "message/global-headers":
            octets: Any = tolerant(lambda: part.get_payload(decode=True), None)
            return message_id(parse_headers(octets or b""))
        case "message/delivery-status":
            return next(
                (found for block in _parts(part) if (found := message_id(block, "X-Original-Message-ID"))), None
            )
        case _:
            return None


def _legacy(message: Mail, text: str) -> DeliveryReport:
    """A report in words: flufl.bounce knows where the address stands; whether it is for good, the words say."""
    copy = _COPY.search(text)
    report, returned = (text[: copy.start()], text[copy.end() :]) if copy else (text, "")
    words = _first_words(report)
    told = _STATUS.search(words)
    delayed = bool(_LATER.search(f"{subject_of(message)} {words}")) and not _FULL.search(words)
    action: Action = "delayed" if delayed else "failed"
    status = told[0] if told else "4.0.0" if delayed else "5.0.0"
    copied = _COPIED_ID.search(returned)
    return DeliveryReport(
        action, status, _failed_address(message, report), words, kind_of(action, status, words), copied and copied[1]
    )


def _closed(message: Mail, text: str) -> DeliveryReport:
    """A mailbox that nobody reads any more, by its own word."""
    in_reply_to = message_id(message, "In-Reply-To")
    return DeliveryReport("failed", "5.0.0", "", _first_words(cut_quotes(text)), "gone", in_reply_to)


def _first_words(text: str) -> str:
    return " ".join(text[:_MOST_WORDS].split())


def _failed_address(message: Mail, report: str) -> str:
    """The address that a report in words is about."""
    named = [a for value in header_values(message, "X-Failed-Recipients") for a in _ADDRESS.findall(value)]
    lines = [line[:_LONGEST_LINE] for line in islice(report.split("\n"), _MOST_LINES)]
    sender = "".join(header_values(message, "From")[:1]).replace("\n", " ")
    plain = message_from_string(f"From: {sender[:_LONGEST_LINE]}\nContent-Type: text/plain\n\n" + "\n".join(lines))
    nobody: frozenset[bytes] = frozenset()
    temporary, permanent = tolerant(lambda: all_failures(plain), (nobody, nobody))
    found = named or sorted(address.decode("ascii", "replace") for address in permanent | temporary)
    return clean(found[0]).lower() if found else ""
