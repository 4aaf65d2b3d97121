"""The figures against the truth: of every watch the true share of time lies between the bounds.

Faults that are too short to be confirmed are left out of both sides, as an exclusion would. Of a watch that
flaps nothing but that is known: all of that time is doubt, so no width is asked of its bounds.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.commands.demo_run import Demo, Wish
from monitor.config import Site
from monitor.demo.faults import FaultKind
from monitor.demo.patience import confirm_window
from monitor.demo.script import Pace
from monitor.demo.truth import TruthRow
from monitor.ledger import Ledger
from monitor.model.decisions import Exclusion, Reason, Scope, Signed
from monitor.model.nodes import Watch
from monitor.model.observations import State
from monitor.model.spans import Measure, Span, without
from monitor.model.timeline import Parts, Step
from monitor.reports.build import Question, report
from monitor.reports.document import NodeRow, WatchKey
from monitor.reports.facts import Facts
from monitor.reports.gather import gather
from monitor.reports.windows import Window

POINTS = 150
SECONDS = 60.0
PACE = Pace(share=0.3, least=22.0, most=35.0, blackouts=1, county=False, flapping=1, quiet=12.0)
MACHINE = 1_500
"""Milliseconds by which a busy machine may be late with a question or an answer."""


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """Another one for every run, said aloud; QUANSHI_SEED repeats one."""
    chosen = int(os.environ.get("QUANSHI_SEED") or secrets.randbelow(1_000_000))
    with capsys.disabled():
        print(f"\nQUANSHI_SEED={chosen}", file=sys.stderr)
    return chosen


@dataclass(frozen=True)
class Run:
    """What a demo left behind: its site, its truth, and when everything was seen."""

    site: Site
    truth: Mapping[WatchKey, Sequence[TruthRow]]
    start: int
    end: int


@pytest.mark.timeout(240)
def test_the_true_availability_of_every_watch_lies_between_its_bounds(seed: int, tmp_path: Path) -> None:
    run = play(seed, tmp_path)
    known, rows = asyncio.run(measured(run))
    watches = {watch.key: watch for watch in run.site.inventory.watches()}
    assert set(watches) == set(rows)
    wrong = [
        f"QUANSHI_SEED={seed} {key}: {said} {rows[key].figures.parts} {known.steps.get(key)} {run.truth[key]}"
        for key, watch in watches.items()
        if (said := complaint(run, known, watch, rows[key].figures.parts))
    ]
    assert not wrong, "\n".join(wrong)
    certain = {
        key: replace(row.figures.parts, up_doubted=0, up_missed=0, unknown=0) for key, row in rows.items()
    }
    assert any(complaint(run, known, watch, certain[key]) for key, watch in watches.items()), (
        "without their doubt the figures would be wrong, and this test would see it"
    )
    lossy = [row for row in rows.values() if row.figures.parts.down or row.figures.parts.degraded]
    assert len(lossy) >= 20, "a quiet city proves nothing"


def play(seed: int, folder: Path) -> Run:
    with Demo(Wish(points=POINTS, seed=seed, page_port=0), folder, tell=lambda _: None) as demo:
        demo.wait_ready()
        start = time.time_ns() // 1_000_000
        demo.play(SECONDS, PACE)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            demo.check()
            time.sleep(0.5)
        stop = time.time_ns() // 1_000_000
        demo.stop_roles()
        truth = defaultdict(list)
        for row in demo.fleet.truth():
            truth[row.key].append(row)
        return Run(demo.site, truth, start, stop)


async def measured(run: Run) -> tuple[Facts, dict[WatchKey, NodeRow]]:
    """The facts, and a row for every watch, as a report would have them."""
    window = Window(run.start, run.end, run.end, run.site.zone)
    async with await Ledger.open(run.site.ledger_url) as ledger:
        known = await gather(ledger, run.site, window, run.end)
    brief = [
        exclusion(key, span)
        for watch in run.site.inventory.watches()
        for key, span in ((watch.key, span) for span in brief_spans(run, watch))
    ]
    known = replace(known, exclusions=brief)
    return known, {row.key: row for row in report(known, Question("node", ())).nodes}


def exclusion(key: WatchKey, span: Span) -> Exclusion:
    scope, signed = Scope(nodes=key[:1], networks=key[1:]), Signed("a", 0, "b", 0)
    return Exclusion(f"{key} {span}", scope, *span, Reason.PLANNED_WORK, "too short to be confirmed", signed)


def brief_spans(run: Run, watch: Watch) -> list[Span]:
    """The faults that need not be noticed, with the time in which they may be noticed all the same."""
    settle = confirm_window(watch, run.site.judge)
    return [
        (row.began - edge(watch, run.site), (row.ended_by or row.ended) + settle)
        for row in run.truth[watch.key]
        if row.ended is not None and row.ended - row.began <= settle and row.fault is not FaultKind.FLAPPING
    ]


def edge(watch: Watch, site: Site) -> int:
    """Milliseconds between two words of a watch: an interval and a deadline, or the heartbeats missed."""
    spans = [
        probe.every * (site.judge.confirm + 1) if probe.protocol == "mqtt" else probe.every + probe.timeout
        for probe in watch.probes
    ]
    return round(1000 * max(spans)) + MACHINE


def complaint(run: Run, known: Facts, watch: Watch, parts: Parts) -> str:
    """What is wrong with the bounds of a watch; empty when nothing is."""
    rows = run.truth[watch.key]
    stated = Measure(without([known.window.span], brief_spans(run, watch)))
    flaps = [row for row in rows if row.fault is FaultKind.FLAPPING]
    least = stated.total - sum(bad(row, stated, run.end) for row in rows)
    most = least + sum(bad(row, stated, run.end) for row in flaps)
    # A fault takes effect somewhere within the call that applies it.
    vague = sum(
        row.began_by - row.began + (row.ended_by or row.ended or 0) - (row.ended or 0) for row in rows
    )
    low, high = parts.up - parts.up_doubted, parts.up + parts.up_missed + parts.unknown
    if low > most + vague or high < least - vague:
        return f"truly up for {least} to {most} ms, told {low} to {high}"
    outages = begun(known.steps.get(watch.key, ()))
    if not flaps and high - low > parts.unknown + 2 * edge(watch, run.site) * outages:
        return (
            f"bounds are {high - low} ms apart, of which {parts.unknown} are unknown, with {outages} outages"
        )
    return ""


def bad(row: TruthRow, stated: Measure, end: int) -> int:
    """Milliseconds of what is stated in which the watch was truly not intact by this fault."""
    return stated.within(row.began, end if row.ended is None else row.ended)


def begun(steps: Sequence[Step]) -> int:
    """How often a watch that was up stopped being so."""
    return sum(before.state is State.UP and after.state is not State.UP for before, after in pairwise(steps))
