"""The later letters about a report: reminders, lateness, superiors, our own staff, the Ombudsman; and their thread."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.agency_mail import read_mail
from smsd.mail.compose import Dispatch, Kind, compose
from tests.smsd.mail.test_compose import INJECTIONS, NOW, REPORT, Page, part, received

LATE_DAY = date(2026, 6, 5)
# Letters to others than the agency that handles the report, and to whom.
TO_OTHERS: dict[Kind, str] = {
    "atasan": "Atasan Dinas PU Kota Malang",
    "macet": "Petugas LAPOR! 1708",
    "ombudsman": "Ombudsman Republik Indonesia",
}
IN_THREAD: tuple[Kind, ...] = ("tambahan", "dibuka", "pengingat", "terlambat", "tanpa_jawaban")
TIMELINE = tuple((datetime(2026, 6, 1, 2, 0, tzinfo=UTC) + timedelta(days=day), f"langkah {day}") for day in range(12))


def letter(kind: Kind, **changes: object) -> Dispatch:
    """A report that is late, in a letter of that kind."""
    return replace(replace(REPORT, kind=kind, late_since=LATE_DAY), **changes)  # type: ignore[arg-type]


def text_of(kind: Kind, **changes: object) -> str:
    return part(received(letter(kind, **changes)), "plain")


def attached(mail: EmailMessage) -> list[tuple[str | None, str]]:
    """Names and contents of the attachments."""
    return [(each.get_filename(), each.get_content().replace("\r\n", "\n")) for each in mail.iter_attachments()]


# ---------------------------------------------------------------- what they say


def test_a_reminder_names_the_day_and_how_to_answer() -> None:
    """Before the deadline: by when, and the words."""
    text = part(received(replace(REPORT, kind="pengingat")), "plain")
    assert "Pengingat: laporan ini menunggu jawaban.\nMohon jawaban paling lambat Jumat, 12 Juni 2026.\n" in text
    assert "CARA MENJAWAB" in text


def test_a_late_agency_reads_which_day_it_missed() -> None:
    """The missed day, not the next deadline, which may be far away."""
    text = text_of("terlambat", due_on=date(2026, 6, 26))
    assert "Batas jawaban sudah lewat: Jumat, 5 Juni 2026. Mohon segera dijawab.\n" in text
    assert "26 Juni" not in text
    assert "CARA MENJAWAB" in text


def test_an_unanswered_question_is_shown_again() -> None:
    """The official reads what was asked, that nobody answered, and goes on."""
    text = part(received(replace(REPORT, kind="tanpa_jawaban", extra_text="Di dekat bangunan apa?")), "plain")
    assert "Pelapor tidak menjawab pertanyaan Anda.\nMohon jawaban paling lambat Jumat, 12 Juni 2026.\n" in text
    assert "Pertanyaan Anda:\n\n> Di dekat bangunan apa?\n" in text


@pytest.mark.parametrize(("kind", "to"), TO_OTHERS.items())
def test_a_letter_to_others_addresses_them_and_asks_for_no_word(kind: Kind, to: str) -> None:
    """Whoever does not handle the report is told so, and whom to speak to; no link fills in an answer."""
    mail = received(letter(kind))
    text = part(mail, "plain")
    assert f"Yth. {to}\n" in text
    assert "tidak perlu" in text and "Ditangani: Dinas PU Kota Malang\n" in text
    assert "CARA MENJAWAB" not in text
    assert [] == Page(part(mail, "html")).links


@pytest.mark.parametrize("kind", ["atasan", "macet"])
def test_they_say_since_when(kind: Kind) -> None:
    """The missed day and the days since; without a day, at least that it has passed."""
    assert "Batas waktunya Jumat, 5 Juni 2026, sudah lewat 3 hari." in text_of(kind)
    assert "Batas waktunya sudah lewat." in text_of(kind, late_since=None)


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2026, 6, 12), "menjawab paling lambat Jumat, 12 Juni 2026."),
        (date(2026, 6, 8), "menjawab hari ini, Senin, 8 Juni 2026."),
        (LATE_DAY, "menjawab secepatnya."),
        (None, "menjawab secepatnya."),
    ],
)
def test_a_superior_reads_by_when(due_on: date | None, expected: str) -> None:
    """Only a day to come is a deadline."""
    assert f"Mohon pastikan Dinas PU Kota Malang {expected}" in text_of("atasan", due_on=due_on)


@pytest.mark.parametrize("kind", TO_OTHERS)
def test_the_late_agency_may_be_another_than_the_addressee(kind: Kind) -> None:
    """agency_late wins over agency_name."""
    text = text_of(kind, agency_name="Sekretariat Daerah", agency_late="Dinas LH Kota Malang")
    assert "Ditangani: Dinas LH Kota Malang\n" in text
    assert "Sekretariat" not in text


def test_our_staff_reads_the_commands() -> None:
    """The triage desk works with the program, so the commands can be copied."""
    text = text_of("macet")
    for command in ("show 4821309764\n", "note 4821309764 CATATAN\n", "assign 4821309764 INSTANSI\n"):
        assert f"smsd ticket {command}" in text


@pytest.mark.parametrize(
    ("kind", "words"), [("atasan", "Terlambat: "), ("macet", "Macet: "), ("ombudsman", "Permintaan pemeriksaan: ")]
)
def test_their_subject_says_what_it_is_about(kind: Kind, words: str) -> None:
    """A letter that begins a conversation is no Re:."""
    expected = f"[LAPOR 482 130 9764] {words}Jalan rusak - Kec Lowokwaru, Kota Malang"
    # CPython may fold before the first word, and then reads a space there.
    assert expected == received(letter(kind))["Subject"].lstrip()
    assert f"[LAPOR 482 130 9764] {words}Laporan rahasia" == received(letter(kind, confidential=True))["Subject"]


# ---------------------------------------------------------------- confidential reports


@pytest.mark.parametrize("kind", ["atasan", "macet"])
def test_a_confidential_report_is_told_by_its_number_only(kind: Kind) -> None:
    """Neither a superior nor the desk's mailbox reads what it says, where, or about what."""
    dispatch = letter(kind, confidential=True, extra_text="uang pelicin", timeline=())
    mail = received(dispatch)
    for content in (part(mail, "plain"), part(mail, "html"), str(mail["Subject"])):
        assert "482 130 9764" in content
        assert [] == [word for word in ("Jalan rusak", "Lowokwaru", "Mawar", "pelicin", "lubang") if word in content]
    assert "Isi laporan ini tidak kami kirim, karena rahasia." in part(mail, "plain")


def test_the_ombudsman_reads_a_confidential_report_with_a_warning() -> None:
    """The citizen asked for it to be sent there."""
    text = text_of("ombudsman", confidential=True)
    assert "RAHASIA." in text and "> Jl Mawar RT 03 berlubang\n" in text


# ---------------------------------------------------------------- the timeline


def test_the_whole_timeline_is_attached() -> None:
    """A text file in the time of the mail, one line a step."""
    ((name, content),) = attached(received(letter("ombudsman", timeline=TIMELINE)))
    lines = content.splitlines()
    assert "riwayat-4821309764.txt" == name
    assert (12, "01-06-2026 09.00 WIB: langkah 0") == (len(lines), lines[0])


def test_the_mail_sums_the_timeline_up() -> None:
    """Where it began and where it stands; a short one is shown whole."""
    text = text_of("ombudsman", timeline=TIMELINE)
    assert "langkah 2\n- ... 4 langkah lagi ada di lampiran ...\n- " in text
    assert ["0", "1", "2", "7", "8", "9", "10", "11"] == [
        line.rsplit(" ", 1)[1] for line in text.splitlines() if ": langkah " in line
    ]
    assert "lampiran ..." not in text_of("ombudsman", timeline=TIMELINE[:9])


def test_no_phone_number_leaves_in_the_timeline() -> None:
    """Masked in the mail and in the file, whatever an operator has noted."""
    mail = received(letter("ombudsman", timeline=((NOW, "catatan: telp 081234567890"),)))
    ((_, content),) = attached(mail)
    for each in (content, part(mail, "plain"), part(mail, "html")):
        assert "081234567890" not in each and "[nomor disamarkan]" in each


def test_a_mail_without_a_timeline_has_no_attachment() -> None:
    """Nothing is attached to a letter that an agency answers."""
    assert [] == attached(received(REPORT))


def test_a_timeline_without_a_zone_is_refused() -> None:
    """A naive time would be printed hours off."""
    with pytest.raises(ValueError, match="time zone"):
        compose(letter("ombudsman", timeline=((NOW.replace(tzinfo=None), "x"),)), now=NOW)


# ---------------------------------------------------------------- the thread


@pytest.mark.parametrize("kind", IN_THREAD)
def test_later_mails_are_in_the_thread_of_the_ticket(kind: Kind) -> None:
    """The same subject behind Re:, and a reference to the root that all mails of the ticket share."""
    mail = received(replace(REPORT, kind=kind))
    assert f"Re: {REPORT.subject}" == mail["Subject"]
    assert (REPORT.thread_id, REPORT.thread_id) == (mail["In-Reply-To"], mail["References"])


def test_a_long_conversation_keeps_its_root_and_its_end() -> None:
    """Ten references at most, each as it was; the last one is what is answered."""
    ids = tuple(f"<{'x' * 40}.{number}@1708.example>" for number in range(30))
    mail = received(replace(REPORT, kind="bantuan", earlier_ids=ids))
    assert [REPORT.thread_id, *ids[-9:]] == mail["References"].split()
    assert ids[-1] == mail["In-Reply-To"]


@pytest.mark.parametrize("strange", ["tanpa kurung", "<a@b>\r\nBcc: x@example.org", "<a b@c>", f"<{'a' * 80}@b>", ""])
def test_a_strange_message_id_of_theirs_is_left_out(strange: str) -> None:
    """What an agency's mail program calls its mail must not stop ours."""
    mail = received(replace(REPORT, kind="bantuan", earlier_ids=("<ok@dinas.example>", strange)))
    assert received(REPORT).keys() == mail.keys()
    assert f"{REPORT.thread_id} <ok@dinas.example>" == mail["References"]


# ---------------------------------------------------------------- hostile texts

NEW: tuple[Kind, ...] = ("pengingat", "terlambat", "tanpa_jawaban", "atasan", "macet", "ombudsman")
EVIL = '</td></blockquote><script>alert("x")</script><img src=http://x.example/y>{{ 7*7 }}{late}{0}\u202e'


def loaded(kind: Kind, evil: str) -> Dispatch:
    """A letter with `evil` in every field that strangers fill."""
    return letter(
        kind,
        text=evil,
        extra_text=evil,
        topic_name=evil,
        place_name=evil,
        agency_name=evil,
        agency_late=evil,
        reasons=(evil,),
        timeline=((NOW, evil),),
        earlier_ids=(evil,),
    )


@pytest.mark.parametrize("kind", NEW)
def test_markup_and_braces_are_shown_and_not_obeyed(kind: Kind) -> None:
    """The page keeps its tags; neither Jinja nor str.format reads what strangers write."""
    expected, actual = (Page(part(received(loaded(kind, text)), "html")) for text in ("x", EVIL))
    assert expected.tags == actual.tags
    assert EVIL.removesuffix("\u202e") in actual.text
    assert "\u202e" not in actual.text


@pytest.mark.parametrize("kind", NEW)
@pytest.mark.parametrize("evil", INJECTIONS)
def test_line_ends_make_no_header(kind: Kind, evil: str) -> None:
    """The set of headers and the one recipient are fixed."""
    mail = received(loaded(kind, evil))
    assert received(loaded(kind, "x")).keys() == mail.keys()
    assert [REPORT.recipient] == [mailbox.addr_spec for mailbox in mail["To"].addresses]
    assert 1 == len(list(mail.iter_attachments()))


@pytest.mark.parametrize("kind", NEW)
def test_ten_thousand_lines_do_not_swell_the_mail(kind: Kind) -> None:
    """The mail stays small enough for a phone; the timeline's file has every step."""
    steps = tuple((NOW, "langkah") for _ in range(10_000))
    mail = received(letter(kind, text="baris\n" * 10_000, extra_text="baris\n" * 10_000, timeline=steps))
    assert max(len(part(mail, subtype)) for subtype in ("plain", "html")) < 40_000
    ((_, content),) = attached(mail)
    assert 10_000 == content.count("langkah\n")


@given(kind=st.sampled_from(NEW), evil=st.text(max_size=200))
def test_any_text_makes_a_mail_of_the_same_shape(kind: Kind, evil: str) -> None:
    """Headers and parts stay; lines keep to RFC 5322's 998 octets and to ASCII; it is known as ours."""
    raw = compose(loaded(kind, evil), now=NOW).as_bytes()
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    assert received(loaded(kind, "x")).keys() == received(loaded(kind, evil)).keys()
    assert "own" == read_mail(raw).automatic


@pytest.mark.parametrize("kind", get_args(Kind))
def test_links_hold_only_our_own_words(kind: Kind) -> None:
    """A hostile topic cannot add a recipient or a body to a link (RFC 6068 section 7)."""
    topic = "x&bcc=y@example.org&body=SELESAI%20beres?cc=z"
    for link in Page(part(received(letter(kind, topic_name=topic)), "html")).links:
        assert {"subject", "body"} == parse_qs(urlsplit(link).query).keys()
