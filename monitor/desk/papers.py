"""The files of reports in ``data/reports``, under names that we give: nobody else names a file there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from monitor.config import Site
from monitor.reports.formats import beside

FOLDER: Final = "reports"
NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}\.(?:xlsx|pdf|csv|json)", re.ASCII)
"""What a file of a report may be called: no folder, no way up, nothing hidden."""

KEPT: Final = 400
"""So many files that were made on somebody's wish stay; those of the months stay for good."""

_ON_WISH: Final = re.compile(r"\d{8}T\d{6}-[0-9a-f]{12}\..+", re.ASCII)

Form = Literal["xlsx", "pdf", "csv", "json"]
_FORMS: Final[Mapping[str, Form]] = {".xlsx": "xlsx", ".pdf": "pdf", ".csv": "csv", ".json": "json"}


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is here. ``size`` in bytes."""

    name: str
    form: Form
    size: int


def folder_of(site: Site) -> Path:
    return site.data / FOLDER


def file_of(site: Site, name: str) -> Path | None:
    """The file of a report by its name; None for whatever is none of ours."""
    if not NAME.fullmatch(name):
        return None
    path = folder_of(site) / name
    return path if path.is_file() and not path.is_symlink() else None


def form_of(path: Path) -> Form:
    """By the end of a name that :data:`NAME` allows."""
    return _FORMS[path.suffix]


def papers(site: Site, names: Iterable[str]) -> list[Paper]:
    """Of these files and of others of the same report those that are here, with the proofs beside them.

    The ledger names the files that a report was made with first; when it is made again in other forms, as the
    months are, it is the same report still.
    """
    stems = {Path(name).stem for name in names if NAME.fullmatch(name)}
    wanted = [f"{stem}{ending}" for stem in sorted(stems) for ending in _FORMS]
    found = []
    for name in (each for one in wanted for each in (one, beside(Path(one)).name)):
        path = file_of(site, name)
        try:
            if path is not None:
                found.append(Paper(name, form_of(path), path.stat().st_size))
        except FileNotFoundError:
            continue  # taken away just now
    return found


def prune(folder: Path) -> None:
    """Take away the oldest files that were made on somebody's wish, beyond :data:`KEPT`. Raises OSError."""
    ours = sorted(path.name for path in folder.iterdir() if _ON_WISH.fullmatch(path.name))
    for name in ours[:-KEPT]:
        (folder / name).unlink(missing_ok=True)
