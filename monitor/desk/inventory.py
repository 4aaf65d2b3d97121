"""The node list as somebody brings it: what is wrong with it, what it would change, and putting it in place.

Checked by the same code as ``quanshi check``: the whole site with the new list in the place of the old one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from glob import escape
from pathlib import Path
from typing import IO, Any, Final, Literal, Self

from monitor.config import ConfigError, Site
from monitor.config.files import Stamp, stamp
from monitor.config.mistakes import Mistake
from monitor.config.site import copy_name, load_copy
from monitor.desk.listforms import in_form
from monitor.desk.packed import PackedError, demand_bounded, is_packed, too_many
from monitor.desk.spool import PREFIX

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of a node list: 100,000 nodes take about 15 MB."""

UNPACKED: Final = 200_000_000
"""Bytes of a workbook when it is unpacked: 100,000 nodes take about 120 MB."""

ROWS: Final = 400_000
"""Rows of a list; in a workbook the texts that cells share count too."""

GOOD_FOR: Final = 15 * 60_000
"""Milliseconds for which a preview may be applied."""

KEPT: Final = 10
"""So many former lists stay beside the one of now."""

_WAITING: Final = 5
_PIECE: Final = 65_536
_NODES: Final = "nodes"

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


def preview(site: Site, file: Path, name: str) -> Preview:
    """Check a list of this ``name`` (CSV or XLSX, by its content) with the rest of the site as it is on disk.

    Takes seconds for a large one: not for the event loop. Raises OSError.
    """
    try:
        _demand_bounded(file)
    except PackedError as error:
        return Preview(None, (Mistake(name, None, "", "", error.said),))
    with tempfile.TemporaryDirectory(dir=site.data, prefix=PREFIX) as folder:
        copies = Path(folder)
        for key, path in site.sources.items():
            if key != _NODES and path.is_file():
                shutil.copy2(path, copies / copy_name(key, path))
        shutil.copyfile(file, copies / copy_name(_NODES, site.sources[_NODES]))
        try:
            found = load_copy(site.path, copies)
        except ConfigError as error:
            return Preview(None, tuple(_renamed(error.mistakes, site.sources[_NODES].name, name)))
    return Preview(found, (), tuple(differences(site, found)))


def _demand_bounded(path: Path) -> None:
    """Raises PackedError for more than any city has."""
    with path.open("rb") as file:
        if is_packed(file):
            demand_bounded(file, unpacked=UNPACKED, rows=ROWS)
        elif _ends(file) > 2 * ROWS:  # a line may end with both
            raise PackedError(too_many(ROWS))


def _ends(file: IO[bytes]) -> int:
    pieces = iter(partial(file.read, _PIECE), b"")
    return sum(piece.count(b"\n") + piece.count(b"\r") for piece in pieces)


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
class Base:
    """What a list was held against: the digest of the list in use, and the files of the site on disk."""

    digest: str
    stamps: tuple[Stamp, ...]

    @classmethod
    def of(cls, site: Site) -> Self:
        return cls(site.inventory.digest, tuple(stamp(path) for path in site.files))


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that was found right, at ``made_at`` (milliseconds). ``over``: what it was held against."""

    account: str
    file: Path
    over: Base
    made_at: int


@dataclass(slots=True)
class Uploads:
    """The last few lists that were previewed; the files of those that are given up are taken away."""

    _kept: dict[str, Upload] = field(default_factory=dict)

    def keep(self, upload: Upload) -> str:
        """The name under which it can be applied. A former one of the same account is given up."""
        stays = {
            name: one
            for name, one in list(self._kept.items())[-_WAITING + 1 :]
            if one.account != upload.account and _is_good(one, upload.made_at)
        }
        for name in self._kept.keys() - stays.keys():
            self._kept[name].file.unlink(missing_ok=True)
        name = secrets.token_urlsafe(16)
        self._kept = {**stays, name: upload}
        return name

    def take(self, name: str, account: str, now: int) -> Upload | None:
        """The one that this account previewed a short time ago. Its file is the caller's to take away."""
        found = self._kept.get(name)
        if found is None or found.account != account:
            return None
        del self._kept[name]
        if _is_good(found, now):
            return found
        found.file.unlink(missing_ok=True)
        return None


def _is_good(upload: Upload, now: int) -> bool:
    return 0 <= now - upload.made_at < GOOD_FOR


# -- putting it in place


def apply(site: Site, upload: Path) -> Path:
    """Put a list in the place of the one of now, which stays beside it. Raises OSError.

    Where the file is a CSV a workbook becomes one, and the other way round: its name tells what it is.
    """
    path = site.sources[_NODES].resolve()
    content = in_form(upload.read_bytes(), "xlsx" if path.suffix.lower() == ".xlsx" else "csv")
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, fresh)
            shutil.copy2(path, path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.bak"))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    for old in sorted(path.parent.glob(f"{escape(path.name)}.*Z.bak"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path
