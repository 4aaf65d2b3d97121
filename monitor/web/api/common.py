"""What handlers share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.config.mistakes import did_you_mean
from monitor.desk.turns import BusyError, Turns
from monitor.ledger.ledger import Ledger
from monitor.model.outages import Outage
from monitor.model.said import Said
from monitor.model.times import format_time, parse_time
from monitor.web.context import Context
from monitor.web.endpoints import Call, Refused
from monitor.web.schemas.live import OutageNow

EARLIEST: Final = parse_time("2000-01-01T00:00:00Z")
LATEST: Final = parse_time("3000-01-01T00:00:00Z")

NAME_HEADER: Final = "X-File-Name"
"""What an uploaded file is called, percent-encoded (RFC 3986 §2.1)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of an outage, and who takes care of it."""

    alert: str | None = None
    acked_by: str | None = None
    assigned_to: str | None = None


NOT_TOLD: Final = Told()

_SOMEBODY: Final = Said("值班人员", "somebody on duty")
_MISTAKE: Final = Said(
    "节点表或设置有误，登录后可查看", "the list or the settings hold a mistake: log in to see it"
)


def ledger_of(call: Call[Any, Any]) -> Ledger:
    """The ledger. Raises Refused (503) while it is not open."""
    if call.context.ledger is None:
        raise Refused(503, "台账尚未就绪", "the ledger is not ready yet", after=2)
    return call.context.ledger


def person_of(call: Call[Any, Any], name: str) -> str:
    """A person, by name to whoever has logged in."""
    return name if call.is_known or not name else _SOMEBODY.told(call.language)


def words_of(call: Call[Any, Any], text: str) -> str:
    """What somebody wrote, to whoever has logged in: it may well name people and their numbers."""
    return text if call.is_known else ""


def reload_error_of(call: Call[Any, Any]) -> str | None:
    """Why the files of now are not in use. What is wrong in them, as an address, is for accounts."""
    said = call.context.health.reload_error
    if not said:
        return None
    return (said if call.is_known else _MISTAKE).told(call.language)


def moment_of(name: str, text: str) -> int:
    """Milliseconds. Raises Refused (400) for a text that is no moment of ours."""
    try:
        moment = parse_time(text)
    except ValueError as error:
        example = "2026-10-01T00:00:00Z"
        raise Refused(
            400, f"{name}：不是时刻，例如 {example}", f"{name}: no moment, such as {example}"
        ) from error
    demand_ours(name, moment)
    return moment


def demand_ours(name: str, *moments: int) -> None:
    """Raises Refused (400) for what no clock here has shown or will: there is no calendar far around it."""
    if not all(EARLIEST <= each < LATEST for each in moments):
        raise Refused(400, f"{name}：须在 2000 至 2999 年之间", f"{name}: from the year 2000 to 2999")


def one_of(name: str, value: str, allowed: Any) -> str:
    """The value itself. Raises Refused (400) for one that is not among those allowed."""
    if value in allowed:
        return value
    some = Said.listed(list(allowed)[:20])
    said = Said(
        f"{name}：没有 {value!r}；可用：{some.zh}", f"{name}: there is no {value!r}; there are {some.en}"
    )
    raise Refused(400, *said.then(did_you_mean(value, allowed)))


def regions_of(site: Site) -> list[str]:
    """The codes by which one may ask: those that have a name, that a node is in, and what these lie in."""
    around = Atlas(site.regions).around
    codes = {*site.regions, *(node.region for node in site.inventory.nodes.values())}
    return sorted({wider for code in codes for wider in around(code)})


@asynccontextmanager
async def turn(call: Call[Any, Any], turns: Turns | None = None) -> AsyncIterator[None]:
    """For what takes seconds of a processor: one after the other. Raises Refused (429) for one too many.

    ``turns``: where it waits, None: with whatever is worked out in this process.
    """
    try:
        async with (turns or call.context.reckoning).turn():
            yield
    except BusyError as error:
        raise Refused(429, "等待处理的请求过多", "too many wait already", after=10) from error


def attachment(name: str) -> dict[str, str]:
    """Headers by which a browser saves the answer under this name, Chinese too (RFC 6266, RFC 8187)."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "_" for each in name)
    value = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": value}


def moment(millis: int | None) -> str | None:
    return None if millis is None else format_time(millis)


def sure(millis: int) -> str:
    return format_time(millis)


def outage_now(context: Context, outage: Outage, told: Told = NOT_TOLD) -> OutageNow:
    """An outage for the pages: the same words as on the bus, and what a region is called."""
    region = context.site.regions.get(outage.region)
    return OutageNow(
        id=outage.id,
        phase=outage.phase.value,
        kind=outage.kind.value,
        network=outage.network,
        root=outage.root,
        name=outage.name or outage.root,
        region=outage.region,
        region_name=outage.region if region is None else region.name,
        contractor=outage.contractor,
        since=sure(outage.at),
        not_before=moment(outage.not_before),
        detected_at=sure(outage.detected_at),
        cause=outage.cause.value,
        affected=outage.affected,
        behind=outage.behind,
        classes={str(number): count for number, count in sorted(outage.classes.items())},
        nodes=list(outage.nodes),
        excluded=outage.excluded,
        ended_at=moment(outage.ended_at),
        ending=None if outage.ending is None else outage.ending.value,
        merged_into=outage.merged_into,
        alert=told.alert,
        acked_by=told.acked_by,
        assigned_to=told.assigned_to,
    )
