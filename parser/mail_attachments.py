"""What is attached to a mail, as it came: its bytes are kept, and never opened or run."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from parser.mail_message import AS_IT_CAME, Mail, content_type, parse_message
from parser.mail_text import clean, tolerant

MOST_ATTACHMENTS = 50
DEEPEST = 5
"""Mails within mails that are looked into."""

_LONGEST_NAME = 100
_LONGEST_ENDING = 10
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')
_MAIL = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file: its name made safe, the type that its sender claims, its bytes and their SHA-256 in hex."""

    name: str
    content_type: str
    content: bytes
    sha256: str


def read_attachments(mail: bytes | Mail) -> list[Attachment]:
    """All files in a mail and in the mails attached to it; winmail.dat (TNEF) is one, whatever is in it.

    An attached mail is kept whole too, but not one within it. At most MOST_ATTACHMENTS, in mails at most DEEPEST deep.
    """
    found: list[tuple[Any, bytes]] = []
    # What was found stays where the nesting is too deep for the rest.
    tolerant(lambda: found.extend(islice(_files(parse_message(mail), 0), MOST_ATTACHMENTS)), None)
    return [_attachment(number, part, content) for number, (part, content) in enumerate(found, 1)]


def _files(part: Any, depth: int) -> Iterator[tuple[Any, bytes]]:
    kind = content_type(part)
    if kind == _MAIL and depth < DEEPEST:
        if depth == 0:
            yield part, tolerant(lambda: part.get_payload()[0].as_bytes(policy=AS_IT_CAME), b"")
        yield from _files_in(part, depth + 1)
    elif part.is_multipart() and kind != _MAIL:
        yield from _files_in(part, depth)
    elif _is_file(part, kind):
        yield part, tolerant(lambda: part.get_payload(decode=True), b"") or b""


def _files_in(part: Any, depth: int) -> Iterator[tuple[Any, bytes]]:
    for inner in part.get_payload():
        yield from _files(inner, depth)


def _is_file(part: Any, kind: str) -> bool:
    """Not what is read as the text of the mail: that has no name and is shown."""
    attached = tolerant(part.get_content_disposition, None) == "attachment"
    return attached or not kind.startswith(("text/", "message/", "multipart/")) or bool(_given_name(part))


def _given_name(part: Any) -> str:
    return tolerant(lambda: str(part.get_filename() or ""), "")


def _attachment(number: int, part: Any, content: bytes) -> Attachment:
    kind = content_type(part)
    return Attachment(safe_name(_given_name(part), kind, number), kind, content, hashlib.sha256(content).hexdigest())


def safe_name(given: str, kind: str, number: int) -> str:
    """A name that is no path, hides no ending behind direction marks, and fits any file system; never empty."""
    shown = "".join(char for char in clean(given) if unicodedata.category(char)[0] != "C")
    name = _FORBIDDEN.sub(" ", re.split(r"[/\\]", shown)[-1]).strip(" .")
    if not name:
        name = f"lampiran-{number}{mimetypes.guess_extension(kind) or ''}"
    stem, dot, ending = name.rpartition(".")
    if len(name) <= _LONGEST_NAME or not dot or len(ending) > _LONGEST_ENDING:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
