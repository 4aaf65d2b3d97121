"""Our engine and pinger alone, in a process of their own: ``looker.py rtsp|hold|ping …``

Does what prober.c does, to the same devices, and prints the same line of JSON; so both pay for themselves
only. Spread over time, probes start in ticks from the schedule, as in a collector.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import time
from collections.abc import Callable, Iterable

from addresses import FIRST, hosts

from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.limits import raise_descriptors
from collectors.engine.schedule import TICK, Schedule, ticks
from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Target
from monitor.model.nodes import ProbeSpec
from monitor.model.observations import Cause, Verdict

AnySlot = Slot | PingSlot


class Look:
    """One sweep over all slots: all at once, or spread over ``spread`` seconds."""

    def __init__(self, ask: argparse.Namespace) -> None:
        self.ask = ask
        self.loop = asyncio.get_running_loop()
        self.engine = Engine(self.answered, lambda slot: None, limit=ask.limit)
        self.pinger = Pinger(self.answered)
        self.engine.attach(self.loop)
        self.pinger.attach(self.loop)
        self.good = self.finished = 0
        self.last_good = 0.0
        self.done = asyncio.Event()

    def answered(self, slot: AnySlot, verdict: Verdict, started: float, finished: float) -> None:
        self.finished += 1
        if verdict.cause is Cause.OK:
            self.good += 1
            self.last_good = finished
        if self.finished == self.ask.count:
            self.done.set()

    async def sweep(self, slots: list[AnySlot]) -> dict[str, float]:
        """The line that prober.c prints, with the moment of the last good answer."""
        self.good = self.finished = 0
        self.done.clear()
        schedule = planned(slots, self.ask.spread)
        begin, cpu = time.monotonic(), time.process_time()
        ticker = self.loop.create_task(self.tick(schedule, begin))
        if not self.ask.spread:
            self.start(slots)
        await self.done.wait()
        ticker.cancel()
        now = time.monotonic()
        return {
            "probes": len(slots),
            "ok": self.good,
            "cpu": round(time.process_time() - cpu, 6),
            "wall": round(now - begin, 3),
            "last_ok": round(self.last_good - begin, 3),
        }

    async def tick(self, schedule: Schedule[AnySlot], begin: float) -> None:
        length, tick = ticks(self.ask.spread or TICK), 0
        while True:
            if self.ask.spread and tick < length:
                self.start(schedule.due(tick))
            self.engine.expire(time.monotonic())
            self.pinger.expire(time.monotonic())
            tick += 1
            await asyncio.sleep(begin + tick * TICK - time.monotonic())

    def start(self, slots: Iterable[AnySlot]) -> None:
        for slot in slots:
            if isinstance(slot, PingSlot):
                self.pinger.start(slot, self.ask.timeout)
            else:
                self.engine.start(slot, self.ask.timeout)


def planned(slots: list[AnySlot], spread: float) -> Schedule[AnySlot]:
    schedule: Schedule[AnySlot] = Schedule()
    for number, slot in enumerate(slots if spread else ()):
        schedule.add(slot, spread, f"camera-{number}/rtsp")
    return schedule


def rtsp_slots(ask: argparse.Namespace, hold: bool) -> list[AnySlot]:
    """The first ``hung`` devices never answer."""
    spec = ProbeSpec("rtsp", "rtsp", ask.spread or 10.0, ask.timeout, hold=hold)
    ports = [ask.hung_port] * ask.hung + [ask.port] * (ask.count - ask.hung)
    make: Callable[[Target], object] = PROTOCOLS["rtsp"].make
    return [
        Slot(make(Target(host, port, spec)), socket.AF_INET, (host, port), hold=hold)
        for host, port in zip(hosts(ask.first, ask.count), ports, strict=True)
    ]


async def look(ask: argparse.Namespace) -> dict[str, float]:
    if ask.how == "ping":
        slots: list[AnySlot] = [PingSlot(socket.AF_INET, host) for host in hosts(ask.first, ask.count)]
    else:
        slots = rtsp_slots(ask, hold=ask.how == "hold")
    gc.collect()
    gc.freeze()  # as the role does after its start
    looking = Look(ask)
    if ask.how == "hold":
        await looking.sweep(slots)  # opens the connections; what counts is asking again on them
    return await looking.sweep(slots)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=("rtsp", "hold", "ping"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--first", default=FIRST)
    parser.add_argument("--count", type=int, default=3352)
    parser.add_argument("--spread", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--timeout", type=float, default=5.0)
    parser.add_argument("--hung", type=int, default=0)
    parser.add_argument("--hung-port", type=int, default=0)
    raise_descriptors()
    print(json.dumps(asyncio.run(look(parser.parse_args()))))


if __name__ == "__main__":
    main()
