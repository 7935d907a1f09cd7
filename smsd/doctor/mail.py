"""Mail out: a session with the server, and a mail where one is asked for. Mail in: our LMTP, Postfix, the loop."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import shutil
import socket
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from aiosmtplib import SMTPException
from aiosmtplib import send as send_smtp

from config.settings import Settings, SettingsError
from smsd.doctor.finding import Finding, Wishes, fail, ok, warn
from smsd.doctor.machine import said
from smsd.mail.listening import UnixAddress, parse_listen
from smsd.mail.smtp import MailError, open_mailer
from smsd.office import smtp_settings
from smsd.store.database import CONNECTION_ERRORS, StoreError, open_database
from smsd.store.queries import SQL

_LISTEN_S = 5.0
_LOOP_S = 60.0
_GLANCE_S = 0.5
_SETUP = "as docs/mail.md has it; `smsd setup --overwrite` does it"
_TOKEN = "a" * 20


async def look_at_mail_out(settings: Settings, wishes: Wishes) -> list[Finding]:
    """Connects, encrypts, logs in; sends only what was asked for."""
    try:
        smtp = smtp_settings(settings)
    except SettingsError as e:
        return [warn(str(e.problems[0]), "if the unit gives it by LoadCredential=, only the service can log in")]
    server = f"{smtp.address}, {'no TLS' if smtp.tls == 'none' else smtp.tls}{', logged in' if smtp.user else ''}"
    try:
        async with open_mailer(smtp) as mailer:
            if wishes.send_mail is None:
                await mailer.greet()
                return [ok(server)]
            letter = _letter(settings, wishes.send_mail, "This is what mail from the gateway looks like to you.")
            accepted = await mailer.send(letter, envelope_sender=_sender(settings), recipient=wishes.send_mail)
            return [ok(f"{server}; a mail was accepted: {accepted.response}")]
    except MailError as e:
        problem, _sep, cure = e.operator_sentence.partition("; ")
        return [fail(problem, cure or "look at the mail server's log")]


def _letter(settings: Settings, recipient: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.mail.sender
    mail["To"] = recipient
    mail["Subject"] = f"smsd doctor {secrets.token_hex(4)}"
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<doctor-{secrets.token_hex(8)}@{settings.mail.reply_domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # nobody has to answer it, and our own reader keeps it without a word
    mail.set_content(f"{text}\n")
    return mail


def _sender(settings: Settings) -> str:
    return parseaddr(settings.mail.sender)[1]


# ---------------------------------------------------------------- in


async def look_at_mail_in(settings: Settings, wishes: Wishes) -> list[Finding]:
    """The service listens, and this machine's Postfix hands the reply domain to it."""
    listening = await _lmtp(settings)
    found = [listening] if listening.level != "OK" else []
    found += await _postfix(settings)
    if wishes.mail_loop and not found:
        return [await _loop(settings)]
    return found or [listening]


async def _lmtp(settings: Settings) -> Finding:
    listen = settings.mail.lmtp_listen
    try:
        address = parse_listen(listen)
        async with asyncio.timeout(_LISTEN_S):
            if isinstance(address, UnixAddress):
                reader, writer = await asyncio.open_unix_connection(str(address.path))
            else:
                reader, writer = await asyncio.open_connection(address.host, address.port)
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            await writer.drain()
            writer.close()
    except ValueError as e:
        return fail(str(e), "correct [mail] lmtp_listen")
    except PermissionError:
        return fail(f"this user may not enter {listen}", "run it as the user smsd, or as one of the group smsd")
    except (OSError, TimeoutError) as e:
        cure = "start smsd; if it runs, compare its [mail] lmtp_listen"
        return fail(f"nobody listens at {listen} ({getattr(e, 'strerror', None) or type(e).__name__})", cure)
    if not greeting.startswith(b"220"):
        return fail(f"what listens at {listen} is not smsd", "another program has its place; stop that")
    return ok(f"smsd listens at {listen}")


async def _postfix(settings: Settings) -> list[Finding]:
    """What the Postfix of this machine would do with an answer; nothing is said where there is none."""
    if shutil.which("postconf") is None:
        return []
    domain, token = settings.mail.reply_domain, f"t-{_TOKEN}@{settings.mail.reply_domain}"
    transports = await _maps("transport_maps", domain)
    recipients = await _maps("relay_recipient_maps", token)
    domains = (await said("postconf", "-h", "relay_domains")).replace(",", " ").split()
    listen = settings.mail.lmtp_listen
    wanted = listen if listen.startswith("unix:") else f"inet:{listen}"
    found = []
    if domain not in domains:
        found.append(fail(f"this machine's Postfix does not take mail for {domain}", f"set relay_domains {_SETUP}"))
    elif not any(each.endswith(wanted) for each in transports):
        where = transports[0] if transports else "the world"
        found.append(fail(f"Postfix hands {domain} to {where}, not to {wanted}", f"set transport_maps {_SETUP}"))
    elif not recipients:
        found.append(warn(f"Postfix knows no address like {token}", f"set relay_recipient_maps {_SETUP}"))
    if found and not _is_here(settings.mail.host):
        return [warn(f"{finding.seen}", "if another server takes the answers, that is right") for finding in found]
    return found


async def _maps(setting: str, key: str) -> list[str]:
    tables = (await said("postconf", "-x", "-h", setting)).replace(",", " ").split()
    return [value for table in tables if (value := (await said("postmap", "-q", key, table)).strip())]


def _is_here(host: str) -> bool:
    """Whether the mail server is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", socket.gethostname(), socket.getfqdn())


async def _loop(settings: Settings) -> Finding:
    """A mail through the mail server to the reply domain, until it is a row; the reader keeps it silently."""
    token = f"t-{_TOKEN}@{settings.mail.reply_domain}"
    try:
        async with open_database(settings) as pool:
            before = await pool.fetchval(SQL["last_inbound_mail"])
            began = asyncio.get_running_loop().time()
            host, port = (settings.mail.host, settings.mail.port) if _is_here(settings.mail.host) else ("127.0.0.1", 25)
            await send_smtp(
                _letter(settings, token, "A test of the way back."), hostname=host, port=port, start_tls=False
            )
            async with asyncio.timeout(_LOOP_S):
                # Not asked for by its text, which is nobody's to read.
                while not await pool.fetchval(SQL["mails_to_since"], before, token):  # noqa: ASYNC110
                    await asyncio.sleep(_GLANCE_S)
            took_s = asyncio.get_running_loop().time() - began
    except TimeoutError:
        return fail(
            f"a mail to {token} did not come in within {_LOOP_S:g} s",
            "`postqueue -p` and Postfix's log say where it is",
        )
    except (SMTPException, OSError) as e:
        return fail(f"a mail to {token} was not taken ({e})", f"set Postfix up {_SETUP}")
    except (StoreError, *CONNECTION_ERRORS) as e:
        return fail(f"the database does not answer ({e})", "see the check of the database")
    return ok(f"a mail to the reply domain came in after {took_s:.1f} s")
