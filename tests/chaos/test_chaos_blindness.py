"""A whole site gone at once: the cameras' fault or our own, and the witness tells which."""

from __future__ import annotations

from pathlib import Path

import pytest
from chaos_city import (
    CONFIRMED,
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    now_ms,
    wait_until,
)

from monitor.demo.city import VIDEO
from monitor.model.observations import Cause, State


@pytest.mark.timeout(200)
def test_the_witness_decides_between_an_outage_and_our_own_blindness(tmp_path: Path) -> None:
    with ChaosCity(tmp_path) as city:
        city.wait_ready()
        witness = city.city.witnesses[VIDEO]
        everybody = [node.id for node in city.city.nodes if VIDEO in node.networks]
        others = [node for node in everybody if node != witness]

        # All gone, and the witness alive: an outage.
        city.fleet.fail(others, "vanish")
        wait_until(lambda: set(others) <= city.down().keys(), 2 * CONFIRMED, "all of them are down")
        assert not city.network(VIDEO)["blind"]
        assert witness not in city.down()
        city.fleet.clear()
        wait_until(lambda: city.network(VIDEO)["states"]["up"] == len(everybody), 30, "all are back")

        # All gone, and the witness too: we are blind, and nobody is called down for it.
        gone = now_ms()
        city.fleet.fail(everybody, "vanish")
        wait_until(lambda: city.network(VIDEO)["blind"], 2 * CONFIRMED, "we say that we are blind")
        blind = city.network(VIDEO)
        assert [collector["footing"] for collector in blind["collectors"]] == ["blind"]
        assert blind["states"]["unknown"] == blind["watches"] == len(everybody)
        assert not city.network("police")["blind"]
        back = now_ms()
        city.fleet.clear()
        wait_until(lambda: not city.network(VIDEO)["blind"], 30, "sight returns")
        wait_until(lambda: city.network(VIDEO)["states"]["up"] == len(everybody), 30, "all are seen up")
        _, comparison = city.conclude()
        facts = city.facts()

    assert comparison.right, comparison.details
    assert_everything_once(facts)
    assert_nothing_crashed(city)
    turned_down = [row.change for row in facts.changes if row.change.new is State.DOWN]
    assert sorted({change.node for change in turned_down}) == sorted(others)
    assert all(change.at < gone for change in turned_down if change.network == VIDEO)
    assert {change.cause for change in turned_down} <= {Cause.NO_REPLY, Cause.TIMEOUT}
    blind_rows = [row for row in facts.sights if row.blind]
    assert {row.network for row in blind_rows} == {VIDEO}
    assert all(gone - 3_000 <= row.start and row.end <= back + 10_000 for row in blind_rows)
    assert not facts.seen(VIDEO, back)
