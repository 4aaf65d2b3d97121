"""What is handed in lies on disk, one at a time for each person, and nothing is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from api_kit import Answer, Desk
from waiting import until

from monitor.desk.spool import PREFIX
from monitor.web import uploads

PATHS = [("/inventory/preview", "adm"), ("/reports/verify", "looker")]


async def hand_in(desk: Desk, path: str, who: str, body: AsyncIterator[bytes]) -> Answer:
    headers = {"Authorization": f"Bearer {desk.tokens[who]}", "X-File-Name": quote("r.json")}
    async with desk.client.post(f"/api/v1{path}", data=body, headers=headers) as answer:
        return Answer(answer.status, answer.headers, await answer.read())


def left(desk: Desk) -> list[str]:
    return [each.name for each in desk.site.data.glob(f"{PREFIX}*")]


async def slowly(begun: asyncio.Event, goes_on: asyncio.Event) -> AsyncIterator[bytes]:
    yield b"x"
    begun.set()
    await goes_on.wait()
    yield b"y"


@pytest.mark.parametrize(("path", "who"), PATHS)
async def test_while_one_is_on_its_way_the_same_account_hands_in_no_other(
    desk: Desk, path: str, who: str
) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(hand_in(desk, path, who, slowly(begun, goes_on)))
    await begun.wait()
    await until(lambda: left(desk))

    second = await desk.ask("POST", path, who, raw=b"x", X_File_Name="r.json")
    goes_on.set()

    assert (second.status, second.headers["Retry-After"]) == (429, "10")
    assert (await first).status in (200, 400)
    assert left(desk) == []


@pytest.mark.parametrize(("path", "who"), PATHS)
async def test_one_that_never_ends_is_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, who: str
) -> None:
    monkeypatch.setattr(uploads, "WITHIN", 0.2)
    answer = await hand_in(desk, path, who, slowly(asyncio.Event(), asyncio.Event()))

    assert answer.status == 408
    assert left(desk) == []


@pytest.mark.parametrize(("path", "who"), PATHS)
async def test_one_that_grows_too_large_is_ended_though_it_did_not_say_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, who: str
) -> None:
    monkeypatch.setattr("monitor.desk.inventory.LARGEST", 10_000)
    monkeypatch.setattr("monitor.desk.checking.LARGEST", 10_000)

    async def large() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 5_000

    assert (await hand_in(desk, path, who, large())).status == 413
    assert left(desk) == []


@pytest.mark.parametrize(("path", "who"), PATHS)
async def test_where_it_cannot_be_written_that_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, who: str
) -> None:
    def full(**_where: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monitor.desk.spool.tempfile.mkdtemp", full)
    answer = await desk.ask("POST", path, who, raw=b"x", X_File_Name="r.json")

    assert answer.status == 503
    assert "No space left" in answer.detail


async def test_a_list_that_was_previewed_stays_until_it_is_applied(desk: Desk) -> None:
    content = desk.site.sources["nodes"].read_bytes()
    found = (await desk.ask("POST", "/inventory/preview", "adm", raw=content)).json
    assert len(left(desk)) == 1

    await desk.post("/inventory/apply", {"upload": found["upload"]}, "adm")

    assert left(desk) == []


async def test_a_check_waits_for_other_checks_and_for_nothing_else(desk: Desk) -> None:
    async with desk.context.reckoning.turn():
        answer = await desk.ask("POST", "/reports/verify", "looker", raw=b"{}", X_File_Name="r.json")
        assert answer.status == 400
    async with desk.context.checks.turn():
        waits = asyncio.create_task(
            desk.ask("POST", "/reports/verify", "looker", raw=b"{}", X_File_Name="r.json")
        )
        await until(lambda: left(desk))
        await asyncio.sleep(0.1)
        assert not waits.done()
    assert (await waits).status == 400
