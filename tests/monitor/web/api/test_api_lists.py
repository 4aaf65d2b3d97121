"""Long lists come page by page, each saying how long the whole is; and nobody counts while all wait."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from api_kit import Desk

from monitor.live.board import Board
from monitor.model.decisions import Scope
from monitor.model.times import format_time

HOUR = 3_600_000


async def fill(desk: Desk) -> None:
    """Three of everything that people make lists of."""
    now = desk.context.live.clock()
    works = {"start": format_time(now), "end": format_time(now + HOUR), "reason": "planned_work"}
    for number in range(3):
        scope = {"nodes": ["cam-1"]} if number else {"parents": ["sw-1"]}
        await desk.post("/maintenance", {**works, "scope": scope, "note": f"note {number}"})
        silence = {"scope": scope, "until": works["end"], "note": f"note {number}"}
        await desk.post("/silences", silence)
        await desk.ledger.record_report({"number": number}, f"digest-{number}", now, {})
    await desk.post("/maintenance/M2/approve", None, "boss")


LISTS = {
    "/maintenance": ("decisions", "id", "op", 3),
    "/silences": ("silences", "note", "op", 3),
    "/reports": ("reports", "digest", "op", 3),
    "/accounts": ("accounts", "account", "sec", 9),
    "/accounts/tokens": ("tokens", "account", "sec", 9),
    "/actions": ("actions", "link", "aud", 7),
}


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_comes_in_pages_that_together_are_the_whole(desk: Desk, path: str) -> None:
    name, key, who, total = LISTS[path]
    await fill(desk)
    whole = await desk.get(path, who)
    keys = [one[key] for one in whole[name]]

    first = await desk.get(f"{path}?limit=2", who)
    rest = await desk.get(f"{path}?limit=1000&offset=2", who)
    behind = await desk.get(f"{path}?offset=1000", who)

    assert len(set(keys)) == whole["total"] == total
    assert [one[key] for one in (*first[name], *rest[name])] == keys
    assert (len(first[name]), first["total"], rest["total"]) == (2, total, total)
    assert (behind[name], behind["total"]) == ([], total)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=x"])
async def test_a_page_has_bounds(desk: Desk, path: str, query: str) -> None:
    who = LISTS[path][2]
    assert (await desk.ask("GET", f"{path}?{query}", who)).status == 400


async def test_the_total_of_the_trail_is_of_what_was_asked_for(desk: Desk) -> None:
    await fill(desk)

    assert (await desk.get("/actions?account=boss", "aud"))["total"] == 1
    assert (await desk.get("/actions?action=silence.begin&limit=1", "aud"))["total"] == 3
    assert (await desk.get("/actions?until=2020-01-01T00:00:00Z", "aud"))["total"] == 0


async def test_a_page_of_decisions_holds_all_that_was_decided_of_them(desk: Desk) -> None:
    await fill(desk)

    (second,) = (await desk.get("/maintenance?limit=1&offset=1"))["decisions"]

    assert (second["id"], second["approved_by"], second["watches"]) == ("M2", "boss", 1)


async def test_what_a_scope_holds_is_counted_once_for_a_node_list_and_beside_the_loop(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[Any] = []
    count = Scope.holds

    def holds(self: Scope, *args: Any) -> bool:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        counted.append(args[0].id)
        return count(self, *args)

    monkeypatch.setattr(Scope, "holds", holds)
    coverage, live = desk.context.coverage, desk.context.live
    scopes = {Scope(nodes=("cam-1",)), Scope(parents=("sw-1",))}

    found = [await coverage.of(live.site, live.board, scopes) for _ in range(3)]

    assert found[0] == found[2]
    assert found[0][Scope(nodes=("cam-1",))] == 1
    assert len(counted) == 2 * len(live.board.watches)
    await coverage.of(live.site, Board(live.site, live.board.day), scopes)
    assert len(counted) == 4 * len(live.board.watches)
