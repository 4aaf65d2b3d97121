"""Workbooks that are not what they seem."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import openpyxl

PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": "<workbook/>",
}


def workbook(rows: Iterable[Iterable[object]]) -> bytes:
    """An honest one."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = book.active.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # also where it looks like a formula
    book.save(out)
    return out.getvalue()


def packed(**parts: bytes) -> bytes:
    """A ZIP with these parts in the place of sheets."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        for name, content in parts.items():
            archive.writestr(f"xl/worksheets/{name}.xml", content)
    return out.getvalue()


def large(megabytes: int) -> bytes:
    """Unpacks to so much from a thousandth of it."""
    return packed(sheet1=b" " * (megabytes * 1_000_000))


def claims(megabytes: int) -> bytes:
    """Says that it unpacks to so much."""
    one, said = (size.to_bytes(4, "little") for size in (1_000_000, megabytes * 1_000_000))
    return large(1).replace(one, said)
