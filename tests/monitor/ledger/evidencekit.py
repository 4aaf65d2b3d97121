"""A ledger with something in every table, and somebody who owns the file and changes it behind our back."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ledgerkit import (
    STREAM,
    T0,
    append,
    change,
    deed,
    down,
    file_of,
    judge_all,
    order,
    outage,
    said,
    sight,
    snapshot,
    url_of,
)

from monitor.ledger import ChainHead, Ledger, Signer
from monitor.ledger.findings import Finding
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import Verified, verify
from monitor.model import actions
from monitor.model.decisions import Action, Decision
from monitor.model.observations import State
from monitor.model.outages import Attribution

DAY = 86_400_000
ALERTS = "quanshi:maoming:alerts"
DAYS = 140
"""So many days an aged ledger has seen: enough to let the first thirty go."""

PLANNED = {
    "kind": "exclusion",
    "scope": {"nodes": ["cam-1"]},
    "reason": "planned_work",
    "start": "2026-12-05T01:00:00.000Z",
    "end": "2026-12-05T09:00:00.000Z",
    "note": "更换立杆",
}


def requested(name: str = "e1", person: str = "张三", at: int = T0) -> Decision:
    return Decision(name, Action.REQUEST, person, at, PLANNED)


def approved(name: str = "e1", person: str = "李四", at: int = T0 + 1) -> Decision:
    return Decision(name, Action.APPROVE, person, at, {})


def acted(action: str = "alert.ack", **fields: Any) -> actions.Action:
    usual = {"at": T0 + 7, "account": "zhang", "target": "0a1b2c3d", "outcome": actions.Outcome.OK}
    return actions.Action(
        action=action, **(usual | {"address": "10.1.2.3", "facts": {"note": "已派单"}} | fields)
    )


async def tell(ledger: Ledger, collector: str, at: int) -> None:
    """Facts of every kind, a gap and refusals among them."""
    payloads = [
        dataclasses.replace(change("cam-1", State.UP, at, old=State.UNKNOWN), not_before=None),
        change("cam-2", at=at + 10),
        sight(at, at + 10_000, collector=collector),
        sight(at + 20_000, at + 30_000, collector=collector, blind=True),
        sight(at + 40_000, at + 50_000, collector=collector),
        snapshot(at + 60_000, up=["cam-1"], others={"cam-2": down(at + 10), "cam-3": down(at + 50_000)}),
        change("cam-1", at=at + 70_000),
    ]
    events = [said(payload, n + 1, collector=collector) for n, payload in enumerate(payloads)]
    lost = said(change("cam-2", State.UP, at + 90_000), 12, collector=collector, oldest=12)
    refused = [(f"{at}-0", "no id"), (f"{at}-1", "b'odd'")]
    await append(ledger, *events, lost, refused=refused, recorded_at=at + 100_000)


async def fill(ledger: Ledger, signer: Signer) -> None:
    """Something of every kind; the last link is signed."""
    await ledger.checkpoint(signer, T0)
    await ledger.use_inventory("abc", {"nodes": [{"id": "cam-1", "name": "河西路口"}]}, T0)
    await ledger.use_inventory("def", {"nodes": []}, T0 + 1)
    await tell(ledger, "video-0of1", T0)
    await ledger.decide(requested())
    await ledger.decide(approved())
    await ledger.judge([outage()], T0)
    await judge_all(ledger, Attribution.OWN, "aaaaaaaaaa")
    await ledger.give(order())
    await ledger.record_alerts("monitor", ALERTS, "1-1", [said(deed(), collector="alert")], recorded_at=T0)
    await ledger.record_action(acted())
    await ledger.record_report({"month": "2026-10"}, "aaaa", T0 + 8, {"xlsx": "1234"})
    await ledger.checkpoint(signer, T0 + 9)


async def live_through(ledger: Ledger, signer: Signer, days: int = DAYS) -> None:
    """A camera that goes down and comes back, day by day; each day is signed."""
    for day in range(days):
        at, first = T0 + day * DAY, 1 + 3 * day
        events = [
            said(change("cam-1", State.DOWN, at), first, collector="video-1of2"),
            said(change("cam-1", State.UP, at + 1000), first + 1, collector="video-1of2"),
            said(sight(at, at + 5000, collector="video-1of2"), first + 2, collector="video-1of2"),
        ]
        await ledger.append("ledger", STREAM, f"{day}-1", events, recorded_at=at + 10_000)
        await judge_all(ledger)
        await ledger.checkpoint(signer, at + 20_000)


async def make_aged(folder: Path) -> None:
    """A ledger with everything in it, whose first month has left for ``archive``."""
    signer = Signer.of(folder)
    async with await Ledger.open(url_of(folder)) as ledger:
        await fill(ledger, signer)
        await live_through(ledger, signer)
        await tell(ledger, "video-late", T0 + DAYS * DAY)
        await judge_all(ledger, Attribution.OWN)
        assert await ledger.export_segment(folder / "archive", T0 + 35 * DAY)
        await ledger.checkpoint(signer, T0 + DAYS * DAY)


@contextmanager
def behind_our_back(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file as its owner may change it: no trigger stops him."""
    with closing(sqlite3.connect(file_of(folder))) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        connection.commit()


def tamper(folder: Path, *statements: str) -> None:
    with behind_our_back(folder) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def verified(folder: Path, public: str | None = None, expected: tuple[ChainHead, ...] = ()) -> Verified:
    return verify(SqliteSource(file_of(folder)), folder / "archive", public=public, expected=expected)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, int]]:
    """(kind, table, key, first link) of each finding."""
    return [(each.kind.value, each.table, each.key, each.first) for each in findings]
