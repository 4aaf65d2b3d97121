"""``/actions`` and ``/ledger``: what auditors look at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from monitor.access.roles import Permission
from monitor.ledger.rows import ActionRow
from monitor.ledger.trail import Wanted
from monitor.model.times import format_time
from monitor.web.api.common import ledger_of, moment_of
from monitor.web.endpoints import Call, Endpoint
from monitor.web.schemas.people import ActionDone, ActionList, ActionsQuery, Checkpoint, LedgerNow

_CHECKPOINTS: Final = 20


async def actions(call: Call[ActionsQuery, None]) -> ActionList:
    """The audit trail, the newest first."""
    wanted = Wanted(
        account=call.query.account,
        action=call.query.action,
        since=_moment(call, "since"),
        until=_moment(call, "until"),
    )
    found, total = await ledger_of(call).actions_page(wanted, call.query.limit, call.query.offset)
    return ActionList(actions=[_shown(each) for each in found], total=total)


def _moment(call: Call[ActionsQuery, None], name: str) -> int | None:
    text: str | None = getattr(call.query, name)
    return None if text is None else moment_of(name, text)


def _shown(row: ActionRow) -> ActionDone:
    action = row.action
    return ActionDone(
        link=row.link,
        at=format_time(action.at),
        account=action.account,
        action=action.action,
        target=action.target,
        outcome=action.outcome.value,
        address=action.address,
        facts=dict(action.facts),
    )


async def ledger(call: Call[None, None]) -> LedgerNow:
    """How far the chain reaches, and who vouches for it."""
    store, signer = ledger_of(call), call.context.signer
    head = await store.head()
    return LedgerNow(
        links=head.links,
        head=head.hash,
        key="" if signer is None else signer.public,
        fingerprint="" if signer is None else signer.fingerprint,
        checkpoints=[
            Checkpoint(link=each.link, hash=each.hash, at=format_time(each.at), fingerprint=each.fingerprint)
            for each in await store.checkpoints(_CHECKPOINTS)
        ],
        segments=[_segment(each) for each in await store.segments()],
        gaps=len(await store.gaps()),
        refusals=len(await store.refusals()),
    )


def _segment(row: Any) -> dict[str, Any]:
    return {**asdict(row), "until": format_time(row.until), "exported_at": format_time(row.exported_at)}


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/actions",
        "actions",
        "The audit trail",
        actions,
        Permission.AUDIT,
        answer=ActionList,
        query=ActionsQuery,
    ),
    Endpoint("GET", "/ledger", "ledger", "The chain of evidence", ledger, Permission.AUDIT, answer=LedgerNow),
)
