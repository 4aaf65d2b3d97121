"""Which watches there were, from when to when, and what each was at that time.

The node list that was valid at each moment decides, so that no name, class or firm of today changes a
figure of yesterday, and nothing that was deleted since disappears from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.nodes import Node
from monitor.model.spans import Span, common
from monitor.reports.document import WatchKey
from monitor.reports.facts import Era
from monitor.reports.windows import midnight

_ALWAYS: Final = (-(2**62), 2**62)
_Traits = tuple[object, ...]


@dataclass(slots=True)
class Stay:
    """A watch while it was in service and nothing of what it is counted by changed.

    ``node`` is what the last list of that time says. ``spans`` lie within the window, merged.
    """

    network: str
    node: Node
    spans: tuple[Span, ...]

    @property
    def key(self) -> WatchKey:
        return (self.node.id, self.network)


def traits(node: Node) -> _Traits:
    """What a watch is counted by."""
    return (node.kind, node.point_class, node.region, node.contractor)


def stays_of(eras: Iterable[Era], window: Span, zone: ZoneInfo) -> dict[WatchKey, list[Stay]]:
    """The stays of every watch within the window, in the order of time."""
    services = Services(zone)
    found: dict[WatchKey, list[Stay]] = {}
    for era in eras:
        valid = (max(era.start, window[0]), min(era.end, window[1]))
        for node in era.nodes.values():
            first, last = services.of(node)
            span = (max(valid[0], first), min(valid[1], last))
            if span[0] < span[1]:
                for network in node.networks:
                    _add(found.setdefault((node.id, network), []), network, node, span)
    return found


def _add(stays: list[Stay], network: str, node: Node, span: Span) -> None:
    """To the stay that goes on, or as another one. One that comes back after a change is another."""
    last = stays[-1] if stays else None
    if last is not None and (last.node is node or traits(last.node) == traits(node)):
        last.node = node
        last.spans = _joined(last.spans, span)
    else:
        stays.append(Stay(network, node, (span,)))


def _joined(spans: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    """With a span that is later than all others; usually it goes on where the last one ends."""
    if spans[-1][1] == span[0]:
        return (*spans[:-1], (spans[-1][0], span[1]))
    return (*spans, span)


class Services:
    """From when to when nodes are in service, by their days: from the first to the last, both included."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[tuple[date | None, date | None], Span] = {}

    def of(self, node: Node) -> Span:
        days = (node.commissioned, node.retired)
        if days not in self._known:
            first, last = days
            self._known[days] = (
                _ALWAYS[0] if first is None else midnight(first, self._zone),
                _ALWAYS[1] if last is None else midnight(last + timedelta(days=1), self._zone),
            )
        return self._known[days]


def within(stays: Sequence[Stay], span: Span) -> list[Span]:
    """When within a span a watch was in service."""
    return common([span], [one for stay in stays for one in stay.spans])
