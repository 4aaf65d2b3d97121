"""What was told and goes on, who takes care of it, what was said of it, and what to be silent about."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import AlertRecordRow
from monitor.model.decisions import Scope
from monitor.model.deeds import Deed, Did
from monitor.model.events import EventError
from monitor.model.orders import Order, OrderError, OrderKind
from monitor.model.said import Said
from monitor.model.times import format_time, parse_time, wall_clock

_RECORDS: Final = 20_000
"""Of so many words of the alert role the list is made: the newest, by far enough for what goes on."""

_NO_ALERT: Final = Said("没有此编号的告警", "no alert has this id")
_NONE_GOES_ON: Final = Said("没有此编号的进行中告警", "no alert that goes on has this id")
_SEVERAL: Final = Said("有多个告警以此开头", "several alerts begin like this")


@dataclass(slots=True)
class Known:
    """An alert by what the alert role said of it. Moments in milliseconds.

    ``worse_at``: when it last became more severe; who acknowledged it before has not seen that. ``silent``:
    nobody was told, for a silence that goes on.
    """

    id: str
    key: str
    fired_at: int
    facts: Mapping[str, Any]
    acked_by: str = ""
    assigned_to: str = ""
    worse_at: int = 0
    resolved_at: int | None = None
    silent: bool = False
    delivered: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def since(self) -> int:
        """When it happened, which may be long before it fired."""
        try:
            return parse_time(self.facts["since"])
        except (KeyError, TypeError, ValueError):
            return self.fired_at  # as an older version said it

    def take(self, deed: Deed) -> None:
        channel = str(deed.facts.get("channel", ""))
        match deed.what:
            case Did.ACKED:
                self.acked_by = str(deed.facts.get("person", ""))
            case Did.ESCALATED if "worse" in deed.facts:
                self.acked_by, self.worse_at = "", deed.at
                news = {name: deed.facts[name] for name in ("severity", "title") if name in deed.facts}
                self.facts = {**self.facts, **news}
            case Did.RESOLVED:
                self.resolved_at = deed.at
            case Did.DELIVERED:
                self.delivered.add(channel)
                self.failed.pop(channel, None)
            case Did.FAILED:
                self.failed[channel] = str(deed.facts.get("error", ""))

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "key": self.key,
            "fired_at": format_time(self.fired_at),
            "acked_by": self.acked_by,
            "assigned_to": self.assigned_to,
            "silent": self.silent,
            "resolved_at": None if self.resolved_at is None else format_time(self.resolved_at),
            "delivered": sorted(self.delivered),
            "failed": self.failed,
            **self.facts,
        }


async def alerts(ledger: Ledger, *, ended: bool) -> list[Known]:
    """The newest first: those that go on, and on wish those that are over."""
    rows = await ledger.alert_records(limit=_RECORDS)
    given = await ledger.orders()
    return await asyncio.to_thread(_told, rows, given, ended=ended)


def _told(rows: Sequence[AlertRecordRow], given: Sequence[Order], *, ended: bool) -> list[Known]:
    """Of thousands of records: not for the event loop."""
    found: dict[str, Known] = {}
    over: dict[str, int] = {}  # when the end of each was said last
    for said_at, deed in _deeds(rows):
        if deed.what is Did.FIRED:
            # One that was told to nobody may fire anew. Another role may say late that it fired before.
            if deed.alert not in found or deed.at > over.get(deed.alert, deed.at):
                found[deed.alert] = Known(deed.alert, deed.key, deed.at, deed.facts)
                over.pop(deed.alert, None)
        elif deed.alert in found:
            found[deed.alert].take(deed)
            if deed.what is Did.RESOLVED:
                over[deed.alert] = said_at
    for order in given:
        if order.kind is OrderKind.ASSIGN and order.target in found:
            found[order.target].assigned_to = order.to
    going_on = {one.id for one in _going_on(given)}
    for one in found.values():
        one.silent = one.facts.get("silence") in going_on and not one.delivered and not one.failed
    return [one for one in reversed(found.values()) if ended or one.resolved_at is None]


def _deeds(rows: Sequence[AlertRecordRow]) -> list[tuple[int, Deed]]:
    """In the order recorded, each with when it was said."""
    found = []
    for row in reversed(rows):
        try:
            found.append((row.time, Deed.from_json(row.body)))
        except (EventError, KeyError, ValueError):
            continue  # of a version that says more than we understand
    return found


async def acknowledge(ledger: Ledger, name: str, person: str, note: str) -> Order:
    """Say that somebody takes care of an alert, by its id or the beginning of it. Raises OrderError.

    Of one that somebody has, too: two people would go there, each thinking that it is theirs.
    """
    one = await _meant(ledger, name)
    holder = one.acked_by or _acknowledged(one, await ledger.orders(OrderKind.ACK))
    if holder:
        raise OrderError(
            Said(f"{one.id}：{holder} 已确认", f"{one.id}: {holder} has acknowledged this already")
        )
    order = Order(_new_id("A"), OrderKind.ACK, person, wall_clock(), target=one.id, note=note)
    await ledger.give(order)
    return order


async def assign(ledger: Ledger, name: str, person: str, to: str, note: str) -> Order:
    """Say who is to take care of an alert that goes on. Raises OrderError."""
    one = await _meant(ledger, name)
    if not to.strip():
        raise OrderError(Said("须写明指派给谁", "to whom? nobody is named"))
    order = Order(_new_id("T"), OrderKind.ASSIGN, person, wall_clock(), target=one.id, to=to, note=note)
    await ledger.give(order)
    return order


async def note(ledger: Ledger, target: str, person: str, text: str) -> Order:
    """Write something down about an alert or an outage, whether or not it goes on. Raises OrderError."""
    if not text.strip():
        raise OrderError(Said("备注不能为空", "a note needs words"))
    order = Order(_new_id("N"), OrderKind.NOTE, person, wall_clock(), target=target, note=text)
    await ledger.give(order)
    return order


async def note_alert(ledger: Ledger, name: str, person: str, text: str) -> Order:
    """The same about an alert, by its id or the beginning of it. Raises OrderError."""
    one = await _meant(ledger, name, ended=True)
    return await note(ledger, one.id, person, text)


async def _meant(ledger: Ledger, name: str, *, ended: bool = False) -> Known:
    """The alert that begins like this, and goes on unless ``ended``.

    Raises OrderError where that is none, or several.
    """
    meant = [one for one in await alerts(ledger, ended=ended) if name and one.id.startswith(name)]
    if len(meant) != 1:
        what = _SEVERAL if meant else _NO_ALERT if ended else _NONE_GOES_ON
        raise OrderError(
            Said(f"{name}：{what.zh}（quanshi alerts list）", f"{name}: {what.en} (quanshi alerts list)")
        )
    return meant[0]


def _acknowledged(one: Known, orders: Sequence[Order]) -> str:
    """Who said so before the alert role has heard it; nobody where it became worse since."""
    return next(
        (
            order.person
            for order in reversed(orders)
            if order.kind is OrderKind.ACK and order.target == one.id and order.at >= one.worse_at
        ),
        "",
    )


@dataclass(frozen=True, slots=True)
class Silence:
    """What somebody wants to hear nothing of: until when, who says so, and why."""

    scope: Scope
    rules: tuple[str, ...]
    until: int
    person: str
    note: str


async def be_silent(ledger: Ledger, wanted: Silence) -> Order:
    """Raises OrderError for one that has no reason, or whose end is past."""
    now = wall_clock()
    if not wanted.note.strip():
        raise OrderError(Said("静默须写明原因：--note", "a silence needs a reason: --note"))
    if wanted.until <= now:
        until = format_time(wanted.until)
        raise OrderError(
            Said(f"{until} 已过：静默的结束时间须在将来", f"{until} is past: a silence ends in the future")
        )
    order = Order(
        _new_id("S"),
        OrderKind.SILENCE,
        wanted.person,
        now,
        scope=wanted.scope,
        rules=wanted.rules,
        until=wanted.until,
        note=wanted.note,
    )
    await ledger.give(order)
    return order


async def end_silence(ledger: Ledger, name: str, person: str) -> Order:
    """Raises OrderError for one that there is not, or that has ended."""
    if name not in {one.id for one in await silences(ledger)}:
        raise OrderError(
            Said(
                f"{name}：没有此编号的进行中静默（quanshi alerts silence list）",
                f"{name}: no silence with this id goes on (quanshi alerts silence list)",
            )
        )
    order = Order(_new_id("E"), OrderKind.END_SILENCE, person, wall_clock(), target=name)
    await ledger.give(order)
    return order


async def silences(ledger: Ledger) -> list[Order]:
    """Those that go on, the newest first."""
    return _going_on(await ledger.orders(OrderKind.SILENCE, OrderKind.END_SILENCE))


def _going_on(orders: Sequence[Order]) -> list[Order]:
    now = wall_clock()
    ended = {order.target for order in orders if order.kind is OrderKind.END_SILENCE}
    return [
        order
        for order in reversed(orders)
        if order.kind is OrderKind.SILENCE and order.id not in ended and (order.until or 0) > now
    ]


def _new_id(letter: str) -> str:
    """Short enough to be read aloud; nobody else's."""
    return letter + secrets.token_hex(4)
