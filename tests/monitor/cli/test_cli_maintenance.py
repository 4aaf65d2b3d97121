"""``quanshi maintenance``: two people, and all of it in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_talk import Answer, quanshi_here
from small_site import camera, write_site

SPAN = ("--from", "2026-10-05 01:00", "--to", "2026-10-05 05:00")
WORK = ("--reason", "planned_work")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path, [camera("cam-1", contractor="甲公司"), camera("cam-2")], language="zh")


def maintenance(site: Path, *words: str) -> Answer:
    return quanshi_here("maintenance", *words, "--site", site)


def test_what_one_asks_for_waits_until_another_approves(site: Path) -> None:
    asked = maintenance(site, "add", "--node", "cam-1", *SPAN, *WORK, "--by", "张三", "--note", "割接")
    assert asked.returncode == 0
    assert "M1" in asked.stdout
    assert "待批准" in asked.stdout

    himself = maintenance(site, "approve", "M1", "--by", " 张 三")
    assert himself.returncode == 2
    assert "批准人不得为申请人" in himself.stderr

    approved = maintenance(site, "approve", "M1", "--by", "李四")
    assert approved.returncode == 0
    (one,) = json.loads(maintenance(site, "list", "--json").stdout)
    assert (one["requested_by"], one["approved_by"], one["retroactive"]) == ("张三", "李四", True)
    assert one["start"] == "2026-10-04T17:00:00.000Z"  # on the clock of the place
    assert one["scope"] == {"nodes": ["cam-1"]}


def test_both_may_stand_in_one_command_and_the_same_person_may_not(site: Path) -> None:
    both = ("add", "--all", *SPAN, *WORK, "--by", "张三", "--approved-by")

    assert maintenance(site, *both, "张三").returncode == 2
    assert json.loads(maintenance(site, "list", "--json").stdout) == []
    assert maintenance(site, *both, "李四").returncode == 0
    assert len(json.loads(maintenance(site, "list", "--json").stdout)) == 1


@pytest.mark.parametrize(("language", "words"), [("zh", "事后批准"), ("en", "approved afterwards")])
def test_what_was_approved_only_after_it_had_begun_is_marked(
    tmp_path: Path, language: str, words: str
) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language=language)
    both = ("--all", *WORK, "--by", "张三", "--approved-by", "李四")
    maintenance(site, "add", *SPAN, *both)
    maintenance(site, "add", "--from", "2098-01-01", "--to", "2098-01-02", *both)
    maintenance(site, "add", "--all", *SPAN, *WORK, "--by", "张三")

    listed = maintenance(site, "list").stdout.splitlines()

    assert [line.split()[0] for line in listed if words in line] == ["M1"]
    assert [line.split()[0] for line in listed[::2]] == ["M3", "M2", "M1"]


def test_it_can_end_before_its_time_and_then_no_more(site: Path) -> None:
    years = ("--from", "2026-01-01", "--to", "2099-12-31")
    maintenance(site, "add", "--contractor", "甲公司", *years, *WORK, "--by", "张三", "--approved-by", "李四")

    ended = maintenance(site, "end", "M1", "--by", "王五")

    assert ended.returncode == 0
    assert "已结束" in ended.stdout
    assert maintenance(site, "end", "M1", "--by", "王五").returncode == 2


def test_a_state_is_put_right_by_two_people(site: Path) -> None:
    right = ("correct", "cam-2", *SPAN, "--state", "up", "--by", "张三", "--approved-by", "李四")

    assert maintenance(site, *right).returncode == 0
    (one,) = json.loads(maintenance(site, "list", "--json").stdout)
    assert (one["id"], one["node"], one["network"], one["state"]) == ("C1", "cam-2", "video", "up")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--node", "cam-3"), "是否应为“cam-2”？"),
        ((), "--all"),
        (("--all", "--node", "cam-1"), "--all"),
        (("--contractor", "乙公司"), "--contractor 乙公司：本站点没有"),
    ],
)
def test_what_is_not_known_is_wrong_use(site: Path, words: tuple[str, ...], said: str) -> None:
    refused = maintenance(site, "add", *words, *SPAN, *WORK, "--by", "张三")

    assert refused.returncode == 2
    assert said in refused.stderr


def test_a_time_that_ends_before_it_begins_is_wrong_use(site: Path) -> None:
    span = ("--from", "2026-10-05", "--to", "2026-10-01")
    refused = maintenance(site, "add", "--all", *span, *WORK, "--by", "张三")

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
