"""Where a node belongs: its town, county and city, from the code of its region."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from monitor.config.settings import Region

Place = tuple[str, str]
"""Code and name; both empty where there is none."""

NOWHERE: Final[Place] = ("", "")
_CITY, _COUNTY, _TOWN = 4, 6, 9
"""Digits of a code, by GB/T 2260 and GB/T 10114; a city's six-digit code ends in 00."""


class Atlas:
    """Answers for any code, also one that stands in no list (any more): digits say what lies in what."""

    def __init__(self, regions: Mapping[str, Region]) -> None:
        self._regions = regions
        self.around = lru_cache(maxsize=None)(self._around)
        self.town = lru_cache(maxsize=None)(self._town)
        self.county = lru_cache(maxsize=None)(self._county)

    def _around(self, code: str) -> tuple[str, ...]:
        """The region and those that it lies in, the smallest first."""
        found: list[str] = []
        while code and code not in found:
            found.append(code)
            region = self._regions.get(code)
            code = _digits_around(code) if region is None else region.parent
        return tuple(found)

    def _town(self, code: str) -> Place:
        """The nearest region around with a town's code."""
        return self._place(next((one for one in self.around(code) if _has(one, _TOWN)), ""))

    def _county(self, code: str) -> Place:
        """The nearest region around with a code of six digits: a county, or the city itself."""
        return self._place(next((one for one in self.around(code) if _has(one, _COUNTY)), ""))

    def city(self, code: str) -> Place:
        """The widest of the regions around."""
        around = self.around(code)
        return self._place(around[-1]) if around else NOWHERE

    def find(self, text: str) -> str | None:
        """The code of the region that somebody means by a code or a name; None: there is none, or several."""
        if text in self._regions:
            return text
        named = [region.code for region in self._regions.values() if region.name == text]
        return named[0] if len(named) == 1 else None

    def _place(self, code: str) -> Place:
        region = self._regions.get(code)
        return (code, region.name if region and region.name else code)


def _has(code: str, digits: int) -> bool:
    return len(code) == digits and code.isascii() and code.isdigit()


def _digits_around(code: str) -> str:
    """The code of what lies around by digits alone: of a town its county, of a county its city."""
    if not (code.isascii() and code.isdigit()):
        return ""
    if len(code) > _TOWN:
        return code[:_TOWN]
    if len(code) > _COUNTY:
        return code[:_COUNTY]
    if len(code) == _COUNTY and not code.endswith("00"):
        return f"{code[:_CITY]}00"
    return ""
