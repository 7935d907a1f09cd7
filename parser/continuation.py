"""Whether two SMS are halves of one text: some phones cut a long text without saying so in its header.

A text reads as cut where it has no end of a sentence and is as long as an SMS can be, or stops at a word or a mark that
something must follow. Pure guesses from the words; how soon the second came, and from whom, is for the caller to judge.
"""

import re
from typing import Literal

from parser import gsm7
from parser.sms import Add, Complaint, is_bare_answer, is_courtesy, read_sms

# An SMS that is nearly full may have been cut before a word that did not fit any more.
_NEARLY_FULL = {"gsm7": 145, "ucs2": 64}
_FULL = {alphabet: {gsm7.PART_LIMIT[alphabet], gsm7.SINGLE_LIMIT[alphabet]} for alphabet in _NEARLY_FULL}

# Words that link, Javanese and Sundanese too: at an end something is missing, at a beginning something came before.
_LINKS = (
    "agar akibat amarga antara atau atawa bahkan bahwa biar buat dan dari daripada demi dengan dg dgn di dina dlm dr "
    "hingga ing jeng jeung kaliyan kana kanggo karena karna karo ke kepada keur krn kusabab lan maka melalui mergo "
    "nanging nu oleh pada padahal para pd pikeun sabab saka saking sambil sbg sdh sebab sebagai sedangkan sehingga "
    "sejak seng seperti serta shg sing spy sudah supaya tanpa tapi tentang tetapi ti tp tpi udah untuk utawa utk "
    "walaupun yaitu yakni yang yg"
)
# `minggu lalu`, `belum sampai`, `mati terus` end a sentence; at a beginning they link.
_STARTERS = "dalam dumugi jadi juga kemudian lalu lewat sampai sampe sareng tapina terus tina"
# What only misses a name or a number.
_OPENERS = "adalah ds dsn gang gg jl jln kab kec kel no rt rw"
_STARTING = frozenset(f"{_LINKS} {_STARTERS}".split())
_DANGLING = frozenset(f"{_LINKS} {_OPENERS}".split())
_OPENING = frozenset(_OPENERS.split())

# Who greets begins anew; who thanks is done.
_GREETINGS = (
    "admin asalamualaikum ass assalamu assalamualaikum bapak bpk bu hai hallo halo ibu kepada kulonuwun lapor met "
    "mimin min nyuwun pak permisi punten salam sampurasun selamat slmt yth"
)
_GREETING = frozenset(_GREETINGS.split())
_THANKING = frozenset({"kasih", "terimakasih", "makasih", "mksh", "trims", "tks", "thx", "suwun", "nuhun", "wassalam"})
# `pak lurah sudah tahu` goes on with a sentence.
_ADDRESS = frozenset({"pak", "bu", "bpk", "bapak", "ibu"})
_OFFICE = frozenset({"lurah", "rt", "rw", "kades", "camat", "bupati", "guru", "dokter", "bidan", "kepala", "haji"})

_WORD = re.compile(r"[^\W\d_]+")
_MORE_BEHIND = re.compile(r"[(\[]?\b(?:bersambung|brsambung)\b[\s.…)\]]*\Z", re.IGNORECASE)
_MORE_BEFORE = re.compile(r"\A\s*+[(\[]?(?:sambungan|lanjutan)(?:nya)?\b[\s.:,)\]\-–]*+", re.IGNORECASE)
# `RT 1/2`, `No 1/2`, `blok 1/2` and `tgl 1/2` are no parts of an SMS.
_PART = r"[(\[]?([1-9])/([2-9])[)\]]?"
_PART_BEFORE = re.compile(rf"\A\s*+{_PART}(?![\w/])[\s.:,\-–]*+")
_PART_BEHIND = re.compile(rf"(?<![\w/.,])(?<!rt.)(?<!rw.)(?<!no.)(?<!ok.)(?<!gl.){_PART}\s*\Z", re.IGNORECASE)


def reads_cut(text: str) -> bool:
    """Whether this SMS looks as if a next one goes on with it."""
    if _promises_more(text):
        return True
    if _is_ended(text):
        return False
    words = _WORD.findall(text)
    dangling = len(words) > 1 and words[-1].lower() in _DANGLING and not text.rstrip()[-1].isdigit()
    alphabet, length = _length(text)
    return dangling or length >= _NEARLY_FULL[alphabet] or text.rstrip().endswith((",", "-", "..", "…"))


def continues(first: str, second: str) -> bool:
    """Whether the second SMS reads as the rest of the first. Neither may be a command, a greeting or mere thanks."""
    if not _can_go_on(first) or _begins_anew(second):
        return False
    if reads_cut(first):
        return True
    begun = second.lstrip()
    falls = first.lstrip()[:1].isupper() and begun[:1].islower()
    return not is_bare_answer(second) and (falls or _takes_up(begun))


def rejoin(first: str, second: str) -> str:
    """The two as one text, without `1/2` and `bersambung`; a word that was cut in two is whole again."""
    head = _PART_BEHIND.sub("", _MORE_BEHIND.sub("", _PART_BEFORE.sub("", first))).rstrip()
    tail = _PART_BEHIND.sub("", _MORE_BEFORE.sub("", _PART_BEFORE.sub("", second))).strip()
    return (head + ("" if _cuts_word(first, second) else " ") + tail).strip()


def _promises_more(text: str) -> bool:
    part = _PART_BEFORE.match(text) or _PART_BEHIND.search(text)
    return bool(_MORE_BEHIND.search(text)) or (part is not None and part[1] < part[2])


def _is_ended(text: str) -> bool:
    """Whether a sentence ends there: a full stop that is none of `jl.`, a mark, or thanks."""
    shown = text.rstrip()
    if shown.endswith(("..", "…")):
        return False
    words = _WORD.findall(shown)
    last = words[-1].lower() if words else ""
    if shown.endswith("."):
        return last not in _OPENING or shown[-2:-1].isdigit()
    return shown.endswith(("!", "?")) or last in _THANKING


def _length(text: str) -> tuple[Literal["gsm7", "ucs2"], int]:
    """The alphabet an SMS must use for the text, and how much of it the text takes: septets or UTF-16 units."""
    septets = gsm7.septets(text)
    if septets is not None:
        return "gsm7", septets
    return "ucs2", sum(1 + (ord(char) > 0xFFFF) for char in text)


def _can_go_on(first: str) -> bool:
    """Whether it is a report, or words added to one, that could have a rest."""
    if is_courtesy(first) or is_bare_answer(first) or not isinstance(read_sms(first), Complaint | Add):
        return False
    return _promises_more(first) or not _is_ended(first)


def _begins_anew(second: str) -> bool:
    """Whether it is a text of its own: a command, a greeting, mere thanks, or nothing."""
    intent = read_sms(second)
    if is_courtesy(second) or not isinstance(intent, Complaint) or intent.new or intent.secrecy:
        return True
    first, following = (*_WORD.findall(second.lower())[:2], "", "")[:2]
    if first in _ADDRESS and following in _OFFICE:
        return False
    return first in _GREETING or (first, following) == ("yang", "terhormat")


def _takes_up(second: str) -> bool:
    """Whether it begins as no report begins."""
    part = _PART_BEFORE.match(second) or _PART_BEHIND.search(second)
    if part is not None and part[1] > "1":
        return True
    words = _WORD.findall(second.lower())
    return bool(_MORE_BEFORE.match(second)) or (bool(words) and second[0].isalpha() and words[0] in _STARTING)


def _cuts_word(first: str, second: str) -> bool:
    """Whether the phone cut within a word: `sehari-` `hari`, or a full SMS between two letters."""
    if not second[:1].isalpha():
        return False
    if first[-1:] == "-" and first[-2:-1].isalpha():
        return True
    alphabet, length = _length(first)
    return first[-1:].isalpha() and length in _FULL[alphabet]
