"""Whatever happens to channels, settings and role: nobody hears an end before its start, or a start alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from delivery_kit import FakeChannel, FakeClock, end, message
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.database import Database
from alerts.delivery import Delivery
from alerts.model import Happening, Message
from alerts.outbox import STEPS, Fallback, Outbox
from alerts.pace import Patience

MOODS = ("good", "away", "busy", "lossy", "refusing")
SECONDS = (0.0, 0.0, 4.0, 20.0)


class Moody(FakeChannel):
    """Takes, or is away, or says no, or takes and does not say so, or refuses for good."""

    mood = "good"

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        errors: dict[str, DeliveryError] = {
            "away": TemporaryError("no connection", sent=False),
            "busy": TemporaryError("HTTP 503"),
            "refusing": PermanentError("HTTP 403"),
        }
        mood = self.mood
        if mood in errors:
            await self.clock.sleep(self.takes)
            raise errors[mood]
        await super().send(message, to)
        if mood == "lossy":
            raise TemporaryError("the connection broke")
        return None


class World:
    """One alert role with three channels; its life is a list of steps."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.channels = {name: Moody(self.clock, name) for name in ("duty", "mail", "sms")}
        self.heard = {name: channel.got for name, channel in self.channels.items()}
        self.database = Database(folder / "alerts.db", STEPS)
        with self.database.reading() as db:
            db.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here, and there are many lives
        self.outbox = Outbox(self.database, self.clock.now)
        self.fired: dict[int, bool] = {}
        self.repeats = 0
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.stop = asyncio.Event()
        patience = Patience(grace=0.01)
        self.delivery = Delivery(
            *(self.database, self.outbox, self.channels.values()), clock=self.clock, patience=patience
        )
        self.task = asyncio.create_task(self.delivery.run(self.stop))
        await self.clock.advance(0)

    async def end(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])

    def tell(self, said: Message, fallback: Fallback | None) -> None:
        with self.database.transaction() as db:
            self.outbox.enqueue(db, "duty", said, fallback=fallback)

    async def do(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("fire", after):
                number = len(self.fired) + 1
                self.fired[number] = False
                self.tell(message(number), _fallback(after))
            case ("repeat", which, after) if self.fired:
                number = which % len(self.fired) + 1
                self.repeats += 1
                if not self.fired[number]:
                    key = f"{number:08x}/repeated/{self.repeats}"
                    self.tell(message(number, Happening.REPEATED, key=key), _fallback(after))
            case ("resolve", which, after) if self.fired:
                number = which % len(self.fired) + 1
                self.fired[number] = True
                self.tell(end(number), _fallback(after))
            case ("mood", channel, mood, takes):
                self.channels[channel].mood, self.channels[channel].takes = mood, takes
            case ("wait", seconds):
                await self.clock.advance(seconds)
            case ("restart",):
                await self.end()
                await self.start()
            case ("mend",):
                self.channels["duty"] = self.replaced("duty")
                self.delivery.replace(self.channels.values())
                await self.clock.advance(0)

    def replaced(self, name: str) -> Moody:
        fresh = Moody(self.clock, name)
        fresh.got, fresh.mood = self.heard[name], self.channels[name].mood
        return fresh

    async def all_well(self) -> None:
        """Everything ends, every channel works, and time enough passes."""
        for name in list(self.channels):
            self.channels[name] = self.replaced(name)
            self.channels[name].mood = "good"
        self.delivery.replace(self.channels.values())
        for number in self.fired:
            await self.do(("resolve", number - 1, None))
        await self.clock.advance(7200)


def _fallback(after: float | None) -> Fallback | None:
    return None if after is None else Fallback({"mail": ()}, after)


AFTER = st.sampled_from([None, None, 5.0, 60.0])
STEP = st.one_of(
    st.tuples(st.just("fire"), AFTER),
    st.tuples(st.just("repeat"), st.integers(0, 5), AFTER),
    st.tuples(st.just("resolve"), st.integers(0, 5), AFTER),
    st.tuples(
        st.just("mood"), st.sampled_from(["duty", "mail"]), st.sampled_from(MOODS), st.sampled_from(SECONDS)
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 30.0, 400.0])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("mend")),
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEP, max_size=25))
def test_nobody_hears_an_end_first_or_a_start_alone(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        world = asyncio.run(live(Path(folder), steps))
        told = {key for heard in world.heard.values() for _, key in heard}
        for number in world.fired:
            assert end(number).key in told
        for name, heard in world.heard.items():
            check(name, [key for _, key in heard])


async def live(folder: Path, steps: list[tuple[Any, ...]]) -> World:
    world = World(folder)
    await world.start()
    for step in steps:
        await world.do(step)
    await world.all_well()
    await world.end()
    assert not any(world.delivery.numbers().pending.values())
    world.database.close()
    return world


def check(channel: str, keys: list[str]) -> None:
    for alert in {key.partition("/")[0] for key in keys}:
        words = [key.split("/")[1] for key in keys if key.startswith(alert)]
        assert words[-1] == "resolved", f"{channel} is left with {alert}: {words}"
        ends = words.index("resolved")
        assert set(words[ends:]) == {"resolved"}, f"{channel} hears of {alert} after its end: {words}"
