"""``quanshi run`` while its embedded server is slow: nothing else waits for that."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from cli_talk import is_alive, running, two_cameras, wait_until

from monitor.bus.embedded import find_server


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While this file is there, the server does not get further than its first step."""
    return tmp_path / "hold"


@pytest.fixture
def path(tmp_path: Path, hold: Path) -> str:
    """A PATH with the real server behind a script that takes its time."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "valkey-server"
    slowly = f'[ "$1" = --version ] || while [ -e {hold} ]; do sleep 0.05; done'
    script.write_text(f'#!/bin/sh\n{slowly}\nexec {find_server()} "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.timeout(120)
def test_a_stop_is_heeded_while_the_server_starts(
    tmp_path: Path, hold: Path, path: str, open_port: int
) -> None:
    hold.touch()
    with running(tmp_path / "log", "--site", two_cameras(tmp_path, open_port), PATH=path) as city:
        wait_until((tmp_path / "data" / "redis" / "server.log").exists, what="the server is begun")
        time.sleep(0.5)
        server = city.children()["server"]
        assert city.children().keys() == {"server"}

        assert city.stop() < 5.0

        assert city.process.returncode == 0
        assert not is_alive(server)


@pytest.mark.timeout(180)
def test_others_return_while_the_server_is_on_its_way(
    tmp_path: Path, hold: Path, path: str, open_port: int
) -> None:
    with running(tmp_path / "log", "--site", two_cameras(tmp_path, open_port), PATH=path) as city:
        city.wait_for("restored")
        former = city.children()
        hold.touch()
        os.kill(former["server"], signal.SIGKILL)
        wait_until(lambda: city.children().get("server", former["server"]) != former["server"], what="begun")

        os.kill(former["alert"], signal.SIGKILL)

        wait_until(lambda: city.children().get("alert", former["alert"]) != former["alert"], what="back")
        assert not city.said("embedded server answers again")
        assert city.children()["monitor"] == former["monitor"]
        hold.unlink()
        city.wait_for("embedded server answers again")
        assert city.stop() < 5.0


@pytest.mark.timeout(120)
def test_a_server_that_cannot_start_ends_the_run_and_says_why(tmp_path: Path, open_port: int) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "valkey-server"
    script.write_text(f'#!/bin/sh\nexec {find_server()} "$@" --maxmemory lots\n')
    script.chmod(0o755)
    site = two_cameras(tmp_path, open_port)
    with running(tmp_path / "log", "--site", site, PATH=f"{folder}:{os.environ['PATH']}") as city:
        city.wait_for("cannot run", what="the embedded server cannot run")
        wait_until(lambda: city.process.poll() is not None, what="it ends")

    assert city.process.returncode == 1
