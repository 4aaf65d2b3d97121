"""Settings that wait for a restart: who dies meanwhile returns to the others, not to a place of its own."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from cli_talk import quanshi, running, two_cameras, wait_until

NOTE = "site.yaml  data, redis, listen, networks.video.shards, networks.town\n  需要重启"


@pytest.mark.timeout(240)
def test_roles_that_die_while_settings_wait_for_a_restart_stay_together(
    tmp_path: Path, open_port: int
) -> None:
    site = two_cameras(tmp_path, open_port)
    before = site.read_text()
    data = tmp_path / "data"

    def status() -> dict[str, object]:
        """From the data directory that runs: the files speak of another one by now."""
        asked = tmp_path / "asked.yaml"
        asked.write_text(before)
        answer = quanshi("status", "--json", "--site", asked)
        return dict(json.loads(answer.stdout)) if answer.returncode == 0 else {}

    def states() -> dict[str, int]:
        networks: dict[str, dict[str, dict[str, int]]] = status().get("networks", {})  # type: ignore[assignment]
        return networks.get("video", {}).get("states", {})

    with running(tmp_path / "log", "--site", site) as city:
        city.wait_for("restored")
        wait_until(lambda: states().get("down") == 1, what="both cameras are judged")
        changed = json.loads(before)
        changed["networks"]["video"]["shards"] = 2
        changed["networks"]["town"] = {}
        site.write_text(
            json.dumps({**changed, "data": "new", "redis": "redis://127.0.0.1:1", "listen": "127.0.0.1:1"})
        )
        city.wait_for("restart needed")
        assert status()["reload_error"] == NOTE

        for role in ("monitor", "collect"):
            pid = city.children()[role]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: city.children().get(role, pid) != pid, what=f"{role} is back")  # noqa: B023

        city.wait_for("restart needed", 2)
        assert status()["reload_error"] == NOTE
        nodes = site.with_name("nodes.csv")
        another = (
            nodes.read_text().splitlines()[-1].replace("cam-2", "cam-3").replace("127.0.0.2", "127.0.0.3")
        )
        nodes.write_text(nodes.read_text() + another + "\n")
        wait_until(lambda: states().get("down") == 2, what="what can be taken is taken and seen")
        assert {line["code"] for line in city.said("process died")} == {-signal.SIGKILL}
        assert not (tmp_path / "new").exists()
        assert (data / "good" / "current").exists()
