"""``/alerts`` and ``/silences``: what was told, who takes care of it, and what to be silent about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from monitor.access.roles import Permission
from monitor.desk import decisions, orders
from monitor.desk.orders import Known
from monitor.ledger.rows import AlertRecordRow
from monitor.model.decisions import DecisionError
from monitor.model.decisions import Scope as ScopeRow
from monitor.model.deeds import Did
from monitor.model.orders import Order, OrderError, OrderKind
from monitor.model.times import format_time
from monitor.web.api.common import ledger_of, moment_of, person_of, words_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.base import Done, ShortPage
from monitor.web.schemas.work import (
    AlertList,
    AlertNow,
    AlertsQuery,
    AlertStory,
    Assign,
    Delivery,
    Note,
    Noted,
    NoteGiven,
    Scope,
    Silence,
    SilenceList,
    SilenceWish,
)

_RECORDS: Final = 500
_NOTES: Final = (OrderKind.ACK, OrderKind.ASSIGN, OrderKind.NOTE)


async def alerts(call: Call[AlertsQuery, None]) -> AlertList:
    """Those that go on, on wish those that are over too; the newest first."""
    query, known = call.query, await call.context.alerts.all(ledger_of(call))
    found = [one for one in known if _is_meant(one, query)]
    rules = {_rule(one) for one in known} | {rule.name for rule in call.context.site.alerting.rules}
    page = found[query.offset : query.offset + query.limit]
    return AlertList(alerts=[shown(call, one) for one in page], total=len(found), rules=sorted(rules))


def _is_meant(one: Known, query: AlertsQuery) -> bool:
    return (
        not (query.open and one.resolved_at is not None)
        and query.severity in (None, _text(one, "severity"))
        and query.rule in (None, _rule(one))
        and query.network in (None, _text(one, "network"))
    )


def _text(one: Known, name: str) -> str | None:
    value = one.facts.get(name)
    return value if isinstance(value, str) and value else None


def _rule(one: Known) -> str:
    return _text(one, "rule") or one.key.partition("/")[0]


def shown(call: Call[Any, Any], one: Known) -> AlertNow:
    """An alert for the pages. Channels are called after people, and their errors may hold numbers."""
    return AlertNow(
        id=one.id,
        rule=_rule(one),
        severity=_text(one, "severity") or "",
        title=_text(one, "title") or one.key,
        subject=one.key,
        network=_text(one, "network"),
        node=_text(one, "node"),
        region=_text(one, "region"),
        outage=_text(one, "outage"),
        fired_at=format_time(one.fired_at),
        since=format_time(one.since),
        resolved_at=None if one.resolved_at is None else format_time(one.resolved_at),
        acked_by=person_of(call, one.acked_by) or None,
        assigned_to=person_of(call, one.assigned_to) or None,
        silent=one.silent,
        delivered=sorted(one.delivered) if call.is_known else [],
        failed=one.failed if call.is_known else {},
    )


async def alert(call: Call[None, None]) -> AlertStory:
    """One alert: whom it reached and whom not, and what was said of it."""
    ledger, name = ledger_of(call), call.path["id"]
    one = await _known(call, name)
    records = await ledger.alert_records(name, _RECORDS)
    return AlertStory(
        alert=shown(call, one),
        deliveries=list(_deliveries(records)) if call.is_known else [],
        notes=notes_of(call, await ledger.orders(), {name}),
    )


async def _known(call: Call[Any, Any], name: str) -> Known:
    """The alert with this id. Raises Refused (404)."""
    for one in await call.context.alerts.all(ledger_of(call)):
        if one.id == name:
            return one
    raise Refused(404, f"没有告警 {name}", f"there is no alert {name}")


def _deliveries(records: Iterable[AlertRecordRow]) -> Iterable[Delivery]:
    for row in records:
        what, facts = row.body.get("what"), row.body.get("facts", {})
        if what in (Did.DELIVERED.value, Did.FAILED.value):
            yield Delivery(
                channel=str(facts.get("channel", "")),
                outcome="delivered" if what == Did.DELIVERED.value else "failed",
                at=format_time(row.time),
                error=str(facts.get("error", "")),
            )


def notes_of(call: Call[Any, Any], given: Iterable[Order], targets: set[str]) -> list[Noted]:
    """What people said of these, the oldest first; to who has not logged in nothing."""
    if not call.is_known:
        return []
    return [
        Noted(
            person=order.person,
            at=format_time(order.at),
            kind="ack"
            if order.kind is OrderKind.ACK
            else "note"
            if order.kind is OrderKind.NOTE
            else "assign",
            text=order.note,
            to=order.to,
        )
        for order in given
        if order.kind in _NOTES and order.target in targets
    ]


# -- what is done about it


async def ack(call: Call[None, Note]) -> AlertNow:
    """Take care of it: it is not repeated and not escalated any more. Its end is told all the same."""
    one = await _open(call)
    if one.acked_by:
        raise Refused(409, f"{one.acked_by} 已确认该告警", f"{one.acked_by} has acknowledged this already")
    return await _given(call, orders.acknowledge(ledger_of(call), one.id, call.who.account, call.body.note))


async def assign(call: Call[None, Assign]) -> AlertNow:
    """Say who is to take care of it."""
    one = await _open(call)
    call.facts = {"to": call.body.to}
    wanted = call.body
    return await _given(
        call, orders.assign(ledger_of(call), one.id, call.who.account, wanted.to, wanted.note)
    )


async def note(call: Call[None, NoteGiven]) -> AlertNow:
    """Write something down about it."""
    call.target = call.path["id"]
    one = await _known(call, call.path["id"])
    return await _given(call, orders.note(ledger_of(call), one.id, call.who.account, call.body.note))


async def _open(call: Call[Any, Any]) -> Known:
    call.target = call.path["id"]
    one = await _known(call, call.path["id"])
    if one.resolved_at is not None:
        raise Refused(409, "该告警已恢复", "this alert is over")
    return one


async def _given(call: Call[Any, Any], giving: Any) -> AlertNow:
    """Give the order; the alert as it is then. What may not be given is refused (409)."""
    order = await given(call, giving)
    one = await _known(call, order.target)
    return shown(call, one)


async def given(call: Call[Any, Any], giving: Any) -> Order:
    """Give an order, and tell viewers of it. Raises Refused (409)."""
    try:
        order: Order = await giving
    except OrderError as error:
        raise Refused(409, *error.said) from error
    call.context.alerts.forget()
    call.context.hub.say("order", {"id": order.id, "kind": order.kind.value, "target": order.target})
    return order


# -- silences


async def silences(call: Call[ShortPage, None]) -> SilenceList:
    """Those that go on, the newest first."""
    found = await orders.silences(ledger_of(call))
    page = found[call.query.offset : call.query.offset + call.query.limit]
    return SilenceList(silences=[_silence(call, each) for each in page], total=len(found))


async def be_silent(call: Call[None, SilenceWish]) -> Silence:
    """Start no new alert about something for a while. What was told has its end told."""
    wanted = call.body
    call.facts = {"until": wanted.until, "rules": wanted.rules}
    known = {rule.name for rule in call.context.site.alerting.rules}
    wrong = [rule for rule in wanted.rules if rule not in known]
    if wrong:
        raise Refused(
            400,
            f"没有规则 {', '.join(wrong)}；可用：{', '.join(sorted(known))}",
            f"no rule {', '.join(wrong)}; there are {', '.join(sorted(known))}",
        )
    meant = scope_of(call, wanted.scope, everything=wanted.everything)
    until = moment_of("until", wanted.until)
    if until <= call.now:
        raise Refused(400, "静默的结束时间须在将来", "a silence ends in the future")
    silence = orders.Silence(meant, tuple(wanted.rules), until, call.who.account, wanted.note)
    order = await given(call, orders.be_silent(ledger_of(call), silence))
    call.target = order.id
    return _silence(call, order)


def scope_of(call: Call[Any, Any], scope: Scope, *, everything: bool) -> ScopeRow:
    """What is meant, each part known to the site. Raises Refused (400) for others, and for none."""
    parts: Mapping[str, list[str]] = scope.model_dump()
    try:
        return decisions.scope_of(call.context.site, parts, everything=everything)
    except DecisionError as error:
        raise Refused(400, *error.said) from error


async def end_silence(call: Call[None, None]) -> Done:
    call.target = name = call.path["id"]
    if name not in {one.id for one in await orders.silences(ledger_of(call))}:
        raise Refused(404, f"没有进行中的静默 {name}", f"no silence {name} goes on")
    await given(call, orders.end_silence(ledger_of(call), name, call.who.account))
    return Done()


def _silence(call: Call[Any, Any], order: Order) -> Silence:
    return Silence(
        id=order.id,
        scope=Scope(**order.scope.to_json()),
        rules=list(order.rules),
        until=format_time(order.until or 0),
        person=person_of(call, order.person),
        at=format_time(order.at),
        note=words_of(call, order.note),
    )


_LOOK: Final = Permission.LOOK
_OPERATE: Final = Permission.OPERATE
_TAKEN: Final = {409: "it is over, or somebody was faster"}

ENDPOINTS: Final = (
    Endpoint("GET", "/alerts", "alerts", "Alerts", alerts, _LOOK, answer=AlertList, query=AlertsQuery),
    Endpoint("GET", "/alerts/{id}", "alert", "One alert", alert, _LOOK, answer=AlertStory),
    Endpoint(
        "POST",
        "/alerts/{id}/ack",
        "ack",
        "Acknowledge an alert",
        ack,
        _OPERATE,
        answer=AlertNow,
        body=Note,
        action="alert.ack",
        also=_TAKEN,
    ),
    Endpoint(
        "POST",
        "/alerts/{id}/assign",
        "assign",
        "Assign an alert",
        assign,
        _OPERATE,
        answer=AlertNow,
        body=Assign,
        action="alert.assign",
        also=_TAKEN,
    ),
    Endpoint(
        "POST",
        "/alerts/{id}/note",
        "note",
        "Note something about an alert",
        note,
        _OPERATE,
        answer=AlertNow,
        body=NoteGiven,
        action="alert.note",
        also=_TAKEN,
    ),
    Endpoint(
        "GET",
        "/silences",
        "silences",
        "Silences that go on",
        silences,
        _LOOK,
        answer=SilenceList,
        query=ShortPage,
    ),
    Endpoint(
        "POST",
        "/silences",
        "be_silent",
        "Be silent about something",
        be_silent,
        _OPERATE,
        answer=Silence,
        body=SilenceWish,
        action="silence.begin",
        also=_TAKEN,
    ),
    Endpoint(
        "DELETE",
        "/silences/{id}",
        "end_silence",
        "End a silence",
        end_silence,
        _OPERATE,
        answer=Done,
        action="silence.end",
        also=_TAKEN,
    ),
)
