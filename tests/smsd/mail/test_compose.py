"""What the agencies read."""

import email
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_mail import read_mail
from parser.agency_verb import (
    Accept,
    Ask,
    Done,
    FreeText,
    NeedsExplanation,
    NotOurs,
    Postpone,
    Process,
    Refuse,
    Verb,
    read_verb,
)
from smsd.mail.answers import ANSWER_WORDS
from smsd.mail.compose import MARKER, Dispatch, Kind, compose

WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 6, 8, 9, 20, tzinfo=WIB)
REPORT = Dispatch(
    kind="disposisi",
    ticket_code="4821309764",
    topic_name="Jalan rusak",
    place_name="Kec Lowokwaru, Kota Malang",
    text="Jl Mawar RT 03 berlubang",
    extra_text="",
    opened_at=datetime(2026, 6, 8, 2, 14, tzinfo=UTC),
    due_on=date(2026, 6, 12),
    reasons=('Kata "jl" dan "lubang" cocok dengan topik Jalan rusak.', "Lowokwaru ada di Kota Malang."),
    agency_name="Dinas PU Kota Malang",
    confidential=False,
    reply_address="t-k3m7x2ahn9wq@1708.example",
    message_id="<d.01j9z@1708.example>",
    thread_id="<ticket.9f3@1708.example>",
    sender="LAPOR! 1708 <lapor@1708.example>",
    recipient="dpu@malangkota.example",
)
KINDS: tuple[Kind, ...] = get_args(Kind)
# Those that begin a thread; the subject of the last three says first what they are about.
FIRST = ("disposisi", "tembusan", "atasan", "macet", "ombudsman")
# Those that an agency answers with one of the words.
ANSWERED = ("disposisi", "tambahan", "dibuka", "dirahasiakan", "bantuan", "pengingat", "terlambat", "tanpa_jawaban")
TODAY = date(2026, 6, 9)


def received(dispatch: Dispatch, now: datetime = NOW) -> EmailMessage:
    """The mail as the agency's mail program reads it."""
    mail = email.message_from_bytes(compose(dispatch, now=now).as_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


class Page(HTMLParser):
    """Tags, attributes and visible text of a HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def links(self) -> list[str]:
        return [value for name, value in self.attributes if name == "href"]


def body_text(html: str) -> str:
    """What stands on the page; the title is not part of it."""
    return Page("<body" + html.partition("<body")[2]).text


def test_headers_address_the_agency_and_take_the_answer_to_the_reply_address() -> None:
    """From us, to the agency by name, answers to the token address; dated and identified by the caller."""
    mail = received(REPORT)
    expected = {
        "From": "LAPOR! 1708 <lapor@1708.example>",
        "To": "Dinas PU Kota Malang <dpu@malangkota.example>",
        "Reply-To": "t-k3m7x2ahn9wq@1708.example",
        "Subject": "[LAPOR 482 130 9764] Jalan rusak - Kec Lowokwaru, Kota Malang",
        "Date": "Mon, 08 Jun 2026 09:20:00 +0700",
        "Message-ID": "<d.01j9z@1708.example>",
        "In-Reply-To": "<ticket.9f3@1708.example>",
        "References": "<ticket.9f3@1708.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-SMSD-Loop": "1708",
    }
    assert expected == {name: mail[name] for name in expected}


def test_a_mail_that_is_its_own_thread_root_does_not_refer_to_itself() -> None:
    """No In-Reply-To and no References when the thread begins with this very mail."""
    mail = received(replace(REPORT, thread_id=REPORT.message_id))
    assert (None, None) == (mail["In-Reply-To"], mail["References"])


def test_a_help_mail_says_that_it_is_a_reply() -> None:
    """RFC 3834 section 5: what answers one mail is auto-replied."""
    assert "auto-replied" == received(replace(REPORT, kind="bantuan"))["Auto-Submitted"]


@pytest.mark.parametrize("kind", [*ANSWERED, "tembusan", "dibatalkan"])
def test_the_subject_stays_the_same_in_the_thread(kind: Kind) -> None:
    """Mail programs thread by subject without Re: as well as by References."""
    subject = received(replace(REPORT, kind=kind))["Subject"]
    assert REPORT.subject == subject.removeprefix("Re: ")
    assert (kind not in FIRST) == subject.startswith("Re: ")


def test_a_confidential_subject_tells_only_the_number() -> None:
    """Subjects show on lock screens, so topic and place stay inside the mail."""
    assert "[LAPOR 482 130 9764] Laporan rahasia" == received(replace(REPORT, confidential=True))["Subject"]


@pytest.mark.parametrize(
    ("topic", "place", "expected"),
    [
        ("Jalan rusak", "", "[LAPOR 482 130 9764] Jalan rusak"),
        ("", "Kota Malang", "[LAPOR 482 130 9764] Kota Malang"),
        ("", "", "[LAPOR 482 130 9764] Laporan warga"),
    ],
)
def test_the_subject_does_without_what_is_not_known(topic: str, place: str, expected: str) -> None:
    """No dangling dash where topic or place is missing."""
    assert expected == replace(REPORT, topic_name=topic, place_name=place).subject


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_both_parts_begin_with_the_marker(kind: Kind, subtype: str) -> None:
    """What is above the marker is the agency's answer, so nothing of ours may stand above it."""
    content = part(received(replace(REPORT, kind=kind)), subtype)
    text = content if subtype == "plain" else body_text(content)
    assert MARKER == text.strip().splitlines()[0]


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_both_parts_say_what_where_since_when_why_and_by_when(subtype: str) -> None:
    """The facts an official needs are in either part, in words."""
    content = part(received(REPORT), subtype)
    text = content if subtype == "plain" else Page(content).text
    wanted = [
        "Yth. Dinas PU Kota Malang",
        "482 130 9764",
        "Jalan rusak",
        "Kec Lowokwaru, Kota Malang",
        "Senin, 8 Juni 2026, pukul 09.14 WIB",
        "Jl Mawar RT 03 berlubang",
        'Kata "jl" dan "lubang" cocok dengan topik Jalan rusak.',
        "Mohon jawaban paling lambat Jumat, 12 Juni 2026.",
        *(word.word for word in ANSWER_WORDS),
    ]
    assert [] == [words for words in wanted if words not in text]


def test_the_plain_part_quotes_the_citizen_line_by_line() -> None:
    """The words stay the citizen's own: quoted, in their lines, nothing added."""
    text = part(received(replace(REPORT, text="\nlampu mati\r\nsudah 3 hari \n")), "plain")
    assert "Isi laporan:\n\n> lampu mati\n> sudah 3 hari\n\n" in text


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2026, 6, 12), "Mohon jawaban paling lambat Jumat, 12 Juni 2026."),
        (date(2026, 6, 8), "Mohon jawaban hari ini, Senin, 8 Juni 2026."),
        (date(2026, 6, 5), "Batas jawaban sudah lewat: Jumat, 5 Juni 2026. Mohon segera dijawab."),
        (None, "Mohon segera dijawab."),
    ],
)
def test_the_deadline_is_a_date(due_on: date | None, expected: str) -> None:
    """Before, on and after the day, and without one."""
    assert f"\nLaporan warga untuk Anda.\n{expected}\n\n" in part(received(replace(REPORT, due_on=due_on)), "plain")


def test_words_added_later_come_before_the_report() -> None:
    """A `tambahan` shows the new words first and the report below them."""
    text = part(received(replace(REPORT, kind="tambahan", extra_text="ada motor jatuh")), "plain")
    assert 0 < text.index("Keterangan baru:\n\n> ada motor jatuh") < text.index("Isi laporan:")


def test_a_copy_asks_for_nothing() -> None:
    """Whoever watches over an office reads the report, why it came, and that nothing need be answered."""
    mail = received(replace(REPORT, kind="tembusan"))
    text = part(mail, "plain")
    assert "tidak perlu dijawab" in text
    assert "Jl Mawar RT 03 berlubang" in text
    assert "Mohon jawaban" not in text and "CARA MENJAWAB" not in text
    assert [] == Page(part(mail, "html")).links


def test_what_is_not_done_stands_before_the_report() -> None:
    """A report that was opened again asks for an answer."""
    text = part(received(replace(REPORT, kind="dibuka", extra_text="sebelah kanan")), "plain")
    assert text.index("Yang belum beres:\n\n> sebelah kanan") < text.index("> Jl Mawar RT 03 berlubang")
    assert "CARA MENJAWAB" in text


def test_a_withdrawn_report_asks_for_nothing() -> None:
    """No deadline, no words to answer with, and it says that no answer is needed."""
    mail = received(replace(REPORT, kind="dibatalkan"))
    text = part(mail, "plain")
    assert "tidak perlu membalas" in text
    assert "Mohon jawaban" not in text and "CARA MENJAWAB" not in text
    assert [] == Page(part(mail, "html")).links


def test_a_help_mail_shows_what_could_not_be_read() -> None:
    """The official sees the answer that was not understood, and the words that are."""
    text = part(received(replace(REPORT, kind="bantuan", extra_text="siap laksanakan")), "plain")
    assert "Jawaban Anda:\n\n> siap laksanakan\n" in text
    assert "CARA MENJAWAB" in text


def test_unknown_place_and_topic_are_said_to_be_unknown() -> None:
    """An empty field is no blank line but a statement."""
    text = part(received(replace(REPORT, place_name="", topic_name="", reasons=())), "plain")
    assert "Perihal: belum digolongkan\nTempat: tidak disebut pelapor\nNomor: 482 130 9764\n" in text
    assert "Mengapa dikirim" not in text


@pytest.mark.parametrize("confidential", [True, False])
def test_only_confidential_reports_warn(confidential: bool) -> None:
    """RAHASIA stands in both parts, or in none."""
    mail = received(replace(REPORT, confidential=confidential))
    assert [confidential] * 2 == ["RAHASIA." in part(mail, subtype) for subtype in ("plain", "html")]


def test_every_word_is_a_link_that_fills_in_subject_and_body() -> None:
    """RFC 6068 links: to the token address, threaded by subject, the word in place, the cursor where it goes on."""
    links = [urlsplit(link) for link in Page(part(received(REPORT), "html")).links]
    assert [
        *("TERIMA", "PROSES: ", "SELESAI: "),
        *("TANYA: ", "BUKAN WEWENANG: ", "TUNDA <tanggal> <alasan>", "TOLAK: "),
    ] == [parse_qs(link.query)["body"][0] for link in links]
    assert {("mailto", REPORT.reply_address, f"Re: {REPORT.subject}")} == {
        (link.scheme, link.path, parse_qs(link.query)["subject"][0]) for link in links
    }


def test_every_word_is_one_that_the_parser_reads() -> None:
    """What we tell agencies to write is what we understand: the links' bodies, and the examples."""
    expected: dict[str, tuple[Verb, type[Verb]]] = {
        "TERIMA": (Accept(), Accept),
        "PROSES": (Process(""), Process),
        "SELESAI": (NeedsExplanation("SELESAI"), Done),
        "TANYA": (NeedsExplanation("TANYA"), Ask),
        "BUKAN WEWENANG": (NotOurs(""), NotOurs),
        "TUNDA": (NeedsExplanation("TUNDA"), Postpone),
        "TOLAK": (NeedsExplanation("TOLAK"), Refuse),
    }
    words = {word.word: word for word in ANSWER_WORDS}
    for word, (empty, full) in expected.items():
        assert (empty, full) == (read_verb(words[word].prefilled, TODAY), type(read_verb(words[word].example, TODAY)))


@pytest.mark.parametrize(
    ("word", "typed", "expected"),
    [
        ("TERIMA", "\n\nSalam, Dinas PU", Accept()),
        ("PROSES", "petugas ke lokasi", Process("petugas ke lokasi")),
        ("SELESAI", "Sudah ditambal", Done("Sudah ditambal")),
        ("TANYA", "di dekat apa?", Ask("di dekat apa?")),
        ("BUKAN WEWENANG", "Dinas Bina Marga", NotOurs("Dinas Bina Marga")),
    ],
)
def test_what_is_typed_behind_a_prefilled_word_is_read(word: str, typed: str, expected: Verb) -> None:
    """The cursor stands where the words go."""
    (prefilled,) = (each.prefilled for each in ANSWER_WORDS if each.word == word)
    assert expected == read_verb(prefilled + typed, TODAY)


@pytest.mark.parametrize("word", ["TUNDA", "TOLAK"])
def test_a_prefilled_word_that_is_sent_unchanged_decides_nothing(word: str) -> None:
    """Who only presses and sends has neither put off nor refused the report."""
    (prefilled,) = (each.prefilled for each in ANSWER_WORDS if each.word == word)
    assert isinstance(read_verb(prefilled, TODAY), FreeText | NeedsExplanation)


@pytest.mark.parametrize("subtype", ["plain", "html"])
@pytest.mark.parametrize(("quote", "first"), [("> ", "Pada Sen, 8 Jun 2026 09.20 LAPOR! 1708 menulis:"), ("", "")])
@pytest.mark.parametrize(
    ("answer", "expected"), [("SELESAI sudah ditambal", Done("sudah ditambal")), ("ok", FreeText())]
)
def test_an_answer_above_our_mail_is_read_alone(
    subtype: str, quote: str, first: str, answer: str, expected: Verb
) -> None:
    """However a mail program quotes what we wrote, nothing of it becomes part of the answer."""
    ours = part(received(REPORT), "plain") if subtype == "plain" else body_text(part(received(REPORT), "html"))
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = (REPORT.recipient, REPORT.reply_address, f"Re: {REPORT.subject}")
    reply.set_content("\n".join([answer, "", first, *(quote + line for line in ours.splitlines())]))
    mail = read_mail(reply.as_bytes())
    assert (None, answer) == (mail.automatic, mail.answer)
    assert expected == read_verb(mail.answer, TODAY)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_without_a_plain_part_is_read_alone(kind: Kind) -> None:
    """Some mail programs send HTML only, our page quoted in it."""
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = (REPORT.recipient, REPORT.reply_address, f"Re: {REPORT.subject}")
    page = part(received(replace(REPORT, kind=kind, extra_text="x")), "html")
    reply.set_content(f"<div>SELESAI sudah ditambal</div><div><blockquote>{page}</blockquote></div>", subtype="html")
    assert "SELESAI sudah ditambal" == read_mail(reply.as_bytes()).answer


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_mail_is_known_when_it_comes_back(kind: Kind) -> None:
    """A forwarding loop ends here."""
    assert "own" == read_mail(compose(replace(REPORT, kind=kind), now=NOW).as_bytes()).automatic


def test_links_of_a_reply_do_not_pile_up_re() -> None:
    """Subject of a link in a `Re:` mail has one Re:."""
    link = Page(part(received(replace(REPORT, kind="tambahan")), "html")).links[0]
    assert ["Re: [LAPOR 482 130 9764] Jalan rusak - Kec Lowokwaru, Kota Malang"] == parse_qs(urlsplit(link).query)[
        "subject"
    ]


def test_a_plus_in_the_reply_address_survives_the_link() -> None:
    """Some mail programs read a bare + in a link as a space."""
    link = Page(part(received(replace(REPORT, reply_address="lapor+k3m7@1708.example")), "html")).links[0]
    assert link.startswith("mailto:lapor%2Bk3m7@1708.example?subject=Re%3A%20%5BLAPOR")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_needs_nothing_from_elsewhere(kind: Kind) -> None:
    """No script, no picture, no style sheet, no address but mailto."""
    page = Page(part(received(replace(REPORT, kind=kind, extra_text="x", confidential=True)), "html"))
    assert {"script", "img", "link", "style", "iframe", "form", "object"} & set(page.tags) == set()
    assert set() == {name for name, _ in page.attributes if name.startswith("on") or name in {"src", "background"}}
    assert [] == [value for _, value in page.attributes if "url(" in value or "//" in value]
    assert {"mailto"} >= {urlsplit(link).scheme for link in page.links}


def test_the_page_reads_well_aloud() -> None:
    """One h1, then h2s; a language; tables either have row headers or are for layout only."""
    page = Page(part(received(replace(REPORT, kind="tambahan", extra_text="x")), "html"))
    assert ["h1", "h2", "h2", "h2"] == [tag for tag in page.tags if tag in {"h1", "h2", "h3"}]
    assert ("lang", "id") in page.attributes
    assert page.tags.count("table") - 1 == page.attributes.count(("role", "presentation"))
    assert page.tags.count("th") == page.attributes.count(("scope", "row"))


def test_markup_in_any_field_is_shown_and_not_obeyed() -> None:
    """Whatever citizens, topics or agencies are called, the page keeps its tags."""
    evil = '</blockquote><script>alert("x")</script><img src=http://x.example/y>'
    plain = replace(REPORT, kind="tambahan", extra_text="x")
    loaded = replace(
        plain, text=evil, extra_text=evil, topic_name=evil, place_name=evil, agency_name=evil, reasons=(evil, evil)
    )
    expected, actual = (Page(part(received(dispatch), "html")) for dispatch in (plain, loaded))
    assert expected.tags == actual.tags
    assert evil in actual.text


INJECTIONS = [
    "a\r\nBcc: x@example.org",
    "a\nBcc: x@example.org",
    "a\r\n\r\nbody",
    "a\u2028Bcc: x",
    "a\x85b",
    "a\x0bb\x00",
    "=?utf-8?q?a=0D=0ABcc:_x@example.org?=",
    "==??utf-8?q?a=0D=0A=0D=0ABcc:_x@example.org?= " + "z " * 80,
    "=\x00?utf-8?b?YQ0KQmNjOiB4QHkuZXhhbXBsZQ==?=",
]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_line_ends_in_any_field_make_no_header(evil: str) -> None:
    """The set of headers is fixed, whatever the fields hold."""
    loaded = replace(REPORT, topic_name=evil, place_name=evil, agency_name=evil, text=evil, reasons=(evil,))
    assert received(REPORT).keys() == received(loaded).keys()


@given(
    text=st.text(max_size=300), name=st.text(max_size=120), topic=st.text(max_size=120), reason=st.text(max_size=120)
)
def test_any_text_makes_a_mail_of_the_same_shape(text: str, name: str, topic: str, reason: str) -> None:
    """Headers, recipient and parts stay as they are; lines keep to RFC 5322's 998 octets and to ASCII."""
    dispatch = replace(REPORT, text=text, agency_name=name, topic_name=topic, reasons=(reason,))
    mail = received(dispatch)
    assert received(REPORT).keys() == mail.keys()
    assert ["dpu@malangkota.example"] == [mailbox.addr_spec for mailbox in mail["To"].addresses]
    raw = compose(dispatch, now=NOW).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")


@given(topic=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=200))
def test_any_subject_arrives_as_it_was(topic: str) -> None:
    """Encoded words (RFC 2047) give back the subject, spaces apart."""
    dispatch = replace(REPORT, topic_name=topic)
    assert "".join(dispatch.subject.split()) == "".join(received(dispatch)["Subject"].split())


@given(text=st.text(max_size=300))
def test_the_citizens_words_arrive_in_the_plain_part(text: str) -> None:
    """Every printable word of the text is quoted, in order."""
    quoted = re.findall(r"^> ?(.*)$", part(received(replace(REPORT, text=text)), "plain"), re.MULTILINE)
    printable = "".join(char for char in text if char.isprintable() and not char.isspace())
    assert printable == "".join(char for char in "".join(quoted) if char.isprintable() and not char.isspace())


def test_a_long_agency_name_with_commas_stays_one_mailbox() -> None:
    """CPython drops the quotes of a folded name (CVE-2025-1795), so ours needs none."""
    name = "Dinas Pekerjaan Umum, Penataan Ruang, Perumahan, Kawasan Permukiman (PUPRPKP) Prov. Jawa Timur"
    mail = received(replace(REPORT, agency_name=name))
    assert [
        (
            "Dinas Pekerjaan Umum Penataan Ruang Perumahan Kawasan Permukiman PUPRPKP Prov Jawa Timur",
            "dpu@malangkota.example",
        )
    ] == [(mailbox.display_name, mailbox.addr_spec) for mailbox in mail["To"].addresses]
    assert f"Yth. {name}\n" in part(mail, "plain")


def test_lone_surrogates_and_direction_overrides_are_taken_out() -> None:
    """Half a surrogate pair cannot be encoded; an override would show words in another order than they are."""
    text = part(received(replace(REPORT, text="a\ud83db \u202eterbalik\u202c")), "plain")
    assert "> a\ufffdb terbalik\n" in text


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "dpu@malangkota.example\r\nBcc: x@example.org"},
        {"recipient": "a@b.example, c@d.example"},
        {"recipient": ""},
        {"reply_address": "tidak ada"},
        {"sender": "LAPOR! 1708"},
        {"message_id": "tanpa-kurung@1708.example"},
        {"message_id": "<a@b>\r\nBcc: x@example.org"},
        {"message_id": f"<{'a' * 70}@1708.example>"},
        {"thread_id": "<a b@1708.example>"},
    ],
)
def test_addresses_that_cannot_stand_in_a_header_are_refused(change: dict[str, str]) -> None:
    """These come from configuration or from us, so a fault is an error and not something to repair."""
    fields: dict[str, str] = change
    with pytest.raises(ValueError, match="write it as"):
        compose(replace(REPORT, **fields), now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dispatch", "now"),
    [(REPORT, NOW.replace(tzinfo=None)), (replace(REPORT, opened_at=NOW.replace(tzinfo=None)), NOW)],
)
def test_times_without_a_zone_are_refused(dispatch: Dispatch, now: datetime) -> None:
    """A naive time would be printed an hour or seven off."""
    with pytest.raises(ValueError, match="time zone"):
        compose(dispatch, now=now)
