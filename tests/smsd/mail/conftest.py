"""Real servers for the mail tests: an SMTP server that misbehaves on request, certificates, and LMTP clients."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# Replies that are none: the tests use these words too.
DROP = "drop the connection"
HANG = "never answer"


@dataclass
class Relay:
    """What an SMTP server is told to do, and what it saw. Replies are used up one by one; then all is well."""

    replies: dict[str, list[str]]
    extensions: tuple[str, ...]
    accepts_login: bool
    port: int = 0
    sessions: int = 0
    open_sessions: int = 0
    most_open: int = 0
    quits: int = 0
    resets: int = 0
    parameters: list[str] = field(default_factory=list)
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    def next_reply(self, command: str) -> str | None:
        waiting = self.replies.get(command, [])
        return waiting.pop(0) if waiting else None


class RelayHandler:
    """aiosmtpd's hooks, played from a Relay."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    async def play(self, server: SMTP, command: str, default: str) -> str:
        reply = self.relay.next_reply(command) or default
        if reply == HANG:
            await asyncio.Event().wait()
        if reply == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return reply

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{name}" for name in self.relay.extensions), responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.play(server, "MAIL", "250 2.1.0 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self.play(server, "RCPT", "250 2.1.5 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.relay.mails.append((str(envelope.mail_from), envelope.rcpt_tos, content))
        return await self.play(server, "DATA", f"250 2.0.0 Ok: queued as 4F{len(self.relay.mails):04X}")

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.relay.resets += 1
        return await self.play(server, "RSET", "250 2.0.0 OK")

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.relay.quits += 1
        return await self.play(server, "QUIT", "221 2.0.0 Bye")


class RelaySession(SMTP):
    """One SMTP session of a Relay."""

    def __init__(self, relay: Relay, **options: Any) -> None:
        super().__init__(RelayHandler(relay), hostname="relay.example", authenticator=self._authenticate_by, **options)
        self.relay = relay
        self.greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        again = self._original_transport is not None  # STARTTLS makes the connection a second time
        super().connection_made(transport)
        if not again:
            self.relay.sessions += 1
            self.relay.open_sessions += 1
            self.relay.most_open = max(self.relay.most_open, self.relay.open_sessions)

    def connection_lost(self, error: Exception | None) -> None:
        self.relay.open_sessions -= 1
        super().connection_lost(error)

    def _authenticate_by(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=self.relay.accepts_login and data.password == b"rahasia", handled=False)

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        self.relay.parameters.extend(params)
        return super()._getparams([param for param in params if not param.startswith(("RET=", "NOTIFY="))])

    async def push(self, status: Any) -> None:
        if not self.greeted:
            self.greeted = True
            status = self.relay.next_reply("greeting") or status
        if status == HANG:
            return
        if status == DROP:
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.abort()
            return
        await super().push(status)


OpenRelay = Callable[..., AbstractAsyncContextManager[Relay]]


@pytest.fixture(scope="session")
def open_relay() -> OpenRelay:
    """Opens an SMTP server in the running loop that gives the `replies` it is told, by command."""

    @asynccontextmanager
    async def opened(
        replies: dict[str, list[str]] | None = None,
        *,
        extensions: tuple[str, ...] = (),
        accepts_login: bool = True,
        implicit_tls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> AsyncIterator[Relay]:
        relay = Relay(replies or {}, extensions, accepts_login)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: RelaySession(relay, loop=loop, **options), "127.0.0.1", 0, ssl=implicit_tls
        )
        relay.port = server.sockets[0].getsockname()[1]
        try:
            yield relay
        finally:
            server.close()

    return opened


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and key, in one file, and the context that a server makes of it."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "relay.pem"
    file.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Certificate(file, context)


@dataclass
class LmtpClient:
    """A raw LMTP client: sends exactly the bytes it is given, reads replies line by line."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> str:
        """The next reply, of several lines if it goes on; empty at the end of the connection."""
        async with asyncio.timeout(60):
            lines = [(await self.reader.readline()).decode()]
            while lines[-1][3:4] == "-":
                lines.append((await self.reader.readline()).decode())
        return "".join(lines).rstrip("\r\n")

    async def say(self, line: str | bytes) -> str:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.read()

    async def start_mail(self, *recipients: str, sender: str = "dinas@malang.example") -> list[str]:
        """The replies to MAIL and to every RCPT."""
        return [await self.say(f"MAIL FROM:<{sender}>")] + [await self.say(f"RCPT TO:<{to}>") for to in recipients]

    async def send_content(self, content: bytes, recipients: int) -> list[str]:
        """The replies to the data, one per recipient that was accepted."""
        assert "354" == (await self.say("DATA"))[:3]
        self.writer.write(content + b".\r\n")
        return [await self.read() for _ in range(recipients)]


OpenClient = Callable[..., AbstractAsyncContextManager[LmtpClient]]


@pytest.fixture(scope="session")
def lmtp_client() -> OpenClient:
    """Connects a raw client to the address that an LmtpServer names, and says LHLO unless told not to."""

    @asynccontextmanager
    async def connected(address: str, *, greet: bool = True) -> AsyncIterator[LmtpClient]:
        if address.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        client = LmtpClient(reader, writer)
        try:
            if greet:
                assert "220" == (await client.read())[:3]
                assert "250" == (await client.say("LHLO mta.example"))[:3]
            yield client
        finally:
            writer.close()

    return connected
