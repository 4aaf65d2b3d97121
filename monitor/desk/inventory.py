"""The node list as somebody brings it: what is wrong with it, what it would change, and putting it in place.

Checked by the same code as ``quanshi check``: the whole site with the new list in the place of the old one.
"""

from __future__ import annotations

import csv
import io
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from monitor.config import ConfigError, Site
from monitor.config.files import decode
from monitor.config.mistakes import Mistake, Mistakes
from monitor.config.site import copy_name, load_copy

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of a node list: 100,000 nodes take about 15 MB."""

GOOD_FOR: Final = 15 * 60_000
"""Milliseconds for which a preview may be applied."""

KEPT: Final = 10
"""So many former lists stay beside the one of now."""

_WAITING: Final = 5
_NODES: Final = "nodes"
_ZIP: Final = b"PK\x03\x04"
_BOM: Final = "\ufeff"

Rows = list[list[str]]
How = Literal["new", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What would happen to one node; ``fields``: of one that changes, what each was and will be."""

    node: str
    name: str
    how: How
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would do. ``site`` None: it holds ``mistakes``, and would do nothing."""

    site: Site | None
    mistakes: tuple[Mistake, ...]
    differences: tuple[Difference, ...] = ()


def preview(site: Site, content: bytes, name: str) -> Preview:
    """Check a list of this ``name`` (CSV or XLSX, by its content) with the rest of the site as it is on disk.

    Takes seconds for a large one: not for the event loop.
    """
    with tempfile.TemporaryDirectory(dir=site.data, prefix=".upload-") as folder:
        copies = Path(folder)
        for key, path in site.sources.items():
            if key != _NODES and path.is_file():
                shutil.copy2(path, copies / copy_name(key, path))
        (copies / copy_name(_NODES, site.sources[_NODES])).write_bytes(content)
        try:
            found = load_copy(site.path, copies)
        except ConfigError as error:
            return Preview(None, tuple(_renamed(error.mistakes, site.sources[_NODES].name, name)))
    return Preview(found, (), tuple(differences(site, found)))


def _renamed(mistakes: Iterable[Mistake], ours: str, theirs: str) -> Iterator[Mistake]:
    """Mistakes of the list, called by the name that it was brought under."""
    for each in mistakes:
        file = theirs if each.file == ours else each.file
        yield Mistake(file, each.line, each.column, each.value, each.allowed, each.hint)


def differences(before: Site, after: Site) -> Iterator[Difference]:
    """New nodes, then changed ones, then those that are gone, each by id."""
    was, will = _entries(before), _entries(after)
    for node in sorted(will.keys() - was.keys()):
        yield Difference(node, str(will[node].get("name", "")), "new", {})
    for node in sorted(will.keys() & was.keys()):
        if was[node] != will[node]:
            fields = {
                key: (_text(was[node].get(key)), _text(will[node].get(key)))
                for key in sorted({*was[node], *will[node]})
                if was[node].get(key) != will[node].get(key)
            }
            yield Difference(node, str(will[node].get("name", "")), "changed", fields)
    for node in sorted(was.keys() - will.keys()):
        yield Difference(node, str(was[node].get("name", "")), "gone", {})


def _entries(site: Site) -> Mapping[str, Mapping[str, Any]]:
    return {entry["id"]: entry for entry in site.inventory.to_json()["nodes"]}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


# -- uploads that wait


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that was found right. ``over``: the digest of the list that it was compared with."""

    account: str
    content: bytes
    over: str
    made_at: int


@dataclass(slots=True)
class Uploads:
    """The last few lists that were previewed, in memory."""

    _kept: dict[str, Upload] = field(default_factory=dict)

    def keep(self, upload: Upload) -> str:
        """The name under which it can be applied."""
        name = secrets.token_urlsafe(16)
        self._kept[name] = upload
        while len(self._kept) > _WAITING:
            del self._kept[next(iter(self._kept))]
        return name

    def take(self, name: str, account: str, now: int) -> Upload | None:
        """The one that this account previewed a short time ago; it is not kept any longer."""
        found = self._kept.get(name)
        if found is None or found.account != account:
            return None
        del self._kept[name]
        return found if 0 <= now - found.made_at < GOOD_FOR else None


def apply(site: Site, content: bytes) -> Path:
    """Put a list in the place of the one of now, which stays beside it. Raises OSError.

    Where the file is a CSV a workbook becomes one, and the other way round: its name tells what it is.
    """
    path = site.sources[_NODES]
    wants_workbook = path.suffix.lower() == ".xlsx"
    if wants_workbook != content.startswith(_ZIP):
        rows = rows_of(content)
        content = as_workbook(rows) if wants_workbook else as_csv(rows)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    if path.exists():
        shutil.copy2(path, path.with_name(f"{path.name}.{stamp}.bak"))
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
    for old in sorted(path.parent.glob(f"{path.name}.*.bak"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


# -- the two forms of a list


def rows_of(content: bytes) -> Rows:
    """The cells of a list in either form, row by row as an editor counts; of what cannot be read, nothing."""
    mistakes = Mistakes("")
    if content.startswith(_ZIP):
        from monitor.config.workbook import read_workbook

        found: Rows = []
        for number, cells in read_workbook(content, mistakes):
            found.extend([] for _ in range(number - len(found) - 1))
            found.append(_trimmed(cells))
        return found
    text = decode(content, mistakes) or ""
    return list(csv.reader(io.StringIO(text.removeprefix(_BOM), newline="")))


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def as_csv(rows: Rows) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return (_BOM + out.getvalue()).encode()


def as_workbook(rows: Rows) -> bytes:
    """One sheet of texts: nothing in it is a formula or a link."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("nodes")
        text = book.add_format({"num_format": "@"})
        for number, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell, text)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def in_form(content: bytes, form: Literal["csv", "xlsx"]) -> bytes:
    """A list as CSV or as a workbook; as it is where it is that already."""
    if content.startswith(_ZIP) == (form == "xlsx"):
        return content
    rows = rows_of(content)
    return as_workbook(rows) if form == "xlsx" else as_csv(rows)
