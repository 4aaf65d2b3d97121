"""Pictures of the pages, for people to look at: ``build/screenshots/*.png``."""

from __future__ import annotations

from pathlib import Path

import pytest
import tools
from browser_city import BrowserCity
from conftest import Enter
from playwright.async_api import expect
from visits import PHONE, Window, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def album() -> Path:
    folder = tools.HERE / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
        with city.dead(city.towns()[3]), city.dead(city.towns()[4]):
            happening = window.page.locator(".happening > li")
            for switch in city.towns()[3:5]:
                await expect(happening.filter(has_text=switch.name)).to_have_count(1, timeout=25_000)
            await expect(window.page.get_by_text("上游故障").first).to_be_attached()
            await window.page.screenshot(path=album / "overview-storm.png")


async def picture(window: Window, place: str, file: Path, *, whole: bool = False) -> None:
    await settled(window, place)
    await window.page.screenshot(path=file, full_page=whole)
    assert file.stat().st_size > 10_000
