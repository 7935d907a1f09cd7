"""What becomes of agencies' answers: stored once, whatever stops meanwhile; and who is not let in."""

from __future__ import annotations

import asyncio
import os
import smtplib
import time
from email.message import EmailMessage
from email.policy import SMTP

from bench.postfix.world import GOOD, GREY, IMPATIENT, PATIENCE_S, PATIENT, REPLY_DOMAIN, World, expect, until

_HOUR_OF_MAIL = 300
_AT_EACH_KILL = 40
_KILLS = ("lmtp.taken:5", "lmtp.stored:3", "", "lmtp.stored:20", "lmtp.taken:1")  # "": with the first mail
_DURING_OUTAGE = 30
_MB = 1_000_000
_ENVELOPE = 4096  # more than Postfix adds to a mail: what it knows of sender and recipients counts too


async def answer(world: World) -> str:
    """TERIMA, and the ticket is being dealt with."""
    report = world.reports[GOOD]
    ids = await world.send([world.answer(report, "TERIMA")])
    (row,) = await world.settled(ids)
    status = await world.status(report)
    expect(status == "ditindaklanjuti", f"the ticket is {status}, its mail {row.state} ({row.outcome})")
    return f"ticket {status}"


async def two_tickets(world: World) -> str:
    """One mail to two reply addresses is a row for each of them."""
    mail = world.answer(world.reports[GOOD], "Terima kasih atas informasinya.", world.reports[GREY].reply_to)
    await world.send([mail])

    async def both() -> bool:
        return sum(row.message_id == mail["Message-ID"] for row in await world.stored()) == 2

    await until(both, "two rows")
    return "a row for each recipient"


async def stopped(world: World) -> str:
    """Mail comes in while the daemon is stopped; with Postfix's usual patience, and a flush after the start."""
    world.postfix.change(**PATIENT)
    await world.stop_daemon()
    try:
        ids = await _flood(world, _HOUR_OF_MAIL)
        waiting = await asyncio.to_thread(world.postfix.waiting)
        expect(waiting == _HOUR_OF_MAIL, f"{waiting} of {_HOUR_OF_MAIL} wait in the queue")
    finally:
        await world.start_daemon()
    await asyncio.to_thread(world.postfix.flush, REPLY_DOMAIN)
    await world.settled(ids)
    world.postfix.change(**IMPATIENT)
    return f"{len(ids)} waited in the queue, {len(ids)} stored and read once"


async def killed(world: World) -> str:
    """SIGKILL between taking, storing and answering, and at any moment."""
    daemon, ids = world.town.daemon, list[str]()
    for point in _KILLS:
        daemon.kill_next_at(point)
        daemon.kill()
        since, died = time.monotonic(), sum(daemon.died_at.values())
        ids += await _flood(world, _AT_EACH_KILL)
        if point:

            async def dead(died: int = died) -> bool:
                return sum(daemon.died_at.values()) > died

            await until(dead, f"a death at {point}")
        else:
            await daemon.heard(since, lambda event: event.get("event") == "mail.received", PATIENCE_S)
            daemon.kill()
    await world.settled(ids)
    return f"{sum(map(bool, _KILLS))} deaths at points, {len(_KILLS)} at any moment; {len(ids)} stored and read once"


async def database_away(world: World) -> str:
    """4xx, so Postfix keeps the mail."""
    await asyncio.to_thread(world.town.server.stop)
    try:
        ids = await _flood(world, _DURING_OUTAGE)

        async def refused() -> bool:
            return world.postfix.log().count("451 4.3.0") >= _DURING_OUTAGE

        await until(refused, f"{_DURING_OUTAGE} times 451 4.3.0 in the log")
    finally:
        await asyncio.to_thread(world.town.server.start)
        await world.connect()
    await world.settled(ids)
    return f"451 4.3.0 to all; {len(ids)} stored and read once after its return"


async def _flood(world: World, count: int) -> list[str]:
    """Every tenth is a verb, so that what is handled twice shows; the others wait for an operator."""
    report = world.reports[GOOD]
    words = ("Baik, kami teruskan ke bidang terkait", "PROSES Petugas kami sedang ke lokasi")
    return await world.send([world.answer(report, f"{words[n % 10 == 0]}, surat {n}.") for n in range(count)])


async def large(world: World) -> str:
    """An attachment of 10 MB, whole."""
    ids = await world.send([_with_attachment(world, 10 * _MB)])
    (row,) = await world.settled(ids)
    expect(row.size > 13 * _MB, f"only {row.size} bytes are stored")
    return f"{row.size / _MB:.1f} MB on the wire, stored"


async def largest(world: World) -> str:
    """As much as Postfix takes, the daemon takes too, with the lines that Postfix adds."""
    limit = int(world.postfix.setting("message_size_limit")) - _ENVELOPE
    mail = world.answer(world.reports[GOOD], "Lampiran menyusul.")
    head = mail.as_bytes()
    filled = head + b"x" * 70 + b"\r\n"
    filled += (b"x" * 76 + b"\r\n") * ((limit - len(filled)) // 78)
    await asyncio.to_thread(_send_bytes, world, filled)
    (row,) = await world.settled([str(mail["Message-ID"])])
    return f"{len(filled)} bytes, stored as {row.size}"


def _send_bytes(world: World, content: bytes, *options: str) -> None:
    with world.client() as client:
        client.sendmail(GOOD, [world.reports[GOOD].reply_to], content, list(options))


async def too_large(world: World) -> str:
    """Refused while the sender's server is still there: before the content where it tells the size, else after it."""
    content = _with_attachment(world, 25 * _MB).as_bytes()
    told = await asyncio.to_thread(_refusal, world, content, f"SIZE={len(content)}")
    untold = await asyncio.to_thread(_refusal, world, content, "")
    expect(told.startswith("552 5.3.4") and untold.startswith("552 5.3.4"), f"{told}; {untold}")
    return f"{told[:9]} at MAIL, {untold[:9]} after DATA without SIZE"


def _refusal(world: World, content: bytes, size: str) -> str:
    """What a server hears that tries to hand `content` over."""
    with world.client() as client:
        code, text = client.docmd("MAIL", f"FROM:<{GOOD}> {size}".rstrip())
        if code == 250:
            client.rcpt(world.reports[GOOD].reply_to)
            code, text = client.data(content)
    return f"{code} {text.decode()}"


async def too_large_for_us(world: World) -> str:
    """Where an operator lets Postfix take more than the daemon does, the sender gets a notice that says why."""
    kept = world.postfix.setting("message_size_limit")
    world.postfix.change(message_size_limit="60000000")
    try:
        await world.send([_with_attachment(world, 25 * _MB)])

        async def noticed() -> bytes | None:
            notices = [x.message for x in world.town.mail.taken if x.message.get_content_type() == "multipart/report"]
            return next((bytes(x) for x in notices if b"Status: 5.3.4" in bytes(x)), None)

        await until(noticed, "a notice with 5.3.4 at the sender's server")
    finally:
        world.postfix.change(message_size_limit=kept)
    return "the sender has a notice, 5.3.4"


def _with_attachment(world: World, size: int) -> EmailMessage:
    mail = world.answer(world.reports[GOOD], "Foto perbaikan terlampir.")
    mail.add_attachment(os.urandom(size), maintype="image", subtype="jpeg", filename="foto.jpg")
    return mail


async def strangers(world: World) -> str:
    """Who is refused, and when: at RCPT, so that nobody is bounced to who never wrote."""
    token = world.reports[GOOD].reply_to
    expected = {
        token: 250,
        token.upper(): 250,
        f"t-{'a' * 20}@{REPLY_DOMAIN}": 250,  # of the right form: the daemon keeps it for an operator
        f"nobody@{REPLY_DOMAIN}": 550,
        "someone@elsewhere.example": 554,
        f"someone%elsewhere.example@{REPLY_DOMAIN}": 554,
        "@dinas.example:someone@elsewhere.example": 554,
    }
    expected |= {f"{name}@{REPLY_DOMAIN}": 250 for name in ("postmaster", "abuse", "lapor")}  # a person reads these
    heard = await asyncio.to_thread(_rcpt_codes, world, list(expected))
    wrong = [f"{address} {code}" for address, code in heard.items() if code != expected[address]]
    expect(not wrong, f"answered otherwise: {', '.join(wrong)}")
    return "550 5.1.1 to unknown names, 554 5.7.1 to other domains"


def _rcpt_codes(world: World, addresses: list[str]) -> dict[str, int]:
    with world.client() as client:
        client.mail(GOOD)
        return {address: client.docmd("RCPT", f"TO:<{address}>")[0] for address in addresses}


async def unknown_token(world: World) -> str:
    """A reply address with a slip, and one that never was: kept, with no ticket, and not bounced."""
    report = world.reports[GOOD]
    mails = [world.answer(report, "TERIMA"), world.answer(report, "TERIMA")]
    mails[0].replace_header("To", f"t-{'a' * 20}@{REPLY_DOMAIN}")
    mails[1].replace_header("To", report.reply_to.replace("t-", "t-x", 1))
    rows = await world.settled(await world.send(mails))
    expect({row.state for row in rows} == {"held"}, f"they are {[row.state for row in rows]}")
    return f"held ({', '.join(sorted(str(row.outcome) for row in rows))})"


async def smtputf8(world: World) -> str:
    """An address and a header that are not ASCII (RFC 6531), and eight-bit text."""
    sender = "pengaduan.kotà@dinas.example"
    mail = world.answer(world.reports[GOOD], "Terima kasih, akan kami cek – segera.")
    mail.replace_header("From", sender)
    content = mail.as_bytes(policy=SMTP.clone(utf8=True, cte_type="8bit"))
    await asyncio.to_thread(_send_utf8, world, sender, content)
    (row,) = await world.settled([str(mail["Message-ID"])])
    expect(row.envelope_sender == sender, f"the sender is stored as {row.envelope_sender}")
    expect("kotà@" in row.start.decode() and "cek – segera" in row.start.decode(), "the text has changed")
    return "stored as it was sent"


def _send_utf8(world: World, sender: str, content: bytes) -> None:
    with world.client() as client:
        client.command_encoding = "utf-8"
        options = ["SMTPUTF8", "BODY=8BITMIME"]
        client.sendmail(sender, [world.reports[GOOD].reply_to], content, mail_options=options)


async def long_line(world: World) -> str:
    """A line of 8,000 bytes, which RFC 5321 forbids and programs send."""
    mail = world.answer(world.reports[GOOD], "Isi.")
    line = b" ".join(b"kata%04d" % n for n in range(900))
    await asyncio.to_thread(_send_bytes, world, mail.as_bytes() + line + b"\r\n", "BODY=8BITMIME")
    (row,) = await world.settled([str(mail["Message-ID"])])
    expect(line in row.start, "the line was cut")
    return f"{len(line)} bytes in one line, uncut"


async def bare_line_feeds(world: World) -> str:
    """Lines that end with LF alone are lines, and an end of data made of them is none (CVE-2023-51764)."""
    report = world.reports[GOOD]
    mail, smuggled = world.answer(report, "Baris satu\nbaris dua."), world.answer(report, "SELESAI diselundupkan")
    envelope = f"MAIL FROM:<{GOOD}>\r\nRCPT TO:<{report.reply_to}>\r\nDATA\r\n".encode()
    inner = mail.as_bytes().replace(b"\r\n", b"\n") + b"akhir\n.\r\n" + envelope + smuggled.as_bytes()
    await asyncio.to_thread(_send_raw, world, report.reply_to, inner)
    (row,) = await world.settled([str(mail["Message-ID"])])
    expect(b"baris dua." in row.start and b"RCPT TO" in row.start, "the mail is not whole")
    expect(not [r for r in await world.stored() if r.message_id == smuggled["Message-ID"]], "a mail was smuggled in")
    return "one mail, with what was to be smuggled as its text"


def _send_raw(world: World, recipient: str, content: bytes) -> None:
    with world.client() as client:
        client.mail(GOOD)
        client.rcpt(recipient)
        client.docmd("DATA")
        client.send(content + b"\r\n.\r\n")
        code, text = client.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, text)


async def nothing_left(world: World) -> str:
    """No mail is in Postfix's queue, and it has complained of nothing that was not to be."""
    await asyncio.to_thread(world.postfix.flush_all)

    async def empty() -> bool:
        return not await asyncio.to_thread(world.postfix.waiting)

    await until(empty, "an empty queue")
    expect(not world.postfix.complaints(), f"the log: {world.postfix.complaints()[:3]}")
    return "queue empty, no warning in the log"
