"""Whoever edits a report is found, and the place that was edited is named."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from checked_kit import REPORT, places, written
from openpyxl import load_workbook
from openpyxl.drawing.image import Image as Picture
from openpyxl.styles import Font
from PIL import Image
from report_kit import report

from monitor.reports.check import NoReportError, check_report
from monitor.reports.document import Proof
from monitor.reports.formats import FORMATS, beside, writer_of
from monitor.reports.jsonform import digest


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_nobody_touched_is_as_it_was_made(
    tmp_path: Path, proof: Proof, form: str, language: str
) -> None:
    checked = check_report(written(tmp_path, proof, form, language), proof.key)

    assert checked.flaws == []
    assert not checked.reworded
    assert checked.report == REPORT


@pytest.mark.parametrize(
    ("sheet", "cell", "value"),
    [
        ("区县", "E2", 0.9999),
        ("点位明细", "B4", "别的名字"),
        ("结论", "A5", "达到目标。"),
        ("证明", "B1", "0" * 64),
    ],
)
def test_an_edited_cell_is_named(tmp_path: Path, proof: Proof, sheet: str, cell: str, value: Any) -> None:
    path = written(tmp_path, proof, "xlsx")
    book = load_workbook(path)
    book[sheet][cell] = value
    book.save(path)

    assert places(path) == [f"{sheet}!{cell}"]


def test_a_sheet_that_was_taken_out_or_put_in_is_named(tmp_path: Path, proof: Proof) -> None:
    path = written(tmp_path, proof, "xlsx")
    book = load_workbook(path)
    del book["镇街"]
    book.create_sheet("补充")
    book.save(path)

    assert sorted(places(path)) == sorted(["镇街", "补充"])


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory, proof: Proof) -> Path:
    return written(tmp_path_factory.mktemp("workbook"), proof, "xlsx")


def _shown_otherwise(book: Any) -> None:
    for cell in book["区县"][2][4:7]:
        cell.number_format = '"99.87%"'


def _with_hidden_rows(book: Any) -> None:
    book["点位明细"].row_dimensions[5].hidden = True
    book["区县"].row_dimensions[3].height = 0.1


def _with_a_hidden_column(book: Any) -> None:
    book["区县"].column_dimensions["E"].hidden = True


def _with_a_hidden_sheet(book: Any) -> None:
    book["点位明细"].sheet_state = "hidden"


def _white_on_white(book: Any) -> None:
    book["结论"]["A5"].font = Font(color="FFFFFF")


def _covered(book: Any) -> None:
    content = BytesIO()
    Image.new("RGB", (400, 60), "white").save(content, "png")
    book["结论"].add_image(Picture(content), "A5")


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (_shown_otherwise, {"区县!E2", "区县!F2", "区县!G2"}),
        (_with_hidden_rows, {"点位明细!5:5", "区县!3:3"}),
        (_with_a_hidden_column, {"区县!E:E"}),
        (_with_a_hidden_sheet, {"点位明细"}),
        (_white_on_white, {"结论!A5"}),
        (_covered, {"xl/media/image1.png"}),
    ],
)
def test_what_only_looks_otherwise_is_named(
    tmp_path: Path, workbook: Path, edit: Any, named: set[str]
) -> None:
    """The values in the cells are as they were; what people see is not."""
    path = tmp_path / "report.xlsx"
    book = load_workbook(workbook)
    edit(book)
    book.save(path)

    general, *found = check_report(path).flaws
    assert "the look of this file was changed" in general.what.en
    assert {flaw.place for flaw in found} == named


def test_one_changed_byte_of_the_styles_is_found(tmp_path: Path, workbook: Path) -> None:
    path = tmp_path / "report.xlsx"
    with ZipFile(workbook) as made, ZipFile(path, "w") as edited:
        for name in made.namelist():
            content = made.read(name)
            edited.writestr(name, content.replace(b"C8D0D8", b"C8D0D9") if "styles" in name else content)

    assert places(path) == ["report.xlsx"]


@pytest.mark.parametrize("part", ["total", "nodes", "outages", "rules", "invented"])
def test_the_part_of_the_json_that_was_edited_is_named(tmp_path: Path, proof: Proof, part: str) -> None:
    path = written(tmp_path, proof, "json")
    document = json.loads(path.read_text())
    document["report"][part] = _edited(document["report"][part])
    path.write_text(json.dumps(document))

    assert places(path) == [part]


def _edited(value: Any) -> Any:
    """The same with one thing inside it changed: a truth turned, a number one higher, a list one shorter."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [_edited(value[0]), *value[1:]] if isinstance(value[0], dict) else value[1:]
    name = next(name for name, inner in value.items() if inner and not isinstance(inner, str))
    return value | {name: _edited(value[name])}


def test_an_edit_that_hides_itself_in_the_digest_breaks_the_signature(tmp_path: Path, proof: Proof) -> None:
    """Who changes the figures and all digests still has no key."""
    other = report(20, seed=2)
    path = tmp_path / "report.json"
    writer_of("json")(other, replace(proof, digest=digest(other)), "zh", path)

    assert places(path) == ["proof"]


def test_a_report_signed_by_another_key_is_found_when_the_right_one_is_known(
    tmp_path: Path, proof: Proof
) -> None:
    path = written(tmp_path, proof, "json")

    assert places(path, "ab" * 32) == ["proof"]


def test_an_edited_row_of_csv_is_named_by_its_line(tmp_path: Path, proof: Proof) -> None:
    path = written(tmp_path, proof, "csv")
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace("met", "missed", 1)
    path.write_text("\n".join(lines) + "\n")

    assert places(path) == ["3"]


def test_one_flipped_bit_of_a_pdf_is_found(tmp_path: Path, proof: Proof) -> None:
    path = written(tmp_path, proof, "pdf")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    assert places(path) == ["report.pdf"]


def test_what_belongs_to_a_file_must_be_there(tmp_path: Path, proof: Proof) -> None:
    path = written(tmp_path, proof, "pdf")
    beside(path).unlink()

    with pytest.raises(NoReportError, match=r"report\.pdf\.json: is missing"):
        check_report(path)


@pytest.mark.parametrize("name", ["report.json", "report.xlsx"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"report": 1}', b"PK\x03\x04", b"\xff\xfe"])
def test_any_other_file_is_no_report(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(NoReportError):
        check_report(path)


@pytest.mark.parametrize(
    "edit", [{"revision": 3}, {"made_at": "2026-12-01T00:00:00.000Z"}, {"form": 0}, {"form": 2}]
)
def test_nobody_says_that_it_is_another_revision_or_of_another_day(
    tmp_path: Path, proof: Proof, edit: dict[str, Any]
) -> None:
    path = written(tmp_path, proof, "json")
    document = json.loads(path.read_text())
    document["proof"] |= edit
    path.write_text(json.dumps(document))

    assert places(path) == ["proof"]
