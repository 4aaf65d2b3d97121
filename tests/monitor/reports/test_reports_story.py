"""What a report says in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_kit import END, HOUR, PROOF, START, figures, report

from monitor.model.timeline import Parts, Verdict
from monitor.reports.document import Report
from monitor.reports.jsonform import report_from_json, report_to_json
from monitor.reports.paper import paper_of
from monitor.reports.story import percent, story_of

POINTS = "2026-10: class-1 points"
OF_CLASS_1 = "2026 年 10 月，一类点位"
NOBODY_LOOKED = "2026-10, class-1 points, 3.00 % of the time nobody looked"


def with_total(up: int, down: int = 0, unknown: int = 0, excluded: int = 0) -> Report:
    """A report whose total is so many hours of each."""
    of = Parts(up * HOUR, 0, down * HOUR, 0, excluded * HOUR, unknown * HOUR)
    return replace(report(), total=figures(of, 40))


def test_what_was_offline_for_more_than_30_days_is_marked_in_every_form() -> None:
    told = report()
    one, other = told.outages[:2]
    told = replace(told, long_offline=(replace(one, over_30_days=True), other))
    story = story_of(told, PROOF, "en")
    [table] = [table for table in story.tables if table.key == "long_offline"]
    assert [row[table.place("over_30_days")] for row in table.rows] == ["yes", ""]
    [printed] = [table for table in paper_of(story)["tables"] if table["key"] == "long_offline"]
    assert (printed["columns"][-1]["title"], printed["rows"][0][-1]) == ("over 30 days", "yes")
    rows = report_to_json(told)["long_offline"]
    assert [row.get("over_30_days") for row in rows] == [True, None]
    assert report_from_json(report_to_json(told)) == told


@pytest.mark.parametrize(
    ("total", "verdict", "zh", "en"),
    [
        (
            with_total(99, 1),
            Verdict.MET,
            "2026 年 10 月，一类点位完好率 99.00 %（下界 99.00 %，上界 99.00 %），达到 98 % 目标。",
            f"{POINTS}, intact rate 99.00 % (low 99.00 %, high 99.00 %), meets the target of 98 %.",
        ),
        (
            with_total(97, 3),
            Verdict.MISSED,
            "2026 年 10 月，一类点位完好率 97.00 %（下界 97.00 %，上界 97.00 %），未达到 98 % 目标。",
            f"{POINTS}, intact rate 97.00 % (low 97.00 %, high 97.00 %), misses the target of 98 %.",
        ),
        (
            with_total(97, unknown=3),
            Verdict.NOT_PROVABLE,
            f"无法证明：{OF_CLASS_1}有 3.00 % 的时间未被观测，完好率下界 97.00 %，上界 100.00 %，目标 98 %。",
            f"Not provable: {NOBODY_LOOKED}; intact rate at least 97.00 %, at most 100.00 %, target 98 %.",
        ),
        (
            with_total(0, excluded=100),
            Verdict.NO_STATEMENT,
            "2026 年 10 月，一类点位没有可统计的时间，不作结论。",
            "2026-10: class-1 points, no time to speak of; no statement.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(total: Report, verdict: Verdict, zh: str, en: str) -> None:
    story = story_of(total, PROOF, "zh")

    assert story.verdict is verdict
    assert story.sentence == zh
    assert story_of(total, PROOF, "en").sentence == en


def test_what_misses_the_target_never_reads_as_if_it_met_it() -> None:
    assert percent(0.979999) == "97.99 %"
    assert percent(0.98) == "98.00 %"
    assert percent(None) == "–"


def test_a_period_that_is_not_over_says_until_when_it_is_reckoned() -> None:
    running = replace(report(), end=START + 10 * 24 * HOUR)

    assert not running.complete
    assert story_of(running, PROOF, "zh").period.endswith("周期未结束，统计截至 2026-10-11 00:00:00")


def test_invented_data_says_so_and_real_data_does_not() -> None:
    assert "虚构" in story_of(report(), PROOF, "zh").label
    assert story_of(report(invented=False), PROOF, "zh").label == ""


def test_the_table_asked_for_comes_first_and_once() -> None:
    by_town = story_of(replace(report(), by="town"), PROOF, "en")
    by_node = story_of(replace(report(), by="node"), PROOF, "en")

    assert by_town.groups.key == "town"
    assert [table.key for table in by_town.tables].count("town") == 0
    assert by_node.groups.key == "node"
    assert "node" not in [table.key for table in by_node.tables]


def test_moments_stand_on_the_clock_of_the_place() -> None:
    story = story_of(report(), PROOF, "zh")
    outages = next(table for table in story.tables if table.key == "outages")

    assert str(outages.rows[1][outages.place("start")]) == "2026-10-01 01:00:00"
    assert outages.rows[0][outages.place("end")] == "仍在持续"


def test_an_exclusion_that_was_approved_after_it_began_is_marked() -> None:
    story = story_of(report(), PROOF, "zh")
    table = next(table for table in story.tables if table.key == "exclusions")

    assert table.rows[0][table.place("afterwards")] == "是"
    assert table.rows[0][table.place("approved")] == "李四"


def test_the_proof_names_what_it_rests_on() -> None:
    said = dict(story_of(report(), PROOF, "en").proof)

    assert said["digest"] == PROOF.digest
    assert said["links of the ledger"] == "431,234"
    assert said["made at"].startswith("2026-11-01 01:00:00")
    assert END > START
