"""What shows that a line with a verb at its head is a sentence after all, and decides nothing.

`SELESAI rapat kami bahas`, `TANYA kabid dulu`, `TOLAK UKUR ...`: officials write capitals for other reasons too. In
doubt it is free text: an operator reads it, and no citizen is told what nobody has said. With a mark behind the verb
less is in doubt than without.
"""

from __future__ import annotations

import re

_INTERNAL = re.compile(
    r"\bmohon\s+(?:arahan|petunjuk|izin|ijin|kabar|perintah)\b|\bsalah\s+kirim\b|\btolong\s+(?:ditutup|foto)\b",
    re.IGNORECASE,
)
_COLLEAGUE = re.compile(
    r"(?:jawab|kabid|kadis|kasi|kasubag|pimpinan|atasan|bagian|bidang|staf)\b|.*\bdulu\W*$", re.IGNORECASE
)
_PROMISE = re.compile(r"(?:dan\s+)?akan\b", re.IGNORECASE)
_TAKEN = re.compile(r"(?:dan|akan|segera|laporan(?:nya)?|untuk|kami)\b(?!.*\batau\b)", re.IGNORECASE)
_NOT_TAKEN = re.compile(r"(?:kasih|atau|tidak|belum|bukan|tetapi|tapi|namun|jangan|saja)\b", re.IGNORECASE)
_NOT_STARTED = re.compile(r"(?:hukum|kapan|dulu|belum|tidak|bukan|not)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:belum|tidak|bukan|not)\b", re.IGNORECASE)
_NOT_DONE = re.compile(
    r"(?:belum|tidak|kapan|dulu|dibaca|dipelajari|setengah\w*|separuh\w*|sebagian|\d+\s*(?:%|persen)|nanti|besok|lusa"
    r"|akan|segera|target|rencana|insya\s*allah|jika|bila|apabila|kalau|setelah"
    r"|not|will|when|if|by|before|until|soon)(?!\w)",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:rapat|jam|lebaran|idul|acara|libur\w*|cuti|upacara|sh?alat|sholat|makan|kegiatan|musim|hujan|lelang|tender|tahun"
    r"|bulan|minggu|pekan|pemilu|pilkada|puasa|ramadh?an|natal|istirahat|apel|proses"
    r"|verifikasi|survei|survey|pengecekan|cek|pemeriksaan|koordinasi|apa\w*|reading)\b",
    re.IGNORECASE,
)
_WILL = re.compile(r"\b(?:akan|nanti|besok|lusa|baru\s+(?:bisa|dapat|akan|mulai)|mungkin|will)\b", re.IGNORECASE)
_WAS = re.compile(r"\b(?:sudah|telah|sdh|tlh)\b", re.IGNORECASE)
_NOT_THE_OFFICE = re.compile(
    r"(?:saya|mudah|gampang|sepele)\b|(?:kami\s+)?(?:sepenuhnya|seluruhnya|saja|semata)\b", re.IGNORECASE
)
_STILL_HELPS = re.compile(
    r"\b(?:akan|tetap|sudah|segera)\s+kami\b|\bkami\s+(?:akan|tetap|sudah|bantu)\b", re.IGNORECASE
)
_NO_REFUSAL = re.compile(r"(?:ukur|bala|peluru|angin|belakang|jangan|belum|dulu|saja|atau)\b", re.IGNORECASE)


def decides_nothing(rest: str) -> bool:
    """`TERIMA/TOLAK` is a choice that nobody has made; `mohon arahan` is written to a superior."""
    return rest.startswith("/") or bool(_INTERNAL.search(rest))


def takes_it(rest: str, *, capitals: bool, marked: bool) -> bool:
    """Whether TERIMA accepts, with these words behind it: `TERIMA KASIH` thanks."""
    if capitals and marked:
        return not _NOT_TAKEN.match(rest)
    expected = _TAKEN if capitals else _PROMISE
    return (capitals or marked) and bool(expected.match(rest))


def is_denied(note: str, *, marked: bool) -> bool:
    """`PROSES hukum ...`, `PROSES belum ...`, `PROSES ini bukan di kami`."""
    return bool(_NOT_STARTED.match(note) or (not marked and _DENIED.search(note)))


def is_unfinished(explanation: str, *, marked: bool) -> bool:
    """A plan, a half, what comes after something else has ended; or what will be, and not what was."""
    if _NOT_DONE.match(explanation):
        return True
    plan = _WILL.search(explanation) and not _WAS.search(explanation)
    return not marked and bool(_AFTER.match(explanation) or plan)


def is_for_a_colleague(rest: str) -> bool:
    """`TANYA kabid dulu`."""
    return bool(_COLLEAGUE.match(rest))


def is_partly_ours(rest: str) -> bool:
    """`BUKAN WEWENANG KAMI, tetapi akan kami bantu`, `BUKAN WEWENANG kami saja`, `BUKAN URUSAN mudah`."""
    return bool(_STILL_HELPS.search(rest) or _NOT_THE_OFFICE.match(rest))


def is_no_refusal(reason: str) -> bool:
    """`TOLAK UKUR`, `TOLAK ANGIN`, `TOLAK jangan dulu`."""
    return bool(_NO_REFUSAL.match(reason))
