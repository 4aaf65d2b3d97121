"""Files with a mistake end no running system, whatever dies meanwhile: it goes on with the last good ones."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from cli_talk import Running, quanshi, running, two_cameras, wait_until
from small_site import camera, write_site

GOING_ON = "files hold a mistake, going on with the last good ones"
COLLECTOR = "collect video 0/1"


def status(site: Path) -> dict[str, Any]:
    """As the running monitor tells it; empty while nobody answers."""
    answer = quanshi("status", "--json", "--site", site)
    found: dict[str, Any] = json.loads(answer.stdout) if answer.returncode == 0 else {}
    return found


def counts(site: Path) -> dict[str, int]:
    found: dict[str, int] = status(site).get("networks", {}).get("video", {}).get("states", {})
    return found


def break_nodes(site: Path) -> str:
    """A typo in the list of nodes; what stood there before."""
    nodes = site.with_name("nodes.csv")
    whole = nodes.read_text()
    nodes.write_text(whole.replace(",video,", ",vidoe,"))
    return whole


def kill(city: Running, role: str) -> None:
    pid = city.children()[role]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: city.children().get(role, pid) != pid, what=f"{role} is back")


@pytest.mark.timeout(240)
def test_roles_that_die_while_the_files_hold_a_mistake_return_and_take_the_repair(
    tmp_path: Path, open_port: int
) -> None:
    site = two_cameras(tmp_path, open_port, language="en")
    with running(tmp_path / "log", "--site", site) as city:
        city.wait_for("restored")
        wait_until(lambda: counts(site).get("down") == 1, what="both cameras are judged")
        whole = break_nodes(site)
        for who in ("monitor", COLLECTOR):
            city.wait_for("reload refused", who=who)

        for role in ("monitor", "collect", "alert"):
            kill(city, role)

        for who in ("monitor", COLLECTOR, "alert"):
            city.wait_for(GOING_ON, who=who)
        wait_until(lambda: status(site).get("reload_error"), what="the monitor says so")
        assert "vidoe" in status(site)["reload_error"]
        wait_until(lambda: counts(site).get("down") == 1, what="it looks again")
        assert all(line["process"] != "embedded server" for line in city.said("process died"))
        assert {line["code"] for line in city.said("process died")} == {-signal.SIGKILL}

        another = whole.splitlines()[-1].replace("cam-2", "cam-3").replace("127.0.0.2", "127.0.0.3")
        site.with_name("nodes.csv").write_text(f"{whole}{another}\n")
        wait_until(lambda: counts(site).get("down") == 2, what="the repair is taken")
        assert status(site)["reload_error"] is None


@pytest.mark.timeout(180)
def test_a_start_over_a_mistake_goes_on_where_there_were_good_files(tmp_path: Path, open_port: int) -> None:
    site = two_cameras(tmp_path, open_port, data="facts")
    with running(tmp_path / "1.log", "--site", site) as city:
        city.wait_for("restored")
        city.wait_for("looking")
    site.write_text(site.read_text().replace("{", '{"colour": "red", ', 1))

    with running(tmp_path / "2.log", "--site", site) as city:
        city.wait_for(GOING_ON, who="supervisor")
        city.wait_for("restored")
        city.wait_for("looking")
        assert not (tmp_path / "data").exists()
    with running(tmp_path / "3.log", "alert", "--site", site) as alert:
        alert.wait_for(GOING_ON)
        alert.wait_for("alert role reads")


def test_a_first_start_over_a_mistake_is_refused(tmp_path: Path) -> None:
    site = write_site(tmp_path, [camera("cam-1", "vidoe")])

    for role in ((), ("monitor",)):
        refused = quanshi("run", *role, "--site", site)

        assert refused.returncode == 1
        assert 'network = "vidoe"' in refused.stderr
        assert not (tmp_path / "data").exists()
