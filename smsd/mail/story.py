"""A ticket's timeline in words, for a reader outside who was not there: the Ombudsman. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from parser.privacy import mask_names, mask_numbers

# {who} is the agency that acts or gets the ticket; what an event of another kind says is nobody's business outside.
_SENTENCES: Mapping[str, str] = {
    "opened": "Laporan diterima lewat SMS.",
    "place_asked": "Pelapor ditanya tempat kejadiannya.",
    "place_given": "Pelapor menyebutkan tempat kejadiannya.",
    "place_not_given": "Pelapor tidak menyebutkan tempat kejadiannya.",
    "verified": "Laporan diverifikasi.",
    "dispatched": "Laporan dikirim kepada {who}.",
    "redirected": "Laporan dikirim lagi ke alamat surel lain dari {who}.",
    "mail_bounced": "Surel kepada {who} tidak sampai.",
    "agency_accepted": "{who} menerima laporan.",
    "agency_in_progress": "{who} menyatakan sedang menangani.",
    "agency_asked": "{who} bertanya kepada pelapor.",
    "agency_done": "{who} menyatakan selesai.",
    "agency_declined": "{who} menyatakan bukan wewenangnya.",
    "agency_postponed": "{who} menunda sampai tanggal yang disebutnya.",
    "agency_refused": "{who} menolak laporan.",
    "citizen_added": "Pelapor menambah keterangan.",
    "reopened": "Pelapor menyatakan belum beres.",
    "confirmed": "Pelapor menyatakan sudah beres.",
    "question_unanswered": "Pelapor tidak menjawab pertanyaan {who} pada waktunya.",
    "reminded": "{who} diingatkan akan batas waktunya.",
    "late": "Batas waktu {who} lewat tanpa jawaban. Pelapor diberi tahu dan {who} ditegur.",
    "overdue": "{who} tetap tidak menjawab sesudah ditegur.",
    "status_set": "Petugas LAPOR! mengubah status laporan.",
    "ombudsman_asked": "Pelapor ditanya apakah laporan diteruskan ke Ombudsman.",
    "escalated": "Pelapor meminta laporan diteruskan ke Ombudsman.",
}
# Whose words stand behind the sentence.
_WITH_WORDS = frozenset(
    ("agency_in_progress", "agency_asked", "agency_done", "agency_postponed", "agency_refused")
    + ("citizen_added", "reopened", "status_set")
)


def story(
    events: Iterable[Mapping[str, Any]], name_of: Callable[[str], str], anonymous: bool
) -> Iterator[tuple[datetime, str]]:
    """Each event that says something to somebody outside, with its moment; numbers masked, names where that is asked.

    `events` are rows of `ticket_event`, oldest first; `name_of` gives an agency's name by its code.
    """
    agency = ""
    for event in events:
        agency = event["agency"] or agency
        sentence = _SENTENCES.get(event["kind"])
        if sentence is None:
            continue
        actor = str(event["actor"])
        who = event["data"].get("agency") or (actor.removeprefix("agency:") if actor.startswith("agency:") else agency)
        said = str(event["data"].get("text") or "") if event["kind"] in _WITH_WORDS else ""
        words = mask_numbers(said)
        words = mask_names(words) if anonymous else words
        quoted = f" \u201c{words.strip()}\u201d" if words.strip() else ""
        yield event["at"], sentence.format(who=name_of(who)) + quoted
