"""The board as a page draws it: column by column, made once for all who ask for the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_site import Voice, camera, make_site

from monitor.live.maintenance import Covers, Excluding
from monitor.live.picture import Boards
from monitor.live.states import FRESH, Live
from monitor.model.decisions import Action, Decision
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame
from monitor.model.times import format_time

T0 = 1_795_392_000_000
NOBODY: Sequence[Decision] = ()


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """A camera is up, one is down behind a switch that is down, of one nothing was said; none elsewhere."""
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    place = {"lon": "110.925512", "lat": "21.662987"}
    nodes = [
        camera("cam-1", region="440902", contractor="甲公司", **place),
        camera("cam-2", region="440904", parent="sw", **{"class": "2"}),
        camera("cam-3", region="440902", contractor="乙公司"),
        camera("sw", kind="switch", region="440904", **{"class": ""}),
        camera("far", "police", region="440904"),
    ]
    live, voice = Live(make_site(tmp_path, nodes, networks=networks), lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 1500))
    live.apply(voice.turns("cam-1", State.UNKNOWN, State.UP, T0 - 9000))
    live.apply(voice.turns("cam-2", State.UNKNOWN, State.DOWN, T0 - 8000, Cause.NO_REPLY))
    live.apply(voice.turns("sw", State.UNKNOWN, State.DOWN, T0 - 8500))
    live.outages.take([Blame(None, "cam-2", "video", T0 - 8000, Attribution.UPSTREAM, "o-1")])
    return live


def nobody(_node: str, _network: str) -> str:
    return ""


def told(live: Live, excluded: Covers = nobody, *, exact: bool = True) -> dict[str, Any]:
    made = Boards().of(live, event="run-7", excluded=excluded, exact=exact)
    found: dict[str, Any] = json.loads(made.body)
    return found


def column(board: dict[str, Any], name: str) -> dict[str, Any]:
    """By node."""
    return dict(zip(board["id"], board[name], strict=True))


def words(board: dict[str, Any], name: str, listed: str) -> dict[str, str]:
    """The same where the column holds places in a list."""
    return {node: board[listed][place] for node, place in column(board, name).items()}


def test_every_watch_has_its_entry_in_each_column(live: Live) -> None:
    board = told(live)

    assert column(board, "state") == {"cam-1": 3, "cam-2": 1, "cam-3": 0, "sw": 1, "far": 0}
    assert column(board, "since") == {
        "cam-1": T0 - 9000, "cam-2": T0 - 8000, "cam-3": 0, "sw": T0 - 8500, "far": 0,
    }  # fmt: skip
    assert words(board, "cause", "causes")["cam-2"] == "no_reply"
    assert words(board, "cause", "causes")["far"] == "not_asked"
    assert words(board, "network", "networks")["far"] == "police"
    assert words(board, "region", "regions")["sw"] == "440904"
    assert words(board, "kind", "kinds")["sw"] == "switch"
    assert words(board, "contractor", "contractors")["cam-1"] == "甲公司"
    assert column(board, "point_class") == {"cam-1": 1, "cam-2": 2, "cam-3": 1, "sw": 0, "far": 1}
    assert [board["id"][place] for place in board["upstream"]] == ["cam-2"]
    assert (board["event"], board["time"]) == ("run-7", format_time(T0))
    assert board["inventory"] == live.site.inventory.digest


def test_what_nobody_sees_is_unknown_though_its_last_word_was_another(live: Live) -> None:
    live.refresh(T0 + FRESH)

    board = told(live)

    assert set(board["state"]) == {0}
    assert words(board, "cause", "causes")["cam-1"] == "blind"
    assert column(board, "since")["cam-1"] == T0 - 1500


def test_who_may_not_see_details_is_told_the_street_and_not_the_mast(live: Live) -> None:
    assert column(told(live), "lon")["cam-1"] == 110.925512
    assert column(told(live, exact=False), "lon")["cam-1"] == 110.926
    assert column(told(live, exact=False), "lat")["cam-1"] == 21.663
    assert column(told(live), "lat")["cam-3"] is None


def maintenance(start: int, end: int) -> list[Decision]:
    span = {"start": format_time(start), "end": format_time(end), "note": ""}
    body = {"kind": "exclusion", "scope": {"parents": ["sw"]}, "reason": "planned_work", **span}
    return [
        Decision("e1", Action.REQUEST, "张三", T0 - 60_000, body),
        Decision("e1", Action.APPROVE, "李四", T0 - 50_000, {}),
    ]


def test_what_is_under_maintenance_is_named_while_it_lasts(live: Live) -> None:
    excluding, decisions = Excluding(), maintenance(T0, T0 + 100)

    def named(now: int) -> set[str]:
        rows: list[int] = told(live, excluding.of(live.site, decisions, now))["excluded"]
        return {live.board.watches[row].node.id for row in rows}

    assert named(T0 - 1) == set()
    assert named(T0) == named(T0 + 99) == {"sw", "cam-2"}
    assert named(T0 + 100) == set()


def test_maintenance_is_worked_out_anew_only_when_something_else_may_be_covered(live: Live) -> None:
    excluding, decisions = Excluding(), maintenance(T0, T0 + 100)
    before = excluding.of(live.site, decisions, T0 - 2)

    assert excluding.of(live.site, list(decisions), T0 - 1) is before
    during = excluding.of(live.site, decisions, T0)
    assert during is not before
    assert during("cam-2", "video") == "e1"
    assert excluding.of(live.site, NOBODY, T0) is not during
    assert excluding.of(live.site, NOBODY, T0)("cam-2", "video") == ""
    assert excluding.of(live.site, NOBODY, T0 - 50)("cam-2", "video") == "", "a clock may be set back"


def test_many_who_ask_for_the_same_board_cost_one(live: Live) -> None:
    boards = Boards()
    first = boards.of(live, event="run-7", excluded=nobody, exact=True)

    assert boards.of(live, event="run-7", excluded=nobody, exact=True) is first
    assert boards.of(live, event="run-7", excluded=nobody, exact=False) is not first
    assert boards.of(live, event="run-7", excluded=nobody, exact=True) is first
    assert boards.of(live, event="run-8", excluded=nobody, exact=True) is not first


def test_a_board_is_made_anew_for_whatever_is_shown_otherwise(live: Live) -> None:
    boards, excluding = Boards(), Excluding()
    boards.of(live, event="run-7", excluded=nobody, exact=True)

    live.apply(Voice(sequence=9).turns("cam-3", State.UNKNOWN, State.UP, T0))
    turned = boards.of(live, event="run-7", excluded=nobody, exact=True)
    assert column(json.loads(turned.body), "state")["cam-3"] == 3

    covered = excluding.of(live.site, maintenance(T0, T0 + 100), T0)
    under = boards.of(live, event="run-7", excluded=covered, exact=True)
    assert json.loads(under.body)["excluded"]


def test_another_node_list_is_another_board(live: Live, tmp_path: Path) -> None:
    boards = Boards()
    boards.of(live, event="run-7", excluded=nobody, exact=True)
    (tmp_path / "later").mkdir()
    live.reload(make_site(tmp_path / "later", [camera("new", name="新点位")]))

    board = json.loads(boards.of(live, event="run-7", excluded=nobody, exact=True).body)

    assert (board["id"], board["name"], board["networks"]) == (["new"], ["新点位"], ["video"])


async def test_it_is_packed_once_and_whole(live: Live) -> None:
    boards = Boards()
    made = boards.of(live, event="run-7", excluded=nobody, exact=True)

    packed = await boards.packed(made)

    assert gzip.decompress(packed) == made.body
    assert await boards.packed(made) is packed
