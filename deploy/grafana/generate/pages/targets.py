"""Targets, and what is left of the time that they allow to be lost."""

from __future__ import annotations

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page
from deploy.grafana.generate.pages.parts import point_class, to_page
from deploy.grafana.generate.panels import RATIO, Column, Panel, Series, chart, dashed, stat, table
from deploy.grafana.generate.signs import DEGRADED, wrong_below, wrong_from
from deploy.grafana.generate.words import Words

_TIMES = "none"
"""Grafana's unit of a bare number."""


def page(words: Words) -> Page:
    return Page(
        "targets",
        rows=[
            _figures(words),
            [_budgets(words), _burns(words)],
            [_networks(words), _windows(words)],
            [_regions(words)],
        ],
        variables=[point_class(words)],
        since="now-30d",
    )


def _figures(words: Words) -> list[Panel]:
    above = f"{q.availability('month')} - scalar({q.TARGET})"
    of = 'network="",region="",class="$class",window="3d"'
    burns = [
        stat(words, f"burn_{window}", q.burn(window), _TIMES, decimals=1, wrong=wrong)
        for window, wrong in (
            ("1h", wrong_from(14.4)),
            ("6h", wrong_from(6)),
            ("3d", wrong_from(1, DEGRADED)),
        )
    ]
    return [
        stat(words, "target", q.TARGET, RATIO, decimals=0),
        stat(words, "month", q.availability("month"), RATIO, decimals=2),
        stat(words, "above_target", above, RATIO, decimals=2, wrong=wrong_below(0)),
        stat(words, "budget_left", q.budget(), RATIO, decimals=0, wrong=wrong_below(0)),
        *burns,
        stat(words, "seen_3d", f"max(quanshi_availability_seen_ratio{{{of}}})", RATIO, decimals=1),
    ]


def _budgets(words: Words) -> Panel:
    left = 'quanshi_error_budget_remaining_ratio{network!="",region="",class="$class"}'
    lines = [Series(q.by_network(f"max by (network) ({left})"), "{{network_name}}")]
    return chart(words, "budgets", lines, RATIO, most=1)


def _burns(words: Words) -> Panel:
    lines = [Series(q.burn(".*"), "{{window}}"), dashed("vector(1)", words("as_allowed"))]
    return chart(words, "burns", lines, _TIMES, least=0)


def _networks(words: Words) -> Panel:
    ratio = 'quanshi_availability_ratio{network!="",region="",class="$class",window="month"}'
    each = Series(q.by_network(f"max by (network) ({ratio})"), "{{network_name}}")
    return chart(words, "months", [each, dashed(q.TARGET, words("target"))], RATIO, most=1)


def _windows(words: Words) -> Panel:
    of = 'network="",region="",class="$class"'
    expressions = [
        f"max by (window) (quanshi_availability_ratio{{{of}}})",
        f"max by (window) (quanshi_availability_seen_ratio{{{of}}})",
        q.burn(".*"),
    ]
    columns = [
        Column("window", words("window")),
        Column("Value #A", words("intact"), RATIO),
        Column("Value #B", words("seen"), RATIO),
        Column("Value #C", words("burn"), _TIMES),
    ]
    return table(words, "windows", expressions, columns, sort="window").sized(12, 8)


def _regions(words: Words) -> Panel:
    """The towns that are worst off, and their counties: of a whole city's towns nobody reads a list."""
    worst = f"bottomk(20, {q.budget(q.EVERY_TOWN)})"
    month, three_days = (
        f"({q.availability(window, q.ANY_REGION)} and {worst})" for window in ("month", "3d")
    )
    expressions = [q.by_county(q.by_town(each)) for each in (worst, month, three_days)]
    columns = [
        Column("region_name", words("town")),
        Column("county_name", words("county")),
        Column("Value #A", words("budget_left"), RATIO, wrong=wrong_below(0)),
        Column("Value #B", words("month"), RATIO),
        Column("Value #C", words("three_days"), RATIO),
        Column("region", words("code"), link=to_page(words, "region", town="region", county="county")),
        Column("county", words("county_code")),
    ]
    return table(words, "worst_towns", expressions, columns, sort="Value #A", descends=False)
