"""Whether a CSV is the one that was written: by its bytes, or another version's by its columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice, zip_longest
from typing import Final

from monitor.model.said import Said
from monitor.reports.flaws import SHOWN, Flaw

_UNKNOWN: Final = Said("本版本没有此列，未能核对", "this version has no such column: it was not checked")
_ABSENT: Final = Said("文件中没有此列，未能核对", "not in this file: the column was not checked")


def first_difference(content: bytes, made: bytes) -> Iterator[Flaw]:
    """The first line that says something else."""
    pairs = zip_longest(made.splitlines(), content.splitlines(), fillvalue=b"")
    for line, (wanted, value) in enumerate(pairs, 1):
        if wanted != value:
            yield _differs(f"{line}", value.decode(errors="replace"), wanted.decode(errors="replace"))
            return


def other_cells(content: bytes, made: bytes) -> Iterator[Flaw]:
    """Where the table of another version says something else.

    That may have had other columns, or in another order. Of a column that only one of the two versions has
    nothing can be said, and that is said.
    """
    return islice(_other_cells(_rows(content), _rows(made)), SHOWN)


def _other_cells(found: list[list[str]], made: list[list[str]]) -> Iterator[Flaw]:
    heads, known = found[0] if found else [], made[0]
    for head in dict.fromkeys(heads):
        if head not in known or heads.count(head) > 1:
            yield Flaw(head, _UNKNOWN)
    for head in known:
        if head not in heads:
            yield Flaw(head, _ABSENT)
    places = [known.index(head) if head in known else None for head in heads]
    nothing: list[str] = []
    for line, (there, wanted) in enumerate(zip_longest(found[1:], made[1:], fillvalue=nothing), 2):
        if len(there) != len(heads) or not there or not wanted:
            yield _differs(f"{line}", ",".join(there), ",".join(wanted))
            continue
        for head, place, value in zip(heads, places, there, strict=True):
            if place is not None and value != wanted[place]:
                yield _differs(f"{line} {head}", value, wanted[place])


def _rows(content: bytes) -> list[list[str]]:
    """Nothing at all where it is no table."""
    try:
        return list(csv.reader(StringIO(content.decode(errors="replace"), newline="")))
    except csv.Error:
        return []


def _differs(place: str, value: str, wanted: str) -> Flaw:
    said, should = value[:80], wanted[:80]
    return Flaw(place, Said(f"为 {said}，应为 {should}", f"says {said}, should be {should}"))
