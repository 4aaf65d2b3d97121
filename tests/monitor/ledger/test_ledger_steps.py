"""All steps of all watches at once, as timelines need them."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledgerkit import T0, append, change, said, snapshot, url_of

from monitor.ledger import Ledger
from monitor.ledger import steps as reading
from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step


async def test_steps_are_grouped_by_watch_in_the_order_of_time(ledger: Ledger) -> None:
    await append(
        ledger,
        said(change("a", at=T0), 1),
        said(change("b", State.UP, T0 + 1), 2),
        said(change("a", State.UP, T0 + 2), 3),
        said(change("a", at=T0 + 3, network="police", cause=Cause.REFUSED), 1, collector="police-0of1"),
    )
    assert await ledger.steps(2 * T0) == {
        ("a", "video"): [
            Step(T0, T0 - 1000, State.DOWN, Cause.TIMEOUT),
            Step(T0 + 2, T0 + 2 - 1000, State.UP, Cause.OK),
        ],
        ("b", "video"): [Step(T0 + 1, T0 + 1 - 1000, State.UP, Cause.OK)],
        ("a", "police"): [Step(T0 + 3, T0 + 3 - 1000, State.DOWN, Cause.REFUSED)],
    }


async def test_steps_are_steps_and_know_their_parts_by_name(ledger: Ledger) -> None:
    await append(ledger, said(snapshot(T0, up=["new"])))
    (step,) = (await ledger.steps(2 * T0))["new", "video"]
    assert isinstance(step, Step)
    assert (step.at, step.not_before, step.state, step.cause) == (T0, None, State.UP, Cause.OK)


async def test_only_what_happened_before_a_moment_is_read(ledger: Ledger) -> None:
    await append(ledger, *(said(change("a", at=T0 + n), n + 1) for n in range(5)))
    assert [step.at for step in (await ledger.steps(T0 + 3))["a", "video"]] == [T0, T0 + 1, T0 + 2]
    assert await ledger.steps(T0) == {}


async def test_since_a_moment_all_are_read_and_the_last_before_it(ledger: Ledger) -> None:
    await append(
        ledger,
        *(said(change("a", at=T0 + n), n + 1) for n in range(5)),
        said(change("still", at=T0 - 7), 6),
        said(change("new", at=T0 + 9), 7),
    )
    found = await ledger.steps(T0 + 10, T0 + 3)
    assert {watch: [step.at for step in steps] for watch, steps in found.items()} == {
        ("a", "video"): [T0 + 2, T0 + 3, T0 + 4],
        ("still", "video"): [T0 - 7],
        ("new", "video"): [T0 + 9],
    }


async def test_since_a_moment_the_order_is_that_of_time_too(ledger: Ledger) -> None:
    await append(
        ledger,
        *(said(change("a", at=T0 + n), place) for place, n in enumerate([0, 5, 2, 8, 7], 1)),
    )
    assert [step.at - T0 for step in (await ledger.steps(T0 + 10, T0 + 3))["a", "video"]] == [2, 5, 7, 8]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), page=st.integers(1, 7))
async def test_whatever_came_late_or_twice_the_order_is_that_of_what_was_said(
    tmp_path_factory: Any, seed: int, page: int
) -> None:
    chance = random.Random(seed)
    told = [
        (chance.choice("ab"), T0 + chance.randrange(6), collector, sequence)
        for collector in ("x", "y")
        for sequence in range(1, 9)
    ]
    events = [
        said(marked(node, at, f"{collector}{sequence}"), sequence, collector=collector)
        for node, at, collector, sequence in told
    ]
    whole, reading._PAGE = reading._PAGE, page
    try:
        async with await Ledger.open(url_of(tmp_path_factory.mktemp("steps"))) as ledger:
            for event in sorted(events, key=lambda event: (event.id.sequence, chance.random())):
                await append(ledger, event)
            found = await ledger.steps(2 * T0)
    finally:
        reading._PAGE = whole
    for node in {node for node, *_ in told}:
        expected = sorted((at, n, who) for name, at, who, n in told if name == node)
        assert [step.not_before for step in found[node, "video"]] == [
            mark(f"{who}{n}") for _, n, who in expected
        ]


def marked(node: str, at: int, name: str) -> Change:
    return dataclasses.replace(change(node, at=at), not_before=mark(name))


def mark(name: str) -> int:
    """A moment by which a change is known again."""
    return T0 - 100_000 + int.from_bytes(name.encode())
