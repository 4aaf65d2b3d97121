"""The real counties and towns of Maoming, and how an invented fleet is spread over them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Final

CITY_CODE: Final = "440900"
CITY_NAME: Final = "茂名市"

# Street offices are denser than towns, and state farms are thin: only the order is meant to be likely.
_DENSITY: Final = {"street": 1.6, "town": 1.0, "like": 0.4}


@dataclass(frozen=True, slots=True)
class Town:
    """A street office, town or town-like unit; ``kind`` is ``street``, ``town`` or ``like``."""

    code: str
    name: str
    kind: str
    county: str
    county_name: str


def all_towns() -> tuple[Town, ...]:
    """The 26 street offices, 86 towns and 15 town-like units, in the order of their codes."""
    text = files("monitor.demo").joinpath("maoming.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(Town(r["code"], r["name"], r["kind"], r["county"], r["county_name"]) for r in rows)


def some_towns(count: int, rng: Random) -> tuple[Town, ...]:
    """So many towns, at least one of every county, in the order of their codes."""
    towns = all_towns()
    firsts = {town.county: town for town in rng.sample(towns, len(towns))}
    others = [town for town in towns if town not in firsts.values()]
    chosen = {*firsts.values(), *rng.sample(others, max(0, min(count, len(towns)) - len(firsts)))}
    return tuple(town for town in towns if town in chosen)


def spread(total: int, towns: Sequence[Town], rng: Random) -> dict[str, int]:
    """``total`` things over the towns by a seeded weighting; each gets one while there are enough."""
    weights = [_DENSITY[town.kind] * rng.lognormvariate(0, 0.4) for town in towns]
    floor = 1 if total >= len(towns) else 0
    rest = total - floor * len(towns)
    shares = [rest * weight / sum(weights) for weight in weights]
    counts = [floor + int(share) for share in shares]
    by_remainder = sorted(range(len(towns)), key=lambda i: int(shares[i]) - shares[i])
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return {town.code: count for town, count in zip(towns, counts, strict=True)}


class Addresses:
    """One IPv4 address after another, from a place that the seed chooses.

    127.0.x.x (where this machine's own services are) and 127.254–255.x.x are left out, as are the
    last octets 0 and 255. In a network namespace of our own the same numbers stand behind ``10.``.
    """

    _COUNT: Final = 253 * 256 * 254

    def __init__(self, seed: int, first_octet: int = 127) -> None:
        self._first = first_octet
        self._next = Random(f"addresses {seed}").randrange(self._COUNT)

    def take(self) -> str:
        number = self._next
        self._next = (number + 1) % self._COUNT
        number, last = divmod(number, 254)
        second, third = divmod(number, 256)
        return f"{self._first}.{second + 1}.{third}.{last + 1}"


# An invented grid: a box for each county, roughly where the county lies, and a cell for each town.
# No point of it is a real place of a camera or an office.
_BOXES: Final = {
    "440902": (110.80, 21.60),
    "440904": (111.10, 21.45),
    "440981": (110.80, 21.95),
    "440982": (110.40, 21.60),
    "440983": (110.90, 22.30),
}
_BOX_WIDTH: Final = 0.28
_TOWNS_IN_A_ROW: Final = 6
_THINGS_IN_A_ROW: Final = 20


def grid_place(county: str, town_number: int, thing_number: int) -> tuple[float, float]:
    """Longitude and latitude of a cell of the invented grid; distinct for the first 400 of a town."""
    west, south = _BOXES[county]
    cell = _BOX_WIDTH / _TOWNS_IN_A_ROW
    row, column = divmod(town_number, _TOWNS_IN_A_ROW)
    step = cell / (_THINGS_IN_A_ROW + 1)
    up, right = divmod(thing_number % _THINGS_IN_A_ROW**2, _THINGS_IN_A_ROW)
    return round(west + column * cell + right * step, 6), round(south + row * cell + up * step, 6)
