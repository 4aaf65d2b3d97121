"""The last files without a mistake, kept beside the data: who starts over a typo goes on with them.

``<data>/good/current`` is a link to the folder of one set, so that a set is there whole or not at all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from monitor.config.files import stamp
from monitor.config.glance import data_folder
from monitor.config.mistakes import ConfigError
from monitor.config.site import Site, copy_name, load_copy, load_site

GOOD: Final = "good"
_CURRENT: Final = "current"
_ORIGIN: Final = "origin"
"""Names the site.yaml that a set was copied from: one data folder may be tried with several."""

log = structlog.get_logger(__name__)


def load_or_last_good(path: Path, data: Path | None = None) -> Site:
    """The site described by these files; where they hold mistakes, as they last were without.

    Then ``refused`` has the mistakes, and ``files`` are those whose repair is worth another try.
    ``data`` is where the last good ones are kept (None: where site.yaml says). Raises ConfigError when
    there are none.
    """
    try:
        return load_site(path)
    except ConfigError as error:
        kept = _last_good(path.absolute(), data or data_folder(path), error)
        if kept is None:
            raise
        return kept


def keep_good(site: Site, data: Path) -> None:
    """Keep the files of ``site`` as the last good ones in ``data``, for their owner alone.

    A file that changed since it was read is not kept, and neither are the others then: who noticed the
    change reads them all again. What cannot be written is logged: today the files are good anyway.
    """
    try:
        with _locked(data / GOOD) as folder:
            if not _is_kept(site, folder / _CURRENT):
                _keep(site, folder)
    except OSError as error:
        log.warning("the last good files cannot be kept", folder=str(data / GOOD), error=str(error))


def _last_good(path: Path, data: Path, error: ConfigError) -> Site | None:
    folder = (data / GOOD / _CURRENT).resolve()
    try:
        if (folder / _ORIGIN).read_text() != str(path):
            return None
        site = load_copy(path, folder)
    except (OSError, ValueError, ConfigError):  # none is there, or one that was good by other rules
        return None
    # As they were when the mistake was read: a repair since then is a change.
    stamps = dict(zip(site.files, site.stamps, strict=True)) | dict(error.stamps)
    return replace(site, refused=error, files=tuple(stamps), stamps=tuple(stamps.values()))


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """One writer at a time: every role of this machine keeps the files that it has read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def _copies(site: Site) -> dict[str, Path]:
    """The files that are there, by the names of their copies."""
    return {copy_name(key, path): path for key, path in site.sources.items() if path.exists()}


def _is_kept(site: Site, folder: Path) -> bool:
    copies = _copies(site)
    try:
        return (
            {file.name for file in folder.iterdir()} == {*copies, _ORIGIN}
            and (folder / _ORIGIN).read_text() == str(site.path)
            and all(path.read_bytes() == (folder / name).read_bytes() for name, path in copies.items())
        )
    except (OSError, ValueError):  # none is there, or part of one
        return False


def _keep(site: Site, folder: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix="set-", dir=folder))
    for name, path in _copies(site).items():
        _write(fresh / name, path.read_bytes())
    _write(fresh / _ORIGIN, str(site.path).encode())
    if tuple(map(stamp, site.files)) == site.stamps:
        link = folder / f"{fresh.name}.link"
        link.symlink_to(fresh.name)
        link.replace(folder / _CURRENT)
    _tidy(folder)


def _tidy(folder: Path) -> None:
    """Leave the current set alone: others are former ones, or halves of those who were killed."""
    current = (folder / _CURRENT).resolve().name
    for other in folder.glob("set-*"):
        if other.is_symlink():
            other.unlink()
        elif other.name != current:
            shutil.rmtree(other)


def _write(path: Path, content: bytes) -> None:
    """On the disk before the link points there, and readable by us alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
