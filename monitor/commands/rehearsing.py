"""``quanshi alerts test``: a stretch of the ledger, and what would have been said of it, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from monitor.commands.terminal import cut, wrapped
from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.ledger.ledger import Ledger
from monitor.model.events import Judged, Payload
from monitor.model.observations import State
from monitor.model.said import Said
from monitor.model.times import format_time
from monitor.words import local_time

_NOTHING: Final = Said("这段时间不会发送任何消息。", "Nothing would have been said in this time.")
_LEFT_OUT: Final = Said(
    "未重放：依赖实时测量的规则（{}）、历史确认、此前已在持续的故障。",
    "Not replayed: rules that rest on measurements ({}), acknowledgements, what went on before.",
)


async def heard(ledger: Ledger, since: int, until: int) -> list[tuple[int, Payload]]:
    """What was judged and ordered in [since, until), each with when that was recorded, in order.

    Of changes only those to and from degraded: all others are told as outages.
    """
    found: list[tuple[int, Payload]] = list(await ledger.outages_told(since, until))
    found += [
        (row.recorded_at, Judged.of(row.change, None))
        for row in await ledger.changes(since, until)
        if State.DEGRADED in (row.change.old, row.change.new)
    ]
    found += [
        (max(order.at, since), order)
        for order in await ledger.orders()
        if order.at < until and (order.until is None or order.until > since)
    ]
    return sorted(found, key=lambda one: one[0])


def documents(said: Iterable[Any]) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "at": format_time(one.at),
            "happening": one.message.happening.value,
            "channel": one.channel,
            "route": one.message.route,
            "people": list(one.people),
            "alerts": [alert.finding.key for alert in one.message.alerts],
            "title": one.message.title,
            "text": one.message.text,
        }
        for one in said
    ]


def tell(found: Iterable[Mapping[str, Any]], site: Site, left_out: Iterable[str], now: str) -> str:
    """Two lines each: when and what; through which channel, by which route, to whom."""
    lines = [line for one in found for line in _lines(one, site, now)]
    note = _LEFT_OUT.told(site.language).format(", ".join(left_out))
    return "\n".join([*(lines or [_NOTHING.told(site.language)]), "", *wrapped(note)])


def _lines(one: Mapping[str, Any], site: Site, now: str) -> list[str]:
    head = f"{local_time(one['at'], site.timezone, now)}  {printable(one['title'])}"
    to = ", ".join(one["people"])
    tail = f"    → {one['channel']} ({one['route']})" + (f"  @ {to}" if to else "")
    return [cut(head), cut(printable(tail))]
