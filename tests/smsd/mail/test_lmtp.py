"""Taking mail from an MTA, over real sockets."""

import asyncio
import contextlib
import smtplib
import socket
import stat
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsd.mail.lmtp import ListenError, LmtpServer, ReceivedMail, TcpAddress, UnixAddress, open_lmtp, parse_listen

if TYPE_CHECKING:
    from tests.smsd.mail.conftest import OpenClient

ANY_PORT = "127.0.0.1:0"
ALFA, BETA, GAMA = "t-alfa@1708.example", "t-beta@1708.example", "t-gama@1708.example"
STORED = "250 2.0.0 Stored"
LATER = "451 4.3.0 Cannot store the mail now, try again later"


@dataclass
class Inbox:
    """A store that remembers, and fails or dawdles for the recipients it is told to."""

    mails: list[ReceivedMail] = field(default_factory=list)
    errors: list[tuple[Exception, ReceivedMail | None]] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    slow: bool = False
    cancelled: int = 0

    async def store(self, mail: ReceivedMail) -> None:
        if self.slow:
            await self.wait()
        if mail.recipient in self.failing:
            raise self.failing[mail.recipient]
        self.mails.append(mail)

    async def wait(self) -> None:
        self.waiting.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def accepts(self, address: str) -> bool:
        return address.startswith("t-")

    def on_error(self, error: Exception, mail: ReceivedMail | None) -> None:
        self.errors.append((error, mail))

    def opened(self, listen: str = ANY_PORT, **options: Any) -> AbstractAsyncContextManager[LmtpServer]:
        given = {"accepts": self.accepts, "on_error": self.on_error, **options}
        return open_lmtp(listen, self.store, **given)


async def test_a_mail_is_stored_as_it_came(lmtp_client: "OpenClient") -> None:
    """Envelope and raw bytes, 8-bit and all; 250 once it is stored."""
    inbox = Inbox()
    content = "Subject: h\xe9\r\n\r\nSELESAI caf\u00e9 \r\n\r\n".encode("latin-1")
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        assert ["250 2.0.0 OK", "250 2.1.5 OK"] == await client.start_mail(ALFA)
        assert [STORED] == await client.send_content(content, 1)
        assert "221 2.0.0 Bye" == await client.say("QUIT")
    assert [ReceivedMail("dinas@malang.example", ALFA, content)] == inbox.mails
    assert [] == inbox.errors


async def test_every_recipient_has_its_own_reply_in_order(lmtp_client: "OpenClient") -> None:
    """RFC 2033 section 4.2: stored for some, not for others, and the MTA keeps only the others."""
    fault = OSError("the database is away")
    inbox = Inbox(failing={BETA: fault})
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        replies = await client.start_mail(ALFA, BETA, "nobody@1708.example", GAMA)
        assert ["250", "250", "250", "550", "250"] == [reply[:3] for reply in replies]
        assert [STORED, LATER, STORED] == await client.send_content(b"x\r\n", 3)
        assert [STORED] == (await client.start_mail(ALFA))[2:] + await client.send_content(b"y\r\n", 1)
    assert [(ALFA, b"x\r\n"), (GAMA, b"x\r\n"), (ALFA, b"y\r\n")] == [
        (mail.recipient, mail.raw) for mail in inbox.mails
    ]
    assert [(fault, ReceivedMail("dinas@malang.example", BETA, b"x\r\n"))] == inbox.errors


async def test_250_is_said_only_after_storing(lmtp_client: "OpenClient") -> None:
    """While the store works the MTA hears nothing."""
    inbox = Inbox(slow=True)
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        sending = asyncio.create_task(client.send_content(b"x\r\n", 1))
        await inbox.waiting.wait()
        await asyncio.sleep(0.1)
        assert not sending.done()
        inbox.gate.set()
        assert [STORED] == await sending


async def test_the_standard_librarys_client_understands_us() -> None:
    """smtplib.LMTP from a thread, while the loop serves."""
    inbox = Inbox()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ("dinas@malang.example", ALFA, "Re: laporan")
    message.set_content("SELESAI sudah diperbaiki\n")

    def deliver(host: str, port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.LMTP(host, port) as client:
            return client.send_message(message, to_addrs=[ALFA, "nobody@1708.example"])

    async with inbox.opened() as server:
        host, _, port = server.address.rpartition(":")
        refused = await asyncio.to_thread(deliver, host, int(port))
    assert {"nobody@1708.example": (550, b"5.1.1 No such recipient here")} == refused
    assert [("dinas@malang.example", ALFA)] == [(mail.envelope_sender, mail.recipient) for mail in inbox.mails]


async def test_the_greeting_offers_what_lmtp_demands(lmtp_client: "OpenClient") -> None:
    """RFC 2033 section 4: pipelining and status codes; LHLO only; no AUTH and no STARTTLS here."""
    async with Inbox().opened(max_bytes=5000) as server, lmtp_client(server.address, greet=False) as client:
        assert "220 smsd LMTP" == await client.read()
        assert "500 5.5.2" == (await client.say("EHLO mta.example"))[:9]
        assert "500 5.5.2" == (await client.say("HELO mta.example"))[:9]
        assert "503 5.5.1" == (await client.say("MAIL FROM:<a@b.example>"))[:9]
        greeting = (await client.say("LHLO mta.example")).splitlines()
        expected = ["smsd", "SIZE 5000", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "HELP"]
        assert expected == [line[4:] for line in greeting]


async def test_what_an_mta_says_out_of_step_is_not_logged(
    lmtp_client: "OpenClient", caplog: pytest.LogCaptureFixture
) -> None:
    """It may be the words of a mail."""
    async with Inbox().opened() as server, lmtp_client(server.address) as client:
        assert "500" == (await client.say("Bapak Budi meminta uang"))[:3]
    assert "Budi" not in caplog.text.title()


async def test_an_address_that_no_database_takes_loses_no_mail(lmtp_client: "OpenClient") -> None:
    """Bytes that are no UTF-8 are replaced: else the MTA would hear 451 until it gives up."""
    inbox = Inbox()
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        await client.say(b"MAIL FROM:<d\xa6nas@malang.example>")
        await client.say(b"RCPT TO:<t-\xa6@1708.example>")
        assert [STORED] == await client.send_content(b"x\r\n", 1)
    assert [ReceivedMail("d\ufffdnas@malang.example", "t-\ufffd@1708.example", b"x\r\n")] == inbox.mails


async def test_pipelined_commands_are_answered_in_order(lmtp_client: "OpenClient") -> None:
    """RFC 2920: everything up to DATA in one packet, as Postfix sends it."""
    inbox = Inbox()
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        commands = [b"MAIL FROM:<> SIZE=3 BODY=8BITMIME", b"RCPT TO:<t-alfa@1708.example>", b"RCPT TO:<x@y.z>", b"DATA"]
        client.writer.write(b"\r\n".join(commands) + b"\r\n")
        assert ["250", "250", "550", "354"] == [(await client.read())[:3] for _ in range(4)]
        client.writer.write(b"x\r\n.\r\nQUIT\r\n")
        assert [STORED, "221 2.0.0 Bye"] == [await client.read() for _ in range(2)]
    assert [ReceivedMail("", ALFA, b"x\r\n")] == inbox.mails


async def test_data_without_an_accepted_recipient_is_refused(lmtp_client: "OpenClient") -> None:
    """RFC 2033 section 4.2: 503, and no content is read."""
    async with Inbox().opened() as server, lmtp_client(server.address) as client:
        assert "503 5.5.1 No valid recipients" == await client.say("DATA")
        await client.start_mail("nobody@1708.example")
        assert "503 5.5.1 No valid recipients" == await client.say("DATA")
        await client.start_mail(ALFA)
        assert "250 2.0.0 OK" == await client.say("RSET")
        assert "503 5.5.1 No valid recipients" == await client.say("DATA")


async def test_data_takes_no_argument(lmtp_client: "OpenClient") -> None:
    """RFC 5321 section 4.1.1.4."""
    async with Inbox().opened() as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        assert "501 5.5.4 Syntax: DATA" == await client.say("DATA now")


async def test_too_large_mail_is_refused_for_every_recipient(lmtp_client: "OpenClient") -> None:
    """552 once per recipient, after all of it was read, so that the session stays in step."""
    inbox = Inbox()
    async with inbox.opened(max_bytes=1000) as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA, BETA)
        refused = ["552 5.3.4 Mail is larger than 1000 bytes"] * 2
        assert refused == await client.send_content(b"x" * 98 + b"\r\n" + b"y" * 899 + b"\r\n", 2)
        await client.start_mail(ALFA)
        assert [STORED] == await client.send_content(b"x" * 98 + b"\r\n" + b"y" * 898 + b"\r\n", 1)
    assert [1000] == [len(mail.raw) for mail in inbox.mails]


async def test_a_declared_size_that_is_too_large_is_refused_at_once(lmtp_client: "OpenClient") -> None:
    """RFC 1870: nobody need send what will not be taken."""
    async with Inbox().opened(max_bytes=1000) as server, lmtp_client(server.address) as client:
        assert "552 5.3.4" == (await client.say("MAIL FROM:<a@b.example> SIZE=1001"))[:9]
        assert "250 2.0.0 OK" == await client.say("MAIL FROM:<a@b.example> SIZE=1000")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"..\r\n..x\r\n.y\r\n", b".\r\n.x\r\ny\r\n"),
        (b"a\nb\n.\nc\r\n", b"a\nb\n.\nc\r\n"),
        (b"a\n.\r\nb\r\n", b"a\n.\r\nb\r\n"),
        (b"a\r.\r\r\nb\r\n", b"a\r.\r\r\nb\r\n"),
        (b"", b""),
        (b"\x00\xff\xfe\r\n", b"\x00\xff\xfe\r\n"),
    ],
)
async def test_odd_line_ends_are_kept_and_end_nothing(
    lmtp_client: "OpenClient", content: bytes, expected: bytes
) -> None:
    """Only CRLF . CRLF ends a mail (no smuggling with bare LF), and what came is what is stored, dots apart."""
    inbox = Inbox()
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        assert [STORED] == await client.send_content(content, 1)
    assert [expected] == [mail.raw for mail in inbox.mails]


@pytest.mark.parametrize("length", [998, 65534, 65535, 65536, 65537, 65538, 131072, 1_000_000])
async def test_very_long_lines_arrive_whole(lmtp_client: "OpenClient", length: int) -> None:
    """Some agencies' web mail writes a whole page as one line; RFC 5321's 1000 octets are no reason to lose it."""
    inbox = Inbox()
    content = b"a\r\n." + b"." * length + b"\r\n" + b"x" * length + b"\r\n.z\r\n"
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        assert [STORED] == await client.send_content(content, 1)
    assert [b"a\r\n" + b"." * length + b"\r\n" + b"x" * length + b"\r\nz\r\n"] == [mail.raw for mail in inbox.mails]


@given(lines=st.lists(st.binary(max_size=40).filter(lambda line: b"\r\n" not in line + b"\r"), max_size=8))
def test_any_bytes_arrive_unchanged(lmtp_client: "OpenClient", lines: list[bytes]) -> None:
    """Dots are doubled by the client and single again in the store; nothing else is touched."""
    inbox = Inbox()

    async def deliver() -> list[str]:
        async with inbox.opened() as server, lmtp_client(server.address) as client:
            await client.start_mail(ALFA)
            dots = [b"." if line.startswith(b".") else b"" for line in lines]
            stuffed = b"".join(dot + line + b"\r\n" for dot, line in zip(dots, lines, strict=True))
            return await client.send_content(stuffed, 1)

    assert [STORED] == asyncio.run(deliver())
    assert [b"".join(line + b"\r\n" for line in lines)] == [mail.raw for mail in inbox.mails]


@pytest.mark.parametrize(
    "sender",
    [
        "a..b@docomo.example",
        '"dinas pu"@malang.example',
        "dené@malang.example",
        "dinas@exa_mple.example",
        "pr=1/2=x'y+z@malang.example",
        "root@[127.0.0.1]",
    ],
)
async def test_odd_senders_are_taken(lmtp_client: "OpenClient", sender: str) -> None:
    """The MTA has accepted that mail already: refusing its sender would lose an answer."""
    inbox = Inbox()
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        assert "250 2.0.0 OK" == await client.say(f"MAIL FROM:<{sender}> SMTPUTF8")
        assert "250 2.1.5 OK" == await client.say(f"RCPT TO:<{ALFA}>")
        assert [STORED] == await client.send_content(b"x\r\n", 1)
    assert [sender] == [mail.envelope_sender for mail in inbox.mails]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("MAIL FROM:<", "553 5.1.3"),
        ("MAIL FROM:<a@b@c>", "553 5.1.3"),
        ("MAIL", "501 5.5.4"),
        ("RCPT TO:<t-alfa@1708.example>", "503 5.5.1"),
        ("FETCH mail", "500 5.5.2"),
        ("", "500 5.5.2"),
        ("NOOP " + "x" * 5000, "500 5.5.2"),
        ("NOOP " + "x" * 200_000, "500 5.5.2"),
        ("STARTTLS", "454 4.7.0"),
        ("VRFY <t-alfa@1708.example>", "252 2.0.0"),
        ("EXPN x", "502 5.5.1"),
    ],
)
async def test_nonsense_is_answered_and_survived(lmtp_client: "OpenClient", command: str, expected: str) -> None:
    """A status with every reply (RFC 2034), and the session goes on."""
    async with Inbox().opened() as server, lmtp_client(server.address) as client:
        assert expected == (await client.say(command))[:9]
        assert "250 2.0.0 OK" == await client.say("NOOP")


async def test_a_long_sender_fits(lmtp_client: "OpenClient") -> None:
    """Bounce addresses of mailing lists are long, and a second session must not shrink the first one's limits."""
    sender = f"{'a' * 600}@lists.example"
    async with Inbox().opened() as server, lmtp_client(server.address) as client, lmtp_client(server.address):
        assert "250 2.0.0 OK" == await client.say(f"MAIL FROM:<{sender}>")


async def test_too_many_recipients_are_put_off(lmtp_client: "OpenClient") -> None:
    """The hundred-and-first comes again in another mail (RFC 5321 section 4.5.3.1.10)."""
    async with Inbox().opened() as server, lmtp_client(server.address) as client:
        replies = await client.start_mail(*(f"t-{number}@1708.example" for number in range(101)))
        assert ["250 2.1.5 OK", "452 4.5.3 Too many recipients"] == replies[-2:]


async def test_a_lookup_that_fails_puts_the_recipient_off(lmtp_client: "OpenClient") -> None:
    """An unanswered question is no "no such recipient"."""
    fault = RuntimeError("tokens are not loaded")

    def accepts(address: str) -> bool:
        raise fault

    inbox = Inbox()
    async with inbox.opened(accepts=accepts) as server, lmtp_client(server.address) as client:
        replies = await client.start_mail(ALFA)
        assert "451 4.3.0 Cannot look up the recipient now, try again later" == replies[1]
    assert [(fault, None)] == inbox.errors


async def test_a_fault_of_ours_in_the_session_is_temporary(lmtp_client: "OpenClient") -> None:
    """aiosmtpd would say 500, and the MTA would bounce the mail; we say 421, tell the caller, and hang up."""
    inbox = Inbox()
    async with inbox.opened() as server, lmtp_client(server.address) as client:
        # aiosmtpd repeats the argument in its reply, where these bytes cannot be encoded.
        assert "421 4.3.0 Internal error, try again later" == await client.say(b"VRFY a@b@c\xff")
        assert "" == await client.read()
    assert [(UnicodeEncodeError, None)] == [(type(error), mail) for error, mail in inbox.errors]


async def test_a_report_that_fails_does_not_break_the_protocol(lmtp_client: "OpenClient") -> None:
    """Every recipient still hears 451, and the loop's handler hears of the second fault."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    fault = ValueError("no such log")

    def on_error(error: Exception, mail: ReceivedMail | None) -> None:
        raise fault

    inbox = Inbox(failing={ALFA: OSError(), BETA: OSError()})
    async with inbox.opened(on_error=on_error) as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA, BETA)
        assert [LATER, LATER] == await client.send_content(b"x\r\n", 2)
    assert [fault, fault] == [complaint["exception"] for complaint in complaints]


async def test_without_on_error_the_loop_hears_of_failures(lmtp_client: "OpenClient") -> None:
    """Nothing is swallowed."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    fault = OSError("the database is away")
    inbox = Inbox(failing={ALFA: fault})
    async with inbox.opened(on_error=None) as server, lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        assert [LATER] == await client.send_content(b"x\r\n", 1)
    assert [fault] == [complaint["exception"] for complaint in complaints]


@pytest.mark.parametrize("before_end", [b"DATA\r\nhalf a mail\r\n", b"", b"DATA\r\nx" * 30_000])
async def test_half_a_mail_is_not_stored(lmtp_client: "OpenClient", before_end: bytes) -> None:
    """A connection that is lost before the final dot leaves nothing behind, and no error either."""
    inbox = Inbox()
    async with inbox.opened() as server:
        async with lmtp_client(server.address) as client:
            await client.start_mail(ALFA)
            client.writer.write(before_end)
            await client.writer.drain()
        await asyncio.sleep(0.05)
        async with lmtp_client(server.address) as client:
            await client.start_mail(ALFA)
            assert [STORED] == await client.send_content(b"x\r\n", 1)
    assert ([b"x\r\n"], []) == ([mail.raw for mail in inbox.mails], inbox.errors)


async def test_a_client_that_leaves_while_we_store_breaks_nothing(lmtp_client: "OpenClient") -> None:
    """It heard no 250, so it comes again; the store of this time is given up."""
    inbox = Inbox(slow=True)
    async with inbox.opened() as server:
        async with lmtp_client(server.address) as client:
            await client.start_mail(ALFA)
            client.writer.write(b"DATA\r\nx\r\n.\r\n")
            await inbox.waiting.wait()
            client.writer.transport.abort()
        await asyncio.sleep(0.05)
    assert ([], [], 1) == (inbox.mails, inbox.errors, inbox.cancelled)


async def test_a_stop_ends_idle_sessions_and_finishes_mail_in_hand(lmtp_client: "OpenClient") -> None:
    """Idle ones hear 421; the mail in hand is stored and answered, then 421; nobody new comes in."""
    inbox = Inbox(slow=True)
    opened = inbox.opened()
    server = await opened.__aenter__()
    async with lmtp_client(server.address) as idle, lmtp_client(server.address) as busy:
        await busy.start_mail(ALFA)
        busy.writer.write(b"DATA\r\nx\r\n.\r\n")
        await inbox.waiting.wait()
        stopping = asyncio.create_task(opened.__aexit__(None, None, None))
        assert ["421 4.3.2 Shutting down", ""] == [await idle.read() for _ in range(2)]
        with pytest.raises(ConnectionRefusedError):
            async with lmtp_client(server.address):
                pass
        inbox.gate.set()
        assert "354" == (await busy.read())[:3]
        assert [STORED, "421 4.3.2 Shutting down", ""] == [await busy.read() for _ in range(3)]
        await stopping
    assert ([ALFA], []) == ([mail.recipient for mail in inbox.mails], inbox.errors)


async def test_a_stop_does_not_wait_for_ever(lmtp_client: "OpenClient") -> None:
    """After the grace the mail in hand is given up without an answer; the MTA keeps it."""
    inbox = Inbox(slow=True)
    opened = inbox.opened(grace_s=0.1)
    server = await opened.__aenter__()
    async with lmtp_client(server.address) as client:
        await client.start_mail(ALFA)
        client.writer.write(b"DATA\r\nx\r\n.\r\n")
        await inbox.waiting.wait()
        async with asyncio.timeout(60):
            await opened.__aexit__(None, None, None)
        assert "354" == (await client.read())[:3]
        with contextlib.suppress(ConnectionResetError):
            assert "" == await client.read()
    assert ([], 1) == (inbox.mails, inbox.cancelled)


async def test_a_unix_socket_is_for_owner_and_group_and_gone_afterwards(
    tmp_path: Path, lmtp_client: "OpenClient"
) -> None:
    """Mode 0660, so that the MTA's group may write; unlinked on leaving."""
    path = tmp_path / "lmtp.sock"
    inbox = Inbox()
    async with inbox.opened(f"unix:{path}") as server:
        assert f"unix:{path}" == server.address
        assert 0o660 == stat.S_IMODE(path.stat().st_mode)
        async with lmtp_client(server.address) as client:
            await client.start_mail(ALFA)
            assert [STORED] == await client.send_content(b"x\r\n", 1)
    assert not path.exists()


async def test_a_socket_left_by_a_killed_process_is_replaced(tmp_path: Path, lmtp_client: "OpenClient") -> None:
    """After SIGKILL the file is still there and nobody listens."""
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with Inbox().opened(f"unix:{path}") as server, lmtp_client(server.address) as client:
        assert "250 2.0.0 OK" == await client.say("NOOP")


@pytest.mark.parametrize("backlog", [5, 0])
async def test_a_socket_that_is_in_use_is_left_alone(tmp_path: Path, backlog: int) -> None:
    """A second daemon must not steal the first one's mail, not even while the first one's queue is full."""
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as queued:
        other.bind(str(path))
        other.listen(backlog)
        queued.connect(str(path))
        with pytest.raises(ListenError, match="another process does; is smsd running already"):
            async with Inbox().opened(f"unix:{path}"):
                pass
        assert path.is_socket()


async def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A wrong path in the configuration must not cost a file."""
    path = tmp_path / "smsd.toml"
    path.write_text("[gateway]")
    with pytest.raises(ListenError, match="there is a file that is no socket"):
        async with Inbox().opened(f"unix:{path}"):
            pass
    assert "[gateway]" == path.read_text()


async def test_a_successors_socket_is_not_unlinked(tmp_path: Path) -> None:
    """Whoever took the path over while we finished keeps it; a path already gone is no error."""
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as successor:
        async with Inbox().opened(f"unix:{path}"):
            path.unlink()
            successor.bind(str(path))
        assert path.is_socket()
        path.unlink()
    async with Inbox().opened(f"unix:{path}"):
        path.unlink()
    assert not path.exists()


@pytest.mark.parametrize(
    ("listen", "reason"),
    [("unix:{tmp}/missing/lmtp.sock", "no such file or directory"), ("192.0.2.1:2424", "check .mail. lmtp_listen")],
)
async def test_an_address_that_cannot_be_opened_names_the_setting(tmp_path: Path, listen: str, reason: str) -> None:
    """A missing folder, an address of another machine."""
    with pytest.raises(ListenError, match=rf"cannot listen on .*{reason}"):
        async with Inbox().opened(listen.format(tmp=tmp_path)):
            pass


async def test_a_port_in_use_names_the_setting() -> None:
    """The address is in the sentence."""
    async with Inbox().opened() as first:
        with pytest.raises(ListenError, match=rf"cannot listen on {first.address} .*check \[mail\] lmtp_listen"):
            async with Inbox().opened(first.address):
                pass


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
async def test_ipv6_has_brackets(lmtp_client: "OpenClient") -> None:
    """The address comes back as it is written."""
    async with Inbox().opened("[::1]:0") as server:
        assert server.address.startswith("[::1]:")
        async with lmtp_client(server.address) as client:
            assert "250 2.0.0 OK" == await client.say("NOOP")


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("unix:/run/smsd/lmtp.sock", UnixAddress(Path("/run/smsd/lmtp.sock"))),
        ("127.0.0.1:2424", TcpAddress("127.0.0.1", 2424)),
        ("localhost:2424", TcpAddress("127.0.0.1", 2424)),
        ("[::1]:2424", TcpAddress("::1", 2424)),
        ("0.0.0.0:0", TcpAddress("0.0.0.0", 0)),
    ],
)
def test_good_addresses_are_read(listen: str, expected: UnixAddress | TcpAddress) -> None:
    """Socket, IPv4, IPv6; localhost for convenience."""
    assert expected == parse_listen(listen)
    assert listen.replace("localhost", "127.0.0.1") == str(parse_listen(listen))


@pytest.mark.parametrize(
    "listen",
    [
        "", "2424", ":2424", "127.0.0.1", "127.0.0.1:", "127.0.0.1:lmtp", "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:2424", "[127.0.0.1]:2424", "[::1]", "mail.example:2424", "127.0.0.1:\u0662\u0664",
        "/run/smsd/lmtp.sock", "unix:", "unix:lmtp.sock", "unix:/run/smsd/", "unix:/run/\0", "unix:/" + "x" * 107,
    ],
)  # fmt: skip
def test_bad_addresses_are_refused_with_the_cure(listen: str) -> None:
    """What to write instead is in the message."""
    with pytest.raises(ValueError, match=r'write "unix:/run/smsd/lmtp.sock"|use a shorter path'):
        parse_listen(listen)
