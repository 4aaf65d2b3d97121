"""The dashboards as files: made by the generator alone, whole in both languages, of Grafana's core alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import tools
import yaml

from deploy.grafana.generate.dashboard import LayoutError, laid_out
from deploy.grafana.generate.files import HERE, PAGES, WALL, documents, everything
from deploy.grafana.generate.panels import Panel
from deploy.grafana.generate.signs import STATES
from deploy.grafana.generate.words import LANGUAGES, Words, read_table
from monitor.model.observations import State

Json = dict[str, Any]

KINDS: Final = {"stat", "timeseries", "state-timeline", "table"}
"""What we use of Grafana's core; neither pies nor gauges."""
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
TABLE: Final = read_table()
BOARDS: Final = {language: documents(Words(language, TABLE), WALL) for language in LANGUAGES}


def boards() -> Iterator[tuple[str, Json]]:
    for language, found in BOARDS.items():
        for name, board in found.items():
            yield f"{language}/{name}", board


def panels(board: Json) -> list[Json]:
    return list(board["panels"])


each_board = pytest.mark.parametrize(
    "board", [board for _, board in boards()], ids=[name for name, _ in boards()]
)


def test_what_is_committed_is_what_the_generator_gives() -> None:
    made = everything(WALL)
    folders = ("dashboards", "provisioning")
    there = {str(path.relative_to(HERE)) for folder in folders for path in (HERE / folder).rglob("*.*")}

    assert there == set(made)
    different = [name for name, text in made.items() if (HERE / name).read_text(encoding="utf-8") != text]
    assert different == [], "run: python -m deploy.grafana.generate"


def test_the_address_of_the_wall_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "deploy.grafana.generate",
        "--wall",
        "https://qs.lan/",
        "--to",
        str(tmp_path),
    ]
    subprocess.run(command, check=True, cwd=tools.HERE, capture_output=True)

    board = json.loads((tmp_path / "dashboards/zh/city.json").read_text(encoding="utf-8"))

    (wall,) = [each for each in board["templating"]["list"] if each["name"] == "wall"]
    assert wall["query"] == wall["current"]["value"] == "https://qs.lan/"
    (link,) = [each for each in board["links"] if each["type"] == "link"]
    assert (link["url"], link["includeVars"]) == ("${wall}", False), "the wall knows no variables of Grafana"


@each_board
def test_a_board_is_for_grafana_11_and_follows_the_city(board: Json) -> None:
    assert (board["schemaVersion"], board["refresh"], board["timezone"]) == (41, "15s", "browser")
    assert {panel["type"] for panel in board["panels"]} <= KINDS
    assert "http" not in json.dumps(board), "no address outside"


@each_board
def test_panels_have_a_number_of_their_own_and_a_place_of_their_own(board: Json) -> None:
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    overlapping = [(one, other) for one, other in combinations(places, 2) if overlap(one, other)]
    assert overlapping == []


def overlap(one: Json, other: Json) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)


def test_a_row_that_is_too_wide_is_refused() -> None:
    with pytest.raises(LayoutError, match="26 columns of 24: \\['a', 'b'\\]"):
        laid_out([[Panel(20, 4, {"title": "a"}), Panel(6, 4, {"title": "b"})]])


@each_board
def test_every_question_goes_to_the_chosen_data_source(board: Json) -> None:
    asked = [part for panel in panels(board) for part in (panel, *panel["targets"])]
    asked += [each for each in board["templating"]["list"] if each["type"] == "query"]

    assert {part["datasource"]["uid"] for part in asked} == {"${ds}"}


@each_board
def test_every_number_says_what_it_is(board: Json) -> None:
    silent = [panel["title"] for panel in panels(board) if len(panel["description"]) < 5]

    assert silent == []
    assert board["description"]


@each_board
def test_the_letters_of_questions_are_told_apart(board: Json) -> None:
    letters = [Counter(target["refId"] for target in panel["targets"]) for panel in panels(board)]

    assert all(count == 1 for panel in letters for count in panel.values())


def test_boards_are_told_apart() -> None:
    uids = [board["uid"] for _, board in boards()]

    assert len(set(uids)) == len(uids) == 2 * len(PAGES)
    assert all(len(uid) <= 40 for uid in uids), "Grafana's limit"


def links(board: Json) -> list[str]:
    """Where a click in a table leads."""
    return [
        link["url"]
        for panel in panels(board)
        for override in panel["fieldConfig"]["overrides"]
        for property_ in override["properties"]
        if property_["id"] == "links"
        for link in property_["value"]
    ]


@each_board
def test_a_click_leads_to_a_board_of_the_same_language_and_sets_variables_that_it_has(board: Json) -> None:
    known = {each["uid"]: each for _, each in boards()}
    for url in links(board):
        uid = re.match(r"/d/([a-z-]+)\?", url)
        assert uid is not None
        target = known[uid[1]]
        assert target["tags"] == board["tags"]
        variables = {each["name"] for each in target["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", url)) <= variables


@each_board
def test_a_click_takes_its_values_from_columns_that_the_table_shows(board: Json) -> None:
    """Grafana knows only the fields that are left after the transformations."""
    for panel in panels(board):
        shown = [each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]]
        asked = re.findall(r"__data\.fields\.(\w+)", json.dumps(panel))
        assert set(asked) <= set(shown)


@each_board
def test_variables_are_known_where_they_are_used(board: Json) -> None:
    variables = {each["name"] for each in board["templating"]["list"]}
    own = {"__range", "__interval", "__rate_interval", "__all", "__data", "__url_time_range"}

    assert set(re.findall(r"\$\{?(\w+)", json.dumps(board))) <= variables | own


def test_english_boards_hold_no_chinese_and_chinese_boards_are_in_chinese() -> None:
    assert CHINESE.findall(json.dumps(BOARDS["en"], ensure_ascii=False)) == []
    titles = [panel["title"] for board in BOARDS["zh"].values() for panel in panels(board)]
    assert [title for title in titles if not CHINESE.search(title)] == []


def test_every_word_is_in_both_languages_and_is_used() -> None:
    words = [Words(language, TABLE) for language in LANGUAGES]
    for each in words:
        each("folder")
        documents(each, WALL)

    assert [each.used for each in words] == [set(TABLE)] * 2
    fields = [set(entry) for entry in TABLE.values()]
    assert all(each in ({"zh", "en"}, {"zh", "en", "zh_about", "en_about"}) for each in fields)


def test_states_have_the_values_of_the_metric_and_a_word() -> None:
    values = {word: value for value, word, _ in STATES}

    assert {state.value: state.code for state in State}.items() <= values.items()
    assert set(values) - {state.value for state in State} == {"upstream"}


def test_grafana_is_told_where_the_files_are() -> None:
    made = everything(WALL)
    providers = [
        yaml.safe_load(text)["providers"][0]
        for name, text in made.items()
        if "provisioning/dashboards" in name
    ]
    (source,) = yaml.safe_load(made["provisioning/datasources/quanshi.yaml"])["datasources"]

    assert source["type"] == "prometheus"
    paths = [Path(provider["options"]["path"]).relative_to("/etc/grafana/quanshi") for provider in providers]
    assert all((HERE / path).is_dir() for path in paths)
    assert len({provider["folderUid"] for provider in providers}) == len(LANGUAGES)


# -- what is said of one point, computed by Prometheus itself


def question(name: str, key: str, **values: str) -> str:
    (panel,) = [each for each in panels(BOARDS["en"][name]) if each["title"] == TABLE[key]["en"]]
    text = str(panel["targets"][0]["expr"])
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], text)


UP = 'quanshi_node_up{node="n",network="video",instance="%s"}'
STATE = 'quanshi_node_state{node="n",network="video",region="r",instance="%s"}'
NAME = 'quanshi_network_info{network="video",network_name="V"}'


def computed(folder: Path, series: dict[str, str], expected: dict[str, float]) -> None:
    """Fails unless Prometheus finds these values, to a twentieth, 10 minutes after the first sample.

    A range of 40 spans holds 41 moments or, in newer versions, 40.
    """
    tests = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f"round({expression}, 0.05)",
                "eval_time": "10m",
                "exp_samples": [{"labels": '{network="video",network_name="V",node="n"}', "value": value}],
            }
            for expression, value in expected.items()
        ],
    }
    file = folder / "tests.yml"
    file.write_text(json.dumps({"evaluation_interval": "15s", "tests": [tests]}))  # JSON is YAML
    promtool = [tools.find("promtool"), "test", "rules", file]
    done = subprocess.run(promtool, env=tools.env(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def shares(least: float, share: float, most: float, seen: float) -> dict[str, float]:
    keys = {"up_least": least, "up_share": share, "up_most": most, "seen_share": seen}
    chosen = {"node": "n", "network": ".*", "__range": "10m"}
    return {question("point", key, **chosen): value for key, value in keys.items()}


def test_time_that_nobody_saw_is_neither_up_nor_down_and_widens_the_bounds(tmp_path: Path) -> None:
    """Of 40 moments 24 up, 10 unknown, 6 down."""
    series = {UP % "a": "1x24 stale _x9 0x5", STATE % "a": "3x24 0x9 1x5", NAME: "1x40"}

    computed(tmp_path, series, shares(least=0.6, share=0.8, most=0.85, seen=0.75))


def test_two_monitors_of_which_one_took_over_know_the_whole_range_together(tmp_path: Path) -> None:
    """The follower shows every watch as unknown: 30 moments up by the first, then 10 down by the second."""
    series = {
        UP % "a": "1x30 stale",
        UP % "b": "_x31 0x9",
        STATE % "a": "3x30 0x9",
        STATE % "b": "0x30 1x9",
        NAME: "1x40",
    }

    computed(tmp_path, series, shares(least=0.75, share=0.75, most=0.75, seen=1.0))
