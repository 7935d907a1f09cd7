"""RAHASIA, ANONIM and BARU before a report, and the wish for secrecy anywhere in one.

    marked    = MARK separator text         the mark leaves the text: `rahasia: ...`, `BARU# ...`
              | MARK text                   only a mark in CAPITALS before a text that is not: `RAHASIA kades kami ...`
    wish      = `mohon identitas saya dirahasiakan` and the like, anywhere

In a text all in capitals nothing tells a mark from the first word of a sentence, and `Anonim kades kami ...` is not
certain either: then the report is kept secret, for that does no harm, and the text stays whole. `rahasia umum ...` in
small letters is a plain complaint.
"""

import re
from typing import Literal

from parser.intents import Complaint, Hide, Secrecy
from parser.sms_words import commands, first_words

_MARKS = {
    "RAHASIA": Complaint("", secrecy="rahasia"),
    "ANONIM": Complaint("", secrecy="anonim"),
    "BARU": Complaint("", new=True),
}
_MARKS_MOST = 2  # RAHASIA BARU: ...

_SEPARATOR = re.compile(r"[^\S\n]*+(?:[:#;,.=/*!)\]\n]|[-–—](?=\s)|(?<=\s)[-–—])[\s:#;,.=/*!)\]\-–—]*+")
_GAP = re.compile(r"[\W_]*+")

# `rahasia umum`: what everybody knows.
_NO_SECRETS = frozenset({"umum", "negara", "dagang", "jabatan", "bank", "pribadi"})

_NAME = r"(?:nama|in?dentitas|data(?: diri| pribadi)?|no(?:mor)?(?: hp| wa| telepon| telp)?)"
_MINE = r"(?:saya|sya|sy|kami|aku|gw|gue|pelapor|pengadu)(?: (?:sebagai|sbg|selaku) (?:pelapor|pengadu))?"
_HIDDEN = r"(?:(?:di|me)?(?:rahasia|samar|sembunyi|nyamar|nyembunyi)(?:kan|in)|(?:di|me)?lindungi)"
_PLEASE = r"(?:mohon|mhn|tolong|tlg|minta|agar|supaya|spy|harap|hrp|dapat|untuk|utk|tetap|tetep|bisa|di|ya)"
_SPOKEN = r"(?:sebut|sebutkan|disebut|disebutkan|sebar|sebarkan|disebar|disebarkan|bocorkan|bocorin|dibocorkan|bocor)"
_HIDE = rf"(?:{_HIDDEN}|(?:men)?jaga kerahasiaan)"
_DO_NOT = r"(?:jangan|jgn|jngn|jgan)"
_WISH = re.compile(
    rf"\b(?:{_HIDE} (?:{_NAME}(?: dan {_NAME})? {_MINE}|identitas(?:nya|ku)?|namanya|namaku)"
    rf"|{_NAME}(?:ku| {_MINE})(?: ini)?(?: {_PLEASE}){{0,3}} {_HIDDEN}"
    rf"|{_PLEASE} {_NAME}(?: {_MINE})?(?: {_PLEASE}){{0,2}} {_HIDDEN}"
    rf"|{_DO_NOT}(?: di)? {_SPOKEN} (?:{_NAME}(?: {_MINE})?|namaku)"
    rf"|{_NAME}(?:ku| {_MINE}) {_DO_NOT}(?: sampai)?(?: di)? {_SPOKEN})\b"
)
# Without one of the first, or one each of the others, there is no wish in a text.
_TRACES = ("rahasia", "samar", "nyamar", "lindung", "embunyi")
_TRACES_OF_DO_NOT, _TRACES_OF_SPOKEN = ("jangan", "jgn", "jngn", "jgan"), ("sebut", "sebar", "bocor")
_BETWEEN = re.compile(r"[\W_]+")
# What may stand beside a wish that is all there is in the text.
_PLEAS = (
    "mohon mhn tolong tlg minta agar supaya harap tetap ya lah pak bu bpk min admin kak terima kasih terimakasih trims"
)
_BESIDE_WISH = frozenset(f"{_PLEAS} saya kami pelapor sebagai dan juga laporan laporannya aduan ini itu nya".split())


def read_complaint(text: str) -> Complaint | Hide:
    """The report without its marks; a Hide for the last report where the text is nothing but the wish for secrecy."""
    secrecy: Secrecy | Literal[""] = ""
    rest, new = text.strip(), False
    for _ in range(_MARKS_MOST):
        marked = _marked(rest)
        if marked is None:
            break
        rest, mark = marked
        secrecy, new = secrecy or mark.secrecy, new or mark.new
    wish = _read_wish(rest)
    if wish == "alone" and not (secrecy or new):
        return Hide("anonim")
    return Complaint(rest, secrecy or ("anonim" if wish else ""), new)


def _marked(text: str) -> tuple[str, Complaint] | None:
    """The text behind a mark and what the mark says; the whole text where the mark may be a word of it."""
    for name, end in commands(text):
        mark = _MARKS.get(name)
        if mark is None or (mark.secrecy and len(first_words(text[:end], 0, 2)) > 1):
            continue
        separator = _SEPARATOR.match(text, end)
        if separator and separator.end() < len(text):
            return text[separator.end() :], mark
        if _stands_out(text, end):
            return _GAP.sub("", text[end:], count=1), mark
        if name == "ANONIM" or (mark.secrecy and text.isupper() and not _is_no_secret(text, end)):
            return text, mark
    return None


def _stands_out(text: str, end: int) -> bool:
    """Whether the words up to there are in capitals and those behind are not."""
    return text[:end].isupper() and any(map(str.islower, text[end:])) and not _is_no_secret(text, end)


def _is_no_secret(text: str, end: int) -> bool:
    return not _NO_SECRETS.isdisjoint(first_words(text, end, 1))


def _read_wish(text: str) -> Literal["", "within", "alone"]:
    """Whether the citizen asks not to be named, and whether that is all there is."""
    words = text.lower()
    if not _may_hold_wish(words):
        return ""
    words = _BETWEEN.sub(" ", words)
    found = _WISH.search(words)
    if not found:
        return ""
    beside = (words[: found.start()] + words[found.end() :]).split()
    return "alone" if _BESIDE_WISH.issuperset(beside) else "within"


def _may_hold_wish(words: str) -> bool:
    """Whether it is worth while to look closer."""
    has = words.__contains__
    return any(map(has, _TRACES)) or (any(map(has, _TRACES_OF_DO_NOT)) and any(map(has, _TRACES_OF_SPOKEN)))
