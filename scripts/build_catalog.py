#!/usr/bin/env python3
"""Writes the journal's catalog (`journalctl -x`) from docs/events.md and docs/id/peristiwa.md into systemd/."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from smsd.journal import message_id

ROOT = Path(__file__).resolve().parent.parent
# The document, the catalog, and its words for what to do and for where to read on.
CATALOGS = (
    ("docs/events.md", "systemd/smsd.catalog", "What to do", "docs/events.md explains all events and keys."),
    (
        "docs/id/peristiwa.md",
        "systemd/smsd.id.catalog",
        "Yang perlu dilakukan",
        "docs/id/peristiwa.md menjelaskan semua kejadian dan kunci.",
    ),
)
_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| [^|]+ \|([^|]*)\| ([^|]*) \|([^|]*)\|$", re.MULTILINE)
# Fields that journalctl puts into the text of an entry.
_SHOWN = ("ticket", "modem", "agency", "error", "cure")


def catalog(document: str, to_do: str, read_on: str) -> str:
    """All entries in the form of systemd's Message Catalogs."""
    return "\n".join(_entry(*row, to_do, read_on) for row in _ROW.findall(document))


def _entry(name: str, keys: str, meaning: str, cure: str, to_do: str, read_on: str) -> str:
    known = re.findall(r"`(\w+)`", keys)
    shown = [f"{key.upper()}: @{key.upper()}@" for key in _SHOWN if key in known]
    lines = [f"-- {message_id(name)}", f"Subject: {name}", "Defined-By: smsd", "", f"{_plain(meaning)}."]
    lines += ["", f"{to_do}: {_plain(cure)}."] if cure.strip() else []
    lines += ["", *shown] if shown else []
    return "\n".join([*lines, "", read_on, ""])


def _plain(words: str) -> str:
    """Without the marks of Markdown, and with a capital where a sentence begins."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", words).replace("`", "").strip()
    return text[:1].upper() + text[1:]


def main(root: Path = ROOT) -> int:
    for document, file, to_do, read_on in CATALOGS:
        text = catalog((root / document).read_text(encoding="utf-8"), to_do, read_on)
        (root / file).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
