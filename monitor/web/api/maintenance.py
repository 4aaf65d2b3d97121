"""``/maintenance`` and ``/corrections``: asked for by one person, approved by another (four eyes)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from monitor.access.roles import Permission
from monitor.desk import decisions
from monitor.desk.decisions import Decided as DecidedRow
from monitor.desk.decisions import Wish
from monitor.model.decisions import DecisionError, Exclusion, is_same_person
from monitor.model.decisions import Reason as ReasonName
from monitor.model.decisions import Scope as ScopeRow
from monitor.model.observations import State
from monitor.model.spans import Span
from monitor.model.times import format_time, wall_clock
from monitor.web.api.alerts import scope_of
from monitor.web.api.common import ledger_of, moment_of, person_of, words_of
from monitor.web.api.session import access_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.base import ShortPage
from monitor.web.schemas.work import CorrectionWish, Decided, DecidedList, MaintenanceWish, Scope

LONGEST: Final = 366 * 86_400_000
"""Milliseconds that one request covers at most: more is a mistake in the year."""


async def maintenance(call: Call[ShortPage, None]) -> DecidedList:
    """Exclusions and corrections, the newest first."""
    found, total = await decisions.page_of(ledger_of(call), call.query.limit, call.query.offset)
    covered = await _covered(call, found)
    return DecidedList(decisions=[_shown(call, one, covered) for one in found], total=total)


async def ask(call: Call[None, MaintenanceWish]) -> Decided:
    """Ask for time to be left out. It counts once somebody else has approved it."""
    wanted = call.body
    call.facts = {"start": wanted.start, "end": wanted.end, "reason": wanted.reason}
    scope = scope_of(call, wanted.scope, everything=wanted.everything)
    wish = Wish(_span(wanted.start, wanted.end), call.who.account, wanted.note)
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
    wish = Wish(span, call.who.account, wanted.note)
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
    if await _is_own(call, one):
        raise Refused(
            409,
            "批准人不得为申请人；姓名相同即视为同一人，如确为两人，请安全管理员在姓名中区分",
            "who approves is somebody else than who asked; accounts of the same name are one person's, "
            "unless the security administrator tells them apart by their names",
        )
    return await _decided(call, decisions.approve(ledger_of(call), one.id, call.who.account))


async def _is_own(call: Call[Any, Any], one: DecidedRow) -> bool:
    """Whether it was the same person who asked, under whatever account."""
    asked = one.signed.requested_by
    theirs = {asked, await access_of(call).name_of(asked)} - {""}
    mine = {call.who.account, call.who.name}
    return any(is_same_person(their, my) for their in theirs for my in mine)


async def end(call: Call[None, None]) -> Decided:
    """End an exclusion before its time."""
    one = await _known(call)
    return await _decided(call, decisions.end(ledger_of(call), one.id, call.who.account))


async def _known(call: Call[Any, Any]) -> DecidedRow:
    """The decision of the path. Raises Refused (404)."""
    call.target = name = call.path["id"]
    found = await decisions.one_of(ledger_of(call), name)
    if found is None:
        raise Refused(404, f"没有申请 {name}", f"there is no request {name}")
    return found


async def _decided(call: Call[Any, Any], deciding: Any) -> Decided:
    """Take the decision and tell viewers. Raises Refused (409) for one that may not be taken."""
    try:
        one: DecidedRow = await deciding
    except DecisionError as error:
        raise Refused(409, *error.said) from error
    call.target = one.id
    call.context.hub.say("decision", {"id": one.id})
    return _shown(call, one, await _covered(call, [one]))


def _shown(call: Call[Any, Any], one: DecidedRow, covered: Mapping[ScopeRow, int]) -> Decided:
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
        note=words_of(call, one.note),
        requested_by=person_of(call, signed.requested_by),
        requested_at=format_time(signed.requested_at),
        approved_by=person_of(call, signed.approved_by or "") or None,
        approved_at=None if signed.approved_at is None else format_time(signed.approved_at),
        retroactive=isinstance(one, Exclusion) and one.retroactive,
        standing=decisions.standing(one, wall_clock()),
        watches=covered[one.scope] if isinstance(one, Exclusion) else 1,
    )


async def _covered(call: Call[Any, Any], found: Iterable[DecidedRow]) -> Mapping[ScopeRow, int]:
    """How many watches they cover, by the node list of now."""
    scopes = {one.scope for one in found if isinstance(one, Exclusion)}
    return await call.context.coverage.of(call.context.site, call.context.live.board, scopes)


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
        query=ShortPage,
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
