"""``quanshi maintenance``: what it prints."""

from __future__ import annotations

from typing import Final

from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.desk.decisions import Decided, standing
from monitor.model.decisions import Exclusion
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
