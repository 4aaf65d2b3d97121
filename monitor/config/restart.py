"""What a running system cannot take over from changed files: it waits for a restart, and that is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from monitor.config.site import Site

_FIXED: Final[Mapping[str, Callable[[Site], Any]]] = {
    "site": lambda site: site.name,
    "data": lambda site: site.data,
    "redis": lambda site: site.redis,
    "ledger": lambda site: site.ledger,
    "listen": lambda site: (site.listen_host, site.listen_port),
}


def restart_keys(running: Site, written: Site) -> tuple[str, ...]:
    """The settings that differ and that only a restart brings, as people write them.

    ``running`` is the site that the process was started with. The streams are named after ``site``, what
    is in ``data``, ``redis`` and ``ledger`` is open, ``listen`` is bound, and who collects which part of
    a network is decided at the start.
    """
    keys = [key for key, value in _FIXED.items() if value(running) != value(written)]
    for name in {**running.networks, **written.networks}:
        now, wanted = running.networks.get(name), written.networks.get(name)
        if now is None or wanted is None:
            keys.append(f"networks.{name}")
        elif now.shards != wanted.shards:
            keys.append(f"networks.{name}.shards")
    return tuple(keys)


def restart_note(keys: Sequence[str], file: str) -> str:
    """That these keys of ``file`` wait for a restart, in the form of a mistake; nothing without any."""
    return f"{file}  {', '.join(keys)}\n  需要重启 / restart needed" if keys else ""


def as_far_as_it_runs(running: Site, written: Site) -> Site:
    """``written`` with its networks in as many shards as are collected.

    By any other number collectors would be awaited that nobody started, and those that run could fall
    silent without anybody missing them.
    """
    networks = {
        key: replace(network, shards=running.networks[key].shards) if key in running.networks else network
        for key, network in written.networks.items()
    }
    return replace(written, networks=MappingProxyType(networks))
