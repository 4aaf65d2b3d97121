"""A desk over a small site for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_kit import Begun, Desk, begin, desk_of
from small_site import camera, make_site


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return asyncio.run(begin(tmp_path_factory.mktemp("begun")))


@pytest.fixture
async def desk(tmp_path: Path, begun: Begun) -> AsyncIterator[Desk]:
    nodes = [
        camera("cam-1", region="440902", contractor="甲公司"),
        camera("cam-2", region="440904", parent="sw-1"),
        camera("sw-1", kind="switch", **{"class": ""}),
    ]
    site = make_site(tmp_path, nodes, regions={"440902": "茂南区", "440904": "电白区"})
    async with desk_of(site, begun) as opened:
        yield opened
