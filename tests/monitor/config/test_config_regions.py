"""regions.csv."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import Folder, told

from monitor.config import Region


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_regions_nest_and_have_planned_points(folder: Folder) -> None:
    folder.write(
        "regions.csv",
        "区划代码,区划名称,上级区划,一类计划数,三类计划数\n4409,茂名市,,,\n440983,信宜市,4409,100,0\n",
    )
    assert folder.load().regions == {
        "4409": Region("4409", "茂名市"),
        "440983": Region("440983", "信宜市", "4409", {1: 100, 3: 0}),
    }


def test_mistakes_in_regions(folder: Folder) -> None:
    folder.write(
        "regions.csv",
        "code,name,parent,planned_class1\n1,a,2,\n2,b,1,\n3,,9,many\n1,d,,\n,e,,\n",
    )
    assert folder.complaint() == told(
        ('regions.csv:2  parent = "2"', "regions go round in a circle: 1 → 2 → 1"),
        ("regions.csv:4  name", "is empty, and it is needed"),
        ('regions.csv:4  planned_class1 = "many"', "a whole number is needed"),
        ('regions.csv:4  parent = "9"', "no region of this file has this code"),
        ('regions.csv:5  code = "1"', "the same code already stands in line 2"),
        ("regions.csv:6  code", "is empty, and it is needed"),
    )
