"""What a report says of a small city, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from clockwork import DAY, HOUR, at, degraded, down, first, span, unknown, up
from facts_kit import answer, camera, era, exclusion, facts, sight, window
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.nodes import Kind
from monitor.model.observations import Cause, State
from monitor.model.tally import divide
from monitor.model.timeline import Frame, Parts, Step, Verdict
from monitor.reports.build import Question
from monitor.reports.build import report as report_on
from monitor.reports.document import TABLES, Budget, Repairs, Report, Snapshots

GOOD = [up("10-01")]


def rows(report: Report, table: str) -> dict[str, tuple[int, Parts]]:
    return {group.key: (group.figures.watches, group.figures.parts) for group in report.tables[table]}


def test_every_table_adds_up_to_the_whole() -> None:
    nodes = [
        camera("a"),
        camera("b", region="440904100", contractor="乙公司"),
        camera("c", region="440904", point_class=2),
        camera("d", networks=("police", "video"), point_class=None, kind=Kind.SWITCH, region=""),
    ]
    steps = {
        "a": [up("10-01"), down("10-05 06:00")],
        "b": GOOD,
        "c": [up("10-01"), degraded("10-05 12:00")],
        "d": GOOD,
        ("d", "police"): [up("10-01"), down("10-05 23:00")],
    }
    report = answer(facts("2026-10-05", nodes, steps), by="node", scope=())
    assert report.total.watches == 5
    for table in TABLES:
        assert Parts.total(parts for _, parts in rows(report, table).values()) == report.total.parts
        assert sum(watches for watches, _ in rows(report, table).values()) == 5
    assert [group.key for group in report.groups] == ["a@video", "b@video", "c@video", "d@police", "d@video"]
    assert rows(report, "class") == {
        "1": (2, Parts(up=30 * HOUR, down_own=18 * HOUR)),
        "2": (1, Parts(up=12 * HOUR, degraded=12 * HOUR)),
        "none": (2, Parts(up=47 * HOUR, down_own=HOUR)),
    }
    counties = {group.key: (group.name, group.figures.watches) for group in report.tables["county"]}
    assert counties == {"": ("", 2), "440902": ("茂南区", 1), "440904": ("电白区", 2)}
    towns = {group.key: (group.name, group.within) for group in report.tables["town"]}
    assert towns == {
        "": ("", ""),
        "440902001": ("河东街道", "茂南区"),
        "440904": ("电白区", "电白区"),
        "440904100": ("水东镇", "电白区"),
    }
    assert {group.key: group.name for group in report.tables["city"]} == {"": "", "440900": "茂名市"}
    assert {group.key: group.name for group in report.tables["network"]} == {
        "police": "公安网",
        "video": "视频专网",
    }


def test_a_group_has_the_target_of_its_class_and_a_mixed_one_has_none() -> None:
    nodes = [camera("a"), camera("b", point_class=2, region="440904100")]
    report = answer(facts("2026-10-05", nodes, {"a": GOOD, "b": GOOD}), scope=())
    assert [group.figures.target for group in report.tables["county"]] == [0.98, 0.95]
    assert [group.figures.verdict for group in report.tables["county"]] == [Verdict.MET, Verdict.MET]
    assert report.total.target is None
    assert report.total.verdict is Verdict.NO_STATEMENT


def test_nobody_says_a_scope_then_it_is_about_class_1_points() -> None:
    nodes = [camera("a"), camera("b", point_class=2), camera("s", kind=Kind.SWITCH)]
    steps = {"a": GOOD, "b": GOOD, "s": GOOD}
    report = answer(facts("2026-10-05", nodes, steps))
    assert report.scope == (("class", "1"), ("kind", "camera"))
    assert [row.node for row in report.nodes] == ["a"]
    without = answer(facts("2026-10-05", nodes[1:], steps))
    assert without.scope == ()
    assert [row.node for row in without.nodes] == ["b", "s"]


def test_where_without_what_means_the_class_1_points_there() -> None:
    nodes = [camera("a"), camera("s", kind=Kind.SWITCH), camera("t", kind=Kind.SWITCH, contractor="乙公司")]
    known = facts("2026-10-05", nodes, dict.fromkeys("ast", GOOD))
    here = report_on(known, Question(scope=(("region", "440902"),), usual=True))
    assert here.scope == (("class", "1"), ("kind", "camera"), ("region", "440902"))
    assert ([row.node for row in here.nodes], here.total.verdict) == (["a"], Verdict.MET)
    switches = report_on(known, Question(scope=(("contractor", "乙公司"),), usual=True))
    assert (switches.scope, [row.node for row in switches.nodes]) == ((("contractor", "乙公司"),), ["t"])
    # What a report was made of is asked for as it stands.
    again = report_on(known, Question(here.by, here.scope))
    assert again == here


def test_a_watch_that_moves_to_another_firm_counts_for_each_as_long_as_it_was_there() -> None:
    """甲 looked after it until the 11th, and left it dead for a day; 乙 had it repaired at once."""
    point = camera("a")
    eras = [era([point], last="10-11"), era([replace(point, contractor="乙公司")], "10-11")]
    steps = {"a": [up("10-01"), down("10-10"), up("10-11 06:00")]}
    report = answer(facts("2026-10", eras, steps))
    assert rows(report, "contractor") == {
        "乙公司": (1, Parts(up=21 * DAY - 6 * HOUR, down_own=6 * HOUR)),
        "甲公司": (1, Parts(up=9 * DAY, down_own=DAY)),
    }
    faults = {group.key: group.figures.repairs.faults for group in report.tables["contractor"]}
    assert faults == {"乙公司": 0, "甲公司": 1}, "a fault belongs to whom it began with, and is one"
    assert report.total.watches == 1
    assert [row.contractor for row in report.nodes] == ["乙公司"]


def test_a_watch_that_leaves_the_scope_counts_until_then() -> None:
    point = camera("a")
    eras = [era([point], last="10-11"), era([replace(point, point_class=2)], "10-11")]
    report = answer(facts("2026-10", eras, {"a": GOOD}))
    assert report.total.parts == Parts(up=10 * DAY)


def test_a_rename_changes_nothing_but_the_name() -> None:
    point = camera("a")
    eras = [era([point], last="10-11"), era([replace(point, name="新名")], "10-11")]
    report = answer(facts("2026-10", eras, {"a": GOOD}))
    assert [(row.name, row.figures.parts) for row in report.nodes] == [("新名", Parts(up=31 * DAY))]


def test_a_point_taken_from_the_list_and_put_back_was_away() -> None:
    point = camera("a")
    eras = [era([point], last="10-11"), era([], "10-11", "10-21"), era([point], "10-21")]
    report = answer(facts("2026-10", eras, {"a": GOOD}))
    assert report.total.parts == Parts(up=21 * DAY)
    assert [use.nodes for use in report.inventories] == [1, 0, 1]


def test_a_device_replaced_at_the_same_point_goes_on_with_its_history() -> None:
    point = camera("a")
    eras = [era([point], last="10-05 14:00"), era([replace(point, lon=110.9)], "10-05 14:00")]
    steps = {"a": [up("10-01"), down("10-05 10:00"), up("10-05 14:00")]}
    report = answer(facts("2026-10-05", eras, steps))
    assert report.total.parts == Parts(up=20 * HOUR, down_own=4 * HOUR)
    assert report.total.watches == 1


def test_repairs_are_held_against_the_limit_of_their_class() -> None:
    """Two faults of class 1, limit 24 h: 23 h, and 25 h; one still open for 30 h, and one for 2 h."""
    steps = {
        "a": [up("10-01"), down("10-03"), up("10-03 23:00"), down("10-05"), up("10-06 01:00")],
        "b": [up("10-01"), down("10-30 18:00")],
        "c": [up("10-01"), down("10-31 22:00")],
    }
    report = answer(facts("2026-10", [camera(name) for name in "abc"], steps))
    assert report.total.repairs == Repairs(
        faults=4, closed=2, limited=2, within=1, late=1, took=48 * HOUR, longest=30 * HOUR
    )
    assert report.total.repairs.mean == 24 * HOUR
    assert report.total.between == (3 * 31 * DAY - 80 * HOUR) / 4


def test_the_clock_of_repairs_stands_still_while_time_is_left_out() -> None:
    """Dead for 30 h, of which 10 h of road works: 20 h are within the limit of 24."""
    steps = {"a": [up("10-01"), down("10-05"), up("10-06 06:00")]}
    out = [exclusion("10-05 10:00 to 10-05 20:00")]
    report = answer(facts("2026-10", [camera("a")], steps, exclusions=out))
    assert (report.total.repairs.within, report.total.repairs.took) == (1, 20 * HOUR)
    (row,) = report.outages
    assert (row.lasted, row.repair, row.down, row.limit) == (30 * HOUR, 20 * HOUR, 20 * HOUR, 24 * HOUR)


def test_a_point_has_no_repair_to_do_before_it_is_in_service() -> None:
    """It stood there dead since the first, and began on the 6th."""
    point = camera("a", commissioned="2026-10-06")
    report = answer(facts("2026-10", [point], {"a": [first(down("10-01")), up("10-06 12:00")]}))
    (row,) = report.outages
    assert (row.start, row.lasted, row.repair) == (at("10-06"), 12 * HOUR, 12 * HOUR)


def test_outages_of_an_hour_are_listed_and_all_are_counted() -> None:
    steps = [
        up("10-01"),
        down("10-05 09:00"),
        up("10-05 10:00"),
        down("10-06 09:00"),
        up("10-06 09:59:59.999"),
    ]
    report = answer(facts("2026-10", [camera("a")], {"a": steps}))
    assert [row.start for row in report.outages] == [at("10-05 09:00")]
    assert report.outages_in_all == 2


def test_what_was_dead_for_more_than_three_days_is_told_apart() -> None:
    steps = {
        "a": [up("10-01"), down("10-05"), up("10-08")],
        "b": [up("10-01"), down("10-05"), up("10-08 00:00:01")],
        "c": [up("08-01"), down("09-01")],
    }
    report = answer(facts("2026-10", [camera(name) for name in "abc"], steps))
    assert [(row.node, row.lasted) for row in report.long_offline] == [
        ("c", 61 * DAY),
        ("b", 3 * DAY + 1000),
    ]
    assert [row.over_30_days for row in report.long_offline] == [True, False]
    # Only there: what else is said of these faults is as it was before there was such a mark.
    assert not any(row.over_30_days for row in report.outages)


def test_thirty_days_are_not_more_than_thirty_days() -> None:
    steps = {
        "a": [up("09-01"), down("10-01"), up("10-31")],
        "b": [up("09-01"), down("10-01"), up("10-31 00:00:01")],
    }
    report = answer(facts("2026-10", [camera(name) for name in "ab"], steps))
    assert [(row.node, row.over_30_days) for row in report.long_offline] == [("a", False), ("b", True)]


def test_inspections_find_what_was_online_at_nine_fifteen_and_twenty_one() -> None:
    """a is dead at 15:00; b only slow; c is left out until noon; d is not seen in the evening."""
    nodes = [camera("a"), camera("b"), camera("c"), camera("d", networks=("police",))]
    steps = {
        "a": [up("10-01"), down("10-05 14:00"), up("10-05 15:00:01")],
        "b": [up("10-01"), degraded("10-05 08:00")],
        "c": GOOD,
        ("d", "police"): GOOD,
    }
    seen = [sight("10-05 to 10-06"), sight("10-05 to 10-05 20:00", "police")]
    out = [exclusion("10-05 to 10-05 12:00", nodes=("c",))]
    report = answer(facts("2026-10-05", nodes, steps, seen, exclusions=out))
    assert [(one.at, one.online, one.known, one.expected) for one in report.inspections] == [
        (at("10-05 09:00"), 3, 3, 3),
        (at("10-05 15:00"), 3, 4, 4),
        (at("10-05 21:00"), 3, 3, 4),
    ]
    assert report.total.snapshots == Snapshots(9, 10, 11)
    assert {row.node: row.figures.snapshots for row in report.nodes} == {
        "a": Snapshots(2, 3, 3),
        "b": Snapshots(3, 3, 3),
        "c": Snapshots(2, 2, 2),
        "d": Snapshots(2, 2, 3),
    }


def test_the_error_budget_of_a_finished_month() -> None:
    """Two points, 62 days: 2 % are 29.76 h. Lost are 20 h, and 2 h more may be."""
    steps = {"a": [up("10-01"), down("10-05"), up("10-05 20:00")], "b": GOOD}
    seen = [sight("10-01 to 10-20"), sight("10-20 01:00 to 11-01")]
    report = answer(facts("2026-10", [camera("a"), camera("b")], steps, seen))
    hundredth = 36_000
    assert report.budgets == (Budget(1, 0.98, 2976 * hundredth, 20 * HOUR, 22 * HOUR, None),)
    assert round(report.budgets[0].left, 4) == round(1 - 2000 / 2976, 4)


def test_the_error_budget_of_a_month_that_goes_on_has_a_forecast() -> None:
    """After ten days 10 h of 14.88 h are used: at that rate the rest is gone on the 15th, 14.88 days in."""
    steps = {"a": [up("10-01"), down("10-05"), up("10-05 10:00")]}
    report = answer(facts(window("2026-10", until="10-11"), [camera("a")], steps))
    (budget,) = report.budgets
    assert budget.whole == 14.88 * HOUR
    assert (budget.used, budget.gone_at) == (10 * HOUR, at("10-01") + 14.88 * DAY)


def test_a_budget_that_is_gone_says_since_when_by_the_same_rate() -> None:
    steps = {"a": [up("10-01"), down("10-02"), up("10-04")]}
    report = answer(facts(window("2026-10", until="10-11"), [camera("a")], steps))
    (budget,) = report.budgets
    assert budget.left < 0
    assert budget.gone_at == at("10-01") + 10 * DAY * 14.88 / 48


def test_the_worst_are_those_that_lost_most_of_what_is_known() -> None:
    nodes = [camera(f"cam-{number:02}") for number in range(25)]
    steps = {
        node.id: [up("10-01"), down("10-05"), up(f"10-05 {number:02}:00")] if number else GOOD
        for number, node in enumerate(nodes)
        if number != 24
    }
    report = answer(facts("2026-10-05", nodes, steps))
    assert [node for node, _ in report.worst] == [f"cam-{number:02}" for number in range(23, 3, -1)]
    assert ("cam-24", "video") not in report.worst, "of what nobody ever heard nothing bad is known either"


def test_of_what_flaps_at_an_inspection_nobody_knows_whether_it_was_online() -> None:
    flap = degraded("10-05 08:00", cause=Cause.FLAPPING)
    report = answer(facts("2026-10-05", [camera("a")], {"a": [up("10-01"), flap, up("10-05 16:00")]}))
    assert report.total.snapshots == Snapshots(1, 1, 3)


def test_those_that_flapped_are_named() -> None:
    flap = degraded("10-05 10:00", cause=Cause.FLAPPING)
    again = degraded("10-06 10:00", cause=Cause.FLAPPING)
    steps = {
        "a": [up("10-01"), flap, up("10-05 11:00")],
        "b": [up("10-01"), flap, up("10-05 11:00"), again, up("10-06 12:00")],
        "c": GOOD,
    }
    report = answer(facts("2026-10", [camera(name) for name in "abc"], steps))
    assert report.flappers == (("b", "video"), ("a", "video"))
    assert [(row.changes, row.flapping) for row in report.nodes] == [(3, 1), (5, 2), (1, 0)]


def test_whoever_looks_proves_whatever_the_layout_was() -> None:
    """Until noon one collector looked at all, then two at a half each, of which the second never came."""
    nodes = [camera(f"cam-{number}") for number in range(8)]
    seen = [sight("10-05 to 10-05 12:00"), sight("10-05 12:00 to 10-06", shard=0, shards=2)]
    report = answer(facts("2026-10-05", nodes, {node.id: GOOD for node in nodes}, seen))
    unseen = sum(row.figures.parts.unknown == 12 * HOUR for row in report.nodes)
    assert 0 < unseen < 8
    assert report.total.parts.unknown == unseen * 12 * HOUR
    (row,) = report.unseen
    assert (row.shard, row.network, row.watches) == ("1/2", "video", unseen)
    assert (row.start, row.end) == span("10-05 12:00 to 10-06")


def test_a_network_that_nobody_ever_looked_at_is_unseen_as_a_whole() -> None:
    report = answer(facts("2026-10-05", [camera("a")], {}, []))
    assert [(row.network, row.shard, row.watches) for row in report.unseen] == [("video", "", 1)]
    assert report.total.parts == Parts(unknown=DAY)


def test_upstream_time_is_told_apart_by_day_too() -> None:
    steps = {"a": [up("10-01"), down("10-05 20:00"), up("10-06 04:00")]}
    known = facts(
        "2026-W41", [camera("a")], steps, upstream={("a", "video"): [span("10-05 22:00 to 10-06 02:00")]}
    )
    report = answer(known)
    assert report.total.parts == Parts(up=7 * DAY - 8 * HOUR, down_own=4 * HOUR, down_upstream=4 * HOUR)
    assert [(day.date, day.parts.down_own, day.parts.down_upstream) for day in report.days[:2]] == [
        ("2026-10-05", 2 * HOUR, 2 * HOUR),
        ("2026-10-06", 2 * HOUR, 2 * HOUR),
    ]


moments = st.integers(at("10-01"), at("10-08"))
lives = st.lists(
    st.builds(
        lambda when, back, state: Step(when, when - back, state, Cause.OK),
        moments,
        st.integers(0, 3 * HOUR),
        st.sampled_from(State),
    ),
    max_size=10,
).map(lambda told: sorted(told, key=lambda step: step.at))


@given(st.lists(lives, min_size=1, max_size=4), st.lists(st.tuples(moments, moments), max_size=3))
def test_days_and_inspections_say_the_same_as_the_whole(
    told: list[list[Step]], unseen: list[tuple[int, int]]
) -> None:
    nodes = [camera(f"cam-{number}", commissioned=f"2026-10-0{number + 1}") for number in range(len(told))]
    steps = {node.id: mine for node, mine in zip(nodes, told, strict=True)}
    edges = sorted({at("10-01"), at("10-08"), *(edge for gap in unseen for edge in gap)})
    seen = [
        sight_between(start, end)
        for start, end in pairwise(edges)
        if not any(first <= start and end <= last for first, last in unseen)
    ]
    report = answer(facts("2026-10-01 to 2026-10-07", nodes, steps, seen))
    assert Parts.total(day.parts for day in report.days) == report.total.parts
    assert report.total.snapshots == Snapshots(
        sum(one.online for one in report.inspections),
        sum(one.known for one in report.inspections),
        sum(one.expected for one in report.inspections),
    )
    for one in report.inspections:
        moment = Frame.of((one.at, one.at + 1), [(row.start, row.end) for row in seen])
        parts = Parts.total(
            divide(steps[row.node], moment)
            for row in report.nodes
            if at(f"10-0{int(row.node[-1]) + 1}") <= one.at
        )
        assert (one.online, one.known, one.expected) == (parts.up + parts.degraded, parts.known, parts.stated)


def sight_between(start: int, end: int):
    return sight("10-01 to 10-02")._replace(start=start, end=end)


def test_a_state_that_nobody_asks_about_is_not_online_at_an_inspection() -> None:
    steps = {"a": [up("10-01"), unknown("10-05 10:00"), up("10-05 20:00")]}
    report = answer(facts("2026-10-05", [camera("a")], steps))
    assert report.total.snapshots == Snapshots(2, 2, 3)
