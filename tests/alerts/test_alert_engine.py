"""The life of an alert: what is told when, and that every end is told whose start was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from engine_kit import (
    HOOK,
    HOUR,
    LADDER,
    MINUTE,
    SECOND,
    T0,
    Bench,
    change,
    closed,
    nodes,
    outage,
    site_of,
    told,
)

from monitor.model.deeds import Did
from monitor.model.measured import Budget, GroupNow, Health, Measured, Spent
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Ending, OutageKind, Phase


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(site_of(tmp_path))


# Starts and ends.


def test_an_outage_is_one_message_at_once_and_its_end_is_one(bench: Bench) -> None:
    core = outage("sw-1", affected=3352, classes={1: 3352})
    assert bench.hear(core) == ["fired hook sw-1@0"]
    assert bench.sent[0].message.detected_at == core.detected_at
    assert bench.minutes(1, 2, 3) == []
    assert bench.hear(closed(core, T0 + 4 * MINUTE), at=T0 + 4 * MINUTE) == ["resolved hook sw-1@0"]
    assert bench.minutes(5, 600) == []
    start, end = (each.message for each in bench.sent)
    assert start.key == f"{start.alerts[0].id}/fired"
    assert end.key == f"{start.alerts[0].id}/resolved"
    assert end.alerts[0].resolved_at == T0 + 4 * MINUTE


def test_an_outage_that_grows_is_no_new_message_and_its_end_says_the_largest(bench: Bench) -> None:
    one = outage("sw-1", affected=1)
    bench.hear(one)
    assert bench.hear(replace(one, phase=Phase.CHANGED, affected=31)) == []
    bench.hear(closed(one, T0 + MINUTE, affected=31))
    assert bench.sent[-1].message.alerts[0].finding.facts["affected"] == 31


def test_a_camera_that_becomes_the_root_of_many_is_the_same_alert_and_a_worse_one(bench: Bench) -> None:
    one = outage("cam-1")
    assert bench.hear(one) == ["fired hook cam-1@0"]
    assert bench.hear(replace(one, phase=Phase.CHANGED, affected=5)) == ["worse hook cam-1@0"]
    assert bench.hear(replace(one, phase=Phase.CHANGED, affected=9)) == []
    assert bench.hear(closed(one, T0 + MINUTE)) == ["resolved hook cam-1@0"]


@pytest.mark.parametrize(("ending", "word"), [(Ending.MERGED, " merged"), (Ending.RETIRED, " retired")])
def test_an_end_says_how(bench: Bench, ending: Ending, word: str) -> None:
    one = outage("sw-1", affected=2)
    bench.hear(one)
    assert bench.hear(closed(one, T0 + MINUTE, ending)) == [f"resolved hook sw-1@0{word}"]


def test_what_was_over_before_it_was_told_is_not_told(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, HOOK + "rules: {offline: {for: 1m}}\n"))
    one = outage("cam-1")
    assert bench.hear(one) == []
    assert bench.hear(closed(one, T0 + 30 * SECOND), at=T0 + 30 * SECOND) == []
    assert bench.minutes(2, 10) == []
    assert bench.deeds == []


def test_for_counts_from_when_it_happened(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, HOOK + "rules: {offline: {for: 1m}}\n"))
    bench.hear(outage("cam-1"), at=T0 + 40 * SECOND)
    assert bench.at(T0 + 59 * SECOND) == []
    assert bench.at(T0 + 60 * SECOND) == ["fired hook cam-1@0"]


def test_every_life_has_an_id_of_its_own(bench: Bench) -> None:
    for number in range(3):
        one = replace(outage("sw-1", affected=9), id="the same")
        bench.hear(one, at=T0 + number * HOUR)
        bench.hear(closed(one, T0 + number * HOUR + 1), at=T0 + number * HOUR + 1)
    assert len({each.message.key for each in bench.sent}) == 6


# Digests.


def test_single_ones_that_follow_are_gathered_and_so_are_their_ends(bench: Bench) -> None:
    many = [outage(f"cam-{n}", T0 + n * 10 * SECOND) for n in range(1, 5)]
    assert bench.hear(many[0], at=many[0].at) == ["fired hook cam-1@10000"]
    for one in many[1:]:
        assert bench.hear(one, at=one.at) == []
    assert bench.at(T0 + 10 * SECOND + 5 * MINUTE) == ["fired hook cam-2@20000,cam-3@30000,cam-4@40000"]
    over = [closed(one, T0 + HOUR) for one in many]
    assert bench.hear(over[0], at=T0 + HOUR) == ["resolved hook cam-1@10000"]
    assert bench.hear(*over[1:], at=T0 + HOUR + 1) == []
    assert bench.at(T0 + HOUR + 5 * MINUTE) == ["resolved hook cam-2@20000,cam-3@30000,cam-4@40000"]


def test_an_outage_of_many_waits_for_no_digest(bench: Bench) -> None:
    bench.hear(outage("cam-1"))
    assert bench.hear(outage("sw-1", T0 + 1, affected=3), at=T0 + 1) == ["fired hook sw-1@1"]


def test_what_comes_again_is_not_told_before_the_end_of_what_was(bench: Bench) -> None:
    first, other = change("cam-1", State.DEGRADED, T0), change("cam-2", State.DEGRADED, T0)
    bench.hear(first, other)
    assert bench.minutes(10) == ["fired hook video/cam-1,video/cam-2"]
    up = [change(f"cam-{n}", State.UP, T0 + 11 * MINUTE) for n in (1, 2)]
    assert bench.hear(up[0], at=T0 + 11 * MINUTE) == ["resolved hook video/cam-1"]
    assert bench.hear(up[1]) == []
    assert bench.hear(change("cam-2", State.DEGRADED, T0 + 12 * MINUTE), at=T0 + 12 * MINUTE) == []
    assert bench.minutes(22) == ["resolved hook video/cam-2", "fired hook video/cam-2"]


# Repeats, acknowledgement, escalation.


def test_while_nobody_acknowledges_it_is_escalated_and_repeated(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    one = outage("sw-1", affected=2)
    bench.hear(one)
    assert bench.minutes(14, 15, 16) == ["escalated sms sw-1@0"]
    assert bench.sent[-1].to == ("138",)
    assert bench.minutes(30) == ["escalated sms sw-1@0"]
    assert bench.sent[-1].to == ("139",)
    assert bench.minutes(60, 61, 120) == ["repeated hook sw-1@0", "repeated hook sw-1@0"]
    over = bench.hear(closed(one, T0 + 3 * HOUR), at=T0 + 3 * HOUR)
    assert over == ["resolved hook sw-1@0", "resolved sms sw-1@0"]
    keys = [each.message.key.partition("/")[2] for each in bench.sent[:-1]]
    assert keys == ["fired", "escalated/1", "escalated/2", "repeated/1", "repeated/2", "resolved"]


def test_who_acknowledges_has_peace_and_hears_of_the_end(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    one = outage("sw-1", affected=2)
    bench.hear(one)
    bench.ack("sw-1@0")
    assert bench.minutes(15, 30, 60, 600) == []
    assert bench.hear(closed(one, T0 + 11 * HOUR), at=T0 + 11 * HOUR) == ["resolved hook sw-1@0"]
    (deed,) = bench.did(Did.ACKED)
    assert deed.facts["person"] == "张三"


def test_what_people_tell_each_other_changes_neither_whom_we_tell_nor_when(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    bench.hear(outage("sw-1", affected=2))
    (life,) = bench.book.lives.values()
    assigned = Order("T1", OrderKind.ASSIGN, "张三", bench.now, target=life.alert.id, to="李四")
    noted = Order("N1", OrderKind.NOTE, "张三", bench.now, target=life.alert.id, note="电源已断")
    assert bench.hear(assigned, noted) == []
    assert bench.minutes(15) == ["escalated sms sw-1@0"]


def test_repeats_of_single_ones_come_together(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, HOOK + "routes: [{to: hook, repeat: 1h}]\n"))
    bench.hear(outage("cam-1"))
    bench.hear(outage("cam-2"), outage("cam-3"), at=T0 + SECOND)
    bench.minutes(5)
    assert bench.minutes(60) == ["repeated hook cam-1@0,cam-2@0,cam-3@0"]
    assert bench.minutes(65) == []


# Other settings while it goes on.


def test_a_rule_removed_while_it_fires_ends_what_it_told(tmp_path: Path, bench: Bench) -> None:
    bench.hear(outage("sw-1", affected=3))
    without = site_of(tmp_path / "b", HOOK + "rules: {outage: off, offline: off}\n")
    assert bench.reload(without) == ["resolved hook sw-1@0 rule_gone"]
    assert bench.minutes(10) == []


def test_a_node_deleted_while_degraded_ends_what_was_told(tmp_path: Path, bench: Bench) -> None:
    bench.hear(change("cam-4", State.DEGRADED, T0))
    assert bench.minutes(10) == ["fired hook video/cam-4"]
    assert bench.reload(site_of(tmp_path / "b", HOOK, nodes(3))) == ["resolved hook video/cam-4 retired"]


def test_where_a_channel_is_gone_the_end_goes_through_the_present_ones(tmp_path: Path, bench: Bench) -> None:
    one = outage("sw-1", affected=3)
    bench.hear(one)
    bench.reload(site_of(tmp_path / "b", "channels: {new: {type: command, command: [x]}}\n"))
    over = bench.hear(closed(one, T0 + MINUTE), at=T0 + MINUTE)
    # The gone one too: delivery gives what waits there to whoever took its other messages on.
    assert over == ["resolved hook sw-1@0", "resolved new sw-1@0"]


def test_without_channels_alerts_are_recorded_and_wait_for_one(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, ""))
    assert bench.hear(outage("sw-1", affected=3)) == []
    assert len(bench.did(Did.FIRED)) == 1
    assert bench.reload(site_of(tmp_path / "b")) == ["fired hook sw-1@0"]


# Never for lack of knowledge.


@pytest.fixture
def crowds(tmp_path: Path) -> Bench:
    return Bench(site_of(tmp_path, HOOK + "rules: {crowd: {for: 0s}}\n"))


def measured(at: int, *, down: int = 0, unknown: int = 0, sight: float = 1.0, total: int = 100) -> Measured:
    states = {"up": total - down - unknown, "degraded": 0, "down": down, "unknown": unknown}
    spent = {"5m": Spent(90, 10), "1h": Spent(90, 10), "6h": Spent(99, 1), "3d": Spent(999, 1)}
    group = GroupNow("video", None, None, total, states, windows=spent)
    health = Health({"video-0of1": sight}, {}, {}, ledger_takes=True)
    return Measured(at, (group,), health)


def test_too_many_at_once_is_over_when_it_was_for_a_while(crowds: Bench) -> None:
    assert crowds.measure(measured(T0, down=30)) == ["fired hook video/*/*"]
    assert crowds.measure(measured(T0 + MINUTE), T0 + MINUTE) == []
    assert crowds.measure(measured(T0 + 2 * MINUTE, down=30), T0 + 2 * MINUTE) == []
    crowds.measure(measured(T0 + 3 * MINUTE), T0 + 3 * MINUTE)
    assert crowds.measure(measured(T0 + 5 * MINUTE), T0 + 5 * MINUTE) == ["resolved hook video/*/*"]
    assert crowds.sent[-1].message.alerts[0].resolved_at == T0 + 3 * MINUTE


def test_of_a_group_within_a_group_only_the_wider_one_is_told(crowds: Bench) -> None:
    whole = measured(T0, down=30)
    town = replace(whole.groups[0], region="440983101", watches=30, states={"down": 20, "up": 10})
    calm = replace(whole, groups=(replace(whole.groups[0], states={"up": 80, "down": 5}), town))
    assert crowds.measure(calm) == ["fired hook video/440983101/*"]
    said = crowds.measure(replace(whole, at=T0 + 1, groups=(*whole.groups, town)), T0 + 1)
    assert said == ["resolved hook video/440983101/* merged", "fired hook video/*/*"]


def test_where_nobody_looks_too_many_at_once_are_not_over(crowds: Bench) -> None:
    crowds.measure(measured(T0, down=30))
    for minute in range(1, 30):
        now = T0 + minute * MINUTE
        assert crowds.measure(measured(now, unknown=100), now) == []


def test_a_monitor_that_is_silent_is_told_and_ends_nothing(crowds: Bench) -> None:
    crowds.measure(measured(T0, down=30))
    assert crowds.minutes(0.5, 1) == []
    assert crowds.at(T0 + 65 * SECOND) == ["fired hook monitor"]
    assert crowds.minutes(10, 60) == []
    now = T0 + 61 * MINUTE
    assert crowds.measure(measured(now, down=30), now) == []
    assert crowds.at(now + 15 * SECOND) == ["resolved hook monitor"]


def test_a_restart_ends_nothing_and_says_nothing_twice(bench: Bench) -> None:
    one = outage("sw-1", affected=3)
    bench.hear(one, change("cam-1", State.DEGRADED, T0))
    bench.minutes(9)
    bench.measure(measured(T0 + 10 * MINUTE, down=30), T0 + 10 * MINUTE)
    bench.restart()
    assert bench.minutes(10.1, 10.5) == []
    bench.measure(measured(T0 + 11 * MINUTE, down=30), T0 + 11 * MINUTE)
    assert bench.minutes(11.5) == []
    assert bench.hear(closed(one, T0 + 12 * MINUTE), at=T0 + 11.9 * MINUTE) == ["resolved hook sw-1@0"]


def test_a_degraded_watch_that_nobody_sees_any_more_is_not_well_again(bench: Bench) -> None:
    bench.hear(change("cam-1", State.DEGRADED, T0))
    bench.minutes(10)
    assert bench.hear(change("cam-1", State.UNKNOWN, T0 + HOUR, Cause.BLIND), at=T0 + HOUR) == []
    up = change("cam-1", State.UP, T0 + 2 * HOUR, Cause.OK)
    assert bench.hear(up, at=T0 + 2 * HOUR) == ["resolved hook video/cam-1"]


def test_a_degraded_watch_that_goes_down_is_the_outages(bench: Bench) -> None:
    bench.hear(change("cam-1", State.DEGRADED, T0))
    bench.minutes(10)
    down = change("cam-1", State.DOWN, T0 + HOUR, Cause.TIMEOUT)
    said = bench.hear(down, outage("cam-1", T0 + HOUR), at=T0 + HOUR)
    assert said == ["resolved hook video/cam-1 merged", f"fired hook cam-1@{HOUR}"]


def test_flapping_is_told_by_its_own_rule(bench: Bench) -> None:
    bench.hear(change("cam-1", State.DEGRADED, T0, Cause.FLAPPING))
    bench.minutes(1)
    assert [told(each) for each in bench.sent] == ["fired hook video/cam-1"]
    assert bench.sent[0].message.alerts[0].finding.rule == "flapping"


def test_blind_and_suspected_are_told_at_once_each_by_itself(bench: Bench) -> None:
    blind = outage("video-0of1", kind=OutageKind.OBSERVER, affected=100)
    region = outage("region:440983", kind=OutageKind.SUSPECTED, affected=30)
    assert bench.hear(blind, region) == ["fired hook video-0of1@0", "fired hook region:440983@0"]


# Budgets.


def burning(at: int, *, bad: int, seen: int = 60) -> Measured:
    """A population of 200 with so many bad, seen for so many seconds of each minute."""
    windows = {
        name: Spent(seen * (200 - bad) * millis // 60, seen * bad * millis // 60)
        for name, millis in (("5m", 300_000), ("1h", 3_600_000), ("6h", 21_600_000), ("3d", 259_200_000))
    }
    group = GroupNow(None, None, 1, 200, {"up": 200}, target=0.98, windows=windows)
    return Measured(at, (group,), Health({}, {}, {}, ledger_takes=True))


def test_a_budget_that_burns_is_over_when_enough_was_seen_to_say_so(bench: Bench) -> None:
    assert bench.measure(burning(T0, bad=70)) == ["fired hook */*/1"]
    later = T0 + 10 * MINUTE
    assert bench.measure(burning(later, bad=0, seen=10), later) == []
    assert bench.measure(burning(later + HOUR, bad=0, seen=10), later + HOUR) == []
    well = later + 2 * HOUR
    assert bench.measure(burning(well, bad=0), well) == []
    assert bench.measure(burning(well + 5 * MINUTE, bad=0), well + 5 * MINUTE) == ["resolved hook */*/1"]


def test_a_budget_that_will_be_gone_is_told_after_an_hour(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path))
    for minute in range(0, 62, 1):
        now = T0 + minute * MINUTE
        whole = measured(now)
        group = GroupNow(None, None, 1, 3352, {"up": 3352}, target=0.98, budget=Budget(1000, 900, now + HOUR))
        said = bench.measure(replace(whole, groups=(group,)), now)
        assert said == (["fired hook */*/1"] if minute == 60 else []), minute


# What is recorded.


def test_all_that_happens_is_recorded(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    one = outage("sw-1", affected=2)
    bench.hear(one)
    bench.minutes(15, 30, 60)
    bench.ack("sw-1@0")
    bench.hear(closed(one, T0 + 2 * HOUR), at=T0 + 2 * HOUR)
    whats = [deed.what for deed in bench.deeds]
    assert whats == [Did.FIRED, Did.ESCALATED, Did.ESCALATED, Did.REPEATED, Did.ACKED, Did.RESOLVED]
    assert {deed.key for deed in bench.deeds} == {"outage/sw-1@0"}
    assert bench.deeds[0].facts["title"] == bench.sent[0].message.title
    assert bench.engine.book.counts == {"outage/critical": 1}
    assert (bench.book.lives, bench.book.ending, bench.book.closed, bench.book.pending) == ({}, {}, {}, {})
