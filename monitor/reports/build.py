"""From facts to a report: pure, and the same for the same facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from monitor.config.atlas import Atlas
from monitor.model.decisions import Correction
from monitor.model.spans import Measure
from monitor.reports.cover import Cover
from monitor.reports.document import (
    BY_NODE,
    TABLES,
    Budget,
    Day,
    ExclusionRow,
    Figures,
    Inspection,
    InventoryUse,
    NodeRow,
    OutageRow,
    Report,
    UnseenRow,
    WatchKey,
)
from monitor.reports.exclusions import Left, left_out
from monitor.reports.facts import Facts
from monitor.reports.figures import Sum, budget
from monitor.reports.grouping import Tables
from monitor.reports.measure import Measuring, Piece
from monitor.reports.outages import HOUR, Outages
from monitor.reports.scope import CLASS_1, Filter, Pairs
from monitor.reports.stays import Stay, stays_of

LONG: Final = 72 * HOUR
VERY_LONG: Final = 30 * 24 * HOUR
MOST: Final = 20

Progress = Callable[[float], None]
"""Called now and then with the share of the work that is done."""


@dataclass(frozen=True, slots=True)
class Question:
    """``by``: one of the tables, or ``node``. ``scope`` None: class-1 camera points if there were any.

    ``usual``: within the scope too. Else it is taken as it stands, as that of a report that was made.
    """

    by: str = "county"
    scope: Pairs | None = None
    usual: bool = False

    def __post_init__(self) -> None:
        if self.by not in (*TABLES, BY_NODE):
            raise ValueError(f"no table by {self.by}")


def report(facts: Facts, question: Question, progress: Progress | None = None) -> Report:
    """The report that answers the question."""
    return _Builder(facts, question, progress or (lambda _: None)).report()


class _Builder:
    """One report in the making: every watch is measured once and added wherever it counts."""

    def __init__(self, facts: Facts, question: Question, progress: Progress) -> None:
        self._facts = facts
        self._question = question
        self._progress = progress
        self._rules = facts.setting.rules
        self._window = facts.window
        self._atlas = Atlas(facts.setting.regions)
        self._cover = Cover(facts.sights)
        self._left = left_out(facts.exclusions, facts.eras, self._atlas)
        self._measuring = Measuring(facts, self._cover, self._left)
        self._scope, self._stays = self._asked()
        self._total = Sum(self._rules)
        self._tables = Tables(self._rules, self._atlas, facts.setting.networks)
        self._nodes: list[NodeRow] = []
        self._outages = Outages(self._atlas, self._rules)
        self._serving: defaultdict[int | None, int] = defaultdict(int)
        self._corrections = tuple(self._applied())
        self._corrected = {(one.node, one.network) for one in self._corrections}
        self._uncorrected = Sum(self._rules)

    def report(self) -> Report:
        self._measuring.prepare(self._stays.values())
        for done, key in enumerate(sorted(self._stays)):
            if done % 500 == 0:
                self._progress(done / len(self._stays))
            self._take(self._measuring.measure(self._stays[key]))
        if self._corrections:
            self._take_uncorrected()
        self._progress(1.0)
        return self._finished()

    def _asked(self) -> tuple[Pairs, Mapping[WatchKey, list[Stay]]]:
        """The scope, and the stays of all watches within it."""
        stays: Mapping[WatchKey, list[Stay]] = stays_of(
            self._facts.eras, self._window.span, self._window.zone
        )
        scope = self._question.scope
        if scope is not None:
            stays = self._chosen(stays, scope)
        if scope is None or self._question.usual:
            points = self._chosen(stays, CLASS_1)
            if points:
                return (*CLASS_1, *(scope or ())), points
        return scope or (), stays

    def _chosen(self, stays: Mapping[WatchKey, list[Stay]], scope: Pairs) -> Mapping[WatchKey, list[Stay]]:
        chosen = Filter(scope, self._atlas)
        found = {
            key: [stay for stay in several if chosen.holds(stay.node, stay.network)]
            for key, several in stays.items()
        }
        return {key: several for key, several in found.items() if several}

    def _take(self, pieces: Sequence[Piece]) -> None:
        """Add one watch to all that it counts in."""
        own, last = Sum(self._rules), pieces[-1].stay
        sums: list[Sum | Tables] = [own, self._total, self._tables]
        if self._corrections and last.key not in self._corrected:
            sums.append(self._uncorrected)
        self._add(pieces, sums)
        self._outages.take(pieces)
        if last.spans[-1][1] == self._window.end:
            self._serving[last.node.point_class] += 1
        self._nodes.append(self._node(pieces, own.figures()))

    def _take_uncorrected(self) -> None:
        """The watches that were corrected, as they were before."""
        before = Measuring(self._facts, self._cover, self._left, corrections=False)
        for key in sorted(self._corrected):
            self._add(before.measure(self._stays[key]), [self._uncorrected])

    def _add(self, pieces: Sequence[Piece], sums: Sequence[Sum | Tables]) -> None:
        for piece in pieces:
            for one in sums:
                one.add(piece)

    def _node(self, pieces: Sequence[Piece], figures: Figures) -> NodeRow:
        stay = pieces[-1].stay
        node = stay.node
        return NodeRow(
            node=node.id,
            name=node.name,
            network=stay.network,
            kind=node.kind.value,
            point_class=node.point_class,
            region=node.region,
            county=self._atlas.county(node.region)[1],
            town=self._atlas.town(node.region)[1],
            contractor=node.contractor,
            figures=figures,
            changes=sum(piece.changes for piece in pieces),
            flapping=sum(piece.flapping for piece in pieces),
        )

    def _finished(self) -> Report:
        setting, window, total = self._facts.setting, self._window, self._total.figures()
        tables = self._tables.groups()
        outages = self._outages.rows()
        return Report(
            site=setting.site,
            invented=setting.invented,
            zone=window.zone.key,
            period=window.period,
            start=window.start,
            end=window.end,
            period_end=window.period_end,
            networks=tuple(sorted(setting.networks.items())),
            scope=self._scope,
            by=self._question.by,
            rules=self._rules,
            inventories=tuple(
                InventoryUse(era.start, era.digest, len(era.nodes)) for era in self._facts.eras
            ),
            total=total,
            tables=tables,
            nodes=tuple(self._nodes),
            days=tuple(Day(date, parts) for date, parts in self._measuring.days()),
            inspections=tuple(
                Inspection(at, one.online, one.known, one.expected)
                for at, one in self._measuring.inspections()
            ),
            outages=outages,
            outages_in_all=total.repairs.faults,
            exclusions=tuple(exclusion_rows(self._facts, self._left, self._stays)),
            corrections=self._corrections,
            uncorrected=self._uncorrected.figures() if self._corrections else None,
            unseen=tuple(self._unseen()),
            budgets=tuple(self._budgets({group.key: group.figures for group in tables["class"]})),
            worst=self._worst(),
            long_offline=tuple(_long(outages)),
            flappers=self._flappers(),
            archived=self._facts.archived,
        )

    def _applied(self) -> Iterator[Correction]:
        """Those that put right some of the time that is reported on."""
        for correction in self._facts.corrections:
            stays = self._stays.get((correction.node, correction.network), ())
            spans = Measure(span for stay in stays for span in stay.spans)
            if spans.within(correction.start, correction.end):
                yield correction

    def _unseen(self) -> Iterator[UnseenRow]:
        rows = sorted(self._measuring.unseen(), key=lambda row: (row[1], row[0]))
        for part, (start, end), blind, watches in rows:
            yield UnseenRow(part.network, part.label, start, end, blind, watches)

    def _budgets(self, classes: Mapping[str, Figures]) -> Iterator[Budget]:
        window = (self._window.start, self._window.end, self._window.period_end)
        for name, figures in classes.items():
            if name.isdigit():
                found = budget(int(name), figures, self._serving[int(name)], window)
                if found is not None:
                    yield found

    def _worst(self) -> tuple[WatchKey, ...]:
        """Those that were intact for the smallest share of the time known, of which some was lost."""
        lossy = [
            row for row in self._nodes if (row.figures.intact.value or 0.0) < 1.0 and row.figures.parts.known
        ]
        lossy.sort(key=lambda row: (row.figures.intact.value, row.figures.intact.low, row.key))
        return tuple(row.key for row in lossy[:MOST])

    def _flappers(self) -> tuple[WatchKey, ...]:
        rows = sorted(self._nodes, key=lambda row: (-row.flapping, -row.changes, row.key))
        return tuple(row.key for row in rows[:MOST] if row.flapping)


def _long(outages: Iterable[OutageRow]) -> Iterator[OutageRow]:
    """Those of more than 72 hours. The mark is in this list alone: so only the digest of reports changes in
    which there is one.
    """
    for row in outages:
        if row.lasted > LONG:
            yield replace(row, over_30_days=True) if row.lasted > VERY_LONG else row


def exclusion_rows(
    facts: Facts, left: Left, stays: Mapping[WatchKey, Sequence[Stay]]
) -> Iterator[ExclusionRow]:
    """The exclusions that left out some of the time of these watches, in the order recorded."""
    watches: defaultdict[int, int] = defaultdict(int)
    times: defaultdict[int, int] = defaultdict(int)
    for key, spans in left.items():
        service = Measure(span for stay in stays.get(key, ()) for span in stay.spans)
        mine: defaultdict[int, int] = defaultdict(int)
        for place, span in spans:
            mine[place] += service.within(*span)
        for place, time in mine.items():
            watches[place] += bool(time)
            times[place] += time
    for place, exclusion in enumerate(facts.exclusions):
        if watches[place]:
            yield ExclusionRow(exclusion, watches[place], times[place])
