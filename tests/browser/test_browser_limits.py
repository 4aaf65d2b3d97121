"""Who sees what; on a phone, in English, with a screen reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import tools
from browser_city import NASTY_REGION, BrowserCity
from conftest import Enter
from playwright.async_api import Page, expect
from visits import PHONE, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = tools.HERE / "monitor" / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
FORBIDDEN = "您的账号没有查看此页的权限"
PLACES = {"inventory": "清单", "accounts": "账号", "audit": "审计"}
ALLOWED = {
    "sec": "accounts",
    "adm": "inventory",
    "aud": "audit",
    "op": "",
    "boss": "",
    "look": "",
}


@pytest.mark.parametrize(("who", "allowed"), ALLOWED.items())
async def test_each_role_has_its_pages_and_is_told_of_the_others(
    who: str, allowed: str, enter: Enter
) -> None:
    async with enter(who) as window:
        page = window.page
        await window.open("about")
        menu = page.get_by_role("navigation")
        await expect(menu.get_by_role("link", name="总览")).to_be_visible()
        for place, name in PLACES.items():
            await expect(menu.get_by_role("link", name=name)).to_have_count(int(place == allowed))
            await window.open(place)
            if place == allowed:
                await expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_attached()
            else:
                await expect(page.get_by_text(FORBIDDEN)).to_be_visible()


async def test_a_viewer_sees_nothing_that_changes_something(city: BrowserCity, enter: Enter) -> None:
    camera = city.cameras(city.towns()[2])[0]
    async with enter("look") as window:
        page = window.page
        for place, there, gone in (
            ("maintenance", "维护", ("申请维护", "申请更正")),
            ("alerts?view=silences", "静默", ("开始静默",)),
            (f"node/{camera.id}", camera.name, ("立即探测", "申请维护")),
        ):
            await window.open(place)
            await expect(page.get_by_role("main").get_by_text(there).first).to_be_attached()
            for name in gone:
                await expect(page.get_by_role("button", name=name)).to_have_count(0)
        await expect(page.get_by_text(camera.addresses[0].host)).to_have_count(0)


async def test_who_has_not_logged_in_is_asked_to_and_comes_back_where_he_wanted_to_go(
    enter: Enter, city: BrowserCity
) -> None:
    async with enter() as window:
        window.expects("401")
        page = window.page
        await window.open("outages")
        await page.get_by_label("账号").fill("op")
        await page.get_by_label("密码").fill("wrong, twelve 12")
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await page.get_by_label("密码").fill("Three kinds, 12")
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("heading", level=1, name="故障")).to_be_attached()


MAIN = ("", "nodes", "outages", "alerts", "reports")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_on_a_phone_nothing_is_wider_than_the_screen(
    language: str, enter: Enter, city: BrowserCity
) -> None:
    camera = city.cameras(city.towns()[0])[0]
    async with enter("op", size=PHONE, language=language) as window:
        for place in (*MAIN, f"node/{camera.id}", "maintenance", "me"):
            await settled(window, place)
            wide = await window.page.evaluate("document.scrollingElement.scrollWidth")
            assert wide <= PHONE[0], f"{place or 'overview'}: {wide}"
            for panel in await window.page.locator(".panel").all():
                inside = await panel.evaluate("each => each.scrollWidth - each.clientWidth")
                assert inside <= 0, f"{place or 'overview'}: {inside} in {await panel.inner_text()}"


async def test_on_a_phone_a_row_of_a_long_table_is_a_card_under_its_name(enter: Enter) -> None:
    async with enter("op", size=PHONE) as window:
        await settled(window, "nodes")
        row = window.page.locator("tbody tr").first
        name, state = row.locator("td.main"), row.locator("td[data-head='状态']")
        above, below = await name.bounding_box(), await state.bounding_box()
        assert above
        assert below
        assert above["y"] + above["height"] <= below["y"], "it stands in the first column on a wide screen"
        assert above["width"] > 300
        await expect(state).to_contain_text("正常")


async def test_in_english_no_word_is_left_in_chinese(enter: Enter, city: BrowserCity) -> None:
    async with enter("op", language="en") as window:
        for place in (*MAIN, "maintenance", "about", "me"):
            await settled(window, place)
            words = "button, nav a, h1, h2, h3, th, label, legend, option, dt, p"
            found = await window.page.locator(words).all_inner_texts()
            chinese = [text for text in found if re.search(r"[\u4e00-\u9fff]", without_names(text, city))]
            assert chinese == [], place
        assert await window.page.evaluate("document.documentElement.lang") == "en"


OURS = ("全时", "中文")
"""What is called so in every language."""


def without_names(text: str, city: BrowserCity) -> str:
    """What is named by the site's own files stays as it is there."""
    networks = (network.name for network in city.site.networks.values())
    regions = (region.name for region in city.city.regions)
    nodes = (node.name for node in city.city.nodes)
    contractors = {node.contractor for node in city.city.nodes} - {""}
    for name in sorted(
        {*networks, *regions, *nodes, *contractors, NASTY_REGION, *OURS}, key=len, reverse=True
    ):
        text = text.replace(name, "")
    return text


DARK = {
    "look": ("", "nodes", "outages", "reports", "about"),
    "op": ("node", "alerts", "maintenance"),
    "sec": ("accounts", "me"),
    "adm": ("inventory",),
    "aud": ("audit",),
    "": ("login",),
}
LIGHT = {"op": ("", "nodes", "node", "reports"), "": ("login",)}
"""Colours alone are others there, and they are the same everywhere."""


@pytest.mark.parametrize(
    ("theme", "pages", "rules"), [("dark", DARK, {}), ("light", LIGHT, {"runOnly": ["color-contrast"]})]
)
async def test_axe_finds_nothing_serious(
    theme: str, pages: Mapping[str, Sequence[str]], rules: Any, enter: Enter, city: BrowserCity
) -> None:
    camera = city.cameras(city.towns()[0])[0]
    assert AXE.is_file(), "`make check` brings it"
    source = AXE.read_text(encoding="utf-8")
    found = []
    for who, places in pages.items():
        async with enter(who, theme=theme) as window:
            window.expects("401")
            for place in places:
                await settled(window, f"node/{camera.id}" if place == "node" else place)
                found += [f"{place or 'overview'}: {each}" for each in await axed(window.page, source, rules)]
    assert not found, "\n".join(found)


async def axed(page: Page, source: str, rules: Any) -> list[str]:
    """What axe calls serious or critical."""
    await page.evaluate(source)
    result = await page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], ...rules})", rules)
    return [
        f"{each['id']} ({each['impact']}): {', '.join(str(node['target']) for node in each['nodes'][:4])}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]
