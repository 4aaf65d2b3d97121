"""Workbooks that somebody hands in: what is in them is counted before a library unpacks it into memory."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Final

ZIP: Final = b"PK\x03\x04"
"""How a workbook begins."""

_PARTS: Final = 2_000
_PIECE: Final = 65_536
_LONGEST_TAG: Final = 64
_ROW: Final = re.compile(rb"<(?:\w{1,20}:)?(?:row|si)[\s/>]")
"""A row of a sheet, or one of the texts that its rows share: these are held in memory all at once."""

_TYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
"""Neither belongs into a workbook (ECMA-376-2 §9.1.3), and entities may stand for any amount of text."""

_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, RuntimeError,
    ValueError,
)  # fmt: skip
"""What zipfile raises for a file that is none, or is packed or locked in a way that it does not know."""


class PackedError(ValueError):
    """It is not to be unpacked: says why."""


def demand_bounded(content: bytes, *, unpacked: int, rows: int) -> None:
    """See that a workbook has at most so many bytes and rows. Takes little memory. Raises PackedError."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _demand_small(archive.infolist(), unpacked)
            _count(archive, rows)
    except PackedError:
        raise
    except _BROKEN as error:
        raise PackedError(f"is not a workbook that can be read ({type(error).__name__})") from error


def _demand_small(parts: list[zipfile.ZipInfo], unpacked: int) -> None:
    if len(parts) > _PARTS:
        raise PackedError(f"is made of more than {_PARTS:,} parts, which is the limit")
    if sum(part.file_size for part in parts) > unpacked:
        raise PackedError(f"unpacks to more than {unpacked // 1_000_000} MB, which is the limit")


def _count(archive: zipfile.ZipFile, rows: int) -> None:
    found = 0
    for part in archive.infolist():
        with archive.open(part) as stream:  # reads no more than the part says that it holds
            for piece in _pieces(stream):
                if _TYPE.search(piece):
                    raise PackedError("holds a document type, which no workbook does")
                found += sum(1 for _ in _ROW.finditer(piece))
                if found > rows:
                    raise PackedError(f"holds more than {rows:,} rows, which is the limit")


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """All of it, cut so that no tag's beginning is torn apart. UTF-16 reads like ASCII."""
    rest = b""
    while piece := stream.read(_PIECE):
        rest += piece.replace(b"\0", b"")
        cut = rest.rfind(b"<")
        if cut < 0 or len(rest) - cut > _LONGEST_TAG:
            cut = len(rest)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest
