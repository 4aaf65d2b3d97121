"""The reference for operators: every metric and rule that there is, in both languages, and none besides."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from monitor.config.rule_schema import RulesSection

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = re.compile(r'"(quanshi_[a-z_]+)"')
COUNTERS = (
    "quanshi_probes",
    "quanshi_events",
    "quanshi_events_lost",
    "quanshi_events_refused",
    "quanshi_alerts",
)


def reference() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "reference.yaml").read_text(encoding="utf-8"))
    return found


def test_the_pages_are_what_is_written_from_the_one_place() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "reference", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_metric_that_is_exported_is_explained() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "monitor" / "live").glob("*.py"))
    exported = {f"{name}_total" if name in COUNTERS else name for name in NAME.findall(source)}
    assert set(reference()["metrics"]) == exported


def test_every_rule_is_explained() -> None:
    assert set(reference()["rules"]) == set(RulesSection.model_fields)


def test_nothing_is_said_in_one_language_alone() -> None:
    for part in reference().values():
        assert all(each["en"] and each["zh"] for each in part.values())
