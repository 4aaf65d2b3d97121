"""A report of another version is checked by its figures, its words are not held against it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from checked_kit import places, signed, written
from click.testing import CliRunner
from openpyxl import Workbook, load_workbook

from monitor import __version__
from monitor.cli import main
from monitor.commands import reverifying
from monitor.ledger.signing import Signer
from monitor.reports.check import check_report
from monitor.reports.document import Proof
from monitor.reports.edition import software, wording
from monitor.reports.formats import beside
from monitor.reports.look import Column, Look, Table
from monitor.reports.sheets import Kind, Sheet
from monitor.reports.workbook_check import other_figures

OTHERS = ({"software": "quanshi 0.0.9", "wording": "0" * 16}, {"software": "", "wording": ""})
"""By what else a report may have been made: a version that spoke otherwise, or the first ones."""


def reworded(folder: Path, signer: Signer, proof: Proof, made_by: dict[str, str]) -> tuple[Path, Any]:
    """A workbook of another version, which called the report otherwise."""
    path = written(folder, signed(signer, replace(proof, **made_by)), "xlsx")
    book = load_workbook(path)
    book["结论"]["A1"] = "从前的标题"
    return path, book


@pytest.mark.parametrize("made_by", OTHERS)
def test_the_words_of_another_version_are_no_edits(
    tmp_path: Path, signer: Signer, proof: Proof, made_by: dict[str, str]
) -> None:
    path, book = reworded(tmp_path, signer, proof, made_by)
    book.save(path)

    checked = check_report(path)

    assert checked.flaws == []
    assert checked.reworded
    told = "\n".join(reverifying.told(checked, path, "en"))
    assert (
        f"made by {made_by['software'] or 'an older version'}, words differ: its figures, digest and" in told
    )
    assert "its wording was not" in told
    assert "未核对文件中显示的文字" in "\n".join(reverifying.told(checked, path, "zh"))
    assert not reverifying.as_document(checked, path)["cells_checked"]


@pytest.mark.parametrize(
    "edit",
    [
        ("区县", "E2", 0.9999),
        ("区县", "C2", "好"),
        ("点位明细", "J4", None),
        ("点位明细", "A30", "多出的一行 0.98"),
        ("结论", "A5", "完好率 99.87%，达标。"),
    ],
)
def test_figures_and_verdicts_of_another_version_are_checked_all_the_same(
    tmp_path: Path, signer: Signer, proof: Proof, edit: tuple[str, str, Any]
) -> None:
    sheet, cell, value = edit
    path, book = reworded(tmp_path, signer, proof, OTHERS[0])
    book[sheet][cell] = value
    book.save(path)

    assert places(path) == [f"{sheet}!{cell}"]


def test_what_this_version_does_not_know_of_another_is_said_to_be_unchecked(
    tmp_path: Path, signer: Signer, proof: Proof
) -> None:
    path, book = reworded(tmp_path, signer, proof, OTHERS[0])
    book.create_sheet("补充")["A1"] = 99.87
    known = book["区县"]["C1"].value
    book["区县"]["C1"] = "从前的列名"
    book.save(path)

    assert sorted(places(path)) == sorted(["补充", "区县!C1", f"区县 {known}"])


def without_sheet(book: Any) -> None:
    del book["点位明细"]


def without_columns(book: Any) -> None:
    book["区县"].delete_cols(3, book["区县"].max_column)


def without_row(book: Any) -> None:
    book["点位明细"].delete_rows(book["点位明细"].max_row)


def with_row(book: Any) -> None:
    book["点位明细"].append(["某设备", "离线"])


def with_column(book: Any) -> None:
    book["区县"].cell(2, book["区县"].max_column + 1, "未达标")  # of no name


def with_column_twice(book: Any) -> None:
    sheet = book["区县"]
    sheet.cell(1, sheet.max_column + 1, sheet["C1"].value)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (without_sheet, "点位明细: not in this file: the sheet was not checked"),
        (without_columns, "not in this file: the column was not checked"),
        (without_row, "the row is missing"),
        (with_row, "says 某设备, should be –"),
        (with_column, "this version has no such column: it was not checked"),
        (with_column_twice, "the column is there twice"),
    ],
)
def test_nothing_is_taken_from_the_tables_of_another_version_nor_added(
    tmp_path: Path, signer: Signer, proof: Proof, edit: Callable[[Any], None], said: str
) -> None:
    path, book = reworded(tmp_path, signer, proof, OTHERS[0])
    edit(book)
    book.save(path)

    answer = CliRunner().invoke(main, ["verify", str(path), "--language", "en"])

    assert answer.exit_code == 1
    assert said in answer.stdout


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["没有"]], []),
        ([["没有"], ["某设备"]], ["断线!A3"]),
        ([["没有"], ["某设备", 700]], ["断线!A3"]),
        ([["没有", "离线"]], ["断线!B2"]),
        ([["700 小时"]], ["断线!A2"]),
    ],
)
def test_a_table_that_should_be_empty_holds_no_row(
    tmp_path: Path, rows: list[list[str | int]], found: list[str]
) -> None:
    table = Table("outages", "断线", (Column("device", "点位", Look.TEXT),), (), "本周期没有断线")
    made = Sheet("断线", ((Kind.HEADS, ("点位",)), (Kind.TEXT, (table.note,))), table)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("断线")
    for row in (["点位"], *rows):
        sheet.append(row)
    book.save(tmp_path / "report.xlsx")

    assert [flaw.place for flaw in other_figures(tmp_path / "report.xlsx", [made])] == found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_workbook_of_another_version_with_all_its_tables_is_good(
    tmp_path: Path, signer: Signer, proof: Proof, language: str
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **OTHERS[0])), "xlsx", language)
    load_workbook(path).save(path)

    assert (places(path), check_report(path).reworded) == ([], True)


@pytest.mark.parametrize("made_by", OTHERS)
def test_a_pdf_of_another_version_is_not_said_to_be_good(
    tmp_path: Path, signer: Signer, proof: Proof, made_by: dict[str, str]
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **made_by)), "pdf")

    (flaw,) = check_report(path).flaws
    assert (flaw.place, "cannot be checked by this one" in flaw.what.en) == ("report.pdf", True)


@pytest.mark.parametrize("made_by", OTHERS)
def test_an_edited_row_of_csv_is_found_whatever_version_wrote_it(
    tmp_path: Path, signer: Signer, proof: Proof, made_by: dict[str, str]
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **made_by)), "csv")
    assert places(path) == []
    path.write_text(path.read_text().replace(",met,", ",missed,", 1))

    assert len(places(path)) == 1


def without_column(text: str, head: str) -> str:
    """The table as a version wrote it that had no such column yet."""
    rows = list(csv.reader(text.splitlines()))
    place = rows[0].index(head)
    kept = StringIO()
    csv.writer(kept, lineterminator="\n").writerows([*row[:place], *row[place + 1 :]] for row in rows)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (("", ""), ["coverage"]),
        ((",met,", ",missed,"), ["coverage", "2 verdict"]),
        (("intact_low", "intact_min"), ["intact_min", "intact_low", "coverage"]),
        (("intact_low", "intact_high"), ["intact_high", "intact_low", "coverage"]),
    ],
)
def test_a_table_with_fewer_columns_is_not_good_and_is_checked_by_those_that_it_has(
    tmp_path: Path, signer: Signer, proof: Proof, edit: tuple[str, str], found: list[str]
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **OTHERS[0])), "csv")
    path.write_text(without_column(path.read_text(), "coverage").replace(*edit, 1))

    checked = check_report(path)

    assert checked.reworded
    assert list(dict.fromkeys(flaw.place for flaw in checked.flaws if " intact" not in flaw.place)) == found


@pytest.mark.parametrize("content", ["", "by\n", "\0" * 200_000])
def test_a_table_of_another_version_that_lost_its_rows_is_found(
    tmp_path: Path, signer: Signer, proof: Proof, content: str
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **OTHERS[0])), "csv")
    path.write_text(content)

    assert places(path)


def test_the_figures_of_another_version_are_checked_all_the_same(
    tmp_path: Path, signer: Signer, proof: Proof
) -> None:
    path = written(tmp_path, signed(signer, replace(proof, **OTHERS[0])), "csv")
    document = json.loads(beside(path).read_text())
    document["report"]["outages_in_all"] += 1
    beside(path).write_text(json.dumps(document))

    assert places(path) == ["outages_in_all"]


@pytest.mark.parametrize("made_by", OTHERS)
def test_nobody_can_say_that_another_version_made_it(
    tmp_path: Path, proof: Proof, made_by: dict[str, str]
) -> None:
    """So that his edits could not be checked."""
    path = written(tmp_path, replace(proof, **made_by), "xlsx")

    assert places(path) == ["proof"]


def test_the_wording_is_that_of_the_sources() -> None:
    assert wording() == wording.__wrapped__()
    assert len(wording()) == 16
    assert software().startswith(f"quanshi {__version__}")


def test_a_document_of_the_first_versions_is_read(tmp_path: Path, signer: Signer, proof: Proof) -> None:
    path = written(tmp_path, signed(signer, replace(proof, software="", wording="", form=0)), "json")

    assert json.loads(path.read_text())["proof"].keys().isdisjoint({"software", "wording", "form"})
    assert check_report(path).flaws == []
