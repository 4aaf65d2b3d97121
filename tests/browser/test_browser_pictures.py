"""Pictures of the pages, for people to look at: ``build/screenshots/*.png``."""

from __future__ import annotations

from pathlib import Path

import pytest
import tools
from browser_city import BrowserCity
from conftest import Enter
from playwright.async_api import Browser, expect
from visits import PHONE, Window, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def album() -> Path:
    folder = tools.HERE / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


DRAWN = """
(letter) => {
  const sheet = document.createElement("canvas").getContext("2d");
  sheet.font = "40px sans-serif";
  sheet.fillText(letter, 10, 60);
  return sheet.canvas.toDataURL();
}
"""


async def test_the_browser_has_chinese_letters(browser: Browser) -> None:
    """Without them, all of them are the same empty box."""
    page = await browser.new_page()
    assert len({await page.evaluate(DRAWN, letter) for letter in "全时点位故障"}) == 6
    await page.close()


async def test_each_page_is_pictured(city: BrowserCity, enter: Enter, album: Path) -> None:
    camera = city.cameras(city.towns()[0])[0]
    pages = {
        "look": {"overview": "", "outages": "outages"},
        "op": {
            "nodes": "nodes",
            "node": f"node/{camera.id}",
            "alerts": "alerts",
            "maintenance": "maintenance",
        },
        "aud": {"audit": "audit", "reports": "reports"},
        "adm": {"inventory": "inventory", "about": "about"},
        "sec": {"accounts": "accounts", "me": "me"},
    }
    for who, places in pages.items():
        async with enter(who) as window:
            for name, place in places.items():
                if name == "node":
                    await window.open(place)
                    await expect(window.page.get_by_text("rtsp").first).to_be_attached(timeout=20_000)
                await picture(window, place, album / f"{name}.png")


async def test_the_overview_is_pictured_light_english_and_on_a_phone(enter: Enter, album: Path) -> None:
    for name, wishes in {
        "light": {"theme": "light"},
        "english": {"language": "en"},
        "phone": {"size": PHONE},
    }.items():
        async with enter("op", **wishes) as window:
            await picture(window, "", album / f"overview-{name}.png", whole=name == "phone")


async def test_a_storm_is_pictured(city: BrowserCity, enter: Enter, album: Path) -> None:
    """Two towns at once: one frame and one line for each, however many points hang behind it."""
    async with enter("op") as window:
        await window.open()
        towns = city.towns()[3:5]
        points = sum(len(city.cameras(each)) for each in towns)
        with city.dead(towns[0]), city.dead(towns[1]):
            happening = window.page.locator(".happening > li")
            for switch in towns:
                await expect(happening.filter(has_text=switch.name)).to_have_count(1, timeout=25_000)
            await expect(window.page.get_by_text(f"上游故障 {points}").first).to_be_attached()
            await window.page.screenshot(path=album / "overview-storm.png")


async def picture(window: Window, place: str, file: Path, *, whole: bool = False) -> None:
    await settled(window, place)
    await window.page.screenshot(path=file, full_page=whole)
    assert file.stat().st_size > 10_000
