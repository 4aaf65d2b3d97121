"""A generated Maoming: real names of counties and towns, everything else invented.

The same seed and number of points give the same city, to the last address.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

from monitor.demo.places import CITY_CODE, CITY_NAME, Addresses, Town, grid_place, some_towns, spread
from monitor.model.nodes import Address, Kind, Level, Node, ProbeSpec, Watch, watches_of

FULL_POINTS: Final = 3352
VIDEO: Final = "video"
POLICE: Final = "police"
BOTH: Final = (VIDEO, POLICE)

# The newspaper's figures for the centres of the whole city.
_COUNTY_CENTRES, _TOWN_CENTRES, _VILLAGE_CENTRES = 2, 106, 1867
_ALL_TOWNS, _GATEWAYS = 127, 40

_WORDS: Final = {VIDEO: "视频专网", POLICE: "公安网"}
_GB_NETWORK: Final = {VIDEO: 0, POLICE: 5}
# Annex E has no type for a switch or for a centre of ours: 600 and above are free for extensions.
_GB_CAMERA, _GB_PLATFORM, _GB_GATEWAY, _GB_BOUNDARY, _GB_SWITCH, _GB_CENTRE = 132, 200, 209, 211, 601, 602


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often each kind of probe is asked, in seconds; ``mqtt`` is the beat of a heartbeat."""

    rtsp: float = 5.0
    tcp: float = 5.0
    http: float = 10.0
    mqtt: float = 5.0
    ping: float = 5.0
    timeout: float = 2.8
    slow: float = 2.0

    def deadline(self, name: str) -> float:
        """Seconds until an answer is late; three heartbeats that are missed are silence."""
        return 3 * self.mqtt if name == "mqtt" else self.timeout


@dataclass(frozen=True, slots=True)
class CityRegion:
    """A row of ``regions.csv``."""

    code: str
    name: str
    parent: str
    points: int


@dataclass(frozen=True)
class City:
    """Nodes and regions of an invented city. All devices listen on the one ``port``."""

    seed: int
    points: int
    port: int
    intervals: Intervals
    nodes: tuple[Node, ...]
    regions: tuple[CityRegion, ...]
    witnesses: dict[str, str]
    own_network: bool = False

    @cached_property
    def by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def watches(self) -> tuple[Watch, ...]:
        return tuple(watch for node in self.nodes for watch in watches_of(node))

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Ids of the nodes directly behind each node."""
        children: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes:
            for parent in node.parents:
                children[parent].append(node.id)
        return {parent: tuple(ids) for parent, ids in children.items()}

    def behind(self, node_id: str) -> tuple[str, ...]:
        """The node and everything that is reached through it, the node first.

        A node with a second way round (the boundary gateway hangs on both networks) is left out.
        """
        found = [node_id]
        for parent in found:
            found += [child for child in self.children.get(parent, ()) if len(self.by_id[child].parents) == 1]
        return tuple(found)


def make_city(
    points: int = FULL_POINTS,
    *,
    seed: int = 1,
    port: int = 8554,
    intervals: Intervals | None = None,
    own_network: bool = False,
) -> City:
    """The invented city with so many class-1 points. Raises ValueError for less than one.

    ``own_network``: the addresses are 10.x.x.x, for a network namespace in which ping is real.
    """
    if points < 1:
        raise ValueError(f"a city needs at least 1 point, not {points}")
    builder = _Builder(points, seed, intervals or Intervals(), own_network)
    nodes = tuple(builder.nodes())
    return City(
        seed=seed,
        points=points,
        port=port,
        intervals=builder.intervals,
        nodes=nodes,
        regions=tuple(builder.regions()),
        witnesses=dict(builder.witnesses),
        own_network=own_network,
    )


def _scaled(figure: int, points: int) -> int:
    """A figure of the whole city in a smaller one: in proportion, at least 1, never above the figure."""
    return max(1, min(figure, round(figure * points / FULL_POINTS)))


class _Builder:
    """Hands out ids and addresses while it walks from the city's core down to the points."""

    def __init__(self, points: int, seed: int, intervals: Intervals, own_network: bool) -> None:
        rng = Random(f"city {seed} {points}")
        self.intervals = intervals
        self.witnesses: dict[str, str] = {}
        self._points = points
        self._own_network = own_network
        self._towns = some_towns(_scaled(_ALL_TOWNS, points), rng)
        self._cameras = spread(points, self._towns, rng)
        self._villages = spread(_scaled(_VILLAGE_CENTRES, points), self._towns, rng)
        self._with_centre = self._sample(_TOWN_CENTRES, rng)
        self._with_gateway = self._sample(_GATEWAYS, rng)
        self._addresses = Addresses(seed, 10 if own_network else 127)
        self._serials: Counter[str] = Counter()
        self._contractors = ("演示甲公司", "演示乙公司", "演示丙公司")

    def _sample(self, figure: int, rng: Random) -> frozenset[str]:
        count = min(_scaled(figure, self._points), len(self._towns))
        return frozenset(town.code for town in rng.sample(self._towns, count))

    def regions(self) -> Iterator[CityRegion]:
        yield CityRegion(CITY_CODE, f"{CITY_NAME} (演示)", "", self._points)
        for county, towns in self._counties():
            total = sum(self._cameras[town.code] for town in towns)
            yield CityRegion(county, towns[0].county_name, CITY_CODE, total)
            for town in towns:
                yield CityRegion(town.code, town.name, county, self._cameras[town.code])

    def nodes(self) -> Iterator[Node]:
        cores = {}
        for network in BOTH:
            word = _WORDS[network]
            gate = self._node(Kind.GATEWAY, f"{word} 采集网关", _GB_GATEWAY, network, CITY_CODE, "tcp")
            core = self._node(Kind.SWITCH, f"{word} 市核心交换机", _GB_SWITCH, network, CITY_CODE, "tcp")
            self.witnesses[network] = gate.id
            cores[network] = core.id
            yield from (gate, core, self._platform(CITY_NAME, network, CITY_CODE, core.id, Level.CITY))
        yield self._boundary(cores)
        yield self._centre(f"{CITY_NAME}综治中心", CITY_CODE, cores[VIDEO], Level.CITY)
        for number, (county, towns) in enumerate(self._counties()):
            yield from self._county(number, county, towns, cores)

    def _counties(self) -> list[tuple[str, list[Town]]]:
        counties: dict[str, list[Town]] = defaultdict(list)
        for town in self._towns:
            counties[town.county].append(town)
        return list(counties.items())

    def _county(
        self, number: int, county: str, towns: Sequence[Town], cores: dict[str, str]
    ) -> Iterator[Node]:
        name, switches = towns[0].county_name, {}
        for network in BOTH:
            switch = self._node(
                Kind.SWITCH, f"{name} {_WORDS[network]}核心交换机", _GB_SWITCH, network, county, "tcp",
                parent=cores[network], level=Level.COUNTY,
            )  # fmt: skip
            switches[network] = switch.id
            yield switch
            yield self._platform(name, network, county, switch.id, Level.COUNTY)
        if number < _scaled(_COUNTY_CENTRES, self._points):
            yield self._centre(f"{name}综治中心", county, switches[VIDEO], Level.COUNTY)
        for town_number, town in enumerate(towns):
            yield from self._town(town_number, town, switches)

    def _town(self, number: int, town: Town, county: dict[str, str]) -> Iterator[Node]:
        switch = self._node(
            Kind.SWITCH, f"{town.name} 接入交换机", _GB_SWITCH, VIDEO, town.code, "tcp",
            parent=county[VIDEO], level=Level.TOWN,
        )  # fmt: skip
        yield switch
        yield self._platform(town.name, VIDEO, town.code, switch.id, Level.TOWN)
        yield self._platform(town.name, POLICE, town.code, county[POLICE], Level.TOWN)
        if town.code in self._with_centre:
            yield self._centre(f"{town.name}综治中心", town.code, switch.id, Level.TOWN)
        if town.code in self._with_gateway:
            yield self._node(
                Kind.GATEWAY, f"{town.name} 接入网关", _GB_GATEWAY, VIDEO, town.code, "tcp", "mqtt",
                parent=switch.id, level=Level.TOWN,
            )  # fmt: skip
        for village in range(self._villages[town.code]):
            name = f"{town.name} 第{village + 1}村综治中心"
            yield self._centre(name, town.code, switch.id, Level.VILLAGE)
        for camera in range(self._cameras[town.code]):
            yield self._camera(town, number, camera, switch.id)

    def _camera(self, town: Town, town_number: int, number: int, switch: str) -> Node:
        place = grid_place(town.county, town_number, number)
        contractor = self._contractors[int(town.county[-1]) % len(self._contractors)]
        return self._node(
            Kind.CAMERA, f"{town.name} 点位{number + 1:04d}", _GB_CAMERA, VIDEO, town.code, "rtsp",
            parent=switch, place=place, point_class=1, contractor=contractor,
        )  # fmt: skip

    def _platform(self, name: str, network: str, region: str, parent: str, level: Level) -> Node:
        word = {VIDEO: "视频共享平台", POLICE: "视频联网平台"}[network]
        return self._node(
            Kind.PLATFORM, f"{name} {word}", _GB_PLATFORM, network, region, "http",
            parent=parent, level=level,
        )  # fmt: skip

    def _centre(self, name: str, region: str, parent: str, level: Level) -> Node:
        return self._node(Kind.CENTRE, name, _GB_CENTRE, VIDEO, region, "http", parent=parent, level=level)

    def _boundary(self, cores: dict[str, str]) -> Node:
        return Node(
            id=self._gb_code(CITY_CODE, _GB_BOUNDARY, VIDEO),
            kind=Kind.GATEWAY,
            networks=BOTH,
            addresses=tuple(Address(self._addresses.take()) for _ in BOTH),
            probes=self._probes("tcp"),
            name="演示 边界安全接入网关",
            region=CITY_CODE,
            level=Level.CITY,
            parents=tuple(cores.values()),
        )

    def _node(
        self,
        kind: Kind,
        name: str,
        gb_type: int,
        network: str,
        region: str,
        *probes: str,
        parent: str = "",
        level: Level | None = None,
        place: tuple[float, float] | None = None,
        point_class: int | None = None,
        contractor: str = "",
    ) -> Node:
        lon, lat = place or (None, None)
        return Node(
            id=self._gb_code(region, gb_type, network),
            kind=kind,
            networks=(network,),
            addresses=(Address(self._addresses.take()),),
            probes=self._probes(*probes),
            name=f"演示 {name}",
            point_class=point_class,
            region=region,
            level=level,
            parents=(parent,) if parent else (),
            contractor=contractor,
            lon=lon,
            lat=lat,
        )

    def _probes(self, *names: str) -> tuple[ProbeSpec, ...]:
        # The kernel answers a ping to any loopback address, whoever is dead there.
        asked = ("ping", *names) if self._own_network else names
        return tuple(
            ProbeSpec(name, name, getattr(self.intervals, name), self.intervals.deadline(name))
            for name in asked
        )

    def _gb_code(self, region: str, gb_type: int, network: str) -> str:
        stem = f"{region[:6]}0000{gb_type:03d}{_GB_NETWORK[network]}"
        self._serials[stem] += 1
        return f"{stem}{self._serials[stem]:06d}"
