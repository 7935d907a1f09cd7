"""Provinces, kabupaten, kota and kecamatan by their Kemendagri code, and their names for reading.

A code is dotted and says by itself what contains what: `35` Jawa Timur, `35.07` Kab Malang, `35.07.24` one of its
kecamatan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

JAKARTA = "31"

_CODE = re.compile(r"\d\d(?:\.\d\d(?:\.\d\d)?)?")
_PROVINCE_LENGTH, _KABKOTA_LENGTH, _KECAMATAN_LENGTH = 2, 5, 8
_SHORT_KIND = {"kabupaten": "Kab ", "kota": "Kota ", "kecamatan": "Kec ", "province": ""}
_NOT_GSM = re.compile(r"[^A-Za-z0-9 .,'/()-]")


@dataclass(frozen=True, slots=True)
class Region:
    """One region: its code, its name without a word for its kind, and the kind.

    `namesakes` tells in how many other kabupaten and kota a village has the same name.
    """

    code: str
    name: str
    kind: str
    namesakes: int = 0


def is_code(text: str) -> bool:
    """Tell whether a text is written like a Kemendagri code of a province, kab/kota or kecamatan."""
    return _CODE.fullmatch(text) is not None


def province_of(code: str) -> str:
    """Return the code of the province a region lies in, or is."""
    return code[:_PROVINCE_LENGTH]


def kabkota_of(code: str) -> str | None:
    """Return the code of the kabupaten or kota a region lies in, or is; None for a province."""
    return code[:_KABKOTA_LENGTH] if len(code) >= _KABKOTA_LENGTH else None


def is_province(code: str) -> bool:
    """Tell whether a code is that of a province."""
    return len(code) == _PROVINCE_LENGTH


def is_kabkota(code: str) -> bool:
    """Tell whether a code is that of a kabupaten or kota."""
    return len(code) == _KABKOTA_LENGTH


def is_kecamatan(code: str) -> bool:
    """Tell whether a code is that of a kecamatan."""
    return len(code) == _KECAMATAN_LENGTH


def lies_in(code: str, wider: str) -> bool:
    """Tell whether a region is `wider` or lies in it."""
    return code == wider or code.startswith(wider + ".")


class Regions:
    """All regions, by code."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._by_code: Mapping[str, Region] = {region.code: region for region in regions}
        self._labels: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._by_code.values())

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Region | None:
        """Return the region with this code, if there is one."""
        return self._by_code.get(code)

    def label(self, code: str) -> str:
        """Name a region for a reader, in GSM-7: `Kab Malang`, `Kec Lowokwaru, Kota Malang`, `Jawa Timur`."""
        label = self._labels.get(code)
        if label is not None:
            return label
        region = self._by_code.get(code)
        if region is None:
            return code
        self._labels[code] = self._label(region)
        return self._labels[code]

    def _label(self, region: Region) -> str:
        own = _SHORT_KIND[region.kind] + _NOT_GSM.sub("", region.name)
        parent = kabkota_of(region.code)
        return f"{own}, {self.label(parent)}" if parent is not None and parent != region.code else own
