"""The agencies complaints go to, and how to find one: by code, by what it is and where, or by what people call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from routing.regions import JAKARTA, is_province, kabkota_of, province_of
from routing.text import normalise
from routing.topics import AgencyType

TRIAGE = "TRIAGE"

# Words people leave out or put in when they name an agency.
_FILLER = frozenset({"dan", "kantor", "pemerintah", "daerah", "ri", "republik", "indonesia", "pt", "persero", "tbk"})
_SAME_WORD = {
    "kab": "kabupaten", "prov": "provinsi", "propinsi": "provinsi", "pemkab": "kabupaten", "pemkot": "kota",
    "pemprov": "provinsi", "kec": "kecamatan", "kel": "kelurahan", "din": "dinas", "kemen": "kementerian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency: whom it serves where, and its mailboxes. `region` is "" for a national agency."""

    code: str
    name: str
    short_name: str
    type: str
    region: str
    emails: tuple[str, ...] = ()  # the main one first; the next are tried when it bounces
    superior_email: str | None = None  # whom its lateness is told
    liaison_email: str | None = None  # its named liaison, who may read confidential reports

    @property
    def email(self) -> str | None:
        """The main address; None if the agency has none."""
        return self.emails[0] if self.emails else None


class Directory:
    """All agencies of this gateway; the triage desk is one of them."""

    def __init__(
        self,
        agencies: Iterable[Agency],
        types: Iterable[AgencyType] = (),
        label: Callable[[str], str] = str,
    ) -> None:
        self._by_code: Mapping[str, Agency] = {each.code.upper(): each for each in agencies}
        self._by_place: Mapping[tuple[str, str], Agency] = _first_of_each(self._by_code.values())
        self._kinds = {each.code: each for each in types}
        self._label = label

    @cached_property
    def _by_words(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        """All names of all agencies; made when somebody names one, for that is seldom, and they are many."""
        return _names((each, _namings(each, self._kinds.get(each.type), self._label)) for each in self)

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[Agency]:
        return iter(self._by_code.values())

    @property
    def triage(self) -> Agency:
        """The desk where a person decides; a directory without one cannot be used."""
        return self._by_place[(TRIAGE, "")]

    def get(self, code: str) -> Agency | None:
        """Return the agency with this code, in capitals or not."""
        return self._by_code.get(code.strip().upper())

    def find(self, agency_type: str, region: str | None, level: str = "kabkota") -> Agency | None:
        """Return the agency of this type that serves a region, the nearest one first.

        `level` is the topic's rule: on which level of government the competent agency stands.
        """
        for place in serving(region, level):
            found = self._by_place.get((agency_type, place))
            if found is not None:
                return found
        return None

    def find_near(self, words: str, place: str | None) -> Agency | None:
        """Return the same where a neighbour speaks: `dishub` is the one of the place, or else of its province."""
        found = self.find_by_words(words)
        for region in () if found or not place else serving(place, "nasional"):
            found = found or (self.find_by_words(f"{words} {self._label(region)}") if region else None)
        return found

    def find_by_words(self, words: str) -> Agency | None:
        """Return the one agency that is meant by `dinas pu kab malang`, `PUPR-35.07` or `pln`; None if unsure."""
        by_code = self.get(words)
        if by_code is not None:
            return by_code
        key = _key(words)
        found = self._by_words.get(key, frozenset()) if key else frozenset()
        return self._by_code[next(iter(found))] if len(found) == 1 else None


def serving(region: str | None, level: str) -> Iterator[str]:
    """Where to look for the agency that serves a region, nearest first, on the level a topic's rule names.

    In DKI Jakarta the province does what a kabupaten or kota does elsewhere (domain rule 4).
    """
    kabkota = kabkota_of(region) if region else None
    if region and level != "provinsi" and kabkota:
        yield from dict.fromkeys((region, kabkota))
    if region and (level != "kabkota" or province_of(region) == JAKARTA):
        yield province_of(region)
    if level == "nasional":
        yield ""


def _first_of_each(agencies: Iterable[Agency]) -> dict[tuple[str, str], Agency]:
    """The agency for each type and region: of several the first in the file."""
    found: dict[tuple[str, str], Agency] = {}
    for agency in agencies:
        found.setdefault((agency.type, agency.region), agency)
    return found


def _names(namings: Iterable[tuple[Agency, Iterable[str]]]) -> dict[tuple[str, ...], frozenset[str]]:
    """Every way to name an agency, to the codes of all that can be named so."""
    found: dict[tuple[str, ...], set[str]] = {}
    for agency, names in namings:
        for name in names:
            found.setdefault(_key(name), set()).add(agency.code.upper())
    return {key: frozenset(codes) for key, codes in found.items() if key}


def _namings(agency: Agency, kind: AgencyType | None, label: Callable[[str], str]) -> Iterator[str]:
    """Name, short name, and every word for its type with the name of its region behind."""
    yield from (agency.code, agency.name, agency.short_name)
    if kind is not None:
        place = label(agency.region) if agency.region else ""
        for words in (kind.code.replace("_", " "), kind.short_name, *kind.words):
            yield f"{words} {place}"
            if is_province(agency.region):
                yield f"{words} provinsi {place}"


def _key(words: str) -> tuple[str, ...]:
    """Words without what people leave out, each in one spelling; order does not matter."""
    tokens = (_SAME_WORD.get(token, token) for token in normalise(words).tokens)
    return tuple(sorted(token for token in tokens if token not in _FILLER))
