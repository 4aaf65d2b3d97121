"""The city at a glance."""

from __future__ import annotations

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page
from deploy.grafana.generate.pages.parts import outage_table, point_class, state_series, to_page
from deploy.grafana.generate.panels import RATIO, SECONDS, Column, Panel, Series, chart, dashed, stat, table
from deploy.grafana.generate.signs import ACCENT, UP_LINE, wrong_below, wrong_from
from deploy.grafana.generate.words import Words

_COUNTY = "county, county_name"


def page(words: Words) -> Page:
    return Page(
        "city",
        rows=[
            _figures(words),
            [
                chart(words, "not_up", state_series(words, q.CLASS), is_stacked=True, is_stepped=True),
                _rates(words),
            ],
            [_counties(words)],
            [outage_table(words)],
        ],
        variables=[point_class(words)],
    )


def _figures(words: Words) -> list[Panel]:
    known = q.groups(q.KNOWN, q.CLASS)
    above = f"{q.availability('month')} - scalar({q.TARGET})"
    return [
        stat(words, "intact_now", q.share(q.groups(q.INTACT, q.CLASS), known), RATIO, decimals=2),
        stat(words, "online_now", q.share(q.groups(q.ONLINE, q.CLASS), known), RATIO, decimals=2),
        stat(words, "month", q.availability("month"), RATIO, decimals=2),
        stat(words, "above_target", above, RATIO, decimals=2, wrong=wrong_below(0)),
        stat(words, "budget_left", q.budget(), RATIO, decimals=0, wrong=wrong_below(0)),
        stat(words, "points", f"{q.total(known)} + {q.total(q.unknown(q.CLASS))}"),
        stat(words, "open_outages", "sum(max by (network, kind) (quanshi_outages))", wrong=wrong_from(1)),
        stat(
            words,
            "data_age",
            "max(min by (collector) (quanshi_sight_age_seconds))",
            SECONDS,
            wrong=wrong_from(35),
        ),
    ]


def _rates(words: Words) -> Panel:
    known = q.groups(q.KNOWN, q.CLASS)
    lines = [
        Series(q.share(q.groups(q.INTACT, q.CLASS), known), words("intact"), ACCENT),
        Series(q.share(q.groups(q.ONLINE, q.CLASS), known), words("online"), UP_LINE),
        dashed(q.TARGET, words("target")),
    ]
    return chart(words, "rates", lines, RATIO, most=1)


def _counties(words: Words) -> Panel:
    known = q.by_county(q.groups(q.KNOWN, q.CLASS))
    down = q.by_county(q.groups(q.DOWN, q.CLASS))
    by_another = q.or_none(q.by_county(q.upstream(q.CLASS)), down, _COUNTY)
    month, left = q.availability("month", q.EVERY_COUNTY), q.budget(q.EVERY_COUNTY)
    expressions = [
        q.share(q.by_county(q.groups(q.ONLINE, q.CLASS)), known, _COUNTY),
        q.total(q.by_county(month), _COUNTY),
        q.total(q.by_county(left), _COUNTY),
        f"{q.total(down, _COUNTY)} - {by_another}",
        by_another,
        q.total(q.by_county(q.unknown(q.CLASS)), _COUNTY),
    ]
    columns = [
        Column("county_name", words("county")),
        Column("Value #A", words("online"), RATIO),
        Column("Value #B", words("month"), RATIO),
        Column("Value #C", words("budget_left"), RATIO, wrong=wrong_below(0)),
        Column("Value #D", words("down"), wrong=wrong_from(1)),
        Column("Value #E", words("upstream")),
        Column("Value #F", words("unknown")),
        Column("county", words("code"), link=to_page(words, "region", county="county")),
    ]
    return table(words, "counties", expressions, columns, sort="Value #C", descends=False)
