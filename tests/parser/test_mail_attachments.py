"""What is attached to a mail: kept as it came, under a name that does no harm."""

import hashlib
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.mail_attachments import DEEPEST, MOST_ATTACHMENTS, read_attachments, safe_name

PHOTO = b"\xff\xd8\xff\xe0 foto"


def mail(text: str = "SELESAI") -> EmailMessage:
    """A mail with a text and nothing else."""
    message = EmailMessage()
    message.set_content(text)
    return message


def names(message: EmailMessage) -> list[str]:
    """The names of all that is attached."""
    return [found.name for found in read_attachments(message.as_bytes())]


def test_a_photo() -> None:
    """Its bytes, the type its sender claims, and its hash."""
    message = mail()
    message.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="IMG 1.jpg")
    (found,) = read_attachments(message.as_bytes())
    assert ("IMG 1.jpg", "image/jpeg", PHOTO) == (found.name, found.content_type, found.content)
    assert hashlib.sha256(PHOTO).hexdigest() == found.sha256


def test_the_text_is_no_attachment() -> None:
    """Neither plain nor HTML; a text file is one."""
    message = mail()
    message.add_alternative("<p>SELESAI</p>", subtype="html")
    message.add_attachment("isi", filename="surat.txt")
    assert ["surat.txt"] == names(message)


def test_a_picture_in_the_text_is_kept_too() -> None:
    """Signatures have logos, answers have photos: nobody can tell them apart."""
    message = mail()
    message.add_related(PHOTO, maintype="image", subtype="png", cid="<a>")
    assert ["lampiran-1.png"] == names(message)


def test_winmail_is_one_file() -> None:
    """What is in it is not looked at."""
    message = mail()
    message.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert ["winmail.dat"] == names(message)


def test_a_mail_that_is_attached_and_what_is_attached_to_it() -> None:
    """The mail whole, and its photo by itself."""
    inner = mail("jawaban bidang")
    inner.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="foto.jpg")
    message = mail()
    message.add_attachment(inner)
    found = read_attachments(message.as_bytes())
    assert ["message/rfc822", "image/jpeg"] == [each.content_type for each in found]
    assert b"jawaban bidang" in found[0].content


def test_not_more_than_anybody_sends() -> None:
    """In number and in depth."""
    many = mail()
    for number in range(MOST_ATTACHMENTS + 5):
        many.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename=f"{number}.jpg")
    assert MOST_ATTACHMENTS == len(names(many))
    deep = mail()
    deep.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="dalam.jpg")
    for _ in range(DEEPEST + 1):
        outer = mail()
        outer.add_attachment(deep)
        deep = outer
    assert "dalam.jpg" not in names(deep)


@pytest.mark.parametrize(
    ("given_name", "kind", "name"),
    [
        ("foto.jpg", "image/jpeg", "foto.jpg"),
        ("../../etc/passwd", "text/plain", "passwd"),
        ("C:\\Users\\a\\foto.jpg", "image/jpeg", "foto.jpg"),
        ("a\u202egpj.exe", "image/jpeg", "agpj.exe"),
        ("a\0b\r\nc.jpg", "image/jpeg", "abc.jpg"),
        ("..", "image/png", "lampiran-3.png"),
        (".htaccess", "text/plain", "htaccess"),
        ("", "application/x-tidak-ada", "lampiran-3"),
        ("laporan: akhir?.pdf", "application/pdf", "laporan akhir .pdf"),
        ("x" * 300 + ".pdf", "application/pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names_are_made_safe(given_name: str, kind: str, name: str) -> None:
    """No path, no control character, no direction mark, no endless name."""
    assert name == safe_name(given_name, kind, 3)


@given(st.text(st.characters()))
def test_any_name_is_made_safe(given_name: str) -> None:
    """Never empty, never a path."""
    name = safe_name(given_name, "image/png", 1)
    assert 0 < len(name) <= 100 and not set(name) & set("/\\\0\n") and name.encode()


@pytest.mark.timeout(20)
def test_nesting_without_end() -> None:
    """A thousand levels, of mails and of parts."""
    read_attachments(b"Content-Type: message/rfc822\n\n" * 1000 + b"\nx")
    levels = (f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1000))
    read_attachments("".join(levels).encode() + b"\nx")


@given(st.binary(max_size=200))
def test_random_bytes_have_attachments_or_none(raw: bytes) -> None:
    """Never an error."""
    read_attachments(raw)


def test_an_attached_mail_is_kept_as_it_came() -> None:
    """Not folded anew: for a name like this CPython never comes to an end."""
    inner = b"Content-Type: text/plain; name*0*=utf-8''" + b"a%20" * 60 + b"\r\n\r\nisi\r\n"
    outer = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
    first = read_attachments(outer + inner + b"\r\n--b--\r\n")[0]
    assert b"a%20a%20" in first.content
    seed = Path("bench/corpus/mail/attached-name-without-end.eml").read_bytes()
    assert read_attachments(seed)


def test_an_attached_mail_with_an_endless_header() -> None:
    """Two megabytes of what CPython takes the square of its length for, which is hours, in time and as it came."""
    inner = b"Subject: isi\nContent-Type: text/plain; " + b":" * 2_000_000 + b"\n\nisi"
    outer = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
    assert inner == read_attachments(outer + inner + b"\n--b--\n")[0].content
