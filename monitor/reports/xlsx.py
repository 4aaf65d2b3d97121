"""The report as a workbook: the sheets of :mod:`sheets`, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from monitor.model.timeline import Verdict
from monitor.reports.document import Proof, Report
from monitor.reports.jsonform import document_of
from monitor.reports.look import Cell, Look, Table
from monitor.reports.sheets import HIDDEN, Kind, Row, Sheet, sheets_of
from monitor.reports.story import story_of
from monitor.reports.words import VERDICTS, WORDS

_OPTIONS: Final = {
    # A name may begin with = or http: it is a name all the same.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    # Rows leave memory as they are written: 100,000 watches are three million cells.
    "constant_memory": True,
}
_NUMBERS: Final[Mapping[Look, str]] = {
    Look.COUNT: "#,##0",
    Look.SHARE: "0.00%",
    Look.HOURS: "#,##0.00",
    Look.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
_COLOURS: Final[Mapping[Verdict, str]] = {
    Verdict.MET: "#9cc7b5",
    Verdict.MISSED: "#f2b8b3",
    Verdict.NOT_PROVABLE: "#f3dcae",
}
_ROWS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.TITLE: {"bold": True, "font_size": 22},
    Kind.LABEL: {"bold": True, "font_size": 12, "font_color": "#d6342a"},
    Kind.PAIR: {"text_wrap": True, "valign": "top"},
    Kind.SENTENCE: {"bold": True, "font_size": 14, "text_wrap": True, "valign": "vcenter"},
    Kind.FIGURE: {"font_size": 14, "top": 1, "top_color": "#c8d0d8"},
    Kind.HEADS: {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#e8edf2", "bottom": 1},
    Kind.TEXT: {"font_color": "#5b6472"},
}
_MOST_BARS: Final = 40


def write_xlsx(report: Report, proof: Proof, language: str, path: Path) -> None:
    """Write the workbook. Raises OSError where that cannot be done."""
    story = story_of(report, proof, language)
    with Workbook(str(path), _OPTIONS) as book:
        book.set_properties(
            {
                "title": story.title,
                "comments": proof.digest,
                "created": datetime.fromtimestamp(proof.made_at / 1000, UTC).replace(tzinfo=None),
            }
        )
        writer = _Writer(book, language)
        for sheet in sheets_of(story, document_of(report, proof)):
            writer.write(sheet, story.scope)


class _Writer:
    """Writes sheets in order; the cover's chart shows the first table, which comes right after it."""

    def __init__(self, book: Workbook, language: str) -> None:
        self._book = book
        self._language = language
        self._cover: Worksheet | None = None
        self._formats: dict[tuple[Kind, Look | None], Format] = {}
        self._charted = False

    def write(self, sheet: Sheet, scope: str) -> None:
        page = self._book.add_worksheet(sheet.name)
        for line, (kind, row) in enumerate(sheet.rows):
            self._write_row(page, line, kind, row, sheet.table)
        self._set_up(page, sheet, scope)
        if sheet.name == HIDDEN:
            page.hide()
        elif sheet.table is None:
            self._dress_text(page)
        else:
            self._dress_table(page, sheet.table)
            if not self._charted and self._cover is not None:
                self._charted = True
                self._chart(self._cover, sheet.name, sheet.table)

    def _write_row(self, page: Worksheet, line: int, kind: Kind, row: Row, table: Table | None) -> None:
        if kind is Kind.HEADS:
            page.set_row(line, 44)
        elif kind is Kind.SENTENCE:
            page.set_row(line, 60)
            page.merge_range(line, 0, line, 1, row[0], self._format(kind, None))
            return
        for place, value in enumerate(row):
            look = table.columns[place].look if table is not None and kind is Kind.CELLS else None
            self._write_cell(page, line, place, value, self._format(kind, look))

    def _write_cell(self, page: Worksheet, line: int, place: int, value: Cell, how: Format) -> None:
        if value is None:
            return
        if isinstance(value, str):
            page.write_string(line, place, value, how)
        elif isinstance(value, datetime):
            page.write_datetime(line, place, value, how)
        else:
            page.write_number(line, place, value, how)

    def _format(self, kind: Kind, look: Look | None) -> Format:
        key = (kind, look)
        if key not in self._formats:
            properties = dict(_ROWS.get(kind, {}))
            if look is not None and look in _NUMBERS:
                properties["num_format"] = _NUMBERS[look]
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def _set_up(self, page: Worksheet, sheet: Sheet, scope: str) -> None:
        """A4 with margins of 20 mm, the scope above and the page's number below."""
        page.set_paper(9)
        page.set_margins(0.79, 0.79, 0.79, 0.79)
        page.fit_to_pages(1, 0)
        page.set_header(f"&L{_plain(sheet.name)}&R{_plain(scope)}")
        page.set_footer("&C&P / &N")
        if sheet.table is not None:
            page.set_landscape()
            page.repeat_rows(0)

    def _dress_text(self, page: Worksheet) -> None:
        page.hide_gridlines(2)
        page.set_column(0, 0, 28)
        page.set_column(1, 1, 90)
        self._cover = self._cover or page

    def _dress_table(self, page: Worksheet, table: Table) -> None:
        for place, column in enumerate(table.columns):
            page.set_column(place, place, column.wide)
        page.freeze_panes(1, 2)
        if not table.rows:
            return
        last = len(table.rows)
        page.autofilter(0, 0, last, len(table.columns) - 1)
        for place, column in enumerate(table.columns):
            if column.look is Look.VERDICT:
                self._colour_verdicts(page, place, last)
            elif column.key in ("intact", "inspected") and last > 1:
                page.conditional_format(1, place, last, place, _SCALE)

    def _colour_verdicts(self, page: Worksheet, place: int, last: int) -> None:
        for verdict, colour in _COLOURS.items():
            word = VERDICTS[verdict].told(self._language)
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"'}
            how = self._book.add_format({"bg_color": colour})
            page.conditional_format(1, place, last, place, rule | {"format": how})

    def _chart(self, cover: Worksheet, name: str, table: Table) -> None:
        """The intact rate of each group as a bar, its bounds as whiskers, the target as a line."""
        rows = table.rows[:_MOST_BARS]
        places = [table.place(key) for key in ("intact", "low", "high", "target")]
        if not rows or any(row[places[0]] is None for row in rows):
            return
        intact, low, high, target = places
        chart = self._book.add_chart({"type": "column"})
        labels = [name, 1, 1, len(rows), 1]
        chart.add_series(
            {
                "name": WORDS["intact"].told(self._language),
                "categories": labels,
                "values": [name, 1, intact, len(rows), intact],
                "fill": {"color": "#9cc7b5"},
                "y_error_bars": {
                    "type": "custom",
                    "plus_values": [_apart(row[high], row[intact]) for row in rows],
                    "minus_values": [_apart(row[intact], row[low]) for row in rows],
                },
            }
        )
        line = self._book.add_chart({"type": "line"})
        line.add_series(
            {
                "name": WORDS["target"].told(self._language),
                "categories": labels,
                "values": [name, 1, target, len(rows), target],
                "line": {"color": "#d6342a", "width": 1.25, "dash_type": "dash"},
            }
        )
        chart.combine(line)
        chart.set_title({"name": table.title})
        chart.set_y_axis({"num_format": "0.0%", "min": _floor(rows, low), "max": 1})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 860, "height": 340})
        cover.insert_chart(len(_ROWS) + 6, 0, chart)


_SCALE: Final = {
    "type": "3_color_scale",
    "min_color": "#f2b8b3",
    "mid_color": "#f3dcae",
    "max_color": "#9cc7b5",
    "mid_type": "percentile",
    "mid_value": 50,
}


def _apart(upper: Cell, lower: Cell) -> float:
    both = isinstance(upper, float | int) and isinstance(lower, float | int)
    return max(0.0, float(upper) - float(lower)) if both else 0.0  # type: ignore[arg-type]  # they are numbers


def _floor(rows: tuple[Row, ...], low: int) -> float:
    """Where the axis begins: a tenth below the lowest bound, so that differences show."""
    lowest = min((value for row in rows if isinstance(value := row[low], float | int)), default=0.0)
    return max(0.0, int(lowest * 10 - 0.5) / 10)


def _plain(text: str) -> str:
    """An ampersand steers headers; and they hold 255 letters at most."""
    return text.replace("&", "&&")[:100]
