"""Papers that go in and out: reports, and the node list."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from browser_city import NASTY, NASTY_REGION, Account, BrowserCity
from conftest import Enter
from playwright.async_api import FilePayload, Page, expect

from monitor.ledger import Ledger

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW = "44090000001320009999"
COLUMNS = (
    "id", "name", "kind", "class", "network", "region", "level", "parent", "address", "probes",
    "contractor", "lon", "lat", "commissioned", "retired",
)  # fmt: skip


async def record_newer(city: BrowserCity) -> None:
    """A revision of the latest report that says something else."""
    async with await Ledger.open(city.site.ledger_url) as ledger:
        latest, *_ = await ledger.reports()
        await ledger.record_report(latest.question, "0" * 64, latest.made_at + 1, {})


async def test_a_report_is_previewed_made_taken_away_and_found_right(
    city: BrowserCity, enter: Enter, tmp_path: Path
) -> None:
    async with enter("aud") as window:
        page = window.page
        await window.open("reports")
        await page.get_by_role("button", name="预览数字").click()
        await expect(page.get_by_role("main")).to_contain_text("一类点位完好率")
        await page.get_by_label("PDF").uncheck()
        await page.get_by_role("button", name="生成报告").click()
        done = page.get_by_role("status").filter(has_text="已生成")
        await expect(done).to_be_visible(timeout=30_000)
        async with page.expect_download() as downloading:
            await done.get_by_role("button", name="XLSX").click()
        report = tmp_path / "report.xlsx"
        await (await downloading.value).save_as(report)
        await page.locator("input[type=file]").set_input_files(report)
        await expect(page.get_by_text("与生成时一致，签名有效。")).to_be_visible()
        await expect(page.get_by_text("已有更新的修订")).to_have_count(0)
        await record_newer(city)
        await page.locator("input[type=file]").set_input_files(report)
        await expect(page.get_by_text("与生成时一致，签名有效。 已有更新的修订 2。")).to_be_visible()
    book = openpyxl.load_workbook(report, read_only=True)
    cover = " ".join(str(cell) for row in book.worksheets[0].values for cell in row if cell is not None)
    assert "完好率" in cover
    command = [sys.executable, "-m", "monitor.cli", "verify", "--site", str(city.site.path), str(report)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_a_list_with_mistakes_changes_nothing_and_a_right_one_changes_the_board(
    city: BrowserCity, people: Mapping[str, Account], enter: Enter
) -> None:
    path = city.directory / "nodes.csv"
    former = path.read_bytes()
    town = city.city.regions[-1].code
    async with enter("adm") as window, enter("look") as wall:
        page = window.page
        await wall.open()
        await expect(wall.page.get_by_text(f"共 {city.city.points} 个点位")).to_be_attached()
        await window.open("inventory")
        await bring(page, with_row(former, network="vidoe", region=town))
        await expect(page.get_by_role("alert")).to_contain_text("处错误，未作任何改变")
        wrong = page.get_by_role("row").filter(has_text="vidoe")
        await expect(wrong).to_contain_text("network")
        await expect(wrong).to_contain_text("video")
        await expect(page.get_by_role("button", name="启用这份清单")).to_have_count(0)
        assert path.read_bytes() == former

        await bring(page, with_row(former, network="video", region=town))
        await expect(page.get_by_text("没有错误：新增 1")).to_be_visible()
        await expect(page.get_by_role("row").filter(has_text=NEW)).to_contain_text(NASTY)
        await apply(page)
        try:
            await expect(wall.page.get_by_text(f"共 {city.city.points + 1} 个点位")).to_be_attached(
                timeout=20_000
            )
            await is_shown_as_text(wall.page, city)
        finally:
            await bring(page, former)
            await apply(page)
        await expect(wall.page.get_by_text(f"共 {city.city.points} 个点位")).to_be_attached(timeout=20_000)


async def bring(page: Page, content: bytes) -> None:
    file: FilePayload = {"name": "nodes.csv", "mimeType": "text/csv", "buffer": content}
    await page.locator("input[type=file]").set_input_files(file)


async def apply(page: Page) -> None:
    await page.get_by_role("button", name="启用这份清单").click()
    await page.get_by_role("dialog").get_by_role("button", name="启用这份清单").click()
    await expect(page.get_by_text("清单已更换，正在读入。").last).to_be_visible()


def with_row(list_: bytes, *, network: str, region: str) -> bytes:
    """The list with one more camera, at which nobody answers, named by somebody who means harm."""
    row = {"id": NEW, "name": NASTY, "kind": "camera", "class": "1", "network": network, "region": region}
    row |= {"address": "127.0.0.1:9", "probes": "rtsp@2s", "contractor": NASTY}
    text = io.StringIO()
    csv.DictWriter(text, COLUMNS, lineterminator="\n").writerow(row)
    return list_ + text.getvalue().encode()


async def is_shown_as_text(page: Page, city: BrowserCity) -> None:
    """On the wall, in lists, on the page of the point: what the list says, and nothing of it done."""
    await expect(page.locator(".happening")).to_contain_text(NASTY, timeout=20_000)
    await expect(page.locator(".ranking")).to_be_attached()
    origin = page.url.partition("#")[0]
    for place in (f"nodes?q={NEW}", f"node/{NEW}", "outages", "alerts"):
        await page.goto(f"{origin}#/{place}")
        await expect(page.get_by_role("main")).to_contain_text(NASTY)
        if place.startswith("node"):
            await expect(page.get_by_role("main")).to_contain_text(NASTY_REGION)
        assert await page.locator("main img, main script, main [onload], main [onerror]").count() == 0
    await page.goto(f"{origin}#/")
