"""What people do while something is wrong: acknowledge, and ask for maintenance with four eyes."""

from __future__ import annotations

import pytest
from browser_city import BrowserCity
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
