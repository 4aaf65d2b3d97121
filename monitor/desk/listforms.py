"""The two forms in which people keep a node list: a CSV, and a workbook."""

from __future__ import annotations

import csv
import io
from typing import Final, Literal

from monitor.config.files import decode
from monitor.config.mistakes import Mistakes
from monitor.config.tables import read_rows
from monitor.desk.packed import ZIP

Form = Literal["csv", "xlsx"]
Rows = list[list[str]]

_BOM: Final = "\ufeff"


def in_form(content: bytes, form: Form) -> bytes:
    """A list as CSV, in UTF-8 with the mark by which spreadsheets know it, or as a workbook.

    Where it is that already its cells are left as they are; what cannot be read is left as a whole.
    """
    if content.startswith(ZIP):
        return content if form == "xlsx" else as_csv(rows_of(content))
    if form == "xlsx":
        return as_workbook(rows_of(content))
    text = decode(content, Mistakes(""))
    return content if text is None else (_BOM + text.removeprefix(_BOM)).encode()


def rows_of(content: bytes) -> Rows:
    """The cells of a list in either form, row by row as an editor counts; of what cannot be read, nothing."""
    found: Rows = []
    for number, cells in read_rows(content, Mistakes("")):
        found.extend([] for _ in range(number - len(found) - 1))
        found.append(_trimmed(cells))
    return found


def _trimmed(cells: list[str]) -> list[str]:
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return cells[:width]


def as_csv(rows: Rows) -> bytes:
    """UTF-8 with a mark; all rows of the same width, as they must be to be read again."""
    out = io.StringIO(newline="")
    width = max(map(len, rows), default=0)
    csv.writer(out).writerows(cells + [""] * (width - len(cells)) for cells in rows)
    return (_BOM + out.getvalue()).encode()


def as_workbook(rows: Rows) -> bytes:
    """One sheet of texts: nothing in it is a formula or a link."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("nodes")
        text = book.add_format({"num_format": "@"})
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell, text)
        sheet.freeze_panes(1, 0)
    return out.getvalue()
