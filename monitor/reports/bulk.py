"""Measures thousands of watches at once, by columns: what ``Measuring`` does one by one, to the millisecond.

Only watches that share a frame and have nothing peculiar: no correction, one stay, nothing said before they
were in service. All others, a few usually, are measured one by one. Needs the extra ``big`` (polars).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from monitor.ledger.columns import CAUSES, STATES
from monitor.model.faults import Fault
from monitor.model.observations import Cause, State
from monitor.model.reading import CODES, DOWN, FLAPS, UNKNOWN
from monitor.model.spans import Measure, Span
from monitor.model.tally import DOUBTS, SHARES, Changes, Doubt, Tally
from monitor.model.timeline import Frame
from monitor.reports.document import Repairs
from monitor.reports.inspected import Inspector

LEAST: Final = 3_600_000
MOST: Final = 10_000
"""Of one batch the longest so many faults are named: a report names no more in all, and no shorter ones."""

_FLAPPING: Final = CAUSES.index(Cause.FLAPPING)
_DEGRADED: Final = STATES.index(State.DEGRADED)
_KINDS: Final = len(CODES)
_FIELDS: Final = [f"field_{place}" for place in range(len(SHARES))]


@dataclass(frozen=True, slots=True)
class Shared:
    """What the watches of a batch have in common. ``spans``: those of their stay."""

    frame: Frame
    tally: Tally
    inspector: Inspector
    cuts: Sequence[int]
    moments: Sequence[int]
    spans: Sequence[Span]
    stopped: Measure


@dataclass(frozen=True, slots=True)
class Found:
    """What one watch of a batch came to. ``faults``: some of the longest, if any."""

    fields: Sequence[int]
    unknown: int
    down: int
    repairs: Repairs
    changes: int
    flapping: int
    faults: Sequence[Fault]


def is_plain(table: pl.DataFrame) -> pl.Series:
    """For each row whether it can be measured in bulk: what flaps is degraded, and nothing else."""
    return (table["cause"] != _FLAPPING) | (table["state"] == _DEGRADED)


def measure(table: pl.DataFrame, limits: Sequence[int | None], shared: Shared) -> list[Found]:
    """Measure watches and add them to what they share.

    ``table``: their steps, in order of ``watch``, their place in ``limits``, and of time; each has some.
    """
    return _Batch(table, limits, shared).found()


class _Batch:
    def __init__(self, table: pl.DataFrame, limits: Sequence[int | None], shared: Shared) -> None:
        self._shared = shared
        self._count = len(limits)
        self._limits = pl.Series("limit", limits, pl.Int64)
        self._rows = _read(table, shared)

    def found(self) -> list[Found]:
        changes = self._changes()
        self._gather(changes)
        fields = self._fields(changes)
        unknown, down = self._inspect()
        counts = self._counts()
        faults = self._faults()
        repairs = self._repairs(faults)
        named = self._named(faults)
        columns = zip(fields, unknown, down, repairs, *counts, strict=True)
        return [
            Found(fields, unknown, down, repairs, changes, flapping, named.get(watch, ()))
            for watch, (fields, unknown, down, repairs, changes, flapping) in enumerate(columns)
        ]

    def _changes(self) -> pl.DataFrame:
        """Every change in the window; and that it ends, as one into nothing known."""
        end, rows = self._shared.frame.end, self._rows
        wanted = ("watch", "kind", "at", "seen", "proof", "sure")
        turns = rows.filter(pl.col("at") > self._shared.frame.start).select(wanted)
        whole = self._shared.frame.seen.total
        ends = rows.filter("last").select(
            "watch",
            kind=(pl.col("code") * _KINDS + UNKNOWN),
            at=pl.lit(end, pl.Int64),
            seen=pl.lit(whole, pl.Int64),
            proof=pl.lit(end, pl.Int64),
            sure=pl.lit(whole, pl.Int64),
        )
        found = pl.concat([turns, ends])
        return found.with_columns(doubt=(pl.col("seen") - pl.col("sure")).clip(lower_bound=0))

    def _gather(self, changes: pl.DataFrame) -> None:
        """Add the changes to the days that they lie in."""
        edges = pl.Series([self._shared.frame.start, *self._shared.cuts], dtype=pl.Int64)
        piece = pl.Series(self._shared.cuts, dtype=pl.Int64).search_sorted(changes["at"], "right")
        changes = changes.with_columns(piece=piece, back=changes["proof"] < edges.gather(piece))
        here = pl.when("back").then(0).otherwise("doubt").sum()
        sums = changes.group_by("kind", "piece").agg(pl.len(), pl.col("seen").sum(), here)
        stretched = changes.filter(pl.col("back") & (pl.col("doubt") > 0))
        self._shared.tally.add_many(
            self._count,
            map(Changes._make, sums.iter_rows()),
            map(Doubt._make, stretched.select("kind", "piece", "proof", "sure", "seen").iter_rows()),
        )

    def _fields(self, changes: pl.DataFrame) -> Iterator[Sequence[int]]:
        """What the time of each watch adds up to."""
        sums = changes.group_by("watch", "kind").agg(pl.col("seen").sum(), pl.col("doubt").sum())
        kinds = sums["kind"]
        counted = [
            pl.col("seen") * pl.Series(share, dtype=pl.Int64).gather(kinds)
            + pl.col("doubt") * pl.Series(doubt, dtype=pl.Int64).gather(kinds)
            for share, doubt in zip(SHARES, DOUBTS, strict=True)
        ]
        named = sums.select("watch", **dict(zip(_FIELDS, counted, strict=True)))
        return self._of_each(named.group_by("watch").agg(pl.all().sum())).iter_rows()

    def _inspect(self) -> tuple[Sequence[int], Sequence[int]]:
        """At how many inspections nobody knew of each watch, and at how many it was down."""
        moments = pl.Series(self._shared.moments, dtype=pl.Int64)
        rows = self._rows.select(
            "watch", "code", "before", "first", "last", place=moments.search_sorted(self._rows["at"], "left")
        )
        began = pl.when("first").then(0).otherwise(pl.col("place").shift(1))
        runs = pl.concat(
            [
                rows.select("watch", code="before", begin=began, end="place"),
                rows.filter("last").select(
                    "watch", "code", begin="place", end=pl.lit(len(moments), rows["place"].dtype)
                ),
            ]
        ).filter((pl.col("code").is_in((UNKNOWN, DOWN, FLAPS))) & (pl.col("begin") < pl.col("end")))
        seen = pl.Series(self._shared.inspector.seen_before, dtype=pl.Int64)
        runs = runs.with_columns(missed=seen.gather(runs["end"]) - seen.gather(runs["begin"]))
        self._shared.inspector.add_many(
            self._count, runs.group_by("code", "begin", "end").agg(pl.len()).iter_rows()
        )
        is_down = pl.col("code") == DOWN
        sums = runs.group_by("watch").agg(
            unknown=pl.col("missed").filter(~is_down).sum(), down=pl.col("missed").filter(is_down).sum()
        )
        each = self._of_each(sums)
        return each["unknown"].to_list(), each["down"].to_list()

    def _counts(self) -> tuple[Sequence[int], Sequence[int]]:
        """How many changes of each watch lie in its stay, and how many of them are into flapping."""
        within = pl.any_horizontal(
            pl.lit(False), *(pl.col("at").is_between(*span, closed="left") for span in self._shared.spans)
        )
        sums = (
            self._rows.filter(within)
            .group_by("watch")
            .agg(changes=pl.len(), flapping=(pl.col("code") == FLAPS).sum())
        )
        each = self._of_each(sums)
        return each["changes"].to_list(), each["flapping"].to_list()

    def _of_each(self, sums: pl.DataFrame) -> pl.DataFrame:
        """The sums of all watches in order, without their places; zero where there are none."""
        every = pl.DataFrame({"watch": pl.Series(range(self._count), dtype=pl.UInt32)})
        return every.join(sums, on="watch", how="left", maintain_order="left").fill_null(0).drop("watch")

    def _faults(self) -> pl.DataFrame:
        """The faults of all watches: a run of steps that are no answers, from the first that says down."""
        frame = self._shared.frame
        over = frame.counted.spans[-1][1]
        rows = self._rows.filter(pl.col("at") < over)
        rows = rows.with_columns(
            answer=pl.col("code") > DOWN,
            down=pl.col("code") == DOWN,
            last=pl.col("watch").ne_missing(pl.col("watch").shift(-1)),
        )
        until = pl.when("last").then(frame.seen.total).otherwise(pl.col("seen").shift(-1))
        rows = rows.with_row_index("row").with_columns(
            # So many steps down, and so much of it seen, up to and with each row.
            downs=pl.col("down").cast(pl.Int64).cum_sum(),
            spent=pl.when("down").then(until - pl.col("seen")).otherwise(0).cum_sum(),
            stop=pl.when(pl.col("answer") | pl.col("last")).then("row").backward_fill(),
        )
        begins = pl.when(pl.col("answer") | pl.col("first")).then(
            pl.col("downs") - pl.col("down").cast(pl.Int64)
        )
        rows = rows.with_columns(
            begun=pl.col("down") & (pl.col("downs") - begins.forward_fill() == 1), own=until - pl.col("seen")
        )
        found = rows.filter("begun")
        ends = rows.select("answer", "spent", end="at", end_proof="proof")[found["stop"]]
        answered = ends["answer"]
        found = found.select(
            "watch",
            "cause",
            "own",
            start="at",
            not_before="proof",
            sofar="spent",
        ).with_columns(ends.select("spent", "end", "end_proof"))
        found = found.with_columns(
            end=pl.when(answered).then("end"), end_proof=pl.when(answered).then("end_proof")
        ).filter(pl.col("end").is_null() | (pl.col("end") > frame.start))
        found = found.with_columns(
            over=pl.col("end").fill_null(over), down=pl.col("spent") - pl.col("sofar") + pl.col("own")
        )
        stated = _within(frame.stated, found["start"], found["over"])
        found = found.filter((found["down"] > 0) | (stated > 0))
        stopped = _within(self._shared.stopped, found["start"], found["over"])
        found = found.with_columns(lasted=pl.col("over") - pl.col("start"))
        return found.with_columns(repair=found["lasted"] - stopped)

    def _repairs(self, faults: pl.DataFrame) -> Iterator[Repairs]:
        faults = faults.with_columns(limit=self._limits.gather(faults["watch"]))
        closed, repair = pl.col("end").is_not_null(), pl.col("repair")
        limited = pl.col("limit").is_not_null()
        sums = faults.group_by("watch").agg(
            faults=pl.len(),
            closed=closed.sum(),
            limited=(closed & limited).sum(),
            within=(closed & (repair <= pl.col("limit"))).sum(),
            late=(~closed & (repair > pl.col("limit"))).sum(),
            took=repair.filter(closed).sum(),
            longest=repair.max(),
        )
        for row in self._of_each(sums).iter_rows():
            yield Repairs(*row)

    def _named(self, faults: pl.DataFrame) -> Mapping[int, list[Fault]]:
        """The longest faults, in order; where several are as long as the last of them, these all."""
        long = faults.filter(pl.col("lasted") >= LEAST)
        if long.height > MOST:
            least = long["lasted"].top_k(MOST).min()
            long = long.filter(pl.col("lasted") >= least)
        wanted = ("start", "not_before", "end", "end_proof", "cause", "lasted", "down", "repair")
        found: defaultdict[int, list[Fault]] = defaultdict(list)
        for watch, *row in long.select("watch", *wanted).iter_rows():
            row[4] = CAUSES[row[4]]
            found[watch].append(Fault(*row))
        return found


def _read(table: pl.DataFrame, shared: Shared) -> pl.DataFrame:
    """The steps as ``Reading`` has them: those before the window, those in it and the first behind it."""
    frame = shared.frame
    first = pl.col("watch").ne_missing(pl.col("watch").shift(1))
    rows = table.with_columns(
        first=first,
        former=pl.when(~first).then(pl.col("at").shift(1)),
        code=pl.when(pl.col("cause") == _FLAPPING).then(FLAPS).otherwise("state").cast(pl.UInt32),
    )
    rows = rows.filter(pl.col("former").is_null() | (pl.col("former") < frame.end))
    proof, former, at = pl.col("not_before"), pl.col("former"), pl.col("at")
    rows = rows.with_columns(
        last=pl.col("watch").ne_missing(pl.col("watch").shift(-1)),
        before=pl.when("first").then(UNKNOWN).otherwise(pl.col("code").shift(1)).cast(pl.UInt32),
        proof=pl.when(former.is_not_null() & (proof.is_null() | (proof < former)))
        .then(former)
        .when(proof.is_null() | (proof > at))
        .then(at)
        .otherwise(proof),
    )
    return rows.with_columns(
        kind=pl.col("before") * _KINDS + pl.col("code"),
        seen=_until(frame.seen, rows["at"]),
        sure=_until(frame.seen, rows["proof"]),
    )


def _until(measure: Measure, moments: pl.Series) -> pl.Series:
    """``Measure.until`` of many moments."""
    edges, sums = measure.steps
    places = pl.Series(edges, dtype=pl.Int64).search_sorted(moments, "right")
    return pl.Series(sums, dtype=pl.Int64).gather(places) + moments * (places % 2).cast(pl.Int64)


def _within(measure: Measure, starts: pl.Series, ends: pl.Series) -> pl.Series:
    """``Measure.within`` of many spans."""
    return _until(measure, ends) - _until(measure, starts)
