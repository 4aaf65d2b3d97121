"""What turns on the live picture, told to the hub: by looking at it ten times a second.

Whatever the reason that a watch is shown otherwise (a change, a collector gone blind, a snapshot, another
leader), the page hears of it the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.live.board import Board
from monitor.live.health import Health
from monitor.live.states import Live
from monitor.live.status import collectors_of, tally
from monitor.model.deeds import Deed
from monitor.model.outages import Attribution, Blame, Outage, Verdict
from monitor.model.times import format_time
from monitor.web.hub import Hub

TICK: Final = 0.1
PULSE_TICKS: Final = 20
"""Every so many ticks the numbers of this moment are told, whether or not anything changed."""

LEDGER_TICKS: Final = 10
"""Every so many, the ledger is asked what others decided."""

MOST_AT_ONCE: Final = 500
"""When more watches than this turn in one tick, reading the board anew is cheaper than being told of each."""

_PIECE: Final = 512


class News:
    """Compares the live picture with how it was last told."""

    def __init__(
        self, live: Live, health: Health, hub: Hub, on_deeds: Callable[[], None] = lambda: None
    ) -> None:
        """``on_deeds`` is called when the alert role did something."""
        self._live = live
        self._health = health
        self._hub = hub
        self._on_deeds = on_deeds
        self._told = _Told(live.board)
        self._decided: int | None = None
        live.outages.heard = self.judged

    async def run(self, ledger: Ledger | None = None) -> None:
        """Tell until cancelled."""
        for turn in count():
            self.look()
            if turn % PULSE_TICKS == 0:
                self._hub.tell("pulse", pulse(self._live, self._health))
            if ledger is not None and turn % LEDGER_TICKS == 0:
                await self._look_at(ledger)
            await asyncio.sleep(TICK)

    def look(self) -> None:
        """Tell what is shown otherwise than it was told."""
        self._live.refresh()
        board = self._live.board
        if board is not self._told.board:
            self._told = _Told(board)
            self._hub.say("board", {"reason": "inventory"})
            return
        turned = self._told.take()
        if len(turned) > MOST_AT_ONCE:
            self._hub.say("board", {"reason": "many"})
            return
        for row, old in turned:
            self._hub.say("change", changed(board, row, old))

    def judged(self, verdicts: Iterable[Verdict]) -> None:
        """Whose fault it is, and which outages there are."""
        found = list(verdicts)
        blames = [each for each in found if isinstance(each, Blame)]
        if len(blames) > MOST_AT_ONCE:
            self._hub.say("board", {"reason": "many"})
            blames = []
        for blame in blames:
            self._hub.say("blame", _blame(blame))
        for outage in found:
            if isinstance(outage, Outage):
                self._hub.say("outage", outage_event(self._live, outage))

    def alerted(self, deeds: Sequence[Deed]) -> None:
        """What the alert role did, each alert once."""
        if deeds:
            self._on_deeds()
        for alert, what in {each.alert: each.what.value for each in deeds}.items():
            self._hub.say("alert", {"id": alert, "what": what})

    async def _look_at(self, ledger: Ledger) -> None:
        """Decisions come from other programs too."""
        try:
            decided = (await ledger.news()).decided
        except LedgerError:
            return  # whoever writes to it says so; the next look finds what was decided meanwhile
        if self._decided is not None and decided != self._decided:
            self._hub.say("decision", {"link": decided})
        self._decided = decided


class _Told:
    """A board, and how its rows were told last. Compared in pieces: of most, nothing is different."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._shown = bytes(board.shown)
        self._since = board.shown_since.tobytes()

    def take(self) -> list[tuple[int, int]]:
        """The rows that are shown otherwise, each with the code of its former state; told from now on."""
        shown, since = bytes(self.board.shown), self.board.shown_since.tobytes()
        if shown == self._shown and since == self._since:
            return []
        found = [(row, self._shown[row]) for row in self._different(shown, since)]
        self._shown, self._since = shown, since
        return found

    def _different(self, shown: bytes, since: bytes) -> Iterator[int]:
        for first in range(0, len(shown), _PIECE):
            last = min(first + _PIECE, len(shown))
            if shown[first:last] == self._shown[first:last] and (
                since[8 * first : 8 * last] == self._since[8 * first : 8 * last]
            ):
                continue
            for row in range(first, last):
                moment = slice(8 * row, 8 * row + 8)
                if shown[row] != self._shown[row] or since[moment] != self._since[moment]:
                    yield row


def changed(board: Board, row: int, old: int) -> Mapping[str, Any]:
    """A row as it is shown now, and the code of the state before."""
    watch, word = board.watches[row], board.truth(row)
    return {
        "node": watch.node.id,
        "network": watch.network,
        "name": watch.node.label,
        "old": old,
        "new": word.state.code,
        "cause": word.cause.value,
        "since": word.since,
    }


def _blame(blame: Blame) -> Mapping[str, Any]:
    upstream = blame.attribution in (Attribution.UPSTREAM, Attribution.SUSPECTED)
    return {
        "node": blame.node,
        "network": blame.network,
        "upstream": upstream,
        "outage": blame.outage_id,
    }


def outage_event(live: Live, outage: Outage) -> Mapping[str, Any]:
    """As ``OutageNow`` of the API has it, but for who takes care of it: that is told by its alert."""
    told = outage.to_json()
    region = live.site.regions.get(outage.region)
    return {
        **{name: value for name, value in told.items() if name != "at"},
        "name": outage.name or outage.root,
        "region_name": outage.region if region is None else region.name,
        "since": told["at"],
    }


def pulse(live: Live, health: Health) -> Mapping[str, Any]:
    """The numbers of this moment."""
    now = live.clock()
    headline = tally(live, headline=True)
    scope = headline if headline.total else tally(live)
    return {
        "time": format_time(now),
        "headline": {
            "watches": scope.total,
            "counts": scope.to_json(),
            "online": scope.online,
            "intact": scope.intact,
        },
        "networks": {network: tally(live, network).to_json() for network in live.site.networks},
        "collectors": collectors_of(live, now),
        "ready": not list(health.not_ready(live)),
    }
