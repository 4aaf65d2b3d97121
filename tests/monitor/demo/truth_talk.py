"""Ways to say what happened to one watch, ``n``, and what a ledger tells of it. Moments are ms after T."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, takewhile

from monitor.config import JudgeSettings
from monitor.demo.compare import compare
from monitor.demo.comparison import Comparison
from monitor.demo.faults import FaultKind
from monitor.demo.patience import Patience
from monitor.demo.told import Gap
from monitor.demo.truth import TruthRow
from monitor.model.events import Change
from monitor.model.observations import Cause, State

T = 1_800_000_000_000
UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN
WINDOW = 10_000
REFUSED = 6_000
SILENCE = 30_000
USUAL = JudgeSettings()
NOW = T + 300_000


def row(
    begin: int = 100_000,
    end: int | None = 160_000,
    fault: FaultKind = FaultKind.REFUSE,
    *,
    network: str = "video",
    delay: float = 0.0,
    root: str = "",
) -> TruthRow:
    ended = None if end is None else T + end
    return TruthRow(
        "n", network, "127.1.2.3", fault, T + begin, T + begin + 1, ended, ended, delay=delay, root=root
    )


def change(old: State, new: State, at: int, low: int | None, cause: Cause = Cause.OK) -> Change:
    bound = None if low is None else T + low
    return Change("n", "video", old, new, T + at, bound, T + at + 50, cause)


BORN = change(UNKNOWN, UP, 1000, None)


def flapping(delay: int, begin: int, end: int | None, until: int = 300_000) -> TruthRow:
    """What refuses and works in turns of ``delay`` milliseconds; each turn takes one of them."""
    last = until if end is None else end
    moments = takewhile(lambda moment: moment < last, count(begin + delay, delay))
    flaps = row(begin, end, FaultKind.FLAPPING, delay=delay / 1000)
    flaps.turns = [(T + moment, T + moment + 1) for moment in moments]
    return flaps


def result(
    rows: Iterable[TruthRow],
    changes: Iterable[Change],
    gaps: Sequence[Gap] = (),
    judge: JudgeSettings = USUAL,
) -> Comparison:
    patience = dict.fromkeys([("n", "video"), ("n", "police")], Patience(WINDOW, REFUSED, SILENCE))
    return compare(rows, changes, patience, NOW, judge=judge, gaps=gaps)
