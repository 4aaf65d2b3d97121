"""Walking along the chain, link by link, over rows that come a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from monitor.ledger.chain import next_hash
from monitor.ledger.findings import Break, Finding, Kind

MOST: Final = 1000
"""So many breaks of a stretch are kept; more are counted. Nobody reads them one by one."""


class Page(NamedTuple):
    """The rows of the links from ``first`` on: forms and hashes by place, None where there is no row.

    ``others``: (link, form, hash) of further rows that claim a link of this page. ``seen``: rows by table.
    """

    first: int
    forms: Sequence[str | None]
    hashes: Sequence[object]
    others: Sequence[tuple[int, str, object]]
    seen: Counter[str]


@dataclass(slots=True)
class Stretch:
    """What was found along some links. To be sent between processes."""

    breaks: list[Break] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    hashes: dict[int, object] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    links: int = 0
    more: int = 0


class Walk:
    """Follows the chain from the hash ``before`` the first link; notes the hashes of ``wanted`` links."""

    def __init__(self, before: object, wanted: frozenset[int] = frozenset()) -> None:
        self.stretch = Stretch()
        # Unknown once a row is missing: the next one can be held against nothing.
        self._before: object = before if isinstance(before, str) else None
        self._wanted = wanted
        self._gap: tuple[int, int] | None = None

    def follow(self, page: Page) -> None:
        """Check the rows of the next page."""
        others: dict[int, list[tuple[str, object]]] = {}
        for other in page.others:
            others.setdefault(other[0], []).append(other[1:])
        before = self._before
        places = range(page.first, page.first + len(page.forms))
        for link, form, stored in zip(places, page.forms, page.hashes, strict=True):
            if form is None:
                self._miss(link)
                before = None
            elif sha256(f"{before}\0{form}".encode()).hexdigest() == stored and link not in others:
                before = stored
            else:
                before = self._look(link, before, [(form, stored), *others.get(link, ())])
        self._before = before
        self.stretch.links += len(page.forms)
        self.stretch.seen += page.seen
        asked = self._wanted.intersection(places)
        self.stretch.hashes |= {link: page.hashes[link - page.first] for link in asked}

    def end(self) -> Stretch:
        """What was found."""
        self._close_gap()
        return self.stretch

    def _look(self, link: int, before: object, rows: list[tuple[str, object]]) -> object:
        """More than one row for a link, or one that does not fit: the hash to go on from."""
        if not isinstance(before, str):
            fitting = rows[0]
        elif found := [row for row in rows if next_hash(before, row[0]) == row[1]]:
            fitting = found[0]
        else:
            fitting = rows[0]
            self._note(Break(link, before, *fitting))
        self.stretch.findings += [Finding.of(Kind.EXTRA, link, row[0]) for row in rows if row is not fitting]
        form, stored = fitting
        return next_hash(before, form) if isinstance(before, str) and not isinstance(stored, str) else stored

    def _note(self, found: Break) -> None:
        if len(self.stretch.breaks) < MOST:
            self.stretch.breaks.append(found)
        else:
            self.stretch.more += 1

    def _miss(self, link: int) -> None:
        if self._gap is None or self._gap[1] != link - 1:
            self._close_gap()
            self._gap = (link, link)
        else:
            self._gap = (self._gap[0], link)

    def _close_gap(self) -> None:
        if self._gap is not None:
            self.stretch.findings.append(Finding(Kind.MISSING, *self._gap))
        self._gap = None
