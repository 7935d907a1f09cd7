"""The words in a mail, without markup and without what is quoted."""

import email
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.mail_html import html_to_text
from parser.mail_quotes import cut_quotes
from parser.mail_text import best_text, clean

ANSWER = "SELESAI lampu sudah diganti"


def text_of(raw: str | bytes) -> str:
    """Best text of a mail in its source form."""
    octets = raw.encode() if isinstance(raw, str) else raw
    return best_text(email.message_from_bytes(octets, policy=policy.default))


class TestBestText:
    def test_plain_text_comes_before_html(self) -> None:
        """Mail programs send both; the plain one needs no reading of markup."""
        mail = EmailMessage()
        mail.set_content("TERIMA")
        mail.add_alternative("<p>markup</p>", subtype="html")
        assert "TERIMA" == text_of(mail.as_bytes())

    def test_html_where_there_is_nothing_else(self) -> None:
        """Also where the plain part is there but empty."""
        mail = EmailMessage()
        mail.set_content(" \n")
        mail.add_alternative("<p>TERIMA</p>", subtype="html")
        assert "TERIMA" == text_of(mail.as_bytes())

    def test_attachments_are_not_the_answer(self) -> None:
        """A text file, and a whole mail, that are attached."""
        mail = EmailMessage()
        mail.add_attachment("isi berkas", filename="berkas.txt")
        mail.add_attachment(email.message_from_string("Subject: x\n\nSELESAI palsu", policy=policy.default))
        assert "" == text_of(mail.as_bytes())

    def test_a_mail_in_a_mail_is_not_the_answer(self) -> None:
        """A forwarded mail without a disposition."""
        raw = (
            'Content-Type: multipart/mixed; boundary="b"\n\n'
            "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nSELESAI palsu\n"
            "--b\nContent-Type: text/plain\n\nTERIMA\n--b--\n"
        )
        assert "TERIMA" == text_of(raw)

    @pytest.mark.parametrize(
        ("charset", "octets", "text"),
        [
            ("utf-8", b"caf\xc3\xa9", "café"),
            ("iso-8859-1", b"caf\xe9", "café"),
            ("utf-8", b"caf\xe9", "café"),
            ("us-ascii", b"caf\xc3\xa9", "café"),
            ("x-tidak-ada", b"caf\xc3\xa9", "café"),
            ("hex", b"cafe", "cafe"),
            ('"\\"', b"cafe", "cafe"),
            ("utf-8", b"a\x81b", "a\N{REPLACEMENT CHARACTER}b"),
        ],
    )
    def test_charsets_that_lie(self, charset: str, octets: bytes, text: str) -> None:
        """The declared one if it fits, else UTF-8, else Windows-1252; never an error."""
        assert text == text_of(b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\n" + octets)

    @pytest.mark.parametrize(
        ("encoding", "body"), [("base64", "VEVSSU1B"), ("quoted-printable", "=54ERIMA"), ("base64", "VEVSSU1B=")]
    )
    def test_transfer_encodings(self, encoding: str, body: str) -> None:
        """Decoded, also where the end is missing."""
        assert "TERIMA" == text_of(f"Content-Transfer-Encoding: {encoding}\n\n{body}")


class TestClean:
    def test_takes_out_what_postgresql_refuses(self) -> None:
        """NUL goes, lone surrogates are replaced, line ends are one character."""
        assert "ab\N{REPLACEMENT CHARACTER}\nc\nd" == clean("a\0b\ud83d\r\nc\rd")

    @given(st.text(st.characters()))
    def test_any_text_can_be_stored(self, text: str) -> None:
        """As UTF-8 without NUL."""
        assert b"\0" not in clean(text).encode()


class TestHtmlToText:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>SELESAI</p><p>lampu &amp; tiang</p>", "SELESAI\nlampu & tiang"),
            ("satu<br>dua<br/><br>tiga", "satu\ndua\n\ntiga"),
            ("<div>satu</div><div><br></div><div>dua</div>", "satu\n\ndua"),
            ("a  b\n c\t<b>d</b>e", "a b c de"),
            ("<style>p {color: red}</style><title>x</title><script>if (a < b) c()</script>TERIMA", "TERIMA"),
            ("<html><head><meta charset=x><body>TERIMA", "TERIMA"),
            ("TERIMA<blockquote>kutipan<br>lagi</blockquote>", "TERIMA\n> kutipan\n> lagi"),
            ("</blockquote></script>TERIMA", "TERIMA"),
            ("<!--[if mso]><p>x</p><![endif]-->TERIMA<!-- tidak berakhir", "TERIMA"),
            ("<!DOCTYPE html><?xml version='1'?>TERIMA", "TERIMA"),
            ("5 < 6 dan 7 > 3", "5 < 6 dan 7 > 3"),
            ("<tr><td>satu</td><td>dua</td></tr>", "satudua"),
            ("", ""),
        ],
    )
    def test_lines_as_a_reader_sees_them(self, markup: str, text: str) -> None:
        """Blocks and breaks make lines; code and comments are not shown."""
        assert text == html_to_text(markup)

    @pytest.mark.parametrize("hostile", ["<", "<!--", "<a ", "</", "<!", "&#", "<script>", "<blockquote>", "<b>a</b>"])
    @pytest.mark.timeout(5)
    def test_takes_time_in_proportion(self, hostile: str) -> None:
        """200 kB of markup that sends other parsers round in circles."""
        html_to_text((hostile * 200_000)[:200_000])


class TestCutQuotes:
    @pytest.mark.parametrize(
        "quote",
        [
            "== balas di atas baris ini ==\nLaporan 482 130 9764",
            "> == Balas di atas baris ini ==\n> Laporan",
            "> kutipan",
            "Pada Sen, 3 Agu 2026 pukul 10.12 LAPOR! 1708 <lapor@1708.example> menulis:\n\n> Laporan",
            "Pada tanggal Sen, 3 Agu 2026 pukul 10.12 LAPOR! 1708 <\nlapor@1708.example> menulis:\n> Laporan",
            "Pada Senin, 3 Agustus 2026 10:12:45 WIB, LAPOR! 1708\n<t-abc@1708.example>\nmenulis:\nLaporan",
            "On Mon, Aug 3, 2026 at 10:12 AM LAPOR! 1708 <lapor@1708.example> wrote:\n> Laporan",
            "2026-08-03 10:12 GMT+07:00 LAPOR! 1708 <lapor@1708.example>:\n> Laporan",
            "Dari: LAPOR! 1708\nDikirim: Senin, 3 Agustus 2026\nKepada: dinas\nSubjek: Laporan",
            "*Dari:* LAPOR! 1708\n*Tanggal:* 3 Agu 2026",
            "From: LAPOR! 1708\n\nSent: Monday\nTo: dinas\nSubject: Laporan",
            "-----Original Message-----\nLaporan",
            "-----Pesan Asli-----\nLaporan",
            "---------- Forwarded message ---------\nLaporan",
            "________________________________\nLaporan",
            "-- \nBidang Lampu",
            "Dikirim dari HP saya",
            "Sent from my iPhone",
        ],
    )
    def test_what_mail_programs_put_below(self, quote: str) -> None:
        """Indonesian and English headers, markers and signatures are cut with all below."""
        assert ANSWER == cut_quotes(f"{ANSWER}\n\n{quote}\n")

    def test_the_shortest_beginning_wins(self) -> None:
        """Several signs of a quote: the first of them."""
        assert ANSWER == cut_quotes(f"{ANSWER}\n\nOn Mon X wrote:\n\n> y\n== balas di atas baris ini ==\nz")

    @pytest.mark.parametrize(
        "text",
        [
            "Dari: warga RT 3 kami dengar hal yang sama",
            "Pada hari Senin petugas datang",
            "Dikirim dari gudang kami kemarin",
            "lebar jalan 3 -- 4 meter",
        ],
    )
    def test_sentences_that_only_look_like_it(self, text: str) -> None:
        """A header needs another one below it, a device its name."""
        assert text == cut_quotes(text)

    def test_an_answer_below_the_quote(self) -> None:
        """Where nothing stands above, the quoted lines go and the rest stays."""
        text = "Pada Sen, 3 Agu 2026 LAPOR! 1708 <lapor@1708.example> menulis:\n> Laporan\n> lagi\n\nTERIMA\n"
        assert "TERIMA" == cut_quotes(text)

    def test_nothing_is_nothing(self) -> None:
        """An empty mail has no answer."""
        assert "" == cut_quotes("")

    @given(st.text())
    def test_no_quoted_line_is_left(self, text: str) -> None:
        """Whatever the text, no answer has a line that begins with >."""
        assert not [line for line in cut_quotes(text).split("\n") if line.startswith(">")]
