"""Whoever edits a report is found, and the place that was edited is named."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.drawing.image import Image as Picture
from openpyxl.styles import Font
from PIL import Image
from report_kit import PROOF, report

from monitor import __version__
from monitor.commands import reverifying
from monitor.ledger.signing import Signer
from monitor.reports.check import NoReportError, check_report
from monitor.reports.document import SIGNED_FORM, Proof
from monitor.reports.edition import software, wording
from monitor.reports.formats import BESIDE, FORMATS, beside, writer_of
from monitor.reports.jsonform import digest

REPORT = report(20)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer.of(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def proof(signer: Signer) -> Proof:
    made_by = replace(PROOF, software=software(), wording=wording(), form=SIGNED_FORM)
    return signed(signer, replace(made_by, digest=digest(REPORT), key=signer.public))


def signed(signer: Signer, proof: Proof) -> Proof:
    return replace(proof, signature=signer.sign(proof.text()).hex())


def written(folder: Path, proof: Proof, form: str, language: str = "zh") -> Path:
    path = folder / f"report.{form}"
    writer_of(form)(REPORT, proof, language, path)
    if form in BESIDE:
        writer_of("json")(REPORT, proof, language, beside(path))
    return path


def places(path: Path, public: str | None = None) -> list[str]:
    return [flaw.place for flaw in check_report(path, public).flaws]


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
    path = written(tmp_path, signed(signer, replace(proof, software="", wording="")), "json")

    assert json.loads(path.read_text())["proof"].keys().isdisjoint({"software", "wording"})
    assert check_report(path).flaws == []
