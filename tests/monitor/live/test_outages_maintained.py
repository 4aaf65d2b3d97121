"""What approved maintenance covers is no sign of anything else; what is suspected for it alone is covered."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from outage_kit import COMMON, NODE, OWN, SUSPECTED, UPSTREAM, Play, node, town

TWELVE = [f"c{number}" for number in range(12)]
REGIONS = {"440983": "信宜市"}


def covered(play: Play, *names: str) -> None:
    play.engine.exclude(lambda root, _network: "M1" if root in names else "")


def several(prefix: str, count: int, **cells: str) -> list[dict[str, str]]:
    return [node(f"{prefix}{number}", **cells) for number in range(count)]


def beginning(
    folder: Path, rows: Collection[dict[str, str]], under: Collection[str], **settings: Any
) -> Play:
    play = Play.of(town(folder, *rows, **settings))
    covered(play, *under)
    return play


@pytest.mark.parametrize(
    "rows",
    [
        [*several("c", 12, contractor="甲公司"), *several("d", 30, contractor="乙公司")],
        [*several("c", 12, contractor="甲公司"), *several("e", 6, contractor="甲公司")],
        [*several("c", 12), *several("d", 6)],
        [*several("c", 12, region="440983"), *several("d", 4, region="440983"), *several("x", 40)],
        [node("Pole", probes="none"), *several("c", 12, parent="Pole"), node("z")],
    ],
    ids=["all of a firm", "most of a firm", "of a network", "of a town", "of a pole that nobody asks"],
)
def test_points_under_maintenance_make_nobody_suspect_anything(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    play = beginning(tmp_path, rows, TWELVE, regions=REGIONS)
    play.down(*TWELVE)
    play.wait(40)
    found = play.open()
    assert {root: (each.kind, each.excluded) for root, each in found.items()} == dict.fromkeys(
        TWELVE, (NODE, "M1")
    )
    assert play.blames() == {name: (OWN, name) for name in TWELVE}


def test_others_that_fall_with_them_are_judged_as_if_these_had_not_fallen(tmp_path: Path) -> None:
    rows = [*several("c", 12, contractor="甲公司"), *several("d", 4, contractor="甲公司"), node("z")]
    play = beginning(tmp_path, rows, TWELVE)
    play.down(*TWELVE[:6], "d0", "d1", *TWELVE[6:], "z")
    play.wait(40)
    others = {root: each.excluded for root, each in play.open().items() if root not in TWELVE}
    assert others == {"d0": "", "d1": "", "z": ""}


def test_a_crowd_under_maintenance_keeps_no_other_fall_waiting(tmp_path: Path) -> None:
    play = beginning(tmp_path, [*several("c", 12), *several("x", 40)], TWELVE)
    play.down(*TWELVE)
    play.down("x0")
    assert "x0" in play.open(), "at once, as any single fall"


def test_a_suspicion_by_others_stays_what_it_is_without_them(tmp_path: Path) -> None:
    rows = [*several("c", 12, contractor="甲公司"), *several("d", 30, contractor="甲公司")]
    play = beginning(tmp_path, rows, TWELVE)
    fallen = [f"d{number}" for number in range(30)]
    play.down(*fallen, *TWELVE)
    play.wait(40)
    suspected = play.open()["contractor:甲公司"]
    assert (suspected.kind, suspected.affected, suspected.excluded) == (COMMON, 30, "")
    assert {play.blames()[name] for name in fallen} == {(SUSPECTED, "contractor:甲公司")}
    assert {play.blames()[name] for name in TWELVE} == {(OWN, name) for name in TWELVE}


def test_a_suspicion_is_excluded_while_all_of_its_members_are(tmp_path: Path) -> None:
    """The maintenance is approved when it has begun already."""
    play = beginning(tmp_path, [*several("c", 12, contractor="甲公司"), *several("d", 30)], ())
    play.down(*TWELVE)
    play.wait(40)
    (root,) = play.open()
    covered(play, *TWELVE[1:])
    play.wait(3)
    assert play.open()[root].excluded == ""
    covered(play, *TWELVE)
    play.wait(3)
    assert play.open()[root].excluded == "M1"
    covered(play)
    play.wait(3)
    assert play.open()[root].excluded == ""


def test_below_a_switch_that_fails_they_are_down_for_it_as_all_others(tmp_path: Path) -> None:
    play = Play.of(town(tmp_path))
    covered(play, "e1")
    play.down("East", "e1", "e2", alive=["Core"])
    play.wait(10)
    assert play.blames() == {"East": (OWN, "East"), "e1": (UPSTREAM, "East"), "e2": (UPSTREAM, "East")}
    assert play.open()["East"].excluded == ""
