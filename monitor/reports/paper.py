"""The story cut to paper: which columns and how many rows fit on A4, every cell already a text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from monitor.reports.look import Cell, Column, Look, Table
from monitor.reports.story import Story, percent
from monitor.reports.words import VERDICTS, WORDS
from monitor.trouble import Said

MOST_ROWS: Final = 300
"""Rows of a table that are printed; the rest is counted, and stands in the workbook."""

_MORE: Final = Said("… 另有 {} 行，见电子表格", "… {} more rows, see the workbook")
MOST_BARS: Final = 30
"""Groups that the chart shows: what fits on one page."""

_FEWER: Final = Said("图中为 {1} 项中的前 {0} 项，其余见表", "{0} of {1}, the rest in the table")
_FEWER_BOOK: Final = Said(
    "图中为 {1} 项中的前 {0} 项，其余见电子表格", "{0} of {1}, the rest in the workbook"
)
_FIGURES: Final = (
    "verdict", "intact", "low", "high", "online", "inspected", "own", "observed", "faults", "mttr", "in_time",
)  # fmt: skip
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("city", "county", "class", "network", "kind"), ("name", *_FIGURES)),
    "town": ("name", "county", *_FIGURES[:-1]),
    "contractor": ("code", *_FIGURES),
    "worst": ("name", "town", "contractor", "intact", "low", "high", "online", "faults", "longest"),
    "flappers": ("name", "town", "contractor", "intact", "faults", "changes", "flapping"),
    "outages": ("name", "town", "contractor", "cause", "start", "end", "lasted", "repair", "limit"),
    "long_offline": ("name", "town", "contractor", "cause", "start", "end", "lasted", "over_30_days"),
    "exclusions": (
        "code",
        "scope",
        "reason",
        "start",
        "end",
        "watch_hours",
        "requested",
        "approved",
        "afterwards",
    ),
    "corrections": ("name", "start", "end", "becomes", "requested", "approved", "note"),
    "unseen": ("network", "shard", "start", "end", "hours", "watches", "reason"),
    "budgets": ("class", "target", "whole", "used", "used_at_most", "left", "gone_at"),
}
"""What is printed of each table, in this order; tables that are not named stay in the workbook."""

_ORDER: Final = (
    "class", "county", "town", "network", "contractor", "budgets", "worst", "long_offline", "outages",
    "flappers", "exclusions", "corrections", "unseen",
)  # fmt: skip


def paper_of(story: Story) -> dict[str, Any]:
    """The document that the typesetter gets: plain JSON."""
    tables = {table.key: table for table in (story.groups, *story.tables)}
    words = {
        name: WORDS[name].told(story.language) for name in ("signed_by", "date", "method", "proof", "digest")
    }
    asked = [story.groups.key] if story.groups.key in _COLUMNS else []
    bars = _bars(story.groups, story.language)
    fewer = (_FEWER if asked else _FEWER_BOOK).told(story.language)
    order = [*asked, *(key for key in _ORDER if key not in asked)]
    return {
        "language": story.language,
        "title": story.title,
        "label": story.label,
        "period": [WORDS["period"].told(story.language), story.period],
        "scope": [WORDS["scope"].told(story.language), story.scope],
        "sentence": story.sentence,
        "verdict": story.verdict.value,
        "figures": [list(figure) for figure in story.figures],
        "words": words,
        "bars_title": story.groups.title + " · " + WORDS["intact"].told(story.language),
        "days_title": tables["days"].title,
        "digest": dict(story.proof)[words["digest"]],
        "bars": bars[:MOST_BARS],
        "bars_note": fewer.format(MOST_BARS, f"{len(bars):,}") if len(bars) > MOST_BARS else "",
        "days": _days(tables["days"]),
        "tables": [_printed(tables[key], story.language) for key in order if key in tables],
        "method": [list(pair) for pair in story.method],
        "proof": [list(pair) for pair in story.proof],
    }


def _printed(table: Table, language: str) -> dict[str, Any]:
    wanted = [key for key in _COLUMNS[table.key] if any(column.key == key for column in table.columns)]
    places = [table.place(key) for key in wanted]
    columns = [table.columns[place] for place in places]
    rows = [
        [_text(row[place], column) for place, column in zip(places, columns, strict=True)]
        for row in table.rows[:MOST_ROWS]
    ]
    hidden = len(table.rows) - len(rows)
    return {
        "key": table.key,
        "title": table.title,
        "columns": [
            {"title": column.title, "left": column.look in (Look.TEXT, Look.VERDICT)} for column in columns
        ],
        "rows": rows,
        "marks": _marks(table, language)[:MOST_ROWS],
        "note": _MORE.told(language).format(f"{hidden:,}") if hidden else "" if rows else table.note,
    }


def _marks(table: Table, language: str) -> list[str]:
    """For each row its verdict, in no language; empty where the table has none."""
    if not any(column.look is Look.VERDICT for column in table.columns):
        return []
    place = table.place("verdict")
    words = {said.told(language): verdict.value for verdict, said in VERDICTS.items()}
    return [words.get(str(row[place]), "") for row in table.rows]


def _text(value: Cell, column: Column) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, str):
        return value
    if column.look is Look.SHARE:
        return percent(value)
    return f"{value:,.2f}" if column.look is Look.HOURS else f"{value:,}"


def _bars(table: Table, language: str) -> list[dict[str, Any]]:
    """Name, value, bounds, target and verdict of each group of which there is something to say."""
    keys = ("intact", "low", "high", "target")
    if not all(any(column.key == key for column in table.columns) for key in keys):
        return []
    names = table.place("name")
    found = []
    for row, verdict in zip(table.rows, _marks(table, language), strict=True):
        values = {key: row[table.place(key)] for key in keys}
        if values["intact"] is not None:
            shown = percent(values["intact"])  # type: ignore[arg-type]  # a share or nothing stands there
            found.append({"name": str(row[names] or row[0]), "text": shown, "verdict": verdict, **values})
    return found


def _days(table: Table) -> list[dict[str, Any]]:
    keys = ("date", "intact", "low", "high")
    return [{key: row[table.place(key)] for key in keys} for row in table.rows]
