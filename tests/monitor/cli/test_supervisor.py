"""``quanshi run``: what dies returns, nothing spins, and the end is in order."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_talk import (
    Running,
    heard,
    is_alive,
    on_terminal,
    plain,
    quanshi,
    running,
    two_cameras,
    unsent,
    wait_until,
)
from small_site import camera, write_site

CHILDREN = {"server", "monitor", "alert", "collect"}


def counts(site: Path) -> dict[str, int]:
    """States of the one network by ``status --json``; empty while nobody answers."""
    answer = quanshi("status", "--json", "--site", site)
    return json.loads(answer.stdout)["networks"]["video"]["states"] if answer.returncode == 0 else {}


@pytest.fixture(scope="module")
def closed_port() -> int:
    """A port of 127.0.0.2 that takes no connections until somebody listens there."""
    with socket.create_server(("127.0.0.2", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, open_port: int, closed_port: int) -> Path:
    return two_cameras(tmp_path_factory.mktemp("site"), open_port, closed_port, language="en")


@pytest.fixture(scope="module")
def city(site: Path) -> Iterator[Running]:
    """A site that runs, with one camera up and one down."""
    with running(site.with_name("run.log"), "--site", site) as found:
        found.wait_for("restored")
        wait_until(lambda: counts(site).get("down") == 1, what="both cameras are judged")
        yield found


@pytest.mark.timeout(180)
def test_status_tells_what_is_down_since_when_and_why(city: Running, site: Path) -> None:
    answer = quanshi("status", "--site", site)

    assert answer.returncode == 0
    assert "✕ 1 down" in answer.stdout
    line = next(line for line in answer.stdout.splitlines() if line.startswith("✕ 河东路口"))
    assert "refused" in line
    assert "video-0of1 sees" in answer.stdout
    assert "\x1b" not in answer.stdout
    assert "\x1b" in on_terminal("status", "--site", site)[1]


def test_status_still_answers_while_the_files_hold_a_mistake(city: Running, site: Path) -> None:
    nodes = site.with_name("nodes.csv")
    whole = nodes.read_text()
    nodes.write_text(whole.replace(",video,", ",vidoe,"))
    try:
        answer = quanshi("status", "--site", site)
        assert answer.returncode == 0
        assert "✕ 1 down" in answer.stdout
        # A collector may say it first, and status is the monitor's.
        city.wait_for("reload refused", who="monitor")
        assert "The files as they are now are not (all) in use" in quanshi("status", "--site", site).stdout
    finally:
        nodes.write_text(whole)
    city.wait_for("reloaded", who="monitor")


def test_status_is_not_misled_by_a_proxy_of_the_environment(city: Running, site: Path) -> None:
    assert quanshi("status", "--site", site, http_proxy="http://127.0.0.1:9").returncode == 0


def test_a_second_run_on_the_same_data_says_so(city: Running, site: Path) -> None:
    status, shown = on_terminal("run", "--site", site)

    assert status == 1
    what, where, advice = plain(shown).splitlines()
    assert what == "quanshi run already runs on this data directory"
    assert f"({city.process.pid})" in where
    assert "stop that one first" in advice
    assert city.process.poll() is None


def test_a_hang_up_makes_every_role_read_its_files_again(city: Running) -> None:
    before = {who: len(city.said("reloaded", who=who)) for who in ("monitor", "collect video 0/1")}
    alert = city.children()["alert"]

    city.process.send_signal(signal.SIGHUP)

    for who, count in before.items():
        city.wait_for("reloaded", count + 1, who=who)
    assert city.children()["alert"] == alert


@pytest.mark.timeout(180)
@pytest.mark.parametrize("role", ["alert", "server", "monitor", "collect"])
def test_who_is_killed_returns_and_what_happens_then_is_known_and_told(
    city: Running, site: Path, closed_port: int, role: str
) -> None:
    pid = city.children()[role]

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: city.children().get(role, pid) != pid, what=f"{role} is back")
    city.wait_for("process died", code=-signal.SIGKILL)
    before = heard(site.parent / "data")
    with socket.create_server(("127.0.0.2", closed_port)):
        wait_until(lambda: counts(site).get("up") == 2, what="the second camera is seen to come")
    wait_until(lambda: counts(site).get("down") == 1, what="and to go")
    wait_until(lambda: heard(site.parent / "data") >= before + 2, what="both are told")


@pytest.mark.timeout(120)
def test_it_stops_within_five_seconds_with_nothing_unsaid(tmp_path: Path, open_port: int) -> None:
    path = two_cameras(tmp_path, open_port)
    with running(tmp_path / "log", "--site", path) as city:
        city.wait_for("restored")
        wait_until(lambda: counts(path).get("down") == 1, what="both are judged")
        children = city.children()
        assert children.keys() == CHILDREN

        assert city.stop() < 5.0

        assert city.process.returncode == 0
        assert not any(map(is_alive, children.values()))
        assert unsent(tmp_path / "data") == 0
        assert not city.said("killed")
        assert not (tmp_path / "data" / "monitor.json").exists()


@pytest.mark.timeout(120)
def test_kill_9_leaves_nobody_and_the_next_start_goes_on(tmp_path: Path, open_port: int) -> None:
    path = two_cameras(tmp_path, open_port)
    with running(tmp_path / "log", "--site", path) as city:
        city.wait_for("restored")
        city.wait_for("looking")
        children = city.children()
        city.process.kill()
        city.process.wait()
        wait_until(lambda: not any(map(is_alive, children.values())), 12, f"{children} are gone")
    with running(tmp_path / "log2", "--site", path) as city:
        city.wait_for("restored")
        wait_until(lambda: counts(path).get("down") == 1, what="it looks again")


@pytest.mark.timeout(240)
def test_a_taken_port_is_told_and_tried_again_ever_more_rarely(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        write_site(tmp_path, [camera("cam-1")], listen=f"127.0.0.1:{port}")
        with running(tmp_path / "log", "--site", tmp_path) as city:
            for death in (1, 2, 3):
                city.wait_for("process died", death, process="monitor")
            pauses = [line["again_in"] for line in city.said("process died", process="monitor")]
            assert pauses[:3] == [0.5, 1.0, 2.0]
            assert city.said("cannot run", who="monitor")[0]["where"].startswith(f"127.0.0.1:{port}: ")
            other.close()
            city.wait_for("pages are up")
