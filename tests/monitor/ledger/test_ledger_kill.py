"""A monitor that is killed in the middle of appending has each event exactly once afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from ledger_victim import event
from ledgerkit import rows

from monitor.model.events import Change, Sight, Snapshot

TOTAL = 1500
KILLS = 3


def start(tmp_path: Path) -> subprocess.Popen[str]:
    here = Path(__file__)
    path = os.pathsep.join(str(folder) for folder in (here.parent, here.parents[2], here.parents[3]))
    return subprocess.Popen(
        [sys.executable, here.with_name("ledger_victim.py"), tmp_path, str(TOTAL)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def kill_in_the_middle(victim: subprocess.Popen[str], random: Random) -> int:
    """Kill -9 some moments after the first acknowledgement; the last mark that was acknowledged."""
    assert victim.stdout is not None
    said_first = victim.stdout.readline()
    time.sleep(random.uniform(0, 0.08))
    victim.kill()
    rest = victim.stdout.read().splitlines()
    victim.wait()
    return int(rest[-1] if rest else said_first)


def test_killed_again_and_again_every_event_is_there_once(tmp_path: Path) -> None:
    seed = time.time_ns()
    print("seed", seed)
    random = Random(seed)
    for _ in range(KILLS):
        acknowledged = kill_in_the_middle(start(tmp_path), random)
        (kept,) = rows(tmp_path, "SELECT sequence FROM writers")[0]
        assert kept >= acknowledged, "what was acknowledged must be on disk"
        consistent(tmp_path, kept)
    victim = start(tmp_path)
    victim.communicate(timeout=60)
    assert victim.returncode == 0
    consistent(tmp_path, TOTAL)


def consistent(tmp_path: Path, last: int) -> None:
    """The file holds exactly the events 1 to ``last``, in every table, and the position fits."""
    payloads = {number: event(number).payload for number in range(1, last + 1)}
    changes = [number for number, payload in payloads.items() if isinstance(payload, Change)]
    snapshots = [number for number, payload in payloads.items() if isinstance(payload, Snapshot)]
    sights = [number for number, payload in payloads.items() if isinstance(payload, Sight)]
    found = rows(tmp_path, "SELECT sequence FROM changes WHERE origin = 'event' ORDER BY id")
    assert [number for (number,) in found] == changes
    assert rows(tmp_path, "SELECT sequence FROM snapshots ORDER BY id") == [(n,) for n in snapshots]
    assert rows(tmp_path, "SELECT coalesce(sum(probes), 0) FROM sights") == [(5 * len(sights),)]
    assert rows(tmp_path, "SELECT position FROM positions") == [(f"{last}-0",)]
    told = rows(tmp_path, "SELECT sequence, ref FROM judgements ORDER BY sequence")
    ids = rows(tmp_path, "SELECT id, id FROM changes ORDER BY id")
    assert ids == [(n + 1, n + 1) for n in range(len(ids))]
    assert told == ids[: len(told)]
    waiting = rows(tmp_path, "SELECT change_id FROM unjudged ORDER BY 1")
    assert [number for (number,) in waiting] == [number for number, _ in ids[len(told) :]]
    blamed = rows(tmp_path, "SELECT change_id FROM attributions ORDER BY link")
    assert [number for (number,) in blamed] == [ref for _, ref in told]
    (head,) = rows(tmp_path, "SELECT changes, snapshots, judgements FROM head")
    assert head == (len(ids), len(snapshots), len(told))
