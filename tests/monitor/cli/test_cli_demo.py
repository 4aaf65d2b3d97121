"""``demo`` from the command to its answer: everything runs, and what it prints is what it says it prints."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_talk import COMMAND, environment, quanshi

from monitor.commands.demo_verdict import Summary
from monitor.demo.truth import read_truth

WRONGS = ("missed", "invented", "wrong_state", "wrong_cause", "wrong_edge")


@pytest.fixture
def usual_port_taken() -> Iterator[None]:
    """Demos that start side by side must not all choose 8080."""
    with socket.socket() as page:
        with contextlib.suppress(OSError):  # somebody has it already
            page.bind(("127.0.0.1", 8080))
        yield


@pytest.mark.usefixtures("usual_port_taken")
def test_a_short_demo_ends_by_itself_with_a_summary_for_programs(tmp_path: Path) -> None:
    command = [*COMMAND, "demo", "--points", "8", "--for", "20s", "--json", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=environment())

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary.keys() == Summary.__required_keys__
    assert {name: summary[name] for name in WRONGS} == dict.fromkeys(WRONGS, 0), done.stderr
    assert (summary["points"], summary["directory"]) == (8, str(tmp_path))
    assert sum(summary["states"].values()) == summary["watches"] > 50
    assert summary["changes"] >= summary["watches"], "each was found up or down"
    assert summary["booked"] >= len({row.node for row in read_truth(tmp_path / "truth.csv") if not row.root})
    assert "Traceback" not in done.stderr + (tmp_path / "quanshi.log").read_text()


def test_the_help_names_every_key_of_the_summary() -> None:
    words = quanshi("demo", "--help").stdout.split()
    assert set(Summary.__required_keys__) <= set(words)
