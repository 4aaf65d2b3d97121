"""The towns of a county fall together, and nothing above them can be asked: one outage, of the county."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from random import Random

import pytest
from outage_kit import CLOSED, COMMON, NODE, OPENED, SUSPECTED, UPSTREAM, Play, node, town

TOWNS = ("A", "B", "C", "D", "E")
CAMERAS = 6
REGIONS = {"440983": "信宜市", "440981": "高州市"}


def cameras(of: str) -> list[str]:
    return [f"{of.lower()}{number}" for number in range(CAMERAS)]


def everything(*towns: str) -> list[str]:
    return list(chain.from_iterable((name, *cameras(name)) for name in towns))


def county(folder: Path, *above: dict[str, str], parent: str = "") -> Play:
    """Five towns, each with its switch; and another county that stays well."""
    rows = [
        *(node(name, parent, region="440983") for name in TOWNS),
        *(node(each, name, region="440983") for name in TOWNS for each in cameras(name)),
        *(node(f"z{number}", region="440981") for number in range(60)),
    ]
    site = town(folder, *above, *rows, regions=REGIONS)
    return Play.of(site, up=[name for name in site.inventory.nodes if site.inventory.nodes[name].probes])


def fall(play: Play, names: list[str], within: float = 5.0) -> None:
    """As polls find it: spread over their interval, in no order."""
    Random(7).shuffle(names)
    for name in names:
        play.down(name)
        play.wait(within / len(names))


def told_once(play: Play, root: str) -> None:
    (opened,) = play.told(OPENED)
    assert (opened.root, opened.kind) == (root, COMMON)
    assert play.open()[root].affected == len(TOWNS) * (1 + CAMERAS)
    assert play.blames() == dict.fromkeys(everything(*TOWNS), (SUSPECTED, root))


def test_it_is_told_once_of_the_county(tmp_path: Path) -> None:
    play = county(tmp_path)
    fall(play, everything(*TOWNS))
    play.wait(20)
    told_once(play, "region:440983")


def test_it_is_told_once_of_a_county_node_that_nobody_asks(tmp_path: Path) -> None:
    play = county(tmp_path, node("County", probes="none", region="440983"), parent="County")
    fall(play, everything(*TOWNS))
    play.wait(20)
    told_once(play, "County")


def test_towns_that_were_told_already_become_a_part_of_it(tmp_path: Path) -> None:
    play = county(tmp_path)
    for name in TOWNS:
        play.down(name, *cameras(name))
        play.wait(4)
    play.wait(20)
    (suspected,) = play.open().values()
    assert suspected.root == "region:440983"
    assert {each.merged_into for each in play.told(CLOSED)} == {suspected.id}
    (opened,) = (each for each in play.told(OPENED) if each.kind is COMMON)
    assert opened.affected == 3 * (1 + CAMERAS), "so many were down when it was suspected"


def test_it_ends_once_when_the_towns_are_back(tmp_path: Path) -> None:
    play = county(tmp_path)
    fall(play, everything(*TOWNS))
    play.wait(60)
    play.up(*everything(*TOWNS))
    play.wait(70)
    (closed,) = play.told(CLOSED)
    assert closed.root == "region:440983"
    assert play.open() == {}


def test_a_town_that_stays_down_when_the_county_is_back_is_an_outage_of_its_own(tmp_path: Path) -> None:
    play = county(tmp_path)
    fall(play, everything(*TOWNS))
    play.wait(60)
    play.up(*everything(*TOWNS[1:]))
    play.wait(70)
    assert {root: each.kind for root, each in play.open().items()} == {"A": NODE}
    assert play.blames()["a0"] == (UPSTREAM, "A")


@pytest.mark.parametrize("switch_first", [True, False])
def test_one_town_alone_is_its_switch_and_told_within_the_hold(tmp_path: Path, switch_first: bool) -> None:
    play = county(tmp_path)
    play.down(*([] if switch_first else cameras("A")), "A")
    play.wait(5)
    assert {root: each.kind for root, each in play.open().items()} == {"A": NODE}
    play.down(*(cameras("A") if switch_first else []))
    play.wait(40)
    (opened,) = play.told(OPENED)
    assert opened.root == "A"
    assert play.blames()["a0"] == (UPSTREAM, "A")


def test_two_towns_of_five_are_two_outages(tmp_path: Path) -> None:
    play = county(tmp_path)
    fall(play, everything("A", "B"))
    play.wait(40)
    assert {root: each.kind for root, each in play.open().items()} == {"A": NODE, "B": NODE}


def test_a_switch_with_many_and_a_few_others_of_its_region_are_no_county(tmp_path: Path) -> None:
    """What one switch took with it has its cause: the rest are too few to suspect anything."""
    play = county(tmp_path)
    fall(play, [*everything("A"), *cameras("B")[:2], *cameras("C")[:2]])
    play.wait(40)
    assert {each.kind for each in play.open().values()} == {NODE}
    assert play.open()["A"].affected == 1 + CAMERAS
