"""The kinds of fields in alerts.yaml that no other file has, and what several of them say of a mistake."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BeforeValidator, StringConstraints

from monitor.config.written import _reads, _url
from monitor.model.said import Said
from monitor.model.times import parse_span

_T = TypeVar("_T")

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,4})\s*/\s*(\S+)", re.ASCII)
_TIMES: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?", re.ASCII)
MONTH: Final = 31 * 86400.0


def _limit(text: str) -> tuple[int, float]:
    match = _LIMIT.fullmatch(text)
    if match is None or not 0.1 <= parse_span(match[2]) <= 86400:
        raise ValueError("not a limit")
    return int(match[1]), parse_span(match[2])


def _times(text: str) -> float:
    if not _TIMES.fullmatch(text) or not 0 < float(text) <= 1000:
        raise ValueError("not so many times")
    return float(text)


def _never(text: str) -> float | None:
    return None if text in ("off", "never", "no") else parse_span(text)


def _days(text: str) -> frozenset[int]:
    """``mon-fri``, ``mon,wed``, ``daily``; ``fri-mon`` goes over the weekend."""
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(found)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a zone is not needed")
    return moment


def _many(value: Any) -> Any:
    """One is a list of one, and days may be a list."""
    return [value] if isinstance(value, str) else value


def _joined(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def _people_lists(value: Any) -> Any:
    return [_many(each) for each in value] if isinstance(value, list) else value


Many = Annotated[list[_T], BeforeValidator(_many)]
Web = Annotated[str, _reads(_url("http", "https"))]
Limit = Annotated[tuple[int, float], _reads(_limit)]
Days = Annotated[frozenset[int], _reads(_days), BeforeValidator(_joined)]
Day = Annotated[date, _reads(date.fromisoformat)]
Moment = Annotated[datetime, _reads(_moment)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Severity = Literal["critical", "warning", "info"]

WEB: Final = Said(
    "应为 URL，如 http://127.0.0.1:9000/alert", "a URL is needed, such as http://127.0.0.1:9000/alert"
)
SEVERITY: Final = Said("应为 critical、warning 或 info", "critical, warning or info is allowed")
NAMES: Final = Said("应为名称列表", "a list of names is needed")
CLASSES: Final = Said("应为类别列表：1、2、3、9", "a list of classes is needed: 1, 2, 3, 9")
NETWORKS: Final = Said("应为网络名", "the names of networks are needed")
REGIONS: Final = Said("应为区划代码", "the codes of regions are needed")
KINDS: Final = Said("应为节点类型列表", "a list of kinds of nodes is needed")
