"""The channel words: `channels.csv` as shipped, and the operator's file that adds to it or overrides it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from config.data_files import SHIPPED, Problems, Row, nearest, read_table
from routing.agencies import TRIAGE
from routing.channels import Channels, ChannelWord
from routing.regions import Region, Regions, is_kecamatan
from routing.text import normalise
from routing.writings import writings_of

_NO_CHANNEL = "-"


@dataclass(slots=True)
class ChannelWords:
    """What both files say: the words by their letters, and those that are none here."""

    words: dict[str, ChannelWord] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)


def read_channels(
    problems: Problems, types: Container[str], regions: Mapping[str, Region], own: Path | None
) -> ChannelWords:
    """Read the shipped words and then the operator's; a region `-` makes a word no channel word."""
    found = ChannelWords()
    for source in (SHIPPED / "channels.csv", own):
        if source is not None:
            _read(found, problems, types, regions, source)
    return found


def build_channels(
    found: ChannelWords, regions: Mapping[str, Region], aliases: Mapping[str, str], ordinary: Container[str]
) -> Channels:
    """Put the words together with the names of provinces, kabupaten and kota, but for those that are ordinary words."""
    wide = Regions(region for region in regions.values() if not is_kecamatan(region.code))
    names = (
        (words, name)
        for words, name in writings_of(wide, ((alias, code) for alias, code in aliases.items() if code in wide))
        if " ".join(words) not in ordinary
    )
    return Channels(found.words.values(), names, found.kept)


def _read(
    found: ChannelWords,
    problems: Problems,
    types: Container[str],
    regions: Mapping[str, Region],
    source: Traversable | Path,
) -> None:
    """Read one file; a word of a later file takes the place of an earlier one's."""
    seen: dict[str, int] = {}
    for row in read_table(problems, source, ("word", "region", "agency_type")):
        words = normalise(row.get("word")).tokens
        letters = "".join(words)
        if letters in seen:
            row.complain(f"'{row.get('word')}' stands in line {seen[letters]} already", "leave one of the lines out")
        seen.setdefault(letters, row.line)
        if not _is_fine(row, letters, types, regions):
            continue
        if row.get("region") == _NO_CHANNEL:
            found.kept.update((letters, " ".join(words)))
        else:
            region, agency_type = row.get("region") or None, row.get("agency_type") or None
            found.words[letters] = ChannelWord(words, region, agency_type, row.get("common") == "yes")
            found.kept.difference_update((letters, " ".join(words)))


def _is_fine(row: Row, letters: str, types: Container[str], regions: Mapping[str, Region]) -> bool:
    """Complain of everything that is wrong with one channel word."""
    before = len(row.problems)
    if not letters:
        row.complain("the word is empty", "write the word that texts begin with")
    region, agency_type, common = row.get("region"), row.get("agency_type"), row.get("common")
    if region not in ("", _NO_CHANNEL) and region not in regions:
        cure = "write a code of regions.csv like 35.07, or - if this is no channel word here"
        row.complain(f"region '{region}' is the code of no region", cure)
    if agency_type and (agency_type not in types or agency_type == TRIAGE):
        row.complain(f"agency_type '{agency_type}' is unknown", "use one of agency_types.csv, or leave it empty")
    if common not in ("", "yes", "no"):
        row.complain(f"common '{common}' is neither yes nor no", nearest(common.lower(), ("yes", "no")))
    return len(row.problems) == before
