"""One mailbox for all agencies: an SMTP server that keeps what it gets, and a way to answer by LMTP."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import make_msgid

from aiosmtpd.smtp import SMTP as SmtpProtocol
from aiosmtpd.smtp import Envelope


@dataclass(frozen=True)
class Letter:
    """A mail as an agency got it."""

    recipient: str
    message: EmailMessage

    @property
    def text(self) -> str:
        """Its plain part."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""


@dataclass
class Mailbox:
    """All mails so far, oldest first; `arrived` is set anew with each."""

    letters: list[Letter] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        content = envelope.content
        assert isinstance(content, bytes), "the server is made with decode_data=False"
        message = BytesParser(policy=default).parsebytes(content)
        self.letters += [Letter(recipient, message) for recipient in envelope.rcpt_tos]
        self.arrived.set()
        self.arrived = asyncio.Event()
        return f"250 2.0.0 Ok: queued as DEMO{len(self.letters)}"

    async def about(self, code: str, *, but_not: int = 0) -> Letter:
        """The newest mail about a report, once there are more than `but_not` of them. `code` is shown 3-3-4."""
        while True:
            found = [letter for letter in self.letters if code in letter.message["Subject"]]
            if len(found) > but_not:
                return found[-1]
            await self.arrived.wait()


@asynccontextmanager
async def open_mailbox() -> AsyncIterator[Mailbox]:
    """Listens on a free port of this machine."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SmtpProtocol(mailbox, decode_data=False, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mailbox


async def answer(letter: Letter, words: str, lmtp: tuple[str, int]) -> None:
    """Sends what an official would by pressing Reply: `words` above the quoted mail, to the reply address."""
    reply = EmailMessage(policy=SMTP)
    reply["From"] = letter.recipient
    reply["To"] = letter.message["Reply-To"]
    reply["Subject"] = "Re: " + letter.message["Subject"].removeprefix("Re: ")
    reply["Message-ID"] = make_msgid(domain=letter.recipient.rpartition("@")[2])
    reply["In-Reply-To"] = letter.message["Message-ID"]
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    reply.set_content(f"{words}\n\nPada hari ini LAPOR! 1708 menulis:\n{quoted}\n")
    await asyncio.to_thread(_deliver, reply, letter, lmtp)


def _deliver(reply: EmailMessage, letter: Letter, lmtp: tuple[str, int]) -> None:
    with smtplib.LMTP(*lmtp) as server:
        server.sendmail(letter.recipient, [str(letter.message["Reply-To"])], reply.as_bytes())
