"""nodes.xlsx, written by another library than the one that reads it."""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from config_folder import Folder, told

HEADING = ["id", "kind", "network", "address", "class", "commissioned"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).site("nodes: nodes.xlsx\n")


def write(folder: Folder, *rows: list[Any]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    folder.write("nodes.xlsx", content.getvalue())
    return content.getvalue()


def test_a_workbook_is_read_as_its_cells_look(folder: Folder) -> None:
    write(
        folder,
        ["# invented"],
        [],
        HEADING,
        ["c1", "摄像机", "video", "10.0.0.1", 1, date(2026, 1, 2)],
        ["44098300001320000001", "camera", "video", "10.0.0.2"],
    )
    nodes = folder.load().inventory.nodes
    assert list(nodes) == ["c1", "44098300001320000001"]
    assert (nodes["c1"].point_class, nodes["c1"].commissioned) == (1, date(2026, 1, 2))


def test_rows_have_the_numbers_that_the_spreadsheet_shows(folder: Folder) -> None:
    write(folder, HEADING, [], [], ["c1", "camera", "vidoe", "10.0.0.1"])
    assert folder.complaint() == told(
        (
            'nodes.xlsx:4  network = "vidoe"',
            "not a network of this site (video, police)",
            'did you mean "video"?',
        )
    )


def test_a_code_that_the_spreadsheet_rounded_is_a_mistake(folder: Folder) -> None:
    write(folder, HEADING, [44098300001320000001.0, "camera", "video", "10.0.0.1"])
    assert folder.complaint() == told(
        (
            'nodes.xlsx:2  id = "4.409830000132e+19"',
            "a spreadsheet has rounded this id, its last digits are lost",
            "set the column to text in the spreadsheet and enter the ids again",
        )
    )


def test_a_failed_formula_is_a_mistake(folder: Folder) -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADING)
        sheet.write_row(1, 0, ["c1", "camera", "video"])
        sheet.write_formula(1, 3, "=Gone!A1", value="#REF!")
    folder.write("nodes.xlsx", content.getvalue())
    assert folder.complaint() == told(
        ("nodes.xlsx:2", "a formula here failed: #REF!", "write the value itself")
    )


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(folder: Folder) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(41):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 10_000_000)
    assert len(content.getvalue()) < 4_000_000
    folder.write("nodes.xlsx", content.getvalue())
    assert folder.complaint() == told(("nodes.xlsx", "unpacks to more than 400 MB, which is the limit"))


@pytest.mark.parametrize("cut", [10, 500, 2000, -30])
def test_a_broken_workbook_is_one_clear_mistake(folder: Folder, cut: int) -> None:
    content = write(folder, HEADING, ["c1", "camera", "video", "10.0.0.1"])
    folder.write("nodes.xlsx", content[:cut])
    assert folder.complaint() == told(
        (
            "nodes.xlsx",
            "is not a workbook that can be read (BadZipFile)",
            "open it and save it again as .xlsx, or as CSV UTF-8",
        )
    )


def test_another_zip_file_is_no_workbook(folder: Folder) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("letter.txt", "hello")
    folder.write("nodes.xlsx", content.getvalue())
    assert folder.complaint().startswith("nodes.xlsx\n  is not a workbook that can be read (KeyError)")


def test_openpyxl_is_imported_only_for_a_workbook(tmp_path: Path) -> None:
    import subprocess

    folder = Folder(tmp_path)
    code = (
        "import sys, pathlib; from monitor.config import load_site; "
        "load_site(pathlib.Path(sys.argv[1])); sys.exit('openpyxl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder.path / "site.yaml")], check=False)
    assert done.returncode == 0
