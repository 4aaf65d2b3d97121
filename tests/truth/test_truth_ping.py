"""Pings against the truth: in a network namespace an echo is answered by the device, or by nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "monitor.cli", "demo", "--netns", "--points", "60", "--for", "60s", "--json")


@pytest.mark.timeout(240)
def test_a_city_that_can_really_be_pinged_is_told_as_it_was(tmp_path: Path) -> None:
    """Root is needed to make a network; whoever is not root is told so, and CI is root."""
    done = subprocess.run(
        [*COMMAND, "--dir", str(tmp_path)], capture_output=True, text=True, timeout=200, check=False
    )
    if os.geteuid() != 0:
        assert not os.environ.get("CI"), "CI must be able to make a network"
        assert done.returncode == 1
        assert "root" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert "ping@5s" in (tmp_path / "nodes.csv").read_text()
    assert summary["faults"] == summary["long_enough"] >= 3, summary
    wrongs = ("missed", "invented", "wrong_state", "wrong_cause", "wrong_edge")
    assert [summary[name] for name in wrongs] == [0, 0, 0, 0, 0], done.stderr
    assert (summary["unseen_seconds"], summary["turned_unknown"]) == (0, 0), summary
