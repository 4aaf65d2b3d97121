"""Things that are watched: nodes, their places in two networks, and how each is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b

from monitor.model.times import format_span


class Kind(StrEnum):
    """What a node is."""

    CAMERA = "camera"
    RECORDER = "recorder"
    SWITCH = "switch"
    PLATFORM = "platform"
    GATEWAY = "gateway"
    CENTRE = "centre"


class Level(StrEnum):
    """Where in the joined network a node stands: three platform levels, and villages for centres."""

    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address or host name, with a port if it is not the probe's usual one."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One way to ask a watch, with every default already filled in.

    ``name`` is what people write and see (``rtsp``, or a profile of their own such as ``rtsp-hik``);
    ``protocol`` is what is spoken. Spans are in seconds. ``credential`` names an entry of the
    credentials file; the secret itself is never part of a spec.
    """

    name: str
    protocol: str
    every: float
    timeout: float
    port: int | None = None
    slow: float | None = None
    path: str = "/"
    ask: str = "options"
    tls: bool = False
    hold: bool = False
    credential: str | None = None

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.name}{port}@{format_span(self.every)}"


@dataclass(frozen=True, slots=True)
class Node:
    """A thing with a state of its own, as the inventory describes it.

    ``networks`` and ``addresses`` run side by side: the node is seen in ``networks[i]`` under
    ``addresses[i]``. ``parents`` are ids of other nodes; one counts in every network that both are in.
    ``point_class`` is 1, 2, 3 or 9 (other) for points and None for what is no point (GB/T 28181-2022
    A.2.1.9, PointType). ``lon``/``lat`` are WGS-84 degrees.
    """

    id: str
    kind: Kind
    networks: tuple[str, ...]
    addresses: tuple[Address, ...]
    probes: tuple[ProbeSpec, ...]
    name: str = ""
    point_class: int | None = None
    region: str = ""
    level: Level | None = None
    parents: tuple[str, ...] = ()
    contractor: str = ""
    lon: float | None = None
    lat: float | None = None
    commissioned: date | None = None
    retired: date | None = None

    @property
    def label(self) -> str:
        """The name if there is one, else the id."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Watch:
    """One node seen from one network: the unit that has a state."""

    node: Node
    network: str
    address: Address
    probes: tuple[ProbeSpec, ...] = field(default=())

    @property
    def key(self) -> tuple[str, str]:
        return (self.node.id, self.network)


def watches_of(node: Node) -> tuple[Watch, ...]:
    """The watches of a node, one for each network that it is in."""
    pairs = zip(node.networks, node.addresses, strict=True)
    return tuple(Watch(node, network, address, node.probes) for network, address in pairs)


def stable_hash(text: str) -> int:
    """64 bits that are the same on every machine and in every run (Python's ``hash`` is not)."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def shard_of(node_id: str, shards: int) -> int:
    """The shard that watches this node. Coverage can be recomputed from ids and sights alone."""
    return stable_hash(node_id) % shards


def collector_name(network: str, shard: int, shards: int) -> str:
    """The name of the collector of a shard: ``video-0of4``. It has no slash, so event ids can."""
    return f"{network}-{shard}of{shards}"


def post_of(collector: str) -> tuple[str, int, int] | None:
    """The network, the shard and the number of shards of such a name; None for what is none."""
    network, _, part = collector.rpartition("-")
    shard, _, shards = part.partition("of")
    if not (network and shard.isdecimal() and shards.isdecimal() and int(shard) < int(shards)):
        return None
    return network, int(shard), int(shards)
