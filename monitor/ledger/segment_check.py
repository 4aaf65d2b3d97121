"""Whether the file of a segment is what left the database, and what stayed agrees with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from monitor.ledger.chain import GENESIS, LEAVING
from monitor.ledger.findings import Finding, Kind
from monitor.ledger.rows import SegmentRow
from monitor.ledger.segment_file import SegmentFileError, read_segment, sha256_of
from monitor.ledger.walk import Page, Stretch, Walk

_PAGE: Final = 500
_NONE: Final = (0, 0, GENESIS)
"""Number, last link and hash before the first segment."""

Kept = Mapping[int, tuple[str, object]]
"""Form and hash by link of rows that are in the database and must be in the file."""


def check_file(folder: Path | None, segment: SegmentRow, kept: Kept, wanted: frozenset[int]) -> Stretch:
    """What is wrong with the file of this segment. Its links count as seen only if all could be read."""
    walk = Walk(segment.hash_before, wanted)
    pages = _Pages(segment)
    if folder is None:
        return _unread(segment, Kind.FILE_MISSING)
    path = folder / segment.file
    try:
        changed = sha256_of(path) != segment.sha256
        for page in pages.read(path):
            walk.follow(page)
    except FileNotFoundError:
        return _unread(segment, Kind.FILE_MISSING)
    except OSError as error:
        return _unread(segment, Kind.FILE_DAMAGED, error.strerror or str(error))
    except SegmentFileError as error:
        return _unread(segment, Kind.FILE_DAMAGED, str(error))
    stretch = walk.end()
    if changed:
        stretch.findings.append(_about(segment, Kind.FILE_CHANGED))
    stretch.findings += pages.findings
    stretch.findings += _compare(pages.staying, kept)
    return stretch


def sensible_segments(
    rows: Iterable[Mapping[str, Any]], reach: int
) -> tuple[list[SegmentRow], list[Finding]]:
    """The segments one after the other, from the first link to ``reach`` at most; and rows that are none.

    They say where the chain in the database begins, and are themselves only checked by walking along it.
    """
    names, findings = SegmentRow.__slots__, []
    found: list[SegmentRow] = []
    for row in sorted(rows, key=lambda row: str(row["number"]).rjust(20)):
        segment = SegmentRow(**{name: row[name] for name in names})
        number, last, before = (found[-1].number, found[-1].last, found[-1].hash_last) if found else _NONE
        begins = (segment.number, segment.first, segment.hash_before) == (number + 1, last + 1, before)
        if begins and _is_whole(segment) and segment.first <= segment.last <= reach:
            found.append(segment)
        else:
            link = row["link"]
            findings.append(Finding(Kind.CHANGED, link, link, "segments", str(link)))
    return found, findings


def _is_whole(segment: SegmentRow) -> bool:
    """Whether its values are of the types that were written."""
    numbers = (segment.number, segment.first, segment.last, segment.until, segment.exported_at)
    texts = (segment.file, segment.sha256, segment.hash_before, segment.hash_last, segment.base_sha256)
    return all(type(value) is int for value in numbers) and all(isinstance(value, str) for value in texts)


def _about(segment: SegmentRow, kind: Kind, note: str = "") -> Finding:
    return Finding(kind, segment.first, segment.last, "segments", segment.file, note)


def _unread(segment: SegmentRow, kind: Kind, note: str = "") -> Stretch:
    return Stretch(findings=[_about(segment, kind, note)])


def _compare(filed: Kept, kept: Kept) -> Iterator[Finding]:
    """The database's rows against the same rows in the file."""
    for link in sorted(filed.keys() | kept.keys()):
        if link not in kept:
            yield Finding.of(Kind.MISSING, link, filed[link][0])
        elif link not in filed:
            yield Finding.of(Kind.EXTRA, link, kept[link][0])
        elif kept[link] != filed[link]:
            yield Finding.of(Kind.CHANGED, link, kept[link][0])


class _Pages:
    """The lines of a segment's file as pages. What is not in its place is a finding."""

    def __init__(self, segment: SegmentRow) -> None:
        self._segment = segment
        self.staying: dict[int, tuple[str, object]] = {}
        self.findings: list[Finding] = []

    def read(self, path: Path) -> Iterator[Page]:
        """All pages of the segment. Raises SegmentFileError and OSError."""
        first, last = self._segment.first, self._segment.last
        forms: list[str | None] = []
        hashes: list[object] = []
        for filed in read_segment(path):
            skipped = filed.link - first - len(forms)
            if skipped < 0 or filed.link > last:
                self.findings.append(Finding.of(Kind.EXTRA, filed.link, filed.form))
                continue
            forms += [*[None] * skipped, filed.form]
            hashes += [*[None] * skipped, filed.hash]
            if filed.table not in LEAVING:
                self.staying[filed.link] = (filed.form, filed.hash)
            if len(forms) >= _PAGE:
                yield Page(first, forms, hashes, (), Counter())
                first, forms, hashes = filed.link + 1, [], []
        lacking = [None] * (last - first + 1 - len(forms))
        yield Page(first, [*forms, *lacking], [*hashes, *lacking], (), Counter())
