"""The words in a mail: the best of its text parts, whatever charset it is in and whatever it says that it is in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any, TypeVar

from parser.mail_html import html_to_text

# Nobody answers a complaint with a novel.
_MAX_CHARACTERS = 200_000

_SURROGATE = re.compile("[\ud800-\udfff]")

# Programs that call a text Latin-1 or ASCII mean Windows-1252, as browsers know (WHATWG Encoding, section 4.2), or have
# forgotten to say UTF-8: what reads as UTF-8 beyond ASCII is hardly ever anything else.
_MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ascii", "iso8859-1", "cp1252"), ("utf-8", "cp1252")),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "utf-8": ("utf-8-sig",),
}
# Codecs that are no charset of any mail, the first of which takes minutes for a long text.
_NO_CHARSET = frozenset(("punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"))
_QUOTE_DEPTH = re.compile(r">*")

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
    for subtype, reduce in (("text/plain", _plain), ("text/html", _html)):
        for leaf in leaves:
            if tolerant(leaf.get_content_type, "") == subtype and (text := reduce(leaf).strip()):
                return clean(text)
    return clean(_unparted(leaves))


def _leaves(message: Any) -> Iterator[Any]:
    """Parts that are shown: no attachment, and nothing of a mail that is attached."""
    if tolerant(message.get_content_disposition, None) == "attachment":
        return
    if not message.is_multipart():
        yield message
    elif tolerant(message.get_content_maintype, "") == "multipart":
        for part in message.get_payload():
            yield from _leaves(part)


def _unparted(leaves: list[Any]) -> str:
    """A multipart that does not say where its parts begin, as it stands there: better than nothing for an operator."""
    broken = (leaf for leaf in leaves if tolerant(leaf.get_content_maintype, "") == "multipart")
    return next((_decoded(leaf).strip() for leaf in broken), "")


def _plain(leaf: Any) -> str:
    text = _decoded(leaf)
    if _parameter(leaf, "format") != "flowed":
        return text
    return _unflowed(clean(text), joins_words=_parameter(leaf, "delsp") == "yes")


def _html(leaf: Any) -> str:
    return html_to_text(_decoded(leaf))


def _parameter(leaf: Any, name: str) -> str:
    return tolerant(lambda: str(leaf.get_param(name, "")), "").lower()


def _decoded(leaf: Any) -> str:
    """The part's characters; a charset that is missing, unknown or wrong is taken for UTF-8, then for Windows-1252."""
    octets: bytes = tolerant(lambda: leaf.get_payload(decode=True), b"")
    for charset in _charsets(tolerant(leaf.get_content_charset, None) or "utf-8"):
        try:
            return octets.decode(charset)[:_MAX_CHARACTERS]
        except (LookupError, ValueError):
            continue
    return octets.decode("windows-1252", "replace")[:_MAX_CHARACTERS]


def _charsets(declared: str) -> tuple[str, ...]:
    """What the declared charset may mean, most likely first."""
    name: str = tolerant(lambda: codecs.lookup(declared).name, "")
    meant = _MEANT.get(name, (name,) if name and name not in _NO_CHARSET else ())
    return (*meant, "utf-8")


def _unflowed(text: str, *, joins_words: bool) -> str:
    """Lines that a mail program broke, put together again (RFC 3676 section 4): a space at the end says so."""
    lines: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(_QUOTE_DEPTH.match(line)[0])  # type: ignore[index]  # it matches everything
        body = line[depth:].removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        body = body[:-1] if flows and joins_words else body
        if depth == open_depth:
            lines[-1].append(body)
        else:
            lines.append([">" * depth + (" " if depth else ""), body])
        open_depth = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in lines)
