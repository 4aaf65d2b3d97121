"""The credentials file: logins by name, readable by its owner alone."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from monitor.config.files import decode, read_bytes
from monitor.config.mistakes import CellError, Mistakes
from monitor.config.settings import Credential
from monitor.config.validate import read_credentials
from monitor.config.yamlfile import parse
from monitor.model.said import Said

_LIMIT: Final = 1_000_000


def load_credentials(path: Path, mistakes: Mistakes) -> Mapping[str, Credential] | None:
    """Logins by name; None when the file cannot be read, and why is noted. No mistake shows a password.

    Raises FileNotFoundError.
    """
    try:
        content = read_bytes(path, _LIMIT)
        mode = stat.S_IMODE(path.stat().st_mode)
    except CellError as error:
        mistakes.add(None, "", "", error.allowed, error.hint)
        return None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        said = Said(f"其他用户也能读取（权限 {mode:04o}）", f"others may read it (mode {mode:04o})")
        mistakes.add(None, "", "", said, Said.same(f"chmod 600 {path.name}"))
    text = decode(content, mistakes)
    if text is None:
        return None
    found = len(mistakes)
    document = parse(text, mistakes, secret=True)
    return None if len(mistakes) > found else read_credentials(document, mistakes)
