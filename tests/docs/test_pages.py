"""The documents: what an English page names stands in its Chinese twin too; every link leads somewhere."""

from __future__ import annotations

from itertools import zip_longest
from os.path import normpath, relpath
from pathlib import Path

import pytest
from pages import PAGES, ROOT, is_there, links, sections

CHINESE = ".zh-CN.md"
TWINS = [page for page in PAGES if page.endswith(CHINESE)]
FOR_PROGRAMMERS = {"CHANGELOG.md", "docs/design.md"}
"""English alone."""


def english_of(chinese: str) -> str:
    return {"docs/README.zh-CN.md": "README.md"}.get(chinese, chinese.replace(CHINESE, ".md"))


def test_every_page_for_those_who_run_it_has_its_twin() -> None:
    assert set(PAGES) - set(TWINS) - FOR_PROGRAMMERS == {english_of(chinese) for chinese in TWINS}


@pytest.mark.parametrize("chinese", TWINS)
def test_a_twin_has_the_headings_names_rows_and_commands_of_the_english_page(chinese: str) -> None:
    pairs = list(zip_longest(sections(ROOT / english_of(chinese)), sections(ROOT / chinese)))
    assert all(english and twin for english, twin in pairs), "one has headings that the other lacks"
    for english, twin in pairs:
        assert twin.level == english.level, twin.title
        assert twin.names == english.names, twin.title
        assert twin.rows == english.rows, twin.title
        assert twin.code == english.code, twin.title


@pytest.mark.parametrize("chinese", TWINS)
def test_twins_link_to_each_other(chinese: str) -> None:
    for page, other in ((chinese, english_of(chinese)), (english_of(chinese), chinese)):
        assert relpath(ROOT / other, (ROOT / page).parent) in links(ROOT / page)


@pytest.mark.parametrize("chinese", TWINS)
def test_a_twin_leads_where_the_english_page_leads_and_to_twins(chinese: str) -> None:
    english, twins = english_of(chinese), {english_of(twin): twin for twin in TWINS}
    assert pages_behind(chinese) - {english} == {
        twins.get(each, each) for each in pages_behind(english) - {chinese}
    }


def pages_behind(page: str) -> set[str]:
    """The other pages that it links to, by their path in the repository."""
    paths = (link.partition("#")[0] for link in links(ROOT / page))
    return {normpath(Path(page).parent / path) for path in paths if path.endswith(".md")}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading_in_it(page: str) -> None:
    assert [link for link in links(ROOT / page) if not is_there(ROOT / page, link)] == []
