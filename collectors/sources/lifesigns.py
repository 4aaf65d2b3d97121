"""What a message says about a device, and when its silence says something. Pure: no I/O, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from typing import Final

from monitor.model.observations import Cause

MAX_PAYLOAD: Final = 4096
"""Bytes. A sign of life is small; what is larger is not looked into."""

_ON: Final = frozenset({"online", "on", "up", "alive"})
_OFF: Final = frozenset({"offline", "off", "down", "dead"})


class GarbageError(ValueError):
    """A message that cannot be understood; says why."""


class Topic:
    """A topic pattern of MQTT, whose first ``+`` stands where the device's id is. Raises ValueError."""

    def __init__(self, pattern: str) -> None:
        levels = pattern.split("/")
        if not pattern or any(len(level) > 1 and set(level) & {"+", "#"} for level in levels):
            raise ValueError(f"not a topic pattern: {pattern!r}")
        if "#" in levels[:-1]:
            raise ValueError(f"# must stand at the end of a topic pattern: {pattern!r}")
        self.pattern = pattern
        self.names_device = "+" in levels
        self._shape = re.compile("".join(_shapes(levels)), re.DOTALL)

    def match(self, topic: str) -> str | None:
        """The device's id in this topic: ``""`` if the pattern names none, None if it does not match."""
        found = self._shape.fullmatch(topic)
        if found is None or (topic.startswith("$") and not self.pattern.startswith("$")):
            return None
        return found[1] if self.names_device else ""


def _shapes(levels: list[str]) -> Iterator[str]:
    device = True
    for place, level in enumerate(levels):
        slash = "/" if place else ""
        if level == "#":
            yield f"(?:{slash}.*)?"  # MQTT 4.7.1.2: a/# matches a, too
        elif level == "+":
            yield f"{slash}([^/]*)" if device else f"{slash}[^/]*"
            device = False
        else:
            yield slash + re.escape(level)


class Words:
    """The topics of one site and what is said on them.

    On ``topic`` anything is a sign of life unless it says that the device is off; on ``will_topic``
    anything says that it is off unless it says that it is on (a birth message). ``id_from`` is ``topic``
    or the name of a JSON field that holds the device's id. Raises ValueError for patterns that are none.
    """

    def __init__(self, topic: str, will_topic: str | None, id_from: str) -> None:
        self._topic = Topic(topic)
        self._will = None if will_topic in (None, topic) else Topic(will_topic or "")
        self._field = None if id_from == "topic" else id_from
        for pattern in filter(None, (self._topic, self._will)):
            if self._field is None and not pattern.names_device:
                raise ValueError(f"+ must stand for the device in the topic pattern {pattern.pattern!r}")

    @property
    def patterns(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(topic.pattern for topic in (self._topic, self._will) if topic is not None)

    def read(self, topic: str, payload: bytes) -> tuple[str, Cause]:
        """Which device a message speaks of, and what it says. Raises GarbageError."""
        if len(payload) > MAX_PAYLOAD:
            raise GarbageError(f"{len(payload)} bytes are no sign of life")
        will = None if self._will is None else self._will.match(topic)
        named = self._topic.match(topic) if will is None else will
        if named is None:
            raise GarbageError("a topic that was not asked for")
        fields = _fields(payload)
        device = named if self._field is None else _text(fields, self._field)
        if not device:
            raise GarbageError(f"no device id in {self._field or 'the topic'}")
        return device, _meaning(_status(payload, fields), off_by_default=will is not None)


def _fields(payload: bytes) -> dict[str, object]:
    """The fields of a JSON object; nothing for any other payload: those are welcome, too."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        # Bytes from outside: not JSON, not UTF-8, or nested to death.
        return {}
    return found if isinstance(found, dict) else {}


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _status(payload: bytes, fields: dict[str, object]) -> str:
    said = _text(fields, "status") if fields else payload.decode(errors="replace")
    return said.strip().strip('"').lower()


def _meaning(status: str, *, off_by_default: bool) -> Cause:
    if status in _OFF or (off_by_default and status not in _ON):
        return Cause.REPORTED_OFF
    return Cause.OK


class Deadlines:
    """Until when each device must give its next sign of life: a wheel with one slot for each second.

    A sign of life only notes its moment; the wheel looks at a device once for each deadline that it
    might have missed. All moments in milliseconds.
    """

    def __init__(self, now: int) -> None:
        self._spans: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._armed: set[str] = set()
        self._wheel: dict[int, set[str]] = {}
        self._second = now // 1000

    def watch(self, spans: dict[str, int], now: int) -> None:
        """Watch these devices with these spans from now on; those watched before keep their moments."""
        self._spans = spans
        for device in list(self._last):
            if device not in spans:
                self.rest(device)
        for device in spans.keys() - self._last.keys():
            self.sign(device, now)

    def restart(self, now: int) -> None:
        """All deadlines begin anew: nobody could be heard until now."""
        self.suspend(now)
        for device in self._spans:
            self.sign(device, now)

    def suspend(self, now: int) -> None:
        """Nobody can be heard: no deadline is missed until :meth:`restart`."""
        self._second = now // 1000
        self._last.clear()
        self._armed.clear()
        self._wheel.clear()

    def sign(self, device: str, now: int) -> None:
        """A sign of life. KeyError for a device that is not watched."""
        span = self._spans[device]
        self._last[device] = now
        if device not in self._armed:
            self._armed.add(device)
            self._put(device, now + span)

    def rest(self, device: str) -> None:
        """It said that it is off: its silence says nothing more until the next sign of life."""
        self._last.pop(device, None)

    def missed(self, now: int) -> list[tuple[str, int]]:
        """The devices whose deadline has passed since the last call, each once, with that deadline."""
        found: list[tuple[str, int]] = []
        while self._second < now // 1000:
            slot = self._wheel.pop(self._second, set())
            dues = ((device, self._turn(device)) for device in slot)
            found += [(device, due) for device, due in dues if due is not None]
            self._second += 1
        return found

    def _turn(self, device: str) -> int | None:
        """A device's slot came round: its deadline if that has passed, else it waits for the next."""
        last, span = self._last.get(device), self._spans.get(device)
        if last is None or span is None:
            self._armed.discard(device)
            return None
        due = last + span
        if due // 1000 > self._second:
            self._put(device, due)
            return None
        self._armed.discard(device)
        del self._last[device]
        return due

    def _put(self, device: str, due: int) -> None:
        self._wheel.setdefault(max(due // 1000, self._second), set()).add(device)


class Silences:
    """Until when each device that was said to be off or silent had surely been so when it is heard again.

    A device that lives gives a sign of life once in its interval. So it was still silent one interval
    before the last moment by which the broker had passed on whatever it got; that it does is seen by
    others' signs, or else once in ``hung`` milliseconds, after which a broker that hangs is lost.
    All moments in milliseconds.
    """

    def __init__(self, hung: int, now: int) -> None:
        self._hung = hung
        self._signs = 0
        self.forget(now)

    def forget(self, now: int) -> None:
        """Nobody could be heard until now, or not without a gap: no silence is proven."""
        self._said: dict[str, tuple[int, Cause]] = {}
        self._looked = self._passed_on = now

    def keep(self, devices: Container[str]) -> None:
        """Listen for these devices only."""
        self._said = {device: said for device, said in self._said.items() if device in devices}

    def begin(self, device: str, at: int, cause: Cause) -> None:
        self._said[device] = at, cause

    def look(self, now: int, signs: int) -> None:
        """To be called every second, with how many signs of life were heard until now, of whomever."""
        if signs > self._signs:
            # Some came since the last look, and perhaps only just now: they prove the time before it.
            self._passed_on = self._looked
        self._passed_on = max(self._passed_on, now - self._hung)
        self._looked, self._signs = now, signs

    def end(self, device: str, every: int) -> tuple[int, Cause] | None:
        """A sign of life: until when it was silent, and as what; None if no later moment than was said."""
        said = self._said.pop(device, None)
        until = self._passed_on - every
        return (until, said[1]) if said is not None and until > said[0] else None
