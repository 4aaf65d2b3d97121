"""nodes.csv: what rows come to, and what is said of mistakes in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from config_folder import Folder, told

from monitor.config import ConfigError
from monitor.model.nodes import Address, Kind, Level, Node

ALL = "id,name,kind,class,network,region,level,parent,address,probes,contractor,lon,lat,commissioned,retired"
CHINESE = (
    "设备编码,名称,类型,点位类别,网络,行政区划,层级,上级节点,地址,"
    "探测方式,运维单位,经度,纬度,启用日期,停用日期"
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def only(folder: Folder) -> Node:
    (node,) = folder.load().inventory.nodes.values()
    return node


def test_a_row_with_everything(folder: Folder) -> None:
    folder.write("regions.csv", "code,name\n440983,信宜市\n")
    folder.nodes(
        "gw,,gateway,,video;police,,city,,10.0.0.1;10.9.0.1,,,,,,",
        "c1,路口,camera,2,video,440983,town,gw,10.0.0.2:8554,ping;rtsp@10s,甲,110.9,21.6,2026-01-02,2030-12-31",
        heading=ALL,
    )
    nodes = folder.load().inventory.nodes
    assert list(nodes) == ["gw", "c1"]
    assert nodes["gw"].networks == ("video", "police")
    assert nodes["gw"].addresses == (Address("10.0.0.1"), Address("10.9.0.1"))
    assert nodes["gw"].level is Level.CITY
    camera = nodes["c1"]
    assert (camera.name, camera.kind, camera.point_class) == ("路口", Kind.CAMERA, 2)
    assert (camera.region, camera.level, camera.parents) == ("440983", Level.TOWN, ("gw",))
    assert camera.addresses == (Address("10.0.0.2", 8554),)
    assert [str(spec) for spec in camera.probes] == ["ping@5s", "rtsp:554@10s"]
    assert (camera.contractor, camera.lon, camera.lat) == ("甲", 110.9, 21.6)
    assert (camera.commissioned, camera.retired) == (date(2026, 1, 2), date(2030, 12, 31))


@pytest.mark.parametrize("word", ["none", "无"])
def test_a_node_that_nobody_asks_is_no_watch_and_stands_above_others(folder: Folder, word: str) -> None:
    folder.nodes(
        f"pole,,switch,,video,,,,10.0.0.1,{word},,,,,",
        "c1,,camera,1,video,,,pole,10.0.0.2,,,,,,",
        heading=ALL,
    )
    inventory = folder.load().inventory
    assert inventory.nodes["pole"].probes == ()
    assert inventory.nodes["c1"].parents == ("pole",)
    assert [watch.node.id for watch in inventory.watches()] == ["c1"]


def test_a_witness_must_be_asked(folder: Folder) -> None:
    folder.write("site.yaml", "site: s\nnetworks: {video: {witnesses: [pole]}}\n")
    folder.nodes("pole,,switch,,video,,,,10.0.0.1,none,,,,,", heading=ALL)
    with pytest.raises(ConfigError, match="nobody asks this node"):
        folder.load()


def test_chinese_headings_and_values(folder: Folder) -> None:
    folder.nodes(
        "c1,路口,摄像机,一类,视频专网；公安网,,镇街,,10.0.0.1,,甲公司,,,2026年1月2日,".replace("１０", "10"),
        heading=CHINESE,
    )
    node = only(folder)
    assert (node.kind, node.point_class, node.level) == (Kind.CAMERA, 1, Level.TOWN)
    assert node.networks == ("video", "police")
    assert node.addresses == (Address("10.0.0.1"), Address("10.0.0.1"))
    assert node.commissioned == date(2026, 1, 2)


@pytest.mark.parametrize("word", ["Camera", "摄像机", "IPC", " camera ", "ｃａｍｅｒａ"])
def test_a_kind_can_be_said_in_many_ways(folder: Folder, word: str) -> None:
    assert only(folder.nodes(f"c,{word},video,10.0.0.1")).kind is Kind.CAMERA


@pytest.mark.parametrize(
    ("word", "meant"), [("1", 1), ("一类", 1), ("class2", 2), ("三类", 3), ("9", 9), ("", None)]
)
def test_a_class_can_be_said_in_many_ways(folder: Folder, word: str, meant: int | None) -> None:
    folder.nodes(f"c,camera,video,10.0.0.1,{word}", heading="id,kind,network,address,class")
    assert only(folder).point_class == meant


@pytest.mark.parametrize("text", ["2026-11-23", "2026/11/23", "20261123", "2026.11.23", "2026/11/23 0:00:00"])
def test_a_date_can_be_written_in_many_ways(folder: Folder, text: str) -> None:
    folder.nodes(f"c,camera,video,10.0.0.1,{text}", heading="id,kind,network,address,commissioned")
    assert only(folder).commissioned == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("kind", "probes"),
    [
        ("camera", ["ping", "rtsp"]),
        ("recorder", ["ping", "rtsp"]),
        ("switch", ["ping"]),
        ("gateway", ["ping"]),
        ("centre", ["ping"]),
        ("platform", ["ping"]),
    ],
)
def test_each_kind_has_its_usual_probes(folder: Folder, kind: str, probes: list[str]) -> None:
    folder.nodes(f"c,{kind},video,10.0.0.1")
    assert [spec.name for spec in only(folder).probes] == probes


def test_one_address_may_be_used_twice(folder: Folder) -> None:
    folder.nodes("c1,camera,video,10.0.0.1", "c2,camera,video,10.0.0.1")
    assert len(folder.load().inventory.nodes) == 2


def test_the_nearest_network_is_guessed(folder: Folder) -> None:
    assert folder.nodes("c,camera,vidoe,10.0.0.1").complaint() == (
        'nodes.csv:2  network = "vidoe"\n'
        "  not a network of this site (video, police)\n"
        '  did you mean "video"?'
    )


ID = "an id has up to 64 letters, digits and . _ - : @"
ADDRESS = "an IP address or host name is needed, with :port if it is not the usual one"
IPV4 = "an IPv4 address is four numbers from 0 to 255"
PROBE = "a probe is written name, name:port, name@interval or name:port@interval, such as rtsp:8554@10s"
SWAPPED = "lies in China only as a longitude, and lon is 21.66"
DATE = "a date is needed, such as 2026-11-23"


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ("c 1,camera,video,10.0.0.1", ('id = "c 1"', ID)),
        (",camera,video,10.0.0.1", ("id", "is empty, and it is needed")),
        (
            "4409020000132000001,camera,video,10.0.0.1",
            (
                'id = "4409020000132000001"',
                "GB code '4409020000132000001': has 19 digits, 20 are needed",
            ),
        ),
        (
            "4.4090200001E+19,camera,video,10.0.0.1",
            (
                'id = "4.4090200001E+19"',
                "a spreadsheet has rounded this id, its last digits are lost",
                "set the column to text in the spreadsheet and enter the ids again",
            ),
        ),
        (
            "c,camra,video,10.0.0.1",
            (
                'kind = "camra"',
                "not a kind (camera, recorder, switch, platform, gateway, centre)",
                'did you mean "camera"?',
            ),
        ),
        ("c,camera,video;video,10.0.0.1", ('network = "video;video"', "the same stands here twice")),
        ("c,camera,video;;police,10.0.0.1", ('network = "video;;police"', "there is nothing between two ;")),
        ("c,camera,video,10.0.0.256", ('address = "10.0.0.256"', IPV4)),
        ("c,camera,video,10.0.0", ('address = "10.0.0"', IPV4)),
        (
            "c,camera,video,10.0.0.01",
            (
                'address = "10.0.0.01"',
                IPV4,
                "leave the leading zeros out: some programs read them as octal",
            ),
        ),
        ("c,camera,video,224.0.0.1", ('address = "224.0.0.1"', "this address belongs to no single host")),
        ("c,camera,video,cam_1.-local", ('address = "cam_1.-local"', ADDRESS)),
        (
            "c,camera,video,10.0.0.1:0",
            ('address = "10.0.0.1:0"', "a port is a whole number from 1 to 65535"),
        ),
        (
            "c,camera,video,rtsp://10.0.0.1/x",
            (
                'address = "rtsp://10.0.0.1/x"',
                ADDRESS,
                "write the host alone, without rtsp:// or a path",
            ),
        ),
        (
            "c,camera,video,rtsp://admin:hunter2@10.0.0.1/x",
            (
                'address = "rtsp://***@10.0.0.1/x"',
                ADDRESS,
                "logins belong into credentials.yaml",
            ),
        ),
        (
            "c,camera,video,10.0.0.1;10.0.0.2",
            ('address = "10.0.0.1;10.0.0.2"', "one address, or one for each network is needed: video"),
        ),
        (
            "c,switch,video,10.0.0.1:80",
            ('address = "10.0.0.1:80"', "has a port, and no probe of this node uses one"),
        ),
    ],
)
def test_a_mistake_in_a_row(folder: Folder, row: str, lines: tuple[str, ...]) -> None:
    head, *rest = lines
    assert folder.nodes(row).complaint() == told((f"nodes.csv:2  {head}", *rest))


@pytest.mark.parametrize(
    ("column", "cell", "lines"),
    [
        (
            "class",
            "4",
            ('class = "4"', "not a class (1, 2, 3, 9)"),
        ),
        (
            "level",
            "twon",
            ('level = "twon"', "not a level (city, county, town, village)", 'did you mean "town"?'),
        ),
        (
            "parent",
            "cam",
            ('parent = "cam"', "parents go round in a circle: cam → cam"),
        ),
        ("commissioned", "23.11.2026", ('commissioned = "23.11.2026"', DATE)),
        ("commissioned", "2026-02-30", ('commissioned = "2026-02-30"', "no such day is in the calendar")),
        ("commissioned", "46349", ('commissioned = "46349"', DATE)),
        ("lon", "110.9", ("lat", "is needed beside lon")),
        (
            "probes",
            "rstp@10s",
            (
                'probes = "rstp@10s"',
                "not a probe of this site (ping, tcp, rtsp, http, mqtt)",
                'did you mean "rtsp"?',
            ),
        ),
        (
            "probes",
            "rtsp@2",
            (
                'probes = "rtsp@2"',
                PROBE,
                "an interval is a number and ms, s, m, h or d",
            ),
        ),
        ("probes", "ping:80", ('probes = "ping:80"', "ping has no port")),
        ("probes", "tcp", ('probes = "tcp"', "a port is needed here or at the address", "such as tcp:8000")),
        ("probes", "ping;ping@1s", ('probes = "ping;ping@1s"', "the same stands here twice")),
    ],
)
def test_a_mistake_in_an_optional_cell(
    folder: Folder, column: str, cell: str, lines: tuple[str, ...]
) -> None:
    head, *rest = lines
    folder.nodes(f"cam,camera,video,10.0.0.1,{cell}", heading=f"id,kind,network,address,{column}")
    assert folder.complaint() == told((f"nodes.csv:2  {head}", *rest))


@pytest.mark.parametrize(
    ("lon", "lat", "lines"),
    [
        ("21.66", "110.92", ('lat = "110.92"', SWAPPED, "swapped?")),
        ("110", "91", ('lat = "91"', "from -90 to 90 degrees are allowed")),
        ("181", "21", ('lon = "181"', "from -180 to 180 degrees are allowed")),
        ("110°", "21", ('lon = "110°"', "decimal degrees are needed, such as 110.9255")),
        ("nan", "21", ('lon = "nan"', "decimal degrees are needed, such as 110.9255")),
    ],
)  # fmt: skip
def test_a_place_must_be_on_the_earth(folder: Folder, lon: str, lat: str, lines: tuple[str, ...]) -> None:
    folder.nodes(f"c,camera,video,10.0.0.1,{lon},{lat}", heading="id,kind,network,address,lon,lat")
    head, *rest = lines
    assert folder.complaint() == told((f"nodes.csv:2  {head}", *rest))


def test_an_id_may_stand_once(folder: Folder) -> None:
    folder.nodes("c,camera,video,10.0.0.1", "d,camera,video,10.0.0.2", "c,camera,video,10.0.0.3")
    assert folder.complaint() == told(('nodes.csv:4  id = "c"', "the same id already stands in line 2"))


def test_a_node_cannot_be_retired_before_it_is_commissioned(folder: Folder) -> None:
    heading = "id,kind,network,address,commissioned,retired"
    folder.nodes("c,camera,video,10.0.0.1,2026-01-02,2026-01-01", heading=heading)
    assert folder.complaint() == told(
        ('nodes.csv:2  retired = "2026-01-01"', "must not be before commissioned, 2026-01-02")
    )


def test_only_cameras_have_a_class(folder: Folder) -> None:
    folder.nodes("s,switch,video,10.0.0.1,1", heading="id,kind,network,address,class")
    assert folder.complaint() == told(
        ('nodes.csv:2  class = "1"', "only cameras are points and have a class", "leave it empty")
    )


def test_parents_must_exist_and_be_seen(folder: Folder) -> None:
    folder.nodes(
        "sw-1,switch,police,10.0.0.1,",
        "c1,camera,video,10.0.0.2,SW_1",
        "c2,camera,video,10.0.0.3,sw-1",
        heading="id,kind,network,address,parent",
    )
    assert folder.complaint() == told(
        ('nodes.csv:3  parent = "SW_1"', "no node has this id", 'did you mean "sw-1"?'),
        (
            'nodes.csv:4  parent = "sw-1"',
            "must be in a network of its child: sw-1 is in police, c2 in video",
        ),
    )


def test_a_parent_whose_own_row_is_wrong_is_not_a_second_mistake(folder: Folder) -> None:
    folder.nodes(
        "sw,swich,video,10.0.0.1,", "c,camera,video,10.0.0.2,sw", heading="id,kind,network,address,parent"
    )
    assert folder.complaint().count("nodes.csv") == 1


def test_the_parents_of_a_row_with_another_mistake_are_checked_too(folder: Folder) -> None:
    folder.nodes(
        "sw,swich,police,10.0.0.1,",
        "c1,camrea,video,10.0.0.2,sw-9",
        "c2,camera,video,10.0.0.0.0,sw",
        "c3,camera,video,10.0.0.4,sw",
        "c3,camera,video,10.0.0.5,sw-8",
        heading="id,kind,network,address,parent",
    )
    complaint = folder.complaint()
    for line, parent, allowed in (
        (3, "sw-9", "no node has this id"),
        (4, "sw", "must be in a network of its child: sw is in police, c2 in video"),
        (5, "sw", "must be in a network of its child: sw is in police, c3 in video"),
        (6, "sw-8", "no node has this id"),
    ):
        assert told((f'nodes.csv:{line}  parent = "{parent}"', allowed)) in complaint
    assert complaint.count("nodes.csv") == 8


def test_a_network_that_could_not_be_read_is_not_held_against_parents(folder: Folder) -> None:
    folder.nodes(
        "sw,switch,vidoe,10.0.0.1,", "c,camera,video,10.0.0.2,sw", heading="id,kind,network,address,parent"
    )
    assert folder.complaint().count("nodes.csv") == 1


def test_a_circle_through_rows_with_other_mistakes_is_named(folder: Folder) -> None:
    folder.nodes(
        "a,swich,video,10.0.0.1,b",
        "b,switch,video,10.0.0.0.0,a",
        heading="id,kind,network,address,parent",
    )
    assert "parents go round in a circle: a → b → a" in folder.complaint()


def test_of_very_many_circles_it_says_that_there_are_more(folder: Folder) -> None:
    rows = [f"n{i},switch,video,10.0.0.1,n{i}" for i in range(101)]
    folder.nodes(*rows, heading="id,kind,network,address,parent")
    assert folder.complaint().startswith(
        told(("nodes.csv  parent", "parents go round in more circles than the 100 that are listed"))
    )
    folder.nodes(*rows[:100], heading="id,kind,network,address,parent")
    assert "more circles" not in folder.complaint()


def test_a_circle_of_parents_is_named(folder: Folder) -> None:
    folder.nodes(
        "a,switch,video,10.0.0.1,b",
        "b,switch,video,10.0.0.2,c",
        "c,switch,video,10.0.0.3,a",
        "d,camera,video,10.0.0.4,a",
        heading="id,kind,network,address,parent",
    )
    assert folder.complaint() == told(
        ('nodes.csv:2  parent = "b"', "parents go round in a circle: a → b → c → a")
    )


def test_a_long_chain_of_parents_is_no_circle(folder: Folder) -> None:
    rows = [f"n{i},switch,video,10.0.0.1,n{i + 1}" for i in range(20_000)]
    folder.nodes(*rows, "n20000,switch,video,10.0.0.1,", heading="id,kind,network,address,parent")
    assert len(folder.load().inventory.nodes) == 20_001


def test_regions_must_exist(folder: Folder) -> None:
    folder.write("regions.csv", "code,name\n440983,信宜市\n440981,高州市\n")
    heading = "id,kind,network,address,region"
    folder.nodes("c1,camera,video,10.0.0.1,高州市", "c2,camera,video,10.0.0.1,440938", heading=heading)
    allowed = "no region in the regions file has this code"
    assert folder.complaint() == told(
        ('nodes.csv:2  region = "高州市"', allowed, 'did you mean "440981"?'),
        ('nodes.csv:3  region = "440938"', allowed, 'did you mean "440983"?'),
    )


def test_without_a_regions_file_any_region_will_do(folder: Folder) -> None:
    folder.nodes("c1,camera,video,10.0.0.1,somewhere", heading="id,kind,network,address,region")
    assert only(folder).region == "somewhere"


def test_a_port_at_the_address_belongs_to_one_probe(folder: Folder) -> None:
    heading = "id,kind,network,address,probes"
    folder.nodes(
        "a,camera,video,10.0.0.1:8554,ping;rtsp;http",
        "b,camera,video,10.0.0.1:8001,tcp:8000",
        heading=heading,
    )
    assert folder.complaint() == told(
        (
            'nodes.csv:2  address = "10.0.0.1:8554"',
            "to which probe does the port belong (rtsp, http)?",
            "write it at the probe: rtsp:8554",
        ),
        (
            'nodes.csv:3  address = "10.0.0.1:8001"',
            "the probe tcp has another port, 8000",
            "write only one of them",
        ),
    )


def test_a_held_connection_must_be_the_only_one(folder: Folder) -> None:
    folder.site("probes:\n  live: {protocol: rtsp, hold: yes}\n")
    folder.nodes("a,camera,video,10.0.0.1,ping;live;http", heading="id,kind,network,address,probes")
    assert folder.complaint() == told(
        (
            'nodes.csv:2  probes = "live"',
            "it holds its connection and must be the only probe that connects, beside it: http",
            "a device gets one connection at a time",
        )
    )
