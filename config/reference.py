"""The reference data that routing works with: read from files, checked, and put together.

What is shipped lies in `config/data`. An operator's file replaces the agencies, and adds to or overrides the topics,
the aliases of places, the channel words and the slang. Every problem is told with its file, its line and the cure,
and all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict, Unpack

from config.agency_file import read_agencies
from config.channel_file import ChannelWords, build_channels, read_channels
from config.competence_file import read_competence
from config.danger_file import DangerRules, read_danger
from config.data_files import (
    SHIPPED,
    Problems,
    ReferenceDataError,
    is_known_region,
    nearest,
    read_table,
)
from config.spam_file import SpamMarks, read_spam
from config.topic_examples import check_examples
from config.topic_file import read_topics
from config.village_file import shipped_villages
from routing.agencies import Agency, Directory
from routing.classify import Router
from routing.competence import Competence, LocalRule
from routing.danger import Danger
from routing.klass import Classes, ClassWord
from routing.places import Gazetteer
from routing.regions import Region, kabkota_of, province_of
from routing.spam import SpamFilter
from routing.text import Slang, normalise
from routing.topics import AgencyType, Topic, TopicIndex
from routing.villages import Villages

__all__ = ["OwnFiles", "ReferenceDataError", "check_reference", "load_router"]


class OwnFiles(TypedDict, total=False):
    """An operator's own files: agencies replace what is shipped, all others add to it."""

    agencies: Path | None
    topics: Path | None
    places: Path | None
    slang: Path | None
    channels: Path | None
    competence: Path | None
    spam: Path | None
    danger: Path | None


def load_router(home: str | None = None, **own: Unpack[OwnFiles]) -> Router:
    """Build the router from the shipped data and the operator's files; raises the first `ReferenceDataError`.

    `home` is the region a local gateway serves; without it, the one region that all local agencies in the file serve.
    """
    reference = _read(home, own)
    if reference.problems:
        raise reference.problems[0]
    types = reference.types.values()
    gazetteer = Gazetteer(
        reference.regions.values(),
        reference.aliases.items(),
        reference.ordinary,
        reference.slang,
        Villages(shipped_villages()),
    )
    return Router(
        topics=TopicIndex(reference.topics, types, reference.slang, reference.common),
        places=gazetteer,
        agencies=Directory(reference.agencies, types, gazetteer.label),
        slang=reference.slang,
        channels=build_channels(
            reference.channels, reference.regions, reference.aliases, frozenset(reference.ordinary)
        ),
        spam=SpamFilter(reference.spam.marks, reference.spam.spelling),
        danger=Danger(reference.danger.rules, reference.danger.unless, reference.slang),
        competence=Competence(reference.competence),
        classes=Classes(reference.classes, reference.slang),
        home=home or _only_region(reference.agencies),
    )


def check_reference(home: str | None = None, **own: Unpack[OwnFiles]) -> list[ReferenceDataError]:
    """Return all that is wrong with the reference data, nothing if it is fine."""
    problems = _read(home, own).problems
    topics = own.get("topics")
    if topics is not None and not problems:
        check_examples(problems, topics, load_router(home, **own))
    return problems


def _only_region(agencies: Iterable[Agency]) -> str | None:
    """The one region whose agencies these are: a kabupaten or kota with or without its province, or a province."""
    regions = {agency.region for agency in agencies if agency.region}
    wider = {wide for region in regions for wide in (province_of(region), kabkota_of(region)) if wide != region}
    own = {kabkota_of(region) or region for region in regions - wider}
    return own.pop() if len(own) == 1 else None


@dataclass(slots=True)
class _Reference:
    """What has been read so far, and what was wrong with it."""

    problems: Problems = field(default_factory=list)
    types: dict[str, AgencyType] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    ordinary: list[str] = field(default_factory=list)
    slang: Slang = field(default_factory=Slang)
    topics: list[Topic] = field(default_factory=list)
    agencies: list[Agency] = field(default_factory=list)
    channels: ChannelWords = field(default_factory=ChannelWords)
    competence: list[LocalRule] = field(default_factory=list)
    classes: list[ClassWord] = field(default_factory=list)
    common: frozenset[str] = frozenset()
    spam: SpamMarks = field(default_factory=lambda: SpamMarks((), {}))
    danger: DangerRules = field(default_factory=lambda: DangerRules((), ()))


def _read(home: str | None, own: OwnFiles) -> _Reference:
    """Read every file; later ones are checked against earlier ones."""
    data = _Reference()
    slang, places = own.get("slang"), own.get("places")
    data.slang = Slang(_slang(data, SHIPPED / "slang.csv") | (_slang(data, slang) if slang else {}))
    data.types = dict(_types(data, SHIPPED / "agency_types.csv"))
    data.regions = _shipped_regions()
    data.ordinary = [row.get("word") for row in read_table(data.problems, SHIPPED / "ordinary_words.csv", ("word",))]
    for aliases in (SHIPPED / "aliases.csv", places):
        if aliases is not None:
            data.aliases.update(_aliases(data, aliases))
    data.topics = list(read_topics(data.problems, data.types, own.get("topics")))
    data.agencies = list(read_agencies(data.problems, data.types, data.regions, own.get("agencies")))
    data.channels = read_channels(data.problems, data.types, data.regions, own.get("channels"))
    topics = {topic.id for topic in data.topics}
    data.competence = list(read_competence(data.problems, own.get("competence"), data.regions, topics, data.types))
    data.classes = list(_classes(data))
    data.common = _common_words()
    data.spam = read_spam(data.problems, own.get("spam"))
    data.danger = read_danger(data.problems, own.get("danger"))
    if home is not None and home not in data.regions:
        data.problems.append(
            ReferenceDataError(
                "[routing] home", None, f"'{home}' is the code of no region", nearest(home, data.regions)
            )
        )
    return data


def _classes(data: _Reference) -> Iterator[ClassWord]:
    """The words that tell questions and proposals from complaints."""
    for row in read_table(data.problems, SHIPPED / "classes.csv", ("class", "word", "weight")):
        yield row.get("class"), row.get("word"), float(row.get("weight"))


@cache
def _common_words() -> frozenset[str]:
    """Words that are no slips of a keyword: good Indonesian, and the names of regions. They come with the program."""
    rows = read_table([], SHIPPED / "common_words.csv", ("word",))
    names = (word for region in _shipped_regions().values() for word in normalise(region.name).tokens)
    return frozenset((*(row.get("word") for row in rows), *names))


# Tables


def _slang(data: _Reference, source: Traversable | Path) -> dict[str, tuple[str, ...]]:
    """Slang words and what they stand for."""
    slang: dict[str, tuple[str, ...]] = {}
    for row in read_table(data.problems, source, ("slang", "formal")):
        word, formal = normalise(row.get("slang")).tokens, normalise(row.get("formal")).tokens
        if len(word) != 1 or not formal:
            row.complain(
                f"'{row.get('slang')}' is not one word with a meaning",
                "write one word, a comma, and what it stands for",
            )
        elif word[0] in slang:
            row.complain(f"'{word[0]}' stands here twice", "leave one of the lines out")
        else:
            slang[word[0]] = formal
    return slang


def _types(data: _Reference, source: Traversable) -> Iterator[tuple[str, AgencyType]]:
    """The types of agencies."""
    for row in read_table(data.problems, source, ("agency_type", "level", "name", "short_name", "words")):
        code = row.get("agency_type")
        words = tuple(word.strip() for word in row.get("words").split(";") if word.strip())
        yield code, AgencyType(code, row.get("level"), row.get("name"), row.get("short_name"), words)


@cache
def _shipped_regions() -> Mapping[str, Region]:
    """Provinces, kabupaten, kota and kecamatan: read once, for they come with the program and nobody replaces them."""
    lines = (SHIPPED / "regions.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(",") for line in lines)  # no name has a comma in it, and csv takes four times as long
    return MappingProxyType({code: Region(code, name, kind, int(count)) for code, name, kind, count in rows})


def _aliases(data: _Reference, source: Traversable | Path) -> Iterator[tuple[str, str]]:
    """Other names for regions."""
    for row in read_table(data.problems, source, ("alias", "code")):
        words = normalise(row.get("alias")).tokens
        if not words:
            row.complain("the alias is empty", "write a word that people use for the region")
        elif len(words) == 1 and words[0] in data.slang:
            means = " ".join(data.slang[words[0]])
            row.complain(
                f"alias '{words[0]}' is slang for '{means}'", "choose another alias, or take it out of the slang"
            )
        elif is_known_region(row, row.get("code"), "code", data.regions):
            yield row.get("alias").lower(), row.get("code")
