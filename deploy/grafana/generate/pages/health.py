"""Quanshi itself: whether what it says may be believed, and whether anything waits or is lost."""

from __future__ import annotations

from deploy.grafana.generate.dashboard import Page
from deploy.grafana.generate.panels import BYTES, MOMENT, SECONDS, Panel, Series, chart, stat
from deploy.grafana.generate.signs import wrong_below, wrong_from, yes_or_no
from deploy.grafana.generate.words import Words

_AGE = "min by (collector) (quanshi_sight_age_seconds)"
_OUTBOX = "max by (collector) (quanshi_outbox_events)"
_LAG = "max by (reader) (quanshi_bus_lag_events)"
_PENDING = "max by (channel) (quanshi_delivery_pending)"
_OURS = '{job="quanshi"}'
"""The job of the scrape that asks us, as the rules for Prometheus call it."""


def page(words: Words) -> Page:
    return Page(
        "health",
        rows=[_figures(words), _way(words), _told(words), _process(words)],
        since="now-6h",
    )


def _figures(words: Words) -> list[Panel]:
    yes = yes_or_no(words, "yes", "no")
    lost = "sum(max by (job) (increase(quanshi_events_lost_total[$__range])))"
    reloaded = "1000 * max(quanshi_config_last_reload_success_timestamp_seconds)"
    return [
        stat(words, "ready", "max(quanshi_monitor_ready)", mappings=yes, wrong=wrong_below(1)),
        stat(words, "ledger", "min(quanshi_ledger_writable)", mappings=yes, wrong=wrong_below(1)),
        stat(words, "settings", "min(quanshi_config_reload_success)", mappings=yes, wrong=wrong_below(1)),
        stat(words, "settings_since", reloaded, MOMENT),
        stat(words, "data_age", f"max({_AGE})", SECONDS, wrong=wrong_from(35)),
        stat(words, "outbox", f"sum({_OUTBOX})", wrong=wrong_from(10_000)),
        stat(words, "lag", f"max({_LAG})", wrong=wrong_from(10_000)),
        stat(words, "lost", lost, decimals=0, wrong=wrong_from(0.5)),
    ]


def _way(words: Words) -> list[Panel]:
    panels = [
        chart(words, "sight_age", [Series(_AGE, "{{collector}}")], SECONDS, least=0),
        chart(words, "outboxes", [Series(_OUTBOX, "{{collector}}")], least=0),
        chart(words, "lags", [Series(_LAG, "{{reader}}")], least=0),
    ]
    return [panel.sized(8, 8) for panel in panels]


def _told(words: Words) -> list[Panel]:
    rate = "max by (type) (rate(quanshi_events_total[$__rate_interval]))"
    refused = "sum(max by (job) (rate(quanshi_events_refused_total[$__rate_interval])))"
    events = [Series(rate, "{{type}}"), Series(refused, words("refused"))]
    scrapes = [Series(f"scrape_duration_seconds{_OURS}", "{{instance}}")]
    panels = [
        chart(words, "events", events, "cps", least=0),
        chart(words, "pending", [Series(_PENDING, "{{channel}}")], least=0),
        chart(words, "scrapes", scrapes, SECONDS, least=0),
    ]
    return [panel.sized(8, 8) for panel in panels]


def _process(words: Words) -> list[Panel]:
    cpu = [Series(f"rate(process_cpu_seconds_total{_OURS}[$__rate_interval])", "{{instance}}")]
    memory = [Series(f"process_resident_memory_bytes{_OURS}", "{{instance}}")]
    files = [Series(f"process_open_fds{_OURS} / process_max_fds{_OURS}", "{{instance}}")]
    uptime = [Series(f"time() - process_start_time_seconds{_OURS}", "{{instance}}")]
    panels = [
        chart(words, "cpu", cpu, "percentunit", least=0),
        chart(words, "memory", memory, BYTES, least=0),
        chart(words, "files", files, "percentunit", least=0),
        chart(words, "uptime", uptime, SECONDS, least=0),
    ]
    return [panel.sized(6, 8) for panel in panels]
