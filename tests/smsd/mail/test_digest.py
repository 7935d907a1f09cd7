"""What agencies and their superiors read in the morning."""

import email
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_mail import read_mail
from smsd.mail.digest import MOST_SHOWN, Digest, DigestLine, compose_digest
from tests.smsd.mail.test_compose import INJECTIONS, NOW, Page, part

LINE = DigestLine(
    ticket_code="4821309764",
    topic_name="Jalan rusak",
    place_name="Kec Lowokwaru, Kota Malang",
    opened_at=datetime(2026, 6, 1, 2, 0, tzinfo=UTC),
    status="terdisposisi",
    due_on=date(2026, 6, 10),
    days_left=2,
    reply_address="t-k3m7x2ahn9wq@1708.example",
    confidential=False,
)
LATE = replace(LINE, ticket_code="5013377218", topic_name="Lampu jalan", due_on=date(2026, 6, 3), days_left=-3)
SECRET = replace(LINE, ticket_code="7350246110", topic_name="Pungli", place_name="Kel Dinoyo", confidential=True)
DAILY = Digest(
    kind="rekap",
    agency_name="Dinas PU Kota Malang",
    lines=(LINE, SECRET, LATE),
    sender="LAPOR! 1708 <lapor@1708.example>",
    recipient="dpu@malangkota.example",
    reply_address="lapor@1708.example",
    message_id="<rekap.1@1708.example>",
)
WEEKLY = replace(DAILY, kind="rekap_atasan", lines=(LATE,), opened=7, closed=4, open_count=12)


def received(digest: Digest) -> EmailMessage:
    """The mail as a mail program reads it."""
    mail = email.message_from_bytes(compose_digest(digest, now=NOW).as_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def plain(digest: Digest) -> str:
    return part(received(digest), "plain")


def links(digest: Digest) -> list[str]:
    return Page(part(received(digest), "html")).links


def test_headers_say_that_it_is_automatic_and_in_no_thread() -> None:
    """A conversation of its own: no reference to any ticket."""
    mail = received(DAILY)
    expected = {
        "From": "LAPOR! 1708 <lapor@1708.example>",
        "To": "Dinas PU Kota Malang <dpu@malangkota.example>",
        "Reply-To": "lapor@1708.example",
        "Subject": "[LAPOR] 3 laporan terbuka, 1 terlambat - Dinas PU Kota Malang",
        "Message-ID": "<rekap.1@1708.example>",
        "In-Reply-To": None,
        "References": None,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-SMSD-Loop": "1708",
    }
    assert expected == {name: mail[name] for name in expected}
    assert "own" == read_mail(mail.as_bytes()).automatic


def test_the_worst_stands_first() -> None:
    """The longest late, then the next to be due, then what has no deadline."""
    lines = tuple(
        replace(LINE, ticket_code=code, days_left=days)
        for code, days in (("4821309764", None), ("5013377218", 5), ("2290415873", -2), ("9174402655", 0))
    )
    text = plain(replace(DAILY, lines=lines))
    codes = ("229 041 5873", "917 440 2655", "501 337 7218", "482 130 9764")
    assert sorted(codes, key=text.index) == list(codes)
    assert all(code in text for code in codes)


@pytest.mark.parametrize(
    ("days_left", "due_on", "expected"),
    [
        (-3, date(2026, 6, 3), "Terlambat 3 hari kerja, batas 3 Juni"),
        (0, date(2026, 6, 8), "Batas hari ini"),
        (2, date(2026, 6, 10), "Sisa 2 hari kerja, batas 10 Juni"),
        (40, date(2027, 1, 4), "Sisa 40 hari kerja, batas 4 Januari 2027"),
        (None, None, "Tanpa batas waktu"),
    ],
)
def test_each_line_says_how_late_it_is(days_left: int | None, due_on: date | None, expected: str) -> None:
    """In working days and as a date."""
    assert f"1. {expected}\n" in plain(replace(DAILY, lines=(replace(LINE, days_left=days_left, due_on=due_on),)))


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_each_line_says_what_where_since_when_and_how_it_stands(subtype: str) -> None:
    """All that tells one report from another."""
    content = part(received(DAILY), subtype)
    text = content if subtype == "plain" else Page(content).text
    wanted = ["Jalan rusak", "482 130 9764", "Kec Lowokwaru, Kota Malang", "Masuk 1 Juni, belum dijawab"]
    assert [] == [words for words in wanted if words not in text]


def test_an_unknown_status_is_shown_as_it_is() -> None:
    """A status that is added later is no error."""
    assert "Masuk 1 Juni, bukan wewenang\n" in plain(replace(DAILY, lines=(replace(LINE, status="bukan_wewenang"),)))


def test_each_report_is_answered_at_its_own_address() -> None:
    """The link goes into the report's own thread; who reads plain text sees the address."""
    (link,) = map(urlsplit, links(replace(DAILY, lines=(LINE,))))
    assert ("mailto", LINE.reply_address) == (link.scheme, link.path)
    subject = "Re: [LAPOR 482 130 9764] Jalan rusak - Kec Lowokwaru, Kota Malang"
    assert {"subject": [subject]} == parse_qs(link.query)
    assert f"Jawab ke: {LINE.reply_address}\n" in plain(DAILY)


@pytest.mark.parametrize("digest", [DAILY, replace(WEEKLY, lines=(SECRET,))])
def test_a_confidential_report_is_a_number(digest: Digest) -> None:
    """No topic, no place, and no address under which any reader of the mailbox could answer it."""
    mail = received(replace(digest, lines=(replace(SECRET, reply_address="t-rahasia@1708.example"),)))
    for content in (part(mail, "plain"), part(mail, "html")):
        assert "735 024 6110" in content and "Laporan rahasia" in content
        assert [] == [word for word in ("Pungli", "Dinoyo", "t-rahasia", "1 Juni,") if word in content]


def test_a_long_list_is_cut() -> None:
    """Fifty, the worst; the rest is a number, and the counts are of all."""
    lines = tuple(replace(LINE, days_left=number) for number in range(MOST_SHOWN + 7))
    text = plain(replace(DAILY, lines=lines))
    assert "\ndan 7 lainnya\n" in text and f"\n{MOST_SHOWN}. Sisa 49 hari kerja" in text
    assert f"{MOST_SHOWN + 1}. " not in text
    assert "Terbuka: 57\n" in text
    assert "lainnya" not in plain(replace(DAILY, lines=lines[:MOST_SHOWN]))


def test_a_superior_reads_counts_and_the_late_ones_and_answers_nothing() -> None:
    """The week in figures, whom it is about, no link and no address to answer a report at."""
    mail = received(replace(WEEKLY, lines=(replace(LATE, agency_name="UPTD Penerangan"),)))
    text = part(mail, "plain")
    assert "Terbuka: 12\nTerlambat: 1\nMasuk 7 hari terakhir: 7\nDitutup 7 hari terakhir: 4\n" in text
    assert "Yth. Atasan Dinas PU Kota Malang\n" in text and "Tidak ada yang perlu dijawab" in text
    assert "   UPTD Penerangan\n" in text
    assert LATE.reply_address not in mail.as_string()
    assert [] == Page(part(mail, "html")).links
    expected = "[LAPOR] Rekap mingguan: 12 laporan terbuka, 1 terlambat - Dinas PU Kota Malang"
    assert expected == mail["Subject"]


@pytest.mark.parametrize(
    ("digest", "expected"),
    [(DAILY, "Tidak ada laporan yang terbuka.\n"), (WEEKLY, "Tidak ada laporan yang terlambat.\n")],
)
def test_an_empty_digest_says_so(digest: Digest, expected: str) -> None:
    """A good week is news too."""
    assert expected in plain(replace(digest, lines=()))


@pytest.mark.parametrize("digest", [DAILY, WEEKLY])
def test_the_page_needs_nothing_from_elsewhere(digest: Digest) -> None:
    """No script, no picture, no style sheet; tables are for layout only."""
    page = Page(part(received(digest), "html"))
    assert set() == {"script", "img", "link", "style", "iframe", "form"} & set(page.tags)
    assert page.tags.count("table") == page.attributes.count(("role", "presentation"))
    assert ["h1"] == [tag for tag in page.tags if tag in {"h1", "h2", "h3"}]


# ---------------------------------------------------------------- hostile texts


def loaded(digest: Digest, evil: str) -> Digest:
    """The digest with `evil` in every field that strangers fill."""
    line = replace(LINE, topic_name=evil, place_name=evil, status=evil, agency_name=evil)
    return replace(digest, agency_name=evil, lines=(line,))


@pytest.mark.parametrize("digest", [DAILY, WEEKLY])
def test_markup_and_braces_are_shown_and_not_obeyed(digest: Digest) -> None:
    """Whatever topics and agencies are called, the page keeps its tags."""
    evil = '</td><script>alert("x")</script><img src=http://x.example/y>{{ 7*7 }}{name}{0}'
    expected, actual = (Page(part(received(loaded(digest, text)), "html")) for text in ("x", evil))
    assert expected.tags == actual.tags
    assert evil in actual.text


@pytest.mark.parametrize("digest", [DAILY, WEEKLY])
@pytest.mark.parametrize("evil", INJECTIONS)
def test_line_ends_make_no_header(digest: Digest, evil: str) -> None:
    """The set of headers and the one recipient are fixed."""
    mail = received(loaded(digest, evil))
    assert received(digest).keys() == mail.keys()
    assert [digest.recipient] == [mailbox.addr_spec for mailbox in mail["To"].addresses]


@given(evil=st.text(max_size=200))
def test_any_text_makes_a_mail_of_the_same_shape(evil: str) -> None:
    """Lines keep to RFC 5322's 998 octets and to ASCII."""
    raw = compose_digest(loaded(DAILY, evil), now=NOW).as_bytes()
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    assert received(DAILY).keys() == received(loaded(DAILY, evil)).keys()


def test_ten_thousand_reports_make_a_small_mail() -> None:
    """Fifty are shown, however long their places are called."""
    lines = tuple(replace(LINE, place_name="x\n" * 100, days_left=-number) for number in range(10_000))
    assert len(compose_digest(replace(DAILY, lines=lines), now=NOW).as_bytes()) < 200_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipient": "a@b.example, c@d.example"}, "write it as"),
        ({"reply_address": ""}, "write it as"),
        ({"message_id": "rekap"}, "write it as"),
        ({"lines": (replace(LINE, opened_at=NOW.replace(tzinfo=None) - timedelta(days=1)),)}, "time zone"),
    ],
)
def test_what_cannot_stand_in_a_mail_is_refused(change: dict[str, str], message: str) -> None:
    """These come from configuration or from us, so a fault is an error."""
    fields: dict[str, str] = change
    with pytest.raises(ValueError, match=message):
        compose_digest(replace(DAILY, **fields), now=NOW)  # type: ignore[arg-type]
