"""Which revision of a report a file holds, by the word of a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.ledger.records import question_key
from monitor.model.said import Said
from monitor.reports.check import Checked
from monitor.reports.flaws import Flaw
from monitor.reports.make import question_of


def hold_against(checked: Checked, recorded: Iterable[Mapping[str, Any]]) -> None:
    """Note the newest revision, and whether this one is what it says. ``recorded``: the table ``reports``.

    A ledger that knows no report of this question says nothing: it may be another site's, or an older copy.
    """
    key = question_key(question_of(checked.report))
    known = {
        row["revision"]: row["digest"]
        for row in recorded
        if row["key"] == key and isinstance(row["revision"], int)
    }
    if not known:
        return
    checked.newest = max(known)
    proof = checked.proof
    if known.get(proof.revision) != proof.digest:
        zh = f"台账中的修订 {proof.revision} 不是这份报告"
        en = f"revision {proof.revision} in the ledger is not this report"
        checked.flaws.append(Flaw("proof", Said(zh, en)))
