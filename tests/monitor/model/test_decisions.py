"""What people may decide about the figures, and what their rows come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clockwork import HOUR, at

from monitor.model.decisions import (
    Action,
    Correction,
    Decision,
    DecisionError,
    Exclusion,
    Reason,
    Scope,
    Signed,
    check,
    fold,
    request_of,
)
from monitor.model.nodes import Kind, Node
from monitor.model.observations import State

START, END = at("10-05 22:00"), at("10-06 04:00")
ASKED = Signed("李 明", START - 48 * HOUR)

WORK = Exclusion("m-1", Scope(regions=("440902",)), START, END, Reason.PLANNED_WORK, "改造光缆", ASKED)
WRONG = Correction("c-1", "cam-1", "video", START, END, State.UP, "采集机网卡故障", ASKED)


def approve(wanted: Exclusion | Correction, person: str = "王芳", moment: int = START - HOUR) -> Decision:
    return Decision(wanted.id, Action.APPROVE, person, moment, {})


def end(moment: int) -> Decision:
    return Decision("m-1", Action.END, "李明", moment, {})


def approved(wanted: Exclusion | Correction) -> Exclusion | Correction:
    return replace(wanted, signed=replace(ASKED, approved_by="王芳", approved_at=START - HOUR))


@pytest.mark.parametrize("wanted", [WORK, WRONG])
def test_a_request_comes_back_as_what_was_asked_for(wanted: Exclusion | Correction) -> None:
    assert fold([request_of(wanted)]) == {wanted.id: wanted}
    assert not fold([request_of(wanted)])[wanted.id].signed.approved


@pytest.mark.parametrize("wanted", [WORK, WRONG])
def test_another_person_approves_it(wanted: Exclusion | Correction) -> None:
    assert fold([request_of(wanted), approve(wanted)]) == {wanted.id: approved(wanted)}


@pytest.mark.parametrize("same", ["李 明", "李明", "  李  明 "])
def test_nobody_approves_what_they_asked_for_themselves(same: str) -> None:
    with pytest.raises(DecisionError, match="somebody else"):
        fold([request_of(WORK), approve(WORK, same)])


def test_a_name_in_other_letters_is_the_same_person() -> None:
    asked = replace(WORK, signed=replace(ASKED, requested_by="Li Ming"))
    with pytest.raises(DecisionError, match="somebody else"):
        fold([request_of(asked), approve(asked, "ＬＩ ming")])


def test_it_is_approved_once() -> None:
    with pytest.raises(DecisionError, match="approved already, by 王芳"):
        fold([request_of(WORK), approve(WORK), approve(WORK, "陈强")])


def test_an_exclusion_may_end_early_and_never_later() -> None:
    rows = [request_of(WORK), approve(WORK), end(START + HOUR)]
    found = fold(rows)["m-1"]
    assert (found.start, found.end) == (START, START + HOUR)
    with pytest.raises(DecisionError, match="is over since"):
        fold([*rows, end(START + 2 * HOUR)])


def test_one_that_ends_before_it_begins_leaves_out_nothing() -> None:
    found = fold([request_of(WORK), approve(WORK), end(START - HOUR)])["m-1"]
    assert (found.start, found.end) == (START, START)


def test_a_correction_is_corrected_by_another_one() -> None:
    with pytest.raises(DecisionError, match="correct it by another one"):
        fold([request_of(WRONG), Decision("c-1", Action.END, "李明", START, {})])


def test_what_nobody_asked_for_cannot_be_approved() -> None:
    with pytest.raises(DecisionError, match="there is no decision m-1"):
        fold([approve(WORK)])


def test_an_id_is_used_once() -> None:
    with pytest.raises(DecisionError, match="is there already"):
        fold([request_of(WORK), request_of(WORK)])


def test_time_runs_forwards() -> None:
    with pytest.raises(DecisionError, match="ends before it begins"):
        fold([request_of(replace(WORK, end=START))])


@pytest.mark.parametrize("nobody", ["", "   "])
def test_somebody_must_take_a_decision(nobody: str) -> None:
    with pytest.raises(DecisionError, match="needs the name"):
        check(replace(request_of(WORK), person=nobody), {})


def test_what_was_approved_after_it_began_is_called_retroactive() -> None:
    late = fold([request_of(WORK), approve(WORK, moment=START + 1)])["m-1"]
    early = fold([request_of(WORK), approve(WORK, moment=START)])["m-1"]
    assert isinstance(late, Exclusion)
    assert isinstance(early, Exclusion)
    assert (late.retroactive, early.retroactive, WORK.retroactive) == (True, False, False)


CAMERA = Node("cam-1", Kind.CAMERA, ("video",), (), (), region="440902001", contractor="甲公司")
AROUND, ABOVE = ("440902001", "440902", "440900"), ("switch-1", "core")


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(), True),
        (Scope(nodes=("cam-1", "cam-2")), True),
        (Scope(nodes=("cam-2",)), False),
        (Scope(regions=("440902",)), True),
        (Scope(regions=("440903", "440902001")), True),
        (Scope(regions=("440903",)), False),
        (Scope(contractors=("甲公司",)), True),
        (Scope(contractors=("乙公司",)), False),
        (Scope(parents=("core",)), True),
        (Scope(parents=("cam-1",)), True),
        (Scope(parents=("switch-2",)), False),
        (Scope(networks=("video",)), True),
        (Scope(networks=("police",)), False),
        (Scope(regions=("440902",), contractors=("乙公司",)), False),
        (Scope(regions=("440902",), contractors=("甲公司",), networks=("video",)), True),
    ],
)
def test_a_scope_holds_what_meets_all_its_parts_by_any_entry(scope: Scope, holds: bool) -> None:
    assert scope.holds(CAMERA, "video", AROUND, ABOVE) is holds
    assert Scope.from_json(scope.to_json()) == scope
