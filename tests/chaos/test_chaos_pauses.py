"""Parts that stand still, stay away, or get a new list while everything runs."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from chaos_city import (
    CONFIRMED,
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    assert_outboxes_are_empty,
    now_ms,
    wait_until,
)

from monitor.model.nodes import Kind


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosCity]:
    """One running city for all tests here: each takes cameras of its own, and leaves everybody up."""
    with ChaosCity(tmp_path_factory.mktemp("pauses")) as running:
        running.wait_ready()
        yield running
        running.stop_roles()
        facts = running.facts()
        assert_everything_once(facts)
        assert_nothing_crashed(running)
        assert_outboxes_are_empty(running, facts)


@pytest.fixture(autouse=True)
def _everybody_is_up(city: ChaosCity) -> Iterator[None]:
    yield
    city.fleet.clear()
    wait_until(lambda: all_up(city), 60, "everybody is up again")


def all_up(city: ChaosCity) -> bool:
    states = [city.network(network).get("states", {"down": 1}) for network in ("video", "police")]
    return all(count == 0 for four in states for state, count in four.items() if state != "up")


def cameras(city: ChaosCity, first: int, count: int) -> list[str]:
    return [node.id for node in city.city.nodes if node.kind is Kind.CAMERA][first : first + count]


def changes_since(city: ChaosCity, since: int) -> list[tuple[str, str, str]]:
    """(node, new state, cause), as the ledger has them now."""
    return city.recorded("SELECT node, new, cause FROM changes WHERE recorded_at >= ? ORDER BY id", since)


def sights_of(city: ChaosCity, network: str) -> list[tuple[int, int]]:
    return city.recorded('SELECT start, "end" FROM sights WHERE network = ? ORDER BY start', network)


def unbroken(city: ChaosCity, network: str, since: int) -> bool:
    """Whether the sights since then join on to each other."""
    recent = [sight for sight in sights_of(city, network) if sight[1] > since]
    return all(start == end for (_, end), (start, _) in pairwise(recent))


def log_since(city: ChaosCity, offset: int) -> str:
    """What the roles have logged from there on, without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", city.log.read_bytes()[offset:].decode())


@pytest.mark.timeout(90)
def test_a_collector_that_stood_still_says_so_and_claims_nothing_of_that_time(city: ChaosCity) -> None:
    offset = city.log.stat().st_size
    stopped = now_ms()
    city.signal("collect video", signal.SIGSTOP)
    time.sleep(8)
    woken = now_ms()
    city.signal("collect video", signal.SIGCONT)

    wait_until(lambda: sights_of(city, "video")[-1][0] >= woken - 500, 30, "a sight after the pause")
    before, after = sights_of(city, "video")[-2:]
    assert before[1] <= stopped + 500
    assert after[0] >= woken - 500
    assert "did not look" in log_since(city, offset)
    assert unbroken(city, "police", since=stopped)


@pytest.mark.timeout(90)
def test_faults_while_the_monitor_is_away_arrive_afterwards_and_once(city: ChaosCity) -> None:
    broken = cameras(city, 0, 3)
    begun = now_ms()
    with city.unsupervised():
        city.kill("monitor")
        city.fleet.fail(broken, "refuse")
        time.sleep(15)
        cleared = now_ms()
        city.fleet.clear(broken)
        time.sleep(1)
    wait_until(lambda: len(changes_since(city, begun)) >= 6, 40, "three went down and came back")

    told = changes_since(city, begun)
    assert sorted(told[:3]) == sorted((node, "down", "refused") for node in broken)
    assert sorted(told[3:]) == sorted((node, "up", "ok") for node in broken)
    ((detected,),) = city.recorded("SELECT max(detected_at) FROM changes WHERE new = 'down'")
    assert begun < detected < cleared, "known when it happened, not when the monitor came back"


@pytest.mark.timeout(120)
def test_what_a_dead_collector_looked_at_is_unknown_until_it_looks_again(city: ChaosCity) -> None:
    total = city.network("police")["watches"]
    with city.unsupervised():
        city.kill("collect police")
        # A sight speaks for 35 s.
        wait_until(lambda: city.network("police")["states"]["unknown"] == total, 45, "police is unknown")
        police, video = city.network("police"), city.network("video")
    assert police["blind"]
    assert [collector["footing"] for collector in police["collectors"]] == ["silent"]
    assert not video["blind"]
    assert video["states"]["up"] == video["watches"]
    assert "quanshi_nodes{" in city.metrics()
    city.wait_for_role("collect police")
    wait_until(lambda: city.network("police")["states"]["up"] == total, 30, "police is seen again")


@pytest.mark.timeout(90)
def test_a_node_leaves_and_comes_back_without_disturbing_the_others(city: ChaosCity) -> None:
    (camera,) = cameras(city, 5, 1)
    table = city.site.path.with_name("nodes.csv")
    whole = table.read_text()
    pids, watches, begun = city.pids(), city.network("video")["watches"], now_ms()

    table.write_text("".join(line for line in whole.splitlines(True) if not line.startswith(camera)))
    wait_until(lambda: city.network("video")["watches"] == watches - 1, 15, "it is gone from the status")
    wait_until(lambda: changes_since(city, begun), 15, "the ledger knows")
    assert changes_since(city, begun) == [(camera, "unknown", "not_asked")]

    table.write_text(whole)
    wait_until(lambda: city.network("video")["states"]["up"] == watches, 25, "it is back and up")
    assert changes_since(city, begun) == [(camera, "unknown", "not_asked"), (camera, "up", "ok")]
    assert city.pids() == pids
    assert unbroken(city, "video", since=begun)


@pytest.mark.timeout(90)
def test_a_list_with_a_mistake_is_refused_aloud_and_the_former_one_stays(city: ChaosCity) -> None:
    table = city.site.path.with_name("nodes.csv")
    whole = table.read_text()
    (camera,) = cameras(city, 6, 1)
    watches, begun, offset = city.network("video")["watches"], now_ms(), city.log.stat().st_size
    assert "quanshi_config_reload_success 1.0" in city.metrics()

    table.write_text(whole.replace(f"{camera},", f"{camera},x,camel,", 1))
    wait_until(lambda: "quanshi_config_reload_success 0.0" in city.metrics(), 15, "the metric says so")
    wait_until(lambda: log_since(city, offset).count("reload refused") >= 3, 15, "every role says so")
    assert city.network("video")["watches"] == watches
    assert "nodes.csv" in (city.status() or {})["reload_error"]
    # They go on looking by the former list.
    city.fleet.fail([camera], "refuse")
    wait_until(lambda: camera in city.down(), CONFIRMED, "a fault is still found")

    table.write_text(whole)
    wait_until(lambda: "quanshi_config_reload_success 1.0" in city.metrics(), 15, "the repair is taken")
    assert (city.status() or {})["reload_error"] is None
    assert changes_since(city, begun) == [(camera, "down", "refused")]
