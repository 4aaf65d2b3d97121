"""Live pictures of small sites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_kit import Clock
from small_site import camera, make_site

from monitor.live.states import Live


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live_of(tmp_path: Path, clock: Clock) -> Callable[..., Live]:
    def make(*names: str, **site: Any) -> Live:
        return Live(make_site(tmp_path, [camera(name) for name in names], **site), clock)

    return make
