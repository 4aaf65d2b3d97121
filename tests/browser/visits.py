"""A browser's windows, each with an eye on what must never happen in one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import tools
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The network is cut: no name has an address, and no address but this machine's is reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WIDE = (1920, 1080)
PHONE = (390, 844)
PATIENCE = 10_000.0
"""Milliseconds in which a page must have become what is expected of it, on a machine with much to do."""

expect.set_options(timeout=PATIENCE)


@dataclass
class Window:
    """A page of the site. ``wrong`` is what it complained of, or asked for elsewhere."""

    page: Page
    origin: str
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    async def open(self, where: str = "") -> None:
        """A page by its place behind ``#/``."""
        await self.page.goto(f"{self.origin}/#/{where}")

    def expects(self, *texts: str) -> None:
        """Complaints with one of these texts are what this test is about."""
        self.expected += texts

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):  # a breach of the CSP is told as an error
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", f"blob:{self.origin}/")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    @property
    def complaints(self) -> list[str]:
        return [each for each in self.wrong if not any(text in each for text in self.expected)]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(
            executable_path=tools.find("chromium-headless-shell"), args=list(FLAGS), env={**tools.env()}
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visit(
    browser: Browser,
    origin: str,
    cookie: str = "",
    *,
    size: tuple[int, int] = WIDE,
    language: str = "zh",
    theme: str = "dark",
) -> AsyncIterator[Window]:
    """A window of its own, in which one is logged in by this cookie. Nothing may have gone wrong in it."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN" if language == "zh" else "en-GB",
        reduced_motion="reduce",
        has_touch=size == PHONE,
    )
    context.set_default_timeout(PATIENCE)
    if cookie:
        await context.add_cookies([{"name": "quanshi", "value": cookie, "url": origin}])
    await _prefer(context, lang=language, theme=theme)
    window = Window(await context.new_page(), origin)
    window.watch()
    try:
        yield window
    finally:
        await context.close()
    assert not window.complaints, window.complaints


async def _prefer(context: BrowserContext, **choices: Any) -> None:
    """As somebody who has chosen so before."""
    for name, choice in choices.items():
        key = f"quanshi.{name}"
        await context.add_init_script(
            f"localStorage.getItem({key!r}) ?? localStorage.setItem({key!r}, {choice!r})"
        )


async def settled(window: Window, place: str) -> None:
    """Open a page, and wait until nothing on it says that it still reads."""
    await window.open(place)
    await expect(window.page.get_by_role("main").locator("h1, h2").first).to_be_attached()
    await expect(window.page.get_by_text(re.compile("正在读取|Loading|正在连接"))).to_have_count(0)
