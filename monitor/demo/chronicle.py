"""An invented history written into a ledger, as the events that collectors would have said at the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from operator import itemgetter
from random import Random
from typing import Final, Protocol

from monitor.config import Site
from monitor.demo.history import History, Spell, Unseen
from monitor.ledger.ledger import Ledger
from monitor.model.decisions import Action, Decision, Exclusion, request_of
from monitor.model.events import Change, Event, EventId, Payload, Sight
from monitor.model.nodes import Watch, collector_name
from monitor.model.observations import Cause, State
from monitor.model.spans import Span, without

STREAM: Final = "history"
"""The stream that these events never were in; no reader has a position in it."""

_HOUR: Final = 3_600_000
_BATCH: Final = 10_000
_SETTLED: Final = 7_000
"""Milliseconds from a first failed answer to being sure."""

Said = tuple[int, Payload]
"""When something was said, and what."""


class Judge(Protocol):
    """Decides whose fault a change was; such a one is above this package, and is handed in."""

    async def hear(self, network: str, changes: Sequence[tuple[int, Change]]) -> None:
        """The next changes of a network that the ledger has taken, with their numbers."""

    async def end(self) -> None:
        """There are no more. Nothing may wait to be judged then."""


async def write_history(
    ledger: Ledger, site: Site, history: History, judge: Judge, tell: Callable[[int], None]
) -> int:
    """Fill the ledger of a site; how many events that were. ``tell`` hears after each batch how many so far.

    Its node list counts as valid from the start of the history on. Raises LedgerError.
    """
    inventory = site.inventory
    await ledger.use_inventory(inventory.digest, inventory.to_json(), history.start)
    written = 0
    for network in sorted(site.networks):
        said = _said(network, inventory.watches(network), history, inventory.digest)
        for batch in _batches(_events(site.name, network, history.start, said)):
            taken = await ledger.append("history", STREAM, "0-0", batch, recorded_at=batch[-1].time)
            await judge.hear(network, taken.changes)
            written += len(batch)
            tell(written)
    for decision in _decisions(history.exclusions):
        await ledger.decide(decision)
    await judge.end()
    # It is long past: nobody shall be told of it now.
    marks = ledger.judgement_marks
    await ledger.confirm_judgements(marks.epoch, marks.last)
    return written


def _said(network: str, watches: list[Watch], history: History, inventory: str) -> Iterator[Said]:
    """Everything that the collector of a network said, in the order in which it said it."""
    unseen = history.unseen[network]
    gaps = sorted(each.span for each in unseen)
    changes = sorted(
        (
            said
            for watch in watches
            for said in _changes(watch, history.spells[watch.key], history.start, gaps)
        ),
        key=itemgetter(0),
    )
    sights = _sights(network, len(watches), history, unseen, inventory)
    return merge(changes, sights, key=itemgetter(0))


def _changes(watch: Watch, spells: list[Spell], start: int, gaps: list[Span]) -> Iterator[Said]:
    """From up to what was wrong and back, with the edges that probes every few seconds would leave."""
    rng = Random(f"edges {watch.node.id} {watch.network}")
    probe = watch.probes[-1].name if watch.probes else ""
    first = start + rng.randrange(5_000)
    yield _change(watch, State.UNKNOWN, (State.UP, Cause.OK), (first, None), probe)
    latest = first
    for spell in spells:
        begin, end = _edge(spell.start, latest, gaps, rng), _edge(spell.end, spell.start, gaps, rng)
        if begin[0] >= end[0] or begin[0] <= latest:
            continue  # nobody could see it
        yield _change(watch, State.UP, (spell.state, spell.cause), begin, probe)
        yield _change(watch, spell.state, (State.UP, Cause.OK), end, probe)
        latest = end[0]


def _edge(moment: int, after: int, gaps: list[Span], rng: Random) -> tuple[int, int]:
    """(at, not before): the probes around the moment; where nobody looked, those around that time."""
    lead, lag = rng.randrange(200, 20_000), rng.randrange(100, 10_000)
    for start, end in gaps:
        if start <= moment < end:
            return end + lag, max(after, start)
    return moment + lag, max(after, moment - lead)


def _change(
    watch: Watch, old: State, new: tuple[State, Cause], edge: tuple[int, int | None], probe: str
) -> Said:
    at, not_before = edge
    sure = at + (_SETTLED if new[0] is not State.UP else 1_000)
    return sure, Change(watch.node.id, watch.network, old, new[0], at, not_before, sure, new[1], probe)


def _sights(
    network: str, watches: int, history: History, unseen: list[Unseen], inventory: str
) -> Iterator[Said]:
    """An hour each, less the times unseen; blind ones say so."""
    seen = without([(history.start, history.end)], [each.span for each in unseen])
    blind = [each.span for each in unseen if each.blind]
    pieces = [(piece, False) for piece in _hours(seen)] + [(piece, True) for piece in _hours(blind)]
    for (start, end), is_blind in sorted(pieces):
        name = collector_name(network, 0, 1)
        yield (
            end,
            Sight(name, network, 0, 1, start, end, watches, 0, blind=is_blind, inventory=inventory),
        )


def _hours(spans: Iterable[Span]) -> Iterator[Span]:
    for start, end in spans:
        cursor = start
        while cursor < end:
            following = min(end, (cursor // _HOUR + 1) * _HOUR)
            yield cursor, following
            cursor = following


def _events(site: str, network: str, epoch: int, said: Iterable[Said]) -> Iterator[Event]:
    """An epoch of its own, older than that of any outbox that will speak for this network."""
    collector = collector_name(network, 0, 1)
    for sequence, (moment, payload) in enumerate(said, 1):
        yield Event(EventId(collector, epoch, sequence), site, moment, payload)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _decisions(exclusions: Iterable[Exclusion]) -> list[Decision]:
    """Requests and approvals, in the order of their moments."""
    rows: list[Decision] = []
    for one in exclusions:
        asked = replace(one, signed=replace(one.signed, approved_by=None, approved_at=None))
        rows.append(request_of(asked))
        if one.signed.approved_by is not None and one.signed.approved_at is not None:
            rows.append(Decision(one.id, Action.APPROVE, one.signed.approved_by, one.signed.approved_at, {}))
    return sorted(rows, key=lambda row: (row.at, row.action is not Action.REQUEST))
