"""``/nodes/{id}/layers``, ``…/durations`` and ``…/probe``: what each probe said last, how long it took in the
last hour, and asking all of them now.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from monitor.access.roles import Permission
from monitor.bus.wishes import Answer as Came
from monitor.bus.wishes import BusAwayError, Dropped, NobodyHearsError, WishError
from monitor.model.layers import Layer as Known
from monitor.model.nodes import Node, ProbeSpec
from monitor.model.observations import Cause, Weight
from monitor.model.times import format_time
from monitor.web.api.common import moment, one_of
from monitor.web.api.nodes import node_of
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.live import (
    Answer,
    Answers,
    Durations,
    Layer,
    LayerName,
    Layers,
    ProbeDurations,
    ProbeWish,
    Wished,
)

AGAIN_AFTER: Final = 2.0
"""Seconds between two wishes for one node that a collector grants."""

_DROPPED: Final = {
    Dropped.STALE: ("采集器来不及处理", "the collector came to it too late"),
    Dropped.TOO_SOON: ("刚刚探测过，请稍候", "it was asked a moment ago"),
    Dropped.TOO_MANY: ("探测请求过多", "too many wishes at once"),
    Dropped.NOT_WATCHED: ("采集器未监测该节点", "the collector does not watch this node"),
}


async def layers(call: Call[None, None]) -> Layers:
    """Each probe and source of a node, with its last verdict and how old that is."""
    found = node_of(call)
    degrades = call.context.site.judge.degrades
    known = await call.context.layers.of(found.id)
    return Layers(layers=[_layer(found, each, call.now, degrades) for each in known])


def _layer(node: Node, known: Known, now: int, degrades: Container[Cause]) -> Layer:
    asked = next((probe for probe in node.probes if probe.name == known.probe), None)
    return Layer(
        network=known.network,
        probe=known.probe,
        kind="source" if asked is None else "probe",
        layer=_height_of(known.probe, asked),
        ok=known.ok,
        state=known.cause.weight_at(degrades).state.value,
        cause=known.cause.value,
        at=moment(known.at),
        age=None if known.at is None else max(0, now - known.at) / 1000,
        duration=known.duration,
        every=None if asked is None else asked.every,
    )


def _height_of(name: str, asked: ProbeSpec | None) -> LayerName:
    """What is not asked tells by itself: that the device is registered, or that a platform lists it."""
    if asked is None:
        return "catalogue" if "catalog" in name else "registration"
    if asked.credential is not None:
        return "login"
    return "reach" if asked.protocol == "ping" else "service"


async def durations(call: Call[None, None]) -> Durations:
    """How long each probe of a node took in the last hour."""
    last_hour = call.context.last_hour
    times, lines = last_hour.of(node_of(call).id)
    return Durations(
        step=last_hour.step / 1000,
        times=[format_time(each) for each in times],
        probes=[
            ProbeDurations(network=line.network, probe=line.probe, seconds=line.seconds) for line in lines
        ],
    )


async def probe(call: Call[None, ProbeWish]) -> Wished:
    """Wish that a node be asked now. What comes of it is read by the id that is answered."""
    found = node_of(call)
    call.target = found.id
    network = one_of("network", call.body.network, found.networks)
    try:
        wish = await call.context.wishes.tell(found.id, network, call.now)
    except NobodyHearsError as error:
        raise Refused(
            503, f"网络 {network} 没有采集器在运行", f"no collector of {network} is running", after=5
        ) from error
    except BusAwayError as error:
        raise Refused(503, "Redis 暂不可用", "Redis is away just now", after=5) from error
    return Wished(wish=wish.id)


async def answers(call: Call[None, None]) -> Answers:
    """What came of a wish until now."""
    found = node_of(call)
    try:
        came = await call.context.wishes.answer_of(call.path["wish"])
    except BusAwayError as error:
        raise Refused(503, "Redis 暂不可用", "Redis is away just now", after=5) from error
    except WishError as error:
        raise Refused(404, "没有这次探测的结果", "nothing came of this wish") from error
    if came is None:
        return Answers(done=False, answers=[])
    if came.node != found.id:
        raise Refused(404, "没有这次探测的结果", "nothing came of this wish")
    if came.dropped is not None:
        raise Refused(429, *_DROPPED[came.dropped], after=AGAIN_AFTER)
    degrades = call.context.site.judge.degrades
    return Answers(done=came.done, answers=[_answer(one, degrades) for one in came.answers])


def _answer(one: Came, degrades: Container[Cause]) -> Answer:
    weight = one.cause.weight_at(degrades)
    return Answer(
        probe=one.probe,
        ok=weight is Weight.GOOD,
        state=weight.state.value,
        cause=one.cause.value,
        at=format_time(one.at),
        duration=one.duration,
    )


_AWAY: Final = {503: "Redis is away, or no collector is running"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/nodes/{id}/layers",
        "layers",
        "The last verdict of each probe and source",
        layers,
        Permission.LOOK,
        answer=Layers,
    ),
    Endpoint(
        "GET",
        "/nodes/{id}/durations",
        "durations",
        "How long each probe took in the last hour",
        durations,
        Permission.LOOK,
        answer=Durations,
    ),
    Endpoint(
        "POST",
        "/nodes/{id}/probe",
        "probe",
        "Ask a node now",
        probe,
        Permission.OPERATE,
        answer=Wished,
        body=ProbeWish,
        status=202,
        action="node.probe",
        also=_AWAY,
    ),
    Endpoint(
        "GET",
        "/nodes/{id}/probe/{wish}",
        "probe_answers",
        "What came of asking a node",
        answers,
        Permission.OPERATE,
        answer=Answers,
        also={**_AWAY, 429: "the wish was not granted: too much is asked at once"},
    ),
)
