"""What stands on ``/metrics`` beside the states, so that a page of Grafana can be read and drilled down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from small_site import Voice, camera, make_site, write_site

from monitor.bus.keys import Keys
from monitor.config import Site, load_site
from monitor.live.health import Health
from monitor.live.metrics import Metrics
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.live.surroundings import Surroundings
from monitor.model.observations import Cause, State
from monitor.model.outages import Outage, OutageKind, Phase

T0 = 1_700_000_000_000
NETWORKS = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
REGIONS = """code,name,parent
440900,茂名市,
440983,信宜市,440900
440983101,"镇隆""镇",440983
440902005,新华街道,440902
440902,茂南区,440900
"""


def joining(node: str, network: str, /, **cells: str) -> dict[str, str]:
    return camera(node, network, probes="ping", **{"class": ""} | cells)


NODES = [
    camera("cam-1", region="440983101", contractor="甲公司", name="河西路口"),
    camera("cam-2", "video;police", region="440902005"),
    joining("sw-1", "video", kind="switch", level="town", region="440983101"),
    joining("sw-2", "video", kind="switch", level="town", region="440983101"),
    joining("gw", "video;police", kind="gateway", level="city", region="440900"),
    joining("loose", "video", kind="switch"),
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    written = write_site(tmp_path, NODES, networks=NETWORKS)
    (tmp_path / "regions.csv").write_text(REGIONS)
    return load_site(written)


@pytest.fixture
def live(site: Site) -> Live:
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 2000))
    live.apply(voice.turns("sw-1", State.UNKNOWN, State.UP, T0 - 9000))
    live.apply(voice.turns("sw-2", State.UNKNOWN, State.DOWN, T0 - 8000))
    return live


def samples(live: Live, *outages: Outage) -> dict[str, list[tuple[dict[str, str], float]]]:
    """By name: labels and value."""
    page = b"".join(Surroundings(live.site, live.board).families(outages)).decode()
    return {
        family.name: [(sample.labels, sample.value) for sample in family.samples]
        for family in text_string_to_metric_families(page)
    }


def outage(**fields: Any) -> Outage:
    usual: dict[str, Any] = {
        "id": "7f3a",
        "phase": Phase.CHANGED,
        "kind": OutageKind.NODE,
        "network": "video",
    }
    usual |= {"root": "sw-2", "name": "镇隆镇接入交换机", "region": "440983101", "contractor": "甲公司"}
    usual |= {"at": T0 - 8250, "not_before": None, "detected_at": T0, "cause": Cause.NO_REPLY, "affected": 31}
    return Outage(**usual | fields)


def test_a_node_has_its_name_once_in_however_many_networks_it_is(live: Live) -> None:
    found = {labels["node"]: labels for labels, value in samples(live)["quanshi_node_info"] if value == 1}

    assert len(samples(live)["quanshi_node_info"]) == len(found) == len(NODES)
    assert found["cam-1"] == {"node": "cam-1", "name": "河西路口", "contractor": "甲公司"}
    assert found["cam-2"]["name"] == "cam-2", "without a name its id"


def test_a_region_has_its_name_and_its_county_also_where_no_node_stands_right_in_it(live: Live) -> None:
    found = {labels["region"]: labels for labels, _ in samples(live)["quanshi_region_info"]}

    assert list(found) == ["440900", "440902", "440902005", "440983", "440983101"]
    town = {"region_name": '镇隆"镇', "county": "440983", "county_name": "信宜市"}
    assert found["440983101"] == {"region": "440983101", **town}
    assert found["440983"]["county"] == "440983"
    assert found["440902"]["region_name"] == found["440902005"]["county_name"] == "茂南区"
    assert (found["440900"]["county"], found["440900"]["county_name"]) == ("", ""), "a city is no county"


def test_a_network_has_its_name(live: Live) -> None:
    found = [tuple(labels.values()) for labels, value in samples(live)["quanshi_network_info"] if value == 1]

    assert found == [("video", "视频专网"), ("police", "公安网")]


def test_what_joins_the_points_is_counted_by_level_and_state(live: Live) -> None:
    found = {tuple(labels.values()): value for labels, value in samples(live)["quanshi_level_nodes"]}

    assert found["video", "town", "switch", "up"] == 1
    assert found["video", "town", "switch", "down"] == 1
    assert found["video", "town", "switch", "degraded"] == 0
    assert found["police", "city", "gateway", "unknown"] == 1
    assert sum(found.values()) == 4, "neither cameras nor what stands on no level"


def test_counts_follow_the_board(live: Live) -> None:
    around = Surroundings(live.site, live.board)
    live.apply(Voice(sequence=9).turns("sw-2", State.DOWN, State.UP, T0))

    page = b"".join(around.families(())).decode()

    assert 'quanshi_level_nodes{network="video",level="town",kind="switch",state="up"} 2\n' in page


def test_an_open_outage_has_its_size_and_its_beginning(live: Live) -> None:
    found = samples(
        live, outage(), outage(id="9", kind=OutageKind.SUSPECTED, root="region:440983", affected=3)
    )

    labels = {"network": "video", "kind": "node", "root": "sw-2", "name": "镇隆镇接入交换机"}
    labels |= {"region": "440983101", "contractor": "甲公司"}
    assert found["quanshi_outage_affected"][0] == (labels, 31)
    assert found["quanshi_outage_start_timestamp_seconds"][0] == (labels, (T0 - 8250) / 1000)
    assert [value for _, value in found["quanshi_outage_affected"]] == [31, 3]


def test_without_an_outage_there_is_no_sample(live: Live) -> None:
    assert not any(name.startswith("quanshi_outage") for name in samples(live))


def test_two_outages_of_one_root_are_one_sample(live: Live) -> None:
    """A part that is about to be merged: a name with the same labels twice would spoil the whole scrape."""
    found = samples(live, outage(), outage(id="9", affected=7))

    assert [value for _, value in found["quanshi_outage_affected"]] == [7]


def test_the_page_names_what_a_new_node_list_names(live: Live, bus: Redis, tmp_path: Path) -> None:
    metrics = Metrics(live, Health(), ProbeTimes(bus, Keys("maoming")))
    before = metrics.render(T0, openmetrics=False).decode()
    (tmp_path / "new").mkdir()
    live.reload(make_site(tmp_path / "new", [camera("cam-1", name="河东路口")], networks=NETWORKS))

    after = metrics.render(T0, openmetrics=False).decode()

    assert ('name="河西路口"' in before, 'name="河东路口"' in before) == (True, False)
    assert ('name="河西路口"' in after, 'name="河东路口"' in after) == (False, True)
    assert "quanshi_level_nodes" not in after
