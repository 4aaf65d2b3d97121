"""The few kinds of panels that we use, as Grafana 11 and newer read them. Nothing beyond its core."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any, Final

from deploy.grafana.generate.signs import ACCENT, NEVER_WRONG, QUIET, Json, state_mapping
from deploy.grafana.generate.words import Words

DATA_SOURCE: Final[Json] = {"type": "prometheus", "uid": "${ds}"}
RATIO, SECONDS, COUNT, BYTES, MOMENT = "percentunit", "s", "short", "bytes", "dateTimeFromNow"
"""Grafana's units. A moment is milliseconds, and is shown as how long ago it was."""

FEWER_POINTS: Final = 300
"""For expressions over every node: so many moments of a range are asked for, whatever the screen's width."""


@dataclass(frozen=True, slots=True)
class Panel:
    """``body`` is all but its place and number. Widths are of 24, heights in units of 30 pixels."""

    width: int
    height: int
    body: Json

    def sized(self, width: int, height: int) -> Panel:
        return replace(self, width=width, height=height)


@dataclass(frozen=True, slots=True)
class Series:
    """An expression and what its lines are called: a word, or ``{{label}}``.

    ``color`` None: a shade of the accent. ``is_dashed``: a line to compare with.
    """

    expression: str
    legend: str = ""
    color: str | None = None
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table: a label, or ``Value`` with the place of its expression (``Value #B``), and its heading."""

    field: str
    heading: str
    unit: str = ""
    width: int | None = None
    mappings: Sequence[Json] = ()
    wrong: Json | None = None
    link: tuple[str, str] | None = None
    """Title and address."""


def stat(
    words: Words,
    key: str,
    expression: str,
    unit: str = COUNT,
    *,
    wrong: Json = NEVER_WRONG,
    mappings: Sequence[Json] = (),
    decimals: int | None = None,
    legend: str = "",
) -> Panel:
    """A number as it is now. Without a sample it is not known, and never what it was last."""
    defaults: Json = {
        "unit": unit,
        "thresholds": wrong,
        "mappings": list(mappings),
        "noValue": words("unknown"),
    }
    defaults |= {"color": {"mode": "thresholds"}} | ({} if decimals is None else {"decimals": decimals})
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "orientation": "auto",
        "textMode": "value_and_name" if legend else "value",
        "wideLayout": True,
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "showPercentChange": False,
    }
    targets = [_target("A", expression, legend=legend or words(key), instant=True)]
    return _panel(words, key, "stat", targets, defaults=defaults, options=options).sized(3, 4)


def chart(
    words: Words,
    key: str,
    series: Sequence[Series],
    unit: str = COUNT,
    *,
    is_stacked: bool = False,
    is_stepped: bool = False,
    least: float | None = None,
    most: float | None = None,
    points: int | None = None,
) -> Panel:
    """Lines over the time range, or areas upon each other. A gap in what is known is a gap in the line."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter" if is_stepped else "linear",
        "lineWidth": 1,
        "fillOpacity": 60 if is_stacked else 0,
        "gradientMode": "none",
        "spanNulls": False,
        "insertNulls": False,
        "showPoints": "auto",
        "pointSize": 4,
        "stacking": {"mode": "normal" if is_stacked else "none", "group": "A"},
        "axisPlacement": "auto",
        "axisLabel": "",
        "axisColorMode": "text",
        "axisBorderShow": False,
        "scaleDistribution": {"type": "linear"},
        "thresholdsStyle": {"mode": "off"},
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    }
    defaults: Json = {"unit": unit, "custom": custom, "thresholds": NEVER_WRONG, "mappings": []}
    defaults["color"] = {"mode": "shades", "fixedColor": ACCENT}
    defaults |= {name: value for name, value in (("min", least), ("max", most)) if value is not None}
    options = {
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc", "hideZeros": False},
    }
    targets = [_target(ref, each.expression, legend=each.legend) for ref, each in _lettered(series)]
    looks = [look for ref, each in _lettered(series) if (look := _look(ref, each))]
    panel = _panel(words, key, "timeseries", targets, defaults=defaults, options=options, overrides=looks)
    if points is not None:
        panel.body["maxDataPoints"] = points
    return panel.sized(12, 8)


def timeline(words: Words, key: str, series: Series) -> Panel:
    """States over the time range, a line for each series; where nobody scraped, nothing."""
    defaults: Json = {
        "custom": {"lineWidth": 0, "fillOpacity": 85, "spanNulls": False, "insertNulls": False},
        "color": {"mode": "thresholds"},
        "thresholds": NEVER_WRONG,
        "mappings": state_mapping(words),
    }
    options = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "left",
        "rowHeight": 0.8,
        "perPage": 20,
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "single", "sort": "none", "hideZeros": False},
    }
    targets = [_target("A", series.expression, legend=series.legend)]
    return _panel(words, key, "state-timeline", targets, defaults=defaults, options=options).sized(24, 6)


def table(
    words: Words,
    key: str,
    expressions: Sequence[str],
    columns: Sequence[Column],
    *,
    sort: str,
    descends: bool = True,
) -> Panel:
    """A row for each set of labels that the expressions share, with the columns in this order and no others.

    ``sort`` is the field of a column.
    """
    defaults: Json = {
        "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False},
        "thresholds": NEVER_WRONG,
        "mappings": [],
        "noValue": words("unknown"),
        "color": {"mode": "thresholds"},
    }
    headings = {column.field: column.heading for column in columns}
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": headings[sort], "desc": descends}],
    }
    targets = [
        _target(ref, expression, instant=True, form="table") for ref, expression in _lettered(expressions)
    ]
    looks = list(map(_column, columns))
    panel = _panel(words, key, "table", targets, defaults=defaults, options=options, overrides=looks)
    order = {column.field: place for place, column in enumerate(columns)}
    kept = {"include": {"names": list(order)}}
    panel.body["transformations"] = [
        {"id": "merge", "options": {}},
        {"id": "filterFieldsByName", "options": kept},
        {
            "id": "organize",
            "options": {"indexByName": order, "excludeByName": {}, "includeByName": {}, "renameByName": {}},
        },
    ]
    return panel.sized(24, 10)


def _panel(
    words: Words,
    key: str,
    kind: str,
    targets: Sequence[Json],
    *,
    defaults: Json,
    options: Json,
    overrides: Sequence[Json] = (),
) -> Panel:
    body = {
        "type": kind,
        "title": words(key),
        "description": words.about(key),
        "datasource": DATA_SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
        "options": options,
        "targets": list(targets),
    }
    return Panel(0, 0, body)


def _lettered(items: Iterable[Any]) -> list[tuple[str, Any]]:
    return list(zip(ascii_uppercase, items, strict=False))


def _target(
    ref: str, expression: str, *, legend: str = "", instant: bool = False, form: str = "time_series"
) -> Json:
    return {
        "refId": ref,
        "datasource": DATA_SOURCE,
        "editorMode": "code",
        "expr": expression,
        "format": form,
        "instant": instant,
        "range": not instant,
        "exemplar": False,
        "legendFormat": legend,
    }


def _look(ref: str, series: Series) -> Json | None:
    properties: list[Json] = []
    if series.color is not None:
        properties.append({"id": "color", "value": {"mode": "fixed", "fixedColor": series.color}})
    if series.is_dashed:
        properties.append({"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}})
        properties.append({"id": "custom.stacking", "value": {"mode": "none", "group": "A"}})
        properties.append({"id": "custom.fillOpacity", "value": 0})
    return (
        {"matcher": {"id": "byFrameRefID", "options": ref}, "properties": properties} if properties else None
    )


def _column(column: Column) -> Json:
    properties: list[Json] = [{"id": "displayName", "value": column.heading}]
    if column.unit:
        properties.append({"id": "unit", "value": column.unit})
    if column.unit == RATIO:
        properties.append({"id": "decimals", "value": 2})
    if column.width is not None:
        properties.append({"id": "custom.width", "value": column.width})
    if column.mappings:
        properties.append({"id": "mappings", "value": list(column.mappings)})
    if column.wrong is not None:
        properties.append({"id": "thresholds", "value": column.wrong})
    if column.wrong is not None or column.mappings:
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    if column.link is not None:
        title, address = column.link
        properties.append({"id": "links", "value": [{"title": title, "url": address, "targetBlank": False}]})
    return {"matcher": {"id": "byName", "options": column.field}, "properties": properties}


def dashed(expression: str, legend: str) -> Series:
    """A line to compare with, which is no finding of its own."""
    return Series(expression, legend, QUIET, is_dashed=True)
