"""The picture of `smsd top`: drawn from some days that were really played, by what draws it on a terminal."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import struct
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "draw_top.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_top", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


draw_top = _load()


@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")  # the embedded PostgreSQL's, where nobody is logged in
def test_what_is_drawn_was_played() -> None:
    """Reports came in through two modems, were sent on and answered; a third modem is lost."""
    with tempfile.TemporaryDirectory(prefix="smsd-top-") as folder:
        snapshot = asyncio.run(draw_top.play(Path(folder), reports=12, seed=3))
    flow = {each.kind: each for each in snapshot.flow}
    assert flow["sms_in"].today >= flow["reports"].today > 0
    assert ["indosat", "telkomsel", "xl"] == [modem.name for modem in snapshot.modems]
    assert snapshot.events
    page = re.sub(r"<[^>]+>", "", draw_top.page(snapshot, *draw_top.SIZE))
    assert snapshot.events[0].code in page
    assert "xl: nothing at" in page


def test_the_picture_in_the_documents_is_small_and_as_wide_as_the_screen() -> None:
    """What readers load."""
    png = (ROOT / "docs" / "images" / "top.png").read_bytes()
    width, _ = struct.unpack(">II", png[16:24])
    assert round(draw_top.SIZE[0] * 8.43) + 24 == width
    assert len(png) < 300_000
