"""A small site on disk for tests, and a collector's voice that needs no collector."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config import Site, load_site
from monitor.model.events import Change, Event, EventId, Payload, Sight, Snapshot, Standing
from monitor.model.nodes import collector_name
from monitor.model.observations import Cause, State

COLUMNS = (
    "id", "name", "kind", "class", "network", "region", "address", "probes", "commissioned", "retired",
    "parent", "contractor", "level", "lon", "lat",
)  # fmt: skip
NETWORKS = {"video": {"name": "视频专网"}}


def camera(node: str, network: str = "video", /, **cells: str) -> dict[str, str]:
    """A row of nodes.csv for a class-1 camera point; its id is ``node``."""
    addresses = ";".join(f"127.0.0.{place + 1}" for place in range(network.count(";") + 1))
    row = {"id": node, "kind": "camera", "class": "1", "network": network, "address": addresses}
    return row | {"probes": "rtsp"} | cells


def write_site(
    folder: Path,
    nodes: Iterable[Mapping[str, str]],
    *,
    networks: Mapping[str, Any] = NETWORKS,
    regions: Mapping[str, str] | None = None,
    **settings: Any,
) -> Path:
    """The files of a site in ``folder``; the path of its site.yaml."""
    document = {
        "site": "maoming",
        "listen": "127.0.0.1:0",
        "networks": networks,
        "web": {"anonymous": "viewer"},
        **settings,
    }
    (folder / "site.yaml").write_text(json.dumps(document))  # JSON is YAML
    _write_csv(folder / "nodes.csv", COLUMNS, nodes)
    if regions:
        _write_csv(
            folder / "regions.csv",
            ("code", "name"),
            [{"code": code, "name": name} for code, name in regions.items()],
        )
    return folder / "site.yaml"


def make_site(folder: Path, nodes: Iterable[Mapping[str, str]], **settings: Any) -> Site:
    return load_site(write_site(folder, nodes, **settings))


def _write_csv(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)


@dataclass
class Voice:
    """What a collector says, numbered as its outbox would; moments are milliseconds."""

    network: str = "video"
    shard: int = 0
    shards: int = 1
    inventory: str = ""
    epoch: int = 1
    sequence: int = 0
    oldest: int | None = None

    @property
    def name(self) -> str:
        return collector_name(self.network, self.shard, self.shards)

    def say(self, payload: Payload, at: int) -> Event:
        self.sequence += 1
        event_id = EventId(self.name, self.epoch, self.sequence)
        return Event(event_id, "maoming", at, payload, self.oldest or self.sequence)

    def sees(
        self,
        start: int,
        end: int,
        *,
        blind: bool = False,
        results: Mapping[str, Mapping[str, int]] | None = None,
    ) -> Event:
        sight = Sight(
            self.name,
            self.network,
            self.shard,
            self.shards,
            start,
            end,
            watches=1,
            probes=1,
            blind=blind,
            inventory=self.inventory,
            results=results or {},
        )
        return self.say(sight, end)

    def turns(self, node: str, old: State, new: State, at: int, cause: Cause | None = None) -> Event:
        why = cause or (Cause.OK if new is State.UP else Cause.REFUSED)
        change = Change(node, self.network, old, new, at, at - 1000, at + 500, why, "rtsp")
        return self.say(change, at + 500)

    def sums_up(self, at: int, up: Iterable[str], others: Mapping[str, Standing] | None = None) -> Event:
        snapshot = Snapshot(
            self.name, self.network, self.shard, self.shards, at, self.inventory, tuple(up), others or {}
        )
        return self.say(snapshot, at)
