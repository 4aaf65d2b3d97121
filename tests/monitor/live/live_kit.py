"""A live picture on a clock that the test sets."""

from __future__ import annotations

from monitor.live.board import Word
from monitor.live.states import Live
from monitor.model.observations import State

T0 = 1_700_000_000_000
UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN


class Clock:
    now = T0

    def __call__(self) -> int:
        return self.now


def truth(live: Live, node: str, network: str = "video") -> Word:
    live.refresh()
    row = live.board.row(node, network)
    assert row is not None
    return live.board.truth(row)
