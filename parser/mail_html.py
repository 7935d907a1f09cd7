"""The text of an HTML mail as a reader sees it."""

from __future__ import annotations

import re
from html import unescape

_BLOCKS = frozenset(("blockquote", "br", "dd", "div", "dt", "h1", "h2", "h3", "hr", "li", "p", "pre", "table", "tr"))
_SILENT = frozenset(("script", "style", "title"))
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"))
_TAG = re.compile(r"<(?:(/?)([A-Za-z][A-Za-z0-9]{0,20})(?![A-Za-z0-9])([^<>]{0,4000})|[!?][^<>]{0,4000})>")
# Only who reads the source sees it: preview lines of templates, and words that somebody wants a machine to read.
_UNSEEN = re.compile(
    r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|font-size\s{0,9}:\s{0,9}0(?![.\d]))", re.IGNORECASE
)


def html_to_text(markup: str) -> str:
    """Blocks become lines, quoted blocks are marked with > as in plain text, what is hidden is left out.

    The html.parser of Python 3.11 takes half a minute for 200 kB of hostile markup; this takes time in proportion.
    """
    first, *pieces = _TAG.split(_without_comments(markup))
    page = _Page()
    page.add(first)
    for slash, tag, attributes, text in zip(pieces[0::4], pieces[1::4], pieces[2::4], pieces[3::4], strict=True):
        page.turn((tag or "").lower(), attributes or "", ends=bool(slash))
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
        # The element that is not shown, and how many of its name are open in it.
        self._unseen = ("", 0)

    def turn(self, tag: str, attributes: str, *, ends: bool) -> None:
        """A block begins a line where it begins and where it ends; quotes and silent elements are counted."""
        step = -1 if ends else 1
        if self._hide(tag, attributes, step):
            return
        if tag in _SILENT:
            self._silent = max(0, self._silent + step)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes + step)
        # An empty line is there only where somebody asked for it.
        if tag in _BLOCKS and (self.lines[-1].strip("> ") or tag == "br"):
            self.lines.append("")
        if tag in _BLOCKS:
            self.lines[-1] = "> " if self._quotes else ""

    def _hide(self, tag: str, attributes: str, step: int) -> bool:
        """Whether this tag is in an element that is not shown, or begins or ends one."""
        name, depth = self._unseen
        if depth:
            self._unseen = (name, depth + step) if tag == name else self._unseen
            return True
        if step > 0 and tag not in _VOID and _UNSEEN.search(attributes):
            self._unseen = (tag, 1)
            return True
        return False

    def add(self, text: str) -> None:
        """Runs of white space are one space, as a browser shows them."""
        if not self._silent and not self._unseen[1]:
            self.lines[-1] += re.sub(r"\s+", " ", unescape(text))
