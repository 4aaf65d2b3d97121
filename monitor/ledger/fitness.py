"""Whether a fact can be kept. Its data came as JSON, which may hold anything where a word is due."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from monitor.model.events import Change, Event, Judged, Sight, Snapshot, type_of

_BIGGEST: Final = 2**63 - 1


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
            texts = (snapshot.network, snapshot.inventory, *snapshot.up, *snapshot.others)
            return _first_bad_text(texts) or _flaw_of_shard(snapshot.shard, snapshot.shards)
        case _:
            return f"{type_of(event.payload)} is no fact"


def has_place(event: Event) -> bool:
    """Whether the database can hold its id; without that it has no place in any sequence."""
    numbers = (event.id.epoch, event.id.sequence)
    return all(0 <= number <= _BIGGEST for number in numbers) and is_text(event.id.collector)


def _flaw_of_change(change: Change) -> str:
    texts = (change.node, change.network, change.probe, *(piece.probe for piece in change.evidence))
    for piece in change.evidence:
        if not isinstance(piece.ok, bool):
            return f"evidence ok = {piece.ok!r}"
        if not isinstance(piece.duration, int | float) or not math.isfinite(piece.duration):
            return f"evidence duration = {piece.duration!r}"
    return _first_bad_text(texts)


def _flaw_of_sight(sight: Sight) -> str:
    for name in ("watches", "probes"):
        number = getattr(sight, name)
        if type(number) is not int or not 0 <= number <= _BIGGEST:
            return f"{name} = {number!r}"
    if not isinstance(sight.blind, bool):
        return f"blind = {sight.blind!r}"
    return _first_bad_text((sight.network, sight.inventory)) or _flaw_of_shard(sight.shard, sight.shards)


def _flaw_of_shard(shard: int, shards: int) -> str:
    return "" if 0 <= shard < shards < 2**31 else f"shard {shard}/{shards}"


def _first_bad_text(texts: Iterable[Any]) -> str:
    return next((f"not a text: {text!r:.80}" for text in texts if not is_text(text)), "")


def is_text(text: object) -> bool:
    """Neither SQLite nor PostgreSQL keeps a lone surrogate, nor PostgreSQL a NUL."""
    if not isinstance(text, str) or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
