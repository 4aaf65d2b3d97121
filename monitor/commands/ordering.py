"""``quanshi alerts``: what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.desk.orders import Known
from monitor.model.orders import Order, OrderKind
from monitor.model.times import format_time, wall_clock
from monitor.trouble import Said
from monitor.words import local_time, span

_NO_ALERTS: Final = Said("没有正在持续的告警", "no alert goes on")
_NO_SILENCES: Final = Said("没有静默", "no silence goes on")


def tell_alerts(found: Sequence[Known], site: Site) -> str:
    """Two lines each: what and since when; who takes care of it and whom it has reached."""
    return "\n".join(_tell_alert(one, site) for one in found) or _NO_ALERTS.told(site.language)


def _tell_alert(one: Known, site: Site) -> str:
    language, now = site.language, wall_clock()
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
    if one.assigned_to and one.resolved_at is None:
        parts.append(Said(f"已指派给 {one.assigned_to}", f"assigned to {one.assigned_to}").told(language))
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
        case OrderKind.ASSIGN:
            said = Said(f"{order.target} 已指派给 {order.to}", f"{order.target} assigned to {order.to}")
            return printable(said.told(language))
        case OrderKind.NOTE:
            return printable(f"{order.target}  {order.person}: {order.note}")
        case OrderKind.END_SILENCE:
            said = Said(f"静默 {order.target} 已结束", f"the silence {order.target} is over")
            return printable(said.told(language))
        case OrderKind.SILENCE:
            until = local_time(format_time(order.until or 0), site.timezone, format_time(wall_clock()))
            parts = [value for values in order.scope.to_json().values() for value in values]
            what = ", ".join([*parts, *order.rules]) or Said("全部", "everything").told(language)
            head = Said(f"{order.id}  静默至 {until}", f"{order.id}  silent until {until}").told(language)
            return f"{head}  {printable(what)}\n    {printable(order.person)}  {printable(order.note)}"
