"""Who is competent, once the topic and the place are known: the level of government, and what a local government says.

Whose street lights are (Dishub here, Dinas PU there) is each local government's own affair, so a table of its own
goes before the general rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from routing.places import PlaceMatch
from routing.regions import JAKARTA, kabkota_of, lies_in, province_of
from routing.topics import AgencyType, Footing, Topic


class LocalRule(NamedTuple):
    """In this region, this topic belongs to this type of agency."""

    region: str
    topic: str
    agency_type: str


class Competence:
    """What local governments have settled otherwise."""

    def __init__(self, rules: Iterable[LocalRule] = ()) -> None:
        self._types = {(each.region, each.topic): each.agency_type for each in rules}

    def local_type(self, topic: str, region: str | None) -> str | None:
        """The type that this region's own government names for the topic, the nearest government first; else None."""
        for place in (region, kabkota_of(region), province_of(region)) if region else ():
            found = self._types.get((place or "", topic))
            if found is not None:
                return found
        return None


def level_of(kind: AgencyType, topic: Topic | None) -> str:
    """The level of government that is competent: a national body's is national whatever the topic's rule."""
    if kind.level == "nasional":
        return "nasional"
    return "provinsi" if topic and topic.level == "provinsi" else "kabkota"


def footing_of(place: PlaceMatch, home: str | None) -> Footing:
    """What the place of a matter says about who is asked first."""
    if home is not None and (place.code is None or lies_in(place.code, home) or lies_in(home, place.code)):
        return "home"
    return "placed" if place.code else "nowhere"


def region_for(place: PlaceMatch, level: str) -> str | None:
    """The region to look for an agency in; where only the kab/kota is in doubt, the province may be certain."""
    if place.code is not None:
        too_wide = level == "kabkota" and len(place.code) == len(JAKARTA) and place.code != JAKARTA
        return None if too_wide else place.code
    provinces = {province_of(code) for code in place.ambiguous}
    return provinces.pop() if level == "provinsi" and len(provinces) == 1 else None
