"""What each probe and source of a shard last said, for people who look at one node (see ``model.layers``).

It is gathered when it is written, from what the judges know anyway: an answer costs nothing more for it.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from collectors.judge import Track
from collectors.wards import Turn, Ward
from monitor.model.layers import CELL, MARK, NO_PROBE, mark_of, row_size
from monitor.model.observations import Cause, Weight

SLICE: Final = 500
"""Nodes that are gathered without a break: a millisecond or two in which nothing else is done."""

_CAUSES: Final = tuple(Cause)
_CODES: Final = {cause: code for code, cause in enumerate(_CAUSES)}
_CODE_OF_OK: Final = _CODES[Cause.OK]
_OK: Final = Cause.OK


class Said(NamedTuple):
    """The newest answer that counted. ``at``: milliseconds, 0 for none yet; ``taken``: seconds, or NaN."""

    cause: Cause
    at: int
    taken: float


def newest(track: Track, turn: Turn | None) -> Said:
    """What this probe (with its ``turn``) or source (without) said last, while somebody believed us.

    What fails while we doubt our own footing is no answer: it stays out here as it stays out of the judge.
    """
    if track.run:
        seen = track.run[-1]
        return Said(seen.cause, seen.finished, math.nan if turn is None else seen.duration)
    cause = track.answer
    if cause is None or track.proof is None:
        return Said(Cause.NOT_ASKED, 0, math.nan)
    if turn is None or cause.weight is Weight.BLIND:
        return Said(cause, track.last, math.nan)
    if cause.weight is Weight.GOOD and turn.last:
        return Said(cause, track.last, turn.last)
    return Said(cause, track.last, (track.last - track.proof) / 1000)


class Layers:
    """A row for each node that a shard has now, written in place."""

    def __init__(self, inventory: str, wards: Mapping[str, Ward]) -> None:
        nodes = sorted(wards)
        self._wards = [wards[node] for node in nodes]
        probes = sorted({name for ward in self._wards for name in ward.judge.tracks})
        self._places = {name: MARK.size + place * CELL.size for place, name in enumerate(probes)}
        self._row = row_size(len(probes))
        empty = CELL.pack(0, math.nan, NO_PROBE) * len(probes)
        self._rows = bytearray(b"".join(MARK.pack(mark_of(node)) + empty for node in nodes))
        head = {"inventory": inventory, "probes": probes, "nodes": len(nodes), "causes": _CAUSES}
        self._head = json.dumps(head).encode() + b"\n"

    async def packed(self) -> bytes:
        """All that is known now, gathered in slices so that nothing else waits for long."""
        for first in range(0, len(self._wards), SLICE):
            self._gather(first)
            await asyncio.sleep(0)
        return self._head + self._rows

    def _gather(self, first: int) -> None:
        rows, places, write = self._rows, self._places, CELL.pack_into
        start = first * self._row
        for ward in self._wards[first : first + SLICE]:
            turns = ward.turns
            for name, track in ward.judge.tracks.items():
                if track.steady is _OK and name in turns:  # nearly all: what newest says, without the call
                    write(rows, start + places[name], track.last, turns[name].last, _CODE_OF_OK)
                else:
                    cause, at, taken = newest(track, turns.get(name))
                    write(rows, start + places[name], at, taken, _CODES[cause])
            start += self._row
