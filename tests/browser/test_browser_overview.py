"""The overview while a town dies."""

from __future__ import annotations

import asyncio

import pytest
from browser_city import BrowserCity, now_ms
from conftest import Enter
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITHIN = 2_000
"""Milliseconds from a collector's word to what is seen."""

LOOK = """
(town) => new Promise((tell) => {
  const seen = {};
  const cells = document.querySelectorAll(".stage canvas")[1];
  const isRed = () => {
    const { data } = cells.getContext("2d").getImageData(0, 0, cells.width, cells.height);
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] > 200 && data[at] > 140 && data[at + 1] < 110) return true;
    }
    return false;
  };
  if (isRed()) tell({});
  const look = () => {
    const now = Date.now();
    const list = document.querySelector(".happening")?.textContent ?? "";
    if (list.includes(town)) seen.outage ??= now;
    if (isRed()) seen.cells ??= now;
    if (seen.outage && seen.cells) tell(seen);
    else setTimeout(look, 30);
  };
  look();
})
"""
"""Tells when the town stands among the outages, and when there are red cells; nothing if there were some."""


async def test_a_town_that_dies_is_seen_within_two_seconds(city: BrowserCity, enter: Enter) -> None:
    switch = city.towns()[0]
    cameras = city.cameras(switch)
    async with enter("look") as window:
        page = window.page
        window.expects("willReadFrequently")  # it is we who read the canvas
        await window.open()
        await expect(
            page.get_by_text(f"共 {city.city.points} 个点位：正常 {city.city.points}")
        ).to_be_attached()
        await expect(page.get_by_text("没有进行中的故障")).to_be_visible()
        looking = asyncio.create_task(page.evaluate(LOOK, switch.name))
        begun = now_ms()
        with city.dead(switch):
            seen = await asyncio.wait_for(looking, 25)
            up = city.city.points - len(cameras)
            summary = page.get_by_text(f"共 {city.city.points} 个点位：正常 {up}, 上游故障 {len(cameras)}")
            await expect(summary).to_be_attached()
            await expect(page.get_by_text("最近变化")).to_be_visible()
            turned = min(city.told(each.id, begun) for each in cameras)
            blamed = max(turned, city.told(switch.id, begun))
        assert 0 <= seen["cells"] - turned <= WITHIN
        # It may stand there as suspected before the switch itself was heard of.
        assert seen["outage"] - blamed <= WITHIN
        await expect(page.get_by_text("没有进行中的故障")).to_be_visible(timeout=20_000)


async def test_a_bar_of_the_ranking_leads_to_its_county_by_pointer_and_by_keyboard(enter: Enter) -> None:
    async with enter("look") as window:
        ranking = window.page.locator(".ranking")
        await window.open()
        await expect(ranking.locator("canvas")).to_be_visible(timeout=20_000)
        await expect(window.page.locator(".trend canvas")).to_be_visible()
        first = ranking.get_by_role("listitem").first
        to = await first.get_by_role("link").get_attribute("href") or "nowhere"
        await first.get_by_role("link").focus()
        await window.page.keyboard.press("Enter")
        await expect(window.page).to_have_url(f"{window.origin}/{to}")
        await window.open()
        await expect(ranking.locator("canvas")).to_be_visible()
        place = await first.bounding_box()
        assert place is not None
        await window.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        await expect(window.page).to_have_url(f"{window.origin}/{to}")
