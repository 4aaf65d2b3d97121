"""``/outages``: what is down for one common reason, now and before."""

from __future__ import annotations

from typing import Any, Final

from monitor.access.roles import Permission
from monitor.config.atlas import Atlas
from monitor.desk import orders
from monitor.ledger.rows import MemberRow
from monitor.live.states import Live
from monitor.model.nodes import post_of
from monitor.model.outages import Outage, OutageKind, Phase
from monitor.model.times import format_time
from monitor.web.api.alerts import given, notes_of
from monitor.web.api.common import NOT_TOLD, Told, ledger_of, moment_of, one_of, outage_now, person_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.base import Done, Page
from monitor.web.schemas.work import (
    Assign,
    NoteGiven,
    OutageList,
    OutageMember,
    OutageMembers,
    OutagesQuery,
    OutageStory,
    OutageTold,
)

DAY: Final = 86_400_000
USUAL: Final = 7 * DAY
LONGEST: Final = 400 * DAY


async def outages(call: Call[OutagesQuery, None]) -> OutageList:
    """Those that are open, the largest first; then those that are over, the latest first."""
    query, site = call.query, call.context.site
    found = [] if query.open is False else call.context.live.outages.all()
    if query.open is not True:
        found = [*found, *await _over(call)]
    if query.network is not None:
        one_of("network", query.network, site.networks)
        found = [each for each in found if each.network == query.network]
    if query.region is not None:
        atlas = Atlas(site.regions)
        found = [each for each in found if query.region in atlas.around(each.region)]
    page = found[query.offset : query.offset + query.limit]
    told = await told_of(call)
    return OutageList(
        outages=[outage_now(call.context, each, told.get(each.id, NOT_TOLD)) for each in page],
        total=len(found),
    )


async def _over(call: Call[OutagesQuery, None]) -> list[Outage]:
    since = call.now - USUAL if call.query.since is None else moment_of("since", call.query.since)
    if call.now - since > LONGEST:
        raise Refused(400, "since 不得早于 400 天前", "since lies 400 days back at most")
    last: dict[str, Outage] = {}
    for _, outage in await ledger_of(call).outages_told(since, call.now + DAY):
        last[outage.id] = outage
    closed = [each for each in last.values() if each.phase is Phase.CLOSED and not each.merged_into]
    return sorted(closed, key=lambda each: -(each.ended_at or 0))


async def told_of(call: Call[Any, Any]) -> dict[str, Told]:
    """By outage, what was told of it. Nothing while the ledger is not open."""
    if call.context.ledger is None:
        return {}
    known = await call.context.alerts.of_outages(call.context.ledger)
    return {
        outage: Told(one.id, person_of(call, one.acked_by) or None, person_of(call, one.assigned_to) or None)
        for outage, one in known.items()
    }


async def outage(call: Call[None, None]) -> OutageStory:
    """One outage with what was told of it, in order."""
    ledger, name = ledger_of(call), call.path["id"]
    history = await ledger.outage(name)
    if not history:
        raise Refused(404, f"没有故障 {name}", f"there is no outage {name}")
    told = (await told_of(call)).get(name, NOT_TOLD)
    last = history[-1][1]
    return OutageStory(
        outage=outage_now(call.context, last, told),
        history=[
            OutageTold(**outage_now(call.context, each, told).model_dump(), told_at=format_time(at))
            for at, each in history
        ],
        notes=notes_of(call, await ledger.orders(), {name, *([told.alert] if told.alert else [])}),
    )


async def members(call: Call[Page, None]) -> OutageMembers:
    """Whom an outage has hit, also one that is over."""
    ledger, name, page = ledger_of(call), call.path["id"], call.query
    history = await ledger.outage(name)
    if not history:
        raise Refused(404, f"没有故障 {name}", f"there is no outage {name}")
    last = history[-1][1]
    if last.kind is OutageKind.OBSERVER:
        unseen = _watched_by(call.context.live, last.root)
        found = [MemberRow(node, last.phase is not Phase.CLOSED) for node in unseen]
        part, total = found[page.offset : page.offset + page.limit], len(found)
    else:
        part, total = await ledger.members(name, page.limit, page.offset)
    nodes = call.context.site.inventory.nodes
    return OutageMembers(
        members=[
            OutageMember(
                node=each.node,
                name=nodes[each.node].label if each.node in nodes else each.node,
                still=each.still,
            )
            for each in part
        ],
        total=total,
    )


def _watched_by(live: Live, collector: str) -> list[str]:
    """Nobody is blamed for what was not seen: it is what the collector looks at, by the inventory of now."""
    post = post_of(collector)
    rows = () if post is None else live.board.rows_of_shard(*post)
    return [live.board.watches[row].node.id for row in rows]


async def note(call: Call[None, NoteGiven]) -> Done:
    """Write something down about an outage."""
    ledger, name = ledger_of(call), call.path["id"]
    call.target = name
    if not await ledger.outage(name):
        raise Refused(404, f"没有故障 {name}", f"there is no outage {name}")
    await given(call, orders.note(ledger, name, call.who.account, call.body.note))
    return Done()


async def assign(call: Call[None, Assign]) -> Done:
    """Say who is to take care of an outage: of the alert that was told of it."""
    name, wanted = call.path["id"], call.body
    call.target, call.facts = name, {"to": wanted.to}
    if not await ledger_of(call).outage(name):
        raise Refused(404, f"没有故障 {name}", f"there is no outage {name}")
    alert = (await told_of(call)).get(name, NOT_TOLD).alert
    if alert is None:
        raise Refused(409, "该故障尚无告警，无法指派", "no alert was told of this outage: nothing to assign")
    await given(call, orders.assign(ledger_of(call), alert, call.who.account, wanted.to, wanted.note))
    return Done()


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/outages",
        "outages",
        "Outages, open and past",
        outages,
        Permission.LOOK,
        answer=OutageList,
        query=OutagesQuery,
        also={503: "the ledger is away"},
    ),
    Endpoint("GET", "/outages/{id}", "outage", "One outage", outage, Permission.LOOK, answer=OutageStory),
    Endpoint(
        "GET",
        "/outages/{id}/members",
        "outage_members",
        "Whom an outage has hit",
        members,
        Permission.LOOK,
        answer=OutageMembers,
        query=Page,
    ),
    Endpoint(
        "POST",
        "/outages/{id}/note",
        "note_outage",
        "Note something about an outage",
        note,
        Permission.OPERATE,
        answer=Done,
        body=NoteGiven,
        action="outage.note",
        also={409: "it may not be noted"},
    ),
    Endpoint(
        "POST",
        "/outages/{id}/assign",
        "assign_outage",
        "Assign an outage",
        assign,
        Permission.OPERATE,
        answer=Done,
        body=Assign,
        action="outage.assign",
        also={409: "no alert was told of it, or that alert is over"},
    ),
)
