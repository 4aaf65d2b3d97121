"""Whether a workbook is the one that was written: its parts, else its cells, else how these look.

The writer always writes the same, so a workbook that nobody touched has the same parts as one made again.
Where they differ, the cell or the sheet is named as far as it can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from monitor.reports.flaws import SHOWN, Flaw
from monitor.reports.look import Cell, Look, Table
from monitor.reports.sheets import HIDDEN, Row, Sheet
from monitor.trouble import Said

_CHUNK: Final = 1 << 20
_CLOSELY: Final = 20_000_000
"""Bytes of a file in which the look of each cell is compared: that takes a hundred times as much memory."""

_MISSING: Final = Said("缺少工作表", "the sheet is missing")
_ADDED: Final = Said("多出的工作表", "the sheet is one too many")
_OTHER_LOOK: Final = Said(
    "其中的数字相符，但文件的外观被改动", "the figures inside agree; the look of this file was changed"
)
_NO_SHEET: Final = Said("文件中没有此工作表，未能核对", "not in this file: the sheet was not checked")
_NO_ROW: Final = Said("缺少此行", "the row is missing")
_NUMBER: Final = re.compile(r"\d[\d.,:]*")


def same_parts(path: Path, again: Path) -> bool:
    """Whether both files hold the same parts, to the byte."""
    with ZipFile(path) as found, ZipFile(again) as made:
        names = made.namelist()
        return found.namelist() == names and all(_same_part(found, made, name) for name in names)


def _same_part(found: ZipFile, made: ZipFile, name: str) -> bool:
    with found.open(name) as one, made.open(name) as other:
        while True:
            content = one.read(_CHUNK)
            if content != other.read(_CHUNK):
                return False
            if not content:
                return True


def differences(path: Path, again: Path, sheets: Sequence[Sheet]) -> Iterator[Flaw]:
    """What is not as in ``again``, the workbook with these sheets. Only for files whose parts differ."""
    edited = [*_sheet_names(path, sheets), *islice(_cells(path, sheets), SHOWN)]
    if edited:
        yield from edited
        return
    yield Flaw(path.name, _OTHER_LOOK)
    yield from islice(chain(_parts(path, again), _looks(path, again)), SHOWN)


def other_figures(path: Path, sheets: Sequence[Sheet]) -> Iterator[Flaw]:
    """Where a workbook of another version shows other figures than this one would. Words are not compared.

    Of a sheet or a column that only one of the two versions has nothing can be said, and that is said.
    """
    return islice(_other_figures(path, sheets), SHOWN)


def _other_figures(path: Path, sheets: Sequence[Sheet]) -> Iterator[Flaw]:
    book = load_workbook(path, read_only=True)
    known = {sheet.name: sheet for sheet in sheets}
    for name in known:
        if name not in book.sheetnames:
            yield Flaw(name, _NO_SHEET)
    for name in book.sheetnames:
        if name == HIDDEN:
            continue
        if name not in known:
            zh, en = "本版本没有此工作表，未能核对", "this version has no such sheet: it was not checked"
            yield Flaw(name, Said(zh, en))
        elif (table := known[name].table) is None:
            rows = [row for _, row in known[name].rows]
            yield from _compared(name, rows, book[name].iter_rows(values_only=True), _same_figures)
        else:
            yield from _other_cells(name, table, book[name].iter_rows(values_only=True))


def _other_cells(name: str, table: Table, found: Iterator[tuple[Any, ...]]) -> Iterator[Flaw]:
    """The figures and verdicts of a table, by the heads of its columns; and rows that are gone or added."""
    heads = list(next(found, ()))
    titles = [column.title for column in table.columns]
    yield from _other_heads(name, titles, heads)
    if not table.rows:
        note = next(found, ())
        yield from _compared(name, [(table.note,)], [note[:1]], _same_figures, 2)
        yield from _surplus(name, 2, note, 1)
    looks = [column.look for column in table.columns]
    places = [heads.index(title) if title in heads else None for title in titles]
    for line, (made, cells) in enumerate(
        zip_longest(table.rows, found, fillvalue=()), 2 if table.rows else 3
    ):
        if made and not any(cells):
            yield Flaw(f"{name}!{line}:{line}", _NO_ROW)
            continue
        for look, place, wanted in zip(looks, places, made, strict=False):
            if place is not None:
                value = cells[place] if place < len(cells) else None
                alike = _same if look is Look.VERDICT else _same_figures
                if not alike(wanted, value):
                    yield _differs(f"{name}!{get_column_letter(place + 1)}{line}", wanted, value)
        yield from _surplus(name, line, cells, len(heads) if made else 0)


def _other_heads(name: str, titles: list[str], heads: list[Any]) -> Iterator[Flaw]:
    """The columns that only one version has, and those that are there twice: one of them is not checked."""
    for number, head in enumerate(heads, 1):
        if head not in titles:
            zh, en = "本版本没有此列，未能核对", "this version has no such column: it was not checked"
            yield Flaw(f"{name}!{get_column_letter(number)}1", Said(zh, en))
        elif heads.index(head) < number - 1:
            yield Flaw(f"{name}!{get_column_letter(number)}1", Said("重复的列", "the column is there twice"))
    for title in titles:
        if title not in heads:
            zh, en = "文件中没有此列，未能核对", "not in this file: the column was not checked"
            yield Flaw(f"{name} {title}", Said(zh, en))


def _surplus(name: str, line: int, cells: Sequence[Any], known: int) -> Iterator[Flaw]:
    """The first cell of a row that holds anything though only ``known`` cells should be there."""
    for place, value in enumerate(cells[known:], known + 1):
        if value not in (None, ""):
            yield _differs(f"{name}!{get_column_letter(place)}{line}", None, value)
            return


def _same_figures(wanted: Cell, value: Any) -> bool:
    """Whether both say the same numbers, whatever words are around them."""
    if isinstance(wanted, str) and isinstance(value, str):
        return _NUMBER.findall(wanted) == _NUMBER.findall(value)
    if isinstance(wanted, str | None) and isinstance(value, str | None):
        return not _NUMBER.findall(f"{wanted or ''}{value or ''}")
    return _same(wanted, value)


def _sheet_names(path: Path, sheets: Sequence[Sheet]) -> Iterator[Flaw]:
    names = [sheet.name for sheet in sheets]
    for name in set(load_workbook(path, read_only=True).sheetnames) ^ set(names):
        yield Flaw(name, _MISSING if name in names else _ADDED)


def _cells(path: Path, sheets: Sequence[Sheet]) -> Iterator[Flaw]:
    """Every cell that says something else."""
    book = load_workbook(path, read_only=True)
    for sheet in sheets:
        if sheet.name in book.sheetnames:
            rows = [row for _, row in sheet.rows]
            yield from _compared(sheet.name, rows, book[sheet.name].iter_rows(values_only=True), _same)


def _compared(
    name: str,
    rows: Iterable[Row],
    found: Iterable[tuple[Any, ...]],
    alike: Callable[[Cell, Any], bool],
    first: int = 1,
) -> Iterator[Flaw]:
    for line, (made, there) in enumerate(zip_longest(rows, found, fillvalue=()), first):
        for place, (wanted, value) in enumerate(zip_longest(made, there), 1):
            if not alike(wanted, value):
                yield _differs(f"{name}!{get_column_letter(place)}{line}", wanted, value)


def _differs(place: str, wanted: Cell, value: Any) -> Flaw:
    zh = f"表中为 {_shown(value)}，应为 {_shown(wanted)}"
    return Flaw(place, Said(zh, f"says {_shown(value)}, should be {_shown(wanted)}"))


def _same(wanted: Cell, value: Any) -> bool:
    if isinstance(wanted, float | int) and isinstance(value, float | int):
        return abs(wanted - value) < 1e-9 * max(1.0, abs(wanted))
    if isinstance(wanted, datetime) and isinstance(value, datetime):
        return abs((wanted - value).total_seconds()) < 0.5
    return (wanted or None) == (value or None)


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value!s:.60}"


def _parts(path: Path, again: Path) -> Iterator[Flaw]:
    """Pictures, comments, shapes: parts of the file that no cell holds."""
    with ZipFile(path) as found, ZipFile(again) as made:
        for name in sorted(set(found.namelist()) - set(made.namelist())):
            if "media/" in name or "drawing" in name or "comment" in name:
                yield Flaw(name, Said("多出的部分", "the part is one too many"))


def _looks(path: Path, again: Path) -> Iterator[Flaw]:
    """What is hidden, and cells that look otherwise."""
    if path.stat().st_size > _CLOSELY:
        return
    found, made = load_workbook(path), load_workbook(again)
    for sheet in made.worksheets:
        other = found[sheet.title]
        if other.sheet_state != sheet.sheet_state:
            hidden = Said("工作表被隐藏", "the sheet is hidden")
            yield Flaw(sheet.title, hidden if other.sheet_state != "visible" else _SHOWN_SHEET)
        if sheet.title != HIDDEN:
            yield from _hidden(sheet, other)
            yield from _dressed(sheet, other)


_SHOWN_SHEET: Final = Said("隐藏的工作表被显示", "the hidden sheet is shown")


def _hidden(made: Any, found: Any) -> Iterator[Flaw]:
    for line in sorted(_narrow(found.row_dimensions, "height") - _narrow(made.row_dimensions, "height")):
        yield Flaw(f"{made.title}!{line}:{line}", Said("行被隐藏", "the row is hidden"))
    for name in sorted(_narrow(found.column_dimensions, "width") - _narrow(made.column_dimensions, "width")):
        yield Flaw(f"{made.title}!{name}:{name}", Said("列被隐藏", "the column is hidden"))


def _narrow(dimensions: Any, size: str) -> set[Any]:
    """The rows or columns that nobody sees."""
    return {
        name
        for name, one in dimensions.items()
        if one.hidden or (getattr(one, size) is not None and getattr(one, size) < 1)
    }


def _dressed(made: Any, found: Any) -> Iterator[Flaw]:
    """The cells whose number format, letters or ground are other ones."""
    known: dict[tuple[int, int], bool] = {}
    for wanted, there in zip(made.iter_rows(), found.iter_rows(), strict=False):
        for one, other in zip(wanted, there, strict=False):
            pair = (one.style_id, other.style_id)
            if pair not in known:
                known[pair] = _look_of(one) == _look_of(other)
            if not known[pair]:
                yield Flaw(f"{made.title}!{one.coordinate}", Said("样式被改动", "looks otherwise"))


def _look_of(cell: Any) -> tuple[str, ...]:
    return (cell.number_format, repr(cell.font), repr(cell.fill))
