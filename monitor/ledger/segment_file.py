"""The file of a segment: gzip, one JSON object a line, checked while it is written and when it is read.

The first line tells what it is; each further line is a link: ``{"link", "table", "hash", "row"}`` with the
row's columns by name.
"""

from __future__ import annotations

import gzip
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, NamedTuple, Self

from monitor.ledger.chain import form_of, next_hash, to_json
from monitor.ledger.errors import LedgerError
from monitor.ledger.segments import Linked, Plan
from monitor.model.said import Said, reason

FORMAT: Final = "quanshi ledger segment 1"


class SegmentWriter:
    """Writes a segment beside its place; :meth:`finish` puts it there. Raises LedgerError, leaving nothing.

    Rows that are not the chain's next are refused: what is damaged must not leave for an archive.
    """

    def __init__(self, folder: Path, planned: Plan) -> None:
        self._planned = planned
        self._path = folder / planned.file
        self._fresh = folder / f".{planned.file}.{token_hex(4)}"
        self._link, self._hash = planned.first - 1, planned.hash_before
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _clear(folder)
            self._raw = self._fresh.open("wb")
        except OSError as error:
            raise self._trouble(error) from error
        # No name and no moment inside: the same rows make the same file.
        self._file = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0)
        self._write({"format": FORMAT, "segment": planned.number, "hash_before": planned.hash_before})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        with suppress(OSError, ValueError):  # what could not be written cannot be flushed either
            self._file.close()
        with suppress(OSError):
            self._raw.close()
        self._fresh.unlink(missing_ok=True)

    def add(self, rows: Iterable[Linked]) -> None:
        """The next links, in order."""
        for linked in rows:
            computed = next_hash(self._hash, form_of(linked.table, linked.row))
            if (linked.link, linked.hash) != (self._link + 1, computed):
                raise LedgerError(_broken(self._path.name, self._link + 1))
            self._link, self._hash = linked.link, linked.hash
            self._write(
                {
                    "link": linked.link,
                    "table": linked.table,
                    "hash": linked.hash,
                    "row": dict(linked.row),
                }
            )

    def finish(self) -> str:
        """Put the file in its place, on disk for certain; its SHA-256."""
        if (self._link, self._hash) != (self._planned.last, self._planned.hash_last):
            name = self._path.name
            said = Said(
                f"归档段 {name}：与最后检查点的哈希不符",
                f"segment {name}: its last checkpoint says another hash",
            )
            raise LedgerError(said)
        try:
            self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._fresh.replace(self._path)
            _sync_folder(self._path.parent)
            return sha256_of(self._path)
        except OSError as error:
            raise self._trouble(error) from error

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(f"{to_json(line)}\n".encode())
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> LedgerError:
        why = reason(error)
        return LedgerError(Said(f"归档段 {self._path}：{why.zh}", f"segment {self._path}: {why.en}"))


def _broken(name: str, link: int) -> Said:
    return Said(
        f"归档段 {name}：链在第 {link} 环断开；查明之前台账不再转存（quanshi verify）",
        f"segment {name}: the chain is broken at link {link}; "
        "nothing leaves the ledger until somebody has looked at it (quanshi verify)",
    )


def _clear(folder: Path) -> None:
    """Remove what was left half written by somebody who was killed: nobody writes for a day."""
    for path in folder.glob(".*.jsonl.gz.*"):
        if path.stat().st_mtime < time.time() - 86_400:
            path.unlink(missing_ok=True)


class SegmentFileError(Exception):
    """The file cannot be read to its end: what is wrong with it."""


class Filed(NamedTuple):
    """A link as it stands in a file."""

    link: int
    table: str
    hash: str
    form: str


def read_segment(path: Path) -> Iterator[Filed]:
    """The links in a segment's file, as they stand there. Raises SegmentFileError and OSError."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            if json.loads(next(lines, "{}")).get("format") != FORMAT:
                raise SegmentFileError(f"not a {FORMAT}")
            for line in lines:
                yield _filed(json.loads(line))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SegmentFileError(f"cannot be unpacked: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SegmentFileError(f"a line is not what it should be: {error}") from error


def _filed(line: dict[str, Any]) -> Filed:
    """Raises ValueError, KeyError or TypeError for what no writer of ours has written."""
    link, table, stored = line["link"], line["table"], line["hash"]
    if type(link) is not int or not isinstance(stored, str):
        raise TypeError(f"link {link!r:.40}")
    form = form_of(table, line["row"])
    form.encode()  # what cannot be hashed was never hashed
    return Filed(link, table, stored, form)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file. Raises OSError."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """The new name, too, must survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
