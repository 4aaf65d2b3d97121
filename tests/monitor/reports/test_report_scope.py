"""Where a node belongs, and which watches somebody means."""

from __future__ import annotations

import pytest
from facts_kit import NETWORKS, REGIONS, camera

from monitor.config import Region
from monitor.config.atlas import NOWHERE, Atlas
from monitor.model.nodes import Kind
from monitor.reports.scope import Filter, ScopeError, is_usual, read_scope

ATLAS = Atlas(REGIONS)


@pytest.mark.parametrize(
    ("code", "town", "county", "city"),
    [
        ("440902001", ("440902001", "河东街道"), ("440902", "茂南区"), ("440900", "茂名市")),
        ("440902", NOWHERE, ("440902", "茂南区"), ("440900", "茂名市")),
        ("440900", NOWHERE, ("440900", "茂名市"), ("440900", "茂名市")),
        ("", NOWHERE, NOWHERE, NOWHERE),
        # A town, a village and a county of no list: their digits say where they lie.
        ("440902777", ("440902777", "440902777"), ("440902", "茂南区"), ("440900", "茂名市")),
        ("440902001203", ("440902001", "河东街道"), ("440902", "茂南区"), ("440900", "茂名市")),
        ("441302", NOWHERE, ("441302", "441302"), ("441300", "441300")),
        ("高新区", NOWHERE, NOWHERE, ("高新区", "高新区")),
    ],
)
def test_a_region_lies_in_a_town_a_county_and_a_city(code: str, town: str, county: str, city: str) -> None:
    assert (ATLAS.town(code), ATLAS.county(code), ATLAS.city(code)) == (town, county, city)


def test_what_a_list_says_outweighs_digits() -> None:
    zone = Atlas(REGIONS | {"440981500": Region("440981500", "农场", "440904")})
    assert zone.county("440981500") == ("440904", "电白区")


def test_regions_in_a_circle_come_to_an_end() -> None:
    round_about = Atlas({"1": Region("1", "a", "2"), "2": Region("2", "b", "1")})
    assert round_about.around("1") == ("1", "2")


POINT = camera("cam-1")
SWITCH = camera("sw-1", kind=Kind.SWITCH, point_class=None, contractor="乙公司", region="440904100")


@pytest.mark.parametrize(
    ("texts", "point", "switch"),
    [
        (["all"], True, True),
        (["class=1"], True, False),
        (["class=一类"], True, False),
        (["class=1", "class=2"], True, False),
        (["kind=switch"], False, True),
        (["kind=交换机", "kind=camera"], True, True),
        (["region=440902"], True, False),
        (["region=茂南区", "region=440904"], True, True),
        (["region=440902", "contractor=乙公司"], False, False),
        (["contractor=甲公司", "contractor=乙公司"], True, True),
        (["network=视频专网"], True, True),
        (["network=police"], False, False),
        (["node=cam-1"], True, False),
    ],
)
def test_the_same_key_widens_and_another_narrows(texts: list[str], point: bool, switch: bool) -> None:
    pairs = read_scope(texts, NETWORKS, ATLAS)
    assert pairs is not None
    chosen = Filter(pairs, ATLAS)
    assert (chosen.holds(POINT, "video"), chosen.holds(SWITCH, "video")) == (point, switch)


def test_a_scope_is_the_same_in_whatever_order_and_words_it_is_asked_for() -> None:
    one = read_scope(["region=茂南区", "class=1", "class=2"], NETWORKS, ATLAS)
    other = read_scope(["class=二类", "region=440902", "class=1", "class=1"], NETWORKS, ATLAS)
    assert one == other == (("class", "1"), ("class", "2"), ("region", "440902"))


def test_nobody_said_is_not_the_same_as_everything() -> None:
    assert read_scope([], NETWORKS, ATLAS) is None
    assert read_scope(["all"], NETWORKS, ATLAS) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class", "not a scope: class (such as class=1, region=440902, or all)"),
        ("class=", "not a scope: class= (such as class=1, region=440902, or all)"),
        ("clas=1", "no scope is called clas (class, kind, network, region, contractor, node); did you mean"),
        ("class=4", "class=4: not a class (1, 2, 3, 9)"),
        (
            "kind=camra",
            "kind=camra: not a kind (camera, recorder, switch, platform, gateway, centre)",
        ),
        ("network=x", "network=x: not a network of this site (police, video)"),
        ("region=无名镇", "region=无名镇: no region, or several, are called so: name its code"),
    ],
)
def test_a_scope_that_means_nothing_is_told(text: str, said: str) -> None:
    with pytest.raises(ScopeError) as caught:
        read_scope([text], NETWORKS, ATLAS)
    assert str(caught.value).startswith(said)


def test_a_name_that_several_regions_have_is_not_guessed() -> None:
    twice = Atlas(REGIONS | {"440983101": Region("440983101", "水东镇", "440983")})
    with pytest.raises(ScopeError, match="or several"):
        read_scope(["region=水东镇"], NETWORKS, twice)


@pytest.mark.parametrize(
    ("texts", "usual"),
    [
        ([], True),
        (["region=440902", "network=video", "contractor=甲公司"], True),
        (["region=440902", "class=2"], False),
        ([" kind = switch"], False),
        (["node=cam-1"], False),
        (["all", "region=440902"], False),
    ],
)
def test_who_says_which_devices_does_not_mean_class_1(texts: list[str], usual: bool) -> None:
    assert is_usual(texts) is usual


def test_all_of_a_region() -> None:
    assert read_scope(["all", "region=茂南区"], NETWORKS, ATLAS) == (("region", "440902"),)
    assert read_scope(["all"], NETWORKS, ATLAS) == ()
