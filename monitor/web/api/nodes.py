"""``/nodes``: lists of watches, and everything about one point."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from monitor.access.roles import Permission
from monitor.config.atlas import Atlas
from monitor.ledger.rows import ChangeRow
from monitor.live.board import Board
from monitor.live.maintenance import Covers
from monitor.live.states import Live
from monitor.model import gbcode
from monitor.model.nodes import Kind, Node, Watch
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.timeline import Parts
from monitor.model.times import format_time
from monitor.reports.facts import Facts
from monitor.reports.gather import gather
from monitor.reports.lately import Lately, Stretch
from monitor.reports.windows import Window, WindowError, midnight
from monitor.web.api.common import ledger_of, moment, moment_of, one_of, regions_of
from monitor.web.api.status import excluding, region_of
from monitor.web.endpoints import Call, Endpoint, Refused, Reply
from monitor.web.schemas.live import (
    Day,
    Days,
    DaysQuery,
    Neighbour,
    NodeDetail,
    NodesQuery,
    SpanQuery,
    Timeline,
    TimelineChange,
    TimelineSpan,
    WatchList,
    WatchNow,
)

MOST_NEIGHBOURS: Final = 500
LONGEST: Final = 31 * 86_400_000
"""Milliseconds that a timeline covers at most."""

_STATES: Final = tuple(State.of_code(code) for code in range(4))


def watches_now(call: Call[Any, Any], rows: Iterable[int], excluded: Covers) -> list[WatchNow]:
    """The same as models, for a few."""
    detail = call.may(Permission.DETAIL)
    text = call.context.rows.text(call.context.live, rows, excluded, detail=detail)
    return [WatchNow(**each) for each in json.loads(f"[{text}]")]


async def nodes(call: Call[NodesQuery, None]) -> Reply:
    """Watches: those that meet every part of the query, in the order asked for."""
    query, live = call.query, call.context.live
    excluded = await excluding(call.context, call.now)
    live.refresh(call.now)  # from here on nothing is waited for: rows are places on this board
    found = _sorted(_chosen(call), live.board, query.sort)
    page = found[query.offset : query.offset + query.limit]
    text = call.context.rows.text(live, page, excluded, detail=call.may(Permission.DETAIL))
    return Reply(f'{{"nodes":[{text}],"total":{len(found)}}}'.encode())


def _chosen(call: Call[NodesQuery, None]) -> list[int]:
    """The rows that meet all that is asked. Raises Refused for a name that the site does not have."""
    query, site, board = call.query, call.context.site, call.context.live.board
    tests: list[Callable[[Watch], bool]] = []
    if query.network is not None:
        network = one_of("network", query.network, site.networks)
        tests.append(lambda watch: watch.network == network)
    if query.region is not None:
        atlas, region = Atlas(site.regions), one_of("region", query.region, regions_of(site))
        tests.append(lambda watch: region in atlas.around(watch.node.region))
    if query.kind is not None:
        kind = Kind(one_of("kind", query.kind, [each.value for each in Kind]))
        tests.append(lambda watch: watch.node.kind is kind)
    if query.point_class is not None:
        tests.append(lambda watch: watch.node.point_class == query.point_class)
    if query.contractor is not None:
        tests.append(lambda watch: watch.node.contractor == query.contractor)
    if query.parent is not None:
        parent = one_of("parent", query.parent, site.inventory.nodes)
        tests.append(lambda watch: parent in watch.node.parents)
    if query.q:
        part = query.q.casefold()
        tests.append(lambda watch: part in watch.node.id.casefold() or part in watch.node.label.casefold())
    code = None if query.state is None else State(query.state).code
    return [
        row
        for row, watch in enumerate(board.watches)
        if (code is None or board.shown[row] == code) and all(test(watch) for test in tests)
    ]


def _sorted(rows: list[int], board: Board, order: str) -> list[int]:
    """Rows stand by network and id; what is equal otherwise stays in that order."""
    keys: dict[str, Callable[[int], Any]] = {
        "node": lambda row: board.watches[row].key,
        "name": lambda row: board.watches[row].node.label,
        "state": lambda row: board.shown[row],
        "since": lambda row: board.shown_since[row],
    }
    return sorted(rows, key=keys[order.lstrip("-")], reverse=order.startswith("-"))


# -- one node


def node_of(call: Call[Any, Any]) -> Node:
    """The node of the path. Raises Refused (404)."""
    name = call.path["id"]
    found = call.context.site.inventory.nodes.get(name)
    if found is None:
        raise Refused(404, f"没有节点 {name}", f"there is no node {name}")
    return found


async def node(call: Call[None, None]) -> NodeDetail:
    """One node: its watches, what is above it, and what hangs beside it."""
    found, context = node_of(call), call.context
    excluded = await excluding(context, call.now)
    context.live.refresh(call.now)
    detail = call.may(Permission.DETAIL)
    watches = watches_now(call, _rows_of(context.live, found), excluded)
    phones = context.site.alerting.contractors
    return NodeDetail(
        node=found.id,
        name=found.label,
        kind=found.kind.value,
        point_class=found.point_class,
        region=found.region,
        region_path=[
            region_of(code, context.site) for code in Atlas(context.site.regions).around(found.region)
        ],
        level=None if found.level is None else found.level.value,
        contractor=found.contractor,
        contractor_phone=phones.get(found.contractor) if detail else None,
        commissioned=None if found.commissioned is None else found.commissioned.isoformat(),
        retired=None if found.retired is None else found.retired.isoformat(),
        lon=found.lon if detail else None,
        lat=found.lat if detail else None,
        probes=[str(probe) for probe in found.probes],
        gb_code=_code(found.id),
        watches=watches,
        parents=list(_shown(context.live, found.parents)),
        neighbours=list(_shown(context.live, _beside(call, found)))[:MOST_NEIGHBOURS],
    )


def _rows_of(live: Live, found: Node) -> Iterator[int]:
    for network in found.networks:
        row = live.board.row(found.id, network)
        if row is not None:
            yield row


def _beside(call: Call[Any, Any], found: Node) -> Iterator[str]:
    """What has a parent in common with it."""
    parents = set(found.parents)
    for other in call.context.site.inventory.nodes.values():
        if other.id != found.id and not parents.isdisjoint(other.parents):
            yield other.id


def _shown(live: Live, names: Iterable[str]) -> Iterator[Neighbour]:
    for name in names:
        known = live.site.inventory.nodes.get(name)
        for row in () if known is None else _rows_of(live, known):
            watch = live.board.watches[row]
            yield Neighbour(
                node=name,
                name=watch.node.label,
                network=watch.network,
                state=_STATES[live.board.shown[row]].value,
                upstream=live.outages.covers(*watch.key),
            )


def _code(name: str) -> dict[str, Any] | None:
    """The parts of a 20-digit code (GB/T 28181-2022 annex E); None for an id that is none."""
    if not gbcode.looks_like(name):
        return None
    try:
        code = gbcode.parse(name)
    except ValueError:
        return None
    return {
        "region": code.region,
        "unit": code.unit,
        "industry": code.industry,
        "type": code.type,
        "type_name": code.type_name,
        "network": code.network,
        "network_name": code.network_name,
        "serial": code.serial,
    }


# -- its past


def _network(found: Node, wanted: str | None) -> str:
    if not found.networks:
        raise Refused(404, f"{found.id} 不在监测之列", f"{found.id} is watched in no network")
    return found.networks[0] if wanted is None else one_of("network", wanted, found.networks)


async def days(call: Call[DaysQuery, None]) -> Days:
    """The last days of one watch, by the rules of a report. A day begins at the site's midnight."""
    found = node_of(call)
    network = _network(found, call.query.network)
    zone = call.context.site.zone
    today = datetime.fromtimestamp(call.now / 1000, zone).date()
    start = midnight(today - timedelta(days=call.query.days - 1), zone)
    key = (found.id, network)
    facts = await _facts(call, (start, midnight(today + timedelta(days=1), zone)), key)
    made = await asyncio.to_thread(lambda: Lately(facts).days(key))
    return Days(network=network, days=[_day(day, parts) for day, parts in made])


async def _facts(call: Call[Any, Any], span: Span, key: tuple[str, str]) -> Facts:
    """What is known of one watch in a span. Raises Refused (400) for one that has not begun."""
    site = call.context.site
    window = Window(*span, span[1], site.zone)
    try:
        return await gather(ledger_of(call), site, window, call.now, key, lists=call.context.lists)
    except WindowError as error:
        raise Refused(400, *error.said) from error


def _day(day: str, parts: Parts) -> Day:
    return Day(
        day=day,
        up=parts.up / 1000,
        degraded=parts.degraded / 1000,
        down_own=parts.down_own / 1000,
        down_upstream=parts.down_upstream / 1000,
        excluded=parts.excluded / 1000,
        unknown=parts.unknown / 1000,
        intact=parts.intact.value,
    )


async def timeline(call: Call[SpanQuery, None]) -> Timeline:
    """What one watch was, to the millisecond, and every change with its evidence."""
    found = node_of(call)
    network = _network(found, call.query.network)
    span = _span(call.query)
    key = (found.id, network)
    facts = await _facts(call, span, key)
    stretches = await asyncio.to_thread(lambda: Lately(facts).stretches(key))
    rows = await ledger_of(call).changes(*span, node=found.id, network=network)
    upstream = facts.upstream.get(key, ())
    return Timeline(
        network=network,
        spans=[_stretch(each) for each in stretches],
        changes=[_change(row, upstream, detail=call.may(Permission.DETAIL)) for row in rows],
    )


def _span(query: SpanQuery) -> Span:
    since, until = moment_of("since", query.since), moment_of("until", query.until)
    if not since < until <= since + LONGEST:
        raise Refused(
            400, "since 须早于 until，且不超过 31 天", "since comes before until, by 31 days at most"
        )
    return since, until


def _stretch(each: Stretch) -> TimelineSpan:
    return TimelineSpan(
        start=format_time(each.start),
        end=format_time(each.end),
        state=each.state.value,
        attribution=each.attribution,
        excluded=each.excluded,
    )


def _change(row: ChangeRow, upstream: Sequence[Span], *, detail: bool) -> TimelineChange:
    change = row.change
    is_down = change.new is State.DOWN
    theirs = any(start <= change.at < end for start, end in upstream)
    return TimelineChange(
        at=format_time(change.at),
        not_before=moment(change.not_before),
        detected_at=format_time(change.detected_at),
        old=change.old.value,
        new=change.new.value,
        cause=change.cause.value,
        probe=change.probe,
        attribution="" if not is_down else "upstream" if theirs else "own",
        origin="snapshot" if row.origin == "snapshot" else "event",
        evidence=[each.to_json() for each in change.evidence] if detail else [],
    )


_LOOK: Final = Permission.LOOK
_AWAY: Final = {503: "the ledger is away"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/nodes",
        "nodes",
        "Watches by what they are and how they stand",
        nodes,
        _LOOK,
        answer=WatchList,
        query=NodesQuery,
    ),
    Endpoint("GET", "/nodes/{id}", "node", "One node", node, _LOOK, answer=NodeDetail),
    Endpoint(
        "GET",
        "/nodes/{id}/days",
        "days",
        "The last days of a watch",
        days,
        _LOOK,
        answer=Days,
        query=DaysQuery,
        also=_AWAY,
    ),
    Endpoint(
        "GET",
        "/nodes/{id}/timeline",
        "timeline",
        "The states and changes of a watch, with evidence",
        timeline,
        _LOOK,
        answer=Timeline,
        query=SpanQuery,
        also=_AWAY,
    ),
)
