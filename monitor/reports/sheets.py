"""What stands in which cell of the workbook. Pure, so that a file can be held against it, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from monitor.reports.look import Cell, Table
from monitor.reports.story import Story
from monitor.reports.words import WORDS

HIDDEN: Final = "_report"
"""The sheet that nobody sees: the whole report as JSON, in pieces that a cell can hold."""

PIECE: Final = 30_000
_NO_NAME: Final = str.maketrans("[]:*?/\\", "()-----")

Row = tuple[Cell, ...]


class Kind(Enum):
    """What a row is, for its look alone."""

    TITLE = "title"
    LABEL = "label"
    PAIR = "pair"
    SENTENCE = "sentence"
    FIGURE = "figure"
    HEADS = "heads"
    CELLS = "cells"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows from the first line on, each with its kind. ``table``: whose heads and cells they are."""

    name: str
    rows: tuple[tuple[Kind, Row], ...]
    table: Table | None = None


def sheets_of(story: Story, document: str) -> Iterator[Sheet]:
    """All sheets in their order; ``document`` is the report with its proof as JSON."""
    taken: set[str] = set()
    words = {name: said.told(story.language) for name, said in WORDS.items()}
    yield Sheet(_name(words["verdict"], taken), tuple(_cover(story, words)))
    for table in (story.groups, *story.tables):
        yield Sheet(_name(table.title, taken), tuple(_table(table)), table)
    yield Sheet(_name(words["method"], taken), _of_kind(Kind.PAIR, story.method))
    yield Sheet(_name(words["proof"], taken), _of_kind(Kind.PAIR, story.proof))
    pieces = ((document[start : start + PIECE],) for start in range(0, len(document), PIECE))
    yield Sheet(HIDDEN, _of_kind(Kind.TEXT, pieces))


def _name(wanted: str, taken: set[str]) -> str:
    """A name that spreadsheets allow: up to 31 letters, some signs left out, none twice."""
    short = wanted.translate(_NO_NAME)[:28]
    found, count = short, 1
    while found in taken:
        count += 1
        found = f"{short} {count}"
    taken.add(found)
    return found


def _of_kind(kind: Kind, rows: Iterable[Row]) -> tuple[tuple[Kind, Row], ...]:
    return tuple((kind, row) for row in rows)


def _cover(story: Story, words: dict[str, str]) -> Iterator[tuple[Kind, Row]]:
    yield Kind.TITLE, (story.title,)
    if story.label:
        yield Kind.LABEL, (story.label,)
    yield Kind.PAIR, (words["period"], story.period)
    yield Kind.PAIR, (words["scope"], story.scope)
    yield Kind.SENTENCE, (story.sentence,)
    for figure in story.figures:
        yield Kind.FIGURE, figure
    yield Kind.PAIR, (words["digest"], dict(story.proof)[words["digest"]])
    yield Kind.PAIR, (words["signed_by"], "")
    yield Kind.PAIR, (words["date"], "")


def _table(table: Table) -> Iterator[tuple[Kind, Row]]:
    yield Kind.HEADS, tuple(column.title for column in table.columns)
    for row in table.rows:
        yield Kind.CELLS, row
    if not table.rows:
        yield Kind.TEXT, (table.note,)
