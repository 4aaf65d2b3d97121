from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth_talk import BORN, DEGRADED, DOWN, NOW, UNKNOWN, UP, T, change, flapping, result, row

from collectors.sources.mqtt import HUNG
from monitor.config import JudgeSettings
from monitor.demo.city import make_city
from monitor.demo.faults import EXPECTED, FaultKind
from monitor.demo.patience import BROKER_HANGS, confirm_window, refused_window
from monitor.demo.told import Gap
from monitor.demo.truth import TruthFile, read_truth
from monitor.model.events import Change
from monitor.model.nodes import Watch
from monitor.model.observations import Cause

FELL = change(UP, DOWN, 102_000, 97_000, Cause.REFUSED)
ROSE = change(DOWN, UP, 163_000, 158_000)
TRUE = (BORN, FELL, ROSE)


def test_a_true_ledger_is_right() -> None:
    found = result([row()], TRUE)
    assert found.right
    assert found.faults == 1
    assert found.details == []


def test_the_order_in_which_changes_come_does_not_matter() -> None:
    assert result([row()], reversed(TRUE)).right


def test_nothing_happened_and_nothing_was_told() -> None:
    assert result([], [BORN]).right


def test_a_fault_that_is_not_told_is_missed() -> None:
    assert result([row()], [BORN]).missed == 1
    assert result([row()], []).missed == 1, "a ledger that never heard of the watch is no excuse"


def test_a_fault_told_of_another_network_is_missed_there_and_invented_here() -> None:
    found = result([row(network="police")], TRUE)
    assert (found.missed, found.invented) == (1, 1)


def test_a_fault_that_never_was_is_invented() -> None:
    assert result([], TRUE).invented == 1
    assert result([row(begin=200_000, end=220_000)], TRUE).invented == 1


def test_a_brief_fault_may_be_told_or_not() -> None:
    brief = row(end=101_500 + 2_000)
    assert result([brief], [BORN]).right
    told = (BORN, FELL, change(DOWN, UP, 106_000, 103_000))
    assert result([brief], told).right
    assert result([brief], told).faults == 0


def test_a_wrong_state_and_a_wrong_cause_are_told_apart() -> None:
    assert result([row()], (BORN, replace(FELL, new=DEGRADED, cause=Cause.BUSY), ROSE)).wrong_state == 1
    assert result([row()], (BORN, replace(FELL, cause=Cause.TIMEOUT), ROSE)).wrong_cause == 1


def test_a_reset_at_the_very_moment_of_refusing_is_as_right() -> None:
    assert result([row()], (BORN, replace(FELL, cause=Cause.RESET), ROSE)).right


@pytest.mark.parametrize(
    ("fell", "rose"),
    [
        (change(UP, DOWN, 99_000, 97_000, Cause.REFUSED), ROSE),
        (change(UP, DOWN, 104_000, 101_000, Cause.REFUSED), ROSE),
        (FELL, change(DOWN, UP, 159_000, 150_000)),
        (FELL, change(DOWN, UP, 165_000, 161_000)),
    ],
)
def test_a_true_moment_outside_the_stated_interval_is_a_wrong_edge(fell: Change, rose: Change) -> None:
    found = result([row()], (BORN, fell, rose))
    assert found.wrong_edge == 1
    assert not found.right


def test_a_fault_that_ended_long_ago_must_not_be_told_as_lasting() -> None:
    assert result([row()], (BORN, FELL)).wrong_edge == 1
    assert result([row(end=295_000)], (BORN, FELL)).right, "too fresh to be known"


def test_a_fault_that_lasts_must_not_be_told_as_over() -> None:
    assert result([row(end=None)], (BORN, FELL)).right
    assert result([row(end=None)], TRUE).wrong_edge == 1


def test_a_fault_told_in_two_pieces_is_wrong() -> None:
    pieces = (
        BORN,
        FELL,
        change(DOWN, UP, 120_000, 119_000),
        change(UP, DOWN, 130_000, 129_000, Cause.REFUSED),
        ROSE,
    )
    assert result([row()], pieces).wrong_edge == 1


def test_unknown_time_inside_a_fault_does_not_end_it() -> None:
    blind = (
        BORN,
        FELL,
        change(DOWN, UNKNOWN, 120_000, 119_000, Cause.BLIND),
        change(UNKNOWN, DOWN, 140_000, 119_000, Cause.REFUSED),
        ROSE,
    )
    assert result([row()], blind).right


def test_what_happened_while_nobody_could_look_need_not_be_known() -> None:
    gap = Gap("video", T + 95_000, T + 165_000)
    assert result([row()], [BORN], gaps=[gap]).right
    assert result([row()], [BORN], gaps=[replace(gap, network="police")]).missed == 1
    assert result([row()], [BORN], gaps=[replace(gap, end=T + 120_000)]).missed == 1, "40 s were in sight"


def test_a_fault_from_before_the_first_look_is_found_without_a_lower_bound() -> None:
    assert result([row(begin=500)], (change(UNKNOWN, DOWN, 2_000, None, Cause.REFUSED), ROSE)).right


def test_two_faults_of_one_watch_are_held_against_their_own_changes() -> None:
    later = row(begin=220_000, end=260_000, fault=FaultKind.BUSY)
    told = (*TRUE, change(UP, DEGRADED, 221_000, 219_000, Cause.BUSY), change(DEGRADED, UP, 262_000, 259_000))
    assert result([row(), later], told).right
    assert result([row(), later], TRUE).missed == 1
    assert result([row()], told).invented == 1


def test_one_right_word_does_not_make_the_others_right() -> None:
    worse = change(DOWN, DEGRADED, 130_000, 129_000, Cause.BUSY)
    assert result([row()], (BORN, FELL, worse, ROSE)).wrong_state == 1
    first = change(UP, DEGRADED, 102_000, 97_000, Cause.SLOW)
    second = change(DEGRADED, DOWN, 104_000, 103_000, Cause.REFUSED)
    assert result([row()], (BORN, first, second, ROSE)).wrong_state == 1


REVIVED = change(DOWN, DEGRADED, 161_000, 158_000, Cause.CONTRADICTED)
TOLD_OFF = change(UP, DOWN, 101_000, 97_000, Cause.REPORTED_OFF)


def test_a_device_that_answers_before_its_heart_beats_again_is_told_rightly() -> None:
    told = (BORN, TOLD_OFF, REVIVED, change(DEGRADED, UP, 163_000, 158_000))
    assert result([row(fault=FaultKind.WILL)], told).right


def test_a_link_that_is_back_before_the_third_silence_may_have_been_slow() -> None:
    slow = change(UP, DEGRADED, 102_000, 97_000, Cause.SLOW)
    back = change(DEGRADED, UP, 111_000, 107_000)
    brief = row(end=108_000, fault=FaultKind.VANISH)
    assert result([brief], (BORN, slow, back)).right
    assert (
        result([replace(brief, ended=T + 160_000, ended_by=T + 160_000)], (BORN, slow, ROSE)).wrong_state == 1
    )


def test_the_same_word_in_the_middle_of_the_fault_is_wrong() -> None:
    for moment in (130_000, 159_000):
        back = replace(REVIVED, at=T + moment)
        told = (BORN, TOLD_OFF, back, change(DEGRADED, UP, 163_000, 158_000))
        assert result([row(fault=FaultKind.WILL)], told).wrong_state == 1


def test_a_passing_word_must_be_over_when_the_window_is() -> None:
    told_so = replace(TOLD_OFF, new=DEGRADED, cause=Cause.CONTRADICTED)
    for moment, wrong in ((109_000, 0), (115_000, 1)):
        fell = change(DEGRADED, DOWN, moment, 101_000, Cause.REPORTED_OFF)
        assert result([row(fault=FaultKind.WILL)], (BORN, told_so, fell, ROSE)).wrong_state == wrong


def test_after_a_blind_time_the_window_begins_anew() -> None:
    told_so = replace(TOLD_OFF, new=DEGRADED, cause=Cause.CONTRADICTED)
    told = (BORN, told_so, change(DEGRADED, DOWN, 125_000, 101_000, Cause.REPORTED_OFF), ROSE)
    gap = Gap("video", T + 105_000, T + 118_000)
    assert result([row(fault=FaultKind.WILL)], told, gaps=[gap]).right


def test_a_broker_hangs_for_as_long_here_as_where_it_is_listened_to() -> None:
    assert BROKER_HANGS == HUNG


@pytest.mark.parametrize("kind", FaultKind)
def test_no_fault_may_pass_for_what_it_may_last_as(kind: FaultKind) -> None:
    expected = EXPECTED[kind]
    assert (expected.state, expected.cause) in expected.lasting
    assert expected.lasting.isdisjoint(expected.passing)


def test_an_interval_wider_than_the_window_proves_nothing() -> None:
    late = change(UP, DOWN, 102_000, 91_000, Cause.REFUSED)
    assert result([row()], (BORN, late, ROSE)).wrong_edge == 1
    assert result([row()], (BORN, FELL, change(DOWN, UP, 169_000, 158_000))).wrong_edge == 1
    assert result([], (BORN, late, ROSE)).wrong_edge == 1, "and of what never was, too"


def test_it_may_be_wider_where_nobody_could_look() -> None:
    late = change(UP, DOWN, 115_000, 97_000, Cause.REFUSED)
    gap = Gap("video", T + 99_000, T + 112_000)
    assert result([row()], (BORN, late, ROSE), gaps=[gap]).right
    assert result([row()], (BORN, late, ROSE), gaps=[replace(gap, network="police")]).wrong_edge == 1
    elsewhere = replace(gap, start=T + 20_000, end=T + 40_000)
    assert result([row()], (BORN, late, ROSE), gaps=[elsewhere]).wrong_edge == 1


def test_a_heartbeat_that_is_heard_again_was_silent_until_shortly_before() -> None:
    missed = change(UP, DEGRADED, 102_000, 97_000, Cause.HEARTBEAT_MISSED)
    heard = change(DEGRADED, UP, 161_000, 154_000)
    silent = row(fault=FaultKind.SILENT)
    assert result([silent], (BORN, missed, heard)).right
    assert result([silent], (BORN, missed, replace(heard, not_before=T + 132_000))).right, "nobody else beat"
    assert result([silent], (BORN, missed, replace(heard, not_before=T + 102_000))).wrong_edge == 1
    assert result([silent], (BORN, replace(missed, not_before=T + 91_000), heard)).wrong_edge == 1


def test_only_the_first_look_may_leave_the_beginning_open() -> None:
    seen_before = (BORN, change(UP, UNKNOWN, 50_000, 49_000, Cause.SOURCE_LOST))
    open_again = change(UNKNOWN, DOWN, 102_000, None, Cause.REFUSED)
    born_again = change(UNKNOWN, UP, 51_000, 49_000)
    assert result([row(begin=500)], (replace(open_again, at=T + 2_000), ROSE)).right
    assert result([row()], (*seen_before, open_again, ROSE)).right, "the unknown time bounds it"
    assert result([row()], (*seen_before, born_again, open_again, ROSE)).wrong_edge == 1


def test_the_widths_of_the_edges_are_summed_up() -> None:
    found = result([row()], TRUE).to_json()
    assert (found["edge_median_ms"], found["edge_worst_ms"]) == (5_000, 5_000)
    assert result([], [BORN]).to_json()["edge_worst_ms"] is None


def test_a_fault_that_the_ledger_hides_is_still_counted_by_the_truth() -> None:
    found = result([row()], [BORN], gaps=[Gap("video", T, NOW)])
    assert (found.long_enough, found.faults, found.right, found.blind) == (1, 0, True, True)
    seen = result([row()], TRUE)
    assert (seen.long_enough, seen.faults, seen.blind) == (1, 1, False)
    assert result([row(end=101_000)], [BORN]).blind is False, "nothing had to be found"


def test_details_name_the_node_the_network_and_the_true_moments() -> None:
    (line,) = result([row()], [BORN]).details
    assert line == (
        "missed: truth is n in video: refuse (down, refused) "
        "from 2027-01-15T08:01:40.000Z to 2027-01-15T08:02:40.000Z"
    )


@given(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 20_000), st.integers(1, 20_000))
def test_any_edges_around_the_truth_are_right_and_any_beside_it_are_caught(
    before: int, after: int, early: int, late: int
) -> None:
    begin, end = 100_000, 160_000
    fell = change(UP, DOWN, begin + after, begin - before, Cause.REFUSED)
    rose = change(DOWN, UP, end + after, end - before)
    assert result([row()], (BORN, fell, rose)).right
    beside = change(UP, DOWN, begin - early, begin - early - before, Cause.REFUSED)
    assert result([row()], (BORN, beside, rose)).wrong_edge == 1
    beside = change(DOWN, UP, end + late + after, end + late)
    assert result([row()], (BORN, fell, beside)).wrong_edge == 1


def camera_watch() -> Watch:
    return next(watch for watch in make_city(20).watches if watch.node.kind == "camera")


def test_the_window_covers_a_round_the_repeats_and_their_deadlines() -> None:
    assert confirm_window(camera_watch()) == round(1000 * (5 + 1 + 2 + 3 * 2.8 + 1))


def test_what_is_refused_at_once_is_known_without_any_deadline() -> None:
    assert refused_window(camera_watch()) == (1000 * (5 + 1 + 2 + 1))


def test_the_windows_follow_the_rules_of_the_site() -> None:
    judge = JudgeSettings(confirm=2, recover=5, retry=(1.0, 2.0))
    assert refused_window(camera_watch(), judge) == (1000 * (5 + 1 + 2 + 2 + 2 + 1))
    assert refused_window(camera_watch(), JudgeSettings(retry=())) == (1000 * (5 + 1))


def test_a_heartbeat_is_missed_after_its_own_deadline_and_an_answer() -> None:
    gateway = next(w for w in make_city(20).watches if any(p.protocol == "mqtt" for p in w.probes))
    assert confirm_window(gateway) == round(1000 * (15 + 2 + 2.8 + 1))


def test_a_truth_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [
        row(),
        row(end=None, fault=FaultKind.SLOW, delay=1.4, root="switch"),
        flapping(12_000, 100_000, 160_000),
    ]
    file = TruthFile(tmp_path / "truth.csv")
    file.write(rows)
    file.close()
    rows[1].ended_by = None
    assert read_truth(tmp_path / "truth.csv") == rows
    assert "虚构" in (tmp_path / "truth.csv").read_text(encoding="utf-8").splitlines()[0]


def test_a_broken_truth_file_names_the_row(tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("# x\nnode,network\na,b\n")
    with pytest.raises(ValueError, match=r"truth.csv: row 1"):
        read_truth(tmp_path / "truth.csv")
