"""What Grafana would ask is asked of a real Prometheus that scrapes a city in which something is wrong.

Every expression of every dashboard parses, knows only names that we export, and returns data.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import promql_parser
import pytest
from receiver import receiver
from servers import Prometheus, free_port, prometheus, wait_for

from deploy.grafana.generate.files import WALL, documents
from deploy.grafana.generate.words import Words, read_table
from monitor.commands.demo_run import Demo, Wish
from monitor.demo.city import VIDEO, Intervals
from monitor.model.nodes import Kind, Level, Node

Json = dict[str, Any]

POINTS: Final = 40
PAST: Final = 2 * 86_400.0
"""Seconds of an invented past: of three days more than half is seen."""
RANGE: Final = 300
"""Seconds that a chart looks back."""
QUICK: Final = Intervals(rtsp=1.0, tcp=1.0, http=1.0, ping=1.0, timeout=0.8, slow=0.4)

TABLE: Final = read_table()
DASHBOARDS: Final = documents(Words("zh", TABLE), WALL)
ENGLISH: Final = documents(Words("en", TABLE), WALL)


@dataclass(frozen=True)
class City:
    """``values`` are those of the dashboards' variables; ``names`` all that was scraped."""

    prometheus: Prometheus
    values: Mapping[str, str]
    names: frozenset[str]

    def filled(self, text: str) -> str:
        """A question with the variables replaced, as Grafana does before it asks. Fails for one unknown.

        This city is scraped every second, and not every 15.
        """
        filled = re.sub(r"\$\{?(\w+)\}?", lambda found: self.values[found[1]], text)
        return filled.replace(":15s]", ":1s]")


def node_of(demo: Demo, kind: Kind, level: Level | None, wanted: Callable[[Node], bool]) -> Node:
    fits = (node for node in demo.city.nodes if node.kind is kind and node.level is level)
    return next(node for node in fits if VIDEO in node.networks and wanted(node))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A town is cut off, one camera refuses, another is busy: every kind of trouble at once."""
    folder, port = tmp_path_factory.mktemp("grafana"), free_port()
    wish = Wish(POINTS, seed=7, heartbeats=False, page_port=port, intervals=QUICK, history=PAST)
    # Prometheus first: it waits for 5 seconds before it scrapes, as a city takes to start.
    with receiver() as hook, prometheus(folder, f"127.0.0.1:{port}") as scraper:
        (folder / "alerts.yaml").write_text(
            f"channels: {{hook: {{type: webhook, url: '{hook.url}'}}}}\n"
            "routes: [{to: [hook], group_interval: 0s}]\n"
        )
        with Demo(wish, folder, tell=lambda _: None) as demo:
            demo.wait_ready()
            wait_for(lambda: scraper.query("quanshi_node_up == 1"))
            # What was counted before the first scrape has grown by nothing.
            wait_for(lambda: scraper.query("quanshi_alert_latency_seconds_count"))
            switch, alone, busy = go_wrong(demo)
            wait_for(lambda: is_shown(scraper, switch, alone, busy), within=60)
            yield City(scraper, values_of(demo, busy), frozenset(scraper.ask("label/__name__/values")))
            assert "Traceback" not in demo.log.read_text()


def go_wrong(demo: Demo) -> tuple[Node, Node, Node]:
    """Fails a town's switch with all behind it, and two cameras elsewhere; what failed."""
    children = demo.city.children
    switch = node_of(demo, Kind.SWITCH, Level.TOWN, lambda node: bool(children.get(node.id)))
    behind = demo.city.behind(switch.id)
    elsewhere = [
        node
        for node in demo.city.nodes
        if node.kind is Kind.CAMERA and node.point_class == 1 and node.id not in behind
    ]
    alone, busy = elsewhere[0], elsewhere[-1]
    demo.fleet.fail(list(behind), "vanish")
    demo.fleet.fail([alone.id], "refuse")
    demo.fleet.fail([busy.id], "busy")
    return switch, alone, busy


def is_shown(scraper: Prometheus, switch: Node, alone: Node, busy: Node) -> bool:
    """Whether Prometheus knows of all that went wrong, and that it was told."""
    signs = (
        f'quanshi_outage_affected{{root="{switch.id}"}} > 1',
        f'quanshi_outage_affected{{root="{alone.id}"}}',
        f'quanshi_node_state{{node="{busy.id}"}} == 2',
        "quanshi_node_upstream",
        "quanshi_alerts_total",
        f"increase(quanshi_alert_latency_seconds_count[{RANGE}s]) > 0",
        "quanshi_availability_ratio",
        "quanshi_probe_duration_seconds",
        # Counted with the next sight, and a rate takes two scrapes.
        'rate(quanshi_probes_total{network="video",result!="ok"}[10s])',
    )
    return all(scraper.query(sign) for sign in signs)


def values_of(demo: Demo, node: Node) -> Mapping[str, str]:
    """What somebody may have chosen, and what Grafana adds. ``node`` answers: else it has no durations."""
    return {
        "ds": "quanshi-prometheus",
        "wall": WALL,
        "class": "1",
        "network": VIDEO,
        "node": node.id,
        "county": node.region[:6],
        "town": ".*",
        "__range": f"{RANGE}s",
        "__interval": "1s",
        "__rate_interval": "10s",
    }


def questions(dashboard: Json) -> list[tuple[str, Json]]:
    """Every question of a dashboard, with the title of its panel."""
    panels = dashboard["panels"]
    return [(panel["title"], target) for panel in panels for target in panel["targets"]]


def test_both_languages_ask_the_same() -> None:
    def asked(dashboards: Mapping[str, Json]) -> list[str]:
        return [target["expr"] for each in dashboards.values() for _, target in questions(each)]

    assert asked(DASHBOARDS) == asked(ENGLISH)
    assert len(asked(DASHBOARDS)) > 100


def names_in(expression: str) -> set[str]:
    """The metrics that an expression selects. Fails where it does not parse."""
    found: set[str] = set()

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            found.add(node.name)
        if isinstance(node, promql_parser.MatrixSelector):
            found.add(str(node.vector_selector.name))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_question_parses_and_asks_for_what_is_exported(city: City, name: str) -> None:
    asked = {
        title: names_in(city.filled(question["expr"])) - city.names
        for title, question in questions(DASHBOARDS[name])
    }

    assert {title: names for title, names in asked.items() if names} == {}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_question_is_answered(city: City, name: str) -> None:
    unanswered = [
        (title, expression)
        for title, question in questions(ENGLISH[name])
        if not answers(city.prometheus, expression := city.filled(question["expr"]), question["instant"])
    ]

    assert unanswered == []


def answers(scraper: Prometheus, expression: str, instant: bool) -> list[str]:
    """The values that are numbers: as of now, or over the range that a chart shows."""
    if instant:
        found = scraper.ask("query", query=expression)["result"]
        values = [series["value"][1] for series in found]
    else:
        now = time.time()
        times = {"start": str(now - RANGE), "end": str(now), "step": "1"}
        found = scraper.ask("query_range", query=expression, **times)["result"]
        values = [value for series in found for _, value in series["values"]]
    return [value for value in values if value != "NaN"]


def variables() -> list[tuple[str, Json]]:
    return [
        (f"{name}: {variable['name']}", variable)
        for name, dashboard in DASHBOARDS.items()
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    ]


@pytest.mark.parametrize("variable", [each for _, each in variables()], ids=[name for name, _ in variables()])
def test_every_variable_has_values_to_choose_from(city: City, variable: Json) -> None:
    query = city.filled(variable["query"]["query"])

    assert city.values[variable["name"]] in {*choices(city.prometheus, query, variable["regex"]), ".*"}


def choices(scraper: Prometheus, query: str, regex: str) -> list[str]:
    """As Grafana finds them: values of a label, or what a pattern takes of each result written as text."""
    kind, inside = re.fullmatch(r"(\w+)\((.*)\)", query).groups()  # type: ignore[union-attr]
    if kind == "label_values":
        metric, label = inside.rsplit(", ", 1)
        return list(scraper.ask(f"label/{label}/values", **{"match[]": metric}))
    assert kind == "query_result"
    pattern = re.compile(regex.strip("/").replace("(?<", "(?P<"))
    written = [
        "{" + ",".join(f'{name}="{value}"' for name, value in sorted(series["metric"].items())) + "}"
        for series in scraper.ask("query", query=inside)["result"]
    ]
    found = [pattern.search(each) for each in written]
    assert found
    assert all(match and match["text"] for match in found), written
    return [match["value"] for match in found if match]


def panel_of(name: str, key: str, kind: str) -> Json:
    """The only panel of this kind and with this title on a dashboard."""
    (found,) = [
        panel
        for panel in DASHBOARDS[name]["panels"]
        if (panel["title"], panel["type"]) == (TABLE[key]["zh"], kind)
    ]
    return found  # type: ignore[no-any-return]


def test_the_point_that_is_busy_is_told_by_its_name(city: City) -> None:
    """From the county's list to the point: the row that one clicks leads to the page of that node."""
    table = panel_of("region", "points_not_up", "table")
    rows = city.prometheus.ask("query", query=city.filled(table["targets"][0]["expr"]))["result"]
    by_node = {row["metric"]["node"]: row for row in rows}

    row = by_node[city.values["node"]]
    assert row["value"][1] == "2"
    assert row["metric"]["name"] != row["metric"]["node"]
    assert "镇" in row["metric"]["region_name"] or "街道" in row["metric"]["region_name"]


def test_what_is_down_for_the_switch_is_upstream_and_not_down(city: City) -> None:
    chart = panel_of("city", "not_up", "timeseries")
    down, upstream, degraded, _ = [
        sum(city.prometheus.query(city.filled(target["expr"])).values()) for target in chart["targets"]
    ]

    assert (down, degraded) == (1, 1)
    assert upstream >= 1
    states = 'sum(quanshi_nodes{kind="camera",class="1",state="down"})'
    assert down + upstream == sum(city.prometheus.query(states).values())
