"""The words that officials use for each verb, and which slip of the finger is still that word."""

from __future__ import annotations

from typing import Literal

from rapidfuzz.distance import OSA

Word = Literal["TERIMA", "PROSES", "SELESAI", "TANYA", "BUKAN WEWENANG", "TUNDA", "TOLAK"]

_WORDS: dict[Word, tuple[str, ...]] = {
    "TERIMA": (
        *("TERIMA", "DITERIMA", "SIAP TERIMA", "SIAP DITERIMA", "SUDAH DITERIMA", "TELAH DITERIMA", "KAMI TERIMA"),
        *("ACCEPT", "ACCEPTED"),
    ),
    "PROSES": (
        *("PROSES", "DIPROSES", "SEDANG DIPROSES", "DALAM PROSES", "SEDANG PROSES", "MASIH PROSES", "MASIH DIPROSES"),
        *("SEDANG DALAM PROSES", "SEDANG DIKERJAKAN", "DIKERJAKAN", "SEDANG DITANGANI", "DALAM PENANGANAN"),
        *("DALAM PENGERJAAN", "DITINDAKLANJUTI", "SEDANG DITINDAKLANJUTI", "ON PROGRESS", "IN PROGRESS", "ON PROSES"),
    ),
    "SELESAI": (
        *("SELESAI", "SUDAH SELESAI", "TELAH SELESAI", "TUNTAS", "SUDAH TUNTAS", "BERES", "SUDAH BERES", "CLEAR"),
        *("SUDAH DITANGANI", "TELAH DITANGANI", "DONE", "FINISHED", "COMPLETED", "RESOLVED"),
    ),
    "TANYA": ("TANYA", "BERTANYA", "PERTANYAAN", "MOHON TANYA", "MAU TANYA", "QUESTION", "ASK"),
    "BUKAN WEWENANG": (
        *("BUKAN WEWENANG", "BUKAN KEWENANGAN", "BUKAN RANAH", "BUKAN URUSAN", "BUKAN TUPOKSI"),
        *("BUKAN TANGGUNG JAWAB", "DI LUAR WEWENANG", "DI LUAR KEWENANGAN", "DILUAR WEWENANG", "DILUAR KEWENANGAN"),
        *("NOT OURS", "NOT OUR RESPONSIBILITY"),
    ),
    "TUNDA": ("TUNDA", "DITUNDA", "MOHON TUNDA", "PENUNDAAN", "POSTPONE", "POSTPONED"),
    "TOLAK": ("TOLAK", "DITOLAK", "MENOLAK", "KAMI TOLAK", "REJECT", "REJECTED", "REFUSED"),
}
SYNONYMS: dict[str, Word] = {synonym: word for word, synonyms in _WORDS.items() for synonym in synonyms}

_SLIPS_OF_ONE = ("TERIMA", "DITERIMA", "PROSES", "DIPROSES", "SELESAI", "TANYA", "TUNDA", "DITUNDA", "TOLAK", "DITOLAK")
_SLIPS_OF_TWO = ("BUKAN WEWENANG", "BUKAN KEWENANGAN")
# One letter off, and another word.
_REAL_WORDS = frozenset((
    "HANYA", "TANPA", "TANDA", "TENDA", "BUNDA", "SUNDA", "TUNA", "TOLOK", "KOLAK", "BOLAK", "GOLAK", "PROTES",
    "DIPROTES", "PROSESI", "DITANDA", "TANYAI", "BERIMA", "TOLAKI",
))  # fmt: skip

# What stands alone in capitals or before a colon at the head of a letter, and tries to be no verb.
NO_VERBS = _REAL_WORDS | frozenset((
    "YTH", "KEPADA", "UP", "PERIHAL", "HAL", "NOMOR", "SIFAT", "LAMPIRAN", "DARI", "TANGGAL", "CATATAN", "PENTING",
    "JAWABAN", "TANGGAPAN", "BALASAN", "LAPORAN", "FYI", "SALAM", "ASSALAMUALAIKUM", "HALO", "HORMAT", "BAIK", "OKE",
    "SIAP", "TES", "TEST", "KETERANGAN", "LOKASI", "INFO", "INFORMASI", "PERHATIAN", "FROM", "DATE", "SUBJECT", "SENT",
    "ADMIN", "BAPAK", "IBU", "MOHON", "PROMO", "SELAMAT",
))  # fmt: skip


def is_slip(words: str) -> Word | None:
    """The verb that `words`, in capitals, is with one letter too many, too few, wrong, or changed places."""
    if words in _REAL_WORDS:
        return None
    candidates = _SLIPS_OF_TWO if " " in words else _SLIPS_OF_ONE
    return next((SYNONYMS[each] for each in candidates if OSA.distance(words, each, score_cutoff=1) == 1), None)
