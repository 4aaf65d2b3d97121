"""The files of a report: tried before the ledger says that it was made, and whole or not there at all."""

from __future__ import annotations

from collections.abc import Mapping
from errno import EISDIR
from os import strerror
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.reports.document import Proof, Report
from monitor.reports.formats import BESIDE, beside, demand_parts, writer_of


class Files:
    """The files of a report with their forms, and the JSON beside one where that is due.

    What a file says of the ledger is known only once the report is recorded, so it is written twice: for a
    trial, which shows that typesetter, font and disk are there, and for good. Leaving the context takes
    away what did not get its name.
    """

    def __init__(self, outputs: Mapping[Path, str], language: str) -> None:
        self._language = language
        self._parts: list[tuple[str, Path, Path]] = []
        for output, form in outputs.items():
            self._parts.append((form, _fresh(output), output))
            if form in BESIDE:
                self._parts.append(("json", _fresh(beside(output)), beside(output)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for _, fresh, _ in self._parts:
            fresh.unlink(missing_ok=True)

    def demand(self) -> None:
        """See to font and folder before anything is reckoned. Raises Trouble and OSError."""
        for form, fresh, named in self._parts:
            demand_parts(form, self._language)
            if named.is_dir():
                raise IsADirectoryError(EISDIR, strerror(EISDIR), str(named))
            fresh.touch()

    def rehearse(self, report: Report, proof: Proof) -> None:
        """Write all of it under other names. Raises Trouble and OSError."""
        for form, fresh, _ in self._parts:
            writer_of(form)(report, proof, self._language, fresh)

    def write(self, report: Report, proof: Proof) -> None:
        """Write it for good; only when all is written it gets its names. Raises Trouble and OSError."""
        self.rehearse(report, proof)
        # What lies beside comes first: a report is never there without its proof.
        for _, fresh, named in reversed(self._parts):
            fresh.replace(named)


def _fresh(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")
