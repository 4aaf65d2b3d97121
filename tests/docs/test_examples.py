"""What the documents tell to type, to write and to look at is there: commands, settings, metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from pages import PAGES, ROOT, sections

from monitor.cli import main
from monitor.config import load_site, write_starter

NOW = [page for page in PAGES if page != "CHANGELOG.md"]
"""Without what once was."""
COMMAND = re.compile(r"(?:^|bin/)quanshi ((?!report \d|ledger )[a-z].*)")
"""But for the first line of a text that is signed: ``quanshi report 2``, ``quanshi ledger checkpoint 1``."""
OPTION = re.compile(r"--[a-z]+")
METRIC = re.compile(r"\bquanshi_[a-z_]+(?![a-z_:])")
"""But for what Prometheus records itself: that has a colon."""
EXAMPLE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", NOW)
def test_every_command_and_each_of_its_options_is_there(page: str) -> None:
    assert [text for text in commands(page) if not is_known(text)] == []


def commands(page: str) -> Iterator[str]:
    """What stands behind ``quanshi`` in backticks and in blocks of code."""
    for section in sections(ROOT / page):
        for text in [*section.names, *section.code]:
            if found := COMMAND.search(text):
                yield found[1]


def is_known(text: str) -> bool:
    command: click.Command = main
    for word in text.split():
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
    options = {name for each in command.params for name in each.opts}
    return command is not main and options.issuperset(OPTION.findall(text))


@pytest.mark.parametrize("page", NOW)
def test_every_metric_is_there(page: str) -> None:
    reference = yaml.safe_load((ROOT / "docs" / "reference.yaml").read_text(encoding="utf-8"))
    named = set(METRIC.findall((ROOT / page).read_text(encoding="utf-8")))
    assert {name.removesuffix("_bucket") for name in named} - set(reference["metrics"]) == set()


def examples(page: str) -> dict[str, Any]:
    """The settings of all examples of a page, as one file would hold them."""
    found: dict[str, Any] = {}
    for example in EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8")):
        found |= yaml.safe_load(example)
    return found


def test_the_examples_of_alerts_are_taken_as_they_stand(tmp_path: Path) -> None:
    site, *_ = write_starter(tmp_path)
    written = examples("docs/alerts.md")
    written["channels"] |= {key: {"type": "webhook", "url": "http://127.0.0.1/"} for key in ("sms", "mail")}
    written["people"] = {name: {"name": name} for name in ("zhang", "li", "lead", "duty-police")}
    put(tmp_path / "alerts.yaml", written)
    put(tmp_path / "credentials.yaml", {"dingtalk": {"token": "t", "secret": "s"}})
    alerting = load_site(site).alerting
    assert (len(alerting.routes), len(alerting.schedules)) == (3, 1)


def test_the_example_of_the_pages_is_taken_as_it_stands(tmp_path: Path) -> None:
    site, *_ = write_starter(tmp_path)
    put(site, yaml.safe_load(site.read_text(encoding="utf-8")) | examples("docs/operators.md"))
    put(tmp_path / "credentials.yaml", {"oidc": {"token": "t"}})
    put(tmp_path / "city.geojson", {"type": "LineString", "coordinates": [[110.9, 21.6], [111.0, 21.7]]})
    for pem in ("cert.pem", "key.pem"):
        (tmp_path / pem).touch()
    assert load_site(site).web.url == "https://quanshi.example.local"


def put(path: Path, written: Any) -> None:
    """As JSON, which is YAML too."""
    path.write_text(json.dumps(written, default=str), encoding="utf-8")
    path.chmod(0o600)
