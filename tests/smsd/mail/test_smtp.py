"""Sending through real SMTP servers, good and bad."""

import asyncio
import contextlib
import socket
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smsd.mail.smtp import (
    Accepted,
    MailDeferred,
    Mailer,
    MailError,
    MailRefused,
    MailUnavailable,
    MailUncertain,
    SmtpSettings,
    open_mailer,
    queue_id,
    wire_bytes,
)
from smsd.mail.smtp_errors import retry_after_s

if TYPE_CHECKING:
    from tests.smsd.mail.conftest import Certificate, OpenRelay, Relay

DROP, HANG = ("drop the connection", "never answer")  # what the relay in conftest.py does instead of answering
AGENCY = "dpu@malangkota.example"
US = "t-k3m7x2ahn9wq@1708.example"


def settings(relay: "Relay", **changes: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": relay.port, "tls": "none", "timeout_s": 5, **changes})


def letter(text: str = "Jalan rusak") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = ("lapor@1708.example", AGENCY, "Laporan")
    message["Message-ID"] = "<1@1708.example>"
    message.set_content(text, cte="quoted-printable")
    return message


async def send(mailer: Mailer, **changes: str) -> Accepted:
    return await mailer.send(letter(), **{"envelope_sender": US, "recipient": AGENCY, **changes})


async def failure(mailer: Mailer, **changes: str) -> MailError:
    with pytest.raises(MailError) as caught:
        await send(mailer, **changes)
    return caught.value


async def test_a_mail_is_accepted_with_its_queue_id(open_relay: "OpenRelay") -> None:
    """The server gets the envelope and the very bytes; we get its words and its queue id."""
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        assert Accepted("2.0.0 Ok: queued as 4F0001", "4F0001") == await send(mailer)
        assert [(US, [AGENCY], wire_bytes(letter()))] == relay.mails


async def test_lines_that_begin_with_a_dot_arrive(open_relay: "OpenRelay") -> None:
    """RFC 5321 section 4.5.2: a dot is doubled on the way and single at the end."""
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        await mailer.send(letter(".\n..x\n"), envelope_sender=US, recipient=AGENCY)
        assert relay.mails[0][2].endswith(b"\r\n.\r\n..x\r\n")


async def test_a_bounce_address_may_be_empty(open_relay: "OpenRelay") -> None:
    """An empty envelope sender is `<>` (RFC 5321 section 4.5.5)."""
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer, envelope_sender="")
        assert "<>" == relay.mails[0][0]


async def test_opening_connects_nowhere(open_relay: "OpenRelay") -> None:
    """A mail server that is down must not keep the gateway from starting."""
    async with open_relay() as relay:
        async with open_mailer(settings(relay)):
            pass
        assert 0 == relay.sessions


async def test_one_session_carries_many_mails_and_ends_with_quit(open_relay: "OpenRelay") -> None:
    """Sessions are kept and used again; leaving says goodbye."""
    async with open_relay() as relay:
        async with open_mailer(settings(relay)) as mailer:
            for _ in range(5):
                await send(mailer)
        assert (5, 1, 1) == (len(relay.mails), relay.sessions, relay.quits)


async def test_at_most_so_many_sessions_are_open(open_relay: "OpenRelay") -> None:
    """Twenty mails at once share the configured number of sessions."""
    async with open_relay() as relay:
        async with open_mailer(settings(relay, connections=3)) as mailer:
            await asyncio.gather(*(send(mailer) for _ in range(20)))
        assert (20, 3, 3, 3) == (len(relay.mails), relay.sessions, relay.most_open, relay.quits)


async def test_an_idle_session_is_closed(open_relay: "OpenRelay") -> None:
    """After `idle_s` the server has its slot back; the next mail opens a new session."""
    async with open_relay() as relay, open_mailer(settings(relay, idle_s=0.05)) as mailer:
        await send(mailer)
        await asyncio.sleep(0.3)
        assert (1, 0) == (relay.quits, relay.open_sessions)
        await send(mailer)
        assert (2, 2) == (relay.sessions, len(relay.mails))


async def test_leaving_while_an_idle_session_says_goodbye_waits_for_it(open_relay: "OpenRelay") -> None:
    """No task outlives the mailer."""
    async with open_relay({"QUIT": [HANG]}) as relay:
        async with open_mailer(settings(relay, idle_s=0.05)) as mailer:
            await send(mailer)
            await asyncio.sleep(0.2)
        assert 1 == relay.quits
        assert set() == {task for task in asyncio.all_tasks() if "_expire" in repr(task)}


async def test_a_session_that_died_while_idle_is_no_failed_attempt(open_relay: "OpenRelay") -> None:
    """The server hangs up on idle clients; the next mail goes through all the same."""
    async with open_relay(timeout=0.1) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        await asyncio.sleep(0.4)
        await send(mailer)
        assert (2, 2) == (len(relay.mails), relay.sessions)


@pytest.mark.parametrize("reply", [DROP, "421 4.7.0 Too many messages in this session"])
async def test_a_session_that_ends_when_used_again_is_no_failed_attempt(open_relay: "OpenRelay", reply: str) -> None:
    """Cut between two mails, silently or with 421: a fresh session takes the mail."""
    async with open_relay({"MAIL": ["250 OK", reply]}) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        await send(mailer)
        assert (2, 2) == (len(relay.mails), relay.sessions)


async def test_a_refusal_on_a_kept_session_is_not_tried_again_at_once(open_relay: "OpenRelay") -> None:
    """Only sessions that ended are replaced; a server that says "later" is taken at its word."""
    async with open_relay({"RCPT": ["250 OK", "450 4.2.0 Later"]}) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        assert "recipient" == (await failure(mailer)).stage
        assert (1, 1) == (relay.sessions, len(relay.mails))


async def test_a_second_session_that_ends_is_a_failed_attempt(open_relay: "OpenRelay") -> None:
    """Only one fresh session is tried."""
    async with open_relay({"MAIL": ["250 OK", DROP, DROP]}) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        assert type(await failure(mailer)) is MailDeferred
        assert 2 == relay.sessions


async def test_leaving_is_bounded_when_the_server_does_not_say_goodbye(open_relay: "OpenRelay") -> None:
    """A server that never answers QUIT does not hold us for ever."""
    async with open_relay({"QUIT": [HANG, HANG]}) as relay:
        async with asyncio.timeout(60), open_mailer(settings(relay)) as mailer:
            await asyncio.gather(send(mailer), send(mailer))
        assert 2 == relay.quits


async def test_greylisting_is_deferred_for_the_time_it_names(open_relay: "OpenRelay") -> None:
    """4xx at RCPT: same mail later, when the server says; the session is fit for the next mail."""
    async with (
        open_relay({"RCPT": ["450 4.2.0 Greylisted, try again in 300 seconds"]}) as relay,
        open_mailer(settings(relay)) as mailer,
    ):
        error = await failure(mailer)
        assert (MailDeferred, True, 450, "4.2.0", 300.0, "recipient") == (
            type(error), error.retryable, error.code, error.status, error.retry_after_s, error.stage,
        )  # fmt: skip
        await send(mailer)
        assert (1, 1) == (relay.sessions, relay.resets)


@pytest.mark.parametrize(
    ("command", "stage", "cure"),
    [
        ("MAIL", "sender", "check [mail] sender and reply_domain"),
        ("RCPT", "recipient", "check the address of the agency"),
        ("DATA", "data", "ask the operator of the mail server why"),
    ],
)
async def test_a_5xx_is_final_and_says_whose_fault_it_is(
    open_relay: "OpenRelay", command: str, stage: str, cure: str
) -> None:
    """No retry; stage, code, status and words of the server are kept, and the session too."""
    async with open_relay({command: ["550 5.1.1 No\tsuch user here"]}) as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer)
        assert (MailRefused, False, 550, "5.1.1", "5.1.1 No such user here", stage, None) == (
            type(error), error.retryable, error.code, error.status, error.text, error.stage, error.retry_after_s,
        )  # fmt: skip
        assert error.operator_sentence.endswith(f"(550 5.1.1 No such user here); {cure}")
        await send(mailer)
        assert 1 == relay.sessions


async def test_a_refusal_by_policy_does_not_blame_the_address(open_relay: "OpenRelay") -> None:
    """5.7.x at RCPT is "relay access denied", which the agency can do nothing about."""
    async with open_relay({"RCPT": ["554 5.7.1 Relay access denied"]}) as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer)
        assert "ask the operator of the mail server to let us send there" in error.operator_sentence


async def test_a_full_mailbox_is_not_a_dead_one(open_relay: "OpenRelay") -> None:
    """RFC 3463: 5.2.2 is a persistent transient failure, so it is tried again, a day later."""
    async with open_relay({"RCPT": ["552 5.2.2 Mailbox full"]}) as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer)
        assert (MailDeferred, True, 86400.0) == (type(error), error.retryable, error.retry_after_s)


async def test_a_server_that_wants_a_login_concerns_all_mail(open_relay: "OpenRelay") -> None:
    """530 at MAIL is our configuration, not this mail."""
    async with (
        open_relay({"MAIL": ["530 5.7.0 Authentication required"]}) as relay,
        open_mailer(settings(relay)) as mailer,
    ):
        error = await failure(mailer)
        assert (MailUnavailable, True) == (type(error), error.retryable)
        assert "check [mail] tls, user and password_file" in error.operator_sentence


@pytest.mark.parametrize(
    "reply", ["452 4.3.1 Insufficient system storage", "451 4.7.1 Service unavailable - try again later"]
)
async def test_a_server_that_refuses_before_it_knows_the_mail_concerns_all_mail(
    open_relay: "OpenRelay", reply: str
) -> None:
    """Postfix with a full disk, or without its DKIM signer, says so at MAIL; no mail's tries are used up by that.

    The next mail goes through a new session, for Postfix keeps its old configuration in those that are open.
    """
    async with open_relay({"MAIL": [reply]}) as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer)
        assert (MailUnavailable, True, "sender") == (type(error), error.retryable, error.stage)
        assert f"takes no mail now ({reply})" in error.operator_sentence
        await send(mailer)
        assert (2, 1) == (relay.sessions, relay.quits)


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
@pytest.mark.parametrize(("fault", "how"), [(DROP, "hung up"), (HANG, "stopped answering")])
async def test_a_connection_lost_before_data_is_deferred(
    open_relay: "OpenRelay", command: str, fault: str, how: str
) -> None:
    """Nothing was sent, so the mail simply goes later."""
    async with open_relay({command: [fault]}) as relay, open_mailer(settings(relay, timeout_s=0.3)) as mailer:
        error = await failure(mailer)
        assert (MailDeferred, None) == (type(error), error.code)
        assert f"{how} before taking the mail" in error.operator_sentence
        await send(mailer)
        assert 2 == relay.sessions


@pytest.mark.parametrize(
    ("fault", "how"), [(DROP, "hung up"), (HANG, "stopped answering"), ("tidak jelas", "not SMTP")]
)
async def test_a_connection_lost_after_data_is_uncertain(open_relay: "OpenRelay", fault: str, how: str) -> None:
    """The server has the mail and we have no answer: again, with the same Message-ID, and not by the pool itself."""
    async with (
        open_relay({"DATA": ["250 OK", fault]}) as relay,
        open_mailer(settings(relay, data_timeout_s=0.3)) as mailer,
    ):
        await send(mailer)
        error = await failure(mailer)
        assert (MailUncertain, True) == (type(error), error.retryable)
        assert how in error.operator_sentence
        assert 2 == len(relay.mails)


async def test_an_answer_that_is_not_smtp_is_deferred(open_relay: "OpenRelay") -> None:
    """Whatever stands at that port, it is not our mail server."""
    async with open_relay({"MAIL": ["HTTP/1.1 400 Bad Request"]}) as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer)
        assert type(error) is MailDeferred
        assert "not SMTP" in error.operator_sentence
        await send(mailer)
        assert 2 == relay.sessions


async def test_a_session_that_cannot_be_reset_is_closed(open_relay: "OpenRelay") -> None:
    """After a refused mail the envelope must be clean, or the session is not used again."""
    async with (
        open_relay({"RCPT": ["550 5.1.1 Unknown"], "RSET": ["421 4.3.0 Going down"]}) as relay,
        open_mailer(settings(relay)) as mailer,
    ):
        await failure(mailer)
        await send(mailer)
        assert 2 == relay.sessions


@pytest.mark.parametrize("command", ["MAIL", "DATA", "RSET"])
async def test_a_cancelled_send_spoils_no_session(open_relay: "OpenRelay", command: str) -> None:
    """The reply that comes too late must not answer the next mail."""
    async with (
        open_relay({command: [HANG], "RCPT": ["250 OK"] if command != "RSET" else ["550 5.1.1 Unknown"]}) as relay,
        open_mailer(settings(relay, timeout_s=60)) as mailer,
    ):
        sending = asyncio.create_task(send(mailer))
        await asyncio.sleep(0.2)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        assert sending.cancelled()
        await send(mailer)
        assert 2 == relay.sessions


async def test_a_send_that_ends_after_closing_leaves_no_session(open_relay: "OpenRelay") -> None:
    """A mail in hand when the mailer closes is sent, and its session is closed instead of kept."""
    async with open_relay() as relay:
        async with open_mailer(settings(relay)) as mailer:
            sending = asyncio.create_task(send(mailer))
            await asyncio.sleep(0)
        assert "4F0001" == (await sending).queue_id
        await asyncio.sleep(0.1)
        assert 0 == relay.open_sessions


async def test_delivery_notices_are_asked_for_where_they_are_offered(open_relay: "OpenRelay") -> None:
    """RFC 3461: tell us of failure and delay, and return only the headers."""
    async with open_relay(extensions=("DSN",)) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        assert [f"SIZE={len(wire_bytes(letter()))}", "RET=HDRS", "NOTIFY=FAILURE,DELAY"] == relay.parameters


async def test_nothing_is_asked_of_a_server_that_offers_nothing(open_relay: "OpenRelay") -> None:
    """Parameters a server did not announce would make it refuse the mail."""
    async with open_relay(data_size_limit=None) as relay, open_mailer(settings(relay)) as mailer:
        await send(mailer)
        assert [] == relay.parameters


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "dinas@malang.example> NOTIFY=NEVER <x@example.org"},
        {"recipient": "dinas@malang.example\r\nDATA"},
        {"recipient": "dené@malang.example"},
        {"envelope_sender": "a b@1708.example"},
    ],
)
async def test_addresses_that_smtp_cannot_carry_are_refused(open_relay: "OpenRelay", changes: dict[str, str]) -> None:
    """They never reach the command line of the server."""
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        error = await failure(mailer, **changes)
        assert (MailRefused, False) == (type(error), error.retryable)
        assert [] == relay.mails


async def test_a_message_that_cannot_be_written_is_refused(open_relay: "OpenRelay") -> None:
    """A fault of ours in one message is that message's end, and no crash of the loop."""
    broken = EmailMessage(policy=SMTP)
    broken.set_content("x")
    broken.set_payload("\ud83d")
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        with pytest.raises(MailRefused, match="the message cannot be written in SMTP"):
            await mailer.send(broken, envelope_sender=US, recipient=AGENCY)
        assert 0 == relay.sessions


async def test_eight_bit_text_goes_out_as_seven_bit(open_relay: "OpenRelay") -> None:
    """Not every relay speaks 8BITMIME, so no message relies on it."""
    message = EmailMessage(policy=SMTP)
    message.set_content("Jalan ke Desa Sukamulyá rusak\n", cte="8bit")
    async with open_relay() as relay, open_mailer(settings(relay)) as mailer:
        await mailer.send(message, envelope_sender=US, recipient=AGENCY)
        assert relay.mails[0][2].isascii()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_an_unreachable_server_is_named_with_the_cure() -> None:
    """Nobody listens: the sentence is one an operator can act on."""
    port = free_port()
    async with open_mailer(SmtpSettings("127.0.0.1", port, "none")) as mailer:
        error = await failure(mailer)
        expected = f"cannot reach mail server 127.0.0.1:{port} (connection refused); check [mail] host and port"
        assert (MailUnavailable, True, expected) == (type(error), error.retryable, error.operator_sentence)
        assert expected == str(error)


@pytest.mark.parametrize("host", ["mail.invalid", f"{'a' * 70}.example"])
async def test_a_host_that_has_no_address_is_said_to_have_none(host: str) -> None:
    """Name resolution fails, by DNS or by the rules of names."""
    async with open_mailer(SmtpSettings(host, 25, "none", timeout_s=20)) as mailer:
        error = await failure(mailer)
        assert type(error) is MailUnavailable
        assert error.operator_sentence.startswith(f"cannot reach mail server {host}:25 (")


async def test_a_network_that_cannot_be_reached_is_said_so() -> None:
    """An operating system error comes in the system's words."""
    async with open_mailer(SmtpSettings("255.255.255.255", 25, "none", timeout_s=5)) as mailer:
        error = await failure(mailer)
        assert type(error) is MailUnavailable
        assert "cannot reach mail server 255.255.255.255:25 (" in error.operator_sentence


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        ("554 5.3.2 No service", "is not ready (554 5.3.2 No service); check [mail] host, port and tls"),
        ("421 4.3.2 Busy", "is not ready (421 4.3.2 Busy); check [mail] host, port and tls"),
        (HANG, "does not answer within 0.3 s; check [mail] host, port and tls"),
        (DROP, "cannot reach mail server"),
    ],
)
async def test_a_server_that_does_not_greet_is_unavailable(
    open_relay: "OpenRelay", greeting: str, expected: str
) -> None:
    """No mail is to blame, and every mail may go later."""
    async with open_relay({"greeting": [greeting]}) as relay, open_mailer(settings(relay, timeout_s=0.3)) as mailer:
        error = await failure(mailer)
        assert type(error) is MailUnavailable
        assert expected in error.operator_sentence
        await send(mailer)


async def test_starttls_encrypts_before_the_login(open_relay: "OpenRelay", certificate: "Certificate") -> None:
    """RFC 3207: the password is only said over TLS, to a certificate that was checked."""
    async with open_relay(tls_context=certificate.context, auth_required=True) as relay:
        given = settings(relay, tls="starttls", tls_ca_file=str(certificate.file), user="smsd", password="rahasia")
        async with open_mailer(given) as mailer:
            await send(mailer)
            await send(mailer)
        assert (2, 1, 1) == (len(relay.mails), relay.sessions, relay.quits)


async def test_tls_from_the_first_byte(open_relay: "OpenRelay", certificate: "Certificate") -> None:
    """Port 465's way."""
    async with open_relay(implicit_tls=certificate.context) as relay:
        async with open_mailer(settings(relay, tls="tls", tls_ca_file=str(certificate.file))) as mailer:
            await send(mailer)
        assert 1 == len(relay.mails)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_an_unknown_certificate_is_not_trusted(
    open_relay: "OpenRelay", certificate: "Certificate", tls: str
) -> None:
    """Certificates are checked unless an authority was named, and the sentence says how."""
    options = {"tls_context": certificate.context} if tls == "starttls" else {"implicit_tls": certificate.context}
    async with open_relay(**options) as relay, open_mailer(settings(relay, tls=tls)) as mailer:
        error = await failure(mailer)
        assert (MailUnavailable, []) == (type(error), relay.mails)
        assert "is not trusted (" in error.operator_sentence
        assert "set [mail] tls_ca_file" in error.operator_sentence


async def test_a_certificate_of_another_host_is_not_trusted(
    open_relay: "OpenRelay", certificate: "Certificate"
) -> None:
    """The certificate must be for the host that was configured."""
    async with open_relay(implicit_tls=certificate.context) as relay:
        given = settings(relay, host="localhost", tls="tls", tls_ca_file=str(certificate.file))
        async with open_mailer(given) as mailer:
            assert "or [mail] host to a name in it" in (await failure(mailer)).operator_sentence


async def test_tls_to_a_plain_port_names_the_setting(open_relay: "OpenRelay") -> None:
    """The usual mistake of 465 and 587."""
    async with open_relay() as relay, open_mailer(settings(relay, tls="tls")) as mailer:
        error = await failure(mailer)
        assert type(error) is MailUnavailable
        assert "check [mail] tls" in error.operator_sentence


async def test_a_server_without_starttls_gets_nothing_in_clear(open_relay: "OpenRelay") -> None:
    """No quiet fall back: whoever strips STARTTLS from the answer must not get the mail."""
    async with open_relay() as relay, open_mailer(settings(relay, tls="starttls")) as mailer:
        error = await failure(mailer)
        assert (MailUnavailable, []) == (type(error), relay.mails)
        assert "does not offer STARTTLS" in error.operator_sentence


async def test_a_rejected_login_names_user_and_password_file(open_relay: "OpenRelay") -> None:
    """A 535 is permanent by its number and temporary by its nature: the operator mends it."""
    async with (
        open_relay(accepts_login=False, auth_require_tls=False) as relay,
        open_mailer(settings(relay, user="smsd", password="salah")) as mailer,
    ):
        error = await failure(mailer)
        assert (MailUnavailable, True, 535) == (type(error), error.retryable, error.code)
        assert error.operator_sentence.endswith("check [mail] user and password_file")


async def test_a_login_that_is_not_offered_is_explained(open_relay: "OpenRelay") -> None:
    """Servers offer AUTH only over TLS; so the cure names both."""
    async with open_relay() as relay, open_mailer(settings(relay, user="smsd")) as mailer:
        error = await failure(mailer)
        assert type(error) is MailUnavailable
        assert "does not offer a login here; check [mail] tls, or remove [mail] user" in error.operator_sentence


@pytest.mark.parametrize("content", [None, "not a certificate"])
async def test_a_bad_tls_ca_file_is_named_at_opening(tmp_path: Path, content: str | None) -> None:
    """Missing or no certificate: said at once, not at the first mail."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(MailUnavailable, match=rf"cannot read certificates from {file} \(.*check \[mail\] tls_ca_file"):
        async with open_mailer(SmtpSettings("127.0.0.1", 25, "tls", tls_ca_file=str(file))):
            pass


def test_the_password_is_not_shown() -> None:
    """Settings end up in tracebacks and debug output."""
    assert "rahasia" not in repr(SmtpSettings("127.0.0.1", 25, "none", user="smsd", password="rahasia"))


def test_the_longest_send_covers_all_its_waits() -> None:
    """What a claim on a mail must outlast."""
    assert 6 * 10 + 2 * 50 == SmtpSettings("h", 25, "none", timeout_s=10, data_timeout_s=50).longest_send_s


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.7.1 Greylisting in action, please come back in 00:05:00", 300.0),
        ("4.2.0 Greylisted, try again in 300 seconds", 300.0),
        ("Please retry after 5 minutes", 300.0),
        ("come back in 1 hour", 3600.0),
        ("retry in 90s", 90.0),
        ("wait 99999 hours", 86400.0),
        ("wait 99:00:00", 86400.0),
        ("4.7.1 Greylisted, see http://postgrey.example/help/1708.example.html", None),
        ("4.3.2 Service unavailable", None),
    ],
)
def test_the_delay_is_read_from_a_greylisting_reply(text: str, expected: float | None) -> None:
    """Clock or count, bounded by a day; None where the server names no time."""
    assert expected == retry_after_s(text)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("2.0.0 Ok: queued as 4F2B3C1A2D", "4F2B3C1A2D"),
        ("OK id=1sFq2x-0003Kq-2B", "1sFq2x-0003Kq-2B"),
        ("2.0.0 45C1A2B3012345 Message accepted for delivery", "45C1A2B3012345"),
        ("2.6.0 <1@1708.example> [InternalId=4711, Hostname=mx.example] Queued mail for delivery", "4711"),
        ("2.0.0 OK  1780000000 d9443c01a7336-2f4e.12 - gsmtp", "d9443c01a7336-2f4e.12"),
        ("OK", None),
    ],
)
def test_the_queue_id_is_found_where_the_usual_servers_put_it(response: str, expected: str | None) -> None:
    """Postfix, Exim, Sendmail, Exchange, Google; None elsewhere."""
    assert expected == queue_id(response)
