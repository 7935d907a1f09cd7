#!/usr/bin/env python3
"""Pictures of the mails that agencies get, taken in a browser: `docs/images/mail-*.png`, or all kinds into a folder."""

from __future__ import annotations

import argparse
import html
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import get_args

from smsd.mail.compose import Dispatch, Kind, compose
from smsd.mail.digest import Digest, DigestLine, compose_digest

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE, DESKTOP = 390, 1000
WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 6, 8, 9, 20, tzinfo=WIB)

REPORT = Dispatch(
    kind="disposisi",
    ticket_code="4821309764",
    topic_name="Jalan dan jembatan",
    place_name="Kec Lowokwaru, Kota Malang",
    text="jln rusak parah di Lowokwaru kota malang depan pasar, byk lubang, kmrn ada motor jatuh, tlg diperbaiki",
    extra_text="",
    opened_at=datetime(2026, 6, 8, 9, 14, tzinfo=WIB),
    due_on=date(2026, 6, 12),
    reasons=(
        'kata "jalan rusak", "rusak parah", "banyak lubang" menunjuk topik Jalan dan jembatan',
        'tempat: Kec Lowokwaru, Kota Malang (disebut "lowokwaru kota malang")',
        "aturan: Jalan dan jembatan ditangani Dinas PU kabupaten/kota",
    ),
    agency_name="Dinas Pekerjaan Umum dan Penataan Ruang Kota Malang",
    confidential=False,
    reply_address="t-k3m7x2ahn9wq@1708.example",
    message_id="<d.1@1708.example>",
    thread_id="<laporan-4821309764@1708.example>",
    sender="LAPOR! 1708 <lapor@1708.example>",
    recipient="pupr@malangkota.example",
)
TIMELINE = (
    (datetime(2026, 6, 8, 9, 14, tzinfo=WIB), "Laporan masuk lewat SMS"),
    (datetime(2026, 6, 8, 9, 15, tzinfo=WIB), "Diteruskan ke Dinas PU Kota Malang"),
    (datetime(2026, 6, 15, 7, 0, tzinfo=WIB), "Batas jawaban lewat, pelapor diberi tahu"),
    (datetime(2026, 6, 16, 10, 2, tzinfo=WIB), "Dinas PU Kota Malang: TERIMA"),
    (datetime(2026, 7, 1, 7, 0, tzinfo=WIB), "Batas penyelesaian lewat, atasan diberi tahu"),
    (datetime(2026, 8, 8, 8, 0, tzinfo=WIB), "Pelapor ditanya tentang Ombudsman"),
    (datetime(2026, 8, 8, 9, 30, tzinfo=WIB), "Pelapor: YA"),
)
LATE = {"agency_late": REPORT.agency_name, "late_since": date(2026, 6, 12)}
# What differs from REPORT in each kind, and the day on which it is written.
EXAMPLES: dict[Kind, tuple[dict[str, object], datetime]] = {
    "disposisi": ({}, NOW),
    "tembusan": ({"agency_name": "Inspektorat Kota Malang", "due_on": None}, NOW),
    "tambahan": ({"extra_text": "lubangnya skrg di dua tempat, dekat jembatan jg ada"}, NOW + timedelta(days=1)),
    "dibuka": (
        {"extra_text": "yg ditambal cuma sebelah kiri, sebelah kanan masih lubang", "due_on": date(2026, 6, 26)},
        NOW + timedelta(days=11),
    ),
    "dirahasiakan": ({"confidential": True}, NOW),
    "dibatalkan": ({"extra_text": "sudah diperbaiki warga"}, NOW),
    "bantuan": ({"extra_text": "siap laksanakan, segera kami cek ke lokasi"}, NOW),
    "pengingat": ({}, NOW + timedelta(days=3)),
    "terlambat": (LATE, NOW + timedelta(days=7)),
    "tanpa_jawaban": ({"extra_text": "Di dekat bangunan apa?", "due_on": date(2026, 6, 26)}, NOW + timedelta(days=14)),
    "atasan": (LATE, NOW + timedelta(days=7)),
    "macet": (LATE | {"due_on": date(2026, 6, 19)}, NOW + timedelta(days=11)),
    "ombudsman": (LATE | {"timeline": TIMELINE}, NOW + timedelta(days=61)),
}


def letter(kind: Kind) -> EmailMessage:
    """An example of a kind of mail about one report."""
    changes, written = EXAMPLES[kind]
    return compose(replace(REPORT, kind=kind, **changes), now=written)  # type: ignore[arg-type]


def digest(*, weekly: bool) -> EmailMessage:
    """An example of the daily digest, or of the weekly one."""
    rows = (
        ("4821309764", "Jalan dan jembatan", "Kec Lowokwaru, Kota Malang", 20, date(2026, 6, 3), -3, "terdisposisi"),
        (
            "5013377218",
            "Saluran air dan banjir",
            "Kec Blimbing, Kota Malang",
            24,
            date(2026, 6, 5),
            -1,
            "ditindaklanjuti",
        ),
        ("7350246110", "", "", 7, date(2026, 6, 8), 0, "terdisposisi"),
        (
            "2290415873",
            "Lampu jalan",
            "Kel Dinoyo, Kec Lowokwaru, Kota Malang",
            5,
            date(2026, 6, 10),
            2,
            "terdisposisi",
        ),
        ("9174402655", "Jalan dan jembatan", "Kec Sukun, Kota Malang", 4, date(2026, 6, 12), 4, "tunda"),
    )
    lines = tuple(
        DigestLine(
            ticket_code=code,
            topic_name=topic,
            place_name=place,
            opened_at=NOW - timedelta(days=age),
            status=status,
            due_on=due_on,
            days_left=left,
            reply_address=f"t-k3m7x2ahn9wq{left % 9}@1708.example",
            confidential=not topic,
        )
        for code, topic, place, age, due_on, left, status in rows
        if left < 0 or not weekly
    )
    return compose_digest(
        Digest(
            kind="rekap_atasan" if weekly else "rekap",
            agency_name=REPORT.agency_name,
            lines=lines,
            sender=REPORT.sender,
            recipient=REPORT.recipient,
            reply_address="lapor@1708.example",
            message_id="<r.1@1708.example>",
            opened=7,
            closed=4,
            open_count=len(rows),
        ),
        now=NOW,
    )


def page(mail: EmailMessage) -> str:
    """The HTML part of a mail."""
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def headed(mail: EmailMessage) -> str:
    """The HTML part below its subject, as a mail program shows it in a thread."""
    _, start, rest = page(mail).partition("<body")
    tag, _, inside = rest.partition(">")
    style = "margin:0;padding:10px 16px;background:#dfe3e8;font:bold 15px Arial"
    bar = f'<p style="{style}">{html.escape(mail["Subject"])}</p>'
    return f"<div{tag}>{bar}{inside.partition('</body>')[0]}</div>" if start else ""


def thread(kinds: tuple[Kind, ...], height: int) -> str:
    """The beginnings of several mails below each other."""
    cut = f'<div style="height:{height}px;overflow:hidden;border-bottom:2px solid #8a857f">'
    return "<!DOCTYPE html><meta charset='utf-8'><body style='margin:0'>" + "".join(
        f"{cut}{headed(letter(kind))}</div>" for kind in kinds
    )


def browser() -> str:
    """The browser to draw with. Raises SystemExit with the cure when there is none."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise SystemExit(f"none of {', '.join(BROWSERS)} is in PATH; install one (Debian: apt install chromium)")


def run(program: str, *arguments: str) -> str:
    """What the browser prints; each run has a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = [program, *FLAGS, f"--user-data-dir={profile}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def take(program: str, content: str, width: int, out: Path) -> None:
    """Draws `content` at `width` CSS pixels into the PNG `out`, as high as it is."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "mail.html"
        source.write_text(measuring(content, width), encoding="utf-8")
        found = re.search(r"<title>(\d+)</title>", run(program, "--dump-dom", source.as_uri()))
        if not found:
            raise SystemExit(f"{program} does not say how high the page is; try another of {', '.join(BROWSERS)}")
        source.write_text(content, encoding="utf-8")
        run(program, f"--window-size={width},{found[1]}", f"--screenshot={out}", source.as_uri())


def measuring(content: str, width: int) -> str:
    """A page whose title is how high `content` is. In a frame, because a window measures itself at 500 px or more."""
    frame = (
        f'<iframe style="width:{width}px;height:10px;border:0" srcdoc="{html.escape(content, quote=True)}"></iframe>'
    )
    title = "document.title = frames[0].document.documentElement.scrollHeight"
    return f'<!DOCTYPE html><meta charset="utf-8"><body onload="{title}">{frame}'


def pictures(*, every: bool) -> dict[str, tuple[str, int]]:
    """What is drawn: a file name, the page, its width."""
    first = page(letter("disposisi"))
    chosen = {
        "mail-phone": (first, PHONE),
        "mail-desktop": (first, DESKTOP),
        "mail-thread": (thread(("disposisi", "pengingat", "dibuka"), 480), PHONE),
        "mail-digest": (page(digest(weekly=False)), PHONE),
    }
    if not every:
        return chosen
    pages = {kind: page(letter(kind)) for kind in get_args(Kind)} | {
        "rekap": page(digest(weekly=False)),
        "rekap_atasan": page(digest(weekly=True)),
    }
    return chosen | {f"{kind}-{width}": (each, width) for kind, each in pages.items() for width in (PHONE, DESKTOP)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="every kind at both widths, to look at")
    given = parser.parse_args()
    program = browser()
    folder = given.all or ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for name, (content, width) in pictures(every=bool(given.all)).items():
        take(program, content, width, folder.resolve() / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
