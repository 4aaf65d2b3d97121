"""Short words for the tests of the ledger: events as a collector would say them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from places import Database

from monitor.ledger import Appended, Ledger
from monitor.model.deeds import Deed, Did
from monitor.model.events import Change, Event, EventId, Evidence, Payload, Sight, Snapshot, Standing
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Attribution, Blame, Outage, OutageKind, Phase

HOUR = 3_600_000
T0 = 1_795_392_000_000 // HOUR * HOUR
"""The first millisecond of an hour."""

Place = Path | Database
"""Where a ledger is: the folder of its file, or a database of PostgreSQL."""

STREAM = "quanshi:maoming:facts"


def said(
    payload: Payload, sequence: int = 1, *, collector: str = "video-0of1", epoch: int = 1, oldest: int = 1
) -> Event:
    return Event(EventId(collector, epoch, sequence), "maoming", T0, payload, oldest)


def change(node: str = "cam-1", new: State = State.DOWN, at: int = T0, **fields: Any) -> Change:
    old = fields.pop("old", State.UP if new is not State.UP else State.DOWN)
    cause = fields.pop("cause", Cause.OK if new is State.UP else Cause.TIMEOUT)
    network = fields.pop("network", "video")
    evidence = (Evidence("rtsp", at, new is State.UP, cause, 0.25),)
    return Change(node, network, old, new, at, at - 1000, at + 2000, cause, "rtsp", evidence, **fields)


def sight(start: int, end: int, **fields: Any) -> Sight:
    usual = {
        "collector": "video-0of1",
        "network": "video",
        "shard": 0,
        "shards": 1,
        "watches": 10,
        "probes": 5,
        "inventory": "abc",
    }
    return Sight(start=start, end=end, **(usual | fields))


def snapshot(
    at: int, up: Iterable[str] = (), others: Mapping[str, Standing] | None = None, **fields: Any
) -> Snapshot:
    usual = {"collector": "video-0of1", "network": "video", "shard": 0, "shards": 1, "inventory": "abc"}
    return Snapshot(at=at, up=tuple(up), others=others or {}, **(usual | fields))


def down(at: int, cause: Cause = Cause.TIMEOUT) -> Standing:
    return Standing(State.DOWN, cause, at)


async def append(ledger: Ledger, *events: Event, position: str = "1-1", **fields: Any) -> Appended:
    """Recorded when it was said, if nothing else is."""
    sights = [event.payload.end for event in events if isinstance(event.payload, Sight)]
    fields = {"recorded_at": sights[-1] if sights else None} | fields
    return await ledger.append("ledger", STREAM, position, events, **fields)


async def judge_all(ledger: Ledger, attribution: Attribution | None = None, outage: str = "") -> None:
    """Everything that waits, judged alike."""
    waiting = await ledger.unjudged()
    await ledger.judge(
        [blame(row.id, row.change.node, row.change.at, attribution, outage) for row in waiting], T0
    )


def blame(
    change_id: int | None,
    node: str = "cam-1",
    at: int = T0,
    attribution: Attribution | None = Attribution.OWN,
    outage: str = "",
) -> Blame:
    return Blame(change_id, node, "video", at, attribution, outage)


def outage(name: str = "aaaaaaaaaa", phase: Phase = Phase.OPENED, **fields: Any) -> Outage:
    usual: dict[str, Any] = {
        "kind": OutageKind.NODE,
        "network": "video",
        "root": "sw-1",
        "name": "河西交换机",
        "region": "440902",
        "contractor": "甲公司",
        "at": T0,
        "not_before": T0 - 1000,
        "detected_at": T0 + 2000,
        "cause": Cause.TIMEOUT,
    }
    return Outage(name, phase, **(usual | fields))


def order(name: str = "o1", kind: OrderKind = OrderKind.ACK, **fields: Any) -> Order:
    return Order(name, kind, **({"person": "张三", "at": T0} | fields))


def deed(what: Did = Did.FIRED, alert: str = "0a1b2c3d") -> Deed:
    return Deed(what, alert, "outage/aaaaaaaaaa", T0, {"channel": "值班群"})


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def url_of(place: Place) -> str:
    return place.url if isinstance(place, Database) else f"sqlite+aiosqlite:///{file_of(place)}"


def rows(place: Place, query: str) -> list[tuple[Any, ...]]:
    """What another program finds there."""
    if isinstance(place, Database):
        return place.rows(query)
    with sqlite3.connect(file_of(place)) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found
