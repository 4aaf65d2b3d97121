"""What is true now: status, the board of all watches, the overview, regions, the trend of the last hours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from monitor.access.roles import Permission
from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.live.board import Group as BoardGroup
from monitor.live.maintenance import Covers
from monitor.live.states import Live
from monitor.live.status import collectors_of, status_of
from monitor.model.measured import GroupNow
from monitor.model.nodes import Kind
from monitor.model.times import format_time
from monitor.web.api.common import NOT_TOLD, ledger_of, one_of, outage_now, regions_of, reload_error_of
from monitor.web.api.outages import told_of
from monitor.web.context import Context
from monitor.web.endpoints import Call, Endpoint, Reply
from monitor.web.schemas.live import (
    Board,
    Budget,
    Changed,
    Collector,
    Counts,
    Group,
    LevelName,
    LevelNow,
    Network,
    Overview,
    Region,
    Regions,
    Trend,
    TrendQuery,
)

HOUR: Final = 3_600_000
GEOJSON: Final = "application/geo+json"
NO_MAP: Final = b'{"type":"FeatureCollection","features":[]}'


async def status(call: Call[None, None]) -> Reply:
    """As ``quanshi status`` shows it."""
    said = status_of(call.context.live, call.context.health, call.now, call.language)
    found = {**said, "reload_error": reload_error_of(call)}
    return Reply(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())


# -- the board


async def board(call: Call[None, None]) -> Reply:
    """All watches, column by column."""
    context = call.context
    excluded = await excluding(context, call.now)
    context.live.refresh(call.now)
    exact = call.may(Permission.DETAIL)
    made = context.boards.of(context.live, event=context.hub.last, excluded=excluded, exact=exact)
    vary = {"Vary": "Accept-Encoding"}
    if "gzip" not in call.request.headers.get("Accept-Encoding", ""):
        return Reply(made.body, headers=vary)
    return Reply(await context.boards.packed(made), headers={**vary, "Content-Encoding": "gzip"})


async def excluding(context: Context, now: int) -> Covers:
    """Which approved exclusion covers a watch now."""
    decisions = () if context.ledger is None else await context.decisions.all(context.ledger)
    return context.excluding.of(context.site, decisions, now)


# -- the overview


async def overview(call: Call[None, None]) -> Overview:
    """Everything of the first page but its cells."""
    told = await told_of(call)
    context, live, site = call.context, call.context.live, call.context.site
    live.refresh(call.now)
    groups = [_group(each) for each in (live.measured.groups if live.measured else ())]
    return Overview(
        site=site.name,
        title=site.title,
        language="zh" if site.language == "zh" else "en",
        timezone=site.timezone,
        time=format_time(call.now),
        invented=site.invented,
        event=context.hub.last,
        inventory=site.inventory.digest,
        reload_error=reload_error_of(call),
        headline=_headline(live, groups),
        networks=list(_networks(live)),
        groups=groups,
        collectors=[Collector(**_collector(each)) for each in collectors_of(live, call.now)],
        outages=[outage_now(context, each, told.get(each.id, NOT_TOLD)) for each in live.outages.all()],
        changes=[_changed(live, change) for change in reversed(live.changes)],
    )


def _collector(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in Collector.model_fields}


def _headline(live: Live, groups: list[Group]) -> Group:
    """The class-1 points, of all networks; where there are none, everything."""
    everywhere = [each for each in groups if each.network is None and each.region is None]
    points = [each for each in everywhere if each.point_class == 1]
    found = points or [each for each in everywhere if each.point_class is None]
    return found[0] if found else _unmeasured(live)


def _unmeasured(live: Live) -> Group:
    """Before anything is measured: how many there are, and nothing of what was."""
    counts = _counts(live, lambda group: group.is_headline) or _counts(live, lambda _: True) or _NONE
    known = counts.up + counts.degraded + counts.down
    target = live.site.targets.get(1)
    return Group(
        network=None,
        region=None,
        point_class=1,
        watches=known + counts.unknown,
        counts=counts,
        target=target,
        online=(counts.up + counts.degraded) / known if known else None,
        intact=counts.up / known if known else None,
        month=None,
        month_low=None,
        month_high=None,
        budget=None,
    )


_NONE: Final = Counts(up=0, degraded=0, down=0, unknown=0)


def _counts(live: Live, chooses: Callable[[BoardGroup], bool]) -> Counts | None:
    """The counts of some groups of the board; None where there are none."""
    sums = [0, 0, 0, 0]
    found = False
    for number, group in enumerate(live.board.groups):
        if chooses(group):
            found = True
            four = live.board.counts[4 * number : 4 * number + 4]
            sums = [mine + more for mine, more in zip(sums, four, strict=True)]
    unknown, down, degraded, up = sums
    return Counts(up=up, degraded=degraded, down=down, unknown=unknown) if found else None


def _group(each: GroupNow) -> Group:
    states = each.states
    known = states["up"] + states["degraded"] + states["down"]
    month = each.windows.get("month")
    seen = month.good + month.bad if month else 0
    stated = seen + month.unknown if month else 0
    return Group(
        network=each.network,
        region=each.region,
        point_class=each.point_class,
        watches=each.watches,
        counts=Counts(
            up=states["up"],
            degraded=states["degraded"],
            down=states["down"],
            unknown=states["unknown"],
            upstream=each.suppressed,
        ),
        target=each.target,
        online=(states["up"] + states["degraded"]) / known if known else None,
        intact=states["up"] / known if known else None,
        month=month.good / seen if month and seen else None,
        month_low=month.good / stated if month and stated else None,
        month_high=(month.good + month.unknown) / stated if month and stated else None,
        budget=_budget(each),
    )


def _budget(each: GroupNow) -> Budget | None:
    if each.budget is None:
        return None
    total, used = each.budget.total, each.budget.used
    return Budget(
        total=total / HOUR,
        used=used / HOUR,
        left=max(0.0, 1 - used / total) if total else None,
        gone_at=None if each.budget.gone_at is None else format_time(each.budget.gone_at),
    )


def _networks(live: Live) -> Iterator[Network]:
    for key, settings in live.site.networks.items():
        counts = _counts(live, partial(_is_in, key)) or _NONE
        yield Network(
            id=key,
            name=settings.name,
            counts=counts,
            watches=counts.up + counts.degraded + counts.down + counts.unknown,
            levels=_levels(live, key),
        )


def _is_in(network: str, group: BoardGroup) -> bool:
    return group.network == network


def _levels(live: Live, network: str) -> dict[str, LevelNow]:
    """What joins the points, by its level: platforms, gateways, switches, centres."""
    board = live.board
    sums: dict[str, list[int]] = {}
    for row in board.rows_of[network]:
        node = board.watches[row].node
        if node.kind is not Kind.CAMERA and node.level is not None:
            five = sums.setdefault(node.level.value, [0, 0, 0, 0, 0])
            five[board.shown[row]] += 1
            five[4] += live.outages.covers(node.id, network)
    return {
        level: LevelNow(
            watches=unknown + down + degraded + up,
            counts=Counts(up=up, degraded=degraded, down=down, unknown=unknown, upstream=upstream),
        )
        for level, (unknown, down, degraded, up, upstream) in sums.items()
    }


def _changed(live: Live, change: Any) -> Changed:
    row = live.board.row(change.node, change.network)
    return Changed(
        time=format_time(change.at),
        node=change.node,
        name=change.node if row is None else live.board.watches[row].node.label,
        network=change.network,
        old=change.old.value,
        new=change.new.value,
        cause=change.cause.value,
    )


# -- regions and the map


async def regions(call: Call[None, None]) -> Regions:
    """The areas of the site, what lies in what by their parents."""
    return Regions(regions=[region_of(code, call.context.site) for code in call.context.site.regions])


def region_of(code: str, site: Site) -> Region:
    """A region by its code, also one that stands in no list."""
    known = site.regions.get(code)
    around = Atlas(site.regions).around(code)
    parent = around[1] if len(around) > 1 else ""
    return Region(
        code=code,
        name=known.name if known and known.name else code,
        parent=parent,
        level=_level(code),
    )


def _level(code: str) -> LevelName | None:
    """By the digits of its code (GB/T 2260, GB/T 10114)."""
    match len(code):
        case 4:
            return "city"
        case 6:
            return "city" if code.endswith("00") else "county"
        case 9:
            return "town"
        case 12:
            return "village"
        case _:
            return None


async def outline(call: Call[None, None]) -> Reply:
    """The outline of the city, where the site has one."""
    return Reply(call.context.site.web.map or NO_MAP, media=GEOJSON)


# -- the trend


async def trend(call: Call[TrendQuery, None]) -> Trend:
    """The intact rate of the last hours, and how much of them was seen."""
    site, query = call.context.site, call.query
    if query.network is not None:
        one_of("network", query.network, site.networks)
    if query.region is not None:
        one_of("region", query.region, regions_of(site))
    return await call.context.trends.trend(ledger_of(call), site, query, call.now)


_LOOK: Final = Permission.LOOK

ENDPOINTS: Final = (
    Endpoint("GET", "/status", "status", "The state of the city in short", status, _LOOK),
    Endpoint("GET", "/board", "board", "All watches, column by column", board, _LOOK, answer=Board),
    Endpoint("GET", "/overview", "overview", "The overview", overview, _LOOK, answer=Overview),
    Endpoint(
        "GET",
        "/trend",
        "trend",
        "The intact rate of the last hours",
        trend,
        _LOOK,
        answer=Trend,
        query=TrendQuery,
        also={503: "the ledger is away"},
    ),
    Endpoint("GET", "/regions", "regions", "The areas of the site", regions, _LOOK, answer=Regions),
    Endpoint("GET", "/map", "map", "The outline of the city (GeoJSON)", outline, _LOOK, media=GEOJSON),
)
