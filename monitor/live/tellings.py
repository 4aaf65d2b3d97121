"""The numbers of the alert role as samples: what fired, what waits for delivery, how long that takes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from monitor.model.telling import Telling

log = structlog.get_logger(__name__)


def unpacked(text: str | None) -> Telling | None:
    """What the role wrote last; None when it is gone, or wrote what we do not understand."""
    if text is None:
        return None
    try:
        return Telling.from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("the numbers of the alert role are not readable", error=repr(error))
        return None


def families(telling: Telling | None) -> Iterator[Metric]:
    """No family while no alert role says anything."""
    if telling is None:
        return
    fired = CounterMetricFamily("quanshi_alerts", "Alerts that ever fired.", labels=["rule", "severity"])
    for rule, severity, count in telling.alerts:
        fired.add_metric([rule, severity], count)
    yield fired
    pending = GaugeMetricFamily(
        "quanshi_delivery_pending", "Messages that wait to be delivered.", labels=["channel"]
    )
    for channel, waiting in telling.pending.items():
        pending.add_metric([channel], waiting)
    yield pending
    latency = HistogramMetricFamily(
        "quanshi_alert_latency_seconds",
        "Time from knowing of a start or an end to its delivery, since the alert role began.",
    )
    buckets = [("+Inf" if bound is None else str(bound), count) for bound, count in telling.latency]
    latency.add_metric([], buckets, telling.latency_sum)
    yield latency
