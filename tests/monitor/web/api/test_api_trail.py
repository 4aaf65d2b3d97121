"""Nothing is done without its line in the audit trail, and what was refused does not fill it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from api_kit import NOBODY, Desk

from monitor.access.access import Access
from monitor.access.lines import BROKEN_OFF
from monitor.access.trail import MOST_OPEN, WINDOW, Trail
from monitor.bus.tasks import end
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.model.actions import Action, Outcome
from monitor.model.said import Said

GHOST = {"account": "ghost", "name": "G", "roles": ["admin"]}
NOW = 1_795_392_000_000


@pytest.fixture
async def hasty(desk: Desk) -> AsyncIterator[Desk]:
    """Whose ledger does not wait long for a lock that somebody else holds."""
    async with await Ledger.open(desk.site.ledger_url, wait=0.05) as ledger:
        desk.context.ledger = ledger
        yield desk


@contextmanager
def locked(data: Path) -> Iterator[None]:
    other = sqlite3.connect(data / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def acted(name: str, outcome: Outcome = Outcome.OK, at: int = NOW) -> Action:
    return Action(at, "op", name, "t", outcome, "10.1.1.1")


async def names(desk: Desk) -> list[str]:
    return [each.action for each in await desk.trail()]


async def test_nothing_is_done_before_the_ledger_is_open(desk: Desk) -> None:
    desk.context.ledger = None

    made = await desk.ask("POST", "/accounts", "sec", GHOST)
    came = await desk.ask("POST", "/session", NOBODY, {"account": "op", "password": "Three kinds, 12"})

    assert (made.status, came.status) == (503, 503)
    assert "Set-Cookie" not in came.headers
    assert "ghost" not in [one["account"] for one in (await desk.get("/accounts", "sec"))["accounts"]]


async def test_nothing_is_done_or_handed_out_while_the_ledger_takes_nothing(hasty: Desk) -> None:
    with locked(hasty.site.data):
        made = await hasty.ask("POST", "/accounts", "sec", GHOST)
        taken = await hasty.ask("GET", "/inventory/file", "adm")

    assert (made.status, taken.status) == (503, 503)
    assert "ghost" not in [one["account"] for one in (await hasty.get("/accounts", "sec"))["accounts"]]
    assert await names(hasty) == []


async def test_a_line_that_the_ledger_did_not_take_comes_later_and_in_order(hasty: Desk) -> None:
    trail = hasty.context.trail
    first, second = acted("first"), acted("second")
    begun = [await trail.begin(replace(each, outcome=Outcome.UNCLEAR)) for each in (first, second)]
    with locked(hasty.site.data):
        await trail.end(begun[1], second)
        await trail.end(begun[0], first)
        refused = await hasty.ask("POST", "/accounts", "sec", GHOST)
    assert refused.status == 503

    assert (await hasty.ask("POST", "/accounts", "sec", GHOST)).status == 200

    assert await names(hasty) == ["first", "second", "account.make"]


async def test_what_broke_off_is_told_as_unclear(desk: Desk) -> None:
    """A process that ended in the middle: another one finds what it had begun."""
    now = desk.context.live.clock()
    await desk.context.trail.begin(acted("account.make", Outcome.UNCLEAR, now - BROKEN_OFF))
    await desk.context.trail.begin(acted("account.change", Outcome.UNCLEAR, now))

    await desk.context.trail.catch_up()

    (told,) = await desk.trail()
    assert (told.action, told.outcome) == ("account.make", Outcome.UNCLEAR)


async def test_an_error_in_the_middle_leaves_a_line(desk: Desk) -> None:
    """The node list is taken away under the feet of who puts another in place."""
    desk.context.reloader = None  # type: ignore[assignment]
    found = await desk.ask("POST", "/inventory/preview", "adm", raw=(desk.site.sources["nodes"]).read_bytes())

    answer = await desk.ask("POST", "/inventory/apply", "adm", {"upload": found.json["upload"]})

    assert answer.status == 500
    assert [(each.action, each.outcome) for each in await desk.trail()][1:] == [
        ("inventory.apply", Outcome.UNCLEAR)
    ]


async def test_refusals_that_are_alike_are_one_line_and_a_count(desk: Desk) -> None:
    clock = [NOW]
    desk.context.trail = Trail(lambda: desk.ledger, lambda: desk.context.access, lambda: clock[0])
    for number in range(50):
        assert (await desk.ask("DELETE", f"/accounts/tokens/t{number}", "looker")).status == 403
    assert len(await desk.trail()) == 1

    clock[0] += WINDOW
    await desk.ask("DELETE", "/accounts/tokens/last", "looker")

    _, counted, last = await desk.trail()
    assert (counted.account, counted.outcome) == ("looker", Outcome.REFUSED)
    assert counted.facts["repeated"] == 49
    assert len(counted.facts["targets"]) == 10
    assert last.target == "last"


async def test_what_is_refused_anew_while_its_rest_is_told_is_told_once_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telling takes a while: meanwhile another request may find that a count is over."""
    clock, tell = [NOW], type(desk.ledger).record_action

    async def slowly(ledger: Ledger, action: Action) -> int:
        await asyncio.sleep(0.02)
        return await tell(ledger, action)

    trail = Trail(lambda: desk.ledger, lambda: desk.context.access, lambda: clock[0])
    for account in ("anna", "bert"):
        for _ in range(2):
            await trail.refused(replace(acted("login", Outcome.REFUSED), account=account))
    monkeypatch.setattr(type(desk.ledger), "record_action", slowly)
    clock[0] += WINDOW
    running = asyncio.create_task(trail.run())
    await asyncio.sleep(0.005)
    await trail.refused(replace(acted("login", Outcome.REFUSED), account="bert"))
    await asyncio.sleep(0.1)
    assert not running.done()
    await end([running])

    found = Counter((each.account, each.facts.get("repeated", 0)) for each in await desk.trail())
    assert found == {("anna", 0): 1, ("anna", 1): 1, ("bert", 0): 2, ("bert", 1): 1}


async def test_however_many_addresses_try_it_the_trail_tells_so_many_apart(desk: Desk) -> None:
    for number in range(MOST_OPEN + 50):
        tried = replace(
            acted("login", Outcome.FAILED), account="", address=f"10.0.{number // 250}.{number % 250}"
        )
        await desk.context.trail.refused(tried)

    assert len(await desk.ledger.actions(limit=1000)) == MOST_OPEN + 1


async def test_a_refusal_is_told_as_one_also_where_its_line_cannot_be_taken_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_self: Access, _line: int) -> None:
        raise LedgerError(Said.same("accounts are away"))

    monkeypatch.setattr(Access, "drop_line", away)

    assert (await desk.ask("POST", "/accounts/nobody/reset", "sec")).status == 404
