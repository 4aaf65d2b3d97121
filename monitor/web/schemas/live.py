"""What is true now: the board of all watches, the overview, nodes and their layers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from monitor.web.schemas.base import Model, Moment, Page, Ratio, Seconds, Shown


class Counts(Model):
    """How many watches stand in each state; ``upstream`` of those down are down by another's fault."""

    up: int
    degraded: int
    down: int
    unknown: int
    upstream: int = 0


class Board(Model):
    """Every watch of the site, column by column: entry *i* of each column speaks of the same watch.

    ``state``: 0 unknown, 1 down, 2 degraded, 3 up. ``upstream``: the places that are down by another's fault;
    ``excluded``: those under approved maintenance. ``region``, ``network``, ``contractor`` and ``cause`` are
    places in the lists of the same name. ``event`` is the id after which ``/events`` goes on.
    """

    event: str
    time: Moment
    inventory: str
    networks: list[str]
    regions: list[str]
    contractors: list[str]
    causes: list[str]
    kinds: list[str]
    id: list[str]
    name: list[str]
    network: list[int]
    region: list[int]
    kind: list[int]
    point_class: list[int] = Field(description="0: no point")
    contractor: list[int]
    state: list[int]
    cause: list[int]
    since: list[int] = Field(description="milliseconds since 1970, 0: nobody knows")
    lon: list[float | None]
    lat: list[float | None]
    upstream: list[int]
    excluded: list[int]


LevelName = Literal["city", "county", "town", "village"]


class Region(Model):
    code: str
    name: str
    parent: str
    level: LevelName | None = None


class Regions(Model):
    regions: list[Region]


class Budget(Model):
    """The error budget of a group in the running month, in device-hours."""

    total: float
    used: float
    left: Ratio | None = Field(description="the share that is left, 0 when it is gone")
    gone_at: Moment | None = Field(description="when it is gone, or will be if things go on so")


class Group(Model):
    """Watches counted together. Null: of all networks, regions, classes.

    ``month``: the intact rate (完好率) of the running month with its bounds.
    """

    network: str | None
    region: str | None
    point_class: int | None
    watches: int
    counts: Counts
    target: Ratio | None
    online: Ratio | None = Field(description="online rate at this moment; null while nobody looks")
    intact: Ratio | None
    month: Ratio | None
    month_low: Ratio | None
    month_high: Ratio | None
    budget: Budget | None


class Collector(Model):
    name: str
    network: str
    footing: Literal["sees", "blind", "silent", "awaited"]
    sight_age: Seconds | None
    lost_since: Moment | None = Field(description="since when it does not see; null: it does, or never did")
    watches: int = Field(description="that nobody sees when this one does not")


class Network(Model):
    id: str
    name: str
    counts: Counts
    watches: int
    levels: dict[str, LevelNow] = Field(description="by level: city, county, town: its platforms and links")


class LevelNow(Model):
    """The nodes of a level that are no cameras: platforms, gateways, switches, centres."""

    watches: int
    counts: Counts


class Changed(Model):
    """A change as the overview shows it."""

    time: Moment
    node: str
    name: str
    network: str
    old: Shown
    new: Shown
    cause: str


class OutageNow(Model):
    """An outage. ``affected``: watches down (or unseen) for it now; in a closed one, at most."""

    id: str
    phase: Literal["opened", "changed", "closed"]
    kind: Literal["node", "suspected", "observer"]
    network: str
    root: str
    name: str
    region: str
    region_name: str
    contractor: str
    since: Moment
    not_before: Moment | None
    detected_at: Moment
    cause: str
    affected: int
    behind: int
    classes: dict[str, int]
    nodes: list[str]
    excluded: str
    ended_at: Moment | None
    ending: Literal["recovered", "merged", "retired"] | None
    merged_into: str
    alert: str | None = Field(description="the id of the alert that was told of it")
    acked_by: str | None
    assigned_to: str | None


class Overview(Model):
    """The first page but for the cells. ``headline`` is of the class-1 points where there are any."""

    site: str
    title: str = Field(description="what people call the site")
    language: Literal["zh", "en"]
    timezone: str
    time: Moment
    invented: bool = Field(description="a demonstration: no device here exists")
    event: str
    inventory: str
    reload_error: str | None
    headline: Group
    networks: list[Network]
    groups: list[Group]
    collectors: list[Collector]
    outages: list[OutageNow]
    changes: list[Changed]


class TrendPoint(Model):
    """``seen``: the share of device-time that somebody looked at; ``intact`` null where nobody did."""

    time: Moment
    intact: Ratio | None
    seen: Ratio


class Trend(Model):
    step: Seconds
    target: Ratio | None
    points: list[TrendPoint]


class TrendQuery(Model):
    hours: int = Field(24, ge=1, le=168)
    network: str | None = None
    region: str | None = None
    point_class: int | None = Field(None, ge=1, le=9)


class NodesQuery(Page):
    """All that are given must hold. ``sort`` with ``-`` in front: the other way round."""

    state: Shown | None = None
    network: str | None = None
    region: str | None = Field(None, description="with what lies in it")
    kind: str | None = None
    point_class: int | None = Field(None, ge=1, le=9)
    contractor: str | None = None
    parent: str | None = Field(None, description="directly behind this node")
    q: str | None = Field(None, max_length=100, description="part of an id or a name")
    sort: Literal["node", "-node", "name", "-name", "state", "-state", "since", "-since"] = "node"


class WatchNow(Model):
    """One watch: a node seen from one network. ``address`` is for those who may see details."""

    node: str
    name: str
    network: str
    kind: str
    point_class: int | None
    region: str
    region_name: str
    level: str | None
    contractor: str
    parents: list[str]
    address: str | None
    state: Shown
    cause: str
    upstream: bool
    excluded: bool
    since: Moment | None
    detected_at: Moment | None
    probe: str
    outage: str | None


class WatchList(Model):
    nodes: list[WatchNow]
    total: int


class Neighbour(Model):
    node: str
    name: str
    network: str
    state: Shown
    upstream: bool


class NodeDetail(Model):
    """One node with its watch in each network, what is above it, and what hangs on the same parent."""

    node: str
    name: str
    kind: str
    point_class: int | None
    region: str
    region_path: list[Region]
    level: str | None
    contractor: str
    contractor_phone: str | None
    commissioned: str | None
    retired: str | None
    lon: float | None
    lat: float | None
    probes: list[str]
    gb_code: dict[str, Any] | None = Field(description="the parts of a valid 20-digit code")
    watches: list[WatchNow]
    parents: list[Neighbour]
    neighbours: list[Neighbour]


LayerName = Literal["reach", "service", "login", "registration", "catalogue"]


class Layer(Model):
    """One way in which a watch is known: its last verdict, and when that was."""

    network: str
    probe: str
    kind: Literal["probe", "source"]
    layer: LayerName = Field(description="how far up it proves that the device works")
    ok: bool | None
    state: Shown = Field(description="of a watch that nothing else speaks of")
    cause: str
    at: Moment | None
    age: Seconds | None
    duration: Seconds | None
    every: Seconds | None = Field(description="how often it is asked; null: it tells by itself")


class Layers(Model):
    layers: list[Layer]


class ProbeDurations(Model):
    """How long one probe took: a value for each of the ``times``."""

    network: str
    probe: str
    seconds: list[Seconds | None] = Field(description="null: not asked then, or no answer")


class Durations(Model):
    """How long the probes of a node took in the last hour, as far as this monitor has seen it."""

    step: Seconds = Field(description="from one sample to the next; longer in a larger city")
    times: list[Moment]
    probes: list[ProbeDurations]


class ProbeWish(Model):
    network: str


class Wished(Model):
    wish: str


class Answer(Model):
    probe: str
    ok: bool
    state: Shown = Field(description="of a watch that nothing else speaks of")
    cause: str
    at: Moment
    duration: Seconds | None


class Answers(Model):
    done: bool
    answers: list[Answer]


class DaysQuery(Model):
    days: int = Field(90, ge=1, le=400)
    network: str | None = None


class Day(Model):
    """A day of a watch: seconds in each state. ``intact`` null: not known at all."""

    day: str = Field(examples=["2026-10-31"])
    up: Seconds
    degraded: Seconds
    down_own: Seconds
    down_upstream: Seconds
    excluded: Seconds
    unknown: Seconds
    intact: Ratio | None


class Days(Model):
    network: str
    days: list[Day]


class SpanQuery(Model):
    since: str = Field(description="RFC 3339")
    until: str = Field(description="RFC 3339")
    network: str | None = None


class TimelineSpan(Model):
    """A stretch in one state. Its true edges lie in [not_before, start] and in the next one's."""

    start: Moment
    end: Moment
    state: Shown
    attribution: str
    excluded: bool


class TimelineChange(Model):
    at: Moment
    not_before: Moment | None
    detected_at: Moment
    old: Shown
    new: Shown
    cause: str
    probe: str
    attribution: str
    origin: Literal["event", "snapshot"]
    evidence: list[dict[str, Any]]


class Timeline(Model):
    network: str
    spans: list[TimelineSpan]
    changes: list[TimelineChange]


Network.model_rebuild()
