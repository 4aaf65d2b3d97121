"""The nodes of a site: what is watched from where today, and which version of the list this is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import cached_property
from hashlib import sha256
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from monitor.config.probes import PROTOCOLS, spec_text
from monitor.config.settings import Region
from monitor.model.nodes import Node, ProbeSpec, Watch, shard_of, watches_of

_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Inventory:
    """Frozen. ``nodes`` are by id, in the order of the file.

    ``regions`` and the names of ``networks`` are versioned with them: a report of last year must be able to
    call them what they were called then.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node],
        zone: tzinfo,
        regions: Iterable[Region] = (),
        networks: Mapping[str, str] | None = None,
    ) -> None:
        self.nodes: Mapping[str, Node] = MappingProxyType(dict(nodes))
        self._zone = zone
        self._regions = [_region(region) for region in sorted(regions, key=attrgetter("code"))]
        self._networks = dict(sorted((networks or {}).items()))

    def __repr__(self) -> str:
        return f"<Inventory of {len(self.nodes)} nodes>"

    @cached_property
    def digest(self) -> str:
        """16 hex digits that change with anything that is recorded, and not with the order of the rows."""
        digest = sha256()
        for entry in (*self._entries(), *self._regions, self._networks):
            digest.update(_CANONICAL.encode(entry).encode())
        return digest.hexdigest()[:16]

    def watches(
        self, network: str | None = None, shard: int = 0, shards: int = 1, *, today: date | None = None
    ) -> list[Watch]:
        """The watches of a network (None: of all), of one shard of them, in the order of the file.

        A node is watched from the day it is commissioned to the day it is retired, both included.
        One that nobody asks is none. ``today`` is the site's own day unless it is given. The port in each
        watch's probes is the one to ask.
        """
        day = today or datetime.now(self._zone).date()
        resolved: dict[tuple[tuple[ProbeSpec, ...], int], tuple[ProbeSpec, ...]] = {}
        return [
            _with_port(watch, resolved)
            for node in self.nodes.values()
            if node.probes and (shards == 1 or shard_of(node.id, shards) == shard) and in_service(node, day)
            for watch in watches_of(node)
            if network is None or watch.network == network
        ]

    def to_json(self) -> dict[str, Any]:
        """What the ledger records: one plain dict a node, by id, empty fields left out; regions by code,
        networks with their names. The same always give the same.
        """
        return {"nodes": list(self._entries()), "regions": self._regions, "networks": self._networks}

    def _entries(self) -> Iterator[dict[str, Any]]:
        texts: dict[int, list[str]] = {}  # by identity: most nodes share the same few tuples of probes
        for name in sorted(self.nodes):
            node = self.nodes[name]
            key = id(node.probes)
            if key not in texts:
                texts[key] = [spec_text(spec) for spec in node.probes]
            yield _entry(node, texts[key])


def _region(region: Region) -> dict[str, str]:
    return {"code": region.code, "name": region.name, "parent": region.parent}


def in_service(node: Node, day: date) -> bool:
    """Whether the node is to be watched on this day."""
    return not (
        (node.commissioned is not None and day < node.commissioned)
        or (node.retired is not None and day > node.retired)
    )


def _with_port(
    watch: Watch, resolved: dict[tuple[tuple[ProbeSpec, ...], int], tuple[ProbeSpec, ...]]
) -> Watch:
    """The watch with the port of its address in the probe that connects; equal results are shared."""
    port = watch.address.port
    if port is None:
        return watch
    key = (watch.probes, port)
    if key not in resolved:
        resolved[key] = tuple(
            replace(spec, port=port) if PROTOCOLS[spec.protocol].connects else spec for spec in watch.probes
        )
    return replace(watch, probes=resolved[key])


def _entry(node: Node, probes: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": node.id,
        "kind": node.kind.value,
        "networks": list(node.networks),
        "addresses": [str(address) for address in node.addresses],
        "probes": probes,
        "name": node.name,
        "class": node.point_class,
        "region": node.region,
        "level": node.level and node.level.value,
        "parents": list(node.parents),
        "contractor": node.contractor,
        "lon": node.lon,
        "lat": node.lat,
        "commissioned": node.commissioned and node.commissioned.isoformat(),
        "retired": node.retired and node.retired.isoformat(),
    }
    if not probes:
        fields["asked"] = False
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
