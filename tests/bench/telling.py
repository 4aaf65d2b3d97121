"""How soon on-call hears: one message whatever falls, and the way from a death to a message.

The receiver is a webhook on loopback; deaths are those of the simulated fleet, by the moments that it noted.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from measure import Figure, NotMeasuredError, at_most, seconds
from receiver import Receiver, Told, receiver

from monitor.commands.demo_run import Demo, DemoError, Wish
from monitor.demo.city import VIDEO, Intervals
from monitor.model.nodes import Kind, Level, Node

SMALL: Final = 3_352
STORMS: Final = 3
DEATHS: Final = 40
"""Cameras that die one after the other, for each way to die."""
POLL: Final = 5.0
BETWEEN: Final = 1.5
"""Seconds: not so many at once that they might have a cause in common, which is waited for."""
BURST: Final = 5
"""Cameras that die at once: not so many that they might have a cause in common."""
GATHERED: Final = 300.0
"""Seconds for which what follows is gathered, as shipped (``group_interval``)."""
PATIENCE: Final = GATHERED + 90.0


def storm(folder: Path) -> Iterator[Figure]:
    """Something dies with all behind it and returns: one message, one end, each how soon.

    The core above the whole city; then, in a city of its own, counties, towns and single cameras, each once
    and apart from one another: who dies again and again flaps.
    """
    with _city(folder / "whole", SMALL, heartbeats=False) as (demo, hook):
        core = next(node for node in demo.city.nodes if node.kind is Kind.SWITCH and VIDEO in node.networks)
        yield from _storms(f"storm of {SMALL:,}", demo, hook, [core] * STORMS)
    with _city(folder / "parts", SMALL, heartbeats=False) as (demo, hook):
        for what, roots in _parts(demo):
            yield from _storms(f"storm of a {what}", demo, hook, roots)


def _parts(demo: Demo) -> Iterator[tuple[str, list[Node]]]:
    """Three counties, three towns of the next, three cameras of another town of it."""
    *first, last = _switches(demo, Level.COUNTY)[: STORMS + 1]
    towns = [node for node in _switches(demo, Level.TOWN) if last.id in node.parents]
    yield "county", first
    yield "town", towns[:STORMS]
    yield "camera", [node for node in demo.city.nodes if towns[STORMS].id in node.parents][-STORMS:]


def _switches(demo: Demo, level: Level) -> list[Node]:
    switches = [node for node in demo.city.nodes if node.kind is Kind.SWITCH and VIDEO in node.networks]
    return [node for node in switches if node.level is level]


def _storms(what: str, demo: Demo, hook: Receiver, roots: Sequence[Node]) -> Iterator[Figure]:
    messages, told, ends = zip(*(_storm(demo, hook, root) for root in roots), strict=True)
    yield Figure(f"{what}: messages at its start", messages, _count, at_most(1, _count))
    yield Figure(f"{what}: told after confirmation", told, seconds, at_most(5.0, seconds))
    yield Figure(f"{what}: end told after its return", ends, seconds)


def latency(folder: Path) -> Iterator[Figure]:
    """From a device's death to its message, by the way it dies. Poll every 5 s; wills as they come."""
    with _city(folder / "apart", 1500, heartbeats=True) as (demo, hook):
        cameras = [node for node in demo.city.nodes if node.kind is Kind.CAMERA]
        gateways = [node for node in demo.city.nodes if _has_heart(node)]
        for fault, what in (("refuse", "refuses"), ("vanish", "falls silent")):
            chosen = random.Random(fault).sample(cameras, DEATHS)
            yield from _figures(f"camera {what}", _deaths(demo, hook, chosen, fault), POLL + 4.0)
        wills = [late for gateway in gateways for late in _deaths(demo, hook, [gateway], "will")]
        yield from _figures("last will", wills, 1.0)
    with _city(folder / "burst", 1500, heartbeats=False, gathers=True) as (demo, hook):
        cameras = [node for node in demo.city.nodes if node.kind is Kind.CAMERA]
        yield from _burst(demo, hook, random.Random("burst").sample(cameras, BURST))


def _burst(demo: Demo, hook: Receiver, nodes: Sequence[Node]) -> Iterator[Figure]:
    """A few cameras die in one moment, told as it is shipped: the first at once, the others gathered."""
    late = sorted(_deaths(demo, hook, nodes, "vanish", between=0.0))
    yield Figure(
        f"{BURST} at once, as shipped: first told after", tuple(late[:1]), seconds, at_most(POLL + 4, seconds)
    )
    most = GATHERED + POLL + 4
    yield Figure(
        f"{BURST} at once, as shipped: last told after", tuple(late[-1:]), seconds, at_most(most, seconds)
    )
    starts = float(len(hook.starts()))
    yield Figure(f"{BURST} at once, as shipped: messages", (starts,), _count, at_most(2, _count))


def _figures(what: str, late: Sequence[float], most: float) -> Iterator[Figure]:
    ordered = sorted(late)
    yield Figure(f"{what}: told after, p50 of {len(late)}", (ordered[len(late) // 2],), seconds)
    last = ordered[min(len(late) - 1, round(0.99 * len(late)))]
    yield Figure(f"{what}: told after, p99", (last,), seconds, at_most(most, seconds))


def _count(value: float) -> str:
    return f"{value:.0f}"


def _has_heart(node: Node) -> bool:
    return any(spec.protocol == "mqtt" for spec in node.probes)


@contextmanager
def _city(
    folder: Path, points: int, *, heartbeats: bool, gathers: bool = False
) -> Iterator[tuple[Demo, Receiver]]:
    """``gathers``: as shipped; else each message goes out by itself, so that nothing hides in a digest."""
    with receiver() as hook:
        folder.mkdir()
        route = "{to: [hook]}" if gathers else "{to: [hook], group_interval: 0s}"
        (folder / "alerts.yaml").write_text(
            f"channels: {{hook: {{type: webhook, url: '{hook.url}'}}}}\nroutes: [{route}]\n"
        )
        wish = Wish(
            points=points,
            seed=7,
            heartbeats=heartbeats,
            page_port=0,
            intervals=Intervals(rtsp=POLL, tcp=POLL, http=POLL, timeout=2.0, slow=1.0),
        )
        try:
            with Demo(wish, folder, tell=lambda _: None) as demo:
                demo.wait_ready()
                yield demo, hook
        except DemoError as error:
            raise NotMeasuredError(str(error)) from error


def _storm(demo: Demo, hook: Receiver, root: Node) -> tuple[float, float, float]:
    """How many messages beside the end; how long after the confirmation, and after the return its end."""
    hook.told.clear()
    demo.fleet.fail(list(demo.city.behind(root.id)), "vanish")
    start = _wait_for(hook, lambda told: not told.ends and root.name in told.text)
    sure = _confirmed(demo, root.id)
    time.sleep(15)  # until all behind it is known to be down
    demo.fleet.clear()
    back = time.time()
    end = _wait_for(hook, lambda told: told.ends and root.name in told.text)
    time.sleep(10)
    return float(len(hook.starts()) + len(hook.ends()) - 1), (start.at - sure) / 1000, end.at / 1000 - back


def _deaths(
    demo: Demo, hook: Receiver, nodes: Sequence[Node], fault: str, between: float = BETWEEN
) -> list[float]:
    """Let them die one after the other at odd moments; seconds from each death to its message."""
    hook.told.clear()
    chance = random.Random(len(nodes))
    before = len(demo.fleet.truth())
    for node in nodes:
        demo.fleet.fail([node.id], fault)
        time.sleep(between * chance.uniform(0.5, 1.5))
    began = {row.node: row.began for row in demo.fleet.truth()[before:]}
    late = [
        (
            _wait_for(hook, lambda told, name=node.name: not told.ends and name in told.text).at
            - began[node.id]
        )
        / 1000
        for node in nodes
    ]
    demo.fleet.clear()
    for node in nodes:
        _wait_for(hook, lambda told, name=node.name: told.ends and name in told.text)
    return late


def _wait_for(hook: Receiver, wanted: Callable[[Told], bool]) -> Told:
    """The first such message. Raises NotMeasuredError when it does not come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for told in list(hook.told):
            if wanted(told):
                return told
        time.sleep(0.05)
    raise NotMeasuredError(f"no such message within {PATIENCE:.0f} s, only {len(hook.told)} others")


def _confirmed(demo: Demo, node: str) -> int:
    """When the collector was sure that it is down, milliseconds."""
    query = "SELECT detected_at FROM changes WHERE node = ? AND new = 'down' ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{demo.site.data / 'ledger.db'}?mode=ro", uri=True)) as ledger:
        ((at,),) = ledger.execute(query, (node,)).fetchall()
    return int(at)
