"""Of the text of an answer, what its sender wrote: no quotes, no signature, no disclaimer."""

from __future__ import annotations

import re

REPLY_MARKER = "balas di atas baris ini"

_HEADERS = (
    "Dari|From|Pengirim|Dikirim|Terkirim|Sent|Tanggal|Date|Kepada|Ke|To|Cc|Tembusan|Subjek|Subject|Perihal"
    "|Balas ke|Reply-To"
)
_HEADER = rf"[ \t]*[*_]*(?:{_HEADERS})[*_]*[ \t]*:[^\n]*"
_FORWARDED = (
    r"Original (?:Message|Appointment)|Forwarded message|Pesan Asli|Pesan terusan|Pesan (?:yang )?diteruskan"
    r"|Pesan sebelumnya|Balasan asli"
)

# Where the words of somebody else begin, as mail programs in Indonesian and English write it.
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_REPLY_HEADER = re.compile(
    # `Pada Sen, 3 Agu 2026 10.12 LAPOR! <...> menulis:`, often wrapped over two or three lines. Yahoo's goes on behind
    # the colon. No line of it is empty: `ON PROGRESS` above such a header is an answer.
    r"^[ \t]*(?:Pada|On)\b[^\n]{0,300}(?:\n(?![ \t]*\n)[^\n]{0,300}){0,2}?(?:\b(?:menulis|wrote)[ \t\xa0]*:[ \t\xa0]*$"
    r"|<[^<>\s]{3,254}>[ \t\xa0]*(?:menulis|wrote)[ \t\xa0]*:.*$)",
    re.IGNORECASE | re.MULTILINE,
)
_FOREIGN = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"^.*{REPLY_MARKER}.*$",
        r"^[ \t]*\d{4}-\d\d-\d\d[^\n]{0,200}<[^\n>]+>[ \t]*:[ \t]*$",
        # `Dari: ...` counts as a header only when another one is on the next lines.
        rf"^[ \t]*[*_]*(?:Dari|From)[*_]*[ \t]*:[^\n]*\n(?:[^\n]*\n)?{_HEADER}$",
        rf"^[ \t]*-{{2,}}[ \t]*(?:{_FORWARDED})\b.*$",
        r"^[ \t]*(?:Begin forwarded message|Mulai pesan (?:yang )?(?:di)?terus(?:k)?an)[ \t]*:[ \t]*$",
        r"^[ \t]*_{10,}[ \t]*$",
        r"^--[ \t\xa0]*$",
        r"^[ \t]*(?:Dikirim (?:dari|melalui|lewat|dengan)|Sent (?:from|via|with))\s+"
        r"(?:my|mail|outlook|yahoo|gmail|samsung|galaxy|iphone|ipad|android|hp|ponsel|perangkat)\b.*$",
        r"^[ \t]*(?:Dapatkan|Unduh|Get) Outlook (?:untuk|for)\b.*$",
        r"^[ \t]*Yahoo Mail[ \t]*:[ \t]*(?:Search, Organize, Conquer|Cari, Atur, Taklukkan)[ \t]*$",
    )
)
_QUOTES = (_QUOTED_LINE, _REPLY_HEADER, *_FOREIGN)

# Ends that stand for themselves, and ends that need something above: `Salam,` may begin a letter too.
_END = re.compile(
    r"(?:hormat\s+(?:kami|saya)|(?:kind|best|warm)\s+regards|regards|sincerely|yours\s+\w+|ttd\.?)\b.{0,40}",
    re.IGNORECASE,
)
_END_BELOW = re.compile(
    r"(?:demikian\b.{0,200}|(?:atas|untuk)\s+(?:perhatian|kerja\s*sama).{0,160}"
    r"|(?:salam|wassalam\w*|wasalam\w*)\b.{0,40}|(?:terima\s*kasih|trims|matur\s+nuwun|thank\s+you|thanks)\b.{0,20})",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\W{0,5}(?:(?:penafian|disclaimer|confidentiality notice|pernyataan kerahasiaan)\b"
    r"|(?:e-?mail|surel|pesan|surat elektronik|informasi)\b.{0,80}\b(?:rahasia|hanya ditujukan|hanya diperuntukkan)\b"
    r"|(?:this|the)\s+(?:e-?mail|message|communication|information)\b.{0,80}\b(?:confidential|privileged|intended)\b"
    r"|(?:pertimbangkan lingkungan|please consider the environment|think before you print)\b)",
    re.IGNORECASE,
)
_STAFF_NUMBER = re.compile(r"\W{0,5}NIP\b[\s.:]*\d[\d .]{7,}.*", re.IGNORECASE)
# What stands above a staff number: name and office, in capitals or Each Word So, without the stop of a sentence.
_NAME_OR_OFFICE = re.compile(r"[^.?!]{2,60}(?:\.\w{1,4})?\.?")
_SMALL_WORDS = frozenset(("dan", "di", "pada", "selaku", "of", "and", "a.n.", "an.", "u.b.", "plt.", "plh."))
_MOST_LINES_OF_NAME = 3


def cut_quotes(text: str) -> str:
    """The text without what is quoted: what stands above the first quote.

    Where nothing does, the answer was written below: the quoted lines go and the rest stays, up to where somebody
    else's words begin without being marked.
    """
    starts = (found.start() for pattern in _QUOTES if (found := pattern.search(text)))
    return text[: min(starts, default=len(text))].strip() or _below_quote(text)


def _below_quote(text: str) -> str:
    """The text without quoted lines and the headers that announce them."""
    rest = _QUOTED_LINE.sub("", _REPLY_HEADER.sub("", text))
    starts = (found.start() for pattern in _FOREIGN if (found := pattern.search(rest)))
    return rest[: min(starts, default=len(rest))].strip()


def cut_closing(text: str) -> str:
    """The text without greetings at its end, signature and disclaimer: what the citizen has no use for."""
    above: list[str] = []
    something = False
    for line in map(str.strip, text.split("\n")):
        if _ends(line, something):
            break
        if _STAFF_NUMBER.fullmatch(line):
            _drop_name(above)
            break
        above.append(line)
        something = something or bool(line)
    return "\n".join(above).strip()


def _ends(line: str, something_above: bool) -> bool:
    if _END.fullmatch(line) or _DISCLAIMER.match(line[:200]):
        return True
    return something_above and bool(_END_BELOW.fullmatch(line))


def _drop_name(lines: list[str]) -> None:
    """Takes name and office off the end of the lines; the first line stays, as it is the answer."""
    left = _MOST_LINES_OF_NAME
    while len(lines) > 1 and left and (not lines[-1] or _is_name(lines[-1])):
        left -= bool(lines.pop())


def _is_name(line: str) -> bool:
    words = [word for word in line.split() if word.lower() not in _SMALL_WORDS]
    return bool(_NAME_OR_OFFICE.fullmatch(line)) and all(not word[0].islower() for word in words)
