"""Which revision of a report a file holds, by the word of a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    checked.newest = max(known, default=None)
    checked.flaws += against_known(known, checked.proof.revision, checked.proof.digest)


def against_known(known: Mapping[int, str], revision: int, digest: str) -> Iterator[Flaw]:
    """Whether a report is the revision that it says. ``known``: digests of its question by their revision."""
    if known and known.get(revision) != digest:
        zh = f"台账中的修订 {revision} 不是这份报告"
        en = f"revision {revision} in the ledger is not this report"
        yield Flaw("proof", Said(zh, en))
