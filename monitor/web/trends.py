"""The intact rate of the last hours, worked out from the ledger by the rules of a report."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.ledger.ledger import Ledger
from monitor.model.nodes import Kind
from monitor.model.times import format_time
from monitor.reports.gather import gather
from monitor.reports.lately import Lately
from monitor.reports.nodelists import NodeLists
from monitor.reports.stays import Stay
from monitor.reports.windows import Window
from monitor.web.schemas.live import Trend, TrendPoint, TrendQuery

HOUR: Final = 3_600_000

STEPS: Final = 96
"""So many pieces a trend has: a quarter of an hour of a day."""

TREND_FOR: Final = 60.0
"""Seconds for which a trend is good enough for the next who asks."""


@dataclass(slots=True)
class Trends:
    """Trends as they were worked out last, one at a time: each reads all changes of its hours."""

    lists: NodeLists
    made: dict[object, tuple[float, Trend]] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def trend(self, ledger: Ledger, site: Site, query: TrendQuery, now: int) -> Trend:
        key = (site.inventory.digest, query)
        async with self.turn:
            made_at, known = self.made.get(key, (0.0, None))
            if known is None or time.monotonic() - made_at > TREND_FOR:
                known = await _trend(ledger, site, self.lists, query, now)
                self.made = {
                    other: found
                    for other, found in self.made.items()
                    if time.monotonic() - found[0] <= TREND_FOR
                }
                self.made[key] = (time.monotonic(), known)
            return known


async def _trend(ledger: Ledger, site: Site, lists: NodeLists, query: TrendQuery, now: int) -> Trend:
    step = query.hours * HOUR // STEPS
    end = now // step * step
    start = end - query.hours * HOUR
    window = Window(start, end, end, site.zone)
    facts = await gather(ledger, site, window, now, lately=True, lists=lists)
    cuts = list(range(start + step, facts.window.end, step))
    wanted = query.point_class if query.point_class is not None else _usual_class(site)

    def chooses(stay: Stay, atlas: Atlas) -> bool:
        node = stay.node
        return (
            (query.network is None or stay.network == query.network)
            and (query.region is None or query.region in atlas.around(node.region))
            and (wanted is None or (node.kind is Kind.CAMERA and node.point_class == wanted))
        )

    pieces = await asyncio.to_thread(lambda: Lately(facts).pieces(cuts, chooses))
    points = [
        TrendPoint(time=format_time(moment), intact=parts.intact.value, seen=parts.coverage or 0.0)
        for moment, parts in zip([start, *cuts], pieces, strict=True)
    ]
    target = None if wanted is None else site.targets.get(wanted)
    return Trend(step=step / 1000, target=target, points=points)


def _usual_class(site: Site) -> int | None:
    """The class that the city is measured by, if it has such points."""
    has = any(node.kind is Kind.CAMERA and node.point_class == 1 for node in site.inventory.nodes.values())
    return 1 if has else None
