"""``sim``: devices without a monitor, a control to break them, and nothing left at the end."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest
from cli_talk import is_alive, quanshi
from sim_talk import ask, simulated
from small_site import camera, write_site

from monitor.config import load_site


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where temporary files go; its name is short, for a unix socket lies there."""
    return tmp_path_factory.mktemp("t")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_generated_city_is_played_broken_and_gone(temporary: Path, number: signal.Signals) -> None:
    with simulated("--points", 5, temporary=temporary) as (process, ready):
        site = load_site(Path(ready["site"]))
        camera_id = next(node.id for node in site.inventory.nodes.values() if node.point_class == 1)
        place = site.inventory.nodes[camera_id].addresses[0]
        port = site.profiles.probe("rtsp").port
        with socket.create_connection((place.host, port), 5):
            pass
        assert ask(ready["control"], nodes=[camera_id], fault="refuse")["ok"] is True
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((place.host, port), 5)
        assert ask(ready["control"], nodes=[camera_id], fault="melt")["ok"] is False

        process.send_signal(number)

        assert process.wait(20) == 0
        assert not is_alive(ready["pid"])
    assert list(temporary.iterdir()) == []


def test_a_script_is_played_and_the_city_kept_where_it_is_told(tmp_path: Path, temporary: Path) -> None:
    city = tmp_path / "city"
    with simulated("--points", 5, "--dir", city, temporary=temporary):
        pass
    node = next(iter(load_site(city / "site.yaml").inventory.nodes))
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps({"nodes": [node], "fault": "hang", "from": "2026-01-01T00:00:00Z"}) + "\n")
    with simulated("--site", city, "--script", script, temporary=temporary) as (_, ready):
        (fault,) = ask(ready["control"], list=True)["faults"]
    assert (fault["nodes"], fault["active"]) == ([node], True)


def test_a_real_site_is_not_overwritten_by_an_invented_one(tmp_path: Path) -> None:
    path = write_site(tmp_path, [camera("cam-1")])
    before = path.read_text()

    for command in ("sim", "demo"):
        refused = quanshi(command, "--points", 5, "--dir", tmp_path)

        assert refused.returncode == 1
        assert "not overwritten" in refused.stderr
        assert "site.yaml" in refused.stderr
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([camera("cam-1", address="127.0.0.2:1"), camera("cam-2", address="127.0.0.3:2")], "must share one"),
        ([camera("cam-1", address="10.1.2.3")], "only addresses of this machine"),
        ([camera("cam-1", address="cam.invalid")], "only addresses of this machine"),
    ],
)
def test_a_site_that_cannot_be_played_is_told_why(
    tmp_path: Path, nodes: list[dict[str, str]], why: str
) -> None:
    write_site(tmp_path, nodes, language="en")

    refused = quanshi("sim", "--site", tmp_path)

    assert refused.returncode == 1
    what, _, advice = refused.stderr.splitlines()
    assert what == "this site cannot be simulated"
    assert why in advice


@pytest.mark.parametrize("content", ["garbage\n", "", "fault,nodes\nmelt,cam-1\n"])
def test_a_script_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "script.csv").write_text(content)

    refused = quanshi("sim", "--points", 5, "--script", tmp_path / "script.csv")

    assert refused.returncode == 1
    assert refused.stderr.startswith("script.csv")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("arguments", [("--points", 0), ("--dir", "x"), ("--script", "/nowhere")])
def test_wrong_use_of_sim_exits_2(arguments: tuple[object, ...]) -> None:
    assert quanshi("sim", *arguments).returncode == 2


@pytest.mark.parametrize("arguments", [("--points", 0), ("--for", "soon"), ("--language", "fr")])
def test_wrong_use_of_demo_exits_2(arguments: tuple[object, ...]) -> None:
    assert quanshi("demo", *arguments).returncode == 2
