"""One cause, one message: whatever dies in the city, on-call hears once of it, and once that it is over."""

from __future__ import annotations

import csv
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from receiver import Receiver, receiver

from monitor.commands.demo_run import Demo, Wish
from monitor.demo.city import VIDEO, Intervals
from monitor.live.topology import Topology
from monitor.model.nodes import Kind, Level, Node

POINTS = 150
CONFIRMED_AND_TOLD = 5_000
"""Milliseconds from the root's confirmation to its one message (design §10)."""
QUIET = 6.0
"""Seconds without a further message after which none is expected any more."""


RELOADED = "reloaded"
ROLES = 4
"""Two collectors, the monitor and the alert role: each says so in the log."""

ROOTS = ((Kind.SWITCH, None), (Kind.SWITCH, Level.COUNTY), (Kind.SWITCH, Level.TOWN), (Kind.CAMERA, None))
"""The core above everything, a county, a town, a camera."""


def demo_of(folder: Path, hook: Receiver) -> Demo:
    # Leftovers are not gathered here: a flood must not hide in a digest.
    (folder / "alerts.yaml").write_text(
        f"channels: {{hook: {{type: webhook, url: '{hook.url}'}}}}\n"
        "routes: [{to: [hook], group_interval: 0s}]\n"
    )
    wish = Wish(points=POINTS, seed=7, heartbeats=False, page_port=0, intervals=Intervals(http=5.0))
    return Demo(wish, folder, tell=lambda _: None)


@pytest.mark.timeout(600)
def test_what_dies_is_told_once_and_its_return_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with receiver() as hook, demo_of(tmp_path, hook) as demo:
        demo.wait_ready()
        for kind, level in ROOTS:
            said = die_and_return(demo, hook, root_of(demo, kind, level))
            with capsys.disabled():
                print(said, file=sys.stderr)
        county = ask_no_more(demo, busiest_county(demo))
        with capsys.disabled():
            print(towns_die_and_return(demo, hook, county), file=sys.stderr)
        assert "Traceback" not in demo.log.read_text()


def root_of(demo: Demo, kind: Kind, level: Level | None) -> Node:
    """The last such node in the video network that has something below it, or is a camera.

    The next one lies elsewhere: a camera that dies four times with all that is above it flaps.
    """
    nodes = demo.city.nodes if kind is Kind.CAMERA or level is Level.COUNTY else demo.city.nodes[::-1]
    return next(
        node
        for node in nodes
        if node.kind is kind
        and node.level is level
        and VIDEO in node.networks
        and (kind is Kind.CAMERA or demo.city.children.get(node.id))
    )


def die_and_return(demo: Demo, hook: Receiver, root: Node) -> str:
    """It dies with all behind it, and returns; what came of it in a line."""
    behind = demo.city.behind(root.id)
    hook.told.clear()

    demo.fleet.fail(list(behind), "vanish")
    settle(hook, 1, 40)
    (start,) = hook.told
    assert not start.ends
    assert root.name in start.text
    # In its network alone: a gateway with another way round in the other network hangs on it here.
    size = len(Topology(demo.site).behind((root.id, VIDEO)))
    assert size >= len(behind)
    assert any(count in start.text for count in kind_of_count(size)), start.text
    late = start.at - confirmed(demo, root.id)
    assert late <= CONFIRMED_AND_TOLD

    demo.fleet.clear()
    took = settle(hook, 2, 90)
    start, end = hook.told
    assert end.ends
    assert root.name in end.text
    return f"{root.name}: {len(behind)} behind it, told {late} ms after it was sure, end {took:.1f} s after"


def busiest_county(demo: Demo) -> Node:
    """The switch of the county in the video network on which most hangs."""
    switches = [each for each in demo.city.nodes if each.kind is Kind.SWITCH and VIDEO in each.networks]
    counties = [each for each in switches if each.level is Level.COUNTY]
    return max(counties, key=lambda each: len(demo.city.behind(each.id)))


def ask_no_more(demo: Demo, node: Node) -> Node:
    """From now on nobody probes this node; waits until every role knows."""
    before = demo.log.read_text().count(RELOADED)
    path = demo.directory / "nodes.csv"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    for row in rows:
        row["probes"] = "none" if row["id"] == node.id else row["probes"]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    end = time.monotonic() + 30
    while demo.log.read_text().count(RELOADED) < before + ROLES:
        assert time.monotonic() < end, demo.log.read_text()[-3000:]
        time.sleep(0.1)
    return node


def towns_die_and_return(demo: Demo, hook: Receiver, county: Node) -> str:
    """All that hangs on the county dies, and nobody can ask the county itself; what came of it in a line."""
    towns = demo.city.behind(county.id)[1:]
    hook.told.clear()
    demo.fleet.fail(list(towns), "vanish")
    took = settle(hook, 1, 60)
    (start,) = hook.told
    assert not start.ends
    assert county.name in start.text
    demo.fleet.clear()
    settle(hook, 2, 120)
    end = hook.told[-1]
    assert end.ends
    assert county.name in end.text
    return f"{county.name} that nobody asks: {len(towns)} behind it, told {took:.1f} s after"


def kind_of_count(size: int) -> tuple[str, ...]:
    """How many hang on it, as the message says that: before they are known to be down, or after."""
    if size == 1:
        return ("上级节点正常",)
    return (f"下挂 {size - 1} 个监测项", f"影响 {size} 个监测项")


def settle(hook: Receiver, count: int, within: float) -> float:
    """Wait until so many messages came, then for as long as others might; seconds to the last."""
    begun = time.monotonic()
    while len(hook.told) < count:
        assert time.monotonic() - begun < within, [each.text for each in hook.told]
        time.sleep(0.05)
    took = time.monotonic() - begun
    time.sleep(QUIET)
    assert len(hook.told) == count, [each.text for each in hook.told]
    return took


def confirmed(demo: Demo, node: str) -> int:
    """When the collector was sure that it is down, the last time."""
    query = "SELECT detected_at FROM changes WHERE node = ? AND new = 'down' ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{demo.site.data / 'ledger.db'}?mode=ro", uri=True)) as ledger:
        ((at,),) = ledger.execute(query, (node,)).fetchall()
    return int(at)
