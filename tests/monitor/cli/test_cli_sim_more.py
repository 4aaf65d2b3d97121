"""``sim`` with a broker of its own, in a network of its own, and with a script of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest
from cli_talk import quanshi
from servers import free_port
from sim_talk import ask, simulated
from small_site import camera, write_site

from monitor.config import Site, load_site
from monitor.demo.faults import FaultKind, read_script
from monitor.demo.truth import read_truth

ROOT = os.geteuid() == 0


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where temporary files go; its name is short, for a unix socket lies there."""
    return tmp_path_factory.mktemp("t")


def beating(site: Site) -> str:
    """A node that tells its own heartbeat."""
    return next(
        node.id for node in site.inventory.nodes.values() if any(p.protocol == "mqtt" for p in node.probes)
    )


async def next_topic(url: str, pattern: str) -> str:
    """The topic of the next message that a broker publishes."""
    place = urlsplit(url)
    async with asyncio.timeout(15), aiomqtt.Client(place.hostname or "", place.port or 0) as client:
        await client.subscribe(pattern)
        return str((await anext(aiter(client.messages))).topic)


async def will_of(node: str, ready: dict[str, str]) -> str:
    """The topic on which the node's last will comes when it dies."""
    listener = asyncio.create_task(next_topic(ready["broker"], f"quanshi/{node}/will"))
    await asyncio.sleep(1)
    reply = await asyncio.to_thread(ask, ready["control"], nodes=[node], fault="will")
    assert reply["ok"] is True, reply
    return await listener


async def test_with_a_broker_hearts_beat_fall_silent_and_leave_a_will(temporary: Path) -> None:
    with simulated("--points", 5, "--broker", temporary=temporary) as (_, ready):
        site = load_site(Path(ready["site"]))
        assert site.mqtt is not None
        assert site.mqtt.url == ready["broker"]
        node = beating(site)
        assert await next_topic(ready["broker"], site.mqtt.topic) == f"quanshi/{node}/heartbeat"
        assert ask(ready["control"], nodes=[node], fault="silent")["ok"] is True
        assert ask(ready["control"], clear=[node])["cleared"] == 1
        assert await will_of(node, ready) == f"quanshi/{node}/will"


def test_without_one_it_says_why_nothing_can_fall_silent(temporary: Path) -> None:
    with simulated("--points", 5, temporary=temporary) as (_, ready):
        assert ready["broker"] is None
        node = next(iter(load_site(Path(ready["site"])).inventory.nodes))
        assert "no MQTT heartbeat" in ask(ready["control"], nodes=[node], fault="will")["error"]


def heartbeat_site(folder: Path, url: str, **mqtt: str) -> Path:
    node = camera("cam-1", address=f"127.3.2.1:{free_port()}", probes="tcp@5s;mqtt@1s")
    return write_site(folder, [node], mqtt={"url": url, **mqtt}, language="en")


async def test_a_site_with_a_broker_on_this_machine_gets_it_there(tmp_path: Path, temporary: Path) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    path = heartbeat_site(tmp_path, url, id="id", topic="cams/alive", will_topic="cams/dead")
    with simulated("--site", path, "--broker", temporary=temporary) as (_, ready):
        assert ready["broker"] == url
        assert await next_topic(url, "cams/+") == "cams/alive"


async def test_its_devices_beat_at_a_broker_that_runs_already(tmp_path: Path, temporary: Path) -> None:
    url = f"mqtt://localhost:{free_port()}"
    path = heartbeat_site(tmp_path, url)
    with (
        simulated("--site", path, "--broker", temporary=temporary),
        simulated("--points", 1, temporary=temporary),
        simulated("--site", heartbeat_site_elsewhere(tmp_path, url), temporary=temporary) as (_, ready),
    ):
        assert ready["broker"] == url.replace("localhost", "127.0.0.1")
        assert await next_topic(ready["broker"], "quanshi/cam-2/+") == "quanshi/cam-2/heartbeat"


def heartbeat_site_elsewhere(folder: Path, url: str) -> Path:
    (folder / "other").mkdir()
    node = camera("cam-2", address=f"127.3.2.2:{free_port()}", probes="tcp@5s;mqtt@1s")
    return write_site(folder / "other", [node], mqtt={"url": url})


@pytest.mark.parametrize(
    ("url", "more", "why"),
    [
        ("mqtt://10.0.0.1:1883", {}, "on this machine only"),
        ("mqtts://127.0.0.1:8883", {}, "on this machine only"),
        ("mqtt://127.0.0.1:1883", {"id": "serial"}, "mqtt.id"),
        ("mqtt://127.0.0.1:1883", {"id": "id", "topic": "cams/#"}, "no #"),
    ],
)
def test_a_broker_that_cannot_be_played_is_told_why(
    tmp_path: Path, url: str, more: dict[str, str], why: str
) -> None:
    refused = quanshi("sim", "--broker", "--site", heartbeat_site(tmp_path, url, **more))

    assert refused.returncode == 1
    what, where, advice = refused.stderr.splitlines()
    assert what == "this site cannot be simulated"
    assert url in where
    assert why in advice


def test_a_site_that_hears_no_broker_needs_none(tmp_path: Path) -> None:
    path = write_site(tmp_path, [camera("cam-1")], language="en")

    refused = quanshi("sim", "--broker", "--site", path)

    assert refused.returncode == 1
    assert "the site has no mqtt settings" in refused.stderr


def test_a_seed_plays_a_script_and_leaves_it_with_the_truth(tmp_path: Path, temporary: Path) -> None:
    city = tmp_path / "city"
    arguments = ("--points", 30, "--seed", 4, "--for", "4s", "--broker", "--dir", city)
    with simulated(*arguments, temporary=temporary) as (process, ready):
        booked = [fault["fault"] for fault in ask(ready["control"], list=True)["faults"]]
        assert process.wait(30) == 0, "it ends by itself"

    script = read_script(Path(ready["script"]))
    assert Path(ready["script"]).parent == city
    assert sorted(booked) == sorted(fault.kind for fault in script)
    assert "will" in booked
    happened = {(row.node, row.fault) for row in read_truth(Path(ready["truth"]))}
    assert happened == {(node, fault.kind) for fault in script for node in fault.nodes}


def test_a_script_that_nobody_gave_a_folder_is_kept_all_the_same(temporary: Path) -> None:
    arguments = ("--points", 5, "--seed", 4, "--for", "1s")
    with simulated(*arguments, temporary=temporary) as (process, ready):
        assert process.wait(30) == 0

    assert read_script(Path(ready["script"]))
    read_truth(Path(ready["truth"]))


def test_a_site_of_ones_own_can_have_a_script_of_a_seed(tmp_path: Path, temporary: Path) -> None:
    port = free_port()
    nodes = [camera(f"cam-{n}", address=f"127.3.3.{n}:{port}") for n in range(1, 9)]
    path = write_site(tmp_path, nodes)
    arguments = ("--site", path, "--seed", 4, "--for", "1s", "--dir", tmp_path / "played")
    with simulated(*arguments, temporary=temporary) as (process, ready):
        assert process.wait(30) == 0

    (fault, *_) = read_script(Path(ready["script"]))
    assert set(fault.nodes) <= {node["id"] for node in nodes}
    assert path.read_text(), "and the site is as it was"


def test_in_a_network_of_its_own_devices_are_reached_by_the_way_in(tmp_path: Path, temporary: Path) -> None:
    """Root is needed to make one; whoever is not root is told so."""
    if not ROOT:
        assert "needs Linux and root" in quanshi("sim", "--points", 5, "--netns").stderr
        return
    arguments = ("--points", 5, "--netns", "--broker", "--dir", tmp_path)
    with simulated(*arguments, temporary=temporary) as (_, ready):
        assert reaches(ready, ready["enter"].split())
    with simulated("--site", tmp_path, "--netns", "--broker", temporary=temporary) as (_, again):
        assert reaches(again, again["enter"].split())
        assert again["broker"] == ready["broker"]


def reaches(ready: dict[str, str], way_in: list[str]) -> bool:
    """Whether a program that is started by this command finds a device and the broker."""
    site = load_site(Path(ready["site"]))
    device = next(iter(site.inventory.nodes.values())).addresses[0].host
    broker = urlsplit(ready["broker"])
    code = (
        "import socket, sys\n"
        "for place in zip(sys.argv[1::2], map(int, sys.argv[2::2])): socket.create_connection(place, 1)"
    )
    places = [device, str(site.profiles.probe("tcp").port), str(broker.hostname), str(broker.port)]
    done = subprocess.run([*way_in, sys.executable, "-c", code, *places], capture_output=True)
    return done.returncode == 0


def test_a_site_on_loopback_is_not_played_in_a_network_of_its_own(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")], language="en")

    refused = quanshi("sim", "--site", tmp_path, "--netns")

    assert refused.returncode == 1
    assert ("only addresses of 10.0.0.0/8" if ROOT else "needs Linux and root") in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--seed", 1),
        ("--for", "soon"),
        ("--seed", 1, "--for", "5s", "--script", __file__),
        ("--delay", "60ms"),
        ("--loss", 5),
        ("--wildcard", "--netns"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments[:3])),
)
def test_options_that_make_no_sense_together_are_wrong_use(arguments: tuple[object, ...]) -> None:
    refused = quanshi("sim", "--points", 5, *arguments)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_the_help_names_every_fault() -> None:
    shown = quanshi("sim", "--help").stdout
    words = shown.partition("faults:")[2].replace(",", " ").split()
    assert set(FaultKind) <= set(words)
