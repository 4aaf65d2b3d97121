"""How long each probe took in the last hour: samples of the arrays that collectors put beside the streams.

No device is asked for them: they are read as they lie in Redis, and kept in memory alone, within a budget of
bytes. A larger city has fewer samples in its hour, never more memory.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from monitor.live.board import Board
from monitor.live.durations import Durations
from monitor.live.probetimes import ProbeTimes, Shard
from monitor.live.states import Footing, Live

SPAN: Final = 3_600_000
"""Milliseconds that are remembered."""

LEAST_STEP: Final = 10_000
"""Milliseconds: collectors write their arrays as often, so more samples would say nothing new."""

BUDGET: Final = 16 * 1024 * 1024
"""Bytes that the arrays of all samples take together, at the most."""


@dataclass(frozen=True, slots=True)
class Table:
    """The array of one shard. ``mark`` stands for its nodes: of others, the same places mean others."""

    mark: bytes
    durations: Durations


@dataclass(frozen=True, slots=True)
class Sample:
    """What was known at one moment (milliseconds). ``size``: bytes of all arrays."""

    at: int
    tables: Mapping[Shard, Table]
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """One probe as one network sees it: seconds for each moment; None: not asked, or no answer."""

    network: str
    probe: str
    seconds: list[float | None]


class LastHour:
    """Samples of all watches, the oldest first. ``run`` it while the live picture is kept."""

    def __init__(self, live: Live, times: ProbeTimes, budget: int = BUDGET) -> None:
        self._live = live
        self._times = times
        self._budget = budget
        self._samples: deque[Sample] = deque()
        self._size = 0
        self._board: Board | None = None
        self._marks: dict[Shard, bytes] = {}
        self.step = LEAST_STEP
        """Milliseconds from one sample to the next."""

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await self.sample()
            await asyncio.sleep(self.step / 1000)

    async def sample(self) -> None:
        """Keep what is known now, and let go of what is too old or too much."""
        now = self._live.clock()
        await self._times.fetch(self._live, now)
        heard = self._heard_shards()
        tables = {
            shard: Table(self._mark(shard), durations)
            for shard, durations in self._times.durations(self._live)
            if shard in heard
        }
        size = sum(table.durations.values.itemsize * len(table.durations.values) for table in tables.values())
        if size:
            self.step = math.ceil(SPAN / max(1, min(SPAN // LEAST_STEP, self._budget // size)))
        if self._samples and self._samples[-1].at >= now:
            self._samples.clear()  # the clock was set back: nobody knows when those moments were
            self._size = 0
        self._samples.append(Sample(now, tables, size))
        self._size += size
        while self._samples and (self._samples[0].at <= now - SPAN or self._size > self._budget):
            self._size -= self._samples.popleft().size

    def _heard_shards(self) -> set[Shard]:
        """Of a collector that fell silent, Redis holds the last words for a minute: they are no news."""
        return {
            (each.sight.network, *each.shard)
            for each in self._live.observers.values()
            if each.footing is not Footing.SILENT
        }

    def _mark(self, shard: Shard) -> bytes:
        """Of the nodes that the shard has now."""
        board = self._live.board
        if board is not self._board:
            self._board, self._marks = board, {}
        mark = self._marks.get(shard)
        if mark is None:
            names = "\n".join(board.watches[row].node.id for row in board.rows_of_shard(*shard))
            mark = self._marks[shard] = blake2b(names.encode(), digest_size=16).digest()
        return mark

    def of(self, node: str) -> tuple[list[int], list[Line]]:
        """The moments (milliseconds), and a line for each probe of the node in each of its networks.

        Where nobody took a sample in time, a moment without any value stands for that.
        """
        samples = list(self._unbroken())
        return [sample.at for sample in samples], list(self._lines(node, samples))

    def _unbroken(self) -> Iterator[Sample]:
        last = None
        for sample in self._samples:
            if last is not None and sample.at - last > 2 * self.step:
                yield Sample(last + self.step, {}, 0)
            yield sample
            last = sample.at

    def _lines(self, node: str, samples: list[Sample]) -> Iterator[Line]:
        board = self._live.board
        for network in self._live.site.networks:
            row = board.row(node, network)
            if row is None:
                continue
            rows = [self._row(sample, network, row) for sample in samples]
            for probe in board.watches[row].probes:
                yield Line(network, probe.name, [each.get(probe.name) for each in rows])

    def _row(self, sample: Sample, network: str, row: int) -> dict[str, float]:
        """What a sample says of a row of the board, by probe; nothing of what took no time to be known."""
        for shard, table in sample.tables.items():
            if shard[0] != network or table.mark != self._mark(shard):
                continue
            rows, durations = self._live.board.rows_of_shard(*shard), table.durations
            place = bisect_left(rows, row)
            if place < len(rows) and rows[place] == row:
                start = place * len(durations.probes)
                values = durations.values[start : start + len(durations.probes)]
                pairs = zip(durations.probes, values, strict=True)
                return {probe: value for probe, value in pairs if 0 <= value < math.inf}
        return {}
