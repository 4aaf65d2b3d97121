"""The time that a report is about: what people write, as moments, cut into the days of the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.said import Said, SaidError
from monitor.model.spans import Span
from monitor.model.times import parse_time

_SUCH_AS: Final = Said.listed(("2026", "2026-10", "2026-W44", "2026-10-05"))
_PERIOD: Final = re.compile(r"(\d{4})(?:-(?:W(\d\d)|(\d\d)(?:-(\d\d))?))?", re.ASCII)
_LOCAL: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?", re.ASCII)
_DAY: Final = timedelta(days=1)


class WindowError(SaidError):
    """No time can be made of this text."""


@dataclass(frozen=True, slots=True)
class Window:
    """[start, period_end) in milliseconds, known until ``end``; ``period`` as in a report."""

    start: int
    end: int
    period_end: int
    zone: ZoneInfo
    period: str = ""

    @property
    def span(self) -> Span:
        return (self.start, self.end)

    def cut(self, known_until: int) -> Window:
        """The same, as far as anything can be known. Raises WindowError when it has not begun."""
        if known_until <= self.start:
            raise WindowError(Said("这段时间还没有开始", "this time has not begun yet"))
        return replace(self, end=min(self.period_end, known_until))

    def days(self) -> list[tuple[str, int]]:
        """The days of the calendar that the window touches, each with its midnight or the window's start."""
        return [(str(day), max(self.start, midnight(day, self.zone))) for day in self._dates()]

    def at_times(self, minutes: tuple[int, ...]) -> tuple[int, ...]:
        """The moments within the window at which clocks show one of these minutes after midnight."""
        moments = (
            _moment(datetime.combine(day, time(minute // 60, minute % 60), self.zone))
            for day in self._dates()
            for minute in minutes
        )
        return tuple(sorted({moment for moment in moments if self.start <= moment < self.end}))

    def _dates(self) -> Iterator[date]:
        day, last = _date(self.start, self.zone), _date(self.end - 1, self.zone)
        while day <= last:
            yield day
            day += _DAY


def period(text: str, zone: ZoneInfo) -> Window:
    """A year, a month, a week (ISO 8601) or a day of the calendar. Raises WindowError."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise WindowError(
            Said(f"不是周期：{text}（如 {_SUCH_AS.zh}）", f"not a period: {text} ({_SUCH_AS.en})")
        )
    year, week, month, day = match.groups()
    try:
        first = _first(int(year), week, month, day)
        last = _after(first, week, month, day)
        start, end = midnight(first, zone), midnight(last, zone)
    except (ValueError, OverflowError) as error:
        said = Said(f"日历中没有这个周期：{text}", f"not a period of the calendar: {text}")
        raise WindowError(said) from error
    return Window(start, end, end, zone, text)


def _first(year: int, week: str | None, month: str | None, day: str | None) -> date:
    if week:
        return date.fromisocalendar(year, int(week), 1)
    return date(year, int(month or 1), int(day or 1))


def _after(first: date, week: str | None, month: str | None, day: str | None) -> date:
    if day:
        return first + _DAY
    if week:
        return first + 7 * _DAY
    if month:
        return (first + 31 * _DAY).replace(day=1)
    return first.replace(year=first.year + 1)


def between(first: str, last: str, zone: ZoneInfo) -> Window:
    """From one day or moment to another. A day as the last one is included; a moment is not.

    ``2026-10-05``, ``2026-10-05 09:00`` on the clock of the place, or RFC 3339. Raises WindowError.
    """
    start, end = _edge(first, zone, past=False), _edge(last, zone, past=True)
    if end <= start:
        raise WindowError(Said(f"结束早于开始：{first}，{last}", f"ends before it begins: {first}, {last}"))
    return Window(start, end, end, zone)


def _edge(text: str, zone: ZoneInfo, *, past: bool) -> int:
    match = _LOCAL.fullmatch(text)
    try:
        if match is None:
            return parse_time(text)
        day = date.fromisoformat(match[1])
        if match[2] is None:
            return midnight(day + _DAY if past else day, zone)
        return _moment(datetime.combine(day, time.fromisoformat(match[2]), zone))
    except (ValueError, OverflowError) as error:
        said = Said(
            f"不是日期或时刻：{text}（如 2026-10-05、2026-10-05 09:00）",
            f"neither a day nor a moment: {text} (2026-10-05, 2026-10-05 09:00)",
        )
        raise WindowError(said) from error


def midnight(day: date, zone: ZoneInfo) -> int:
    """The moment at which this day begins there."""
    return _moment(datetime.combine(day, time(), zone))


def _moment(local: datetime) -> int:
    return round(local.timestamp()) * 1000


def _date(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment // 1000, UTC).astimezone(zone).date()
