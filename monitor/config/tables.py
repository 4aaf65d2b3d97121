"""Tables that people keep in a spreadsheet: CSV of any dialect, or XLSX, as rows of known columns."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.config.files import decode, read_bytes
from monitor.config.mistakes import CellError, Mistakes, did_you_mean
from monitor.model.said import Said

Row = tuple[int, list[str]]
"""The row's number as an editor shows it, and its cells in the order of the sheet's columns."""

LIMIT: Final = 128_000_000  # bytes; 100,000 nodes take about 15 MB
LONGEST: Final = 2000  # characters in one cell
_OLE: Final = b"\xd0\xcf\x11\xe0"  # Excel before 2007
_FORMULA_ERRORS: Final = frozenset(
    ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
)
_OLD_WORKBOOK: Final = Said("是 Excel 97-2003 工作簿", "is a workbook of Excel 97-2003")
_AS_TABLE: Final = Said("另存为 .xlsx 或 CSV UTF-8", "save it as .xlsx or as CSV UTF-8")
_PROBLEMS: Final = {
    "unexpected end of data": Said("引号没有结束", "unexpected end of data"),
    "expected after": Said("引号之后应为分隔符", "a quote is not followed by the separator"),
    "new-line character": Said("行内有单独的回车", "a carriage return stands alone"),
}
_OPEN_QUOTE: Final = Said(
    '是否漏写了结束的引号（"）？本行以下没有读取',
    'is a quote (") left open? nothing below this line was read',
)
_NEEDS_QUOTES: Final = Said(
    "格中含有分隔符时，整格要加引号", "a cell with the separator in it needs quotes around it"
)
_MISSING: Final = Said("缺少这一列，必须有", "this column is missing, and it is needed")
_AS_TEXT: Final = re.compile(r'="(.*)"')  # how some programs keep Excel from rounding a long number
_SEPARATOR_LINE: Final = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What columns a table may have: name → other headings for it; and which of them it must have."""

    columns: Mapping[str, Sequence[str]]
    needed: frozenset[str]


def read_table(path: Path, sheet: Sheet, mistakes: Mistakes) -> Iterator[Row]:
    """The rows below the heading, one cell for each of the sheet's columns ("" where there is none).

    Blank rows and rows that begin with ``#`` are left out; rows that cannot be understood are noted and
    left out. Raises CellError or FileNotFoundError when the file cannot be read at all.
    """
    content = read_bytes(path, LIMIT)
    if content.startswith(_OLE):
        raise CellError("", _OLD_WORKBOOK, _AS_TABLE)
    return _pick(read_rows(content, mistakes), sheet, mistakes)


def read_rows(content: bytes, mistakes: Mistakes) -> Iterator[Row]:
    """All rows of a CSV or of a workbook's first sheet, heading and comments too, with their numbers."""
    if content.startswith(b"PK\x03\x04"):
        # openpyxl takes 0.2 s and 15 MB to import, and few sites keep their nodes in a workbook.
        from monitor.config.workbook import read_workbook

        return read_workbook(content, mistakes)
    text = decode(content, mistakes)
    return iter(()) if text is None else _read_csv(text, mistakes)


def _read_csv(text: str, mistakes: Mistakes) -> Iterator[Row]:
    """All rows with the line on which each begins, quoted line breaks counted."""
    separator = _SEPARATOR_LINE.match(text)
    lines = io.StringIO(text, newline="")
    skipped = 1 if separator and lines.readline() else 0
    reader = csv.reader(lines, delimiter=separator[1] if separator else _delimiter(text), strict=True)
    while True:
        begins = reader.line_num + 1 + skipped
        try:
            yield begins, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After an open quote nobody can tell where the next row begins.
            mistakes.add(begins, "", "", _broken_row(str(error)), _OPEN_QUOTE)
            return


def _broken_row(problem: str) -> Said:
    """``problem``: what Python's reader says, which names its own state."""
    known = next((why for words, why in _PROBLEMS.items() if words in problem), Said.same(problem))
    return Said(f"本行不是 CSV：{known.zh}", f"this row is not CSV: {known.en}")


def _delimiter(text: str) -> str:
    """The delimiter of the heading: the first line that is neither blank nor a comment."""
    for line in io.StringIO(text):
        if line.strip(' \t\r\n,;"') and not line.lstrip('"').startswith("#"):
            return max(",;\t", key=line.count)
    return ","


def _pick(rows: Iterable[Row], sheet: Sheet, mistakes: Mistakes) -> Iterator[Row]:
    """The cells of the sheet's columns, in its order, of each row below the heading."""
    clean = ((line, [_clean(cell) if cell else "" for cell in cells]) for line, cells in rows)
    rest = (row for row in clean if not _is_skipped(row[1]))
    heading = next(rest, None)
    if heading is None:
        if not mistakes:
            needed = Said.listed(name for name in sheet.columns if name in sheet.needed)
            said = Said(
                f"没有表头；必须有的列：{needed.zh}", f"holds no heading; needed are the columns {needed.en}"
            )
            mistakes.add(None, "", "", said)
        return
    places = _places(heading, sheet, mistakes)
    if places is None:
        return
    width = len(_trimmed(heading[1]))
    order = [places.get(name) for name in sheet.columns]
    for line, cells in rest:
        if _fits(line, cells, width, mistakes):
            yield line, ["" if place is None else cells[place] for place in order]


def _clean(cell: str) -> str:
    """The cell without what surrounds it: blanks, and the ``="…"`` that keeps a number a text."""
    cell = cell.strip()
    match = _AS_TEXT.fullmatch(cell) if cell.startswith("=") else None
    return match[1].strip() if match else cell


def _is_skipped(cells: list[str]) -> bool:
    """Blank, or a comment. Cells are clean."""
    first = cells[0] if cells else ""
    if first:
        return first.startswith("#") and first not in _FORMULA_ERRORS
    return not any(cells)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end, of which Excel writes many."""
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return cells[:width]


def _fits(line: int, cells: list[str], width: int, mistakes: Mistakes) -> bool:
    """Whether a row has a cell for each column and no bad one; else it is noted."""
    if len(cells) != width and not len(_trimmed(cells)) <= width <= len(cells):
        count = len(_trimmed(cells)) if len(cells) > width else len(cells)
        allowed = Said(
            f"本行有 {count} 格，表头有 {width} 格", f"this row has {count} cells, the heading has {width}"
        )
        mistakes.add(line, "", "", allowed, _NEEDS_QUOTES)
        return False
    text = "".join(cells)
    if len(text) > LONGEST and any(len(cell) > LONGEST for cell in cells):
        said = Said(f"有一格超过 {LONGEST} 个字符", f"a cell has more than {LONGEST} characters")
        mistakes.add(line, "", "", said)
        return False
    if "#" in text and (wrong := _FORMULA_ERRORS.intersection(cells)):
        failed = Said.listed(sorted(wrong))
        said = Said(f"这里有公式出错：{failed.zh}", f"a formula here failed: {failed.en}")
        mistakes.add(line, "", "", said, Said("改为直接填写数值", "write the value itself"))
        return False
    return True


def plain(text: str) -> str:
    """For comparing: full-width forms as ASCII, no capitals, nothing around it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.strip().casefold()


def _places(heading: Row, sheet: Sheet, mistakes: Mistakes) -> dict[str, int] | None:
    """Where each column stands. None when a needed one is missing: the rows would say nothing."""
    line, titles = heading
    names = {plain(title): name for name, others in sheet.columns.items() for title in (name, *others)}
    places: dict[str, int] = {}
    for place, title in enumerate(_trimmed(titles)):
        name = names.get(plain(title))
        if name is None:
            allowed = _not_a_column(title, place + 1, sheet)
            mistakes.add(line, title, "", allowed, did_you_mean(plain(title), names))
        elif name in places:
            said = Said(f"列 {name} 出现了两次", f"the column {name} stands here twice")
            mistakes.add(line, title, "", said)
        else:
            places[name] = place
    missing = [name for name in sheet.columns if name in sheet.needed and name not in places]
    for name in missing:
        words = (name, *sheet.columns[name])
        hint = Said(f"表头可写：{'、'.join(words)}", f"its heading is {' or '.join(words)}")
        mistakes.add(line, name, "", _MISSING, hint)
    return None if missing else places


def _not_a_column(title: str, number: int, sheet: Sheet) -> Said:
    some = Said.listed(sheet.columns)
    if title:
        return Said(f"没有这一列（{some.zh}）", f"not a column here ({some.en})")
    return Said(f"第 {number} 列没有表头（{some.zh}）", f"column {number} has no heading ({some.en})")
