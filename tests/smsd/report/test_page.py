"""The page: whole by itself, readable by a screen reader, and looked at in a real browser at two widths."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smsd.report.page import write_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,900"),
)
VOID = {"meta", "br", "hr", "img", "input", "link"}


def page_of(figures, language="id", names=(None, None)):
    """As `smsd report` writes it."""
    return write_page(figures, language, ZoneInfo("Asia/Jakarta"), "1708", names)


class Reader(HTMLParser):
    """What stands in a page: its elements in order, each with its attributes, its ancestors and its text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self._open = [], []
        self.feed(page)
        assert not self._open, f"{self._open[-1]['tag']} is not closed"

    def handle_starttag(self, tag, attrs):
        """HTMLParser's hook."""
        element = dict(attrs) | {"tag": tag, "text": "", "within": [each["tag"] for each in self._open]}
        self.elements.append(element)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        """HTMLParser's hook."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        """HTMLParser's hook."""
        assert tag == self._open.pop()["tag"]

    def handle_data(self, data):
        """HTMLParser's hook."""
        for element in self._open:
            element["text"] += data

    def all(self, *tags):
        """Of these kinds, in order."""
        return [element for element in self.elements if element["tag"] in tags]


# ---------------------------------------------------------------- without a browser


@pytest.mark.parametrize("language", ["id", "en"])
def test_needs_nothing_but_itself(figures, language):
    """No script, nothing from elsewhere, and a policy by which a browser would refuse both."""
    page = page_of(figures, language)
    assert not re.search(r"<script|javascript:|\son\w+=|\ssrc=|\shref=|url\(|@import|https?:", page)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'; style-src 'unsafe-inline'" == policy


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_screen_reader_finds_its_way(figures, language):
    """Language, title, headings in order, parts with names."""
    reader = Reader(page_of(figures, language))
    (root,), (title,), (first,) = reader.all("html"), reader.all("title")[:1], reader.all("h1")
    assert (language, first["text"]) == (root["lang"], title["text"])
    levels = [int(each["tag"][1]) for each in reader.all("h1", "h2", "h3", "h4")]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [each["id"] for each in reader.elements if "id" in each]
    assert len(set(ids)) == len(ids)
    named = {name for each in reader.elements for name in (each.get("aria-labelledby") or "").split()}
    assert named <= set(ids)
    assert all(each.get("aria-labelledby") for each in reader.all("section"))
    assert 1 == len(reader.all("main"))


def test_every_picture_is_told_in_words_and_figures(figures):
    """Title, description, and the table behind it right after."""
    reader = Reader(page_of(figures))
    pictures = [each for each in reader.all("svg") if each.get("role") == "img"]
    told = {each["id"]: each["text"] for each in reader.all("title", "desc") if "id" in each}
    for picture in pictures:
        title, description = picture["aria-labelledby"].split()
        assert told[title].strip()
        assert told[description].strip()
    order = [each["tag"] for each in reader.all("figure", "details")]
    assert ["figure", "details"] * len(pictures) == order
    assert len(pictures) == len([each for each in reader.all("table") if "details" in each["within"]])


def test_every_cell_has_its_heads(figures):
    """A caption, a head for each column and row, and as many cells as heads."""
    for table in re.findall(r"<table.*?</table>", page_of(figures), re.DOTALL):
        reader = Reader(table)
        assert reader.all("caption")[0]["text"].strip()
        width = len([each for each in reader.all("th") if each["scope"] == "col"])
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]:
            cells = Reader(row).all("th", "td")
            assert (width, "row") == (len(cells), cells[0]["scope"])


def test_says_so_when_there_is_nothing(figures):
    """And draws nothing then."""
    page = page_of(figures)
    empty = not figures.flows["opened"]
    assert empty == ("Tidak ada laporan pada periode ini." in page)
    assert empty == ("<svg" not in page)


def test_writes_numbers_as_its_readers_do(figures):
    """Points between thousands in Indonesian, commas in English."""
    if figures.open:
        assert "98.765" in page_of(figures)
        assert "98,765" in page_of(figures, "en")
        assert "Rp951.250.000" in page_of(figures)


def test_names_what_it_is_about(figures):
    """The place, the agency, and until when if the period is not over; in words that are no markup."""
    page = page_of(figures, names=("Kab <Malang>", "Dinas & Co"))
    assert "Hanya laporan dari Kab &lt;Malang&gt;." in page
    assert "Dinas &amp; Co" in page
    assert (figures.until < figures.made_at.replace(month=11, day=1, year=2026)) == ("belum selesai" in page)


# ---------------------------------------------------------------- in a browser

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")


def look_at(page, width, folder):
    """What LOOK finds when the page is that wide; a window would be 500 pixels at least, a frame is not."""
    without_policy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    opened = without_policy.replace("<details>", "<details open>")
    asked = opened.replace("</body>", f"<script>onload = () => {{{LOOK}}}</script></body>")
    frame = (
        f'<iframe style="width:{width}px;height:9000px;border:0" srcdoc="{html.escape(asked, quote=True)}"></iframe>'
    )
    source = folder / "look.html"
    source.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{frame}', encoding="utf-8")
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom", source.as_uri()]
    dom = subprocess.run(command, check=True, capture_output=True, text=True, timeout=110).stdout
    return json.loads(html.unescape(re.search(r"<title>(.*?)</title>", dom)[1]))


needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser to look with (Debian: apt install chromium)")


@needs_browser
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("width", [400, 1200])
def test_looks_right_in_a_browser(figures, language, width, tmp_path):
    """Nothing is wider than the page, cut off, printed over something else or too pale to read (WCAG 2.1, AA)."""
    found = look_at(page_of(figures, language, ("Kab Malang", None)), width, tmp_path)
    assert (width, width) == (found["width"], found["wide"])
    assert ([], [], []) == (found["clipped"], found["over"], found["pale"])
    assert found["seen"] > (100 if figures.open else 5)


@needs_browser
def test_the_look_sees_what_is_wrong(tmp_path):
    """Or it would say of every page that it is fine."""
    text = '<text x="{}" y="20">{}</text>'
    wrong = (
        '<p style="color:#999">pale</p><p style="width:900px">wide</p><p style="width:9px;overflow:hidden">clipped</p>'
        f'<svg role="img" width="300" height="40">{text.format(0, "one")}{text.format(9, "two")}'
        f"{text.format(290, 'out')}"
    )
    found = look_at(f'<!DOCTYPE html><body style="background:#fff">{wrong}</svg></body>', 400, tmp_path)
    assert ({"clipped", "out"}, ["pale"]) == (set(found["clipped"]), found["pale"])
    assert ["one / two", "two / one"] == found["over"]
    assert found["wide"] > 900 > found["width"]
