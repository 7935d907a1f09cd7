"""The names of regions in a text, read with the words around them.

`kec. sukun` is a kecamatan and `Jl. Sukun` a street; `pemkab malang` names the kabupaten and `walikota malang` the
city; who comes `asal Cianjur` complains of another place, and a bus `jurusan Solo` is not in Solo.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import compress
from typing import NamedTuple

from routing.regions import is_province

# Words that say of the name after them what it is.
KIND_BEFORE = {
    "kabupaten": "kabupaten", "kab": "kabupaten", "pemkab": "kabupaten", "bupati": "kabupaten",
    "kota": "kota", "pemkot": "kota", "walikota": "kota", "kotamadya": "kota", "kodya": "kota", "kt": "kota",
    "kecamatan": "kecamatan", "kec": "kecamatan", "camat": "kecamatan",
    "provinsi": "province", "propinsi": "province", "prov": "province", "pemprov": "province", "gubernur": "province",
}  # fmt: skip
# The same said after the name, as in `bandung kab` and `bogor kota`.
KIND_AFTER = {"kabupaten": "kabupaten", "kab": "kabupaten", "kota": "kota"}

STREET = frozenset({"jalan", "jl", "jln", "gang", "gg", "lorong", "boulevard", "flyover", "tol", "raya", "poros"})
# A name after these is that of a plant or a dish.
THINGS = frozenset({
    "pohon", "jenis", "daun", "kayu", "buah", "ikan", "ayam", "soto", "sate", "bakso", "nasi", "mie", "gudeg", "rujak",
    "batik", "imam", "sunan", "pangeran", "jenderal", "sultan",
})  # fmt: skip
# A name after these is that of something smaller, which may lie anywhere: a village, a shop, a person.
SMALLER = frozenset({
    "kelurahan", "kel", "desa", "ds", "dusun", "dukuh", "kampung", "lurah", "kades", "perumahan", "kompleks", "nagari",
    "taman", "pondok", "villa", "masjid", "mushola", "musala", "sungai", "kali", "waduk", "toko", "warung", "warkop",
    "dealer", "hotel", "pt", "cv", "rm", "apotek", "bank", "bapak", "pak", "ibu", "bu", "saudara", "nama", "oleh",
    "sekolah", "sma", "smk", "smp", "sd", "sdn", "makam", "atas", "bawah",
})  # fmt: skip
# A name after these may be that of the town they stand in, but hardly that of a kecamatan.
PUBLIC = frozenset({
    "universitas", "univ", "kampus", "sakit", "rsud", "klinik", "puskesmas", "jembatan", "pasar", "mall", "spbu",
    "stasiun", "terminal", "halte", "gedung", "samsat", "upt",
})  # fmt: skip
# A name before these is only the beginning of another: `Ploso Timur`, `Manyar Rejo`, `Kendal Sari`.
HOUSING = frozenset({
    "indah", "permai", "asri", "jaya", "sari", "regency", "residence", "makmur", "plaza", "mall", "junction", "city",
    "park", "square", "rejo", "baru", "lama", "raya", "arum",
})  # fmt: skip
_COMPASS = frozenset({
    "timur", "barat", "utara", "selatan", "tengah", "kidul", "lor", "kulon", "wetan", "gang", "gg", "dalam",
})  # fmt: skip

# A place is named where these come before.
NEAR = frozenset({"di", "daerah", "wilayah", "kawasan", "sekitar", "seputar", "sekitaran", "seputaran", "area"})

# A name after these says where somebody comes from.
_ORIGIN = frozenset(
    {"asal", "berasal", "asli", "aslinya", "kelahiran", "lahir", "ktp", "warga", "penduduk", "orang", "dari"}
)
# A name after these says where something goes, or is told apart by.
_PASSING = frozenset({
    "ke", "menuju", "arah", "jurusan", "tujuan", "rute", "trayek", "tiket", "travel", "kiriman", "paket", "plat",
    "pelat", "bus", "bis", "kereta", "pesawat", "perbatasan", "wisata", "antara", "logat", "bahasa",
})  # fmt: skip
# `dari` after these says where a thing or a way begins, not where a person is at home.
_SENT = frozenset({"surat", "barang", "datang", "pulang", "pindah", "mutasi", "jalan", "pejabat", "tamu"})
_THERE = frozenset({"ke", "sampai", "menuju", "tujuan", "arah", "jurusan", "hingga"})
_JOINS = _THERE | {"dan", "sama"}
# What may stand between such a word and the name: `ktp saya masih Jakarta`, `lahir di Solo`, `arah ke Malang`.
_BETWEEN = frozenset(
    {"saya", "kami", "masih", "di", "dari", "ke", "daerah", "kota", "arah", "menuju", "dengan", "luar"}
)
_LOOK_BACK = 3
_HOUSE_NUMBER = 3
_COUNTED = frozenset({
    "hari", "minggu", "bulan", "tahun", "jam", "menit", "kali", "orang", "rumah", "titik", "rt", "rw", "januari",
    "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november", "desember",
})  # fmt: skip


class Role(Enum):
    """What a place has to do with the matter: it lies there, somebody comes from there, something goes there."""

    HERE = 0
    ORIGIN = 1
    PASSING = 2


class Name(NamedTuple):
    """A way to write a region: which one, of which kind, and how surely this writing means it.

    `rank` is 0 for the name alone, which a street or a village may have too, 1 for another name, 2 for one with its
    kind in it (`bandungkab`).
    """

    code: str
    kind: str
    rank: int = 0


class Names:
    """All ways to write a region, found in a text; of two that overlap the one that begins first, then the longer."""

    def __init__(self, entries: Iterable[tuple[Sequence[str], Name]]) -> None:
        found: dict[str, list[Name]] = {}
        starts: set[str] = set()
        self._onward: dict[str, set[str]] = {}
        self._longest = 1
        for words, name in entries:
            found.setdefault(" ".join(words), []).append(name)
            starts.add(words[0])
            if len(words) > 1:
                self._onward.setdefault(words[0], set()).add(words[1])
                self._longest = max(self._longest, len(words))
        self._starts = frozenset(starts)
        self._names: Mapping[str, tuple[Name, ...]] = {words: tuple(names) for words, names in found.items()}

    def __contains__(self, word: object) -> bool:
        """Whether a name begins with this word."""
        return word in self._starts

    def find(self, tokens: Sequence[str]) -> Iterator[tuple[int, int, tuple[Name, ...]]]:
        """Yield the first word of every name, the word after its last, and what it may mean."""
        reached = 0
        for start in compress(range(len(tokens)), map(self._starts.__contains__, tokens)):
            if start >= reached:
                end, names = self._at(tokens, start)
                if names:
                    reached = end
                    yield start, end, names

    def _at(self, tokens: Sequence[str], start: int) -> tuple[int, tuple[Name, ...]]:
        """The longest name that begins here, also if one word is written as two: `Tambak Sari`."""
        first, alone = tokens[start], start + 1
        if alone < len(tokens):
            second = tokens[alone]
            if second in self._onward.get(first, ()):
                for end in range(min(start + self._longest, len(tokens)), alone, -1):
                    names = self._names.get(" ".join(tokens[start:end]))
                    if names is not None:
                        return end, names
            names = self._names.get(first + second)
            if names is not None and not _says_kind(first, second):
                return alone + 1, names
        return alone, self._names.get(first, ())


def _says_kind(first: str, second: str) -> bool:
    """Whether one of two words says of the other what it is; that is no name in two words."""
    return first in KIND_BEFORE or second in KIND_AFTER


class Mention(NamedTuple):
    """A name in a text: the regions it may mean, and what the words around it say.

    `span` is where it stands, with the word for its kind before it.
    """

    words: str
    codes: tuple[str, ...]
    span: tuple[int, int] = (0, 0)
    explicit: bool = False
    ordinary: bool = False
    smaller: bool = False
    public: bool = False
    partial: bool = False
    near: bool = False
    known_before: bool = False
    role: Role = Role.HERE

    @property
    def is_doubtful(self) -> bool:
        """Whether the words beside the name make it that of something else."""
        return self.smaller or self.public or self.partial

    @property
    def is_a_side(self) -> bool:
        """Whether the name is of one side of something, which may be a street or a neighbourhood: `Tegal Timur`."""
        return self.words.rpartition(" ")[2] in _COMPASS

    @property
    def letters(self) -> str:
        """The name as it is compared with those of villages."""
        return self.words.replace(" ", "")

    def of(self, codes: tuple[str, ...]) -> Mention:
        """The same mention, with fewer regions that it may mean."""
        return self._replace(codes=codes)

    def provinces(self) -> tuple[str, ...]:
        """The provinces among what the name may mean."""
        return tuple(filter(is_province, self.codes))


def read_mentions(tokens: Sequence[str], names: Names, ordinary: AbstractSet[str]) -> list[Mention]:
    """Read every name of a region in the text; names of streets are left out.

    `Jl. Raya Kediri Malang` is one street: a name right after that of a town belongs to it. So it is with ways: a `bus
    Surabaya Malang` passes both.
    """
    mentions: list[Mention] = []
    street_end = -1
    for start, end, found in names.find(tokens):
        before = tokens[start - 1] if start else ""
        if before in STREET or start == street_end:
            street_end = end if any(name.kind != "kecamatan" for name in found) else -1
            continue
        kind = KIND_BEFORE.get(before) or _kind_after(tokens, end, names)
        mention = None if before in THINGS else _read(tokens, start, end, found, kind, ordinary)
        if mention is not None:
            mentions.append(_together(mention, mentions[-1], tokens) if mentions else mention)
    return mentions


def _kind_after(tokens: Sequence[str], end: int, names: Names) -> str | None:
    """What the word after a name says it is, unless it says so of the next: `Bandung, Kota Cimahi`."""
    kind = KIND_AFTER.get(tokens[end]) if end < len(tokens) else None
    return None if kind and end + 1 < len(tokens) and tokens[end + 1] in names else kind


def _read(
    tokens: Sequence[str],
    start: int,
    end: int,
    names: tuple[Name, ...],
    kind: str | None,
    ordinary: AbstractSet[str],
) -> Mention | None:
    """Read one name with the word before and the word after it; `kind` is what one of them says it is."""
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    words = " ".join(tokens[start:end])
    fitting = [name for name in names if name.kind == kind]
    if kind == "kecamatan" and not fitting:
        return None  # a kecamatan the list does not know is not the kabupaten of the same name
    chosen = fitting or [name for name in names if name.rank] or names
    is_ordinary = words in ordinary
    # "camat ibu ..." speaks of a person, not of the kecamatan Ibu.
    said = bool(fitting) and not (is_ordinary and before == "camat")
    first = start - (bool(fitting) and before in KIND_BEFORE)
    return Mention(
        words=" ".join(tokens[first:end]),
        codes=tuple(dict.fromkeys(name.code for name in chosen)),
        span=(first, end),
        explicit=said or (not is_ordinary and any(name.rank > 1 for name in chosen)),
        ordinary=is_ordinary,
        smaller=before in SMALLER,
        public=before in PUBLIC,
        partial=after in HOUSING or _is_house_number(tokens, end) or (after in _COMPASS and not _is_town(chosen)),
        near=before in NEAR or (first == 0 and end == len(tokens)),
        role=_role(tokens, first, end, office=said and kind == "kecamatan"),
    )


def _is_house_number(tokens: Sequence[str], end: int) -> bool:
    """Whether a street's number follows, not a date or a count; it has three figures at most, a postal code five."""
    number, unit = (*tokens[end : end + 2], "", "")[:2]
    return number.isdigit() and len(number) <= _HOUSE_NUMBER and unit not in _COUNTED


def _is_town(names: Iterable[Name]) -> bool:
    """Whether all these are towns, which have a north and a south: Surabaya Barat is Surabaya."""
    return all(name.kind in ("kota", "province") for name in names)


def _role(tokens: Sequence[str], first: int, end: int, office: bool) -> Role:
    """What the words before a name, and the one after, make of it; who goes to an `office` has business there."""
    for at in range(first - 1, max(first - 1 - _LOOK_BACK, -1), -1):
        word = tokens[at]
        if word in _PASSING:
            return Role.HERE if office and word == "ke" else Role.PASSING
        if word in _ORIGIN:
            return Role.PASSING if word == "dari" and _is_way(tokens, at, end) else Role.ORIGIN
        if word not in _BETWEEN:
            break
    return Role.HERE


def _is_way(tokens: Sequence[str], at: int, end: int) -> bool:
    """Whether `dari` begins a way: `dari Solo ke Malang`, `bus dari Solo`, `surat dari Jakarta`."""
    onward = end < len(tokens) and tokens[end] in _THERE
    return onward or (at > 0 and (tokens[at - 1] in _PASSING or tokens[at - 1] in _SENT))


def _together(mention: Mention, last: Mention, tokens: Sequence[str]) -> Mention:
    """Give a name right behind another, or joined to it by `ke` or `dan`, the role that one has."""
    gap = mention.span[0] - last.span[1]
    joined = gap == 0 or (gap == 1 and tokens[last.span[1]] in _JOINS)
    if not joined or last.role is Role.HERE or mention.role is not Role.HERE:
        return mention
    return mention._replace(role=last.role)
