"""regions.csv: administrative areas, how they nest, and how many points are planned in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from monitor.config.cells import EMPTY, count, label, node_id
from monitor.config.graph import around, circles
from monitor.config.mistakes import CellError, Mistakes, did_you_mean
from monitor.config.settings import Region
from monitor.config.tables import Row, Sheet
from monitor.model.said import Said

SHEET: Final = Sheet(
    columns={
        "code": ("行政区划", "区划代码", "代码"),
        "name": ("名称", "区划名称"),
        "parent": ("上级", "上级区划"),
        "planned_class1": ("一类计划数", "一类"),
        "planned_class2": ("二类计划数", "二类"),
        "planned_class3": ("三类计划数", "三类"),
    },
    needed=frozenset(("code", "name")),
)
_NO_REGION: Final = Said("本表中没有此代码的区划", "no region of this file has this code")
_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "code": node_id,
    "name": label,
    "parent": node_id,
    "planned_class1": count,
    "planned_class2": count,
    "planned_class3": count,
}


def read_regions(rows: Iterable[Row], mistakes: Mistakes) -> dict[str, Region]:
    """The regions by code, in the order of the file; what is wrong is noted."""
    regions: dict[str, Region] = {}
    lines: dict[str, int] = {}
    for line, cells in rows:
        region = _region(line, cells, mistakes)
        if region is None:
            continue
        if region.code in lines:
            first = lines[region.code]
            said = Said(f"第 {first} 行已有同一代码", f"the same code already stands in line {first}")
            mistakes.add(line, "code", region.code, said)
            continue
        regions[region.code], lines[region.code] = region, line
    _check_parents(regions, lines, mistakes)
    return regions


def _region(line: int, cells: list[str], mistakes: Mistakes) -> Region | None:
    """The region as far as it can be read, so that what names it is not a mistake too."""
    values: dict[str, Any] = {}
    for (column, read), text in zip(_READERS.items(), cells, strict=True):
        if text:
            try:
                values[column] = read(text)
            except CellError as error:
                mistakes.add(line, column, error.value, error.allowed, error.hint)
        elif column in SHEET.needed:
            mistakes.add(line, column, "", EMPTY)
    if "code" not in values:
        return None
    planned = {
        number: values[f"planned_class{number}"] for number in (1, 2, 3) if f"planned_class{number}" in values
    }
    return Region(values["code"], values.get("name", ""), values.get("parent", ""), planned)


def _check_parents(regions: Mapping[str, Region], lines: Mapping[str, int], mistakes: Mistakes) -> None:
    for region in regions.values():
        if region.parent and region.parent not in regions:
            hint = did_you_mean(region.parent, regions)
            mistakes.add(lines[region.code], "parent", region.parent, _NO_REGION, hint)
    for circle in circles({region.code: (region.parent,) for region in regions.values()}):
        parent = regions[circle[0]].parent
        way = around(circle)
        allowed = Said(f"区划上级成环：{way.zh}", f"regions go round in a circle: {way.en}")
        mistakes.add(lines[circle[0]], "parent", parent, allowed)
