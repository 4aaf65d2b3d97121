"""The forms in which a report can be written. Adding one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from monitor.reports.document import Proof, Report

Writer = Callable[[Report, Proof, str, Path], None]
"""Writes a report in a language (``zh`` or ``en``) into a file. Raises OSError, and Trouble."""

_WRITERS: Final[Mapping[str, tuple[str, str]]] = {
    "xlsx": ("monitor.reports.xlsx", "write_xlsx"),
    "pdf": ("monitor.reports.pdf", "write_pdf"),
    "json": ("monitor.reports.jsonform", "write_json"),
    "csv": ("monitor.reports.csvform", "write_csv"),
}

FORMATS: Final = tuple(_WRITERS)

BESIDE: Final = ("pdf", "csv")
"""These hold no proof that a program could read: the JSON of the report is written beside them."""


def beside(path: Path) -> Path:
    """Where that is: ``report.pdf.json``."""
    return path.with_name(f"{path.name}.json")


def writer_of(name: str) -> Writer:
    """The writer of a format; what it needs is loaded only now. Raises KeyError, and ImportError."""
    module, function = _WRITERS[name]
    found: Writer = getattr(import_module(module), function)
    return found


def demand_parts(name: str, language: str) -> None:
    """See that what a format needs beside the program is there. Raises Trouble."""
    if name == "pdf":
        from monitor.reports.pdf import demand_typesetter

        demand_typesetter(language)
