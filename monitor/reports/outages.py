"""The faults that a report lists one by one: those of an hour or more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor.config.atlas import Atlas
from monitor.model.faults import Fault
from monitor.reports.document import OutageRow, Rules
from monitor.reports.measure import Piece
from monitor.reports.repairs import limit_of

HOUR: Final = 3_600_000

MOST: Final = 10_000
"""Of more than so many the longest are listed: nobody reads them all, and the ledger holds them."""


class Outages:
    """Keeps the longest outages as watches come by."""

    def __init__(self, atlas: Atlas, rules: Rules, most: int = MOST) -> None:
        self._atlas = atlas
        self._rules = rules
        self._most = most
        self._least = HOUR
        self._found: list[tuple[Fault, Piece]] = []

    def take(self, pieces: Sequence[Piece]) -> None:
        """Add those of one watch."""
        least = self._least
        for piece in pieces:
            self._found += [(fault, piece) for fault in piece.faults if fault.lasted >= least]
        if len(self._found) > 2 * self._most:
            self._shorten()

    def rows(self) -> tuple[OutageRow, ...]:
        """The longest, in the order of time."""
        self._shorten()
        rows = [self._row(fault, piece) for fault, piece in self._found]
        return tuple(sorted(rows, key=lambda row: (row.start, row.node, row.network)))

    def _shorten(self) -> None:
        self._found.sort(key=_longest_first)
        del self._found[self._most :]
        if len(self._found) == self._most:
            self._least = max(HOUR, self._found[-1][0].lasted)

    def _row(self, fault: Fault, piece: Piece) -> OutageRow:
        node = piece.stay.node
        return OutageRow(
            node=node.id,
            name=node.name,
            network=piece.stay.network,
            county=self._atlas.county(node.region)[1],
            town=self._atlas.town(node.region)[1],
            contractor=node.contractor,
            start=fault.start,
            not_before=fault.not_before,
            end=fault.end,
            cause=fault.cause,
            lasted=fault.lasted,
            down=fault.down,
            repair=fault.repair,
            limit=limit_of(node, self._rules),
        )


def _longest_first(found: tuple[Fault, Piece]) -> tuple[int, int, tuple[str, str]]:
    fault, piece = found
    return (-fault.lasted, fault.start, piece.stay.key)
