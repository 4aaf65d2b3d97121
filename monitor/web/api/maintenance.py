"""``/maintenance`` and ``/corrections``: asked for by one person, approved by another (four eyes)."""

from __future__ import annotations

from typing import Any, Final

from monitor.access.roles import Permission
from monitor.config.atlas import Atlas
from monitor.desk import decisions
from monitor.desk.decisions import Decided as DecidedRow
from monitor.desk.decisions import Wish
from monitor.live.maintenance import above_of
from monitor.model.decisions import DecisionError, Exclusion, is_same_person
from monitor.model.decisions import Reason as ReasonName
from monitor.model.nodes import Watch
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.times import format_time
from monitor.web.api.alerts import scope_of
from monitor.web.api.common import ledger_of, moment_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.work import CorrectionWish, Decided, DecidedList, MaintenanceWish, Scope

LONGEST: Final = 366 * 86_400_000
"""Milliseconds that one request covers at most: more is a mistake in the year."""


async def maintenance(call: Call[None, None]) -> DecidedList:
    """All exclusions and corrections, the newest first."""
    found = await decisions.all_of(ledger_of(call))
    return DecidedList(decisions=[_shown(call, one) for one in found])


async def ask(call: Call[None, MaintenanceWish]) -> Decided:
    """Ask for time to be left out. It counts once somebody else has approved it."""
    wanted = call.body
    call.facts = {"start": wanted.start, "end": wanted.end, "reason": wanted.reason}
    scope = scope_of(call, wanted.scope, everything=wanted.everything)
    wish = Wish(_span(wanted.start, wanted.end), call.who.account, None, wanted.note)
    return await _decided(
        call, decisions.request_exclusion(ledger_of(call), scope, ReasonName(wanted.reason), wish)
    )


async def correct(call: Call[None, CorrectionWish]) -> Decided:
    """Ask for a state to be put right. Both numbers are kept."""
    wanted = call.body
    call.facts = {"node": wanted.node, "start": wanted.start, "end": wanted.end, "state": wanted.state}
    span = _span(wanted.start, wanted.end)
    if span[1] > call.now:
        raise Refused(400, "更正只能针对过去", "only what is past can be put right")
    wish = Wish(span, call.who.account, None, wanted.note)
    watch = (wanted.node, wanted.network)
    return await _decided(
        call,
        decisions.request_correction(ledger_of(call), call.context.site, watch, State(wanted.state), wish),
    )


def _span(start: str, end: str) -> Span:
    first, last = moment_of("start", start), moment_of("end", end)
    if not first < last <= first + LONGEST:
        raise Refused(400, "开始须早于结束，且不超过 366 天", "start comes before end, by 366 days at most")
    return first, last


async def approve(call: Call[None, None]) -> Decided:
    """Approve what somebody else asked for."""
    one = await _known(call)
    if one.signed.approved:
        raise Refused(
            409,
            f"已由 {one.signed.approved_by} 批准",
            f"{one.signed.approved_by} has approved this already",
        )
    if is_same_person(one.signed.requested_by, call.who.account):
        raise Refused(409, "批准人不得为申请人", "who approves is somebody else than who asked")
    return await _decided(call, decisions.approve(ledger_of(call), one.id, call.who.account))


async def end(call: Call[None, None]) -> Decided:
    """End an exclusion before its time."""
    one = await _known(call)
    return await _decided(call, decisions.end(ledger_of(call), one.id, call.who.account))


async def _known(call: Call[Any, Any]) -> DecidedRow:
    """The decision of the path. Raises Refused (404)."""
    call.target = name = call.path["id"]
    for one in await decisions.all_of(ledger_of(call)):
        if one.id == name:
            return one
    raise Refused(404, f"没有申请 {name}", f"there is no request {name}")


async def _decided(call: Call[Any, Any], deciding: Any) -> Decided:
    """Take the decision and tell viewers. Raises Refused (409) for one that may not be taken."""
    try:
        one: DecidedRow = await deciding
    except DecisionError as error:
        raise Refused(409, *error.said) from error
    call.target = one.id
    call.context.hub.say("decision", {"id": one.id})
    return _shown(call, one)


def _shown(call: Call[Any, Any], one: DecidedRow) -> Decided:
    signed = one.signed
    return Decided(
        id=one.id,
        kind="exclusion" if isinstance(one, Exclusion) else "correction",
        scope=Scope(**one.scope.to_json()) if isinstance(one, Exclusion) else None,
        node=None if isinstance(one, Exclusion) else one.node,
        network=None if isinstance(one, Exclusion) else one.network,
        state=None if isinstance(one, Exclusion) else one.state.value,
        reason=one.reason.value if isinstance(one, Exclusion) else None,
        start=format_time(one.start),
        end=format_time(one.end),
        note=one.note,
        requested_by=signed.requested_by,
        requested_at=format_time(signed.requested_at),
        approved_by=signed.approved_by,
        approved_at=None if signed.approved_at is None else format_time(signed.approved_at),
        retroactive=isinstance(one, Exclusion) and one.retroactive,
        standing=decisions.standing(one, decisions.present()),
        watches=_covered(call, one) if isinstance(one, Exclusion) else 1,
    )


def _covered(call: Call[Any, Any], one: Exclusion) -> int:
    """How many watches it covers, by the node list of now."""
    site = call.context.site
    atlas = Atlas(site.regions)

    def holds(watch: Watch) -> bool:
        above = above_of(site.inventory.nodes, watch.node.id, watch.network) if one.scope.parents else ()
        return one.scope.holds(watch.node, watch.network, atlas.around(watch.node.region), above)

    return sum(holds(watch) for watch in call.context.live.board.watches)


_MAY_NOT: Final = {409: "it may not be decided like this"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/maintenance",
        "maintenance",
        "Exclusions and corrections",
        maintenance,
        Permission.LOOK,
        answer=DecidedList,
        also={503: "the ledger is away"},
    ),
    Endpoint(
        "POST",
        "/maintenance",
        "ask_maintenance",
        "Ask for time to be left out",
        ask,
        Permission.OPERATE,
        answer=Decided,
        body=MaintenanceWish,
        action="maintenance.ask",
        also=_MAY_NOT,
    ),
    Endpoint(
        "POST",
        "/corrections",
        "ask_correction",
        "Ask for a state to be put right",
        correct,
        Permission.OPERATE,
        answer=Decided,
        body=CorrectionWish,
        action="correction.ask",
        also=_MAY_NOT,
    ),
    Endpoint(
        "POST",
        "/maintenance/{id}/approve",
        "approve",
        "Approve a request",
        approve,
        Permission.APPROVE,
        answer=Decided,
        action="maintenance.approve",
        also=_MAY_NOT,
    ),
    Endpoint(
        "POST",
        "/maintenance/{id}/end",
        "end_maintenance",
        "End an exclusion before its time",
        end,
        Permission.OPERATE,
        answer=Decided,
        action="maintenance.end",
        also=_MAY_NOT,
    ),
)
