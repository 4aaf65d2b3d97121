"""The first sheet of an XLSX workbook as rows of text. Imported only when somebody has one."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from monitor.config.files import unpacks_too_large, unreadable_workbook
from monitor.config.mistakes import Mistakes
from monitor.model.said import Said

_UNPACKED: Final = 400_000_000  # bytes; 100,000 nodes take about 120 MB
_ROWS: Final = 1_000_000
_COLUMNS: Final = 64

# What openpyxl and zipfile raise when a workbook is broken: they read it as they go and check little.
BROKEN: Final = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, struct.error, ParseError, EOFError, OSError,
    ArithmeticError, AttributeError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError,
)  # fmt: skip

_SAVE_AGAIN: Final = Said(
    "用电子表格打开后另存为 .xlsx 或 CSV UTF-8", "open it and save it again as .xlsx, or as CSV UTF-8"
)


def read_workbook(content: bytes, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet with their numbers, all of the same width.

    Of formulas the value is taken that was last computed. A workbook that cannot be read is noted.
    """
    try:
        if not _is_bounded(content):
            mistakes.add(None, "", "", unpacks_too_large(_UNPACKED))
            return
        yield from _rows(content, mistakes)
    except BROKEN as error:
        mistakes.add(None, "", "", unreadable_workbook(error), _SAVE_AGAIN)


def _is_bounded(content: bytes) -> bool:
    """Whether it stays small when unpacked; zipfile reads no more than what an entry declares."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return sum(entry.file_size for entry in archive.infolist()) <= _UNPACKED


def _rows(content: bytes, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on styles and extensions, which nobody reads here
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        if not book.worksheets:
            mistakes.add(None, "", "", Said("没有含数据的工作表", "holds no sheet with cells"))
            return
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a sheet says of its size is often wrong
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > _ROWS or len(cells) > 16384:
                said = Said(f"超过上限 {_ROWS} 行", f"has more than {_ROWS} rows, which is the limit")
                mistakes.add(number, "", "", said)
                return
            texts = [_text(value) for value in cells[:_COLUMNS]]
            yield number, texts + [""] * (_COLUMNS - len(texts))
    finally:
        book.close()


def _text(value: Any) -> str:
    """The cell as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
