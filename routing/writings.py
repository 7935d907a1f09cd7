"""The ways to write a region: its name in full or in one word, with its kind, and other names for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from routing.mentions import KIND_BEFORE, Name
from routing.regions import Region, Regions
from routing.text import NO_SLANG, Slang, normalise

Writing = tuple[tuple[str, ...], Name]

# A name of several words is also looked for in one word if that is longer than this; part of a name if not shorter.
_MIN_LETTERS = 5

# How regions are written as one word, in channel words and web addresses: `bandungkab`, `pemkotmalang`.
GLUED_BEFORE = {
    "province": ("prov", "provinsi", "pemprov"),
    "kabupaten": ("kab", "kabupaten", "pemkab"),
    "kota": ("kota", "pemkot"),
}
GLUED_AFTER = {"province": "prov", "kabupaten": "kab", "kota": "kota"}


def writings_of(regions: Regions, aliases: Iterable[tuple[str, str]], slang: Slang = NO_SLANG) -> Iterator[Writing]:
    """Every way to write every region, each once; an alias for a code that does not exist is left out."""
    yield from dict.fromkeys((*_own_names(regions, slang), *_alias_names(regions, aliases, slang)))


def _own_names(regions: Regions, slang: Slang) -> Iterator[Writing]:
    for region in regions:
        plain = Name(region.code, region.kind)
        for words in writings(region.name, slang):
            if words[0] not in KIND_BEFORE or len(words) > 1:  # Kec Kota: "kec. kota" names no one in particular
                yield words, plain
        for word in glued(region):
            yield (word,), Name(region.code, region.kind, rank=2)


def _alias_names(regions: Regions, aliases: Iterable[tuple[str, str]], slang: Slang) -> Iterator[Writing]:
    for alias, code in aliases:
        region, words = regions.get(code), normalise(alias, slang).tokens
        if region is not None and words:
            yield words, Name(code, region.kind, rank=2 if words[0] in KIND_BEFORE else 1)


def writings(name: str, slang: Slang = NO_SLANG) -> Iterator[tuple[str, ...]]:
    """The ways to write a name: in full, in one word, and either side of a slash or bracket.

    A text's words have been through the slang table, and a name of several words must meet them there; a name of one
    word that is slang (`Ngapa` is why) would only be found where it is not meant.
    """
    if name.isascii() and name.isalpha():
        yield (name.lower(),)
        return
    whole = normalise(name).tokens
    yield whole
    if len(whole) > 1:
        if any(word in slang for word in whole):
            yield normalise(name, slang).tokens
        glued_name = "".join(whole)
        if len(glued_name) > _MIN_LETTERS:
            yield (glued_name,)
    parts = re.split(r"[/()]", name)
    for part in parts if len(parts) > 1 else ():
        words = normalise(part).tokens
        if sum(map(len, words)) >= _MIN_LETTERS:
            yield words


def glued(region: Region) -> Iterator[str]:
    """The ways to write a province, kabupaten or kota, with its kind, as one word."""
    if region.kind in GLUED_AFTER:
        name = "".join(normalise(region.name).tokens)
        yield from (word + name for word in GLUED_BEFORE[region.kind])
        yield name + GLUED_AFTER[region.kind]
