"""What is fuzzed of an SMS, and the promises that must hold whatever comes.

pdu     every PDU is read or refused with a sentence (PduError, then it is quarantined); what is read can be stored,
        recognised when it comes again, joined, and written again the same; some go the whole way of a text
sms     a text is always understood, routed, masked and answered; nothing of that is ever an error, and every answer
        can be stored and fits an SMS
"""

import csv
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from mutate import BYTES, OCTETS, TEXT, Mutation

from config.reference import load_router
from config.replies import load_replies
from parser import gsm7
from parser.continuation import continues, reads_cut, rejoin
from parser.intents import Expect
from parser.pdu import Deliver, PduError, StatusReport, decode_pdu, decode_submit, encode_deliver, identity, join
from parser.privacy import mask_names, mask_numbers
from parser.sms import is_robot_sender, read_sms
from routing.deadlines import Deadlines
from smsd.desk.hear import hear, may_go_on
from smsd.desk.respond import respond
from smsd.desk.rules import Desk, Phone, Ticket
from smsd.desk.talk import Ids, Inbound, Question, Said, Talk
from smsd.msisdn import canonical

CORPUS = Path(__file__).parent / "corpus"
SENTENCES = Path(__file__).parent.parent / "tests" / "sentences"

_LONGEST_TEXT = 255 * 153  # what a long SMS can hold
_WHOLE_WAY = 128  # one PDU in so many goes it
_NOW = datetime(2026, 6, 8, 2, 14, tzinfo=UTC)
_QUESTIONS = ("beres", "batal", "nilai", "tempat", "jawaban", "kurang")
_EXPECTS: tuple[frozenset[Expect], ...] = (frozenset(), frozenset({"ya"}), frozenset({"nilai"}))


class Target(Protocol):
    """Something that is fed inputs, `batch` at a time; whatever `check` raises is a finding."""

    seeds: Sequence[bytes]
    mutations: Sequence[Mutation]
    longest: int
    batch: int

    def check(self, inputs: Sequence[bytes]) -> None:
        """Feed these."""
        ...


def seeds_in(folder: str) -> list[bytes]:
    """The files of one folder of the corpus, in order; findings of the past among them."""
    return [file.read_bytes() for file in sorted((CORPUS / folder).glob("*"))]


def assert_storable(text: str) -> None:
    """PostgreSQL refuses U+0000 and what is not UTF-8."""
    assert "\0" not in text, f"U+0000 in {text!r}"
    text.encode()


def is_storable(text: str) -> bool:
    """Whether a text could come from a modem, which never gives these."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def texts_in(value: object) -> Iterator[str]:
    """All texts in nested lists and dictionaries."""
    match value:
        case str():
            yield value
        case dict():
            yield from texts_in([*value.keys(), *value.values()])
        case list() | tuple():
            for each in value:
                yield from texts_in(each)


class PduTarget:
    """PDUs, one a line, the parts of one text together."""

    mutations = OCTETS
    longest = 8192
    batch = 1

    def __init__(self) -> None:
        lines = (CORPUS / "pdu.txt").read_text().splitlines()
        groups = "\n".join(line for line in lines if not line.startswith("#")).split("\n\n")
        self.seeds = [*seeds_in("pdu"), *(group.strip().encode() for group in groups if group.strip())]
        self._sms = SmsTarget()

    def check(self, inputs: Sequence[bytes]) -> None:
        """Read, recognise, join, write again."""
        for data in inputs:
            read = [deliver for line in data.split(b"\n") if (deliver := self._read(line.decode("latin-1")))]
            for text in self._joined(read):
                assert_storable(text)
                if zlib.crc32(data) % _WHOLE_WAY == 0:
                    self._sms.read(text)

    def _read(self, line: str) -> Deliver | None:
        for decode in (decode_pdu, decode_submit):
            try:
                content = decode(line)
            except PduError as error:
                assert str(error)
                continue
            if isinstance(content, Deliver):
                self._check_deliver(content, line)
                return content
            if isinstance(content, StatusReport):
                assert content.outcome in ("delivered", "trying", "failed")
                content.discharged_at.astimezone(UTC)
                assert_storable(canonical(content.recipient))
        return None

    @staticmethod
    def _check_deliver(content: Deliver, line: str) -> None:
        assert_storable(content.text)
        assert_storable(canonical(content.sender))
        is_robot_sender(content.sender)
        content.sent_at.astimezone(UTC)
        assert identity(content) == identity(_deliver(line)) != identity(replace(content, sender=content.sender + "1"))
        try:
            again = _deliver(encode_deliver(content.sender, content.text, content.sent_at, concat=content.concat))
        except ValueError:  # too long in the other alphabet, or a name that cannot be written
            return
        read = (again.text, again.sent_at, again.concat)
        assert read == (content.text, content.sent_at, content.concat), f"{read} is not what was written"

    @staticmethod
    def _joined(parts: Sequence[Deliver]) -> Iterator[str]:
        """The texts of the messages whose parts these are, whole or not."""
        groups: dict[object, dict[int, Deliver]] = {}
        for part in parts:
            concat = part.concat
            key = (part.sender, concat.reference, concat.bits, concat.count) if concat else object()
            groups.setdefault(key, {})[concat.number if concat else 1] = part
        for group in groups.values():
            yield join(list(group.values()), " [...] ")


def _deliver(pdu: str) -> Deliver:
    content = decode_pdu(pdu)
    assert isinstance(content, Deliver)
    return content


class SmsTarget:
    """A text, from the joined parts to the answer."""

    mutations = (*TEXT, *BYTES)
    longest = _LONGEST_TEXT
    batch = 1

    def __init__(self) -> None:
        own = (CORPUS / "sms.txt").read_text().splitlines()
        self.seeds = [*seeds_in("sms"), *(text.replace("⏎", "\n").encode() for text in (*own, *_sentences()))]
        self._desk = Desk(
            *(load_router(), load_replies(None, "1708"), Deadlines(), ZoneInfo("Asia/Jakarta"), "1708.example"),
            choose=lambda below: 0,
        )

    def check(self, inputs: Sequence[bytes]) -> None:
        """What is no UTF-8 is read as best it can be, lone surrogates kept."""
        for data in inputs:
            try:
                self.read(data.decode("utf-8", "surrogatepass"))
            except UnicodeDecodeError:
                self.read(data.decode("utf-8", "replace"))

    def read(self, text: str) -> None:
        """Everything that is done with one text."""
        for expects in _EXPECTS:
            read_sms(text, expects)
        self._answer(text)
        other = self.seeds[zlib.crc32(text.encode("utf-8", "replace")) % len(self.seeds)].decode("utf-8", "replace")
        for first, second in ((text, other), (other, text)):
            if reads_cut(first) and continues(first, second):
                rejoin(first, second)
        masked = mask_numbers(text)
        assert mask_numbers(masked) == masked, "masked again, it changes"
        mask_names(masked)
        gsm7.split(gsm7.fold(text))
        canonical(text[:40])

    def _answer(self, text: str) -> None:
        chosen = zlib.crc32(text.encode("utf-8", "replace"))
        asked = _QUESTIONS[chosen % len(_QUESTIONS)]
        message = Inbound(40, 77, text, _NOW)
        said = [Said("jalan rusak", 5, "reported", _NOW - timedelta(seconds=30), told=False)]
        talk = Talk(Phone(77, ("id", "jv", "su")[chosen % 3]), [_ROAD], [Question(5, asked)], said)
        for asks, talked in (((asked,), talk), ((), Talk(Phone(77)))):
            heard = hear(self._desk, message, asks)
            may_go_on(heard)
            handled = respond(self._desk, talked, heard, _NOW, Ids(count(6), count(22)))
            for sms in handled.writes.sms:
                width = gsm7.septets(sms.text)
                assert width is not None and width <= 160, f"an answer of {width} septets: {sms.text!r}"
            if is_storable(text):
                for told in texts_in([asdict(handled.writes), handled.refused]):
                    assert_storable(told)
            if chosen % 2:
                break


_ROAD = Ticket(
    *(5, "4821309764", 77, "terdisposisi", "pengaduan", "jalan-lokal", "35.07.24", "PUPR-35.07", _NOW),
    text="jalan rusak parah di Singosari",
    **dict.fromkeys(("confidential", "anonymous"), False),
    message_id=30,
    opened_at=_NOW,
    language="id",
    dispatch_id=21,
    **dict.fromkeys(("declined", "reopened"), 0),
    **dict.fromkeys(("last_answer", "answered_at"), None),
)


def _sentences() -> Iterator[str]:
    """What the tests read: one sentence a line, the text first."""
    for file in sorted(SENTENCES.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            yield from (row["text"] for row in csv.DictReader(lines))


TARGETS = {"pdu": PduTarget, "sms": SmsTarget}
