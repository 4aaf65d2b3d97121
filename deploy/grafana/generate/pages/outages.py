"""What is open, how it was told, and what keeps changing."""

from __future__ import annotations

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page
from deploy.grafana.generate.pages.parts import outage_table, to_page
from deploy.grafana.generate.panels import SECONDS, Column, Panel, Series, chart, stat, table
from deploy.grafana.generate.signs import named, wrong_from
from deploy.grafana.generate.words import Words

_OPEN = "quanshi_outages"
_FIRED = "sum(max by (rule, severity) (quanshi_alerts_total))"


def page(words: Words) -> Page:
    return Page(
        "outages",
        rows=[
            _figures(words),
            [outage_table(words)],
            [_open(words), _affected(words)],
            [_alerts(words), _latency(words)],
            [_unrest(words)],
        ],
    )


def _figures(words: Words) -> list[Panel]:
    kinds = [
        stat(words, f"open_{kind}", f'sum(max by (network) ({_OPEN}{{kind="{kind}"}}))', wrong=wrong_from(1))
        for kind in ("node", "suspected", "observer")
    ]
    affected = "max by (network, kind, root) (quanshi_outage_affected)"
    # The counts never fall: the least of the range is what had fired when it began.
    fired = f"{_FIRED} - min_over_time({_FIRED}[$__range:$__interval])"
    return [
        *[panel.sized(4, 4) for panel in kinds],
        stat(words, "affected_now", f"(sum({affected}) or 0 * sum({_OPEN}))", wrong=wrong_from(1)).sized(
            4, 4
        ),
        stat(words, "alerts_fired", f"({fired} or 0 * max(quanshi_alert_latency_seconds_count))").sized(4, 4),
        stat(words, "waiting", "sum(max by (channel) (quanshi_delivery_pending))", wrong=wrong_from(1)).sized(
            4, 4
        ),
    ]


def _open(words: Words) -> Panel:
    each = f"sum by (network) (max by (network, kind) ({_OPEN}))"
    lines = [Series(q.by_network(each), "{{network_name}}")]
    return chart(words, "outages_open", lines, is_stepped=True, least=0)


def _affected(words: Words) -> Panel:
    each = "sum by (network) (max by (network, kind, root) (quanshi_outage_affected))"
    none = f"0 * sum by (network) ({_OPEN})"
    lines = [Series(q.by_network(f"{each} or {none}"), "{{network_name}}")]
    return chart(words, "watches_affected", lines, is_stepped=True, least=0)


def _alerts(words: Words) -> Panel:
    severities = named(words, **{word: f"severity.{word}" for word in ("info", "warning", "critical")})
    columns = [
        Column("rule", words("rule")),
        Column("severity", words("severity"), mappings=severities),
        Column("Value", words("fired")),
    ]
    each = "max by (rule, severity) (quanshi_alerts_total)"
    return table(words, "alerts", [each], columns, sort="Value").sized(12, 8)


def _latency(words: Words) -> Panel:
    buckets = "max by (le) (increase(quanshi_alert_latency_seconds_bucket[$__range]))"
    nothing = {"match": "nan", "result": {"text": words("nothing_told"), "index": 0}}
    shares = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    expression = " or ".join(
        f'label_replace(histogram_quantile({share}, {buckets}), "share", "{name}", "", "")'
        for share, name in shares
    )
    panel = stat(
        words,
        "alert_latency",
        expression,
        SECONDS,
        mappings=[{"type": "special", "options": nothing}],
        legend="{{share}}",
    )
    return panel.sized(12, 8)


def _unrest(words: Words) -> Panel:
    """Of an hour alone: the changes of every node over days are more than a page may ask for."""
    each = "max by (node, network, region) (changes(quanshi_node_state_since_timestamp_seconds[1h]))"
    columns = [
        Column("name", words("name")),
        Column("Value", words("changes")),
        Column("network", words("variable.network")),
        Column("region_name", words("region")),
        Column("contractor", words("contractor")),
        Column("node", words("code"), link=to_page(words, "point", node="node")),
    ]
    return table(words, "unrest", [q.named(f"topk(20, {each} > 0)")], columns, sort="Value")
