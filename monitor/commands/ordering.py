"""``quanshi alerts``: what was told and goes on, who takes care of it, and what to be silent about."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.ledger.ledger import Ledger
from monitor.model.decisions import Scope
from monitor.model.deeds import Deed, Did
from monitor.model.events import EventError
from monitor.model.orders import Order, OrderError, OrderKind
from monitor.model.times import format_time, parse_time
from monitor.trouble import Said
from monitor.words import local_time, span

_RECORDS: Final = 20_000
"""Of so many words of the alert role the list is made: the newest, by far enough for what goes on."""


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
            "silent": self.silent,
            "resolved_at": None if self.resolved_at is None else format_time(self.resolved_at),
            "delivered": sorted(self.delivered),
            "failed": self.failed,
            **self.facts,
        }


async def alerts(ledger: Ledger, *, ended: bool) -> list[Known]:
    """The newest first: those that go on, and on wish those that are over."""
    found: dict[str, Known] = {}
    for deed in _deeds(await ledger.alert_records(limit=_RECORDS)):
        if deed.what is Did.FIRED:
            found.setdefault(deed.alert, Known(deed.alert, deed.key, deed.at, deed.facts))
        elif deed.alert in found:
            found[deed.alert].take(deed)
    going_on = {one.id for one in await silences(ledger)}
    for one in found.values():
        one.silent = one.facts.get("silence") in going_on and not one.delivered and not one.failed
    return [one for one in reversed(found.values()) if ended or one.resolved_at is None]


def _deeds(rows: Sequence[Any]) -> list[Deed]:
    """In the order said."""
    found = []
    for row in reversed(rows):
        try:
            found.append(Deed.from_json(row.body))
        except (EventError, KeyError, ValueError):
            continue  # of a version that says more than we understand
    return found


async def acknowledge(ledger: Ledger, name: str, person: str, note: str) -> Order:
    """Say that somebody takes care of an alert, by its id or the beginning of it. Raises OrderError.

    Of one that somebody has, too: two people would go there, each thinking that it is theirs.
    """
    meant = [one for one in await alerts(ledger, ended=False) if one.id.startswith(name)]
    if len(meant) != 1:
        what = "no alert that goes on has this id" if not meant else "several alerts begin like this"
        raise OrderError(f"{name}: {what} (quanshi alerts list)")
    (one,) = meant
    holder = one.acked_by or _acknowledged(one, await ledger.orders())
    if holder:
        raise OrderError(f"{one.id}: {holder} has acknowledged this already")
    order = Order(_new_id("A"), OrderKind.ACK, person, present(), target=one.id, note=note)
    await ledger.give(order)
    return order


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
    now = present()
    if not wanted.note.strip():
        raise OrderError("a silence needs a reason: --note")
    if wanted.until <= now:
        raise OrderError(f"{format_time(wanted.until)} is past: a silence ends in the future")
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
        raise OrderError(f"{name}: no silence with this id goes on (quanshi alerts silence list)")
    order = Order(_new_id("E"), OrderKind.END_SILENCE, person, present(), target=name)
    await ledger.give(order)
    return order


async def silences(ledger: Ledger) -> list[Order]:
    """Those that go on, the newest first."""
    orders, now = await ledger.orders(), present()
    ended = {order.target for order in orders if order.kind is OrderKind.END_SILENCE}
    return [
        order
        for order in reversed(orders)
        if order.kind is OrderKind.SILENCE and order.id not in ended and (order.until or 0) > now
    ]


def _new_id(letter: str) -> str:
    """Short enough to be read aloud; nobody else's."""
    return letter + secrets.token_hex(4)


_NO_ALERTS: Final = Said("没有正在持续的告警", "no alert goes on")
_NO_SILENCES: Final = Said("没有静默", "no silence goes on")


def tell_alerts(found: Sequence[Known], site: Site) -> str:
    """Two lines each: what and since when; who takes care of it and whom it has reached."""
    return "\n".join(_tell_alert(one, site) for one in found) or _NO_ALERTS.told(site.language)


def _tell_alert(one: Known, site: Site) -> str:
    language, now = site.language, present()
    title = printable(str(one.facts.get("title") or one.key))
    since = local_time(format_time(one.since), site.timezone, format_time(now))
    last = now if one.resolved_at is None else one.resolved_at
    lasted = span((last - one.since) / 1000, language)
    parts = [one.id]
    if one.resolved_at is not None:
        parts.append(Said("已恢复", "over").told(language))
    elif one.acked_by:
        parts.append(Said(f"{one.acked_by} 已确认", f"acknowledged by {one.acked_by}").told(language))
    elif one.silent:
        parts.append(Said("静默中", "silent").told(language))
    else:
        parts.append(Said("待确认", "nobody has acknowledged").told(language))
    if one.delivered:
        reached = ", ".join(sorted(one.delivered))
        parts.append(Said(f"已送达 {reached}", f"delivered to {reached}").told(language))
    parts += [
        Said(f"未送达 {channel}: {error}", f"not delivered to {channel}: {error}").told(language)
        for channel, error in sorted(one.failed.items())
    ]
    return f"{since}  {title}  {lasted}\n    {printable(' · '.join(parts))}"


def tell_silences(found: Sequence[Order], site: Site) -> str:
    """Two lines each: what and until when; who and why."""
    return "\n".join(tell_order(one, site) for one in found) or _NO_SILENCES.told(site.language)


def tell_order(order: Order, site: Site) -> str:
    """An order as it was taken down."""
    language = site.language
    match order.kind:
        case OrderKind.ACK:
            said = Said(
                f"{order.person} 已确认 {order.target}", f"{order.target} acknowledged by {order.person}"
            )
            return printable(said.told(language))
        case OrderKind.END_SILENCE:
            said = Said(f"静默 {order.target} 已结束", f"the silence {order.target} is over")
            return printable(said.told(language))
        case OrderKind.SILENCE:
            until = local_time(format_time(order.until or 0), site.timezone, format_time(present()))
            parts = [value for values in order.scope.to_json().values() for value in values]
            what = ", ".join([*parts, *order.rules]) or Said("全部", "everything").told(language)
            head = Said(f"{order.id}  静默至 {until}", f"{order.id}  silent until {until}").told(language)
            return f"{head}  {printable(what)}\n    {printable(order.person)}  {printable(order.note)}"


def present() -> int:
    return time.time_ns() // 1_000_000
