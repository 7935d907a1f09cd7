"""The words in a mail: its best text part, and of that what is not quoted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import Message
from html import unescape
from typing import Any, TypeVar

REPLY_MARKER = "balas di atas baris ini"

# Nobody answers a complaint with a novel.
_MAX_CHARACTERS = 200_000

_BLOCKS = frozenset(("blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "hr", "li", "p", "pre", "table", "tr"))
_SILENT = frozenset(("script", "style", "title"))
_TAG = re.compile(r"<(?:(/?)([A-Za-z][A-Za-z0-9]{0,20})(?![A-Za-z0-9])[^<>]{0,4000}|[!?][^<>]{0,4000})>")
_SURROGATE = re.compile("[\ud800-\udfff]")

_HEADERS = "Dari|From|Dikirim|Sent|Tanggal|Date|Kepada|Ke|To|Cc|Tembusan|Subjek|Subject|Perihal"

# Where the words of somebody else begin, as mail programs in Indonesian and English write it.
_QUOTES = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        rf"^.*{REPLY_MARKER}.*$",
        r"^[ \t]*>.*$",
        # `Pada Sen, 3 Agu 2026 10.12 LAPOR! <...> menulis:`, often wrapped over two or three lines.
        r"^[ \t]*(?:Pada|On)\b[^\n]{0,300}(?:\n[^\n]{0,300}){0,2}?\b(?:menulis|wrote)[ \t]*:[ \t]*$",
        r"^[ \t]*\d{4}-\d\d-\d\d[^\n]{0,200}<[^\n>]+>[ \t]*:[ \t]*$",
        # `Dari: ...` counts as a header only when another one is on the next lines.
        rf"^[ \t]*[*_]*(?:Dari|From)[*_]*[ \t]*:[^\n]*\n(?:[^\n]*\n)?[ \t]*[*_]*(?:{_HEADERS})[*_]*[ \t]*:.*$",
        r"^[ \t]*-{2,}[ \t]*(?:Original Message|Forwarded message|Pesan Asli|Pesan terusan|Pesan yang diteruskan)\b.*$",
        r"^[ \t]*_{10,}[ \t]*$",
        r"^-- $",
        r"^[ \t]*(?:Dikirim dari|Sent from)\s+"
        r"(?:my|mail|outlook|yahoo|gmail|samsung|iphone|ipad|android|hp|ponsel)\b.*$",
    )
)
_QUOTED_LINE, _REPLY_HEADER = _QUOTES[1], _QUOTES[2]

T = TypeVar("T")


def tolerant(read: Callable[[], T], otherwise: T) -> T:
    """What `read` gives, or `otherwise`.

    The standard library's mail parser fails on hostile headers with IndexError, AttributeError, RecursionError and
    more, differently in each version. A mail that it cannot read in part is still a mail.
    """
    try:
        return read()
    except Exception:  # noqa: BLE001
        return otherwise


def clean(text: str) -> str:
    """The text with what PostgreSQL refuses taken out: U+0000 and lone surrogates; line ends are plain newlines."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def best_text(message: Message[Any, Any]) -> str:
    """The first text/plain part that says something, else the first text/html part without its markup, else nothing."""
    leaves: list[Any] = tolerant(lambda: list(_leaves(message)), [])
    for subtype, reduce in (("text/plain", str), ("text/html", html_to_text)):
        for leaf in leaves:
            if tolerant(leaf.get_content_type, "") == subtype and (text := reduce(_decoded(leaf)).strip()):
                return clean(text)
    return ""


def _leaves(message: Any) -> Iterator[Any]:
    """Parts that are shown: no attachment, and nothing of a mail that is attached."""
    if tolerant(message.get_content_disposition, None) == "attachment":
        return
    if not message.is_multipart():
        yield message
    elif tolerant(message.get_content_maintype, "") == "multipart":
        for part in message.get_payload():
            yield from _leaves(part)


def _decoded(leaf: Any) -> str:
    """The part's characters; a charset that is missing, unknown or wrong is taken for UTF-8, then for Windows-1252."""
    octets: bytes = tolerant(lambda: leaf.get_payload(decode=True), b"")
    declared: str = tolerant(leaf.get_content_charset, None) or "utf-8"
    for charset in (declared, "utf-8"):
        try:
            return octets.decode(charset)[:_MAX_CHARACTERS]
        except (LookupError, ValueError):
            continue
    return octets.decode("windows-1252", "replace")[:_MAX_CHARACTERS]


def html_to_text(markup: str) -> str:
    """Text of an HTML mail: blocks become lines, quoted blocks are marked with > as in plain text.

    The html.parser of Python 3.11 takes half a minute for 200 kB of hostile markup; this takes time in proportion.
    """
    first, *pieces = _TAG.split(_without_comments(markup))
    page = _Page()
    page.add(first)
    for slash, tag, text in zip(pieces[0::3], pieces[1::3], pieces[2::3], strict=True):
        page.turn((tag or "").lower(), ends=bool(slash))
        page.add(text)
    return "\n".join(line.strip() for line in page.lines).strip()


def _without_comments(markup: str) -> str:
    """Comments go with all that is in them; one that never ends takes the rest along."""
    first, *others = markup.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)


class _Page:
    """The lines of an HTML mail as they are read."""

    def __init__(self) -> None:
        self.lines = [""]
        self._silent = 0
        self._quotes = 0

    def turn(self, tag: str, *, ends: bool) -> None:
        """A block begins a line where it begins and where it ends; quotes and silent elements are counted."""
        step = -1 if ends else 1
        if tag in _SILENT:
            self._silent = max(0, self._silent + step)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes + step)
        # An empty line is there only where somebody asked for it.
        if tag in _BLOCKS and (self.lines[-1].strip("> ") or tag == "br"):
            self.lines.append("")
        if tag in _BLOCKS:
            self.lines[-1] = "> " if self._quotes else ""

    def add(self, text: str) -> None:
        """Runs of white space are one space, as a browser shows them."""
        if not self._silent:
            self.lines[-1] += re.sub(r"\s+", " ", unescape(text))


def cut_quotes(text: str) -> str:
    """What the sender wrote: the shortest beginning that says something and ends where a quote begins.

    Where nothing stands above the first quote, the answer was written below: the quoted lines go and the rest stays.
    """
    starts = [found.start() for pattern in _QUOTES if (found := pattern.search(text))]
    heads = [head for start in starts if _REPLY_HEADER.sub("", head := text[:start].strip()).strip()]
    return min(heads, key=len) if heads else _below_quote(text)


def _below_quote(text: str) -> str:
    """The text without quoted lines and the headers that announce them."""
    return _QUOTED_LINE.sub("", _REPLY_HEADER.sub("", text)).strip()
