"""What is installed: the wheel holds the pages as built, and none of them loads anything from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from zipfile import ZipFile

import pytest

from monitor.web.static import FOLDER

ROOT = FOLDER.parents[2]
PAGES = "monitor/web/static/"
FROM_A_PAGE = re.compile(r"""(?:\w+:)?//[\w-]+\.[a-z][\w./-]+""", re.IGNORECASE | re.ASCII)
"""An address, also one that begins with two slashes, as in ``src``."""
WITH_SCHEME = re.compile(r"\bhttps?://[\w-]+\.[a-z][\w./-]*", re.IGNORECASE | re.ASCII)
NAMESPACES = "http://www.w3.org/"
"""Names of XML vocabularies: nothing is loaded from there."""
INVENTED = re.compile(r"\.example\b")
"""Names of RFC 2606: there is no such address."""
ROBOTS = {"https://oapi.dingtalk.com", "https://qyapi.weixin.qq.com", "https://open.feishu.cn"}
"""What the alert role asks, where the site has such a channel."""
VOCABULARIES = {"https://json-schema.org/draft/2020-12/schema"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Every file of a wheel built from this tree, by its path there."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    [path] = folder.iterdir()
    with ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def addresses(files: Iterable[tuple[str, bytes]], pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for name, content in files:
        yield from ((name, found) for found in pattern.findall(content.decode("utf-8", "ignore")))


def test_the_pages_are_in_it_as_they_were_built(wheel: Mapping[str, bytes]) -> None:
    packed = {name.removeprefix(PAGES): content for name, content in wheel.items() if name.startswith(PAGES)}
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    assert packed == {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in files}
    assert "index.html" in packed, "the pages are not built: make ui"


def test_what_the_pages_are_built_from_is_not(wheel: Mapping[str, bytes]) -> None:
    assert [name for name in wheel if name.startswith("monitor/web/ui/")] == []


def test_no_page_loads_anything_from_elsewhere(wheel: Mapping[str, bytes]) -> None:
    pages = ((name, content) for name, content in wheel.items() if name.startswith(PAGES))
    assert {each for each in addresses(pages, FROM_A_PAGE) if not each[1].startswith(NAMESPACES)} == set()


def test_nothing_else_in_it_names_an_address_that_a_page_could_load(wheel: Mapping[str, bytes]) -> None:
    rest = (
        (name, content)
        for name, content in wheel.items()
        if not name.startswith(PAGES) and "LICENSE" not in name
    )
    found = {address for _, address in addresses(rest, WITH_SCHEME) if not INVENTED.search(address)}
    assert found == ROBOTS | VOCABULARIES
