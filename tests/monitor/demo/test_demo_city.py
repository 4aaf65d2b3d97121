from collections import Counter
from ipaddress import ip_address
from pathlib import Path

import pytest

from monitor.config import load_site
from monitor.demo.city import FULL_POINTS, City, make_city
from monitor.demo.patience import Patience
from monitor.demo.places import all_towns
from monitor.demo.site_files import SiteOptions, write_site
from monitor.model import gbcode
from monitor.model.nodes import Kind, Level


@pytest.fixture(scope="module")
def city() -> City:
    return make_city()


def centres(city: City, level: Level) -> int:
    return sum(node.kind is Kind.CENTRE and node.level is level for node in city.nodes)


def test_the_towns_are_the_real_112_and_15_town_like_units() -> None:
    towns = all_towns()
    assert Counter(town.kind for town in towns) == {"street": 26, "town": 86, "like": 15}
    assert len({town.county for town in towns}) == 5
    assert len({town.code for town in towns}) == 127


def test_the_whole_city_has_the_newspapers_figures(city: City) -> None:
    assert sum(node.kind is Kind.CAMERA for node in city.nodes) == FULL_POINTS == 3352
    assert all(node.point_class == 1 for node in city.nodes if node.kind is Kind.CAMERA)
    figures = [centres(city, level) for level in (Level.CITY, Level.COUNTY, Level.TOWN, Level.VILLAGE)]
    assert figures == [1, 2, 106, 1867]


def test_each_network_has_platforms_on_all_three_levels(city: City) -> None:
    for network in ("video", "police"):
        levels = Counter(n.level for n in city.nodes if n.kind is Kind.PLATFORM and n.networks == (network,))
        assert levels == {Level.CITY: 1, Level.COUNTY: 5, Level.TOWN: 127}


def test_only_the_boundary_gateway_is_seen_from_both_networks(city: City) -> None:
    both = [node for node in city.nodes if len(node.networks) == 2]
    assert [node.kind for node in both] == [Kind.GATEWAY]
    assert len({str(address) for address in both[0].addresses}) == 2


def test_ids_are_distinct_valid_gb_codes_of_the_right_network(city: City) -> None:
    assert len(city.by_id) == len(city.nodes)
    for node in city.nodes:
        code = gbcode.parse(node.id)
        assert code.region == node.region[:6]
        assert code.network == {"video": 0, "police": 5}[node.networks[0]]
        assert code.is_camera == (node.kind is Kind.CAMERA)


def test_every_watch_has_an_own_loopback_address_clear_of_the_machines_own(city: City) -> None:
    hosts = [ip_address(watch.address.host) for watch in city.watches]
    assert len(set(hosts)) == len(hosts)
    for host in hosts:
        second, last = host.packed[1], host.packed[3]
        assert host.is_loopback
        assert 1 <= second <= 253
        assert 1 <= last <= 254


def test_parents_form_a_tree_in_each_network(city: City) -> None:
    for network in ("video", "police"):
        inside = {node.id for node in city.nodes if network in node.networks}
        roots = set()
        for node in inside:
            seen = [node]
            while parents := [p for p in city.by_id[seen[-1]].parents if p in inside]:
                assert len(parents) == 1
                assert parents[0] not in seen
                seen.append(parents[0])
            roots.add(seen[-1])
        kinds = Counter(city.by_id[root].kind for root in roots)
        assert kinds == {Kind.SWITCH: 1, Kind.GATEWAY: 1}, "the core, and the witness that hangs on nothing"


def test_behind_a_town_switch_is_all_of_the_town_and_nothing_of_another(city: City) -> None:
    switch = next(n for n in city.nodes if n.kind is Kind.SWITCH and n.level is Level.TOWN)
    behind = city.behind(switch.id)
    assert behind[0] == switch.id
    assert {city.by_id[node].region for node in behind} == {switch.region}
    cameras = [n.id for n in city.nodes if n.kind is Kind.CAMERA and n.region == switch.region]
    assert set(cameras) <= set(behind)


def test_regions_add_up(city: City) -> None:
    by_code = {region.code: region for region in city.regions}
    assert by_code["440900"].points == 3352
    for parent in ("440900", "440902"):
        children = [region.points for region in city.regions if region.parent == parent]
        assert sum(children) == by_code[parent].points


def test_everything_invented_says_so_in_its_name(city: City) -> None:
    """Counties and towns keep their real names: those are not invented."""
    assert "演示" in city.regions[0].name
    assert all("演示" in node.name for node in city.nodes)


def test_the_same_seed_gives_the_same_city_and_another_seed_another() -> None:
    assert make_city(200, seed=4).nodes == make_city(200, seed=4).nodes
    ours = {str(watch.address) for watch in make_city(200, seed=4).watches}
    assert ours.isdisjoint(str(watch.address) for watch in make_city(200, seed=5).watches)


@pytest.mark.parametrize("points", [1, 7, 130, 500, 5000])
def test_any_size_has_its_points_and_at_least_one_of_everything(points: int) -> None:
    city = make_city(points)
    assert sum(node.kind is Kind.CAMERA for node in city.nodes) == points
    for level in (Level.CITY, Level.COUNTY, Level.TOWN, Level.VILLAGE):
        assert centres(city, level) >= 1
    assert len({node.region[:6] for node in city.nodes if node.level is Level.COUNTY}) == 5


def test_a_city_without_points_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 point"):
        make_city(0)


def test_the_written_site_loads_without_a_mistake_and_says_everywhere_that_it_is_invented(
    tmp_path: Path,
) -> None:
    city = make_city(300, port=23456)
    site = load_site(write_site(city, tmp_path / "site", SiteOptions(broker="mqtt://127.0.0.1:1899")))
    assert site.invented
    assert list(site.inventory.nodes) == list(city.by_id)
    assert len(site.inventory.watches("police")) == sum("police" in n.networks for n in city.nodes)
    camera = next(n for n in site.inventory.nodes.values() if n.kind is Kind.CAMERA)
    assert [(p.name, p.every, p.port, p.slow) for p in camera.probes] == [("rtsp", 5.0, 23456, 2.0)]
    assert site.networks["video"].witnesses == (city.witnesses["video"],)
    for file in ("site.yaml", "nodes.csv", "regions.csv"):
        first = (tmp_path / "site" / file).read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("#")
        assert "虚构" in first


def test_heartbeats_are_written_only_where_there_is_a_broker_to_hear_them(tmp_path: Path) -> None:
    city = make_city(300)
    with_broker = write_site(city, tmp_path / "a", SiteOptions(broker="mqtt://127.0.0.1:1899"))
    without = write_site(city, tmp_path / "b")
    assert "mqtt@5s" in with_broker.with_name("nodes.csv").read_text(encoding="utf-8")
    assert "mqtt" not in without.with_name("nodes.csv").read_text(encoding="utf-8")
    assert load_site(without).mqtt is None


def test_in_a_network_of_its_own_the_city_is_pinged_too() -> None:
    city = make_city(20, own_network=True)
    assert all(watch.address.host.startswith("10.") for watch in city.watches)
    assert all(node.probes[0].name == "ping" for node in city.nodes)


def test_the_written_site_is_judged_as_fast_as_the_city_says(tmp_path: Path) -> None:
    city = make_city(20)
    site = load_site(write_site(city, tmp_path / "site", SiteOptions(broker="mqtt://127.0.0.1:1899")))
    written = {watch.key: watch for network in site.networks for watch in site.inventory.watches(network)}
    for watch in city.watches:
        assert Patience.of(written[watch.key], site.judge) == Patience.of(watch), watch.node
