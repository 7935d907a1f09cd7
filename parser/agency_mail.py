"""An agency's answer by mail: who sent it, to which ticket's address, whether a person wrote it, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parser.agency_suggestion import suggest
from parser.agency_verb import (
    Accept,
    Ask,
    Done,
    FreeText,
    NeedsExplanation,
    NotOurs,
    Postpone,
    Process,
    Refuse,
    UnknownVerb,
    Verb,
    read_verb,
)
from parser.automatic_mail import LOOP_HEADER, Automatic, is_too_quick, who_wrote
from parser.mail_message import Mail, addresses, message_id, parse_message, subject_of
from parser.mail_quotes import REPLY_MARKER, cut_closing, cut_quotes
from parser.mail_text import best_text
from parser.reply_address import find_token, near_tokens, new_token

__all__ = [
    "LOOP_HEADER",
    "REPLY_MARKER",
    "Accept",
    "AgencyMail",
    "Ask",
    "Done",
    "FreeText",
    "NeedsExplanation",
    "NotOurs",
    "Postpone",
    "Process",
    "Refuse",
    "UnknownVerb",
    "Verb",
    "find_token",
    "is_too_quick",
    "near_tokens",
    "new_token",
    "parse_message",
    "read_mail",
    "read_verb",
    "suggest",
]

_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "To", "Cc", "Resent-To")


@dataclass(frozen=True, slots=True)
class AgencyMail:
    """A mail as far as it concerns a ticket; addresses are lower-case.

    `text` is all that was written and quoted, `answer` the sender's own words without signature and disclaimer.
    """

    message_id: str | None
    sender: str
    recipients: tuple[str, ...]
    subject: str
    in_reply_to: str | None
    automatic: Automatic | None
    text: str
    answer: str


def read_mail(mail: bytes | Mail, envelope_sender: str | None = None) -> AgencyMail:
    """What a mail says; never fails, whatever the bytes. An empty envelope sender is known to be a robot's."""
    message = parse_message(mail)
    text = best_text(message)
    written = cut_quotes(text)
    answer = cut_closing(written)
    # Whether a verb is there does not depend on the day, only whether its date is still to come.
    verb = read_verb(answer, date.min)
    return AgencyMail(
        message_id=message_id(message),
        sender=next(iter(addresses(message, "From")), ""),
        recipients=tuple(dict.fromkeys(a for name in _RECIPIENT_HEADERS for a in addresses(message, name))),
        subject=subject_of(message),
        in_reply_to=message_id(message, "In-Reply-To"),
        automatic=who_wrote(message, envelope_sender, written, verb),
        text=text,
        answer=answer,
    )
