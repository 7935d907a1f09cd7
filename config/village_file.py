"""The names of all villages: `villages.txt`, one line a kecamatan, `35.73.05 Desa;Desa|Kelurahan;Kelurahan`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import groupby

from config.data_files import SHIPPED

_KABKOTA = len("35.73")


@cache
def shipped_villages() -> Mapping[str, tuple[str, ...]]:
    """Read the lines by kabupaten and kota, still whole; they come with the program and nobody replaces them."""
    lines = (SHIPPED / "villages.txt").read_text(encoding="utf-8").splitlines()
    return {code: tuple(group) for code, group in groupby(lines, key=lambda line: line[:_KABKOTA])}
