from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.city import make_city
from monitor.demo.compare import Comparison, Gap, compare, confirm_window
from monitor.demo.faults import FaultKind
from monitor.demo.truth import TruthFile, TruthRow, read_truth
from monitor.model.events import Change
from monitor.model.observations import Cause, State

T = 1_800_000_000_000
UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN
WINDOW = 10_000
NOW = T + 300_000


def row(
    begin: int = 100_000,
    end: int | None = 160_000,
    fault: FaultKind = FaultKind.REFUSE,
    *,
    network: str = "video",
    delay: float = 0.0,
    root: str = "",
) -> TruthRow:
    ended = None if end is None else T + end
    return TruthRow(
        "n", network, "127.1.2.3", fault, T + begin, T + begin + 1, ended, ended, delay=delay, root=root
    )


def change(old: State, new: State, at: int, low: int | None, cause: Cause = Cause.OK) -> Change:
    bound = None if low is None else T + low
    return Change("n", "video", old, new, T + at, bound, T + at + 50, cause)


BORN = change(UNKNOWN, UP, 1000, None)
FELL = change(UP, DOWN, 102_000, 97_000, Cause.REFUSED)
ROSE = change(DOWN, UP, 163_000, 158_000)
TRUE = (BORN, FELL, ROSE)


def result(rows: Iterable[TruthRow], changes: Iterable[Change], gaps: Sequence[Gap] = ()) -> Comparison:
    windows = {("n", "video"): WINDOW, ("n", "police"): WINDOW}
    return compare(rows, changes, windows, NOW, gaps=gaps)


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


def test_flapping_is_right_with_any_state_that_is_not_up() -> None:
    flaps = row(fault=FaultKind.FLAPPING, delay=12.0)
    assert result([flaps], TRUE).right
    assert result([flaps], [BORN]).missed == 1
    assert result([row(fault=FaultKind.FLAPPING, delay=5.0)], [BORN]).right, "no turn is long enough"


def test_two_faults_of_one_watch_are_held_against_their_own_changes() -> None:
    later = row(begin=220_000, end=260_000, fault=FaultKind.BUSY)
    told = (*TRUE, change(UP, DEGRADED, 221_000, 219_000, Cause.BUSY), change(DEGRADED, UP, 262_000, 259_000))
    assert result([row(), later], told).right
    assert result([row(), later], TRUE).missed == 1
    assert result([row()], told).invented == 1


def test_details_name_the_node_the_network_and_the_true_moments() -> None:
    (line,) = result([row()], [BORN]).details
    assert line == (
        "missed: truth is n in video: refuse (down, refused) "
        "from 2027-01-15T08:01:40.000Z to 2027-01-15T08:02:40.000Z"
    )


@given(st.integers(0, 20_000), st.integers(0, 20_000), st.integers(1, 20_000), st.integers(1, 20_000))
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


def test_the_window_covers_a_round_the_repeats_and_their_deadlines() -> None:
    city = make_city(20)
    camera = next(watch for watch in city.watches if watch.node.kind == "camera")
    assert confirm_window(camera) == round(1000 * (5 + 1 + 2 + 3 * 2.8 + 1))


def test_a_truth_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [row(), row(end=None, fault=FaultKind.SLOW, delay=1.4, root="switch")]
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
