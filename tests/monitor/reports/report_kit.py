"""An invented report: a small city in October, its figures added up from its own watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from monitor.model.decisions import Correction, Exclusion, Reason, Scope, Signed
from monitor.model.observations import Cause, State
from monitor.model.timeline import Parts
from monitor.reports.document import (
    Budget,
    Day,
    ExclusionRow,
    Figures,
    Group,
    Inspection,
    InventoryUse,
    NodeRow,
    OutageRow,
    Proof,
    Repairs,
    Report,
    Rules,
    Snapshots,
    UnseenRow,
)

HOUR = 3_600_000
START = int(datetime(2026, 9, 30, 16, tzinfo=UTC).timestamp() * 1000)
"""The first of October at midnight in Shanghai."""
END = START + 31 * 24 * HOUR
COUNTIES = ("茂南区", "电白区", "高州市", "化州市", "信宜市")
TOWNS = (
    "站前街道",
    "河东街道",
    "镇隆镇",
    "丁堡镇",
    "水口镇",
    "林头镇",
    "观珠镇",
    "沙琅镇",
    "黄岭镇",
    "官渡街道",
)
FORMULA = "=cmd|' /C calc'!A0"
LINK = "http://127.0.0.1/x"


def parts(rng: Random, bad: float = 0.015) -> Parts:
    """A month of one watch."""
    month = END - START
    down, degraded = int(month * bad * 2 * rng.random()), int(month * 0.002 * rng.random())
    unknown, excluded = int(month * 0.001 * rng.random()), int(month * 0.003 * rng.random())
    up = month - down - degraded - unknown - excluded
    return Parts(
        up=up,
        degraded=degraded,
        down_own=down,
        excluded=excluded,
        unknown=unknown,
        up_doubted=down // 200,
        up_missed=down // 300,
        online_doubted=down // 200,
        online_missed=down // 300,
    )


def figures(of: Parts, watches: int = 1, target: float | None = 0.98) -> Figures:
    repairs = Repairs(
        faults=2 * watches,
        closed=2 * watches - 1,
        limited=2 * watches,
        within=2 * watches - 1,
        late=1,
        took=5 * HOUR * (2 * watches - 1),
        longest=40 * HOUR,
    )
    return Figures(watches, of, repairs, Snapshots(90 * watches, 92 * watches, 93 * watches), target)


def report(points: int = 40, *, seed: int = 1, bad: float = 0.015, invented: bool = True) -> Report:
    """Watches in counties and towns by turns; two of them have names that spreadsheets would run."""
    rng = Random(seed)
    nodes = tuple(_node(number, rng, bad) for number in range(points))
    total = figures(Parts.total(row.figures.parts for row in nodes), points)
    tables = {
        "city": (Group("440900", "茂名市", total),),
        "county": _groups(nodes, COUNTIES, lambda row: row.county),
        "town": tuple(
            replace(group, within=COUNTIES[0]) for group in _groups(nodes, TOWNS, lambda row: row.town)
        ),
        "class": (Group("1", "", total),),
        "network": (Group("video", "视频专网", total),),
        "kind": (Group("camera", "", total),),
        "contractor": (Group("甲公司", "", total),),
    }
    return Report(
        site="maoming",
        invented=invented,
        zone="Asia/Shanghai",
        period="2026-10",
        start=START,
        end=END,
        period_end=END,
        networks=(("video", "视频专网"), ("police", "公安网")),
        scope=(("class", "1"), ("kind", "camera")),
        by="county",
        rules=Rules({1: 0.98}, {1: 24 * HOUR}, (540, 900, 1260), (Cause.BUSY,), "0123456789abcdef"),
        inventories=(InventoryUse(START, "a" * 16, points),),
        total=total,
        tables=tables,
        nodes=nodes,
        days=tuple(Day(str(date(2026, 10, 1) + timedelta(day)), parts(rng)) for day in range(31)),
        inspections=tuple(Inspection(START + 8 * HOUR * turn, 38, 39, 40) for turn in range(93)),
        outages=tuple(_outage(row, number) for number, row in enumerate(nodes[:30])),
        outages_in_all=80,
        exclusions=(ExclusionRow(_exclusion(), 8, 32 * HOUR),),
        corrections=(_correction(nodes[0]),),
        uncorrected=total,
        unseen=(UnseenRow("video", "0/1", START + 5 * HOUR, START + 6 * HOUR, False, points),),
        budgets=(Budget(1, 0.98, 600 * HOUR, 450 * HOUR, 480 * HOUR, None),),
        worst=tuple(row.key for row in nodes[:20]),
        long_offline=(),
        flappers=(nodes[1].key,),
    )


PROOF = Proof(
    digest="deadbeef" * 8,
    revision=2,
    made_at=END + HOUR + 123,
    links=431_234,
    head="ab" * 32,
    key="cd" * 32,
    signature="ef" * 64,
)


def _node(number: int, rng: Random, bad: float) -> NodeRow:
    names = {3: FORMULA, 4: LINK}
    return NodeRow(
        node=f"44090200001320{number:06d}",
        name=names.get(number, f"{TOWNS[number % 10]}路口 {number}"),
        network="video",
        kind="camera",
        point_class=1,
        region="440902001",
        county=COUNTIES[number % 5],
        town=TOWNS[number % 10],
        contractor="甲公司",
        figures=figures(parts(rng, bad)),
        changes=number % 9,
        flapping=number % 2,
    )


def _groups(
    nodes: tuple[NodeRow, ...], names: tuple[str, ...], of: Callable[[NodeRow], str]
) -> tuple[Group, ...]:
    found = []
    for number, name in enumerate(names):
        mine = [row.figures.parts for row in nodes if of(row) == name]
        found.append(Group(f"44090{number}", name, figures(Parts.total(mine), len(mine))))
    return tuple(found)


def _outage(row: NodeRow, number: int) -> OutageRow:
    start = START + number * HOUR
    end = None if number % 9 == 0 else start + 7 * HOUR
    return OutageRow(
        node=row.node,
        name=row.name,
        network="video",
        county=row.county,
        town=row.town,
        contractor=row.contractor,
        start=start,
        not_before=start - 5_000,
        end=end,
        cause=Cause.NO_REPLY,
        lasted=7 * HOUR,
        down=7 * HOUR,
        repair=7 * HOUR,
        limit=24 * HOUR,
    )


def _exclusion() -> Exclusion:
    signed = Signed("张三", START, "李四", START + 2 * HOUR)
    scope = Scope(regions=("440902",))
    return Exclusion("M1", scope, START + HOUR, START + 5 * HOUR, Reason.MAINS_POWER, "台风停电", signed)


def _correction(row: NodeRow) -> Correction:
    signed = Signed("张三", END, "李四", END + HOUR)
    return Correction("C1", row.node, "video", START, START + HOUR, State.UP, "探测地址写错", signed)
