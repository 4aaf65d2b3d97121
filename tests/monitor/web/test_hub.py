"""Live events for those who look on: in order, whole or anew, and nobody is waited for."""

from __future__ import annotations

import pytest

from monitor.web import hub as hubs
from monitor.web.hub import MOST_WAITING, PIECE, REMEMBERED, FullError, Hub

FILLING = {"text": "x" * 250}


def numbers(said: bytes) -> list[int]:
    return [int(line.rpartition(b"-")[2]) for line in said.split(b"\n") if line.startswith(b"id: ")]


async def all_of(viewer: hubs.Viewer) -> bytes:
    found = b""
    while piece := await viewer.take(0.01):
        found += piece
    return found


async def test_a_viewer_gets_what_is_said_from_now_on() -> None:
    hub = Hub()
    hub.say("change", {"n": 1})
    viewer = hub.join(None)
    hub.say("change", {"n": 2})
    hub.tell("pulse", {"n": 3})

    said = await all_of(viewer)

    assert numbers(said) == [2]
    assert b'event: pulse\ndata: {"n":3}\n\n' in said


async def test_who_comes_again_gets_what_it_missed_and_nothing_twice() -> None:
    hub = Hub()
    for _ in range(3):
        hub.say("change", {})
    last = hub.last
    for _ in range(4):
        hub.say("change", {})

    assert numbers(await all_of(hub.join(last))) == [4, 5, 6, 7]
    assert await all_of(hub.join(hub.last)) == b""


@pytest.mark.parametrize(
    "last", ["none", "0000-1", "{run}-99", "{run}--1", "{run}-x", "{run}-²", "{run}-1" + "0" * 30]
)
async def test_of_what_is_not_known_all_is_read_anew(last: str) -> None:
    hub = Hub()
    hub.say("change", {})
    run = hub.last.partition("-")[0]

    said = await all_of(hub.join(last.replace("{run}", run)))

    assert said == f"id: {hub.last}\nevent: anew\ndata: {{}}\n\n".encode()


async def test_of_what_is_forgotten_all_is_read_anew() -> None:
    hub = Hub()
    hub.say("change", FILLING)
    last = hub.last
    for _ in range(REMEMBERED // 250):
        hub.say("change", FILLING)

    assert b"event: anew" in await all_of(hub.join(last))


async def test_whoever_catches_up_with_all_that_is_remembered_has_room_for_as_much_again() -> None:
    """Else it would be dropped, and come again with the same id, for ever."""
    hub = Hub()
    hub.say("change", FILLING)
    last = hub.last
    size = 0
    while size < REMEMBERED - 1_000:
        hub.say("change", FILLING)
        size += len(f"id: {hub.last}\nevent: change\ndata: \n\n") + 263
    viewer = hub.join(last)
    behind = viewer.size

    while viewer.size < behind + REMEMBERED - 1_000:
        hub.say("change", FILLING)

    assert behind > 0.9 * REMEMBERED
    assert not viewer.gone
    assert hub.dropped == 0


async def test_one_that_takes_nothing_is_dropped_and_the_others_go_on() -> None:
    hub = Hub()
    slow, quick = hub.join(None), hub.join(None)
    size = 0
    while size <= MOST_WAITING:
        hub.say("change", FILLING)
        size += len(await quick.take(0.01))

    assert (slow.gone, quick.gone) == (True, False)
    assert (hub.dropped, hub.viewers, slow.size, len(slow.waiting)) == (1, 1, 0, 0)


async def test_only_a_piece_is_put_together_at_a_time() -> None:
    hub = Hub()
    viewer = hub.join(None)
    for _ in range(1_000):
        hub.say("change", FILLING)

    assert PIECE <= len(await viewer.take(0.01)) < PIECE + 1_000
    assert numbers(await all_of(viewer))[-1] == 1_000


async def test_all_are_sent_away_in_the_end() -> None:
    hub = Hub()
    viewers = [hub.join(None) for _ in range(3)]
    hub.close()

    assert [viewer.gone for viewer in viewers] == [True] * 3
    assert hub.viewers == 0


async def test_one_address_takes_no_more_than_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ADDRESS", 2)
    hub = Hub()
    first = hub.join(None, address="10.1.1.1")
    hub.join(None, address="10.1.1.1")
    with pytest.raises(FullError):
        hub.join(None, address="10.1.1.1")
    hub.join(None, address="10.1.1.2")
    hub.join(None, "li", "10.1.1.1")

    hub.leave(first)

    hub.join(None, address="10.1.1.1")


async def test_one_account_takes_no_more_than_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ACCOUNT", 1)
    hub = Hub()
    hub.join(None, "li", "10.1.1.1")
    with pytest.raises(FullError):
        hub.join(None, "li", "10.1.1.2")
    hub.join(None, "wang", "10.1.1.1")


async def test_unknown_viewers_leave_places_to_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_VIEWERS", 3)
    monkeypatch.setattr(hubs, "MOST_UNKNOWN", 1)
    hub = Hub()
    hub.join(None, address="10.1.1.1")
    with pytest.raises(FullError):
        hub.join(None, address="10.1.1.2")
    hub.join(None, "li")
    hub.join(None, "wang")
    with pytest.raises(FullError):
        hub.join(None, "zhao")
