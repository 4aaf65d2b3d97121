"""The units of systemd: who runs the monitor may write where it writes."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SITE = re.compile(r"--site (\S+)/site\.yaml")


def service(name: str) -> dict[str, str]:
    unit = RawConfigParser(strict=False, comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string((UNITS / name).read_text(encoding="utf-8"))
    return dict(unit["Service"])


@pytest.mark.parametrize("name", ["quanshi.service", "quanshi-monitor.service"])
def test_an_uploaded_node_list_can_take_the_place_of_the_former_one(name):
    unit = service(name)
    (folder,) = SITE.findall(unit["ExecStart"])
    assert unit["ProtectSystem"] == "strict"
    assert folder in unit["ReadWritePaths"].split()


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_each_unit_has_a_folder_for_its_data_and_no_more_rights_than_it_needs(unit):
    settings = service(unit.name)
    assert settings["StateDirectory"] == "quanshi"
    assert settings["NoNewPrivileges"] == "yes"
    assert set(settings["CapabilityBoundingSet"].split()) <= {"CAP_NET_RAW"}
