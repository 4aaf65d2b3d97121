"""What ``make ui`` builds: small, and fit for a strict content security policy."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from monitor.web.static import FOLDER

UI = FOLDER.parent / "ui"
FIRST_LOAD = 400_000


@pytest.fixture(scope="module")
def index() -> str:
    assert (FOLDER / "index.html").exists(), "the pages are not built: make ui"
    return (FOLDER / "index.html").read_text()


def built() -> list[Path]:
    return [path for path in FOLDER.rglob("*") if path.is_file()]


def test_the_page_has_nothing_inline(index: str) -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", index)


def test_no_style_or_address_needs_data_urls() -> None:
    assert [path.name for path in built() if b"data:" in path.read_bytes() and path.suffix == ".css"] == []


def test_every_name_but_the_first_changes_with_its_content() -> None:
    fixed = sorted(path.name for path in built() if not re.search(r"-[\w-]{8}\.(js|css)$", path.name))
    assert fixed == ["icon.svg", "index.html"]


def test_no_source_map_is_shipped() -> None:
    assert [path.name for path in built() if path.suffix == ".map"] == []


def test_all_of_it_but_the_charts_is_small(index: str) -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in built()}
    assert sum(size for name, size in sizes.items() if not name.startswith("charts-")) <= FIRST_LOAD, sizes


def test_the_lock_names_versions_and_hashes_but_no_address() -> None:
    lock = json.loads((UI / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert [name for name, each in packages.items() if not each.get("integrity")] == []
