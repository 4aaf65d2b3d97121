"""The tables of a report in one language: by group, watches, faults, exclusions, and all the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.decisions import Correction
from monitor.model.nodes import Kind
from monitor.reports.document import (
    BY_NODE,
    Budget,
    Day,
    ExclusionRow,
    Figures,
    Group,
    Inspection,
    NodeRow,
    OutageRow,
    Report,
    UnseenRow,
    WatchKey,
)
from monitor.reports.look import Cell, Column, Look, Table, hours, local, share
from monitor.reports.words import CLASSES, KINDS, REASONS, TABLES, VERDICTS, WORDS
from monitor.words import CAUSES, STATES

_ORDER: Final = ("city", "class", "network", "county", "town", "kind", "contractor")
_FIGURES: Final = (
    ("verdict", Look.VERDICT, 9),
    ("target", Look.SHARE, 8),
    ("intact", Look.SHARE, 9),
    ("low", Look.SHARE, 9),
    ("high", Look.SHARE, 9),
    ("online", Look.SHARE, 12),
    ("inspected", Look.SHARE, 12),
    ("own", Look.SHARE, 12),
    ("observed", Look.SHARE, 9),
    ("watches", Look.COUNT, 8),
    ("up", Look.HOURS, 12),
    ("degraded", Look.HOURS, 12),
    ("down_own", Look.HOURS, 12),
    ("down_upstream", Look.HOURS, 12),
    ("excluded", Look.HOURS, 12),
    ("unknown", Look.HOURS, 12),
    ("faults", Look.COUNT, 8),
    ("longest", Look.HOURS, 12),
    ("mttr", Look.HOURS, 12),
    ("mtbf", Look.HOURS, 12),
    ("closed", Look.COUNT, 8),
    ("in_time", Look.SHARE, 10),
    ("late", Look.COUNT, 10),
)


def figure_cells(figures: Figures, verdict: str) -> tuple[Cell, ...]:
    """The cells under the columns of every table of figures, in their order."""
    parts, repairs = figures.parts, figures.repairs
    intact, own = figures.intact, parts.own_fault
    in_time = repairs.within / repairs.limited if repairs.limited else None
    return (
        verdict,
        share(figures.target),
        share(intact.value),
        share(intact.low),
        share(intact.high),
        share(parts.online.value),
        share(figures.snapshots.rate),
        share(own.value),
        share(parts.coverage),
        figures.watches,
        *map(hours, (parts.up, parts.degraded, parts.down_own, parts.down_upstream)),
        hours(parts.excluded),
        hours(parts.unknown),
        repairs.faults,
        hours(repairs.longest),
        hours(repairs.mean),
        hours(figures.between),
        repairs.closed,
        share(in_time),
        repairs.late,
    )


class Teller:
    """Makes the tables. All of a report's tables share its language, its zone and the names it knows."""

    def __init__(self, report: Report, language: str) -> None:
        self._report = report
        self._language = language
        self._zone = ZoneInfo(report.zone)
        self._networks = dict(report.networks)

    def groups(self) -> Table:
        """The table that was asked for."""
        if self._report.by == BY_NODE:
            return self.nodes()
        return self._figures(self._report.by, self._report.groups)

    def nodes(self) -> Table:
        """Every watch with its figures."""
        return self._table("node", self._node_columns(), map(self._node, self._report.nodes))

    def rest(self) -> list[Table]:
        """All other tables, in their order."""
        report = self._report
        others = [name for name in _ORDER if name != report.by and report.tables.get(name)]
        return [
            *(self._figures(name, report.tables[name]) for name in others),
            self._outages("outages", report.outages),
            self._outages("long_offline", report.long_offline),
            self._chosen("worst", report.worst),
            self._chosen("flappers", report.flappers),
            self._exclusions(),
            self._corrections(),
            self._unseen(),
            self._budgets(),
            self._days(),
            self._inspections(),
        ]

    def _said(self, word: str) -> str:
        return WORDS[word].told(self._language)

    def _table(self, key: str, columns: Iterable[Column], rows: Iterable[tuple[Cell, ...]]) -> Table:
        title = (TABLES[key] if key in TABLES else WORDS[key]).told(self._language)
        return Table(key, title, tuple(columns), tuple(rows), self._said("nothing"))

    def _columns(self, *wanted: tuple[str, Look, int]) -> list[Column]:
        return [Column(key, self._said(key), look, wide) for key, look, wide in wanted]

    def _figure_columns(self) -> list[Column]:
        return self._columns(*_FIGURES)

    def _figure_cells(self, figures: Figures) -> tuple[Cell, ...]:
        return figure_cells(figures, VERDICTS[figures.verdict].told(self._language))

    def _figures(self, key: str, groups: Iterable[Group]) -> Table:
        first = [("code", Look.TEXT, 14), ("name", Look.TEXT, 18)]
        if key == "town":
            first.append(("county", Look.TEXT, 12))
        rows = (
            (
                each.key,
                self._group_name(key, each),
                *((each.within,) if key == "town" else ()),
                *self._figure_cells(each.figures),
            )
            for each in groups
        )
        return self._table(key, self._columns(*first) + self._figure_columns(), rows)

    def _group_name(self, key: str, group: Group) -> str:
        known = {"class": CLASSES, "kind": KINDS}.get(key, {}).get(group.key)
        if known is not None:
            return known.told(self._language)
        return TABLES["city"].told(self._language) if key == "city" and not group.name else group.name

    def _node_columns(self) -> list[Column]:
        first = self._columns(
            ("code", Look.TEXT, 24),
            ("name", Look.TEXT, 28),
            ("network", Look.TEXT, 12),
            ("kind", Look.TEXT, 9),
            ("class", Look.TEXT, 10),
            ("county", Look.TEXT, 12),
            ("town", Look.TEXT, 14),
            ("contractor", Look.TEXT, 16),
        )
        last = self._columns(("changes", Look.COUNT, 9), ("flapping", Look.COUNT, 9))
        return [*first, *self._figure_columns(), *last]

    def _node(self, row: NodeRow) -> tuple[Cell, ...]:
        return (
            row.node,
            row.name,
            self._network(row.network),
            self._kind(row.kind),
            "" if row.point_class is None else CLASSES[str(row.point_class)].told(self._language),
            row.county,
            row.town,
            row.contractor,
            *self._figure_cells(row.figures),
            row.changes,
            row.flapping,
        )

    def _network(self, key: str) -> str:
        return self._networks.get(key) or key

    def _kind(self, kind: str) -> str:
        return KINDS[kind].told(self._language) if kind in list(Kind) else kind

    def _outages(self, key: str, faults: Iterable[OutageRow]) -> Table:
        columns = self._columns(
            ("code", Look.TEXT, 24),
            ("name", Look.TEXT, 28),
            ("network", Look.TEXT, 12),
            ("county", Look.TEXT, 12),
            ("town", Look.TEXT, 14),
            ("contractor", Look.TEXT, 16),
            ("cause", Look.TEXT, 14),
            ("not_before", Look.MOMENT, 19),
            ("start", Look.MOMENT, 19),
            ("end", Look.MOMENT, 19),
            ("lasted", Look.HOURS, 11),
            *([("over_30_days", Look.TEXT, 10)] if key == "long_offline" else ()),
            ("repair", Look.HOURS, 14),
            ("limit", Look.HOURS, 11),
        )
        return self._table(key, columns, (self._outage(row, key) for row in faults))

    def _outage(self, row: OutageRow, key: str) -> tuple[Cell, ...]:
        return (
            row.node,
            row.name,
            self._network(row.network),
            row.county,
            row.town,
            row.contractor,
            CAUSES[self._language][row.cause],
            local(row.not_before, self._zone),
            local(row.start, self._zone),
            self._said("lasting") if row.end is None else local(row.end, self._zone),
            hours(row.lasted),
            *((self._said("yes") if row.over_30_days else "",) if key == "long_offline" else ()),
            hours(row.repair),
            hours(row.limit),
        )

    def _chosen(self, key: str, keys: Iterable[WatchKey]) -> Table:
        rows = {row.key: row for row in self._report.nodes}
        return self._table(key, self._node_columns(), (self._node(rows[each]) for each in keys))

    def _exclusions(self) -> Table:
        columns = self._columns(
            ("code", Look.TEXT, 14),
            ("scope", Look.TEXT, 30),
            ("reason", Look.TEXT, 12),
            ("start", Look.MOMENT, 19),
            ("end", Look.MOMENT, 19),
            ("watches", Look.COUNT, 8),
            ("watch_hours", Look.HOURS, 14),
            ("requested", Look.TEXT, 14),
            ("approved", Look.TEXT, 14),
            ("approved_at", Look.MOMENT, 19),
            ("afterwards", Look.TEXT, 9),
            ("note", Look.TEXT, 40),
        )
        return self._table("exclusions", columns, map(self._exclusion, self._report.exclusions))

    def _exclusion(self, row: ExclusionRow) -> tuple[Cell, ...]:
        one = row.exclusion
        scope = "; ".join(f"{name}: {', '.join(values)}" for name, values in one.scope.to_json().items())
        return (
            one.id,
            scope or TABLES["city"].told(self._language),
            REASONS[one.reason].told(self._language),
            local(one.start, self._zone),
            local(one.end, self._zone),
            row.watches,
            hours(row.time),
            one.signed.requested_by,
            one.signed.approved_by or "",
            local(one.signed.approved_at, self._zone),
            self._said("yes" if one.retroactive else "no"),
            one.note,
        )

    def _corrections(self) -> Table:
        columns = self._columns(
            ("code", Look.TEXT, 14),
            ("name", Look.TEXT, 24),
            ("network", Look.TEXT, 12),
            ("start", Look.MOMENT, 19),
            ("end", Look.MOMENT, 19),
            ("becomes", Look.TEXT, 9),
            ("requested", Look.TEXT, 14),
            ("approved", Look.TEXT, 14),
            ("approved_at", Look.MOMENT, 19),
            ("note", Look.TEXT, 40),
        )
        return self._table("corrections", columns, map(self._correction, self._report.corrections))

    def _correction(self, one: Correction) -> tuple[Cell, ...]:
        return (
            one.id,
            one.node,
            self._network(one.network),
            local(one.start, self._zone),
            local(one.end, self._zone),
            STATES[self._language][one.state],
            one.signed.requested_by,
            one.signed.approved_by or "",
            local(one.signed.approved_at, self._zone),
            one.note,
        )

    def _unseen(self) -> Table:
        columns = self._columns(
            ("network", Look.TEXT, 14),
            ("shard", Look.TEXT, 8),
            ("start", Look.MOMENT, 19),
            ("end", Look.MOMENT, 19),
            ("hours", Look.HOURS, 12),
            ("watches", Look.COUNT, 8),
            ("reason", Look.TEXT, 24),
        )
        return self._table("unseen", columns, map(self._unseen_row, self._report.unseen))

    def _unseen_row(self, row: UnseenRow) -> tuple[Cell, ...]:
        return (
            self._network(row.network),
            row.shard,
            local(row.start, self._zone),
            local(row.end, self._zone),
            hours(row.end - row.start),
            row.watches,
            self._said(self._why_unseen(row)),
        )

    def _why_unseen(self, row: UnseenRow) -> str:
        archived = self._report.archived
        if archived is not None and row.start < archived.end:
            return "archived"
        return "blind" if row.blind else "silent"

    def _budgets(self) -> Table:
        columns = self._columns(
            ("class", Look.TEXT, 12),
            ("target", Look.SHARE, 8),
            ("whole", Look.HOURS, 16),
            ("used", Look.HOURS, 16),
            ("used_at_most", Look.HOURS, 18),
            ("left", Look.SHARE, 9),
            ("gone_at", Look.MOMENT, 19),
        )
        return self._table("budgets", columns, map(self._budget, self._report.budgets))

    def _budget(self, row: Budget) -> tuple[Cell, ...]:
        known = CLASSES.get(str(row.point_class))
        return (
            known.told(self._language) if known else str(row.point_class),
            share(row.target),
            hours(row.whole),
            hours(row.used),
            hours(row.used_at_most),
            share(row.left),
            self._said("lasts") if row.gone_at is None else local(row.gone_at, self._zone),
        )

    def _days(self) -> Table:
        columns = self._columns(
            ("date", Look.TEXT, 12),
            ("intact", Look.SHARE, 9),
            ("low", Look.SHARE, 9),
            ("high", Look.SHARE, 9),
            ("online", Look.SHARE, 12),
            ("observed", Look.SHARE, 9),
        )

        def cells(day: Day) -> tuple[Cell, ...]:
            rate, parts = day.parts.intact, day.parts
            return (
                day.date,
                *map(share, (rate.value, rate.low, rate.high, parts.online.value, parts.coverage)),
            )

        return self._table("days", columns, map(cells, self._report.days))

    def _inspections(self) -> Table:
        columns = self._columns(
            ("moment", Look.MOMENT, 19),
            ("inspected", Look.SHARE, 12),
            ("online_count", Look.COUNT, 8),
            ("known_count", Look.COUNT, 8),
            ("expected_count", Look.COUNT, 8),
        )

        def cells(each: Inspection) -> tuple[Cell, ...]:
            rate = each.online / each.known if each.known else None
            return (local(each.at, self._zone), share(rate), each.online, each.known, each.expected)

        return self._table("inspections", columns, map(cells, self._report.inspections))
