"""A monitor that is killed in the middle of judging has judged each change exactly once in the end."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from attribution_victim import event

from monitor.ledger import Ledger
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.events import Judged
from monitor.model.observations import State
from monitor.model.outages import Outage, Phase

TOTAL = 400
KILLS = 5


def start(folder: Path) -> subprocess.Popen[str]:
    here = Path(__file__)
    path = os.pathsep.join(str(each) for each in (here.parent, here.parents[2], here.parents[3]))
    return subprocess.Popen(
        [sys.executable, here.with_name("attribution_victim.py"), folder, str(TOTAL)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def test_killed_again_and_again_each_change_is_judged_once_and_each_outage_told_once(tmp_path: Path) -> None:
    seed = time.time_ns()
    print("seed", seed)
    random = Random(seed)
    for _ in range(KILLS):
        victim = start(tmp_path)
        assert victim.stdout is not None
        victim.stdout.readline()
        time.sleep(random.uniform(0, 0.15))
        victim.kill()
        victim.communicate()
    victim = start(tmp_path)
    victim.communicate(timeout=60)
    assert victim.returncode == 0
    asyncio.run(consistent(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}"))


async def consistent(url: str) -> None:
    async with await Ledger.open(url) as ledger:
        told = [row.payload for row in await ledger.judgements(0, 10 * TOTAL)]
        open_now = await ledger.open_outages()
        assert [row.sequence for row in await ledger.judgements(0, 10 * TOTAL)] == list(
            range(1, len(told) + 1)
        )
        assert await ledger.unjudged() == []
    judged = [payload for payload in told if isinstance(payload, Judged)]
    changes = [event(number).payload for number in range(1, TOTAL + 1)]
    assert [(each.node, each.at) for each in judged] == [(each.node, each.at) for each in changes]  # type: ignore[union-attr]
    downs = [(each.node, each.at) for each in judged if each.new is State.DOWN]
    outages = [payload for payload in told if isinstance(payload, Outage)]
    opened = [(each.root, each.at) for each in outages if each.phase is Phase.OPENED]
    closed = [(each.root, each.at) for each in outages if each.phase is Phase.CLOSED]
    assert opened == downs
    assert sorted([*closed, *((each.outage.root, each.outage.at) for each in open_now)]) == sorted(downs)
    assert verify(source_of(url), None).ok
