"""What a command needs that only asks a running system: where its data lies, and our language."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor.config.files import decode, read_bytes
from monitor.config.mistakes import CellError, ConfigError, Mistakes
from monitor.config.schema import SiteFile
from monitor.config.validate import read_site_file
from monitor.config.yamlfile import parse

_LIMIT: Final = 1_000_000
_NEEDED: Final = frozenset(("site", "data", "language"))


@dataclass(frozen=True, slots=True)
class Glance:
    """``path`` is site.yaml, ``data`` is absolute."""

    path: Path
    name: str
    language: str
    data: Path


def glance(path: Path) -> Glance:
    """Look at site.yaml alone. Mistakes elsewhere, also in its other keys, hinder nobody.

    Raises ConfigError when the file cannot be read, or one of the keys needed here is wrong.
    """
    path = path.absolute()
    mistakes = Mistakes(path.name)
    written = _read(path, mistakes)
    hinder = [one for one in mistakes if not one.column or one.column in _NEEDED]
    if written is None or hinder:
        raise ConfigError(hinder or mistakes, [path])
    return Glance(path, written.site, written.language, path.parent / written.data)


def _read(path: Path, mistakes: Mistakes) -> SiteFile | None:
    """The settings with what is wrong replaced by its default; None, with a mistake noted, without any."""
    try:
        content = read_bytes(path, _LIMIT)
    except FileNotFoundError:
        mistakes.add(None, "", "", "does not exist", "quanshi init DIR writes a set to start from")
        return None
    except CellError as error:
        mistakes.add(None, "", "", error.allowed, error.hint)
        return None
    text = decode(content, mistakes)
    return None if text is None else read_site_file(parse(text, mistakes), mistakes)
