"""The printed report, read again and rendered."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from report_kit import FORMULA, PROOF, report

from monitor.reports import pdf
from monitor.reports.pdf import write_pdf
from monitor.trouble import Trouble

REPORT = report(60)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_pdf(REPORT, PROOF, "zh", found)
    return found


@pytest.fixture(scope="module")
def pages(path: Path) -> list[str]:
    """The text of each page, its line breaks left out."""
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded().replace("\r\n", "") for page in document]


def test_the_verdict_stands_on_the_first_page(pages: list[str]) -> None:
    assert "视频网络可用性报告" in pages[0]
    assert "一类点位完好率" in pages[0]
    assert "审核签字" in pages[0]
    assert PROOF.digest in pages[0]


def test_every_page_has_its_number_and_says_that_the_data_is_invented(pages: list[str]) -> None:
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page
        assert "虚构" in page


def test_the_rest_tells_the_same_story_as_the_workbook(pages: list[str]) -> None:
    text = "".join(pages)
    for heading in (
        "区县",
        "镇街",
        "误差预算",
        "最差点位",
        "剔除时间",
        "人工更正",
        "未观测时间",
        "统计方法",
        "证明",
    ):
        assert heading in text
    assert "台风停电" not in text or "张三" in text
    assert FORMULA.replace(" ", "") in text.replace(" ", "").replace("’", "'").replace("‘", "'")


def test_it_is_pdf_a_with_its_fonts_inside(path: Path) -> None:
    content = path.read_bytes()

    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in content
    assert b"NotoSansSC" in content
    assert b"/FontFile" in content


def test_pages_are_drawn_and_no_letter_is_missing(path: Path, tmp_path: Path) -> None:
    """A missing letter would have been a warning, and a warning refuses the report."""
    document = pypdfium2.PdfDocument(path)
    for number, page in enumerate(document):
        picture = page.render(scale=1).to_pil().convert("L")
        picture.save(tmp_path / f"page-{number}.png")
        shades = picture.histogram()
        assert sum(shades[:128]) > 500, number


def test_the_same_report_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_pdf(REPORT, PROOF, "zh", tmp_path / "again.pdf")

    assert (tmp_path / "again.pdf").read_bytes() == path.read_bytes()


def test_in_english_the_headings_are_english(tmp_path: Path) -> None:
    write_pdf(REPORT, PROOF, "en", tmp_path / "report.pdf")
    text = pypdfium2.PdfDocument(tmp_path / "report.pdf")[0].get_textpage().get_text_bounded()

    assert "Availability of the video network" in text
    assert "Demo data" in text


def test_without_its_font_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "FONTS", "no-such-folder")

    with pytest.raises(Trouble, match="cannot be made"):
        write_pdf(REPORT, PROOF, "zh", tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()
