"""One network: what joins its points, level by level, and how well it is watched."""

from __future__ import annotations

from typing import Final

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page, named_values
from deploy.grafana.generate.pages.parts import state_series, watch_table
from deploy.grafana.generate.panels import (
    FEWER_POINTS,
    RATIO,
    SECONDS,
    Column,
    Panel,
    Series,
    chart,
    stat,
    table,
)
from deploy.grafana.generate.signs import DEGRADED, DOWN, named, wrong_from
from deploy.grafana.generate.words import Words

_POINTS: Final = 'kind="camera",network="$network"'
_JOINING: Final = 'kind!="camera",network="$network"'
_LEVELS: Final = ("city", "county", "town", "village")
_PROBE: Final = "network, probe, result"


def page(words: Words) -> Page:
    return Page(
        "network",
        rows=[
            _figures(words),
            [_levels(words), _level_chart(words)],
            [watch_table(words, "joining", _JOINING)],
            [
                chart(words, "not_up", state_series(words, _POINTS), is_stacked=True, is_stepped=True),
                _intact(words),
            ],
            [_failures(words), _durations(words), _sights(words)],
        ],
        variables=[named_values(words, "network", q.NETWORKS, "network_name", "network")],
    )


def _figures(words: Words) -> list[Panel]:
    known, down = q.groups(q.KNOWN, _POINTS), q.groups(q.DOWN, _POINTS)
    by_another = q.or_none(q.upstream(_POINTS), down)
    open_now = 'sum(max by (kind) (quanshi_outages{network="$network"}))'
    panels = [
        stat(words, "online_in_network", q.share(q.groups(q.ONLINE, _POINTS), known), RATIO, decimals=2),
        stat(words, "down_own", f"{q.total(down)} - {by_another}", wrong=wrong_from(1)),
        stat(words, "down_upstream", by_another),
        stat(words, "not_known", q.total(q.unknown(_POINTS))),
        stat(words, "open_outages", open_now, wrong=wrong_from(1)),
        stat(words, "data_age", f"max({_age()})", SECONDS, wrong=wrong_from(35)),
    ]
    return [panel.sized(4, 4) for panel in panels]


def _age() -> str:
    return 'min by (collector) (quanshi_sight_age_seconds{collector=~"$network-.*"})'


def _levels(words: Words) -> Panel:
    of = "by (level, kind) (quanshi_level_nodes"
    expressions = [
        f'{"min" if state == "unknown" else "max"} {of}{{network="$network",state="{state}"}})'
        for state in ("up", "degraded", "down", "unknown")
    ]
    levels = named(words, **{level: f"level.{level}" for level in _LEVELS})
    kinds = named(
        words, **{kind: f"kind.{kind}" for kind in ("switch", "platform", "gateway", "centre", "recorder")}
    )
    columns = [
        Column("level", words("level"), mappings=levels),
        Column("kind", words("kind"), mappings=kinds),
        Column("Value #A", words("up")),
        Column("Value #B", words("degraded"), wrong=wrong_from(1, DEGRADED)),
        Column("Value #C", words("down"), wrong=wrong_from(1, DOWN)),
        Column("Value #D", words("unknown")),
    ]
    return table(words, "levels", expressions, columns, sort="Value #C").sized(12, 9)


def _level_chart(words: Words) -> Panel:
    of = 'by (kind, state) (quanshi_level_nodes{network="$network",state=~"down|degraded"'
    lines = [Series(f'sum(max {of},level="{level}"}})) ', words(f"level.{level}")) for level in _LEVELS]
    return chart(words, "levels_not_up", lines, is_stepped=True, least=0).sized(12, 9)


def _intact(words: Words) -> Panel:
    ratio = 'quanshi_availability_ratio{network="$network",region="",class!="",window="1h"}'
    lines = [Series(f"max by (class) ({ratio})", f"{words('class')} {{{{class}}}}")]
    return chart(words, "intact_of_network", lines, RATIO, most=1)


def _failures(words: Words) -> Panel:
    rate = 'rate(quanshi_probes_total{network="$network",result!="ok"}[$__rate_interval])'
    lines = [Series(f"sum by (probe, result) (max by ({_PROBE}) ({rate}))", "{{probe}} · {{result}}")]
    return chart(words, "failed_probes", lines, "cps", least=0).sized(8, 8)


def _durations(words: Words) -> Panel:
    of = 'by (probe) (0.%s, quanshi_probe_duration_seconds{network="$network"})'
    lines = [Series(f"quantile {of % part}", f"{{{{probe}}}} p{part}") for part in ("50", "95")]
    return chart(words, "probe_durations", lines, SECONDS, least=0, points=FEWER_POINTS).sized(8, 8)


def _sights(words: Words) -> Panel:
    return chart(words, "sight_age", [Series(_age(), "{{collector}}")], SECONDS, least=0).sized(8, 8)
