"""Loads the SQL that stands in .sql files: one ``-- name: x`` and a comment before each statement."""

from __future__ import annotations

import re
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def _load(file: str) -> dict[str, str]:
    text = (resources.files("smsd.store") / file).read_text(encoding="utf-8")
    _, *pieces = _NAME.split(text)
    return dict(zip(pieces[::2], (sql.strip().rstrip(";") for sql in pieces[1::2]), strict=True))


SQL = _load("queries.sql")
REPORT_SQL = _load("report.sql")
PRIVACY = _load("privacy.sql")
SEAL_ALL = _load("seal_all.sql")
SCHEMA = (resources.files("smsd.store") / "schema.sql").read_text(encoding="utf-8")
