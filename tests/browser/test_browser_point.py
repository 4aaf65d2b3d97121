"""A point's page, live."""

from __future__ import annotations

import re

import pytest
from browser_city import BrowserCity
from conftest import Enter
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_how_long_probes_took_is_drawn_and_goes_on_without_reloading(
    city: BrowserCity, enter: Enter
) -> None:
    camera = city.cameras(city.towns()[0])[0]
    async with enter("look") as window:  # which complains of any breach of the CSP
        await window.open(f"node/{camera.id}")
        chart = window.page.get_by_role("img", name=re.compile(r"rtsp 最近 [\d.]+ m?s"))
        await expect(chart.locator("canvas")).to_be_visible(timeout=30_000)
        told = await chart.get_attribute("aria-label")
        await chart.hover()  # its tooltip is drawn, too
        await expect(chart).not_to_have_attribute("aria-label", told or "", timeout=30_000)
