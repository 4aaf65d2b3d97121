"""Whether a fact can be kept. Its data came as JSON, which may hold anything where a word is due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from monitor.model.deeds import Deed
from monitor.model.events import (
    ALERT,
    MONITOR,
    Change,
    Event,
    Evidence,
    Judged,
    Sight,
    Snapshot,
    Standing,
    type_of,
)
from monitor.model.observations import State
from monitor.model.times import format_time, parse_time

_BIGGEST: Final = 2**63 - 1
_FIRST: Final = parse_time("2000-01-01T00:00:00Z")
_LAST: Final = parse_time("2200-01-01T00:00:00Z")
"""A moment outside is a clock that was never set, or an invention."""
_LONGEST: Final = (_LAST - _FIRST) / 1000
"""Seconds. A clock that is set while a probe is under way makes long and negative durations; none longer."""


def flaw(event: Event) -> str:
    """Why this event cannot become rows of the ledger; empty when it can."""
    match event.payload:
        case Judged():  # it is a Change too, but nobody who looks may judge
            return f"{type_of(event.payload)} is no fact"
        case Change() as change:
            return _flaw_of_change(change)
        case Sight() as sight:
            return _flaw_of_sight(sight)
        case Snapshot() as snapshot:
            return _flaw_of_snapshot(snapshot)
        case _:
            return f"{type_of(event.payload)} is no fact"


def misplaced(event: Event) -> str:
    """Why this event can have no place in its writer's sequence; empty when it can."""
    if event.id.collector == MONITOR:
        return "said by the monitor, which states no facts"
    if event.id.collector == ALERT:
        return "said by the alert role, which states no facts"
    return _odd_id(event)


def misplaced_deed(event: Event) -> str:
    """Why this event can be nothing that the alert role said; empty when it can."""
    if event.id.collector != ALERT:
        return f"said by {_shown(event.id.collector)}, and only the alert role says what it did"
    if not isinstance(event.payload, Deed):
        return f"{type_of(event.payload)} is nothing that the alert role does"
    return _odd_id(event)


def _odd_id(event: Event) -> str:
    numbers = (event.id.epoch, event.id.sequence)
    fits = all(0 <= number <= _BIGGEST for number in numbers) and is_text(event.id.collector)
    return "" if fits else "impossible id"


def _flaw_of_change(change: Change) -> str:
    texts = (change.node, change.network, change.probe, *(piece.probe for piece in change.evidence))
    moments = [change.at, change.detected_at, *(piece.at for piece in change.evidence)]
    if change.not_before is not None:
        moments.append(change.not_before)
    flaws = (_first_bad_text(texts), _first_bad_moment(moments), *map(_flaw_of_evidence, change.evidence))
    return next(filter(None, flaws), "")


def _flaw_of_evidence(piece: Evidence) -> str:
    if not isinstance(piece.ok, bool):
        return f"evidence ok = {_shown(piece.ok)}"
    # Compared, not converted: an integer of JSON may be larger than any float.
    if type(piece.duration) not in (int, float) or not -_LONGEST <= piece.duration <= _LONGEST:
        return f"evidence duration = {_shown(piece.duration)}"
    return ""


def _flaw_of_sight(sight: Sight) -> str:
    for name in ("watches", "probes"):
        number = getattr(sight, name)
        if type(number) is not int or not 0 <= number <= _BIGGEST:
            return f"{name} = {_shown(number)}"
    if not isinstance(sight.blind, bool):
        return f"blind = {_shown(sight.blind)}"
    return (
        _first_bad_text((sight.network, sight.inventory))
        or _flaw_of_shard(sight.shard, sight.shards)
        or _first_bad_moment((sight.start, sight.end))
    )


def _flaw_of_snapshot(snapshot: Snapshot) -> str:
    texts = (snapshot.network, snapshot.inventory, *snapshot.up, *snapshot.others)
    moments = [snapshot.at, *(each.at for each in snapshot.others.values() if not _was_never_known(each))]
    return (
        _first_bad_text(texts)
        or _flaw_of_shard(snapshot.shard, snapshot.shards)
        or _first_bad_moment(moments)
    )


def _was_never_known(standing: Standing) -> bool:
    """Nobody has looked yet: that has no beginning, and is told as since 1970."""
    return standing.state is State.UNKNOWN and standing.at == 0


def _flaw_of_shard(shard: int, shards: int) -> str:
    return "" if 0 <= shard < shards < 2**31 else f"shard {_shown(shard)}/{_shown(shards)}"


def _first_bad_text(texts: Iterable[Any]) -> str:
    return next((f"not a text: {_shown(text)}" for text in texts if not is_text(text)), "")


def _first_bad_moment(moments: Iterable[int]) -> str:
    strange = (at for at in moments if not _FIRST <= at < _LAST)
    return next((f"no moment of our time: {format_time(at)}" for at in strange), "")


def _shown(value: object) -> str:
    """A scalar, cut; of what is nested the kind alone, since its depth is the writer's choice."""
    return f"{value!r:.80}" if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"


def is_text(text: object) -> bool:
    """Neither SQLite nor PostgreSQL keeps a lone surrogate, nor PostgreSQL a NUL."""
    if not isinstance(text, str) or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
