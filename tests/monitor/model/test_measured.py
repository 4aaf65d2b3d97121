"""What is measured, on its way through a key."""

from __future__ import annotations

import json
from dataclasses import asdict

from monitor.model.measured import Budget, Certificate, GroupNow, Health, Measured, Spent

WINDOWS = {"5m": Spent(1, 2, 3), "month": Spent(4, 5, 6)}
MEASURED = Measured(
    at=1_700_000_000_000,
    groups=(
        GroupNow("video", "440902", 1, 7, {"up": 5, "down": 2}, 1, 1, 0.98, WINDOWS, Budget(100, 7, 1)),
        GroupNow(None, None, None, 7, {"up": 7}),
    ),
    health=Health(
        {"video-0of1": 2.5}, {"video-0of1": 0}, {"ledger": 3}, ledger_takes=False, reload_error="x"
    ),
    certificates=(Certificate("平台", "video", 1_800_000_000_000),),
    maintained=("video/cam-1",),
)


def test_it_comes_back_as_it_was() -> None:
    assert Measured.from_json(json.loads(json.dumps(MEASURED.to_json()))) == MEASURED


def test_every_field_is_written() -> None:
    assert json.dumps(MEASURED.to_json()) == json.dumps(asdict(MEASURED))
