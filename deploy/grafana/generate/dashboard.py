"""A dashboard as a whole: panels laid out in a grid, variables, and the links to its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from deploy.grafana.generate.panels import DATA_SOURCE, Panel
from deploy.grafana.generate.signs import Json
from deploy.grafana.generate.words import Words

SCHEMA: Final = 41
"""Of Grafana 11.6; newer ones read it, too."""
COLUMNS: Final = 24
_LABEL_VALUES, _QUERY_RESULT = 1, 3
"""How Grafana's editor of variables names the two kinds of questions that we ask."""


class LayoutError(ValueError):
    """Panels that do not fit beside each other."""


@dataclass(frozen=True, slots=True)
class Page:
    """What makes one dashboard another than the others. ``name`` is its file and, with the language, its uid.

    ``rows`` are the panels from top to bottom, those of a row beside each other.
    """

    name: str
    rows: Sequence[Sequence[Panel]]
    variables: Sequence[Json] = ()
    since: str = "now-24h"


def uid_of(name: str, words: Words) -> str:
    return f"quanshi-{name}-{words.language}"


def document(page: Page, words: Words, wall: str) -> Json:
    """The JSON of a dashboard. ``wall`` is the address of Quanshi's own pages, as a browser reaches them."""
    title = f"page.{page.name}"
    return {
        "uid": uid_of(page.name, words),
        "title": words(title),
        "description": words.about(title),
        "tags": ["quanshi", words.language],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "preload": False,
        "liveNow": False,
        "refresh": "15s",
        "timezone": "browser",
        "weekStart": "",
        "time": {"from": page.since, "to": "now"},
        "timepicker": {},
        "annotations": {"list": []},
        "links": _links(words),
        "templating": {"list": [_data_source(words), _wall(wall), *page.variables]},
        "panels": laid_out(page.rows),
    }


def laid_out(rows: Sequence[Sequence[Panel]]) -> list[Json]:
    """The panels with their places and numbers. Raises LayoutError for a row that is too wide."""
    found: list[Json] = []
    top = 0
    for row in rows:
        left = 0
        for panel in row:
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            left += panel.width
            found.append({"id": len(found) + 1, **panel.body, "gridPos": place})
        if left > COLUMNS:
            raise LayoutError(f"{left} columns of {COLUMNS}: {[panel.body['title'] for panel in row]}")
        top += max(panel.height for panel in row)
    return found


def label_values(words: Words, name: str, metric: str, *, first: str) -> Json:
    """A variable over the values of the label of this name; ``first`` is chosen until somebody chooses."""
    return _query(words, name, f"label_values({metric}, {name})", _LABEL_VALUES, first=first)


def named_values(
    words: Words, name: str, expression: str, text: str, value: str, *, all_of: bool = False
) -> Json:
    """A variable over the results of an expression, which keeps the labels ``text``, shown to people, and
    ``value`` alone, in the order of their names.
    """
    pattern = f'/{text}="(?<text>[^"]*)",{value}="(?<value>[^"]*)"/'
    if text > value:
        pattern = f'/{value}="(?<value>[^"]*)",{text}="(?<text>[^"]*)"/'
    return _query(words, name, f"query_result({expression})", _QUERY_RESULT, regex=pattern, all_of=all_of)


def _query(
    words: Words, name: str, query: str, kind: int, *, regex: str = "", first: str = "", all_of: bool = False
) -> Json:
    chosen: dict[str, Any] = {"selected": True, "text": first, "value": first} if first else {}
    if all_of:
        chosen = {"selected": True, "text": "All", "value": "$__all"}
    variable = {
        "name": name,
        "label": words(f"variable.{name}"),
        "type": "query",
        "datasource": DATA_SOURCE,
        "definition": query,
        "query": {"qryType": kind, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "regex": regex,
        "refresh": 2,
        "sort": 1,
        "multi": False,
        "includeAll": all_of,
        "hide": 0,
        "skipUrlSync": False,
        "current": chosen,
        "options": [],
    }
    return variable | ({"allValue": ".*"} if all_of else {})


def _data_source(words: Words) -> Json:
    return {
        "name": "ds",
        "label": words("variable.ds"),
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "hide": 0,
        "skipUrlSync": False,
        "current": {},
        "options": [],
    }


def _wall(address: str) -> Json:
    chosen = {"selected": True, "text": address, "value": address}
    return {
        "name": "wall",
        "type": "constant",
        "query": address,
        "hide": 2,
        "skipUrlSync": True,
        "current": chosen,
        "options": [chosen],
    }


def _links(words: Words) -> list[Json]:
    """To the other dashboards of the language, and to Quanshi's own pages."""
    neighbours = {"type": "dashboards", "tags": ["quanshi", words.language], "asDropdown": True, "url": ""}
    wall = {"type": "link", "tags": [], "asDropdown": False, "url": "${wall}"}
    outside = {"includeVars": False, "targetBlank": True}
    return [
        {**neighbours, **_link(words("link.neighbours")), "keepTime": True, "icon": "external link"},
        {**wall, **_link(words("link.wall")), "keepTime": False, "icon": "dashboard", **outside},
    ]


def _link(title: str) -> Json:
    return {"title": title, "tooltip": "", "includeVars": True, "targetBlank": False}
