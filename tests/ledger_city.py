"""A site with a ledger, filled by what collectors would say, for the tests that go all the way."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clockwork import at, span

from monitor.config import Site, load_site
from monitor.ledger import Ledger
from monitor.ledger.signing import is_signed
from monitor.model.events import Change, Event, EventId, Payload, Sight
from monitor.model.observations import Cause, State
from monitor.reports.document import Proof

COLUMNS = (
    "id", "name", "kind", "class", "network", "region", "parent", "address", "probes", "contractor",
    "commissioned", "retired",
)  # fmt: skip
REGIONS = (
    ("440900", "茂名市", ""),
    ("440902", "茂南区", "440900"),
    ("440904", "电白区", "440900"),
    ("440902001", "河东街道", "440902"),
    ("440904100", "水东镇", "440904"),
)


def point(name: str, /, **cells: str) -> dict[str, str]:
    """A row of nodes.csv: a class-1 point of 甲公司 in 河东街道."""
    usual = {"id": name, "name": f"{name} 号点", "kind": "camera", "class": "1", "network": "video"}
    usual |= {"region": "440902001", "address": "127.0.0.2", "probes": "tcp:80", "contractor": "甲公司"}
    return usual | cells


def write_site(folder: Path, nodes: Iterable[Mapping[str, str]], **settings: Any) -> Site:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    networks = {"video": {"name": "视频专网"}}
    document = {"site": "maoming", "listen": "127.0.0.1:0", "networks": networks, **settings}
    (folder / "site.yaml").write_text(json.dumps(document))
    _write(folder / "nodes.csv", COLUMNS, [[node.get(name, "") for name in COLUMNS] for node in nodes])
    _write(folder / "regions.csv", ("code", "name", "parent"), REGIONS)
    return load_site(folder / "site.yaml")


def _write(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heading, *rows])


@dataclass
class Past:
    """Fills a ledger. Each call is one batch of one collector of the video network."""

    ledger: Ledger
    collector: str = "video-0of1"
    epoch: int = 1
    recorded: str = "11-01"
    _sequence: int = field(default=0, init=False)

    async def uses(self, site: Site, moment: str) -> None:
        inventory = site.inventory
        await self.ledger.use_inventory(inventory.digest, inventory.to_json(), at(moment))

    async def saw(self, text: str, *, blind: bool = False) -> None:
        start, end = span(text)
        sight = Sight(self.collector, "video", 0, 1, start, end, watches=1, probes=1, blind=blind)
        await self.say(sight)

    async def turned(self, node: str, *turns: tuple[str, State], old: State = State.UNKNOWN) -> None:
        """Exact edges: each turn was proven right up to its moment."""
        changes = []
        for moment, new in turns:
            when = at(moment)
            bound = None if old is State.UNKNOWN else when
            cause = Cause.OK if new is State.UP else Cause.NO_REPLY
            changes.append(Change(node, "video", old, new, when, bound, when, cause, "tcp"))
            old = new
        await self.say(*changes)

    async def say(self, *payloads: Payload) -> None:
        events = []
        for payload in payloads:
            self._sequence += 1
            event_id = EventId(self.collector, self.epoch, self._sequence)
            events.append(Event(event_id, "maoming", 0, payload, oldest=1))
        await self.ledger.append("ledger", "facts", "1-1", events, recorded_at=at(self.recorded))


def is_proven(proof: Proof, found: str) -> bool:
    """Whether a report with the digest ``found`` is the one that the proof was signed for."""
    return proof.digest == found and is_signed(proof.text(), proof.signature, proof.key)
