"""What each rule finds wrong, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_site import camera, make_site

from alerts.model import Finding, Severity
from alerts.rules import find
from alerts.rules.world import Trouble, World
from monitor.config import Site
from monitor.model.events import Change
from monitor.model.measured import WINDOWS, Budget, Certificate, GroupNow, Health, Measured, Spent
from monitor.model.observations import Cause, State
from monitor.model.outages import Outage, OutageKind, Phase

NOW = 1_795_600_000_000
DAY = 86_400_000
WELL = Health(sight_ages={"video-0of1": 3.0}, outboxes={}, lags={}, ledger_takes=True)

CAMERA = Outage(
    id="aaaaaaaaaa",
    phase=Phase.OPENED,
    kind=OutageKind.NODE,
    network="video",
    root="cam-1",
    name="cam-1",
    region="440983101",
    contractor="甲公司",
    at=NOW - 5_000,
    not_before=NOW - 9_000,
    detected_at=NOW - 1_000,
    cause=Cause.NO_REPLY,
    classes={1: 1},
    nodes=("cam-1",),
)
SWITCH = replace(CAMERA, id="bbbbbbbbbb", root="sw-1", name="sw-1", affected=32, classes={1: 31})


def make(folder: Path, rules: str = "{}") -> Site:
    (folder / "alerts.yaml").write_text(f"rules: {rules}\n")
    rows = [
        camera("cam-1", region="440983101", contractor="甲公司", parent="sw-1"),
        camera("sw-1", kind="switch", region="440983101") | {"class": ""},
    ]
    return make_site(folder, rows, regions={"440983": "信宜市", "440983101": "镇隆镇"})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make(tmp_path)


def found(site: Site, *outages: Outage, now: int = NOW, **what: Any) -> list[Finding]:
    world = World(now, site, outages={one.id: one for one in outages}, **what)
    return list(find(site.alerting.rules, world))


def names(findings: list[Finding]) -> list[str]:
    return [one.rule for one in findings]


# -- outages


def test_an_outage_is_told_by_one_rule_alone(site: Site) -> None:
    suspected = replace(SWITCH, id="cccccccccc", kind=OutageKind.SUSPECTED, root="region:440983")
    blind = replace(SWITCH, id="dddddddddd", kind=OutageKind.OBSERVER, root="video-0of1", cause=Cause.BLIND)

    told = found(site, CAMERA, SWITCH, suspected, blind)

    assert sorted(names(told)) == ["blind", "offline", "outage", "suspected"]
    assert {one.rule: one.severity for one in told}["offline"] is Severity.WARNING


def test_a_switch_without_anything_behind_it_is_an_outage_all_the_same(site: Site) -> None:
    assert names(found(site, replace(SWITCH, affected=1))) == ["outage"]


def test_a_finding_carries_what_its_message_needs(site: Site) -> None:
    (one,) = found(site, SWITCH)

    assert (one.key, one.kind, one.region, one.contractor) == (
        "outage/bbbbbbbbbb",
        "switch",
        "440983101",
        "甲公司",
    )
    assert (one.since, one.not_before, one.detected_at) == (SWITCH.at, SWITCH.not_before, SWITCH.detected_at)
    assert one.facts["affected"] == 32
    assert one.facts["classes"] == {"1": 31}


def test_what_is_under_maintenance_is_not_told(site: Site) -> None:
    assert found(site, replace(SWITCH, excluded="M1")) == []


def test_a_rule_may_be_about_some_alone(tmp_path: Path) -> None:
    site = make(tmp_path, "{offline: {kinds: [camera], classes: [2]}}")
    assert found(site, CAMERA) == []


def test_a_rule_that_is_off_finds_nothing(tmp_path: Path) -> None:
    assert names(found(make(tmp_path, "{outage: off}"), SWITCH)) == ["offline"]


# -- watches


def degraded(cause: Cause) -> Mapping[tuple[str, str], Change]:
    change = Change("cam-1", "video", State.UP, State.DEGRADED, NOW - 60_000, None, NOW - 50_000, cause)
    return {("cam-1", "video"): change}


@pytest.mark.parametrize(("cause", "rule"), [(Cause.SLOW, "degraded"), (Cause.FLAPPING, "flapping")])
def test_a_watch_that_is_not_as_it_should_be(site: Site, cause: Cause, rule: str) -> None:
    (one,) = found(site, degraded=degraded(cause))

    assert (one.rule, one.subject, one.point_class) == (rule, "video/cam-1", 1)
    assert one.facts["cause"] == cause.value


def test_what_comes_and_goes_with_its_switch_is_told_of_the_switch_alone(site: Site) -> None:
    both = dict(degraded(Cause.FLAPPING))
    (camera_turn,) = both.values()
    both["sw-1", "video"] = replace(camera_turn, node="sw-1")

    assert [one.node for one in found(site, degraded=both)] == ["sw-1"]
    assert names(found(site, SWITCH, degraded=degraded(Cause.FLAPPING))) == ["outage"]


# -- groups


def group(**what: Any) -> GroupNow:
    states = what.pop("states", {"up": 3352})
    return replace(GroupNow(None, None, 1, sum(states.values()), states, target=0.98), **what)


def measured(*groups: GroupNow, health: Health = WELL, **what: Any) -> Measured:
    return Measured(NOW, groups, health, **what)


def of_network(down: int, suppressed: int = 0, unknown: int = 0) -> GroupNow:
    states = {"up": 100 - down - unknown, "down": down, "unknown": unknown}
    return group(network="video", point_class=None, states=states, suppressed=suppressed, target=None)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (of_network(9), False),
        (of_network(10), True),
        (replace(of_network(40), maintained=31), False),  # planned, and told to nobody
        (of_network(40, suppressed=31), False),  # that is an outage's, and told once
        (of_network(10, unknown=90), True),  # of those that are known
    ],
)
def test_too_many_down_at_once(site: Site, now: GroupNow, told: bool) -> None:
    assert bool(found(site, measured=measured(now))) is told


def windows(**bad: float) -> dict[str, Spent]:
    """The share of each window that was not intact."""
    whole = {name: 3352 * 1000 * span for name, span in WINDOWS.items()}
    return {
        name: Spent(round(whole[name] * (1 - share)), round(whole[name] * share))
        for name, share in bad.items()
    }


@pytest.mark.parametrize(
    ("shares", "severity"),
    [
        ({"1h": 0.30, "5m": 0.30}, Severity.CRITICAL),  # 15 times 2 %
        ({"1h": 0.30, "5m": 0.01, "6h": 0.1}, None),  # it is over
        ({"1h": 0.13, "5m": 0.13, "6h": 0.13}, Severity.CRITICAL),  # 6.5 times, for hours
        ({"1h": 0.021, "5m": 0.021, "6h": 0.021, "3d": 0.021}, Severity.WARNING),
        ({"1h": 0.019, "5m": 0.019, "6h": 0.019, "3d": 0.019}, None),  # 64 of 3,352: within the budget
    ],
)
def test_a_budget_that_burns_too_fast(
    site: Site, shares: dict[str, float], severity: Severity | None
) -> None:
    told = found(site, measured=measured(group(windows=windows(**shares))))
    assert [one.severity for one in told] == ([] if severity is None else [severity])


def test_a_few_points_are_no_population(site: Site) -> None:
    few = group(states={"up": 9, "down": 1}, windows=windows(**{"1h": 0.5, "5m": 0.5}))
    assert found(site, measured=measured(few)) == []


def test_the_first_minutes_of_a_new_site_are_no_hour(site: Site) -> None:
    minutes = {name: Spent(bad=3352 * 300_000) for name in ("5m", "1h")}
    assert found(site, measured=measured(group(windows=minutes))) == []


def test_time_that_nobody_saw_burns_no_budget(site: Site) -> None:
    unseen = {name: Spent(unknown=10**9) for name in ("5m", "1h", "6h", "3d")}
    assert found(site, measured=measured(group(windows=unseen))) == []


def test_a_budget_that_is_gone_or_will_be(site: Site) -> None:
    hours = 3_600_000
    soon = group(budget=Budget(48_269 * hours, 30_000 * hours, NOW + DAY))
    gone = group(budget=Budget(48_269 * hours, 50_000 * hours, NOW - DAY))
    left = group(budget=Budget(48_269 * hours, 30_000 * hours))

    assert [one.severity for one in found(site, measured=measured(soon))] == [Severity.WARNING]
    assert [one.severity for one in found(site, measured=measured(gone))] == [Severity.CRITICAL]
    assert found(site, measured=measured(left)) == []


# -- certificates, and ourselves


@pytest.mark.parametrize(
    ("expires", "severity"),
    [(NOW + 31 * DAY, None), (NOW + 29 * DAY, Severity.WARNING), (NOW - DAY, Severity.CRITICAL)],
)
def test_a_certificate_that_ends(tmp_path: Path, expires: int, severity: Severity | None) -> None:
    told = found(make(tmp_path), measured=measured(certificates=(Certificate("cam-1", "video", expires),)))
    assert [one.severity for one in told] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("health", "subject"),
    [
        (replace(WELL, ledger_takes=False), "ledger"),
        (replace(WELL, sight_ages={"video-0of1": 61.0}), "sight/video-0of1"),
        (replace(WELL, outboxes={"video-0of1": 10_000}), "outbox/video-0of1"),
        (replace(WELL, lags={"ledger": 10_000}), "lag/ledger"),
        (replace(WELL, reload_error="nodes.csv:4 …"), "settings"),
    ],
)
def test_trouble_of_our_own_is_told(site: Site, health: Health, subject: str) -> None:
    assert [one.subject for one in found(site, measured=measured(health=health))] == [subject]


def test_a_monitor_that_says_nothing_is_told_and_its_old_words_are_not(site: Site) -> None:
    old = measured(health=replace(WELL, ledger_takes=False))
    told = found(site, measured=old, silent_since=NOW - 70_000)
    assert [(one.subject, one.since) for one in told] == [("monitor", NOW - 70_000)]


def test_a_channel_that_delivers_nothing_is_told_after_a_while(site: Site) -> None:
    lately, long = Trouble(NOW - 10_000, "503"), Trouble(NOW - 600_000, "503")
    assert found(site, failing={"mail": lately}) == []
    assert [one.subject for one in found(site, failing={"mail": long})] == ["delivery/mail"]


def test_without_any_word_nothing_is_found(site: Site) -> None:
    assert found(site) == []
