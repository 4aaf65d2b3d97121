"""A county, and a town of it: down to the points that are not up."""

from __future__ import annotations

from typing import Final

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page, named_values
from deploy.grafana.generate.pages.parts import point_class, state_series, to_page, watch_table
from deploy.grafana.generate.panels import RATIO, Column, Panel, Series, chart, dashed, stat, table
from deploy.grafana.generate.signs import Json, wrong_below, wrong_from
from deploy.grafana.generate.words import Words

_TOWN: Final = "region, region_name"
_COUNTY: Final = 'region="$county"'


def page(words: Words) -> Page:
    not_up = state_series(words, q.CLASS, q.in_area)
    return Page(
        "region",
        rows=[
            _figures(words),
            [chart(words, "not_up", not_up, is_stacked=True, is_stepped=True), _by_town(words)],
            [_towns(words)],
            [watch_table(words, "points_not_up", q.CLASS, q.in_area)],
        ],
        variables=[point_class(words), *_places(words)],
    )


def _places(words: Words) -> list[Json]:
    counties = 'max by (county, county_name) (quanshi_region_info{county!=""})'
    towns = 'max by (region, region_name) (quanshi_region_info{county="$county"})'
    return [
        named_values(words, "county", counties, "county_name", "county"),
        named_values(words, "town", towns, "region_name", "region", all_of=True),
    ]


def _figures(words: Words) -> list[Panel]:
    known = q.in_area(q.groups(q.KNOWN, q.CLASS))
    down = q.in_area(q.groups(q.DOWN, q.CLASS))
    by_another = q.or_none(q.in_area(q.upstream(q.CLASS)), down)
    intact, online = (q.in_area(q.groups(states, q.CLASS)) for states in (q.INTACT, q.ONLINE))
    return [
        stat(words, "intact_now", q.share(intact, known), RATIO, decimals=2),
        stat(words, "online_now", q.share(online, known), RATIO, decimals=2),
        stat(words, "county_month", q.availability("month", _COUNTY), RATIO, decimals=2),
        stat(words, "county_budget", q.budget(_COUNTY), RATIO, decimals=0, wrong=wrong_below(0)),
        stat(words, "points", f"{q.total(known)} + {q.total(q.in_area(q.unknown(q.CLASS)))}"),
        stat(words, "down_own", f"{q.total(down)} - {by_another}", wrong=wrong_from(1)),
        stat(words, "down_upstream", by_another),
        stat(words, "not_known", q.total(q.in_area(q.unknown(q.CLASS)))),
    ]


def _by_town(words: Words) -> Panel:
    of_towns = f"({q.in_area(q.availability('1h', q.ANY_REGION))})"
    lines = [Series(q.by_town(of_towns), "{{region_name}}"), dashed(q.TARGET, words("target"))]
    return chart(words, "intact_by_town", lines, RATIO, most=1)


def _towns(words: Words) -> Panel:
    def each(vector: str) -> str:
        return q.by_town(f"({q.in_area(vector)})")

    known, down = each(q.groups(q.KNOWN, q.CLASS)), each(q.groups(q.DOWN, q.CLASS))
    by_another = q.or_none(each(q.upstream(q.CLASS)), down, _TOWN)
    expressions = [
        q.share(each(q.groups(q.ONLINE, q.CLASS)), known, _TOWN),
        q.total(each(q.availability("month", q.ANY_REGION)), _TOWN),
        q.total(each(q.budget(q.ANY_REGION)), _TOWN),
        f"{q.total(down, _TOWN)} - {by_another}",
        by_another,
        q.total(each(q.unknown(q.CLASS)), _TOWN),
    ]
    columns = [
        Column("region_name", words("town")),
        Column("Value #A", words("online"), RATIO),
        Column("Value #B", words("month"), RATIO),
        Column("Value #C", words("budget_left"), RATIO, wrong=wrong_below(0)),
        Column("Value #D", words("down"), wrong=wrong_from(1)),
        Column("Value #E", words("upstream")),
        Column("Value #F", words("unknown")),
        Column("region", words("code"), link=_narrowed(words)),
    ]
    return table(words, "towns", expressions, columns, sort="Value #C", descends=False)


def _narrowed(words: Words) -> tuple[str, str]:
    """The same page, narrowed to the town that is clicked."""
    title, address = to_page(words, "region", town="region")
    return (title, f"{address}&var-county=${{county}}&var-class=${{class}}")
