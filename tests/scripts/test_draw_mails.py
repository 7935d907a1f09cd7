"""The pictures of the mails, drawn by a real browser where there is one."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from smsd.mail.compose import Kind

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "draw_mails.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_mails", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


draw_mails = _load()


def size(png: Path) -> tuple[int, int]:
    """Width and height in pixels, from the header of a PNG."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


def test_there_is_an_example_of_every_kind() -> None:
    """A new kind of letter must be looked at too."""
    assert set(get_args(Kind)) == draw_mails.EXAMPLES.keys()
    for kind in get_args(Kind):
        assert "<h1" in draw_mails.page(draw_mails.letter(kind))


def test_without_a_browser_it_says_what_to_install(tmp_path: Path) -> None:
    """One line with the cure, exit 1, and no file."""
    command = [sys.executable, str(SCRIPT), "--all", str(tmp_path / "out")]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, env={**os.environ, "PATH": str(tmp_path)}, check=False
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert [
        "none of chromium, chromium-browser, google-chrome is in PATH; install one (Debian: apt install chromium)"
    ] == (done.stderr.splitlines())
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not any(map(shutil.which, draw_mails.BROWSERS)), reason="no browser in PATH")
def test_a_picture_is_as_wide_as_asked_and_as_high_as_the_page(tmp_path: Path) -> None:
    """Also narrower than the 500 pixels that a window has at least."""
    content = '<!DOCTYPE html><body style="margin:0"><div style="height:321px"></div>'
    for width in (390, 1000):
        draw_mails.take(draw_mails.browser(), content, width, tmp_path / "x.png")
        assert (width, 321) == size(tmp_path / "x.png")


def test_the_pictures_in_the_documents_are_small_and_of_the_right_width() -> None:
    """What readers load on a phone."""
    for name, (_, width) in draw_mails.pictures(every=False).items():
        png = ROOT / "docs" / "images" / f"{name}.png"
        assert width == size(png)[0]
        assert png.stat().st_size < 200_000


# ---------------------------------------------------------------- contrast (WCAG 2.2, 1.4.3)

_STYLE = re.compile(r'style="([^"]*)"')
_COLOUR = re.compile(r"(?<![-\w])color:(#[0-9a-f]{6})")
_BACK = re.compile(r"background-color:(#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_all_text_can_be_read_in_sunlight() -> None:
    """At least 4.5 to 1: each colour on the ground of its own box, and on white."""
    pages = [draw_mails.page(draw_mails.letter(kind)) for kind in get_args(Kind)]
    pages += [draw_mails.page(draw_mails.digest(weekly=weekly)) for weekly in (False, True)]
    for style in {style for page in pages for style in _STYLE.findall(page)}:
        back = _BACK.search(style)
        for ink in _COLOUR.findall(style):
            assert contrast(ink, back[1] if back else "#ffffff") >= 4.5, style
