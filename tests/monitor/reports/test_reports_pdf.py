"""The printed report, read again and rendered."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from report_kit import FORMULA, HOUR, PROOF, figures, report

from monitor.model.timeline import Parts
from monitor.reports import pdf
from monitor.reports.document import Report
from monitor.reports.paper import paper_of
from monitor.reports.pdf import write_pdf
from monitor.reports.story import story_of
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


def with_towns(count: int) -> Report:
    """The report by town, with so many of them, the second of which misses its target for sure."""
    good = REPORT.tables["town"][0]
    bad = figures(Parts(up=90 * HOUR, down_own=10 * HOUR))
    doubt = figures(Parts(up=97 * HOUR, unknown=3 * HOUR))
    own = {0: figures(Parts(up=100 * HOUR)), 1: bad, 2: doubt}
    towns = tuple(
        replace(good, key=f"t{number}", name=f"第{number}镇", figures=own.get(number, good.figures))
        for number in range(count)
    )
    return replace(REPORT, by="town", tables={**REPORT.tables, "town": towns})


def test_a_bar_has_the_colour_of_its_verdict() -> None:
    bars = paper_of(story_of(with_towns(3), PROOF, "en"))["bars"]
    assert [bar["verdict"] for bar in bars] == ["met", "missed", "not_provable"]


def test_of_many_groups_one_page_shows_the_first_and_says_so(tmp_path: Path) -> None:
    write_pdf(with_towns(127), PROOF, "en", tmp_path / "report.pdf")
    cover, chart, table = (
        page.get_textpage().get_text_bounded().replace(" ", "")
        for _, page in zip(range(3), pypdfium2.PdfDocument(tmp_path / "report.pdf"), strict=False)
    )
    assert "signature" in cover
    assert "第0镇" not in cover
    assert "30of127,therestinthetable" in chart
    assert "第29镇" in chart
    assert "第30镇" not in chart
    assert chart.rindex("%100%") > chart.index("第29镇"), "the ends of the axis"
    assert "第30镇" in table


def test_where_no_group_has_a_figure_there_is_no_chart(tmp_path: Path) -> None:
    write_pdf(with_towns(0), PROOF, "en", tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size


def test_the_rest_of_few_groups_is_nowhere() -> None:
    assert paper_of(story_of(with_towns(30), PROOF, "zh"))["bars_note"] == ""
    nodes = paper_of(story_of(replace(REPORT, by="node"), PROOF, "zh"))
    assert nodes["bars_note"] == "图中为 60 项中的前 30 项，其余见电子表格"


def test_no_english_heading_runs_into_the_next(tmp_path: Path) -> None:
    """No two pieces of text above the first row share any paper."""
    write_pdf(with_towns(127), PROOF, "en", tmp_path / "report.pdf")
    page = pypdfium2.PdfDocument(tmp_path / "report.pdf")[2].get_textpage()
    boxes = [page.get_rect(index) for index in range(page.count_rects())]
    heads = sorted(box for box in boxes if _is_head(page, box))
    for one, other in combinations(heads, 2):
        apart = one[2] <= other[0] + 0.5 or one[3] <= other[1] + 0.5 or other[3] <= one[1] + 0.5
        assert apart, (page.get_text_bounded(*one), page.get_text_bounded(*other))


def _is_head(page: Any, box: tuple[float, float, float, float]) -> bool:
    """Whether it stands between the page's heading and the first row."""
    return 680 < box[1] < 780 and not any(sign.isdigit() for sign in page.get_text_bounded(*box))


def test_without_its_font_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "FONTS", "no-such-folder")

    with pytest.raises(Trouble, match="cannot be made"):
        write_pdf(REPORT, PROOF, "zh", tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()
