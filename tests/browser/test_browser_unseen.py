"""The wall while nobody looks at the points."""

from __future__ import annotations

import re

import pytest
from browser_city import BrowserCity
from conftest import Enter
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATE = 30_000
"""Milliseconds in which a collector that says nothing is late: two of its intervals, and some."""

SILENT = 45_000
"""Milliseconds in which what it watched is unknown."""


async def test_a_collector_that_stops_takes_the_calm_from_the_wall(city: BrowserCity, enter: Enter) -> None:
    async with enter("look") as window:
        page = window.page
        await window.open()
        band = page.get_by_role("alert").filter(has_text="无人观测")
        intact = page.locator(".key-figure").filter(has_text="完好率")
        await expect(intact).to_contain_text("实时")
        await expect(intact).to_contain_text("▲ 目标 98 %")
        await expect(band).to_have_count(0)
        with city.stopped("video"):
            await expect(band).to_contain_text("视频专网采集 无消息", timeout=LATE)
            await expect(band).to_contain_text(
                re.compile(r"自 \d\d:\d\d:\d\d（\d+ 秒） · \d+ 个监测项未被观测")
            )
            await expect(intact).to_have_class(re.compile("stale"))
            await expect(intact).to_contain_text(re.compile(r"\d+ 秒前"))
            await expect(page.locator(".fresh")).to_have_class(re.compile("stale"))
            await expect(page.locator(".fresh")).to_contain_text(re.compile(r"数据 [23]\d 秒前"))
            await expect(intact).to_contain_text("–", timeout=SILENT)
            await expect(intact).not_to_contain_text("▲")
            await expect(intact).to_contain_text("目标 98 %")
        await expect(band).to_have_count(0, timeout=SILENT)
        await expect(intact).to_contain_text("▲ 目标 98 %", timeout=SILENT)
        await expect(page.get_by_text("没有进行中的故障")).to_be_visible(timeout=SILENT)
