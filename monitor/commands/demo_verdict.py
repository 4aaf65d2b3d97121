"""What a demo comes to: its ledger held against the truth, and the summary that programs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.config import Site
from monitor.demo.compare import compare
from monitor.demo.comparison import Comparison, Counts
from monitor.demo.patience import Patience
from monitor.demo.told import Gap
from monitor.demo.truth import TruthRow
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import SightRow
from monitor.model.observations import State

_STATES: Final = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)


class Summary(Counts):
    """What ``quanshi demo --json`` prints. Counts, unless a unit is named."""

    points: int
    watches: int
    states: dict[str, int] | None
    """How many watches stood in each state at the end; null when the monitor did not answer."""
    changes: int
    booked: int
    unseen_seconds: float | None
    """Seconds after the first sweep in which some shard was not watched; null when that never ended."""
    turned_unknown: int
    """Changes to unknown after the first sweep."""
    seed: int
    seconds: float
    stopped_in: float
    """Seconds that the roles took to stop."""
    directory: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``changes`` are all that the ledger holds. The rest as in :class:`Summary`."""

    comparison: Comparison
    changes: int
    unseen_seconds: float | None
    turned_unknown: int


async def judge_ledger(
    site: Site, truth: list[TruthRow], started: int, ready: int | None, until: int
) -> Verdict:
    """Hold the ledger of a site against the truth, from the start of its roles until a moment (milliseconds)
    at which they still looked. ``ready``: when their first sweep was done; None if it never was.
    """
    async with await Ledger.open(site.ledger_url) as ledger:
        rows = await ledger.changes(since=started)
        sights = await ledger.sights(started, until)
    patience = {
        watch.key: Patience.of(watch, site.judge)
        for network in site.networks
        for watch in site.inventory.watches(network)
    }
    changes = [row.change for row in rows if row.change.at <= until]
    gaps = [gap for network in site.networks for gap in unseen(sights, network, started, until)]
    lost = [max(0, gap.end - max(gap.start, ready)) for gap in gaps] if ready is not None else None
    since = until if ready is None else ready
    return Verdict(
        compare(truth, changes, patience, until, judge=site.judge, gaps=gaps),
        len(rows),
        None if lost is None else sum(lost) / 1000,
        sum(change.new is State.UNKNOWN and change.at > since for change in changes),
    )


def unseen(sights: list[SightRow], network: str, start: int, end: int) -> list[Gap]:
    """The times within [start, end] in which some shard of a network was not covered by a sight."""
    shards: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for sight in sights:
        if sight.network == network:
            covered = shards.setdefault((sight.shard, sight.shards), [])
            if not sight.blind:
                covered.append((sight.start, sight.end))
    gaps = [] if shards else [Gap(network, start, end)]
    for covered in shards.values():
        cursor = start
        for first, last in [*sorted(covered), (end, end)]:
            if first > cursor:
                gaps.append(Gap(network, cursor, first))
            cursor = max(cursor, last)
    return gaps


def states_of(status: Mapping[str, Any] | None) -> dict[str, int] | None:
    """The watches of all networks by state; None for a status that nobody gave."""
    if status is None:
        return None
    counts = [network["states"] for network in status["networks"].values()]
    return {state.value: sum(count[state.value] for count in counts) for state in _STATES}
