"""The words in a mail, without markup and without what is quoted."""

import email
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.mail_text import best_text, clean


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
            ("iso-8859-1", b"\x93a\x94 \x80", "“a” €"),
            ("us-ascii", b"\x93a\x94", "“a”"),
            ("iso-8859-1", b"caf\xc3\xa9", "café"),
            ("windows-1252", b"\x93a\x94", "“a”"),
            ("gb2312", "公路”".encode("gbk"), "公路”"),
            ("utf-16le", "café".encode("utf-16le"), "café"),
            ("utf-8", b"\xef\xbb\xbfcafe", "cafe"),
            ("punycode", b"cafe-x", "cafe-x"),
            ("unicode-escape", b"\\u0041", "\\u0041"),
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


class TestFlowed:
    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ("SELESAI lampu \nsudah \ndiganti\nhari ini", "SELESAI lampu sudah diganti\nhari ini"),
            ("a\n-- \nb", "a\n-- \nb"),
            ("a \n> b \n> c", "a \n> b c"),
            ("> a \n>> b\nc", "> a \n>> b\nc"),
            (" > bukan kutipan", "> bukan kutipan"),
            ("a \n\nb", "a \nb"),
        ],
    )
    def test_broken_lines_are_joined(self, body: str, text: str) -> None:
        """RFC 3676: a space at the end goes on, in the same depth of quotes, never behind a signature's mark."""
        assert text == text_of(f"Content-Type: text/plain; format=flowed\n\n{body}\n")

    def test_words_may_be_broken(self) -> None:
        """DelSp=yes: the space at the end is none of the text's."""
        assert "SELESAI" == text_of("Content-Type: text/plain; format=flowed; delsp=yes\n\nSELE \nSAI\n")

    @pytest.mark.timeout(5)
    def test_a_line_in_a_hundred_thousand_pieces(self) -> None:
        """Time in proportion."""
        text_of("Content-Type: text/plain; format=flowed\n\n" + "a \n" * 100_000)


class TestBrokenParts:
    def test_a_multipart_without_a_boundary_is_shown_as_it_stands(self) -> None:
        """An operator sees what came; no verb is guessed in it."""
        assert "--x\n\nTERIMA" == text_of("Content-Type: multipart/mixed\n\n--x\n\nTERIMA\n")


class TestClean:
    def test_takes_out_what_postgresql_refuses(self) -> None:
        """NUL goes, lone surrogates are replaced, line ends are one character."""
        assert "ab\N{REPLACEMENT CHARACTER}\nc\nd" == clean("a\0b\ud83d\r\nc\rd")

    @given(st.text(st.characters()))
    def test_any_text_can_be_stored(self, text: str) -> None:
        """As UTF-8 without NUL."""
        assert b"\0" not in clean(text).encode()
