"""The words an agency answers with, and the links that fill them in. Pure."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class AnswerWord:
    """One word an agency may begin its answer with: what it means and what must follow, and an example."""

    word: str
    meaning: str
    example: str
    prefilled: str
    """The text that stands in the answer already. It ends where the official goes on writing."""


USUAL_WORDS = (
    AnswerWord("TERIMA", "Kami terima dan akan kami periksa.", "TERIMA", "TERIMA"),
    AnswerWord("PROSES", "Sedang kami kerjakan.", "PROSES Petugas meninjau lokasi hari Rabu.", "PROSES: "),
    AnswerWord(
        "SELESAI", "Sudah kami tangani. Tulis apa yang dilakukan.", "SELESAI Sudah diperbaiki tadi pagi.", "SELESAI: "
    ),
)
"""The way most reports go, in this order."""

OTHER_WORDS = (
    AnswerWord("TANYA", "Tulis pertanyaan untuk pelapor.", "TANYA Di dekat bangunan apa?", "TANYA: "),
    AnswerWord(
        "BUKAN WEWENANG",
        "Tulis instansi yang berwenang.",
        "BUKAN WEWENANG Dinas Bina Marga Provinsi",
        "BUKAN WEWENANG: ",
    ),
    # Two things follow, so both are named. Sent as it is, this is no date, and changes nothing.
    AnswerWord(
        "TUNDA",
        "Tulis sampai tanggal berapa, dan alasannya.",
        "TUNDA 30 Juni Menunggu aspal dikirim.",
        "TUNDA <tanggal> <alasan>",
    ),
    AnswerWord("TOLAK", "Tulis mengapa tidak dapat ditangani.", "TOLAK Lahan ini milik pribadi.", "TOLAK: "),
)
"""For what cannot be done at once, or not here."""

ANSWER_WORDS = USUAL_WORDS + OTHER_WORDS


def answer_link(reply_address: str, subject: str, body: str = "") -> str:
    """A mailto: link (RFC 6068) that opens an answer in the thread of `subject`, with `body` filled in."""
    subject = "Re: " + subject.removeprefix("Re: ")
    fields = f"subject={quote(subject, safe='')}" + (f"&body={quote(body, safe='')}" if body else "")
    return f"mailto:{quote(reply_address, safe='@')}?{fields}"
