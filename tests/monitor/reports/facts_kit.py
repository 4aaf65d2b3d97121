"""Facts written by hand for the tests of figures: a city of two counties, on the clock of Maoming."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from clockwork import ZONE, at, span

from monitor.config import Region
from monitor.model.decisions import Correction, Exclusion, Reason, Scope, Signed
from monitor.model.nodes import Kind, Node
from monitor.model.observations import State
from monitor.model.timeline import Step
from monitor.reports.build import Question, report
from monitor.reports.cover import Looked
from monitor.reports.document import Report, Rules, WatchKey
from monitor.reports.facts import Era, Facts, Setting
from monitor.reports.windows import Window, between, period

HOUR = 3_600_000
DAY = 24 * HOUR
ALWAYS = 2**60

REGIONS = {
    region.code: region
    for region in (
        Region("440900", "茂名市"),
        Region("440902", "茂南区", "440900"),
        Region("440904", "电白区", "440900"),
        Region("440902001", "河东街道", "440902"),
        Region("440904100", "水东镇", "440904"),
    )
}
RULES = Rules(
    targets={1: 0.98, 2: 0.95, 3: 0.90},
    repair_limits={1: 24 * HOUR, 2: 48 * HOUR, 3: 72 * HOUR},
    inspections=(9 * 60, 15 * 60, 21 * 60),
    degrades=(),
    digest="0123456789abcdef",
)
NETWORKS = {"police": "公安网", "video": "视频专网"}


def camera(name: str, /, **fields: Any) -> Node:
    """A class-1 point in 河东街道 in the video network, unless it is said what it is."""
    usual: dict[str, Any] = {
        "kind": Kind.CAMERA,
        "networks": ("video",),
        "point_class": 1,
        "region": "440902001",
        "contractor": "甲公司",
        "name": f"{name} 号点",
    }
    given = usual | fields
    for day in ("commissioned", "retired"):
        if day in given:
            given[day] = date.fromisoformat(given[day])
    return Node(id=name, addresses=(), probes=(), **given)


def era(nodes: Iterable[Node], first: str | None = None, last: str | None = None) -> Era:
    """A node list and when it was valid: since the beginning of 2026 and for ever, unless it is said when."""
    start, end = at(first or "01-01"), ALWAYS if last is None else at(last)
    return Era(start, end, f"list of {first}", {node.id: node for node in nodes})


def sight(
    text: str, network: str = "video", shard: int = 0, shards: int = 1, *, blind: bool = False
) -> Looked:
    return Looked(network, shard, shards, *span(text), blind)


def window(text: str, until: str | None = None) -> Window:
    """A period, or ``from to until``; known until its end unless it is said until when."""
    found = between(*text.split(" to "), ZONE) if " to " in text else period(text, ZONE)
    return found if until is None else found.cut(at(until))


def facts(
    about: Window | str,
    nodes: Sequence[Node] | Sequence[Era],
    steps: Mapping[str | WatchKey, Sequence[Step]],
    sights: Sequence[Looked] | None = None,
    **more: Any,
) -> Facts:
    """Steps by node (in the video network) or by watch. Everything was seen unless it is said what was."""
    eras = [one for one in nodes if isinstance(one, Era)] or [
        era(one for one in nodes if isinstance(one, Node))
    ]
    return Facts(
        setting=Setting("maoming", True, RULES, NETWORKS, REGIONS),
        window=window(about) if isinstance(about, str) else about,
        eras=eras,
        sights=all_seen() if sights is None else sights,
        steps={(key, "video") if isinstance(key, str) else key: told for key, told in steps.items()},
        **more,
    )


def all_seen() -> list[Looked]:
    return [Looked(network, 0, 1, -ALWAYS, ALWAYS, False) for network in NETWORKS]


def answer(known: Facts, by: str = "county", scope: tuple[tuple[str, str], ...] | None = None) -> Report:
    return report(known, Question(by, scope))


def exclusion(when: str, name: str = "m-1", **scope: tuple[str, ...]) -> Exclusion:
    start, end = span(when)
    signed = Signed("李明", start - DAY, "王芳", start - HOUR)
    return Exclusion(name, Scope(**scope), start, end, Reason.PLANNED_WORK, "改造光缆", signed)


def correction(node: str, when: str, state: State = State.UP, name: str = "c-1") -> Correction:
    start, end = span(when)
    signed = Signed("李明", end + HOUR, "王芳", end + DAY)
    return Correction(name, node, "video", start, end, state, "采集机网卡故障", signed)
