"""Where a snapshot and the ledger do not agree, and the changes that mend the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.model.events import Change, Snapshot, Standing
from monitor.model.observations import Cause, State
from monitor.model.times import format_time

# A watch that is up stands in a snapshot without its moment; an unknown one starts anew with its collector.
_DATED: Final = (State.DOWN, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The ledger held ``known`` (None: it never heard of the watch), the collector says ``told``."""

    node: str
    known: Standing | None
    told: Standing

    def to_json(self) -> dict[str, Any]:
        return {"node": self.node, "ledger": _standing(self.known), "snapshot": _standing(self.told)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All disagreements, recorded as they are; and a change for every watch whose state differs."""

    disagreements: tuple[Disagreement, ...]
    repairs: tuple[Change, ...]


def compare(snapshot: Snapshot, known: Mapping[str, Standing]) -> Comparison:
    """Compare with ``known``, the ledger's standings of all watches of the snapshot's network and shard.

    A watch that the snapshot leaves out is one that nobody asks: unknown. A watch that the ledger has
    not heard of counts as unknown there. The same state since a later moment is a disagreement too
    (it ended and came back unheard) but mends nothing: no moment in between is known.
    """
    nobody_asks = Standing(State.UNKNOWN, Cause.NOT_ASKED, snapshot.at)
    up = Standing(State.UP, Cause.OK, snapshot.at)
    told = dict.fromkeys(known, nobody_asks) | dict.fromkeys(snapshot.up, up) | dict(snapshot.others)
    disagreements: list[Disagreement] = []
    repairs: list[Change] = []
    for node, now in told.items():
        was = known.get(node)
        if now.state is not (was.state if was else State.UNKNOWN):
            disagreements.append(Disagreement(node, was, now))
            repairs.append(_repair(snapshot, node, was, now))
        elif was and now.state in _DATED and now.at > was.at:
            disagreements.append(Disagreement(node, was, now))
    return Comparison(tuple(disagreements), tuple(repairs))


def _repair(snapshot: Snapshot, node: str, was: Standing | None, now: Standing) -> Change:
    """The change nobody told of. Its true moment lies between the old standing and the told one."""
    at = now.at
    if was and at < was.at:
        # It held the new state before the ledger's last word, and holds it now: sure is only the latter.
        at = snapshot.at
    return Change(
        node=node,
        network=snapshot.network,
        old=was.state if was else State.UNKNOWN,
        new=now.state,
        at=at,
        not_before=min(was.at, at) if was else None,
        detected_at=snapshot.at,
        cause=now.cause,
    )


def _standing(standing: Standing | None) -> list[str] | None:
    return [standing.state.value, standing.cause.value, format_time(standing.at)] if standing else None
