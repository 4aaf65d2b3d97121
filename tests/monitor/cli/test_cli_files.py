"""``init`` and ``check``, and the help, as somebody new meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_talk import quanshi, quanshi_here
from rich.cells import cell_len
from small_site import camera, write_site

COMMANDS = (
    *("demo", "init", "check", "run", "status", "probe"),
    *("maintenance", "report", "verify", "user", "sim"),
)


def test_the_version_is_one_line() -> None:
    assert quanshi("--version").stdout.startswith("quanshi ")


def test_the_help_lists_the_commands_in_the_order_of_need() -> None:
    shown = quanshi_here("--help").stdout

    places = [shown.index(f"\n  {command}") for command in COMMANDS]
    assert places == sorted(places)
    assert "plan" not in shown


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_help_fits_80_columns_and_speaks_both_languages(command: tuple[str, ...]) -> None:
    shown = quanshi(*command, "--help").stdout

    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert any("\u4e00" <= sign <= "\u9fff" for sign in shown)
    assert any(word in shown.split() for word in ("Write", "Check", "the"))


def test_no_command_is_wrong_use() -> None:
    assert quanshi().returncode == 2
    assert quanshi_here("watch").returncode == 2


@pytest.mark.parametrize(("language", "word"), [("zh", "没有错误"), ("en", "no mistakes")])
def test_what_init_writes_passes_check_in_its_language(tmp_path: Path, language: str, word: str) -> None:
    written = quanshi_here("init", tmp_path / "site", "--language", language)

    assert written.returncode == 0
    assert "quanshi check --site" in written.stdout
    checked = quanshi_here("check", "--site", tmp_path / "site" / "site.yaml")
    assert checked.returncode == 0
    assert word in checked.stdout
    assert not any(other in checked.stdout for other in ("没有错误", "no mistakes") if other != word)


def test_init_overwrites_nothing_and_says_so_in_three_lines(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("mine")

    refused = quanshi_here("init", tmp_path, "--language", "en")

    assert refused.returncode == 1
    what, where, advice = refused.stderr.splitlines()
    assert what == "nothing was written"
    assert "nodes.csv" in where
    assert "another folder" in advice
    assert [path.name for path in tmp_path.iterdir()] == ["nodes.csv"]


def test_init_explains_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused = quanshi_here("init", tmp_path / "file" / "site")

    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 3


def test_check_takes_the_folder_for_the_file_in_it(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])

    assert quanshi_here("check", "--site", tmp_path).returncode == 0
    assert quanshi("check", cwd=tmp_path).returncode == 0
    assert quanshi("check", QUANSHI_SITE=str(tmp_path)).returncode == 0


def test_check_without_a_site_says_how_to_get_one(tmp_path: Path) -> None:
    missing = quanshi_here("check", "--site", tmp_path / "none" / "site.yaml")

    assert missing.returncode == 1
    assert "不存在\n  quanshi init 目录" in missing.stderr
    assert str(tmp_path / "none" / "site.yaml") in missing.stderr


def test_check_prints_what_where_and_what_to_do(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1", "vidoe")], language="en")

    found = quanshi_here("check", "--site", tmp_path)

    assert found.returncode == 1
    assert 'nodes.csv:2  network = "vidoe"\n  not a network of this site (video)\n' in found.stderr
    assert '  did you mean "video"?' in found.stderr
    assert found.stderr.endswith(": 1 mistake\n")


def test_check_for_programs_is_one_json_document(tmp_path: Path) -> None:
    path = write_site(tmp_path, [camera("cam-1"), camera("cam-2", "vidoe")])

    found = quanshi_here("check", "--site", path, "--json")

    assert found.returncode == 1
    said = json.loads(found.stdout)
    assert said["ok"] is False
    assert said["mistakes"][0]["file"] == "nodes.csv"
    assert (said["mistakes"][0]["line"], said["mistakes"][0]["value"]) == (3, "vidoe")
    write_site(tmp_path, [camera("cam-1")])
    assert json.loads(quanshi_here("check", "--site", path, "--json").stdout) == {
        "ok": True,
        "nodes": 1,
        "watches": {"video": 1},
    }


def flood(folder: Path, language: str) -> Path:
    """A site with 2,000 mistakes in it."""
    return write_site(folder, [camera(f"cam-{number}", "vidoe") for number in range(2000)], language=language)


def test_check_lists_a_flood_of_mistakes_to_the_last(tmp_path: Path) -> None:
    found = quanshi_here("check", "--site", flood(tmp_path, "zh"))

    assert found.stderr.count("不是本站点的网络") == 2000
    assert "nodes.csv:2001  network" in found.stderr
    assert found.stderr.endswith("共 2,000 处错误\n")
    assert "另有" not in found.stderr


@pytest.mark.parametrize(
    ("language", "what", "more"),
    [
        ("zh", "不是本站点的网络", "… 另有 1,950 处，全部："),
        ("en", "not a network of this site", "… 1,950 more, all of them:"),
    ],
)
def test_other_commands_cut_the_flood_and_say_where_all_of_it_is(
    tmp_path: Path, language: str, what: str, more: str
) -> None:
    path = flood(tmp_path, language)

    found = quanshi_here("probe", "cam-1", "--site", path)

    assert found.returncode == 1
    assert found.stderr.count(what) == 50
    assert f"{more} quanshi check --site {path}\n" in found.stderr
    assert "2,000" in found.stderr.splitlines()[-1]


def test_a_terminal_that_lacks_our_signs_gets_others_instead(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])

    checked = quanshi("check", "--site", tmp_path, PYTHONIOENCODING="ascii")

    assert checked.returncode == 0
    assert "Traceback" not in checked.stderr
