"""An agency's answer by mail, read without ever failing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_mail import LOOP_HEADER, AgencyMail, find_token, new_token, read_mail

TOKEN = "abcdefghjkmnpqrstuvw"
ADDRESS = f"t-{TOKEN}@1708.example"

PLAIN = f"""\
Return-Path: <penghubung@dinaspu.example>
Delivered-To: {ADDRESS}
From: =?utf-8?q?Dinas_PU=2C_Malang?= <Penghubung@DinasPU.example>
To: "LAPOR! 1708" <{ADDRESS.upper()}>, Arsip <arsip@dinaspu.example>
Cc: sekretariat@dinaspu.example
Subject: Re: Laporan 482 130 9764: =?utf-8?q?lampu?=
 =?utf-8?q?_jalan?=
Message-ID: <satu@dinaspu.example>
In-Reply-To: <nol@1708.example>
Date: Mon, 3 Aug 2026 10:12:45 +0700
Content-Type: text/plain; charset=utf-8

SELESAI lampu sudah diganti

== balas di atas baris ini ==
Laporan 482 130 9764
"""


def mail(*headers: str, body: str = "TERIMA") -> bytes:
    """A short mail from an agency with some more headers."""
    return "\n".join(["From: penghubung@dinaspu.example", *headers, "", body]).encode()


class TestReadMail:
    def test_an_answer_field_by_field(self) -> None:
        """All that the gateway needs to know of a mail."""
        text = "SELESAI lampu sudah diganti\n\n== balas di atas baris ini ==\nLaporan 482 130 9764"
        expected = AgencyMail(
            message_id="<satu@dinaspu.example>",
            sender="penghubung@dinaspu.example",
            recipients=(ADDRESS, "arsip@dinaspu.example", "sekretariat@dinaspu.example"),
            subject="Re: Laporan 482 130 9764: lampu jalan",
            in_reply_to="<nol@1708.example>",
            automatic=None,
            text=text,
            answer="SELESAI lampu sudah diganti",
        )
        assert expected == read_mail(PLAIN.encode())

    def test_an_empty_mail(self) -> None:
        """No header, no body, no error."""
        assert AgencyMail(None, "", (), "", None, None, "", "") == read_mail(b"")

    @pytest.mark.parametrize(
        ("header", "sender"),
        [
            ("A <a@b.example>", "a@b.example"),
            ("a@b.example", "a@b.example"),
            ('"penghubung@dinaspu.example" <lain@x.example>', "lain@x.example"),
            ('"<penghubung@dinaspu.example>" <lain@x.example>', "lain@x.example"),
            ("=?utf-8?q?=3Cpenghubung=40dinaspu.example=3E?= <lain@x.example>", "lain@x.example"),
            ("a@b.example, c@d.example", "a@b.example"),
            ("tanpa alamat", ""),
            ("<<a@b.example>>", "a@b.example"),
        ],
    )
    def test_the_sender_is_the_address_and_not_the_display_name(self, header: str, sender: str) -> None:
        """A display name can say anything."""
        assert sender == read_mail(f"From: {header}\n\nx".encode()).sender

    @pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "To", "Cc", "Resent-To"])
    def test_recipients_of_every_kind(self, header: str) -> None:
        """The tokenised address may be in any of them, lists and forwards included."""
        assert (ADDRESS,) == read_mail(mail(f"{header}: {ADDRESS}")).recipients

    @pytest.mark.parametrize(
        ("header", "identifier"),
        [
            ("Message-ID: <a@b>", "<a@b>"),
            ("Message-ID: a@b", "a@b"),
            ("Message-ID:", None),
            ("X: y", None),
        ],
    )
    def test_message_ids(self, header: str, identifier: str | None) -> None:
        """In brackets or not; None where there is none."""
        assert identifier == read_mail(mail(header)).message_id

    def test_raw_bytes_in_headers(self) -> None:
        """Old mail programs write UTF-8, or worse, straight into the subject."""
        assert "Balasan caf\N{REPLACEMENT CHARACTER}" == read_mail(b"Subject: Balasan caf\xe9\n\nx").subject

    def test_mails_nested_too_deep_still_have_their_headers(self) -> None:
        """The standard library gives up at about a thousand levels."""
        levels = (f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1100))
        raw = b"From: a@b.example\n" + "".join(levels).encode() + b"\nTERIMA\n"
        assert "a@b.example" == read_mail(raw).sender

    @pytest.mark.timeout(10)
    @pytest.mark.parametrize(
        "header",
        ["Subject: " + "=?utf-8?q?a?= " * 50_000, "To: " + "a@b.example, " * 20_000, "From: " + "(" * 100_000],
        ids=["subject", "to", "from"],
    )
    def test_huge_headers_take_no_huge_time(self, header: str) -> None:
        """The standard library's time grows with the square of their length."""
        read_mail(mail(header))

    @pytest.mark.timeout(20)
    @pytest.mark.parametrize("line", ["X: y\n", f"To: {ADDRESS}\n", "Subject: a\n b\n"])
    def test_headers_without_end_take_no_huge_time(self, line: str) -> None:
        """What was answered is read all the same."""
        read = read_mail(mail((line * 200_000).rstrip("\n"), body="TERIMA"))
        assert ("penghubung@dinaspu.example", "TERIMA") == (read.sender, read.answer)

    @pytest.mark.timeout(20)
    def test_parts_without_end_take_no_huge_time(self) -> None:
        """The first ones are read."""
        parts = "--b\n\nTERIMA\n" + "--b\n\nx\n" * 200_000
        assert "TERIMA" == read_mail(mail('Content-Type: multipart/mixed; boundary="b"', body=parts)).answer

    @given(st.binary(max_size=300))
    def test_random_bytes_are_read(self, raw: bytes) -> None:
        """Nothing that arrives stops the loop, and everything that is read can be stored."""
        read = read_mail(raw, "")
        for text in (read.sender, read.subject, read.text, read.answer, read.message_id or "", *read.recipients):
            assert b"\0" not in text.encode()

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ["From", "To", "Cc", "Subject", "Message-ID", "Content-Type", "Content-Disposition", "Precedence"]
                    + ["Content-Transfer-Encoding", "Auto-Submitted", "In-Reply-To", "Resent-To", "MIME-Version"]
                ),
                st.one_of(
                    st.text(st.sampled_from("<>@,;:()[]\"'\\=?. \tab*%0\x80\xff"), max_size=40).map(
                        lambda text: text.encode("latin-1")
                    ),
                    st.sampled_from(
                        [b"multipart/mixed; boundary=b", b"text/html; charset*=x''%ff", b"=?utf-8?b?=00?=", b"base64"]
                        + [b"multipart/report; report-type*0=a; report-type*2=b", b"message/rfc822", b"a:;<@>"]
                    ),
                ),
            ),
            max_size=6,
        ),
        st.binary(max_size=60),
    )
    def test_random_headers_are_read(self, headers: list[tuple[str, bytes]], body: bytes) -> None:
        """Headers that look like something and are not."""
        lines = [name.encode() + b": " + value for name, value in headers]
        read_mail(b"\n".join([*lines, b"", b"--b", body, b"--b--"]))


class TestAutomatic:
    @pytest.mark.parametrize(
        ("header", "automatic"),
        [
            (f"{LOOP_HEADER}: 1", "own"),
            ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "bounce"),
            ("Content-Type: multipart/report; boundary=b", "bounce"),
            ("Content-Type: multipart/report; report-type=disposition-notification; boundary=b", "auto-reply"),
            ("X-Failed-Recipients: penghubung@dinaspu.example", "bounce"),
            ("Subject: Undelivered Mail Returned to Sender", "bounce"),
            ("Subject: Pesan tidak terkirim", "bounce"),
            ("Auto-Submitted: auto-replied", "auto-reply"),
            ("Auto-Submitted: auto-generated (vacation)", "auto-reply"),
            ("Auto-Submitted: auto-notified; owner=x", "auto-reply"),
            ("Precedence: bulk", "auto-reply"),
            ("Precedence: auto_reply", "auto-reply"),
            ("Precedence: Junk", "auto-reply"),
            ("X-Autoreply: yes", "auto-reply"),
            ("X-Autorespond: ya", "auto-reply"),
            ("X-Auto-Response-Suppress: All", "auto-reply"),
            ("Subject: Balasan Otomatis: Laporan 482 130 9764", "auto-reply"),
            ("Subject: Saya sedang cuti sampai 10 Agustus", "auto-reply"),
            ("Subject: Di luar kantor", "auto-reply"),
            ("Subject: Sedang dinas luar", "auto-reply"),
            ("Subject: Out of Office Re: Laporan", "auto-reply"),
            ("Subject: Automatic reply: Laporan", "auto-reply"),
            ("Auto-Submitted: no", None),
            ("Auto-Submitted: No; x=y", None),
            ("Auto-Submitted:", None),
            ("Precedence: list", None),
            ("Subject: Re: Laporan petugas sedang cuti", None),
            ("Subject: Bls: Laporan kantor tutup, pegawai dinas luar", None),
            ("Subject: Re: Laporan surat tidak terkirim", None),
        ],
    )
    def test_signs(self, header: str, automatic: str | None) -> None:
        """Which robot wrote it, if any; a person who answers keeps our subject behind Re:."""
        assert automatic == read_mail(mail(header)).automatic

    def test_a_mail_server_by_its_name(self) -> None:
        """Old servers send bounces without any other sign."""
        assert "bounce" == read_mail(b"From: Mailer-Daemon@mx.example\n\nsorry").automatic

    @pytest.mark.parametrize(
        ("envelope", "automatic"), [("", "bounce"), ("<>", "bounce"), ("a@b.example", None), (None, None)]
    )
    def test_an_empty_envelope_sender_is_a_robot(self, envelope: str | None, automatic: str | None) -> None:
        """RFC 5321 section 4.5.5; None says that the caller does not know."""
        assert automatic == read_mail(mail(), envelope).automatic

    def test_an_answering_machine_with_an_empty_envelope_sender_is_no_bounce(self) -> None:
        """RFC 3834 section 3.3: the agency's mailbox is alive."""
        assert "auto-reply" == read_mail(mail("Auto-Submitted: auto-replied"), "").automatic

    def test_our_own_mail_comes_before_all(self) -> None:
        """A loop is a loop, whatever else the mail says."""
        assert "own" == read_mail(mail(f"{LOOP_HEADER}: 1", "Precedence: bulk"), "").automatic


class TestToken:
    def test_is_what_was_chosen(self) -> None:
        """Twenty letters and digits that cannot be confused."""
        numbers = iter(range(20))
        assert TOKEN == new_token(lambda below: next(numbers))

    @given(st.lists(st.integers(0, 30), min_size=20, max_size=20), st.booleans())
    def test_is_found_in_its_address(self, numbers: list[int], upper: bool) -> None:
        """In any case, among other addresses."""
        rest = iter(numbers)
        token = new_token(lambda below: next(rest))
        address = f"t-{token}@1708.example"
        recipients = ["arsip@dinaspu.example", address.upper() if upper else address]
        assert token == find_token(recipients, "1708.Example")

    @pytest.mark.parametrize(
        "address",
        [
            f"{TOKEN}@1708.example",
            f"t-{TOKEN}@1708.example.org",
            f"t-{TOKEN}@1708xexample",
            f"t-{TOKEN}a@1708.example",
            f"t-{TOKEN[:-1]}@1708.example",
            f"t-{TOKEN[:-1]}o@1708.example",
            f"xt-{TOKEN}@1708.example",
            "lapor@1708.example",
            "",
        ],
    )
    def test_is_not_guessed(self, address: str) -> None:
        """One character off is a matter for a person."""
        assert find_token([address], "1708.example") is None
