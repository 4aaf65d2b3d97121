"""What people do while something is wrong: acknowledge, and ask for maintenance with four eyes."""

from __future__ import annotations

import re

import pytest
from browser_city import PASSWORD, BrowserCity
from conftest import Enter
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_alert_is_acknowledged_by_who_is_on_call_and_others_see_it(
    city: BrowserCity, enter: Enter
) -> None:
    switch = city.towns()[1]
    async with enter("op") as duty, enter("look") as other:
        await duty.open("alerts")
        await other.open("alerts")
        with city.dead(switch):
            mine = duty.page.get_by_role("row").filter(has_text=switch.name)
            theirs = other.page.get_by_role("row").filter(has_text=switch.name)
            await expect(mine).to_be_visible(timeout=25_000)
            await mine.get_by_role("button", name="确认").click()
            await duty.page.get_by_label("备注").fill("已派人 <b>现场</b>")
            await duty.page.get_by_role("dialog").get_by_role("button", name="确认").click()
            await expect(mine).to_contain_text("op 已确认", ignore_case=True)
            await expect(theirs).to_contain_text("op 已确认", ignore_case=True)
            await expect(theirs.get_by_role("button")).to_have_count(0)
            await mine.get_by_role("link").click()
            await expect(duty.page.get_by_text("已派人 <b>现场</b>")).to_be_visible()


async def test_maintenance_takes_four_eyes(city: BrowserCity, enter: Enter) -> None:
    camera = city.cameras(city.towns()[2])[0]
    async with enter("boss") as asking, enter("op") as beside, enter("boss2") as approving:
        page = asking.page
        await asking.open(f"maintenance?node={camera.id}")
        await page.get_by_label("说明").fill("更换电源")
        await page.get_by_role("dialog").get_by_role("button", name="申请维护").click()
        asked = page.get_by_role("row").filter(has_text="更换电源")
        await expect(asked).to_contain_text("待批准")
        await expect(asked).to_contain_text("本人的申请须由他人批准")
        await expect(asked.get_by_role("button", name="批准")).to_have_count(0)

        await beside.open("maintenance")
        seen = beside.page.get_by_role("row").filter(has_text="更换电源")
        await expect(seen).to_contain_text("待批准")
        await expect(seen.get_by_role("button", name="批准")).to_have_count(0)

        await approving.open("maintenance")
        waiting = approving.page.get_by_role("row").filter(has_text="更换电源")
        await waiting.get_by_role("button", name="批准").click()
        for window in (approving, asking, beside):
            row = window.page.get_by_role("row").filter(has_text="更换电源")
            await expect(row).to_contain_text("进行中")
        await beside.open(f"node/{camera.id}")
        await expect(beside.page.get_by_text("维护").first).to_be_visible()


async def test_a_silence_begins_where_the_outage_stands_and_ends_only_when_asked_twice(
    city: BrowserCity, enter: Enter
) -> None:
    switch = city.towns()[3]
    async with enter("op") as duty:
        page, dialog = duty.page, duty.page.get_by_role("dialog")
        with city.dead(switch):
            await duty.open("outages")
            await page.get_by_role("link", name=switch.name).click(timeout=25_000)
            await page.get_by_role("button", name="静默").click()
            await expect(dialog.get_by_label("范围按")).to_have_value("parents")
            await expect(dialog.get_by_role("listitem")).to_have_text(f"{switch.name}✕")
            await dialog.get_by_label("包括").fill("没有这个")
            await dialog.get_by_label("包括").press("Enter")
            await dialog.get_by_role("button", name="去掉 没有这个").click()
            await dialog.get_by_label("原因").fill("割接 <i>中</i>")
            await dialog.get_by_label("原因").press("Enter")
            await expect(dialog).to_have_count(0)

        await duty.open("alerts?view=silences")
        row = page.get_by_role("row").filter(has_text="割接 <i>中</i>")
        await expect(row).to_contain_text(f"{switch.name} 之下")
        end = row.get_by_role("button", name="结束静默")
        for leave in ("Enter", "Escape"):
            await end.press("Enter")
            await expect(dialog.get_by_role("button", name="取消")).to_be_focused()
            await page.keyboard.press(leave)
            await expect(dialog).to_have_count(0)
            await expect(end).to_be_focused()
        await end.press("Enter")
        await expect(dialog.get_by_role("button", name="取消")).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(row).to_have_count(0)


async def test_alerts_are_chosen_by_the_address_and_the_address_by_what_is_chosen(enter: Enter) -> None:
    async with enter("look") as window:
        page = window.page
        await window.open("alerts?view=all&severity=info&offset=50")
        await expect(page.get_by_role("tab", name="全部")).to_have_attribute("aria-selected", "true")
        await expect(page.get_by_label("级别")).to_have_value("info")
        await page.get_by_label("规则").select_option("budget")
        await page.get_by_label("网络").select_option("police")
        await expect(page).to_have_url(
            re.compile(r"#/alerts\?view=all&severity=info&rule=budget&network=police$")
        )
        await expect(page.get_by_text("没有这样的告警")).to_be_visible()


async def test_the_key_of_an_authenticator_can_be_scanned(enter: Enter) -> None:
    async with enter("look") as window:
        await window.open("me")
        panel = window.page.get_by_role("region", name="动态验证码")
        await panel.get_by_label("当前密码").fill(PASSWORD)
        await panel.get_by_role("button", name="启用").click()
        code = window.page.get_by_role("img", name="动态验证码的二维码")
        await expect(code).to_be_visible()
        box = await code.bounding_box()
        assert box
        assert box["width"] == box["height"] >= 200
