"""``/about``: which software this is, and how its own parts are."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from redis.exceptions import RedisError

import monitor
from monitor.access.roles import Permission
from monitor.live.probetimes import PATIENCE
from monitor.live.states import FRESH, Footing
from monitor.model.times import format_time
from monitor.trouble import Said
from monitor.web.api.common import reload_error_of
from monitor.web.context import Context
from monitor.web.endpoints import Call, Endpoint
from monitor.web.schemas.papers import About, PartHealth

PACKAGES: Final = ("aiohttp", "aiomqtt", "pydantic", "redis", "SQLAlchemy", "prometheus-client")

WAITING_LONG: Final = 1_000
"""Events in an outbox or before a reader, from which something is slow."""

LITTLE_SPACE: Final = 1024**3
"""Bytes that should be free where the ledger is."""


async def about(call: Call[None, None]) -> About:
    """Versions for everybody; what a role lacks, in words."""
    context = call.context
    await context.times.fetch(context.live, call.now)
    context.live.refresh(call.now)
    reasons = list(context.health.not_ready(context.live))
    return About(
        version=monitor.__version__,
        software=await _software(context),
        site=context.site.name,
        language=context.site.language,
        timezone=context.site.timezone,
        started_at=format_time(context.started_at),
        uptime=max(0, call.now - context.started_at) / 1000,
        ready=not reasons,
        reasons=reasons,
        parts=list(_parts(call)),
        targets={f"class{number}": share for number, share in context.site.targets.items()},
        ledger=await _ledger(context),
    )


@cache
def _installed() -> Mapping[str, str]:
    """What does not change while this runs. SQLite holds the outboxes, whatever holds the ledger."""
    found = {"Quanshi": monitor.__version__, "Python": platform.python_version()}
    found["SQLite"] = sqlite3.sqlite_version
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a bundle that carries no metadata of what is in it
    return found


async def _software(context: Context) -> dict[str, str]:
    found = dict(_installed())
    if context.ledger is not None:
        name, number = await context.ledger.database()
        found[name] = number
    try:
        async with asyncio.timeout(PATIENCE):
            server = await context.redis.info("server")
    except (RedisError, OSError):  # TimeoutError is an OSError
        return found  # its absence is told among the parts
    name = "Valkey" if "valkey_version" in server else "Redis"
    return {**found, name: str(server.get("valkey_version") or server.get("redis_version", ""))}


async def _ledger(context: Context) -> dict[str, Any]:
    if context.ledger is None:
        return {}
    head = await context.ledger.head()
    return {"links": head.links, "head": head.hash, "counts": await context.ledger.counts()}


_SEES: Final = {
    Footing.SEES: ("well", Said("正在观测", "sees")),
    Footing.BLIND: ("wrong", Said("观测中断：自身网络异常", "blind: its own network fails")),
    Footing.SILENT: ("wrong", Said("无消息", "silent")),
    Footing.AWAITED: ("absent", Said("尚未出现", "not seen yet")),
}


def _parts(call: Call[None, None]) -> Iterator[PartHealth]:
    context, now = call.context, call.now
    health, live = context.health, context.live

    def part(name: str, state: Any, said: Said, value: float | None = None, unit: str = "") -> PartHealth:
        return PartHealth(name=name, state=state, text=said.told(call.language), value=value, unit=unit)

    for name in sorted({*live.planned_collectors(), *live.observers}):
        observer = live.observers.get(name)
        state, said = _SEES[Footing.AWAITED if observer is None else observer.footing]
        yield part(f"collect {name}", state, said, live.sight_age(name, now), "s")
    for name, count in sorted(health.unconfirmed(live).items()):
        slow = "slow" if count > WAITING_LONG else "well"
        yield part(f"outbox {name}", slow, Said("待确认事件", "events not confirmed"), count)
    for name, count in sorted(health.lag.items()):
        slow = "slow" if count > WAITING_LONG else "well"
        yield part(f"bus {name}", slow, Said("未读事件", "events not read"), count)
    connected = ("well", Said("已连接", "connected"))
    away = ("wrong", Said("未连接", "not connected"))
    yield part("redis", *(connected if health.bus_connected else away))
    takes = ("well", Said("正常写入", "takes what comes"))
    refuses = ("wrong", Said("拒绝写入", "takes nothing"))
    yield part("ledger", *(takes if health.ledger_takes else refuses))
    free = shutil.disk_usage(context.site.data).free
    yield part(
        "disk",
        "well" if free > LITTLE_SPACE else "slow",
        Said("可用空间", "free space"),
        round(free / 1024**3, 1),
        "GiB",
    )
    telling = context.times.telling
    if telling is None:
        yield part("alert", "absent", Said("告警角色无消息", "no word of the alert role"))
    else:
        waiting = sum(telling.pending.values())
        late = now - telling.at > FRESH
        yield part(
            "alert", "slow" if waiting or late else "well", Said("待送达消息", "messages wait"), waiting
        )
    yield part("viewers", "well", Said("在线页面", "pages looking on"), context.hub.viewers)
    error = reload_error_of(call)
    if error is not None:
        yield part("settings", "wrong", Said.same(error))


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/about", "about", "Versions, and how the parts are", about, Permission.LOOK, answer=About
    ),
)
