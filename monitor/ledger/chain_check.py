"""Whether the rows in the database are exactly the links of the chain: none changed, missing, or too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final, Protocol

from monitor.ledger.chain import FORMS, LEAVING, ChainHead
from monitor.ledger.findings import Finding, Kind
from monitor.ledger.walk import Page, Stretch, Walk

_PAGE: Final = 2_000
_NUMBERED: Final = ("changes", "snapshots", "observers", "outages", "sights")
"""Tables with numbers of their own, by which a row that is gone can still be named. Sights come last: they
are linked in another order than they are numbered."""


class Reader(Protocol):
    """An opened ledger, of whichever database. Forms are those of :func:`monitor.ledger.chain.form_of`."""

    def revision(self) -> str | None:
        """The schema's revision; None when this is no ledger."""

    def head(self) -> ChainHead:
        """What the head says of the chain. Raises LedgerError when it says nothing."""

    def reach(self) -> int:
        """The highest link that any row has."""

    def page(self, first: int, last: int) -> Page:
        """The rows of the links ``first`` to ``last``."""

    def kept(self, table: str, last: int) -> dict[int, tuple[str, object]]:
        """Form and hash of the rows with links up to ``last``, of a table whose rows stay."""

    def count(self, table: str) -> int:
        """How many rows there are that must have a link."""

    def strays(self, table: str, first: int, last: int) -> list[tuple[object, str]]:
        """(link, form) of rows that have no link between ``first`` and ``last``: a thousand at most."""

    def holes(self, table: str) -> list[tuple[int, int, int, int]]:
        """Numbers that a numbered table lacks: (first, last, and the links around them)."""

    def records(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table that is small."""

    def open_sights(self) -> list[dict[str, Any]]:
        """The sights that are not sealed yet, as ``openness.OPEN`` says."""


class Source(Protocol):
    """Where a ledger is. It is sent to other processes, each of which opens it for itself."""

    def open(self) -> AbstractContextManager[Reader]:
        """Raises LedgerError for whatever the database raises while it is open."""


def walk_links(source: Source, first: int, last: int, before: str | None, wanted: frozenset[int]) -> Stretch:
    """Check the links ``first`` to ``last``. ``before``: the hash before them; None: as the database says."""
    with source.open() as reader:
        known = reader.page(first - 1, first - 1).hashes[0] if before is None else before
        walk = Walk(known, wanted)
        for start in range(first, last + 1, _PAGE):
            walk.follow(reader.page(start, min(start + _PAGE - 1, last)))
        return walk.end()


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Gaps that go on where another ends are one."""
    found: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (each.kind, each.first)):
        last = found[-1] if found else None
        if last and last.kind is finding.kind is Kind.MISSING and last.last + 1 == finding.first:
            found[-1] = replace(last, last=finding.last)
        else:
            found.append(finding)
    return found


def named(reader: Reader, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Rows that are gone get the name that the numbers around them leave to them."""
    holes: dict[str, list[tuple[int, int, int, int]]] = {}
    for finding in findings:
        if finding.kind is not Kind.MISSING or finding.table:
            yield finding
            continue
        if not holes:
            holes = {table: reader.holes(table) for table in _NUMBERED}
        yield _name(finding, holes)


def _name(gap: Finding, holes: Mapping[str, list[tuple[int, int, int, int]]]) -> Finding:
    for table in _NUMBERED:
        for first, last, before, after in holes[table]:
            around = table == "sights" or (before < gap.first and gap.last < after)
            if around and last - first == gap.last - gap.first:
                key = str(first) if first == last else f"{first}-{last}"
                return replace(gap, table=table, key=key)
    return gap


def strays(reader: Reader, seen: Mapping[str, int], exported: int, links: int) -> Iterator[Finding]:
    """Rows that are no link of the chain: ``seen`` counts those that are, by table."""
    for table in FORMS:
        if reader.count(table) == seen.get(table, 0):
            continue
        first = exported + 1 if table in LEAVING else 1
        # A running monitor goes on while its ledger is verified.
        last = max(links, reader.head().links)
        for link, form in reader.strays(table, first, last):
            yield Finding.of(Kind.EXTRA, link if isinstance(link, int) else 0, form, str(link))


def counted(stretches: Iterable[Stretch], kept: Mapping[str, Collection[int]]) -> Counter[str]:
    """How many rows were seen, by table."""
    seen: Counter[str] = Counter({table: len(links) for table, links in kept.items()})
    for stretch in stretches:
        seen += stretch.seen
    return seen
