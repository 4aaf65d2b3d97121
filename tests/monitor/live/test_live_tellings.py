"""The numbers of the alert role, on the monitor's page."""

from __future__ import annotations

import json

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.registry import Collector

from monitor.live.tellings import families, unpacked
from monitor.model.telling import Telling

TELLING = Telling(
    at=1,
    alerts=(("outage", "critical", 2), ("offline", "warning", 7)),
    pending={"hook": 3},
    latency=((0.5, 4), (1.0, 6), (None, 9)),
    latency_sum=12.5,
)


class Only(Collector):
    def collect(self):
        yield from families(unpacked(json.dumps(TELLING.to_json())))


def test_both_formats_say_what_the_role_wrote() -> None:
    registry = CollectorRegistry()
    registry.register(Only())
    for write in (generate_latest, openmetrics):
        lines = write(registry).decode().splitlines()
        assert 'quanshi_alerts_total{rule="outage",severity="critical"} 2.0' in lines
        assert 'quanshi_delivery_pending{channel="hook"} 3.0' in lines
        assert 'quanshi_alert_latency_seconds_bucket{le="0.5"} 4.0' in lines
        assert 'quanshi_alert_latency_seconds_bucket{le="+Inf"} 9.0' in lines
        assert "quanshi_alert_latency_seconds_count 9.0" in lines
        assert "quanshi_alert_latency_seconds_sum 12.5" in lines


def test_a_role_that_is_gone_or_speaks_otherwise_shows_nothing() -> None:
    assert list(families(unpacked(None))) == []
    for text in ("nonsense", "[]", '{"at": 1}', '{"at": 1, "alerts": 5}'):
        assert list(families(unpacked(text))) == []
