"""A report of another version is checked by its figures, its words are not held against it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from checked_kit import places, signed, written
from openpyxl import load_workbook

from monitor import __version__
from monitor.commands import reverifying
from monitor.ledger.signing import Signer
from monitor.reports.check import check_report
from monitor.reports.document import Proof
from monitor.reports.edition import software, wording
from monitor.reports.formats import beside

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
    book["区县"]["C1"] = "从前的列名"
    book.save(path)

    assert sorted(places(path)) == sorted(["补充", "区县!C1"])


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
        (("", ""), []),
        ((",met,", ",missed,"), ["2 verdict"]),
        (("intact_low", "intact_min"), ["intact_min"]),
        (("intact_low", "intact_high"), ["intact_high"]),
    ],
)
def test_a_table_with_fewer_columns_is_checked_by_those_that_it_has(
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
