"""The alert role in a process of its own, for a test to kill: ``role_victim.py SITE_YAML REDIS_URL``."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

from alerts import role
from alerts.delivery import Delivery
from alerts.pace import Patience
from monitor.config import load_site


async def main(path: Path, redis_url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    patience = Patience(attempt=0.5, first=0.02, longest=0.1, aside=0.2)
    role.Delivery = partial(Delivery, patience=patience)  # type: ignore[misc, assignment]
    print("ready", flush=True)
    await role.run(load_site(path), redis_url, stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
