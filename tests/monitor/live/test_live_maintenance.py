"""Which approved exclusion covers a root now."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_site import camera, make_site

from monitor.config import Site
from monitor.live.maintenance import Maintenance
from monitor.model.decisions import Action, Decision
from monitor.model.times import format_time

T0 = 1_795_392_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    nodes = [
        camera("core", kind="switch", region="440900", **{"class": ""}),
        camera("sw", kind="switch", parent="core", region="440902", **{"class": ""}),
        camera("cam", parent="sw", region="440902", contractor="甲公司"),
    ]
    return make_site(tmp_path, nodes)


def decided(scope: dict[str, list[str]], *, approve: bool = True, name: str = "e1") -> list[Decision]:
    span = {"start": format_time(T0), "end": format_time(T0 + 100), "note": ""}
    body = {"kind": "exclusion", "scope": scope, "reason": "planned_work", **span}
    rows = [Decision(name, Action.REQUEST, "张三", T0, body)]
    return [*rows, Decision(name, Action.APPROVE, "李四", T0, {})] if approve else rows


@pytest.mark.parametrize(
    ("scope", "root"),
    [
        ({"nodes": ["cam"]}, "cam"),
        ({"parents": ["core"]}, "cam"),
        ({"parents": ["sw"]}, "sw"),
        ({"regions": ["440902"]}, "sw"),
        ({"contractors": ["甲公司"]}, "cam"),
        ({"regions": ["440902"]}, "region:440902"),
        ({"contractors": ["甲公司"]}, "contractor:甲公司"),
        ({"networks": ["video"]}, "network:video"),
        ({}, "video-0of1"),
    ],
)
def test_a_root_is_covered_by_what_holds_it(site: Site, scope: dict[str, list[str]], root: str) -> None:
    assert Maintenance(site, decided(scope)).of(T0)(root, "video") == "e1"


@pytest.mark.parametrize(
    ("scope", "root"),
    [
        ({"nodes": ["cam"]}, "sw"),
        ({"parents": ["sw"]}, "core"),
        ({"networks": ["police"]}, "cam"),
        ({"nodes": ["cam"]}, "region:440902"),
        ({"regions": ["440902"]}, "contractor:甲公司"),
    ],
)
def test_and_by_nothing_else(site: Site, scope: dict[str, list[str]], root: str) -> None:
    assert Maintenance(site, decided(scope)).of(T0)(root, "video") == ""


def test_it_covers_while_it_lasts_and_only_once_it_is_approved(site: Site) -> None:
    known = Maintenance(site, decided({"nodes": ["cam"]}))
    assert [known.of(T0 + at)("cam", "video") for at in (-1, 0, 99, 100)] == ["", "e1", "e1", ""]
    assert [known.next_edge(T0 + at) for at in (-1, 0, 100)] == [T0, T0 + 100, None]
    asked = Maintenance(site, decided({"nodes": ["cam"]}, approve=False))
    assert asked.of(T0)("cam", "video") == ""
