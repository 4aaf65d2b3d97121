"""What is measured in bulk, by columns, is to the millisecond what is measured watch by watch."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from clockwork import DAY, HOUR, ZONE, at, span
from facts_kit import answer, camera, correction, era, exclusion, facts
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_city import Past, point, write_site

from monitor.ledger import Ledger
from monitor.ledger import steps as reading
from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step
from monitor.reports.build import Question, report
from monitor.reports.cover import Looked
from monitor.reports.document import Report, WatchKey
from monitor.reports.facts import Facts
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest, report_to_json
from monitor.reports.windows import between

pl = pytest.importorskip("polars")
from monitor.ledger.columns import CAUSES, STATES, Columns  # noqa: E402 - with the extra alone
from monitor.reports import batches, bulk, outages  # noqa: E402

START, END = span("10-03 to 10-06")
EDGES = (START, END, at("10-04"), at("10-05"), at("10-04 09:00"), at("10-04 15:00"), at("10-05 21:00"))
"""Where much goes wrong: window, midnights, inspections."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a few watches, and columns for any ledger."""
    monkeypatch.setattr(batches, "FEW", 1)
    monkeypatch.setattr(batches, "SIZE", 3)


def in_columns(known: Facts) -> Facts:
    """The same facts, with their steps as they would be read from a very large ledger."""
    rows = [
        (step.at, step.not_before, STATES.index(step.state), CAUSES.index(step.cause))
        for steps in known.steps.values()
        for step in steps
    ]
    types = {"at": pl.Int64, "not_before": pl.Int64, "state": pl.UInt8, "cause": pl.UInt8}
    places, first = {}, 0
    for watch, steps in known.steps.items():
        if steps:
            places[watch] = (first, first + len(steps))
        first += len(steps)
    columns = Columns(pl.DataFrame(rows, schema=types, orient="row"), places, {})
    return replace(known, steps=columns, columns=columns)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_ways_give_the_same_report(seed: int) -> None:
    known = some_facts(random.Random(seed))
    assert report_to_json(answer(in_columns(known), "town", ())) == report_to_json(answer(known, "town", ()))


def some_facts(chance: random.Random) -> Facts:
    nodes = [_camera(chance, f"n{number}") for number in range(8)]
    other = [replace(node, contractor="乙公司") if chance.random() < 0.3 else node for node in nodes]
    eras = [era(nodes, None, "10-05"), era(other, "10-05")] if chance.random() < 0.4 else [era(nodes)]
    more: dict[str, Any] = {}
    if chance.random() < 0.5:
        more["exclusions"] = [
            exclusion("10-04 08:00 to 10-05 10:00", "m-1", regions=("440902",)),
            exclusion("10-02 to 10-04 09:00", "m-2", nodes=("n1", "n2", "n3")),
        ]
    if chance.random() < 0.3:
        more["corrections"] = [correction("n1", "10-04 to 10-05", chance.choice(list(State)))]
    if chance.random() < 0.2:
        more["upstream"] = {("n2", "video"): [span("10-04 to 10-05")]}
    steps = {node.id: some_steps(chance) for node in nodes}
    about = between("2026-10-03", "2026-10-05", ZONE)
    return facts(about, eras, steps, some_sights(chance), **more)


def _camera(chance: random.Random, name: str) -> Any:
    days: dict[str, str] = {}
    if chance.random() < 0.2:
        days["commissioned"] = "2026-10-04"
    if chance.random() < 0.2:
        days["retired"] = "2026-10-04"
    return camera(name, point_class=chance.choice([1, 1, 2, None]), **days)


def some_steps(chance: random.Random) -> list[Step]:
    moments = {_moment(chance) for _ in range(chance.randrange(14))}
    found = []
    for moment in sorted(moments):
        state = chance.choice(list(State))
        cause = chance.choice(
            [Cause.OK, Cause.NO_REPLY, Cause.FLAPPING if state is State.DEGRADED else Cause.SLOW]
        )
        if chance.random() < 0.01:
            cause = Cause.FLAPPING
        bound = chance.choice([None, moment, moment - 5_000, moment - 30 * HOUR, moment + 1, _moment(chance)])
        found.append(Step(moment, bound, state, cause))
    return found


def _moment(chance: random.Random) -> int:
    if chance.random() < 0.4:
        return chance.choice(EDGES) + chance.choice([-1, 0, 0, 1])
    return chance.randrange(START - 2 * DAY, END + 2 * DAY)


def some_sights(chance: random.Random) -> list[Looked]:
    """Most of the time somebody looks, from one shard or from two."""
    found, first = [], START - 3 * DAY
    while first < END + 3 * DAY:
        last = first + chance.randrange(1, 30 * HOUR)
        shards = chance.choice([1, 1, 2])
        found += [
            Looked("video", shard, shards, first, last, chance.random() < 0.1) for shard in range(shards)
        ]
        first = last + chance.choice([0, 0, chance.randrange(8 * HOUR)])
    return found


def test_a_batch_names_as_many_faults_as_a_report_may_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 4)
    monkeypatch.setattr(outages.Outages.__init__, "__defaults__", (4,))
    steps = {
        f"n{number}": turns(at("10-03") + number, [(3 + turn % 3) * HOUR for turn in range(6)])
        for number in range(8)
    }
    known = facts("2026-10", [camera(name) for name in steps], steps)
    plain = answer(known, "node", ())
    assert len(plain.outages) == 4
    assert answer(in_columns(known), "node", ()).outages == plain.outages


def turns(first: int, lengths: Sequence[int]) -> list[Step]:
    """Up, then a day after the other down for so long."""
    found = [Step(first, None, State.UP, Cause.OK)]
    for number, length in enumerate(lengths, 1):
        begin = first + number * DAY
        found.append(Step(begin, begin - 5_000, State.DOWN, Cause.NO_REPLY))
        found.append(Step(begin + length, begin + length - 5_000, State.UP, Cause.OK))
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_a_ledger_read_either_way_gives_the_same_digest(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    site = write_site(
        tmp_path, [point(name, region=chance.choice(["440902001", "440904100"])) for name in "abcdef"]
    )
    window = between("2026-10-03", "2026-10-05", site.zone)
    async with await Ledger.open(site.ledger_url) as ledger:
        past = Past(ledger)
        await past.uses(site, "10-01")
        await past.saw("09-30 to 10-04 12:00")
        await past.saw("10-04 13:00 to 10-07")
        await past.say(*some_changes(chance))
        plain = await gather(ledger, site, window, at("10-07"))
        monkeypatch.setattr(reading, "MANY", 0)
        bulky = await gather(ledger, site, window, at("10-07"))
    assert plain.columns is None
    assert bulky.columns is not None
    assert set(bulky.columns.mended) == {("a", "video")}
    assert as_plain(bulky.steps) == plain.steps
    assert digest(made(bulky)) == digest(made(plain))


def some_changes(chance: random.Random) -> list[Change]:
    """Of a something is said late, or twice for one moment: it is read by itself."""
    moments = sorted({_moment(chance) for _ in range(80)})
    found = [_change(chance.choice("abcdef"), moment, chance) for moment in moments]
    return [*found, *(_change("a", moment, chance) for moment in moments[:2])]


def _change(node: str, moment: int, chance: random.Random) -> Change:
    state = chance.choice(list(State))
    cause = Cause.OK if state is State.UP else Cause.TIMEOUT
    bound = chance.choice([None, moment - 5_000])
    return Change(node, "video", State.UNKNOWN, state, moment, bound, moment + 9, cause, "tcp")


def as_plain(steps: Mapping[WatchKey, Sequence[Step]]) -> dict[WatchKey, list[Step]]:
    return {watch: list(told) for watch, told in steps.items()}


def made(known: Facts) -> Report:
    return report(known, Question("node"))
