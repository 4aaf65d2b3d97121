"""Time that is left out, and states that were put right, in the figures of a report."""

from __future__ import annotations

from dataclasses import replace

from clockwork import HOUR, up
from facts_kit import answer, camera, correction, era, exclusion, facts

from monitor.model.nodes import Kind
from monitor.model.observations import State
from monitor.model.timeline import Parts

GOOD = [up("10-01")]


def test_what_is_left_out_is_listed_with_how_much_it_left_out() -> None:
    nodes = [camera("a"), camera("b", region="440904100")]
    out = [
        exclusion("10-05 to 10-05 06:00", "m-1", regions=("440902",)),
        exclusion("10-05 03:00 to 10-05 08:00", "m-2"),
        exclusion("10-05 to 10-06", "m-3", contractors=("丙公司",)),
        exclusion("09-01 to 09-02", "m-4"),
    ]
    report = answer(facts("2026-10-05", nodes, {"a": GOOD, "b": GOOD}, exclusions=out))
    assert [(row.exclusion.id, row.watches, row.time) for row in report.exclusions] == [
        ("m-1", 1, 6 * HOUR),
        ("m-2", 2, 10 * HOUR),
    ]
    assert report.total.parts == Parts(up=35 * HOUR, excluded=13 * HOUR)


def test_an_exclusion_of_a_switch_is_for_it_and_all_behind_it_in_its_network() -> None:
    core = camera("core", kind=Kind.SWITCH, networks=("video",), point_class=None)
    nodes = [core, camera("sw", kind=Kind.SWITCH, parents=("core",), point_class=None)]
    nodes += [camera("a", parents=("sw",), networks=("police", "video")), camera("b")]
    steps = dict.fromkeys(("core", "sw", "a", "b"), GOOD) | {("a", "police"): GOOD}
    known = facts(
        "2026-10-05", nodes, steps, exclusions=[exclusion("10-05 to 10-05 01:00", parents=("core",))]
    )
    report = answer(known, scope=())
    out = {row.key: row.figures.parts.excluded for row in report.nodes}
    assert out == {
        ("a", "police"): 0,
        ("a", "video"): HOUR,
        ("b", "video"): 0,
        ("core", "video"): HOUR,
        ("sw", "video"): HOUR,
    }


def test_an_exclusion_goes_by_the_list_of_its_time() -> None:
    """Until the 5th at noon the point belonged to 甲, whose works took all day."""
    point = camera("a")
    eras = [era([point], last="10-05 12:00"), era([replace(point, contractor="乙公司")], "10-05 12:00")]
    out = [exclusion("10-05 to 10-06", contractors=("甲公司",))]
    report = answer(facts("2026-10-05", eras, {"a": GOOD}, exclusions=out))
    assert report.total.parts == Parts(up=12 * HOUR, excluded=12 * HOUR)


def test_corrections_that_do_not_concern_the_report_are_not_in_it() -> None:
    told = [correction("a", "09-05 to 09-06"), correction("b", "10-05 to 10-06", name="c-2")]
    known = facts("2026-10-05", [camera("a"), camera("b", point_class=2)], {"a": GOOD}, corrections=told)
    report = answer(known)
    assert report.corrections == ()
    assert report.uncorrected is None


def test_a_correction_to_unknown_takes_a_statement_back() -> None:
    told = [correction("a", "10-05 06:00 to 10-05 12:00", State.UNKNOWN)]
    report = answer(facts("2026-10-05", [camera("a"), camera("b")], {"a": GOOD, "b": GOOD}, corrections=told))
    assert report.total.parts == Parts(up=42 * HOUR, unknown=6 * HOUR)
    assert report.uncorrected is not None
    assert report.uncorrected.parts == Parts(up=48 * HOUR)
    assert report.uncorrected.watches == 2
