"""The workbook, opened again by another library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from report_kit import FORMULA, LINK, PROOF, report

from monitor.reports.jsonform import document_of, read_document
from monitor.reports.sheets import HIDDEN, sheets_of
from monitor.reports.story import story_of
from monitor.reports.xlsx import write_xlsx

REPORT = report()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("xlsx") / "report.xlsx"
    write_xlsx(REPORT, PROOF, "zh", path)
    return load_workbook(path)


def column(book: Workbook, sheet: str, title: str) -> list[Any]:
    """The cells below a head."""
    heads = [cell.value for cell in book[sheet][1]]
    return [row[heads.index(title)] for row in book[sheet].iter_rows(min_row=2, values_only=True)]


def test_every_cell_holds_what_the_story_says(book: Workbook) -> None:
    sheets = list(sheets_of(story_of(REPORT, PROOF, "zh"), document_of(REPORT, PROOF)))

    assert book.sheetnames == [sheet.name for sheet in sheets]
    for sheet in sheets:
        for line, (_, row) in enumerate(sheet.rows, 1):
            found = [cell.value for cell in book[sheet.name][line]][: len(row)]
            assert [cell or None for cell in found] == [cell or None for cell in row], (sheet.name, line)


@pytest.mark.parametrize(
    "title", ["正常 (小时)", "降级 (小时)", "离线-自身 (小时)", "剔除 (小时)", "未知 (小时)"]
)
def test_totals_are_the_sums_of_the_node_sheet(book: Workbook, title: str) -> None:
    assert sum(column(book, "点位明细", title)) == pytest.approx(column(book, "全市", title)[0], abs=1e-4)
    assert sum(column(book, "区县", title)) == pytest.approx(column(book, "全市", title)[0], abs=1e-4)


def test_rates_can_be_recomputed_from_the_hours_beside_them(book: Workbook) -> None:
    up, degraded = sum(column(book, "点位明细", "正常 (小时)")), sum(column(book, "点位明细", "降级 (小时)"))
    down = sum(column(book, "点位明细", "离线-自身 (小时)"))

    assert column(book, "全市", "完好率")[0] == pytest.approx(up / (up + degraded + down), abs=1e-4)
    assert column(book, "全市", "完好率")[0] <= up / (up + degraded + down)


def test_names_that_look_like_formulas_or_links_stay_text(book: Workbook) -> None:
    cells = {cell.value: cell for row in book["点位明细"].iter_rows() for cell in row}

    assert cells[FORMULA].data_type == "s"
    assert cells[LINK].data_type == "s"
    assert cells[LINK].hyperlink is None


def test_tables_can_be_filtered_and_keep_their_heads_in_view(book: Workbook) -> None:
    sheet = book["点位明细"]

    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref is not None
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$1:$1"


def test_verdicts_have_colours_and_the_cover_has_a_chart(book: Workbook) -> None:
    assert len(book["区县"].conditional_formatting) >= 2
    assert len(book["结论"]._charts) == 1


def test_the_whole_report_travels_inside_where_nobody_sees_it(book: Workbook) -> None:
    text = "".join(row[0] for row in book[HIDDEN].iter_rows(values_only=True))
    found, proof, _ = read_document(text)

    assert book[HIDDEN].sheet_state == "hidden"
    assert found == REPORT
    assert proof == PROOF


def test_an_english_workbook_has_english_heads(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_xlsx(REPORT, PROOF, "en", path)
    book = load_workbook(path)

    assert book.sheetnames[:2] == ["verdict", "Counties"]
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert "intact rate" in [cell.value for cell in book["Counties"][1]]


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_xlsx(REPORT, PROOF, "zh", tmp_path / name)

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
