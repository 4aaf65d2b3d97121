"""``quanshi maintenance``: who decides, as the audit trail keeps it, and what is printed."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Final

from monitor.commands.here import HERE, SYSTEM_USER, system_user
from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.desk import decisions
from monitor.desk.decisions import Decided, standing
from monitor.ledger.ledger import Ledger
from monitor.ledger.trail import Wanted
from monitor.model.actions import Action, Outcome
from monitor.model.decisions import DecisionError, Exclusion
from monitor.model.times import wall_clock
from monitor.reports.look import moment
from monitor.reports.words import REASONS, WORDS
from monitor.trouble import Said
from monitor.words import STATES

_STANDING: Final = {
    "waiting": Said("待批准", "waits for approval"),
    "coming": Said("未开始", "to come"),
    "now": Said("进行中", "now"),
    "over": Said("已结束", "over"),
}


_ASKING: Final = ("maintenance.ask", "correction.ask")
_MOST: Final = 100_000
"""So many actions are looked through for the one that asked."""


async def recorded(
    ledger: Ledger, action: str, person: str, deciding: Awaitable[Decided], target: str = ""
) -> Decided:
    """Decide, and record who did it as which user of the system; also what was refused.

    Raises DecisionError for that.
    """
    line = Action(wall_clock(), person, action, target, Outcome.OK, HERE, {SYSTEM_USER: system_user()})
    try:
        one = await deciding
    except DecisionError:
        await ledger.record_action(replace(line, outcome=Outcome.REFUSED))
        raise
    await ledger.record_action(replace(line, target=one.id))
    return one


async def approve(ledger: Ledger, name: str, person: str | None) -> Decided:
    """Approve as another user of the system than the one that asked, or in the name of ``person``.

    Raises DecisionError.
    """
    if person is None and await _asker(ledger, name) == system_user():
        zh = f"{name} 由系统用户 {system_user()} 申请：请换一个系统用户批准，或用 --by 写明批准人"
        en = f"{system_user()} asked for {name}: another system user approves it, or --by names who does"
        raise DecisionError(Said(zh, en))
    return await decisions.approve(ledger, name, person or system_user())


async def _asker(ledger: Ledger, name: str) -> str | None:
    """The user of the system that asked for it at a machine; None: it was asked for on the pages."""
    for asking in _ASKING:
        for row in await ledger.actions(Wanted(action=asking), _MOST):
            if row.action.target == name and SYSTEM_USER in row.action.facts:
                return str(row.action.facts[SYSTEM_USER])
    return None


def tell(one: Decided, site: Site, now: int) -> str:
    """Two lines for people: what, when, how it stands, whether it was approved afterwards; and who."""
    language, zone = site.language, site.zone
    if isinstance(one, Exclusion):
        what = REASONS[one.reason].told(language)
        parts = one.scope.to_json().values()
        where = ", ".join(value for values in parts for value in values) or Said("全市", "all").told(language)
    else:
        what, where = f"→ {STATES[language][one.state]}", f"{one.node} {one.network}"
    span = f"{moment(one.start, zone):%Y-%m-%d %H:%M} – {moment(one.end, zone):%Y-%m-%d %H:%M}"
    stands = _STANDING[standing(one, now)].told(language)
    if isinstance(one, Exclusion) and one.retroactive:
        # Reports mark it too: who approves what is past already knows what it does to the figures.
        stands += f"  {WORDS['afterwards'].told(language)}"
    first = f"{one.id}  {span}  {what}  {stands}"
    who = " → ".join(filter(None, (one.signed.requested_by, one.signed.approved_by)))
    note = f"  {printable(one.note)}" if one.note else ""
    return f"{first}\n    {printable(where)}  {printable(who)}{note}"
