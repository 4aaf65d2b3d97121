"""What is in a workbook is counted before it is unpacked into memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest
from bombs import large, packed, workbook

from monitor.desk.packed import PackedError, demand_bounded

MEGABYTE = 1_000_000


def why_not(content: bytes, *, unpacked: int = MEGABYTE, rows: int = 100) -> str:
    with pytest.raises(PackedError) as raised:
        demand_bounded(io.BytesIO(content), unpacked=unpacked, rows=rows)
    return str(raised.value)


def test_a_workbook_with_as_many_rows_and_texts_as_allowed_is_fine() -> None:
    demand_bounded(
        io.BytesIO(workbook([["点位", number] for number in range(99)])), unpacked=MEGABYTE, rows=100
    )


def test_a_row_more_is_too_many() -> None:
    assert (
        why_not(workbook([[number] for number in range(101)]))
        == "holds more than 100 rows, which is the limit"
    )


@pytest.mark.parametrize(
    "sheet",
    [
        b"<row/>" * 101,
        b'<row r="1">' * 101,
        b"<x:row\n>" * 101,
        b"<si><t>a</t></si>" * 101,
        ("<row/>" * 101).encode("utf-16"),
        (b" " * 65_530 + b"<row></row>") * 14 + b"<row/>" * 90,
    ],
    ids=["empty", "with attributes", "with a prefix", "shared texts", "UTF-16", "torn apart by pieces"],
)
def test_rows_are_counted_however_they_are_written(sheet: bytes) -> None:
    assert "more than 100 rows" in why_not(packed(sheet1=sheet), unpacked=2 * MEGABYTE)


@pytest.mark.parametrize("sheet", [b"<rows/>" * 200, b"<t>row</t>" * 200, b"<six/>" * 200, b"<" * 200])
def test_what_only_looks_like_a_row_is_none(sheet: bytes) -> None:
    demand_bounded(io.BytesIO(packed(sheet1=sheet)), unpacked=MEGABYTE, rows=100)


def test_a_bomb_is_refused_by_what_it_says_itself_without_unpacking_it() -> None:
    bomb = large(30)
    tracemalloc.start()
    try:
        assert why_not(bomb) == "unpacks to more than 1 MB, which is the limit"
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_what_may_be_unpacked_is_read_piece_by_piece() -> None:
    long = large(20)
    tracemalloc.start()
    try:
        demand_bounded(io.BytesIO(long), unpacked=30 * MEGABYTE, rows=1)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_bomb_that_says_that_it_is_small_is_refused_too() -> None:
    bomb = large(2).replace((2 * MEGABYTE).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert "is not a workbook that can be read" in why_not(bomb)


def test_entities_may_stand_for_anything_and_are_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><row>&b;</row>'
    assert why_not(packed(sheet1=laughs)) == "holds a document type, which no workbook does"


def test_thousands_of_parts_are_refused() -> None:
    assert "2,000 parts" in why_not(packed(**{f"s{number}": b"" for number in range(2001)}))


def locked() -> bytes:
    """Its parts say that they are encrypted."""
    content = bytearray(packed(sheet1=b"<row/>"))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(mark, start + 4)
    return bytes(content)


def odd_method() -> bytes:
    content = bytearray(packed(sheet1=b"<row/>"))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = content.find(mark)
        content[start + place] = 99
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 500, packed(sheet1=b"<row/>")[:-30], locked(), odd_method()],
    ids=["only a mark", "zeros", "cut off", "encrypted", "packed in an unknown way"],
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert "is not a workbook that can be read" in why_not(content)


def test_content_that_is_not_what_was_packed_is_refused() -> None:
    content = bytearray(packed(sheet1=b"<row/>" * 10))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    content[part.header_offset + 30 + len(part.filename) + 3] ^= 0xFF
    assert "is not a workbook that can be read" in why_not(bytes(content))
