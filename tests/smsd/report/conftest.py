"""Figures to write pages of: a full year, a full month, and a month with nothing."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from smsd.report.figures import (
    _FLOWS,
    AgencyFigures,
    Breakdown,
    Days,
    Figures,
    Ranked,
    Scope,
    SmsFigures,
    Volume,
)
from smsd.report.period import Period

WIB = ZoneInfo("Asia/Jakarta")
LONG = "Dinas Perumahan Rakyat dan Kawasan Permukiman Kabupaten Kotawaringin Barat"


def agency(nth):
    """One with names and numbers as long as they come."""
    name = LONG if nth == 3 else f"Dinas PU Kab Nomor {nth}"
    answers = Days(12_000 // (nth + 1), 2.0 + nth, 4.5 + 9 * nth)
    late = 0 if nth == 5 else 300
    return AgencyFigures(f"PUPR-{nth}", name, 12_345 - nth, answers, Days(3, None, None), 1_800, late, 777, nth)


def full(period):
    """Many of everything."""
    spans = list(period.spans())
    volume = tuple(Volume(*span, 1_000 + 97 * (n % 9), 900 + 13 * n) for n, span in enumerate(spans))
    topics = tuple(
        Ranked(f"t{n}", f"Topik <{n}> & lain-lain", 90_000 - 1_000 * n, 80_000 if n % 2 else None) for n in range(40)
    )
    places = (Ranked("35.07", "Kab Malang", 5_000), Ranked("", "", 4_000), Ranked("62.01.05", f"Kec {LONG}", 55))
    return Figures(
        scope=Scope(period),
        made_at=period.ends(WIB),
        until=period.ends(WIB),
        flows=dict.fromkeys(_FLOWS, 1_234_567),
        open=98_765,
        volume=volume,
        channels={"modem0": 700_000, "": 12},
        classes={"pengaduan": 600_000, "pengawasan": 5, "informasi": 7, "aspirasi": 9},
        topics=Breakdown(topics, 1_234),
        places=Breakdown(places, 17),
        places_by="kecamatan",
        all_agencies=agency(0),
        agencies=tuple(map(agency, range(20))),
        small_agencies=31,
        staff_deadlines=120,
        staff_late=38,
        answers=87,
        stars={1: 39, 2: 18, 4: 30},
        sms=SmsFigures(1_139_000, 2_139_000, 2_805_000, 3_805_000, 12, 0, 7, 250, 40_000, 1_000),
        mailboxes_paused=3,
        mailboxes_gone=1,
    )


def nothing(period):
    """A gateway that nobody has texted yet."""
    nobody = AgencyFigures(None, "", 0, Days(0, None, None), Days(0, None, None), 0, 0, 0, 0)
    return Figures(
        scope=Scope(period),
        made_at=datetime(2026, 10, 2, tzinfo=WIB),
        until=datetime(2026, 10, 2, tzinfo=WIB),
        flows=dict.fromkeys(_FLOWS, 0),
        open=0,
        volume=tuple(Volume(*span, 0, 0) for span in list(period.spans())[:2]),
        channels={},
        classes={},
        topics=Breakdown((), 0),
        places=Breakdown((), 0),
        places_by="kabkota",
        all_agencies=nobody,
        agencies=(),
        small_agencies=0,
        staff_deadlines=0,
        staff_late=0,
        answers=0,
        stars={},
        sms=SmsFigures(0, 0, 0, 0, 0, 0, 0, 250, 0, 0),
        mailboxes_paused=0,
        mailboxes_gone=0,
    )


def few(period):
    """Reports, but too few of anything to be shown by itself."""
    empty = nothing(period)
    changes = {
        "flows": dict(empty.flows) | {"opened": 3, "closed": 1, "confirmed": 1},
        "volume": tuple(Volume(*span, n % 2, 0) for n, span in enumerate(period.spans())),
        "topics": Breakdown((), 3),
        "places": Breakdown((), 3),
        "small_agencies": 2,
        "answers": 1,
    }
    return Figures(**{name: changes.get(name, getattr(empty, name)) for name in Figures.__dataclass_fields__})


@pytest.fixture(params=["year", "month", "few", "nothing"])
def figures(request):
    """Each of them in turn."""
    october = Period(2026, 10)
    match request.param:
        case "year":
            return full(Period(2026))
        case "month":
            return full(october)
        case "few":
            return few(october)
        case _:
            return nothing(october)
