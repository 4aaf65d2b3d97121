"""A network in three shards: each node seen by one collector, one lost with its own part alone, cut anew."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chaos_city import (
    CONFIRMED,
    ChaosCity,
    assert_everything_once,
    assert_nothing_crashed,
    children,
    command_of,
    is_alive,
    now_ms,
    read_only,
    wait_until,
)

from monitor.config import load_site
from monitor.demo.city import POLICE, VIDEO
from monitor.model.nodes import collector_name, shard_of
from monitor.web.client import is_ready

SHARDS = 3
NAMES = [collector_name(VIDEO, shard, SHARDS) for shard in range(SHARDS)]


class ShardedCity(ChaosCity):
    """A city whose video network is cut in three, or as ``shards`` says at the next start."""

    shards = SHARDS

    @contextmanager
    def _roles(self) -> Iterator[None]:
        self._cut(self.shards)
        with super()._roles():
            yield

    def _cut(self, shards: int) -> None:
        path = self.site.path
        text = re.sub(
            r"(  video: \{name: [^,}]+)(, shards: \d+)?", rf"\1, shards: {shards}", path.read_text()
        )
        path.write_text(text)
        self.site = load_site(path)

    def collectors(self) -> dict[str, int]:
        """The living collectors by name, each with its process."""
        found = {}
        for pid in filter(is_alive, children(self.pid)):
            words = command_of(pid)
            if "--shard" in words:
                network, shard = (words[words.index(option) + 1] for option in ("--network", "--shard"))
                found[f"{network}-{shard.replace('/', 'of')}"] = pid
        return found

    def footings(self, network: str = VIDEO) -> dict[str, str]:
        return {each["name"]: each["footing"] for each in self.network(network).get("collectors", ())}

    def watched(self) -> list[str]:
        return [watch.node.id for watch in self.site.inventory.watches(VIDEO)]

    def part(self, shard: int) -> list[str]:
        return [node for node in self.watched() if shard_of(node, SHARDS) == shard]

    def unknown(self) -> set[str]:
        """The watches of the video network that nobody knows about now."""
        pattern = r'quanshi_node_state\{node="([^"]+)",network="video"[^}]*\} 0(?:\.0)?$'
        return set(re.findall(pattern, self.metrics(), re.MULTILINE))


@contextmanager
def collecting_alone(city: ShardedCity, shard: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "monitor.cli", "run", "collect", "--network", VIDEO, "--shard", shard]
    with city.log.open("ab") as log:
        process = subprocess.Popen([*command, "--site", str(city.site.path)], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.timeout(240)
def test_a_network_in_three_shards(tmp_path: Path) -> None:
    with ShardedCity(tmp_path, points=24) as city:
        not_ready_before_the_last_shard_was_seen(city)
        each_node_is_seen_by_its_own_collector_alone(city)
        durations_of_every_shard_are_shown(city)
        with city.unsupervised():
            a_dead_shard_takes_its_own_watches_along(city)
            a_collector_started_by_hand_sees_its_shard(city)
            ask_to_end_with_something_unsaid(city)
        city.stop_roles()
        city.shards = 1
        with city._roles():
            the_new_cut_goes_on_where_the_former_ended(city)
            city.stop_roles()
        facts = city.facts()
    assert_everything_once(facts)
    assert_nothing_crashed(city)


def not_ready_before_the_last_shard_was_seen(city: ShardedCity) -> None:
    planned = {*NAMES, collector_name(POLICE, 0, 1)}
    wait_until(lambda: set(city.collectors()) == planned, 30, "all collectors run")
    late = city.collectors()[NAMES[1]]
    os.kill(late, signal.SIGSTOP)
    reason = f"no sight of collector {NAMES[1]} yet"
    wait_until(lambda: reasons(city) == [reason], 60, f"only {NAMES[1]} is awaited")
    assert city.footings()[NAMES[1]] == "awaited"
    os.kill(late, signal.SIGCONT)
    wait_until(lambda: is_ready(city.site.data)[0], 30, "ready")


def reasons(city: ShardedCity) -> list[str]:
    """Why the pages may not be believed yet."""
    ready, said = is_ready(city.site.data)
    return [] if ready or not said.startswith("{") else list(json.loads(said)["reasons"])


def each_node_is_seen_by_its_own_collector_alone(city: ShardedCity) -> None:
    wait_until(lambda: city.network(VIDEO)["states"]["up"] == len(city.watched()), 30, "all are up")
    said = city.recorded("SELECT collector, node FROM changes WHERE network = 'video'")
    assert sorted(said) == sorted((NAMES[shard_of(node, SHARDS)], node) for node in city.watched())
    counts = dict(city.recorded("SELECT collector, max(watches) FROM sights GROUP BY collector"))
    assert counts == {
        **Counter(NAMES[shard_of(node, SHARDS)] for node in city.watched()),
        collector_name(POLICE, 0, 1): len(city.site.inventory.watches(POLICE)),
    }


def durations_of_every_shard_are_shown(city: ShardedCity) -> None:
    pattern = re.compile(r'quanshi_probe_duration_seconds\{node="([^"]+)",network="video"')
    wait_until(lambda: set(pattern.findall(city.metrics())) == set(city.watched()), 30, "all durations")
    ages = re.findall(r'quanshi_sight_age_seconds\{collector="video-([^"]+)"', city.metrics())
    assert sorted(ages) == [f"{shard}of{SHARDS}" for shard in range(SHARDS)]


def a_dead_shard_takes_its_own_watches_along(city: ShardedCity) -> None:
    """Two of the three collectors die, and nobody starts them again."""
    broken = city.part(0)[-1]
    collectors = city.collectors()
    for dead in NAMES[1:]:
        os.kill(collectors[dead], signal.SIGKILL)
    killed = now_ms()
    city.fleet.fail([broken], "refuse")
    wait_until(lambda: city.unknown() == {*city.part(1), *city.part(2)}, 50, "theirs alone are unknown")
    assert now_ms() - killed >= 24_000, "the last sight speaks for 35 s"
    assert city.footings() == {NAMES[0]: "sees", NAMES[1]: "silent", NAMES[2]: "silent"}
    assert city.network(VIDEO)["blind"]
    assert not city.network(POLICE)["blind"]
    assert set(city.down()) == {broken}, "the others are still looked at"
    city.fleet.clear([broken])


def a_collector_started_by_hand_sees_its_shard(city: ShardedCity) -> None:
    with collecting_alone(city, f"1/{SHARDS}"):
        wait_until(lambda: city.unknown() == set(city.part(2)), 30, "one of the two came back")
        assert city.footings()[NAMES[1]] == "sees"
        wait_until(lambda: not city.down(), 2 * CONFIRMED, "nobody is down")


def ask_to_end_with_something_unsaid(city: ShardedCity) -> None:
    """A camera fails while nobody reads, and the end comes before that changes."""
    monitor, camera = city.pids()["monitor"], city.part(0)[0]
    box = city.site.data / "collect" / f"{NAMES[0]}.db"
    query = "SELECT count(*) FROM events WHERE type = 'quanshi.watch.changed'"
    wait_until(
        lambda: read_only(box, query) == [(0,)], 2 * CONFIRMED, "all that went before is in the ledger"
    )
    os.kill(monitor, signal.SIGSTOP)
    city.fleet.fail([camera], "refuse")
    wait_until(lambda: read_only(box, query) == [(1,)], 2 * CONFIRMED, "its end is in the outbox")
    # Before the supervisor goes on: it would start the two that died.
    os.kill(city.pid, signal.SIGTERM)


def left(city: ShardedCity) -> dict[str, int]:
    """How many events each outbox of the video network keeps."""
    boxes = (city.site.data / "collect").glob(f"{VIDEO}-*.db")
    return {box.stem: read_only(box, "SELECT count(*) FROM events")[0][0] for box in boxes}


def the_new_cut_goes_on_where_the_former_ended(city: ShardedCity) -> None:
    camera, now = city.part(0)[0], collector_name(VIDEO, 0, 1)
    ((former,),) = city.recorded("SELECT max(id) FROM changes")
    assert left(city)[NAMES[0]] > 0
    city.wait_ready()
    assert set(city.collectors()) == {now, collector_name(POLICE, 0, 1)}
    wait_until(lambda: not any(left(city)[name] for name in NAMES), 20, "all that was left is said")
    assert set(city.down()) == {camera}
    states = city.network(VIDEO)["states"]
    assert (states["down"], states["up"]) == (1, len(city.watched()) - 1)
    # Who looks now, perhaps who looked until a moment ago, and nobody who is only missed.
    assert city.footings()[now] == "sees"
    assert NAMES[2] not in city.footings()
    assert "silent" not in city.footings().values()
    assert not city.network(VIDEO)["blind"]
    city.fleet.clear([camera])
    wait_until(lambda: not city.down(), 2 * CONFIRMED, "it is up again")
    rows = city.recorded(
        "SELECT collector, node, old, new FROM changes WHERE id > ? AND network = 'video' ORDER BY id", former
    )
    assert rows == [
        (NAMES[0], camera, "up", "down"),  # what was left unsaid, first
        (now, camera, "down", "up"),  # and nothing told twice by those who know it from others
    ]
