"""The first account: by the one-time link, once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from browser_city import PASSWORD
from playwright.async_api import Browser, expect
from small_site import camera, make_site
from visits import visit
from waiting import until

from monitor.bus.embedded import EmbeddedServer
from tests.monitor.monitor_kit import running

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_first_link_makes_an_administrator_and_works_once(tmp_path: Path, browser: Browser) -> None:
    site = make_site(tmp_path, [camera("a")], web={"anonymous": "none"})
    server = EmbeddedServer(site.data)
    server.start()
    try:
        async with running(site, server.url) as monitor:
            note = site.data / "first-login"
            await until(lambda: asyncio.to_thread(note.exists))
            link = note.read_text().strip()
            await follow(browser, monitor.url, link)
            assert not note.exists()
            await follow_again(browser, monitor.url, link)
    finally:
        server.stop()


async def follow(browser: Browser, origin: str, link: str) -> None:
    async with visit(browser, origin) as window:
        page = window.page
        await page.goto(link)
        await page.get_by_label("账号", exact=True).fill("chief")
        await page.get_by_label("姓名").fill("张<b>安</b>全")
        await page.get_by_label("新密码").fill(PASSWORD)
        await page.get_by_label("再输入一次").fill(PASSWORD)
        await page.get_by_role("button", name="设置密码并登录").click()
        await expect(page.get_by_role("link", name="张<b>安</b>全")).to_be_visible()
        assert "secret" not in page.url
        await page.get_by_role("navigation").get_by_role("link", name="账号").click()
        row = page.get_by_role("row").filter(has_text="chief")
        await expect(row).to_contain_text("安全管理员")
        cookies = {each["name"]: each for each in await page.context.cookies()}
        assert cookies["quanshi"]["httpOnly"]
        assert cookies["quanshi"]["sameSite"] == "Strict"


async def follow_again(browser: Browser, origin: str, link: str) -> None:
    async with visit(browser, origin) as window:
        window.expects("400", "403", "404", "410")
        page = window.page
        await page.goto(link)
        await page.get_by_label("新密码").fill(PASSWORD)
        await page.get_by_label("再输入一次").fill(PASSWORD)
        await page.get_by_role("button", name="设置密码并登录").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await page.context.cookies() == []
