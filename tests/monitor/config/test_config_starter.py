"""The set that ``quanshi init`` writes."""

from __future__ import annotations

import re
import stat
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

import pytest

from monitor.config import load_site, write_starter


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_set_is_a_valid_site_on_this_machine_alone(tmp_path: Path, language: Literal["zh", "en"]) -> None:
    paths = write_starter(tmp_path / "new", language)
    names = ["site.yaml", "nodes.csv", "regions.csv", "alerts.yaml", "credentials.yaml"]
    assert [path.name for path in paths] == names
    site = load_site(paths[0])
    assert site.language == language
    assert len(site.inventory.watches("video")) == 6
    assert all(ip_address(watch.address.host).is_loopback for watch in site.inventory.watches())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_alerts_yaml_shows_is_valid_and_says_the_defaults(
    tmp_path: Path, language: Literal["zh", "en"]
) -> None:
    folder = tmp_path / "new"
    site = load_site(write_starter(folder, language)[0])
    text = (folder / "alerts.yaml").read_text(encoding="utf-8")
    shown = re.findall(r"^# ([a-z_]+:.*|  .*)$", text, re.MULTILINE)
    (folder / "alerts.yaml").write_text("\n".join(shown), encoding="utf-8")
    (folder / "credentials.yaml").write_text("dingtalk: {token: a, secret: b}\n")
    alerting = load_site(folder / "site.yaml").alerting
    assert alerting.rules == site.alerting.rules
    assert len(alerting.channels) == 4
    assert len(alerting.routes) == 2


def test_credentials_are_private_from_the_first_moment(tmp_path: Path) -> None:
    assert stat.S_IMODE(write_starter(tmp_path)[-1].stat().st_mode) == 0o600


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("mine")
    with pytest.raises(FileExistsError, match=r"already holds nodes\.csv"):
        write_starter(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["nodes.csv"]
    assert (tmp_path / "nodes.csv").read_text() == "mine"
