"""Who carries the messages of one channel: one after the other, until each is delivered or refused for good.

A channel that fails is left alone for longer and longer, and its oldest message is what it is tried with.
A message that failed ``_STUBBORN`` times may be the one that is at fault: from then on it waits aside, and
those behind it that tell of other alerts pass.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from alerts.channels.base import Channel, DeliveryError, PermanentError, Reminding, TemporaryError
from alerts.database import DatabaseError
from alerts.model import Happening
from alerts.outbox import Entry, Outbox
from alerts.pace import Chance, Latency, Pace, Patience
from alerts.packing import PackingError
from alerts.postings import Failing

log = structlog.get_logger(__name__)

_STUBBORN: Final = 5
_LOOK_BEHIND: Final = 200
"""How many messages behind a stubborn one are looked at."""
_DISK_RETRY: Final = 2.0


class Clock(Protocol):
    """Time, so that tests can make it."""

    def now(self) -> int:
        """Milliseconds since 1970."""

    async def pause(self, event: asyncio.Event, seconds: float | None) -> None:
        """Until the event is set, or so many seconds have passed."""


class Worker:
    """One channel's. ``failing``: since when and why nothing arrives.

    ``held``: how many wait for its limit alone.
    """

    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        clock: Clock,
        patience: Patience,
        *,
        chance: Chance,
        latency: Latency,
        past: list[int],
        failing: Failing | None,
    ) -> None:
        """``past``: when it was last used, for its limit."""
        self.channel = channel
        self.failing = failing
        self.held = 0
        self._outbox = outbox
        self._clock = clock
        self._patience = patience
        self._chance = chance
        self._latency = latency
        self._pace = Pace(channel.limit, past)
        self._failures = 0
        self._failed: set[int] = set()
        self._closed_until = 0
        self._turned_at = 0
        self._remind_at = 0
        self._woken = asyncio.Event()
        self._ending = False

    def wake(self) -> None:
        """There may be something new."""
        self._woken.set()

    def finish(self) -> None:
        """Take up nothing more; an attempt under way goes on."""
        self._ending = True
        self.wake()

    async def run(self) -> None:
        """Deliver until told to finish, or cancelled: what was under way then is tried again by the next."""
        while not self._ending:
            self._woken.clear()
            try:
                wait = await self._turn()
            except DatabaseError as error:
                # What cannot be recorded is not sent: it would be sent again and again.
                log.warning("delivery waits for the disk", channel=self.channel.name, error=str(error))
                wait = _DISK_RETRY
            if wait != 0 and not self._ending:
                await self._clock.pause(self._woken, wait)

    async def _turn(self) -> float | None:
        """One attempt, or none; returns the seconds to wait, None for until there is something new."""
        now = self._clock.now()
        if now < self._turned_at:
            self._set_back(self._turned_at - now)
        self._turned_at = now
        remind = await self._remind(now)
        entry, wait = self._choose(now)
        if entry is not None:
            await self._deliver(entry)
            return 0
        return remind if wait is None else wait if remind is None else min(wait, remind)

    def _set_back(self, step: int) -> None:
        """The clock was: what waits for a moment waits no longer for it."""
        self._closed_until -= step
        if self.failing is not None:
            self.failing = Failing(self.failing.since - step, self.failing.text)

    # What is tried next.

    def _choose(self, now: int) -> tuple[Entry | None, float | None]:
        self.held = 0
        oldest = self._outbox.waiting(self.channel.name)
        if not oldest:
            return None, None
        closed = self._until(self._closed_until, now)
        if closed:
            return None, closed
        full = self._pace.wait(now)
        if full:
            self.held = self._outbox.count(self.channel.name)
            return None, full
        return self._due(oldest[0], now)

    def _due(self, oldest: Entry, now: int) -> tuple[Entry | None, float | None]:
        """The oldest message whose time has come and whose alerts wait in none before it."""
        stubborn = oldest.attempts >= _STUBBORN
        rows = self._outbox.waiting(self.channel.name, _LOOK_BEHIND) if stubborn else [oldest]
        before: set[str] = set()
        waits = []
        for entry in rows:
            if before.isdisjoint(entry.alerts):
                wait = self._until(entry.next_at, now)
                if not wait:
                    return entry, None
                waits.append(wait)
                if entry.attempts < _STUBBORN:
                    break  # its turn is next, whatever waits behind it
            before |= entry.alerts
        return None, min(waits)

    def _until(self, moment: int, now: int) -> float:
        """Seconds; a clock that was set back does not make us wait for longer than anybody meant."""
        longest = max(self._patience.obey, self._patience.aside)
        wait = (moment - now) / 1000
        return wait if 0 < wait <= longest else 0.0

    # An attempt, and what follows from it.

    async def _deliver(self, entry: Entry) -> None:
        attempt = self._outbox.begin(entry)
        try:
            remark = await self._send(entry)
        except PermanentError as error:
            text = str(error)
            await self._record(lambda: self._outbox.refused(entry, attempt, text))
            self._note_failure(entry, text)
        except TemporaryError as error:
            await self._note_temporary(entry, attempt, error)
        except asyncio.CancelledError:
            self._note_cut(attempt)
            raise
        else:
            await self._record(lambda: self._outbox.delivered(entry, attempt, remark))
            await self._note_success(entry)
        self._pace.note(self._clock.now())

    async def _send(self, entry: Entry) -> str:
        """Raises TemporaryError or PermanentError, whatever the channel raises."""
        try:
            message = entry.message()
            async with asyncio.timeout(self._patience.attempt):
                return await self.channel.send(message, entry.to) or ""
        except (TemporaryError, PermanentError):
            raise
        except DeliveryError as error:
            raise TemporaryError(str(error)) from error
        except PackingError as error:
            raise PermanentError(str(error)) from error
        except TimeoutError as error:
            raise TemporaryError(f"no answer within {self._patience.attempt:g} s") from error
        except Exception as error:  # a channel at fault must not hold the others, nor end the role
            raise TemporaryError(_fault(self.channel.name, error)) from error

    async def _note_success(self, entry: Entry) -> None:
        if entry.happening in (Happening.FIRED, Happening.RESOLVED):
            self._latency.observe(max(0, self._clock.now() - entry.detected_at) / 1000)
        if self.failing is not None:
            log.info("channel delivers again", channel=self.channel.name)
        if len(self._failed) > 1:
            # It was the channel: what it failed with need not wait any longer.
            await self._record(lambda: self._outbox.hasten(self.channel.name))
        self._failures, self._closed_until, self.failing = 0, 0, None
        self._failed.clear()

    async def _note_temporary(self, entry: Entry, attempt: int, error: TemporaryError) -> None:
        now = self._clock.now()
        self._failures += 1
        self._failed.add(entry.id)
        pause, again = self._pauses(entry.attempts + 1, error.after or 0.0)
        self._closed_until = now + round(1000 * pause)
        text, next_at = str(error), now + round(1000 * again)
        if not entry.happening.is_end and now - entry.queued_at > 1000 * self._patience.give_up:
            log.error("given up", channel=self.channel.name, key=entry.key, error=text)
            await self._record(lambda: self._outbox.expired(entry, attempt, text, sent=error.sent))
        else:
            await self._record(lambda: self._outbox.failed(entry, attempt, text, next_at, sent=error.sent))
        self._note_failure(entry, text)

    def _pauses(self, attempts: int, asked: float) -> tuple[float, float]:
        """Seconds for which the channel, and the message, are left alone after this failure of both."""
        patience = self._patience
        asked = min(max(0.0, asked), patience.obey)
        pause = max(asked, patience.after(self._failures, patience.longest, self._chance()))
        if attempts < _STUBBORN:
            return pause, max(asked, patience.after(attempts, patience.longest, self._chance()))
        # Longer than the channel, so that the next try is another's.
        again = max(2 * pause, patience.after(attempts, patience.aside, self._chance()))
        return pause, min(again, max(patience.obey, patience.aside))

    def _note_failure(self, entry: Entry, text: str) -> None:
        if self.failing is None:
            log.warning("channel does not deliver", channel=self.channel.name, key=entry.key, error=text)
        since = self._clock.now() if self.failing is None else self.failing.since
        self.failing = Failing(since, text)

    def _note_cut(self, attempt: int) -> None:
        try:
            self._outbox.cut(attempt)
        except DatabaseError as error:
            log.debug("a broken-off attempt is noted by the next start", error=str(error))

    async def _record(self, write: Callable[[], None]) -> None:
        """What has happened must be kept, or it happens again: until the disk takes it."""
        while True:
            try:
                write()
            except DatabaseError as error:
                log.warning("what was delivered waits for the disk", error=str(error))
                await self._clock.pause(asyncio.Event(), _DISK_RETRY)
            else:
                return

    # For receivers that forget.

    async def _remind(self, now: int) -> float | None:
        """Remind the receiver when its time has come; returns the seconds to the next time."""
        channel = self.channel
        if not isinstance(channel, Reminding):
            return None
        wait = min((self._remind_at - now) / 1000, channel.every)
        if wait > 0:
            return wait
        pause = channel.every if await self._reminded(channel) else channel.every / 4
        self._remind_at = self._clock.now() + round(1000 * pause)
        return pause

    async def _reminded(self, channel: Reminding) -> bool:
        """False when the receiver did not hear it, who must soon, before it forgets."""
        alerts = self._outbox.standing(self.channel.name)
        try:
            async with asyncio.timeout(self._patience.attempt):
                if alerts:
                    await channel.remind(alerts)
        except (DeliveryError, TimeoutError) as error:
            log.warning("reminder not taken", channel=self.channel.name, error=str(error) or "no answer")
        except Exception as error:  # noqa: BLE001 - as with a message
            _fault(self.channel.name, error)
        else:
            return True
        return False


def _fault(channel: str, error: Exception) -> str:
    """Says where, and nothing of what the error says: that may be a URL with a token in it."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-3:]]
    log.error("channel is at fault", channel=channel, error=type(error).__name__, at=places)
    return f"a fault of the channel: {type(error).__name__}"
