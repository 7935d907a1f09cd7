"""How a text is understood: its channel word off, the open questions in mind, and with what follows of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from parser import gsm7
from parser.continuation import continues, reads_cut, rejoin
from parser.intents import Complaint, Expect, Help, Intent
from parser.sms import is_bare_answer, is_courtesy, read_sms
from smsd.desk.rules import Desk
from smsd.desk.talk import Inbound

# What an open question of each kind makes of a bare word or digit; the other kinds are answered in free words.
_EXPECTED: dict[str, Expect] = {"beres": "ya", "batal": "ya", "ombudsman": "ya", "nilai": "nilai"}
# Questions in an agency's own words, to which a bare yes may be the answer too.
_IN_WORDS = frozenset({"jawaban", "kurang"})


@dataclass(frozen=True)
class Heard:
    """A text that was understood: what it wants, or without an intent what it was (`outcome`)."""

    message: Inbound
    intent: Intent | None
    outcome: str = ""
    place: str | None = None  # the region that its channel word names
    agency_type: str | None = None  # the type of agency that its channel word names
    language: str | None = None  # it asks for this language, and for nothing else


def hear(desk: Desk, message: Inbound, asked: Collection[str]) -> Heard:
    """What a citizen's text means, while questions of the kinds `asked` are open."""
    if language := desk.replies.language_asked(message.text):
        return Heard(message, None, "language", language=language)
    if not message.text.strip():
        return Heard(message, None, "empty")
    channel = desk.router.channels.read(message.text)
    expects = frozenset(_EXPECTED[kind] for kind in asked if kind in _EXPECTED)
    intent = read_sms(channel.rest, expects) if channel.rest.strip() else Help()
    if isinstance(intent, Complaint):
        if is_courtesy(intent.text):
            return Heard(message, None, "courtesy")
        if is_bare_answer(intent.text) and _IN_WORDS.isdisjoint(asked):  # to what? Nobody asked anything like that
            intent = Help()
    return Heard(message, intent, place=channel.place, agency_type=channel.agency_type)


def may_go_on(heard: Heard) -> bool:
    """Whether the rest of this text may come in an SMS of its own: a phone that joins parts itself cuts none."""
    if not isinstance(heard.intent, Complaint) or heard.message.trusted or heard.message.handled:
        return False
    return reads_cut(heard.intent.text) and len(gsm7.split(heard.message.text).parts) == 1


def join(first: Inbound, following: Sequence[Inbound], within: timedelta) -> tuple[Inbound, list[Inbound]]:
    """The text with all that follows it closely and reads as its rest, and the messages that were used up."""
    whole, last, used = first, first, list[Inbound]()
    for message in following:
        if not follows(last, message, within) or not continues(whole.text, message.text):
            break
        whole = replace(whole, text=rejoin(whole.text, message.text))
        last = message
        used.append(message)
    return whole, used


def follows(first: Inbound, second: Inbound, within: timedelta) -> bool:
    """Whether the second was sent behind the first and soon enough."""
    return timedelta() <= second.sent_at - first.sent_at <= within
