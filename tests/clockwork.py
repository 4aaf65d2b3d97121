"""Moments, steps and spans as the tests of time write them: on the clock of Maoming, to the millisecond."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.model.observations import Cause, State
from monitor.model.spans import Span
from monitor.model.timeline import Step

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ZONE = ZoneInfo("Asia/Shanghai")

_MOMENT = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)(?: (\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?)?")


def at(text: str) -> int:
    """``10-05 09:00:03.250``: of 2026 and the beginning of the day, unless it says more."""
    match = _MOMENT.fullmatch(text)
    assert match, text
    year, month, day, hour, minute, second, millis = (int(part or 0) for part in match.groups())
    return (
        round(datetime(year or 2026, month, day, hour, minute, second, tzinfo=ZONE).timestamp()) * 1000
        + millis
    )


def span(text: str) -> Span:
    """``10-05 09:00 to 10-05 10:00``."""
    start, _, end = text.partition(" to ")
    return at(start), at(end)


def spans(*texts: str) -> list[Span]:
    return [span(text) for text in texts]


def up(text: str, proven: str | None = None) -> Step:
    return _step(text, proven, State.UP, Cause.OK)


def down(text: str, proven: str | None = None, cause: Cause = Cause.NO_REPLY) -> Step:
    return _step(text, proven, State.DOWN, cause)


def degraded(text: str, proven: str | None = None, cause: Cause = Cause.SLOW) -> Step:
    return _step(text, proven, State.DEGRADED, cause)


def unknown(text: str, proven: str | None = None, cause: Cause = Cause.NOT_ASKED) -> Step:
    return _step(text, proven, State.UNKNOWN, cause)


def first(step: Step) -> Step:
    """The same as the first word of a collector that knew nothing before."""
    return step._replace(not_before=None)


def _step(text: str, proven: str | None, state: State, cause: Cause) -> Step:
    """Without ``proven`` the change happened exactly at its moment."""
    return Step(at(text), at(proven) if proven else at(text), state, cause)
