"""Messages, channels that do as the test says, and a time that the test makes."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from alerts.channels.base import DeliveryError
from alerts.model import Alert, Finding, Happening, Message, Severity

T0 = 1_795_392_000_000


def alert(number: int | str = 1, *, over: int | None = None, rule: str = "outage") -> Alert:
    finding = Finding(
        rule=rule,
        subject=f"video/sw-{number}",
        severity=Severity.CRITICAL,
        since=T0,
        detected_at=T0 + 1000,
        not_before=T0 - 2000,
        network="video",
        region="440983",
        kind="switch",
        contractor="甲公司",
        node=f"sw-{number}",
        facts={"affected": 31, "name": "镇隆镇接入交换机"},
    )
    name = f"{number:08x}" if isinstance(number, int) else number
    return Alert(id=name, finding=finding, fired_at=T0 + 1000, told=True, resolved_at=over)


def message(
    number: int | Sequence[int] = 1, happening: Happening = Happening.FIRED, *, key: str = "", at: int = T0
) -> Message:
    numbers = [number] if isinstance(number, int) else list(number)
    over = at + 60_000 if happening.is_end else None
    title = "【恢复】镇隆镇接入交换机" if happening.is_end else "【故障】镇隆镇接入交换机 离线"
    return Message(
        key=key or f"{numbers[0]:08x}/{happening.value}",
        happening=happening,
        route="default",
        group='{}/{rule="outage"}',
        alerts=tuple(alert(each, over=over) for each in numbers),
        title=title,
        text=f"{title}\n影响 31 个点位（一类 31） · 视频专网 · 信宜市\n详情 https://quanshi.example/o/7f3a",
        language="zh",
        detected_at=at,
        made_at=at,
        link="https://quanshi.example/o/7f3a",
    )


def end(number: int | Sequence[int] = 1, *, at: int = T0) -> Message:
    return message(number, Happening.RESOLVED, at=at)


class FakeClock:
    """Time that passes only in :meth:`advance`."""

    def __init__(self) -> None:
        self.millis = T0
        self._timers: list[tuple[int, int, asyncio.Event]] = []
        self._numbers = count()

    def now(self) -> int:
        return self.millis

    async def pause(self, event: asyncio.Event, seconds: float | None) -> None:
        timer = asyncio.Event()
        if seconds is not None:
            deadline = self.millis + max(1, round(1000 * seconds))
            heapq.heappush(self._timers, (deadline, next(self._numbers), timer))
        waits = [asyncio.create_task(each.wait()) for each in (event, timer)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def sleep(self, seconds: float) -> None:
        await self.pause(asyncio.Event(), seconds)

    def set_back(self, seconds: float) -> None:
        """Somebody sets it; who waits waits no longer for that, as with the clock of the kernel."""
        step = round(1000 * seconds)
        self.millis -= step
        self._timers = [(moment - step, number, timer) for moment, number, timer in self._timers]

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, and all happen that happens in it."""
        until = self.millis + round(1000 * seconds)
        await settle()
        while self._timers and self._timers[0][0] <= until:
            moment, _, timer = heapq.heappop(self._timers)
            self.millis = max(self.millis, moment)
            timer.set()
            await settle()
        self.millis = until
        await settle()


async def settle() -> None:
    for _ in range(25):
        await asyncio.sleep(0)


@dataclass
class FakeChannel:
    """``answer`` raises for what shall fail; ``got``: (moment, key) of what was taken, ``tried`` of all."""

    clock: FakeClock
    name: str = "duty"
    limit: tuple[int, float] | None = None
    answer: Callable[[Message], DeliveryError | None] = lambda _: None
    takes: float = 0.0
    tried: list[tuple[float, str]] = field(default_factory=list)
    got: list[tuple[float, str]] = field(default_factory=list)
    to: list[tuple[str, ...]] = field(default_factory=list)
    closed: bool = False

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        self.tried.append((self._moment(), message.key))
        if self.takes:
            await self.clock.sleep(self.takes)
        error = self.answer(message)
        if error is not None:
            raise error
        self.got.append((self._moment(), message.key))
        self.to.append(to)
        return None

    async def close(self) -> None:
        self.closed = True

    @property
    def keys(self) -> list[str]:
        return [key for _, key in self.got]

    def _moment(self) -> float:
        return (self.clock.now() - T0) / 1000


def keys(messages: Iterable[Message]) -> list[str]:
    return [each.key for each in messages]
