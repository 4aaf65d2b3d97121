"""``quanshi maintenance``: two people, and all of it in the ledger."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from cli_talk import Answer, quanshi_here
from small_site import camera, write_site

from monitor.ledger import Ledger
from monitor.model.actions import Action

SPAN = ("--from", "2026-10-05 01:00", "--to", "2026-10-05 05:00")
LATER = ("--from", "2098-01-01", "--to", "2098-01-02")
WORK = ("--reason", "planned_work")
NOTE = ("--note", "割接")
OTHER_USER = 65_534


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path, [camera("cam-1", contractor="甲公司"), camera("cam-2")], language="zh")


def maintenance(site: Path, *words: str) -> Answer:
    return quanshi_here("maintenance", *words, "--site", site)


def approved(site: Path, *words: str) -> Answer:
    """What 张三 asks for, approved by 李四."""
    (asked,) = json.loads(maintenance(site, *words, "--by", "张三", "--json").stdout)
    return maintenance(site, "approve", asked["id"], "--by", "李四")


def verified(site: Path) -> dict[str, Any]:
    """What ``quanshi verify`` says of the ledger."""
    document: dict[str, Any] = json.loads(quanshi_here("verify", "--site", site, "--json").stdout)
    return document


def trail(site: Path) -> list[Action]:
    """What the audit trail says, the oldest first."""

    async def read() -> list[Action]:
        async with await Ledger.open(f"sqlite+aiosqlite:///{site.parent / 'data' / 'ledger.db'}") as ledger:
            return [row.action for row in await ledger.actions()][::-1]

    return asyncio.run(read())


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


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("maintenance", "approve", "M1", "--by", "李四"), 0),
        (("maintenance", "approve", "M1", "--by", "张三"), 2),
        (("user", "add", "li", "--name", "李四", "--role", "operator"), 0),
        (("alerts", "silence", "add", "--all", "--for", "1h", "--note", "割接", "--by", "张三"), 0),
    ],
)
def test_a_command_leaves_nothing_unsigned(site: Path, words: tuple[str, ...], status: int) -> None:
    """Two that came hours apart, while no monitor ran, looked as if a checkpoint had been taken away."""
    maintenance(site, "add", "--node", "cam-1", *SPAN, *WORK, *NOTE, "--by", "张三")
    asked = verified(site)
    done = quanshi_here(*words, "--site", site)
    answered = verified(site)

    assert done.returncode == status, done.stderr
    assert answered["links"] > asked["links"]
    assert [each["signed"]["link"] for each in (asked, answered)] == [asked["links"], answered["links"]]


def test_a_command_that_only_looks_signs_nothing(site: Path) -> None:
    maintenance(site, "list")

    assert not (site.parent / "data" / "ledger.key").exists()
    assert verified(site)["links"] == 0


def test_nobody_asks_and_approves_in_one_command(site: Path) -> None:
    both = maintenance(site, "add", "--all", *SPAN, *WORK, *NOTE, "--by", "张三", "--approved-by", "李四")

    assert both.returncode == 2
    assert json.loads(maintenance(site, "list", "--json").stdout) == []


def test_without_names_another_user_of_the_system_approves(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = pwd.getpwuid(os.geteuid()).pw_name
    maintenance(site, "add", "--all", *LATER, *WORK)
    maintenance(site, "add", "--all", *LATER, *WORK, "--by", "张三")
    for name in ("M1", "M2"):
        refused = maintenance(site, "approve", name)
        assert refused.returncode == 2
        assert f"{name} 由系统用户 {mine} 申请" in refused.stderr

    monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)
    assert maintenance(site, "approve", "M1").returncode == 0
    (two, one) = json.loads(maintenance(site, "list", "--json").stdout)
    assert (one["requested_by"], one["approved_by"]) == (mine, pwd.getpwuid(OTHER_USER).pw_name)
    assert two["approved_by"] is None


def test_whose_process_decided_is_in_the_audit_trail(site: Path) -> None:
    maintenance(site, "add", "--all", *LATER, *WORK, "--by", "张三")
    maintenance(site, "approve", "M1", "--by", "张三")
    maintenance(site, "approve", "M1", "--by", "李四")
    maintenance(site, "end", "M1", "--by", "王五")

    lines = trail(site)
    assert [(line.account, line.action, line.target, line.outcome.value) for line in lines] == [
        ("张三", "maintenance.ask", "M1", "ok"),
        ("张三", "maintenance.approve", "M1", "refused"),
        ("李四", "maintenance.approve", "M1", "ok"),
        ("王五", "maintenance.end", "M1", "ok"),
    ]
    mine = pwd.getpwuid(os.geteuid()).pw_name
    assert {(line.address, line.facts["system_user"]) for line in lines} == {("local", mine)}


def test_what_is_past_needs_a_note(site: Path) -> None:
    for words in (("add", "--all", *SPAN, *WORK), ("correct", "cam-2", *SPAN, "--state", "up")):
        refused = maintenance(site, *words, "--by", "张三", "--note", " ")
        assert refused.returncode == 2
        assert "属事后处理，须写明说明" in refused.stderr
    assert json.loads(maintenance(site, "list", "--json").stdout) == []
    assert maintenance(site, "add", "--all", *LATER, *WORK, "--by", "张三").returncode == 0


@pytest.mark.parametrize(("language", "words"), [("zh", "事后批准"), ("en", "approved afterwards")])
def test_what_was_approved_only_after_it_had_begun_is_marked(
    tmp_path: Path, language: str, words: str
) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language=language)
    approved(site, "add", "--all", *SPAN, *WORK, *NOTE)
    approved(site, "add", "--all", *LATER, *WORK)
    maintenance(site, "add", "--all", *SPAN, *WORK, *NOTE, "--by", "张三")

    listed = maintenance(site, "list").stdout.splitlines()

    assert [line.split()[0] for line in listed if words in line] == ["M1"]
    assert [line.split()[0] for line in listed[::2]] == ["M3", "M2", "M1"]


def test_it_can_end_before_its_time_and_then_no_more(site: Path) -> None:
    years = ("--from", "2026-01-01", "--to", "2099-12-31")
    approved(site, "add", "--contractor", "甲公司", *years, *WORK, *NOTE)

    ended = maintenance(site, "end", "M1", "--by", "王五")

    assert ended.returncode == 0
    assert "已结束" in ended.stdout
    assert maintenance(site, "end", "M1", "--by", "王五").returncode == 2


def test_a_state_is_put_right_by_two_people(site: Path) -> None:
    assert approved(site, "correct", "cam-2", *SPAN, "--state", "up", *NOTE).returncode == 0
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
