"""Workbooks that somebody hands in: what is in them is counted before a library unpacks it into memory."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from monitor.config.files import unpacks_too_large, unreadable_workbook
from monitor.model.said import Said, SaidError

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


class PackedError(SaidError):
    """It is not to be unpacked: says why."""


def too_many(rows: int) -> Said:
    return Said(f"超过上限 {rows:,} 行", f"holds more than {rows:,} rows, which is the limit")


def is_packed(file: IO[bytes]) -> bool:
    """Whether it begins as a workbook does. It is read from its beginning afterwards."""
    begins = file.read(len(ZIP)) == ZIP
    file.seek(0)
    return begins


def demand_bounded(file: IO[bytes], *, unpacked: int, rows: int) -> None:
    """See that a workbook has at most so many bytes and rows. Takes little memory. Raises PackedError."""
    try:
        with zipfile.ZipFile(file) as archive:
            _demand_small(archive.infolist(), unpacked)
            _count(archive, rows)
    except PackedError:
        raise
    except _BROKEN as error:
        raise PackedError(unreadable_workbook(error)) from error


def _demand_small(parts: list[zipfile.ZipInfo], unpacked: int) -> None:
    if len(parts) > _PARTS:
        said = Said(
            f"超过上限 {_PARTS:,} 个部件", f"is made of more than {_PARTS:,} parts, which is the limit"
        )
        raise PackedError(said)
    if sum(part.file_size for part in parts) > unpacked:
        raise PackedError(unpacks_too_large(unpacked))


def _count(archive: zipfile.ZipFile, rows: int) -> None:
    found = 0
    for part in archive.infolist():
        with archive.open(part) as stream:  # reads no more than the part says that it holds
            for piece in _pieces(stream):
                if _TYPE.search(piece):
                    raise PackedError(
                        Said(
                            "含有文档类型声明，不是正常的工作簿",
                            "holds a document type, which no workbook does",
                        )
                    )
                found += sum(1 for _ in _ROW.finditer(piece))
                if found > rows:
                    raise PackedError(too_many(rows))


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
