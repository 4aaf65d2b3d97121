"""``quanshi user``: accounts without the pages, each step in the ledger, no password seen by anybody."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cli_talk import Answer, quanshi_here
from rich.cells import cell_len
from small_site import camera, write_site

from monitor.access.access import Access, url_of
from monitor.access.passwords import Hasher
from monitor.config import load_site
from monitor.ledger.ledger import Ledger
from monitor.model.actions import Action, Outcome

CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
PASSWORD = "Three kinds, 12"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path, [camera("cam-1")], language="en", web={"url": "https://q.example"})


def user(site: Path, *words: str) -> Answer:
    return quanshi_here("user", *words, "--site", site)


def told(site: Path, *words: str) -> dict[str, Any]:
    said = user(site, *words, "--json")
    assert said.returncode == 0, said.stderr
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def recorded(site: Path) -> list[Action]:
    """What the audit trail has, the oldest first."""

    async def read() -> list[Action]:
        async with await Ledger.open(load_site(site).ledger_url) as ledger:
            return [row.action for row in await ledger.actions()][::-1]

    return asyncio.run(read())


def redeemed(site: Path, link: str, **first: str) -> str:
    """Set a password by this link, as its page does: the account that it was for."""
    place, _, secret = link.partition("/#/welcome?secret=")
    assert place == "https://q.example"

    async def redeem() -> str:
        loaded = load_site(site)
        url = url_of(loaded.ledger_url, loaded.data)
        async with await Access.open(url, hasher=Hasher(**CHEAP)) as access:
            given = {"account": None, "name": None, **first}
            begun = await access.redeem(secret, PASSWORD, 1, "127.0.0.1", **given)
            return begun.principal.account

    return asyncio.run(redeem())


def test_an_account_is_made_without_a_password_and_its_link_sets_one(site: Path) -> None:
    made = told(site, "add", "Zhang", "--name", "张三", "--role", "operator", "--role", "viewer")

    (account,) = made["accounts"]
    assert (account["account"], account["name"]) == ("zhang", "张三")
    assert account["roles"] == ["operator", "viewer"]
    assert account["waiting"]
    assert redeemed(site, made["link"]) == "zhang"
    assert not told(site, "list")["accounts"][0]["waiting"]


def test_accounts_are_in_a_file_of_their_own_for_nobody_else(site: Path) -> None:
    told(site, "add", "zhang", "--role", "viewer")
    file = site.parent / "data" / "accounts.db"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_link_of_the_first_account_is_given_as_long_as_there_is_none(site: Path) -> None:
    old, new = told(site, "link")["link"], told(site, "link")["link"]
    kept = site.parent / "data" / "first-login"

    assert old != new
    assert kept.read_text() == f"{new}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert redeemed(site, new, account="root", name="管理员") == "root"
    late = user(site, "link")
    assert (late.returncode, late.stdout) == (1, "")
    assert "there are accounts already" in late.stderr
    assert not kept.exists()
    assert told(site, "list")["accounts"][0]["roles"] == ["security"]


def test_every_change_is_in_the_ledger_and_no_link_is(site: Path) -> None:
    links = [told(site, "add", "zhang", "--role", "viewer")["link"], told(site, "reset", "zhang")["link"]]
    told(site, "roles", "zhang", "--role", "auditor")
    told(site, "disable", "zhang")
    told(site, "enable", "zhang")
    user(site, "add", "zhang", "--role", "viewer")
    told(site, "list")

    actions = recorded(site)
    assert [(one.action, one.target, one.outcome) for one in actions] == [
        ("account.make", "zhang", Outcome.OK),
        ("account.reset", "zhang", Outcome.OK),
        ("account.change", "zhang", Outcome.OK),
        ("account.change", "zhang", Outcome.OK),
        ("account.change", "zhang", Outcome.OK),
        ("account.make", "zhang", Outcome.REFUSED),
    ]
    assert actions[2].facts["roles"] == ["auditor"]
    assert [one.facts.get("disabled") for one in actions[3:5]] == [True, False]
    assert all((one.account, one.address) == ("", "local") for one in actions)
    assert all(one.facts["system_user"] for one in actions)
    for link in links:
        assert link.rpartition("=")[2] not in repr(actions)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("add", "zhang", "--role", "admin", "--role", "auditor"), 2, "separation of duties"),
        (("add", "zhang", "--role", "boss"), 2, "boss"),
        (("add", "zhang"), 2, "--role"),
        (("add", "Zhang San", "--role", "viewer"), 2, "letters, digits"),
        (("add", "../li", "--role", "viewer"), 2, "letters, digits"),
        (("add", "LI", "--role", "viewer"), 1, "the account LI exists"),
        (("reset", "wang"), 2, "no account wang"),
        (("roles", "wang", "--role", "viewer"), 2, "no account wang"),
        (("disable", "boss"), 1, "security administrator has to stay"),
        (("roles", "boss", "--role", "viewer"), 1, "security administrator has to stay"),
    ],
)
def test_what_may_not_be_done_is_said_and_changes_nothing(
    site: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    told(site, "add", "li", "--role", "viewer")
    told(site, "add", "boss", "--role", "security")
    before = told(site, "list")

    answer = user(site, *words)

    assert (answer.returncode, answer.stdout) == (status, "")
    assert said in answer.stderr
    assert told(site, "list") == before


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("值班员、查看员", "待设密码", "一次性链接")),
        ("en", ("operator, viewer", "waits for", "works once")),
    ],
)
def test_people_are_told_in_the_language_of_the_site(
    tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language=language)

    said = user(site, "add", "zhang", "--role", "operator", "--role", "viewer")

    assert said.returncode == 0
    assert all(word in said.stdout for word in words)
    *lines, link = said.stdout.splitlines()
    assert all(cell_len(line) <= 80 for line in lines)
    assert link.startswith("http://127.0.0.1")


@pytest.mark.parametrize(("language", "word"), [("zh", "还没有账号"), ("en", "no accounts yet")])
def test_without_accounts_it_says_how_to_get_the_first(tmp_path: Path, language: str, word: str) -> None:
    site = write_site(tmp_path, [camera("cam-1")], language=language)

    said = user(site, "list").stdout

    assert word in said
    assert "quanshi user link" in said


@pytest.mark.parametrize("command", ["", "list", "add", "reset", "roles", "disable", "enable", "link"])
def test_help_fits_80_columns_and_speaks_both_languages(command: str) -> None:
    shown = quanshi_here("user", *command.split(), "--help").stdout

    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert any("\u4e00" <= sign <= "\u9fff" for sign in shown)
    assert "accounts" in shown or "account" in shown
