"""What fails together and has something in common that nobody can ask: one suspicion, not many outages."""

from __future__ import annotations

from pathlib import Path

from outage_kit import CLOSED, COMMON, NODE, SUSPECTED, Play, node, town

from monitor.config import Site
from monitor.model.outages import Ending


def roots(play: Play) -> set[str]:
    return set(play.open())


def wide(folder: Path, count: int = 20, **cells: str) -> Site:
    return town(folder, *(node(f"c{n}", **cells) for n in range(count)), regions={"440983": "信宜市"})


def test_many_of_a_region_that_fail_together_make_one_suspicion(tmp_path: Path) -> None:
    play = Play.of(wide(tmp_path, region="440983"))
    for n in range(20):
        play.down(f"c{n}")
        play.now += 0.5
    play.wait(6)

    (suspected,) = play.open().values()
    assert (suspected.kind, suspected.root, suspected.name) == (COMMON, "region:440983", "信宜市")
    assert play.blames()["c0"] == play.blames()["c19"] == (SUSPECTED, "region:440983")
    merged = [each for each in play.told(CLOSED) if each.ending is Ending.MERGED]
    assert len(merged) == 11, "those that were told before the twelfth fell: two a second are no crowd"


def test_failures_spread_over_hours_are_no_suspicion(tmp_path: Path) -> None:
    play = Play.of(wide(tmp_path, region="440983"))
    for n in range(20):
        play.down(f"c{n}")
        play.now += 60
    assert {each.kind for each in play.open().values()} == {NODE}


def test_a_contractor_is_a_common_cause_too(tmp_path: Path) -> None:
    rows = [node(f"c{n}", contractor="甲公司") for n in range(12)] + [node(f"d{n}") for n in range(30)]
    play = Play.of(town(tmp_path, *rows))
    play.down(*(f"c{n}" for n in range(12)))
    play.wait(6)
    assert roots(play) == {"contractor:甲公司"}


def test_a_suspicion_ends_when_most_are_back_and_the_rest_is_judged_anew(tmp_path: Path) -> None:
    play = Play.of(wide(tmp_path, region="440983"))
    play.down(*(f"c{n}" for n in range(20)))
    play.wait(100)
    play.up(*(f"c{n}" for n in range(19)))
    assert roots(play) == {"region:440983"}
    play.wait(61)
    assert roots(play) == {"c19"}


def test_children_that_fall_together_below_what_nobody_asks_make_it_suspected(tmp_path: Path) -> None:
    rows = [node("Pole", probes="none"), *(node(f"p{n}", "Pole") for n in range(4)), node("other")]
    play = Play.of(town(tmp_path, *rows), up=[*(f"p{n}" for n in range(4)), "other"])
    for n in range(4):
        play.down(f"p{n}")
        play.wait(1)
    play.wait(20)

    (suspected,) = play.open().values()
    assert (suspected.root, suspected.kind) == ("Pole", COMMON)
    assert play.blames()["p0"] == play.blames()["p3"] == (SUSPECTED, "Pole")
