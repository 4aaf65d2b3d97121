"""One row for each watch of the site, in arrays: what was last said of it, and what may be shown.

What is *said* is a collector's last word. What is *shown* is that word as long as a collector sees the
row, and ``unknown`` otherwise (design, "What is known when"). Counts by group follow every change, so
that reading them costs nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from monitor.config import Site
from monitor.model.nodes import Kind, Watch, shard_of
from monitor.model.observations import Cause, State

UNSEEN_CODE: Final = State.UNKNOWN.code


@dataclass(frozen=True, slots=True)
class Group:
    """Watches that are counted together."""

    network: str
    region: str
    point_class: int | None
    kind: Kind

    @property
    def is_headline(self) -> bool:
        """Whether these are class-1 camera points, those that the city is measured by."""
        return self.kind is Kind.CAMERA and self.point_class == 1


@dataclass(frozen=True, slots=True)
class Lost:
    """Why rows are shown as unknown, and since when (0: nobody has ever looked)."""

    cause: Cause
    since: int


NEVER_SEEN: Final = Lost(Cause.NOT_ASKED, 0)


@dataclass(frozen=True, slots=True)
class Word:
    """What was last said of a watch. ``since`` is when it became so, ``detected`` when that was sure."""

    state: State = State.UNKNOWN
    cause: Cause = Cause.NOT_ASKED
    since: int = 0
    detected: int = 0
    probe: str = ""


class Board:
    """The rows of one site, ordered by network and then by node id."""

    def __init__(self, site: Site, day: date) -> None:
        """The rows of the nodes that are in service on this ``day``."""
        self.day = day
        self.watches: list[Watch] = []
        self.rows_of: dict[str, range] = {}
        self.index: dict[str, dict[str, int]] = {}
        for network in site.networks:
            self._add_network(network, site.inventory.watches(network, today=day))
        size = len(self.watches)
        self.said = bytearray(size)
        self.shown = bytearray(size)
        self.since = array("q", bytes(8 * size))
        self.shown_since = array("q", bytes(8 * size))
        self.detected = array("q", bytes(8 * size))
        self.causes: list[Cause] = [Cause.NOT_ASKED] * size
        self.probes: list[str] = [""] * size
        self.lost: list[Lost | None] = [NEVER_SEEN] * size
        self.groups: list[Group] = []
        self.group_of = array("i")
        self._group_rows()
        self.counts = [0] * (4 * len(self.groups))
        self.recount(range(size))
        self._shard_rows: dict[tuple[str, int, int], list[int] | range] = {}

    def _add_network(self, network: str, watches: Iterable[Watch]) -> None:
        ordered = sorted(watches, key=lambda watch: watch.node.id)
        first = len(self.watches)
        self.watches.extend(ordered)
        self.rows_of[network] = range(first, len(self.watches))
        self.index[network] = {watch.node.id: first + offset for offset, watch in enumerate(ordered)}

    def _group_rows(self) -> None:
        numbers: dict[Group, int] = {}
        for watch in self.watches:
            node = watch.node
            group = Group(watch.network, node.region, node.point_class, node.kind)
            self.group_of.append(numbers.setdefault(group, len(numbers)))
        self.groups = list(numbers)

    def __len__(self) -> int:
        return len(self.watches)

    def row(self, node: str, network: str) -> int | None:
        """The row of a watch, or None if this site has no such watch."""
        rows = self.index.get(network)
        return None if rows is None else rows.get(node)

    def rows_of_shard(self, network: str, shard: int, shards: int) -> list[int] | range:
        """The rows of a shard, by node id. Remembered, since a hash for each row is not free."""
        key = (network, shard, shards)
        found = self._shard_rows.get(key)
        if found is None:
            found = self.rows_of.get(network, range(0))
            if shards > 1:
                found = [row for row in found if shard_of(self.watches[row].node.id, shards) == shard]
            self._shard_rows[key] = found
        return found

    def say(self, row: int, word: Word) -> None:
        """A collector's word about a row; it shows at once if the row is seen."""
        self.said[row] = word.state.code
        self.causes[row] = word.cause
        self.since[row] = word.since
        self.detected[row] = word.detected
        self.probes[row] = word.probe
        if self.lost[row] is None:
            self._show(row, word.state.code, word.since)

    def _show(self, row: int, code: int, since: int) -> None:
        first = 4 * self.group_of[row]
        self.counts[first + self.shown[row]] -= 1
        self.counts[first + code] += 1
        self.shown[row] = code
        self.shown_since[row] = since

    def word(self, row: int) -> Word:
        """What was last said of a row, seen or not."""
        return Word(
            state=State.of_code(self.said[row]),
            cause=self.causes[row],
            since=self.since[row],
            detected=self.detected[row],
            probe=self.probes[row],
        )

    def truth(self, row: int) -> Word:
        """What may be said of a row now: the last word, or ``unknown`` with why nobody can tell."""
        lost = self.lost[row]
        if lost is None:
            return self.word(row)
        return Word(State.UNKNOWN, lost.cause, lost.since, lost.since)

    def cover(self, network: str, sights: Iterable[tuple[Iterable[int], Lost | None]]) -> None:
        """Set who sees the rows of a network; of several that name a row, the last one counts."""
        rows = self.rows_of.get(network, range(0))
        lost = self.lost
        lost[rows.start : rows.stop] = [NEVER_SEEN] * len(rows)
        for covered, reason in sights:
            for row in covered:
                lost[row] = reason
        for row in rows:
            reason = lost[row]
            self.shown[row] = self.said[row] if reason is None else UNSEEN_CODE
            self.shown_since[row] = self.since[row] if reason is None else reason.since
        self.recount(rows)

    def recount(self, rows: range) -> None:
        """Count the groups of these rows again. Rows of a group lie in one network, so it is whole."""
        numbers = self.group_of[rows.start : rows.stop]
        for number in set(numbers):
            self.counts[4 * number : 4 * number + 4] = [0, 0, 0, 0]
        for number, code in zip(numbers, self.shown[rows.start : rows.stop], strict=True):
            self.counts[4 * number + code] += 1

    def rows_showing(self, state: State) -> Iterator[int]:
        """The rows that show this state, in order, at the speed of a search through bytes."""
        row = self.shown.find(state.code)
        while row != -1:
            yield row
            row = self.shown.find(state.code, row + 1)

    def take_over(self, former: Board) -> None:
        """Keep what was said of the watches that both boards have. Cover the rows afterwards."""
        for row, watch in enumerate(self.watches):
            old = former.row(watch.node.id, watch.network)
            if old is not None:
                self.say(row, former.word(old))
