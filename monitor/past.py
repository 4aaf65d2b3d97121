"""Begins what is measured all the time with what the ledger knows: by the rules of the reports, as they do.

Stands above both, since neither may know of the other.
"""

from __future__ import annotations

import asyncio
import gc
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.ledger.ledger import Ledger
from monitor.live.burn import Belongs, Burn, Stay, WatchKey, month_of
from monitor.live.horizon import ON_ITS_WAY, Part
from monitor.live.horizon import Looked as Seen
from monitor.model.decisions import Correction, Exclusion
from monitor.model.measured import WINDOWS
from monitor.model.nodes import Kind
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.timeline import Step, corrected
from monitor.reports.cover import Cover, Looked
from monitor.reports.exclusions import left_out
from monitor.reports.facts import Era
from monitor.reports.gather import approved_of, eras_of, looked, setting_of
from monitor.reports.stays import Stay as Served
from monitor.reports.stays import stays_of

_END_OF_TIME: Final = 2**62
_DAY: Final = 86_400_000
_AHEAD: Final = 2 * _DAY
_LONGEST: Final = round(1000 * max(WINDOWS.values()))
_TO_BE_SURE: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read. ``sights`` before ``steps``: never a sight without the steps that it vouches for."""

    sights: Sequence[Looked]
    eras: Sequence[Era]
    exclusions: Sequence[Exclusion]
    corrections: Sequence[Correction]
    steps: Mapping[WatchKey, Sequence[Step]]


async def burn_of(ledger: Ledger, site: Site, now: int) -> tuple[Burn, str]:
    """All that any window at ``now`` counts; and the digest of the node list that the ledger has for last.

    Raises LedgerError. The event loop goes on meanwhile.
    """
    since = begin_of(site, now)
    sights = [looked(row) for row in await ledger.sights(since, now + _AHEAD)]
    eras, _ = await eras_of(ledger, (since, now + _AHEAD), setting_of(site))
    approved = [one for one in approved_of(await ledger.decisions()) if one.end > since]
    known = _Known(
        sights=sights,
        eras=eras,
        exclusions=[one for one in approved if isinstance(one, Exclusion)],
        corrections=[one for one in approved if isinstance(one, Correction)],
        # A day more than is counted: what was told in disorder is in order by then.
        steps=await ledger.steps(now + _AHEAD, since - _DAY),
    )
    burn = await asyncio.to_thread(_made, site, known, since, now)
    return burn, eras[-1].digest if eras else ""


def begin_of(site: Site, now: int) -> int:
    """From when on the past matters: to the month and to the longest window, as of some time ago."""
    moment = now - ON_ITS_WAY - _TO_BE_SURE
    return min(month_of(moment, site.zone)[0], moment - _LONGEST)


def _made(site: Site, known: _Known, since: int, now: int) -> Burn:
    collecting = gc.isenabled()
    gc.disable()  # nearly all that is made stays; looking through it takes a third more time
    try:
        return _filled(Burn(site.zone, (Seen(*one) for one in known.sights), now), site, known, since)
    finally:
        if collecting:
            gc.enable()


def _filled(burn: Burn, site: Site, known: _Known, since: int) -> Burn:
    cover = Cover(known.sights)
    left = left_out(known.exclusions, known.eras, Atlas(site.regions))
    right: defaultdict[WatchKey, list[Correction]] = defaultdict(list)
    for one in known.corrections:
        right[one.node, one.network].append(one)
    for key, served in stays_of(known.eras, (since, _END_OF_TIME), site.zone).items():
        part = cover.part(*key)
        told = right.get(key, ())
        steps: Sequence[Step] = known.steps.get(key, ())
        if told:
            steps = corrected(steps, ((one.start, one.end, one.state) for one in told))
        burn.add(key, _stays(served, Part(*part), left.get(key, ()), told), cover.seen(part), steps)
    return burn


def _stays(
    served: Iterable[Served], part: Part, out: Sequence[tuple[int, Span]], told: Iterable[Correction]
) -> list[Stay]:
    spans = tuple(span for _, span in out)
    right = tuple((one.start, one.end) for one in told if one.state is not State.UNKNOWN)
    return [
        Stay(
            Belongs(
                one.network,
                one.node.region,
                one.node.point_class if one.node.kind is Kind.CAMERA else None,
            ),
            part,
            one.spans,
            spans,
            right,
        )
        for one in served
    ]
