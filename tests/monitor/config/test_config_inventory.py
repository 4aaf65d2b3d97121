"""The inventory: what is watched today, in which shard, and under which version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from config_folder import Folder

from monitor.config import Inventory
from monitor.model.nodes import shard_of


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def inventory(folder: Folder, *rows: str, columns: str = "") -> Inventory:
    return folder.nodes(*rows, heading="id,kind,network,address" + columns).load().inventory


def test_a_node_is_watched_from_each_of_its_networks(folder: Folder) -> None:
    found = inventory(folder, "gw,gateway,police;video,10.0.0.1;10.0.0.2", "c,camera,video,10.0.0.3")
    assert [watch.key for watch in found.watches()] == [("gw", "police"), ("gw", "video"), ("c", "video")]
    assert [str(watch.address) for watch in found.watches("video")] == ["10.0.0.2", "10.0.0.3"]


def test_shards_divide_the_nodes_by_their_hash(folder: Folder) -> None:
    found = inventory(folder, *(f"c{i},camera,video,10.0.0.1" for i in range(200)))
    shards = [{watch.node.id for watch in found.watches("video", shard, 4)} for shard in range(4)]
    assert set.union(*shards) == set(found.nodes)
    assert sum(map(len, shards)) == 200
    assert all(shard_of(name, 4) == number for number, names in enumerate(shards) for name in names)


@pytest.mark.parametrize(
    ("today", "watched"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_a_node_is_watched_from_its_first_day_to_its_last(folder: Folder, today: date, watched: bool) -> None:
    row = "c,camera,video,10.0.0.1,2026-01-01,2026-06-30"
    found = inventory(folder, row, columns=",commissioned,retired")
    assert bool(found.watches(today=today)) is watched


def test_without_a_day_the_sites_own_today_counts(folder: Folder) -> None:
    rows = (
        "old,camera,video,10.0.0.1,,2000-01-01",
        "new,camera,video,10.0.0.1,2999-01-01,",
        "c,camera,video,x,,",
    )
    found = inventory(folder, *rows, columns=",commissioned,retired")
    assert [watch.node.id for watch in found.watches()] == ["c"]


def test_the_port_of_an_address_is_the_one_to_ask(folder: Folder) -> None:
    found = inventory(folder, "c,camera,video;police,10.0.0.1:8554;10.0.0.2")
    assert [[spec.port for spec in watch.probes] for watch in found.watches()] == [[None, 8554], [None, 554]]


def test_the_digest_does_not_depend_on_the_order_of_rows(folder: Folder) -> None:
    rows = ["a,camera,video,10.0.0.1", "b,camera,video,10.0.0.2"]
    assert inventory(folder, *rows).digest == inventory(folder, *reversed(rows)).digest


def test_the_digest_changes_with_what_regions_are_called_and_lie_in(folder: Folder) -> None:
    regions = "code,name,parent\n440900,茂名市,\n440902,茂南区,440900\n"
    digests = set()
    for text in (regions, regions.replace("茂南区", "新区"), regions.replace(",440900\n", ",\n")):
        folder.write("regions.csv", text)
        digests.add(folder.load().inventory.digest)
    assert len(digests) == 3


def test_what_is_recorded_names_regions_and_networks(folder: Folder) -> None:
    folder.write("regions.csv", "code,name,parent\n440902,茂南区,\n")
    recorded = folder.load().inventory.to_json()
    assert recorded["regions"] == [{"code": "440902", "name": "茂南区", "parent": ""}]
    assert recorded["networks"] == {"police": "公安网", "video": "视频专网"}


@pytest.mark.parametrize(
    "row", ["a,camera,video,10.0.0.2", "a,recorder,video,10.0.0.1", "a,camera,police,10.0.0.1"]
)
def test_the_digest_changes_with_a_node(folder: Folder, row: str) -> None:
    before = inventory(folder, "a,camera,video,10.0.0.1").digest
    assert len(before) == 16
    assert inventory(folder, row).digest != before


def test_the_digest_changes_with_the_way_nodes_are_asked(folder: Folder) -> None:
    before = folder.load().inventory.digest
    assert folder.site("probes: {rtsp: {timeout: 4s}}\n").load().inventory.digest != before


def test_a_node_as_json_leaves_out_what_is_empty(folder: Folder) -> None:
    (entry,) = inventory(folder, "c,camera,video,10.0.0.1,110.5,0", columns=",lon,lat").to_json()["nodes"]
    assert entry == {
        "id": "c",
        "kind": "camera",
        "networks": ["video"],
        "addresses": ["10.0.0.1"],
        "probes": ["ping@5s timeout=2s slow=1s", "rtsp:554@30s timeout=5s slow=2s"],
        "lon": 110.5,
        "lat": 0.0,
    }
