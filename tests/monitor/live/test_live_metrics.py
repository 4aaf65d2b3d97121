from __future__ import annotations

import json
import math
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.keys import Keys
from monitor.config import Site
from monitor.live.health import Health
from monitor.live.metrics import Metrics
from monitor.live.probetimes import FETCH_AGAIN, ProbeTimes
from monitor.live.states import Live
from monitor.model.measured import WINDOWS, Budget, GroupNow, Measured, Spent
from monitor.model.measured import Health as MeasuredHealth
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame

T0 = 1_700_000_000_000
KEYS = Keys("maoming")
NODES = [
    camera("cam-1", region="440902"),
    camera("cam-2", "video;police", region="440902"),
    camera("cam-3", region="440902"),
    camera("cam-4", region="440903", **{"class": "2"}),
    camera("switch", kind="switch", probes="ping", **{"class": ""}),
]
NETWORKS = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}


class Page:
    """Samples by name and labels, read by prometheus-client's parser."""

    def __init__(self, body: bytes, *, openmetrics: bool) -> None:
        parse = parse_openmetrics if openmetrics else parse_text
        self.families = list(parse(body.decode()))
        self.samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self.families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """The only sample of the name that has these labels; None if there is none."""
        found = [
            value
            for (its_name, its_labels), value in self.samples.items()
            if its_name == name and labels.items() <= dict(its_labels).items()
        ]
        assert len(found) < 2, found
        return found[0] if found else None

    def count(self, name: str) -> int:
        return sum(its_name == name for its_name, _ in self.samples)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, NODES, networks=NETWORKS, regions={"440902": "茂南区", "440903": "旧区"})


@pytest.fixture
def live(site: Site) -> Live:
    """Video is seen: cam-1 up, cam-2 degraded, cam-3 down, the rest not asked. Police never was."""
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 2000, results={"rtsp": {"ok": 7, "refused": 2}}))
    live.apply(voice.turns("cam-1", State.UNKNOWN, State.UP, T0 - 9999))
    live.apply(voice.turns("cam-2", State.UNKNOWN, State.DEGRADED, T0 - 8000, Cause.BUSY))
    live.apply(voice.turns("cam-3", State.UNKNOWN, State.DOWN, T0 - 7000))
    return live


@pytest.fixture
def times(bus: Redis) -> ProbeTimes:
    return ProbeTimes(bus, KEYS)


@pytest.fixture(params=[False, True], ids=["text", "openmetrics"])
def openmetrics(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(live: Live, times: ProbeTimes, openmetrics: bool) -> Any:
    """Renders afresh at each call."""
    metrics = Metrics(live, Health(reloaded_at=T0, lost=3, lag={"ledger": 5}), times)
    return lambda: Page(metrics.render(T0, openmetrics=openmetrics), openmetrics=openmetrics)


def test_a_node_is_up_while_it_answers_and_has_no_sample_while_unknown(page: Any) -> None:
    shown = page()

    assert shown.value("quanshi_node_up", node="cam-1") == 1
    assert shown.value("quanshi_node_up", node="cam-2", network="video") == 1
    assert shown.value("quanshi_node_up", node="cam-3") == 0
    assert shown.count("quanshi_node_up") == 3


def test_every_watch_has_a_state(page: Any) -> None:
    shown = page()

    assert shown.value("quanshi_node_state", node="cam-1") == 3
    assert shown.value("quanshi_node_state", node="cam-2", network="video") == 2
    assert shown.value("quanshi_node_state", node="cam-3") == 1
    assert shown.value("quanshi_node_state", node="cam-2", network="police") == 0
    assert shown.count("quanshi_node_state") == 6


def test_a_state_has_its_beginning_to_the_millisecond(page: Any) -> None:
    shown = page()

    assert shown.value("quanshi_node_state_since_timestamp_seconds", node="cam-1") == (T0 - 9999) / 1000
    assert shown.value("quanshi_node_state_since_timestamp_seconds", node="switch") is None


def test_what_changed_between_two_scrapes_is_rendered_anew(page: Any, live: Live) -> None:
    before = page().value("quanshi_node_up", node="cam-1")
    live.apply(Voice(sequence=9).turns("cam-1", State.UP, State.DOWN, T0 - 10))

    shown = page()

    assert before == 1
    assert shown.value("quanshi_node_up", node="cam-1") == 0
    assert shown.value("quanshi_node_state_since_timestamp_seconds", node="cam-1") == (T0 - 10) / 1000


def test_watches_are_counted_by_group_and_state(page: Any) -> None:
    shown = page()

    def count(**labels: str) -> float | None:
        return shown.value("quanshi_nodes", kind="camera", region="440902", **labels)  # type: ignore[no-any-return]

    assert [count(network="video", state=state.value) for state in State] == [0, 1, 1, 1]
    assert [count(network="police", state=state.value) for state in State] == [1, 0, 0, 0]


def test_the_online_ratio_is_of_known_camera_points_alone(page: Any) -> None:
    shown = page()

    ratio = shown.value("quanshi_online_ratio", network="video", region="440902", **{"class": "1"})

    assert ratio == pytest.approx(2 / 3, abs=1e-6)
    assert shown.count("quanshi_online_ratio") == 1


def test_counters_targets_and_our_own_health_are_there(page: Any) -> None:
    shown = page()

    assert shown.value("quanshi_probes_total", network="video", probe="rtsp", result="refused") == 2
    assert shown.value("quanshi_events_total", type="quanshi.watch.changed") == 3
    assert shown.value("quanshi_availability_target_ratio", **{"class": "1"}) == 0.98
    assert shown.value("quanshi_sight_age_seconds", collector="video-0of1") == 2
    assert shown.value("quanshi_outbox_events", collector="video-0of1") == 0
    assert shown.value("quanshi_bus_lag_events", reader="ledger") == 5
    assert shown.value("quanshi_events_lost_total") == 3
    assert shown.value("quanshi_events_refused_total") == 0
    assert shown.value("quanshi_config_reload_success") == 1
    assert shown.value("quanshi_config_last_reload_success_timestamp_seconds") == T0 / 1000
    assert shown.value("process_resident_memory_bytes") > 1e6


def test_whose_fault_it_is_not_is_shown_while_it_is_down(page: Any, live: Live) -> None:
    blames = [
        Blame(None, node, "video", T0, Attribution.UPSTREAM, "7f3a") for node in ("cam-1", "cam-3", "cam-9")
    ]
    live.outages.take(blames)

    shown = page()

    assert shown.value("quanshi_node_upstream", node="cam-3", region="440902", kind="camera") == 1
    assert shown.count("quanshi_node_upstream") == 1


def test_whether_the_page_may_be_believed_stands_on_it(live: Live, times: ProbeTimes) -> None:
    live.apply(Voice("police").sees(T0 - 1000, T0))
    well = Health(ledger_takes=True, bus_connected=True, restored=True)
    conditions = (well, replace(well, ledger_takes=False), replace(well, follows="other"))

    pages = [
        Page(Metrics(live, health, times).render(T0, openmetrics=False), openmetrics=False)
        for health in conditions
    ]

    assert [each.value("quanshi_monitor_ready") for each in pages] == [1, 0, 0]
    assert [each.value("quanshi_ledger_writable") for each in pages] == [1, 0, 1]


def measured(at: int = T0) -> Measured:
    """Of class 1 of a county in one window; of all, of which nothing is known and which has no target."""
    county = GroupNow(
        "video",
        "440902",
        1,
        3,
        {},
        target=0.98,
        windows={"1h": Spent(good=99, bad=1, unknown=100), "month": Spent()},
        budget=Budget(total=1000, used=250),
    )
    overdrawn = GroupNow("video", None, 1, 3, {}, target=0.98, budget=Budget(total=1000, used=1500))
    everything = GroupNow(None, None, None, 3, {}, windows={"1h": Spent(good=3, bad=1)})
    empty = GroupNow("police", None, 1, 0, {}, target=0.98, budget=Budget(0, 0))
    return Measured(at, (everything, overdrawn, county, empty), MeasuredHealth({}, {}, {}, ledger_takes=True))


def test_availability_is_shown_by_window_of_what_is_known(page: Any, live: Live) -> None:
    live.measured = measured()

    shown = page()

    labels = {"network": "video", "region": "440902", "class": "1", "window": "1h"}
    assert shown.value("quanshi_availability_ratio", **labels) == 0.99
    labels = {"network": "", "region": "", "class": "", "window": "1h"}
    assert shown.value("quanshi_availability_ratio", **labels) == 0.75
    assert shown.count("quanshi_availability_ratio") == 2


def test_how_much_of_a_window_was_seen_is_shown_for_whole_networks(page: Any, live: Live) -> None:
    hour = 3_600_000
    half = GroupNow("video", None, 1, 3, {}, windows={"1h": Spent(good=hour, bad=hour // 2), "5m": Spent()})
    longer = GroupNow(None, None, 1, 1, {}, windows={"1h": Spent(good=hour + 59_000)})
    county = replace(half, region="440902")
    live.measured = replace(measured(), groups=(half, longer, county))

    shown = page()

    seen = "quanshi_availability_seen_ratio"
    assert shown.value(seen, network="video", window="1h", **{"class": "1"}) == 0.5
    assert shown.value(seen, network="video", window="5m") == 0
    assert shown.value(seen, network="", window="1h") == 1
    assert shown.count(seen) == 2 * len(WINDOWS)


def test_what_is_left_of_a_budget_is_shown_also_when_it_is_overdrawn(page: Any, live: Live) -> None:
    live.measured = measured()

    shown = page()

    left = "quanshi_error_budget_remaining_ratio"
    assert shown.value(left, network="video", region="440902", **{"class": "1"}) == 0.75
    assert shown.value(left, network="video", region="", **{"class": "1"}) == -0.5
    assert shown.count(left) == 2


def test_what_was_measured_is_shown_as_long_as_it_is_new_and_only_that(page: Any, live: Live) -> None:
    before = page().count("quanshi_availability_ratio")
    live.measured = measured(T0 - 60_000)
    once = page().count("quanshi_availability_ratio")
    live.measured = replace(measured(), groups=measured().groups[:1])
    fewer = page().count("quanshi_availability_ratio")
    live.measured = measured(T0 - 60_001)

    assert [before, once, fewer, page().count("quanshi_availability_ratio")] == [0, 2, 1, 0]


def test_outboxes_are_counted_where_they_lie_else_as_of_the_last_event(live: Live, times: ProbeTimes) -> None:
    live.apply(Voice("police", sequence=7, oldest=5).sees(T0 - 1000, T0))
    health = Health(outboxes={"video-0of1": 3352, "video-0of2": 0, "video-1of2": 4})

    shown = Page(Metrics(live, health, times).render(T0, openmetrics=False), openmetrics=False)

    assert shown.value("quanshi_outbox_events", collector="video-0of1") == 3352
    assert shown.value("quanshi_outbox_events", collector="police-0of1") == 3
    assert shown.value("quanshi_outbox_events", collector="video-0of2") is None
    assert shown.value("quanshi_outbox_events", collector="video-1of2") == 4


def test_every_family_stands_together_and_has_its_help(page: Any) -> None:
    names = [family.name for family in page().families]

    assert len(names) == len(set(names))
    assert all(family.documentation for family in page().families)


async def put_times(bus: Redis, values: list[float], inventory: str, nodes: int = 5) -> None:
    header = json.dumps({"inventory": inventory, "probes": ["ping", "rtsp"], "nodes": nodes})
    packed = header.encode() + b"\n" + array("f", values).tobytes()
    await bus.set(KEYS.durations("video", 0, 1), packed)


async def test_the_last_probe_times_and_certificates_are_shown(
    page: Any, live: Live, times: ProbeTimes, bus: Redis
) -> None:
    values = [math.nan] * 10
    values[1], values[8] = 0.0125, 0.002
    await put_times(bus, values, live.site.inventory.digest)
    await bus.hset(KEYS.certificates("video", 0, 1), "cam-3", "1800000000")

    await times.fetch(live, T0)
    shown = page()

    assert shown.value("quanshi_probe_duration_seconds", node="cam-1", probe="rtsp") == 0.0125
    assert shown.value("quanshi_probe_duration_seconds", node="switch", probe="ping") == 0.002
    assert shown.count("quanshi_probe_duration_seconds") == 2
    assert shown.value("quanshi_certificate_expiry_timestamp_seconds", node="cam-3") == 1_800_000_000


@pytest.mark.parametrize(("inventory", "nodes"), [("another", 5), (None, 4)])
async def test_times_of_another_node_list_are_not_shown(
    live: Live, times: ProbeTimes, bus: Redis, inventory: str | None, nodes: int
) -> None:
    await put_times(bus, [0.5] * 2 * nodes, inventory or live.site.inventory.digest, nodes)

    await times.fetch(live, T0)

    assert not list(times.durations(live))


async def test_times_that_cannot_be_read_harm_nothing(
    page: Any, live: Live, times: ProbeTimes, bus: Redis
) -> None:
    await bus.set(KEYS.durations("video", 0, 1), b"\xff\xfe")

    await times.fetch(live, T0)

    assert page().count("quanshi_node_up") == 3


async def test_redis_is_asked_for_times_at_most_every_five_seconds(
    live: Live, times: ProbeTimes, bus: Redis, page: Any
) -> None:
    await times.fetch(live, T0)
    await put_times(bus, [0.5] * 10, live.site.inventory.digest)

    await times.fetch(live, T0 + FETCH_AGAIN - 1)
    early = page().count("quanshi_probe_duration_seconds")
    await times.fetch(live, T0 + FETCH_AGAIN)

    assert early == 0
    assert page().count("quanshi_probe_duration_seconds") == 10


async def test_without_redis_the_states_are_shown_all_the_same(
    page: Any, live: Live, times: ProbeTimes, bus: Redis, server: Any
) -> None:
    await put_times(bus, [0.5] * 10, live.site.inventory.digest)
    await times.fetch(live, T0)
    server.stop()

    await times.fetch(live, T0 + FETCH_AGAIN)

    assert page().count("quanshi_probe_duration_seconds") == 0
    assert page().count("quanshi_node_up") == 3


def test_a_reload_is_rendered_with_the_labels_of_the_new_list(page: Any, live: Live, tmp_path: Path) -> None:
    page()
    live.reload(make_site(tmp_path, [camera("cam-3"), camera("cam-9")], networks=NETWORKS))

    shown = page()

    assert shown.value("quanshi_node_up", node="cam-3") == 0
    assert shown.value("quanshi_node_state", node="cam-9") == 0
    assert shown.count("quanshi_node_state") == 2
