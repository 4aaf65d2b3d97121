"""A little city with a day of past: in the ledger, and shown as a monitor would that had heard all of it.

``NOW`` is a quarter of an hour and a second. Of the last 26 hours one was unseen, three to two hours ago.
``cam-1`` was down five to four hours ago. For an hour the switch is down, and ``cam-2`` behind it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from api_kit import Begun, Desk, desk_of
from small_site import Voice, camera, write_site

from monitor.config import Site, load_site
from monitor.model.changes import Evidence
from monitor.model.events import Change, Event
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Outage, OutageKind, Phase

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
QUARTER = 15 * MINUTE

POINT = "44090200001320000001"
"""``cam-1``: the place has a code (GB/T 28181-2022 annex E)."""

OUTAGE = "outage0001"
PLACE = {"lon": "110.925512", "lat": "21.6629"}
REGIONS = """code,name,parent
440902,茂南区,440900
440902001,站前街道,440902
440904,电白区,440900
440900,茂名市,
"""
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def site_of(folder: Path) -> Site:
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    nodes = [
        camera(POINT, name="站前路口", region="440902001", contractor="甲公司", **PLACE),
        camera("cam-2", name="电白西门", region="440904", parent="sw", **{"class": "2"}),
        camera("cam-3", name="电白东门", region="440904", parent="sw", contractor="乙公司"),
        camera("sw", kind="switch", region="440904", level="county", **{"class": ""}),
        camera("core", "video;police", kind="platform", level="city", **{"class": ""}),
    ]
    phones = {"contractors": {"甲公司": {"phone": "0668-1234567"}}}
    (folder / "alerts.yaml").write_text(json.dumps(phones))
    path = write_site(folder, nodes, networks=networks)
    (folder / "regions.csv").write_text(REGIONS, encoding="utf-8")
    return load_site(path)


@asynccontextmanager
async def city_of(folder: Path, begun: Begun) -> AsyncIterator[Desk]:
    """The city's desk; its clock stands still."""
    async with desk_of(site_of(folder), begun) as desk:
        now = desk.context.live.clock() // QUARTER * QUARTER + SECOND
        desk.context.live.clock = lambda: now
        inventory = desk.site.inventory
        await desk.ledger.use_inventory(inventory.digest, inventory.to_json(), now - 100 * 24 * HOUR)
        await hear(desk, *video(now))
        await hear(desk, *police(now))
        await blame(desk, now)
        yield desk


async def hear(desk: Desk, *events: Event) -> None:
    """Into the ledger, and from there shown."""
    await desk.ledger.append("monitor", "facts", f"{events[-1].id.sequence}-0", events)
    for event in events:
        desk.context.live.apply(event)


def video(now: int) -> list[Event]:
    voice, first = Voice(), now - 26 * HOUR
    said = [voice.turns(node, UNKNOWN, UP, first) for node in (POINT, "cam-2", "cam-3", "sw", "core")]
    said += [voice.turns(POINT, UP, DOWN, now - 5 * HOUR, Cause.TIMEOUT)]
    said += [voice.turns(POINT, DOWN, UP, now - 4 * HOUR), voice.turns("sw", UP, DOWN, now - HOUR)]
    fell = now - HOUR
    seen = Evidence("ping", fell, ok=False, cause=Cause.NO_REPLY, duration=2.0, node="sw")
    behind = Change(
        "cam-2", "video", UP, DOWN, fell, fell - 5000, fell + 7000, Cause.NO_REPLY, "ping", (seen,)
    )
    said += [voice.say(behind, fell + 7000)]
    return [*said, voice.sees(first, now - 3 * HOUR), voice.sees(now - 2 * HOUR, now - SECOND)]


def police(now: int) -> list[Event]:
    voice = Voice("police")
    return [voice.turns("core", UNKNOWN, UP, now - 2 * HOUR), voice.sees(now - 2 * HOUR, now - SECOND)]


async def blame(desk: Desk, now: int) -> None:
    """The switch is the root of an outage."""
    waiting = {(row.change.node, row.change.at): row.id for row in await desk.ledger.unjudged()}
    outage = Outage(
        id=OUTAGE,
        phase=Phase.OPENED,
        kind=OutageKind.NODE,
        network="video",
        root="sw",
        name="电白交换机",
        region="440904",
        contractor="",
        at=now - HOUR,
        not_before=now - HOUR - 1000,
        detected_at=now - HOUR + 500,
        cause=Cause.REFUSED,
        affected=2,
        behind=2,
        classes={2: 1},
        nodes=("sw", "cam-2"),
    )
    fell = now - HOUR
    verdicts = [
        Blame(waiting[POINT, now - 5 * HOUR], POINT, "video", now - 5 * HOUR, Attribution.OWN),
        Blame(waiting[POINT, now - 4 * HOUR], POINT, "video", now - 4 * HOUR, None),
        outage,
        Blame(waiting["sw", fell], "sw", "video", fell, Attribution.OWN, OUTAGE),
        Blame(waiting["cam-2", fell], "cam-2", "video", fell, Attribution.UPSTREAM, OUTAGE),
    ]
    await desk.ledger.judge(verdicts, now)
    desk.context.live.outages.take(verdicts)
