"""RAHASIA, ANONIM and BARU before a report, and the wish for secrecy anywhere in one.

    marked    = MARK separator text         the mark leaves the text: `rahasia: ...`, `BARU# ...`
              | MARK text                   only a mark in CAPITALS before a text that is not: `RAHASIA kades kami ...`
    wish      = `mohon identitas saya dirahasiakan` and the like, anywhere

In a text all in capitals nothing tells a mark from the first word of a sentence, and `Anonim kades kami ...` is not
certain either: then the report is kept secret, for that does no harm, and the text stays whole. `rahasia umum ...` in
small letters is a plain complaint.
"""

import re
from dataclasses import replace

from parser.intents import Complaint, Hide
from parser.sms_words import commands, first_words, is_closed

_MARKS = {
    "RAHASIA": Complaint("", secrecy="rahasia"),
    "ANONIM": Complaint("", secrecy="anonim"),
    "BARU": Complaint("", new=True),
}
_MARKS_MOST = 2  # RAHASIA BARU: ...

_SEPARATOR = re.compile(r"[^\S\n]*+(?:[:#;,.=/*!)\]\n]|[-–—](?=\s)|(?<=\s)[-–—])[\s:#;,.=/*!)\]\-–—]*+")
_GAP = re.compile(r"[\W_]*+")

# `rahasia umum`: what everybody knows.
_NO_SECRETS = frozenset({"umum", "negara", "dagang", "jabatan", "perusahaan", "bank", "pribadi"})

_NAME = r"(?:nama|identitas|data(?: diri| pribadi)?|no(?:mor)?(?: hp| wa| telepon| telp)?)"
_MINE = r"(?:saya|sya|sy|kami|aku|gw|gue|pelapor|pengadu)"
_HIDDEN = r"(?:(?:di)?(?:rahasia|samar|sembunyi)(?:kan|in))"
_PLEASE = r"(?:mohon|mhn|tolong|tlg|minta|agar|supaya|spy|harap|hrp|jangan|jgn|untuk|utk|tetap|tetep|bisa|di|ya)"
_SPOKEN = r"(?:sebut|sebutkan|disebut|disebutkan|sebar|sebarkan|disebar|disebarkan|bocorkan|bocorin|dibocorkan|bocor)"
_WISH = re.compile(
    rf"\b(?:{_HIDDEN} (?:{_NAME}(?: dan {_NAME})? {_MINE}|identitas(?:nya|ku)?|namanya|namaku|{_MINE})"
    rf"|{_NAME}(?:ku| {_MINE})(?: ini)?(?: {_PLEASE}){{0,3}} {_HIDDEN}"
    rf"|{_PLEASE} {_NAME}(?: {_MINE})?(?: {_PLEASE}){{0,2}} {_HIDDEN}"
    rf"|(?:jangan|jgn|jngn|jgan)(?: di)? {_SPOKEN} (?:{_NAME}(?: {_MINE})?|namaku)"
    rf"|{_NAME}(?:ku| {_MINE}) (?:jangan|jgn|jngn|jgan)(?: sampai)?(?: di)? {_SPOKEN})\b"
)
_TRACES = ("rahasia", "samar", "sembunyi", "jangan", "jgn", "jngn", "jgan")
_NO_LETTERS = re.compile(r"[\W_]+")
# What may stand beside a wish that is all there is in the text.
_BESIDE_WISH = re.compile(rf"(?:{_PLEASE}|{_MINE}|sebagai|dan|pada|dalam|laporan|ini|itu|nya|lah|no|hp|wa)+")


def read_complaint(text: str) -> Complaint | Hide:
    """The report without its marks; a Hide for the last report where the text is nothing but the wish for secrecy."""
    rest, marks = text.strip(), Complaint("")
    for _ in range(_MARKS_MOST):
        marked = _marked(rest)
        if marked is None:
            break
        rest, mark = marked
        marks = replace(marks, secrecy=marks.secrecy or mark.secrecy, new=marks.new or mark.new)
    wish = _wish(rest)
    if wish and wish.alone and not marks.secrecy:
        return Hide("anonim")
    return replace(marks, text=rest, secrecy=marks.secrecy or ("anonim" if wish else ""))
