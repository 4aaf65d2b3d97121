"""Moments and spans.

A moment is an ``int``: milliseconds since 1970-01-01T00:00:00Z. A span is a ``float`` in seconds.
Only the edges of the system know text: RFC 3339 in UTC with milliseconds, and ``5s`` / ``1m`` in files.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

from monitor.model.said import Said, SaidError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def wall_clock() -> int:
    """The present moment, by the clock of this machine: it may be wrong, and be set."""
    return time.time_ns() // 1_000_000


def format_time(millis: int) -> str:
    """RFC 3339, UTC, always four digits of a year and three decimals: ``2026-11-23T01:02:03.004Z``.

    Raises OverflowError for a moment outside the years 1 to 9999.
    """
    moment = _EPOCH + millis * _MILLISECOND
    # Not strftime: its %Y writes the year 999 with three digits here and with four elsewhere.
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_time(text: str) -> int:
    """Milliseconds of an RFC 3339 moment. A zone is required: a moment without one is a guess.

    Raises ValueError naming the text. Digits beyond the millisecond are cut off.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 moment with a zone: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match[7] or "0").ljust(3, "0")[:3]
    zone = match[8].upper()
    offset = timedelta()
    if zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        offset = -offset if zone[0] == "-" else offset
    try:
        moment = datetime(year, month, day, hour, minute, second, int(fraction) * 1000, UTC)
        return (moment - offset - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a moment of the calendar: {text!r} ({error})") from error


def parse_span(text: str) -> float:
    """Seconds of a span such as ``500ms``, ``5s``, ``1.5m``, ``1h``, ``400d``. Raises SaidError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise SaidError(
            Said(
                f"不是时长：{text!r}（数字加 ms、s、m、h 或 d，如 5s）",
                f"not a span of time: {text!r} (a number and ms, s, m, h or d, such as 5s)",
            )
        )
    return float(match[1]) * _UNITS[match[2]]


def format_span(seconds: float) -> str:
    """The shortest text that :func:`parse_span` reads back: ``90s`` stays ``90s``, 60 is ``1m``."""
    for unit in ("d", "h", "m", "s"):
        count = seconds / _UNITS[unit]
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    return f"{round(seconds * 1000)}ms"
