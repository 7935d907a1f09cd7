"""What is fuzzed of the mail, and the promises that must hold whatever comes.

mail    every mail is read; what it says can be stored, and the verb and the token in it are found or are not
lmtp    a real server on a Unix socket, several connections at once: for each recipient that was told 250 behind DATA
        one mail is stored and no other, nobody waits for ever, and a good mail is still taken afterwards
"""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path

from fuzz_targets import assert_storable, seeds_in, texts_in
from mutate import BYTES, STRUCTURE, TEXT

from parser.agency_mail import find_token, near_tokens, parse_message, read_mail, read_verb, suggest
from parser.delivery_report import read_delivery_report
from parser.mail_attachments import read_attachments
from parser.mail_auth import authenticated
from smsd.handle_mail import digest, known_sender
from smsd.mail.lmtp import ReceivedMail, open_lmtp

_DOMAIN = "1708.example"
_TOKEN = "abcdefghjkmnpqrstuvw"
_STORED = re.compile(rb"^250 2\.0\.0 Stored\r$", re.MULTILINE)
# Whatever state a dialogue ends in, this ends it: the data, then the session.
_GOODBYE = b"\r\n.\r\nRSET\r\nQUIT\r\n"
_GOOD = (
    b"LHLO mta.example\r\nMAIL FROM:<dinas@malang.example>\r\nRCPT TO:<t-%b@1708.example>\r\nDATA\r\n"
    b"From: dinas@malang.example\r\n\r\nSELESAI sudah diperbaiki\r\n.\r\nQUIT\r\n" % _TOKEN.encode()
)


def read(mail: ReceivedMail) -> None:
    """Everything that is done with a mail before the database is asked."""
    for text in (mail.envelope_sender, mail.recipient):
        assert_storable(text)
    digest(mail)
    message = parse_message(mail.raw)
    found = read_mail(message, mail.envelope_sender)
    for text in texts_in(asdict(found)):
        assert_storable(text)
    token = find_token([mail.recipient, *found.recipients], _DOMAIN)
    assert token is None or token.isascii()
    known_sender(found.sender, "Dinas <dinas@malang.example>")
    assert_all_storable(read_verb(found.answer, date(2026, 6, 9)))
    assert_all_storable(suggest(found.answer, date(2026, 6, 9)))
    assert_all_storable(read_delivery_report(message))
    for text in (*near_tokens(found.recipients, _DOMAIN), *(file.name for file in read_attachments(message))):
        assert_storable(text)
    authenticated(message, "mx.1708.example", "malang.example")


def assert_all_storable(found: object) -> None:
    """Every text in what was read, if anything was."""
    for text in texts_in(asdict(found)) if is_dataclass(found) and not isinstance(found, type) else ():
        assert_storable(text)


class MailTarget:
    """Mails as an MTA hands them over."""

    mutations = (*STRUCTURE, *TEXT)
    longest = 300_000
    batch = 1

    def __init__(self) -> None:
        self.seeds = seeds_in("mail")

    def check(self, inputs: Sequence[bytes]) -> None:
        """Read each."""
        for raw in inputs:
            read(ReceivedMail("dinas@malang.example", f"t-{_TOKEN}@{_DOMAIN}", raw))


class LmtpTarget:
    """Dialogues, each over its own connection."""

    mutations = (*STRUCTURE, *BYTES)
    longest = 200_000
    batch = 8

    def __init__(self) -> None:
        self.seeds = seeds_in("lmtp")
        self._mails: list[ReceivedMail] = []
        self._errors: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._opened = AsyncExitStack()
        self._socket = Path(tempfile.mkdtemp(prefix="smsd-fuzz-")) / "lmtp.sock"
        self._loop.run_until_complete(self._open())

    async def _open(self) -> None:
        server = open_lmtp(
            f"unix:{self._socket}",
            self._store,
            accepts=lambda address: address.rpartition("@")[2].lower() == _DOMAIN,
            on_error=lambda error, mail: self._errors.append(error),
            max_bytes=100_000,
        )
        await self._opened.enter_async_context(server)

    async def _store(self, mail: ReceivedMail) -> None:
        await asyncio.sleep(0)
        if mail.recipient.startswith("gagal"):
            raise ConnectionRefusedError
        self._mails.append(mail)

    def check(self, inputs: Sequence[bytes]) -> None:
        """All dialogues at once, and a good one behind them."""
        self._mails.clear()
        self._errors.clear()
        self._loop.run_until_complete(self._check(inputs))

    async def _check(self, inputs: Sequence[bytes]) -> None:
        heard = await asyncio.gather(*(self._talk(dialogue + _GOODBYE) for dialogue in inputs))
        told = sum(len(_STORED.findall(replies)) for replies, _ in heard)
        stored = len(self._mails)
        # Who is cut off may miss the reply; the MTA then hands the mail over again, and the store knows it.
        fine = told <= stored if any(cut_off for _, cut_off in heard) else told == stored
        assert fine, f"250 was said {told} times, {stored} mails are stored"
        assert all(isinstance(error, ConnectionRefusedError) for error in self._errors), self._errors
        replies, _ = await self._talk(_GOOD)
        assert len(_STORED.findall(replies)) == 1, f"a good mail behind it hears {replies!r}"
        for mail in self._mails:
            read(mail)

    async def _talk(self, dialogue: bytes) -> tuple[bytes, bool]:
        """All that the server says, and whether it cut us off."""
        reader, writer = await asyncio.open_unix_connection(self._socket)
        heard, cut_off = bytearray(), False
        sending = asyncio.create_task(_send(writer, dialogue))
        try:
            while piece := await reader.read(65536):
                heard += piece
        except ConnectionError:
            cut_off = True
        cut_off = not await sending or cut_off
        writer.close()
        return bytes(heard), cut_off


async def _send(writer: asyncio.StreamWriter, dialogue: bytes) -> bool:
    """Whether all of it was taken."""
    with contextlib.suppress(ConnectionError):
        writer.write(dialogue)
        await writer.drain()
        return True
    return False


TARGETS = {"mail": MailTarget, "lmtp": LmtpTarget}
