"""What a command needs that only asks a running system: where its data lies, and our language."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from monitor.config.files import ABSENT, START_FROM, decode, read_bytes, stamp
from monitor.config.mistakes import CellError, ConfigError, Mistakes
from monitor.config.schema import SiteFile
from monitor.config.settings import ledger_url
from monitor.config.validate import read_site_file
from monitor.config.yamlfile import parse

_LIMIT: Final = 1_000_000
_NEEDED: Final = frozenset(("site", "data", "language"))


@dataclass(frozen=True, slots=True)
class Glance:
    """``path`` is site.yaml, ``data`` is absolute, ``ledger_url`` is for SQLAlchemy's asyncio engines."""

    path: Path
    name: str
    language: str
    data: Path
    ledger_url: str = field(repr=False)


def glance(path: Path, *, needs: Collection[str] = ()) -> Glance:
    """Look at site.yaml alone. Mistakes elsewhere, also in its other keys, hinder nobody.

    Raises ConfigError when the file cannot be read, or one of the keys needed here is wrong. ``needs``:
    further keys that the caller depends on; any other that is wrong has its default.
    """
    path = path.absolute()
    mistakes = Mistakes(path.name)
    written = _read(path, mistakes)
    hinder = [one for one in mistakes if not one.column or one.column in {*_NEEDED, *needs}]
    if written is None or hinder:
        raise ConfigError(hinder or mistakes, {path: stamp(path)})
    data = path.parent / written.data
    return Glance(path, written.site, written.language, data, ledger_url(written.ledger, data))


def data_folder(path: Path) -> Path:
    """Where the data of this site lies, as well as that can be told from a file that is broken elsewhere."""
    try:
        return glance(path).data
    except ConfigError:
        return path.absolute().parent / _written(path, "data")


def language_at(path: Path) -> str:
    """``zh`` or ``en``: what this site speaks, also where the file is broken elsewhere; else Chinese."""
    try:
        return glance(path).language
    except ConfigError:
        return "en" if _written(path, "language") == "en" else "zh"


def _written(path: Path, key: str) -> str:
    """What stands behind ``key:`` in its own line; the default where no such line can be read."""
    try:
        text = read_bytes(path, _LIMIT).decode(errors="replace")
    except (FileNotFoundError, CellError):
        text = ""
    line = re.search(rf"^{key}:.*$", text, re.MULTILINE)
    written = parse(line[0], Mistakes(path.name)).data.get(key) if line else None
    default: str = SiteFile.model_fields[key].default
    return written if isinstance(written, str) and written.isprintable() else default


def _read(path: Path, mistakes: Mistakes) -> SiteFile | None:
    """The settings with what is wrong replaced by its default; None, with a mistake noted, without any."""
    try:
        content = read_bytes(path, _LIMIT)
    except FileNotFoundError:
        mistakes.add(None, "", "", ABSENT, START_FROM)
        return None
    except CellError as error:
        mistakes.add(None, "", "", error.allowed, error.hint)
        return None
    text = decode(content, mistakes)
    return None if text is None else read_site_file(parse(text, mistakes), mistakes)
