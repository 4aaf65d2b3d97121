"""Mistakes are told in the language of the site, to the last word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_talk import quanshi_here

from monitor.commands.terminal import width_of, wrapped

BROKEN = Path(__file__).parent / "broken_site"
"""Files with a mistake of nearly every kind; ``told.zh`` and ``told.en`` are what is to be said of them."""


@pytest.fixture
def broken(tmp_path: Path, language: str) -> Path:
    folder = tmp_path / "site"
    shutil.copytree(BROKEN, folder)
    (folder / "credentials.yaml").chmod(0o644)
    site = folder / "site.yaml"
    site.write_text(site.read_text().replace("language: zh", f"language: {language}"))
    return folder


@pytest.mark.parametrize("language", ["zh", "en"])
def test_check_tells_every_mistake_in_the_language_of_the_site(broken: Path, language: str) -> None:
    found = quanshi_here("check", "--site", broken)

    assert found.returncode == 1
    assert found.stderr.replace(str(broken), "SITE") == (BROKEN / f"told.{language}").read_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_it_prints_fits_into_eighty_columns(broken: Path, language: str) -> None:
    found = quanshi_here("check", "--site", broken)

    assert [line for line in found.stderr.split("\n")[:-2] if width_of(line) > 80] == []


@pytest.mark.parametrize(
    ("language", "allowed"),
    [
        ("zh", "不是本站点的网络（video、police）"),
        ("en", "not a network of this site (video, police)"),
    ],
)
def test_programs_are_told_the_same(broken: Path, language: str, allowed: str) -> None:
    found = json.loads(quanshi_here("check", "--site", broken, "--json").stdout)

    assert allowed in {mistake["allowed"] for mistake in found["mistakes"]}


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "不是 YAML：缺少逗号或 ]"), ("en", "this is not YAML: did not find expected ',' or ']'")],
)
def test_the_language_is_read_from_a_broken_file(tmp_path: Path, language: str, said: str) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(f"site: maoming\nlanguage: {language}\nnetworks: [video\n")

    found = quanshi_here("check", "--site", site)

    assert said in found.stderr


def test_lines_are_broken_where_a_reader_would() -> None:
    assert wrapped("短", "  ") == ["短"]
    assert wrapped("a" * 100) == ["a" * 100]
    assert wrapped("字" * 39 + "，好（是）", "  ") == ["字" * 39 + "，", "  好（是）"]
    assert wrapped("word " * 20, "  ") == ["word " * 15 + "word", "  word word word word"]
