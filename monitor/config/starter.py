"""A commented set of files to start from. Its nodes are invented and stand on this machine."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

NAMES: Final = ("site.yaml", "nodes.csv", "regions.csv", "alerts.yaml", "credentials.yaml")
_SECRET: Final = frozenset(("credentials.yaml",))
_BOM: Final = b"\xef\xbb\xbf"


def write_starter(directory: Path, language: Literal["zh", "en"] = "zh") -> list[Path]:
    """Write the set into this folder, which is made if need be, and return what was written.

    Raises FileExistsError that names what is there already, before anything is written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / name for name in NAMES]
    present = [path.name for path in paths if path.exists() or path.is_symlink()]
    if present:
        raise FileExistsError(f"{directory} already holds {', '.join(present)}")
    for path in paths:
        _write(path, _content(path.name, language))
    return paths


def _content(name: str, language: str) -> bytes:
    content = files(__package__).joinpath("templates", language, name).read_bytes()
    # Excel takes a CSV without the mark for the system's own encoding and garbles Chinese.
    return _BOM + content if name.endswith(".csv") else content


def _write(path: Path, content: bytes) -> None:
    """Create the file, never replace one: somebody may have put it there in the meantime."""
    mode = 0o600 if path.name in _SECRET else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
