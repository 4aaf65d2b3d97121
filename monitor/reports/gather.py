"""Reads from the ledger what a report rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from monitor.config import Region, Site
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import SegmentRow, SightRow
from monitor.model.decisions import Correction, Decision, Exclusion, fold
from monitor.model.spans import Span
from monitor.model.timeline import Step
from monitor.reports.cover import Cover, Looked
from monitor.reports.document import Archived, Rules, WatchKey
from monitor.reports.facts import Era, Facts, Setting
from monitor.reports.jsonform import canonical
from monitor.reports.nodelists import NodeLists
from monitor.reports.windows import Window

_DAY: Final = 86_400_000

AHEAD: Final = 2 * _DAY
"""So far beyond the window steps are read: what changed soon after it may have changed within it."""

ON_ITS_WAY: Final = 60_000
"""A sight may take so long to arrive. Until then it is not missing, and nothing is known yet."""

_END_OF_TIME: Final = 2**62


async def gather(
    ledger: Ledger,
    site: Site,
    window: Window,
    now: int,
    watch: WatchKey | None = None,
    *,
    lately: bool = False,
    linked: bool = False,
    lists: NodeLists | None = None,
) -> Facts:
    """The facts about a window, cut at the last moment up to which anything can be known by ``now``.

    ``watch``: only what concerns this one is read. ``lately``: of the time before the window only the last
    step of each watch, which is enough for what it comes to; and whose fault it was is left open. ``linked``:
    what is not a link of the chain yet counts as not seen. ``lists``: where versions of the node list that
    were read already may be found.

    Raises LedgerError, and WindowError for a window that has not begun.
    """
    window = window.cut(now)
    # Sights before steps: what is recorded meanwhile may be a step that no sight covers yet, but never a
    # sight without the steps that it vouches for.
    network = None if watch is None else watch[1]
    rows = await ledger.sights(window.start, window.end, network)
    sights = [looked(row) for row in rows if row.sealed or not linked]
    window = window.cut(known_until(Cover(sights), now))
    eras, called = await eras_of(
        ledger, window.span, setting_of(site), lists, None if watch is None else watch[0]
    )
    approved = approved_of(await ledger.decisions())
    columns = await ledger.columns(window.end + AHEAD) if watch is None and not lately else None
    return Facts(
        setting=called,
        window=window,
        eras=eras,
        sights=sights,
        columns=columns,
        archived=_archived(await ledger.segments(), window),
        steps=await _steps(ledger, window, watch, lately=lately) if columns is None else columns,
        exclusions=[one for one in approved if isinstance(one, Exclusion)],
        corrections=[one for one in approved if isinstance(one, Correction)],
        upstream={} if lately else await ledger.attributed(window.end + AHEAD, watch),
    )


async def _steps(
    ledger: Ledger, window: Window, watch: WatchKey | None, *, lately: bool
) -> Mapping[WatchKey, Sequence[Step]]:
    until = window.end + AHEAD
    if watch is not None:
        return {watch: await ledger.steps_of(*watch, until)}
    # A day more than is counted: what was told in disorder is in order by then.
    return await ledger.steps(until, max(0, window.start - _DAY) if lately else 0)


def approved_of(decisions: Iterable[Decision]) -> list[Exclusion | Correction]:
    """What counts of all decisions, in the order in which it was approved."""
    decided = (one for one in fold(decisions).values() if one.signed.approved_at is not None)
    return sorted(decided, key=lambda one: one.signed.approved_at or 0)


def known_until(cover: Cover, now: int) -> int:
    """Up to when anything can be known: the end of the newest sights while more are on their way, else now.

    The time since a sight that is overdue is not left out: nobody looked.
    """
    ends = [end for end in cover.last().values() if now - ON_ITS_WAY <= end]
    return min([now, *ends])


def looked(row: SightRow) -> Looked:
    return Looked(row.network, row.shard, row.shards, row.start, row.end, row.blind)


def _archived(segments: Sequence[SegmentRow], window: Window) -> Archived | None:
    """A fact leaves with what was recorded at its time, or later if it came late."""
    begins = [0, *(segment.until for segment in segments)]
    files = [
        segment.file
        for begin, segment in zip(begins, segments, strict=False)
        if segment.until > window.start and begin < window.end
    ]
    return Archived(segments[-1].until, tuple(files)) if files else None


async def eras_of(
    ledger: Ledger, window: Span, setting: Setting, lists: NodeLists | None = None, node: str | None = None
) -> tuple[list[Era], Setting]:
    """The versions of the node list that were valid in the window; equal nodes are one object.

    And the setting with regions and networks as these versions call them, the last one outweighing others:
    what they are called today must not change a report of then. ``node``: of each version only this one and
    what is above it.
    """
    eras: list[Era] = []
    called: list[Mapping[str, Any]] = []
    known = NodeLists() if lists is None else lists
    uses = await ledger.inventory_uses()
    for (start, digest), (end, _) in pairwise([*uses, (_END_OF_TIME, "")]):
        if start < window[1] and end > window[0] and start < end:
            version = await known.get(ledger, digest)
            if node is not None:
                version = version.around(node)
            eras.append(Era(start, end, digest, version.nodes))
            if version.called is not None:
                called.append(version.called)
    return eras, _called(setting, called)


def _called(setting: Setting, bodies: Iterable[Mapping[str, Any]]) -> Setting:
    """Versions of a program that recorded neither: then all is called what it is called today."""
    regions: dict[str, Region] = {}
    networks: dict[str, str] = {}
    for body in bodies:
        regions |= {one["code"]: Region(one["code"], one["name"], one["parent"]) for one in body["regions"]}
        networks |= body["networks"]
    if not networks:
        return setting
    return replace(setting, regions=regions, networks=networks)


def setting_of(site: Site) -> Setting:
    return Setting(
        site=site.name,
        invented=site.invented,
        rules=rules_of(site),
        networks={key: network.name for key, network in site.networks.items()},
        regions=site.regions,
    )


def rules_of(site: Site) -> Rules:
    """The rules of a site with a digest that names this version of them."""
    said: dict[str, Any] = {
        "targets": dict(site.targets),
        "repair_limits": {one: round(1000 * limit) for one, limit in site.repair.items()},
        "inspections": tuple(site.inspections),
        "degrades": tuple(sorted(site.judge.degrades)),
    }
    plain = {name: sorted(part.items()) if isinstance(part, dict) else part for name, part in said.items()}
    return Rules(**said, digest=sha256(canonical(plain)).hexdigest()[:16])
