"""What a running system cannot take over from changed files: it waits for a restart, and that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from monitor.config.settings import NetworkSettings
from monitor.config.site import Site
from monitor.config.web import WebSettings
from monitor.model.said import NOTHING, Said

_FIXED: Final[Mapping[str, tuple[str, ...]]] = {
    "site": ("name",),
    "data": ("data",),
    "redis": ("redis",),
    "ledger": ("ledger",),
    "listen": ("listen_host", "listen_port"),
}
"""By the key that people write, the fields of Site that hold it."""


def restart_keys(running: Site, written: Site) -> tuple[str, ...]:
    """The settings that differ and that only a restart brings, as people write them.

    ``running`` is the site that the process was started with. The streams are named after ``site``, what
    is in ``data``, ``redis`` and ``ledger`` is open, ``listen`` (and what ``web`` adds to it) is bound, and
    who collects which part of a network is decided at the start.
    """
    keys = [
        key
        for key, fields in _FIXED.items()
        if any(getattr(running, field) != getattr(written, field) for field in fields)
    ]
    keys += _web_keys(running.web, written.web)
    for name in {**running.networks, **written.networks}:
        now, wanted = _shards(running, name), _shards(written, name)
        if now != wanted:
            keys.append(f"networks.{name}.shards" if now and wanted else f"networks.{name}")
    return tuple(keys)


def restart_note(keys: Sequence[str], file: str) -> Said:
    """That these keys of ``file`` wait for a restart, in the form of a mistake; nothing without any."""
    where = f"{file}  {', '.join(keys)}"
    return Said(f"{where}\n  需要重启", f"{where}\n  restart needed") if keys else NOTHING


def fixed_of(site: Site) -> dict[str, Any]:
    """What of ``site`` only a restart changes, as JSON can carry it to :func:`held_to`. Holds secrets."""
    fixed = {field: getattr(site, field) for fields in _FIXED.values() for field in fields}
    shards = {key: network.shards for key, network in site.networks.items()}
    return {**fixed, "data": str(site.data), "shards": shards}


def held_to(fixed: Mapping[str, Any], written: Site) -> Site:
    """``written`` for a process that comes late to others: what only a restart changes is as they have it.

    A Redis, a folder or a number of shards of its own would cut it off from them. Where the files say
    otherwise they count as changed since they were read, so that it is told at once what waits.
    """
    shards: Mapping[str, int] = fixed["shards"]
    gone = {key: NetworkSettings(key, count) for key, count in shards.items() if key not in written.networks}
    networks = MappingProxyType({**_cut(written, shards), **gone})
    fields = {field: fixed[field] for fields in _FIXED.values() for field in fields}
    held = replace(written, **fields | {"data": Path(fixed["data"]), "networks": networks})
    return replace(held, stamps=tuple(None for _ in held.files)) if restart_keys(held, written) else held


def as_far_as_it_runs(running: Site, written: Site) -> Site:
    """``written`` with its networks in as many shards as are collected.

    By any other number collectors would be awaited that nobody started, and those that run could fall
    silent without anybody missing them.
    """
    shards = {key: network.shards for key, network in running.networks.items()}
    return replace(written, networks=MappingProxyType(_cut(written, shards)))


def _cut(site: Site, shards: Mapping[str, int]) -> dict[str, NetworkSettings]:
    """The networks in so many shards: one that is not among them in none, for nobody looks at it yet."""
    return {key: replace(network, shards=shards.get(key, 0)) for key, network in site.networks.items()}


def _web_keys(running: WebSettings, written: WebSettings) -> list[str]:
    """What the listeners were opened with. The monitor alone has them, so it may come back with others."""
    keys = ["web.tls"] if running.tls != written.tls else []
    return [*keys, "web.metrics"] if running.metrics_listen != written.metrics_listen else keys


def _shards(site: Site, network: str) -> int:
    return site.networks[network].shards if network in site.networks else 0
