from pathlib import Path

import pytest

from monitor.commands.demo_run import ROUND, SCRIPT_SECONDS
from monitor.config import JudgeSettings
from monitor.demo.city import City, make_city
from monitor.demo.faults import Fault, FaultKind, read_script, write_script
from monitor.demo.script import Pace, script
from monitor.model.nodes import Kind, Level
from monitor.model.observations import Cause, State

START = 1_800_000_000_000


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(400)


def test_the_same_seed_gives_the_same_script_and_another_seed_another(city: City) -> None:
    assert script(city, 5, START, 120) == script(city, 5, START, 120)
    assert script(city, 5, START, 120) != script(city, 6, START, 120)


@pytest.mark.parametrize("seed", range(20))
def test_no_two_faults_overlap_on_a_node_and_all_lie_inside_the_script(city: City, seed: int) -> None:
    faults = script(city, seed, START, 120, heartbeats=True)
    nodes = [node for fault in faults for node in fault.nodes]
    assert len(set(nodes)) == len(nodes)
    for fault in faults:
        assert fault.start >= START
        assert fault.end is None or fault.start < fault.end <= START + 120_000


def test_witnesses_never_fail(city: City) -> None:
    for seed in range(20):
        for fault in script(city, seed, START, 120, heartbeats=True):
            assert not set(fault.nodes) & set(city.witnesses.values())


def test_a_blackout_takes_the_switch_and_all_behind_it(city: City) -> None:
    blackouts = [fault for fault in script(city, 1, START, 120) if fault.root]
    assert len(blackouts) == 2, "a county and a town"
    for fault in blackouts:
        assert fault.kind is FaultKind.VANISH
        assert city.by_id[fault.root].kind is Kind.SWITCH
        assert fault.nodes == city.behind(fault.root)


@pytest.mark.parametrize("seed", range(60))
def test_no_seed_leaves_out_what_the_pace_names(seed: int) -> None:
    city = make_city(275, seed=seed)
    faults = script(city, seed, START, 120, heartbeats=True)
    levels = [city.by_id[fault.root].level for fault in faults if fault.root]
    assert sorted(levels) == [Level.COUNTY, Level.TOWN]
    longest = {
        kind: max(((fault.end or 0) - fault.start for fault in faults if fault.kind is kind), default=0)
        for kind in FaultKind
    }
    assert longest[FaultKind.FLAPPING] == 100_000
    assert min(longest[FaultKind.WILL], longest[FaultKind.SILENT]) >= 40_000, "silence must be heard"


def test_a_town_of_the_dark_county_is_not_darkened_twice(city: City) -> None:
    county, town = sorted(
        (fault for fault in script(city, 1, START, 120) if fault.root), key=lambda fault: -len(fault.nodes)
    )
    assert not set(county.nodes) & set(town.nodes)


def test_a_city_with_one_heart_has_a_will_and_one_with_none_has_neither() -> None:
    one = make_city(8)
    kinds = {fault.kind for fault in script(one, 1, START, 120, heartbeats=True)}
    assert FaultKind.WILL in kinds
    assert FaultKind.SILENT not in kinds


def test_rounds_that_follow_each_other_leave_nothing_behind(city: City) -> None:
    settle = 1000 * JudgeSettings().flap_settle
    for fault in script(city, 1, START, SCRIPT_SECONDS, pace=ROUND, heartbeats=True):
        assert fault.end is not None
        assert fault.end + settle + 17_400 <= START + 1000 * SCRIPT_SECONDS


def test_devices_fail_only_in_ways_that_can_be_seen(city: City) -> None:
    for seed in range(20):
        for fault in script(city, seed, START, 120, heartbeats=True):
            for node in fault.nodes:
                probes = {probe.protocol for probe in city.by_id[node].probes}
                if fault.kind in {FaultKind.WILL, FaultKind.SILENT}:
                    assert "mqtt" in probes
                if fault.kind in {FaultKind.HANG, FaultKind.BUSY, FaultKind.SLOW, FaultKind.GARBAGE}:
                    assert probes & {"rtsp", "http"}


def test_without_a_broker_nothing_falls_silent_and_with_one_something_does(city: City) -> None:
    told = {FaultKind.WILL, FaultKind.SILENT}
    assert not [f for s in range(10) for f in script(city, s, START, 120) if f.kind in told]
    assert [f for f in script(city, 1, START, 120, heartbeats=True) if f.kind in told]


def test_a_wildcard_fleet_gets_only_what_it_can_play(city: City) -> None:
    kinds = {fault.kind for s in range(10) for fault in script(city, s, START, 120, wildcard=True)}
    playable = {FaultKind.HANG, FaultKind.SLOW, FaultKind.GARBAGE, FaultKind.RESET, FaultKind.BUSY}
    assert kinds == playable


def test_some_faults_are_too_brief_to_notice_and_some_never_end(city: City) -> None:
    faults = script(city, 3, START, 120, pace=Pace(share=0.5))
    lengths = [fault.end - fault.start for fault in faults if fault.end is not None]
    assert min(lengths) <= 2000
    assert max(lengths) > 40_000
    assert any(fault.end is None for fault in faults)


@pytest.mark.parametrize("name", ["script.jsonl", "script.csv"])
def test_a_script_survives_its_file(city: City, tmp_path: Path, name: str) -> None:
    faults = script(city, 1, START, 120)
    write_script(tmp_path / name, faults)
    assert read_script(tmp_path / name) == faults


def test_a_bad_line_of_a_script_is_named(tmp_path: Path) -> None:
    good = Fault(("n",), FaultKind.HANG, START, None)
    write_script(tmp_path / "s.jsonl", [good, good])
    text = (tmp_path / "s.jsonl").read_text().splitlines()
    (tmp_path / "s.jsonl").write_text(text[0] + "\n" + text[1].replace("hang", "sulk"))
    with pytest.raises(ValueError, match=r"fault 2 of the script.*sulk"):
        read_script(tmp_path / "s.jsonl")


def test_a_fault_says_what_to_expect() -> None:
    fault = Fault(("n",), FaultKind.BUSY, START, None)
    assert (fault.state, fault.cause) == (State.DEGRADED, Cause.BUSY)
