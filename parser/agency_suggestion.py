"""What an operator would most likely choose for an answer in free words. It is only a suggestion: a person decides."""

from __future__ import annotations

import re
from datetime import date

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
    UnknownVerb,
    Verb,
    read_verb,
)
from parser.dates import find_day

_MOST_CHARACTERS = 2_000
_MOST_LINES = 8

_GREETING = re.compile(
    r"(?:yth\b.*|kepada\b.*|dengan hormat\W*|dh\W*|ass?alamu?.{0,40}|selamat (?:pagi|siang|sore|malam)\b.{0,40}"
    r"|(?:salam|hal+o|hai|dear)\b.{0,40})",
    re.IGNORECASE,
)
_DID = (
    r"(?:di|me[nm]?g?)?(?:per)?(?:baiki?|tambal|nambal|ganti|bersih\w*|angkut|pasang|selesai\w*|tuntas\w*|beres\w*|aspal|cor"
    r"|normal|nyala|atasi|tangani|tutup|perbaikan|penambalan|penggantian|pembersihan|pengaspalan|penanganan)"
)
_DONE = re.compile(
    rf"\b(?:sudah|telah|sdh|tlh)\s+(?:\w+\s+){{0,2}}?{_DID}\b"
    r"|\b(?:has|have|had|was|were)\s+(?:\w+\s+){0,2}?(?:fixed|repaired|resolved|completed|replaced|done|cleaned)\b",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(rf"\b(?:belum|blm|tidak|not yet|akan)\s+(?:\w+\s+){{0,2}}?{_DID}\b", re.IGNORECASE)
_NOT_OURS = re.compile(
    r"\b(?:bukan|di ?luar)\s+(?:merupakan\s+|menjadi\s+|termasuk\s+)?"
    r"(?:wewenang|kewenangan|ranah|tupoksi|urusan|tanggung jawab)\b"
    r"|\bnot (?:our|within our) (?:responsibility|jurisdiction|authority)\b",
    re.IGNORECASE,
)
_ASK = re.compile(
    r"\?\s*$|\bmohon (?:\w+\s+)?(?:info|informasi|keterangan|penjelasan|foto|alamat|detail|titik lokasi)\b",
    re.IGNORECASE | re.MULTILINE,
)
_POSTPONE = re.compile(
    r"\b(?:di)?tunda\b|\bpenundaan\b|\bbaru (?:bisa|dapat|akan|dianggarkan)\b|\bpostpone", re.IGNORECASE
)
_REFUSE = re.compile(
    r"\btidak (?:dapat|bisa) (?:kami )?(?:penuhi|dipenuhi|terima|diterima|tindak ?lanjuti)\b", re.IGNORECASE
)
_PROCESS = re.compile(
    r"\b(?:sedang|masih)\s+(?:kami\s+)?(?:di(?:kerjakan|proses|tangani|perbaiki|tindak\w*)|dalam|menuju|proses|menunggu)"
    r"|\bdalam (?:proses|pengerjaan|penanganan|perbaikan)\b"
    r"|\b(?:sudah|telah|kami) (?:di)?(?:jadwalkan|anggarkan|koordinasikan)"
    r"|\bmenunggu (?:material|alat|anggaran|suku cadang|cuaca)|\b(?:in|on) progress\b"
    r"|\b(?:sudah|telah) (?:kami )?tindak ?lanjut"
    r"|\btim (?:kami )?(?:sedang|sudah|menuju)\b|\bbelum selesai\b",
    re.IGNORECASE,
)
_ACCEPT = re.compile(
    r"\b(?:akan|segera)\s+(?:kami\s+|segera\s+){0,2}(?:di)?(?:tindak ?lanjut\w*|cek|proses|periksa|tinjau|survei|survey"
    r"|pelajari|koordinasikan|sampaikan|tangani|perbaiki)\b|\blaporan\w*\s+(?:sudah\s+|telah\s+)?kami terima\b"
    r"|\bwill (?:check|follow up|look into)\b",
    re.IGNORECASE,
)


def suggest(answer: str, today: date | None = None) -> Verb | None:
    """The verb that says what these words say, with the words in it; None where nothing speaks for one.

    A verb in one of the first lines counts, though it is not in the first. Without `today` no date is read.
    """
    lines = [line.strip() for line in answer[:_MOST_CHARACTERS].splitlines() if line.strip()]
    for number in range(min(len(lines), _MOST_LINES)):
        verb = read_verb("\n".join(lines[number:]), today or date.max)
        if not isinstance(verb, FreeText | UnknownVerb | NeedsExplanation):
            return verb
    words = " ".join(line for line in lines if not _GREETING.fullmatch(line))
    return _by_words(words, today)


def _by_words(words: str, today: date | None) -> Verb | None:
    """The first that fits: what is denied comes before what is claimed, and what is done before what is promised."""
    if _NOT_OURS.search(words):
        return NotOurs("")
    if _ASK.search(words):
        return Ask(words)
    if _REFUSE.search(words):
        return Refuse(words)
    if _DONE.search(words) and not _NOT_DONE.search(words):
        return Done(words)
    if _POSTPONE.search(words):
        return _postponed(words, today)
    if _PROCESS.search(words):
        return Process(words)
    return Accept() if _ACCEPT.search(words) else None


def _postponed(words: str, today: date | None) -> Verb | None:
    """Nothing without a day to come: an operator cannot choose TUNDA without one either."""
    until = find_day(words, today) if today else None
    return Postpone(until, words) if today and until and until > today else None
