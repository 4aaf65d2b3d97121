"""What is true now, driven by events alone: no I/O, and a clock that is handed in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from monitor.config import Site
from monitor.live.board import Board, Lost, Word
from monitor.live.outagebook import OutageBook
from monitor.model.events import Change, Event, Sight, Snapshot, Standing, type_of
from monitor.model.measured import Measured
from monitor.model.nodes import collector_name
from monitor.model.observations import Cause, State
from monitor.model.times import wall_clock

FRESH: Final = 35_000
"""How long a sight speaks for its shard, in milliseconds: three sights of ten seconds, and some slack."""

REMEMBERED_CHANGES: Final = 50
_UNCOUNTABLE: Final = 2**53  # from here on a sample, which is a float, cannot count
_CAUSES: Final = frozenset(cause.value for cause in Cause)


class Footing(StrEnum):
    """How much a collector can be believed at this moment."""

    SEES = "sees"
    BLIND = "blind"
    SILENT = "silent"
    AWAITED = "awaited"


@dataclass(slots=True)
class Observer:
    """A collector as it is heard.

    ``heard`` is the latest moment at which it is known to have looked, on our clock: the end of a sight,
    and never later than its arrival, since a collector whose clock runs ahead must not look alive after its
    death. ``unweighed``: its footing does not yet count its last sight. ``blind_since`` means something
    only while it is blind.
    """

    sight: Sight
    heard: int
    blind_since: int
    footing: Footing = Footing.AWAITED
    unweighed: bool = True

    @property
    def shard(self) -> tuple[int, int]:
        return (self.sight.shard, self.sight.shards)

    def weigh(self, now: int) -> bool:
        """Let it stand as it does now. True: that is another footing than before.

        Our clock may have been set back: nobody was heard in the future, and a silence goes on until
        somebody speaks.
        """
        is_mute = self.footing is Footing.SILENT and not self.unweighed
        self.heard = min(self.heard, now - FRESH - 1 if is_mute else now)
        self.unweighed = False
        before, self.footing = self.footing, self._footing_at(now)
        return self.footing is not before

    def _footing_at(self, now: int) -> Footing:
        if now - self.heard > FRESH:
            return Footing.SILENT
        return Footing.BLIND if self.sight.blind else Footing.SEES

    def lost(self) -> Lost | None:
        """What its footing does to the rows of its shard: None while it sees them."""
        match self.footing:
            case Footing.SEES:
                return None
            case Footing.BLIND:
                return Lost(Cause.BLIND, self.blind_since)
            case _:
                return Lost(Cause.BLIND, self.heard)


class Live:
    """The state of every watch of a site, and who is looking.

    ``backlogs`` counts, by collector, what it had said before its last event and not seen committed:
    nothing while all is well. ``outages`` follows what is judged, a little later. Call :meth:`refresh`
    before reading: the passing of time alone makes a watch unknown.
    """

    def __init__(self, site: Site, clock: Callable[[], int] = wall_clock) -> None:
        self.clock = clock
        self.site = site
        self.board = Board(site, self._today(site))
        self.observers: dict[str, Observer] = {}
        self.changes: deque[Change] = deque(maxlen=REMEMBERED_CHANGES)
        self.events: Counter[str] = Counter()
        self.answers: Counter[tuple[str, str, str]] = Counter()
        self.backlogs: dict[str, int] = {}
        self.outages = OutageBook()
        self.measured: Measured | None = None
        """What was measured last (see ``measurer``); None while nobody measures."""

    def restore(
        self,
        words: Mapping[tuple[str, str], Word],
        sights: Iterable[Sight],
        changes: Iterable[Change] = (),
    ) -> None:
        """Begin anew with what the ledger knows: words by (node, network), last sights, last changes."""
        self.board = Board(self.site, self._today(self.site))
        self.observers = {}
        self.changes.clear()
        self.recall(words)
        for sight in sights:
            self._see(sight)
        self.changes.extend(
            change for change in changes if self.board.row(change.node, change.network) is not None
        )
        self.refresh()

    def recall(self, words: Mapping[tuple[str, str], Word]) -> None:
        """Take what the ledger knows of those watches of which nothing was said here yet."""
        for (node, network), word in words.items():
            row = self.board.row(node, network)
            if row is not None and self.board.word(row) == Word():
                self.board.say(row, word)

    def day_is_over(self) -> bool:
        """Whether the board is of another day: nodes come into service and leave it by the day."""
        return self.board.day != self._today(self.site)

    def _today(self, site: Site) -> date:
        return datetime.fromtimestamp(self.clock() / 1000, site.zone).date()

    def reload(self, site: Site) -> None:
        """Another node list, or another day: watches come and go, the others keep their states.

        What the ledger knows of those that come is for :meth:`recall` to say.
        """
        board = Board(site, self._today(site))
        board.take_over(self.board)
        self.site, self.board = site, board
        self.observers = {
            name: observer
            for name, observer in self.observers.items()
            if observer.sight.network in site.networks
        }
        self.refresh()
        self._forget_former_shards()
        for network in site.networks:
            self._cover(network)

    def apply(self, event: Event) -> None:
        """One event that the ledger has taken. Of a watch that this site does not have: nothing."""
        payload = event.payload
        self.events[type_of(payload)] += 1
        self.backlogs[event.id.collector] = event.id.sequence - event.oldest
        match payload:
            case Change():
                self._change(payload)
            case Sight() if payload.collector == event.id.collector:  # nobody sees for another
                self.answers.update(dict(_answers(payload)))
                self._see(payload)
                self.refresh()
            case Snapshot():
                self._heal(payload)
            case _:
                pass  # no fact: what follows from facts changes none

    def _change(self, change: Change) -> None:
        row = self.board.row(change.node, change.network)
        if row is None:
            return
        word = Word(change.new, change.cause, change.at, change.detected_at, change.probe)
        self.board.say(row, word)
        self.changes.append(change)

    def _heal(self, snapshot: Snapshot) -> None:
        up = Standing(State.UP, Cause.OK, snapshot.at)
        for node in snapshot.up:
            self._stand(node, snapshot.network, up)
        for node, standing in snapshot.others.items():
            self._stand(node, snapshot.network, standing)

    def _stand(self, node: str, network: str, standing: Standing) -> None:
        """Take a state over, unless it is the one that we have: then ours knows its moment better."""
        row = self.board.row(node, network)
        if row is None:
            return
        known = self.board.word(row)
        if (known.state, known.cause) != (standing.state, standing.cause):
            self.board.say(row, Word(standing.state, standing.cause, standing.at, standing.at))

    def _see(self, sight: Sight) -> None:
        """Sights come in the order said. One that ends before the last tells of a clock that was set back."""
        if sight.network not in self.site.networks:
            return
        now = self.clock()
        known = self.observers.get(sight.collector)
        if known is None:
            self.observers[sight.collector] = Observer(sight, min(sight.end, now), sight.start)
            return
        blind_since = known.blind_since if known.sight.blind else sight.start
        heard = min(max(known.heard, sight.end), now)
        self.observers[sight.collector] = Observer(sight, heard, blind_since, known.footing)

    def refresh(self, now: int | None = None) -> None:
        """Let the time pass: collectors fall silent, and what they watched becomes unknown."""
        moment = self.clock() if now is None else now
        turned = {observer.sight.network for observer in self.observers.values() if observer.weigh(moment)}
        if turned:
            self._forget_former_shards()
        for network in turned:
            self._cover(network)

    def _forget_former_shards(self) -> None:
        """A collector that is silent and in no plan (the shards were cut anew) is nobody's loss."""
        planned = self.planned_collectors()
        for name, observer in list(self.observers.items()):
            if observer.footing is Footing.SILENT and name not in planned:
                del self.observers[name]

    def _cover(self, network: str) -> None:
        """Tell the rows who sees them; a collector that sees outweighs one that does not."""
        observers = [each for each in self.observers.values() if each.sight.network == network]
        observers.sort(key=lambda each: (each.footing is Footing.SEES, each.heard))
        rows = [self.board.rows_of_shard(network, *each.shard) for each in observers]
        self.board.cover(network, zip(rows, [each.lost() for each in observers], strict=True))

    def planned_collectors(self) -> dict[str, str]:
        """The collectors that the site file asks for, each with its network."""
        return {
            collector_name(network, shard, settings.shards): network
            for network, settings in self.site.networks.items()
            for shard in range(settings.shards)
        }

    def sight_age(self, collector: str, now: int) -> float | None:
        """Seconds since a collector was last proven to look; None if it never was."""
        observer = self.observers.get(collector)
        return None if observer is None else max(0, now - observer.heard) / 1000


def _answers(sight: Sight) -> Iterator[tuple[tuple[str, str, str], int]]:
    """The answers that a sight counts, by network, probe and cause; whatever else stands there is left out.

    The ledger keeps no results, so nobody has checked them: they are JSON from outside.
    """
    if not isinstance(sight.results, Mapping):
        return
    for probe, results in sight.results.items():
        if not probe.isprintable() or not isinstance(results, Mapping):
            continue
        for cause, count in results.items():
            if cause in _CAUSES and type(count) is int and 0 < count < _UNCOUNTABLE:
                yield (sight.network, probe, cause), count
