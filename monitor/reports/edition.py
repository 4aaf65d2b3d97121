"""By what a report was made: the program, and the wording of what people see.

The figures of a report can be checked by any version; its words and its look only by one that says things the
same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Final

from monitor import __version__

_SAYING: Final = {
    "monitor": ("words.py",),
    "monitor.model": ("timeline.py",),
    "monitor.reports": (
        *("csvform.py", "document.py", "look.py", "paper.py", "report.typ"),
        *("sheets.py", "story.py", "tables.py", "words.py", "xlsx.py"),
    ),
}
"""The files that what people see follows from, given the report."""


@cache
def software() -> str:
    """``quanshi 0.1.0``, and what makes the bytes of workbook and PDF, if that is there."""
    return ", ".join([f"quanshi {__version__}", *_versions("typst", "xlsxwriter")])


def _versions(*names: str) -> Iterator[str]:
    for name in names:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


@cache
def wording() -> str:
    """16 hex digits that change with anything that could change a cell or its look.

    Taken of the sources, since nobody remembers to raise a number with each word.
    """
    digest = sha256()
    for package, names in _SAYING.items():
        for name in names:
            content = (files(package) / name).read_bytes().replace(b"\r\n", b"\n")
            digest.update(b"%s %s %d\n" % (package.encode(), name.encode(), len(content)) + content)
    return digest.hexdigest()[:16]
