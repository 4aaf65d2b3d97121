"""What turns is told to the pages in the words of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from small_site import camera, make_site

from monitor.live.states import Live
from monitor.model.observations import Cause
from monitor.model.outages import Outage, OutageKind, Phase
from monitor.model.times import format_time
from monitor.web.news import outage_event
from monitor.web.schemas.live import OutageNow

T0: Final = 1_800_000_000_000
HANDLED: Final = {"alert", "acked_by", "assigned_to"}
"""What an event leaves as the pages know it already."""


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(make_site(tmp_path, [camera("cam-1")], regions={"440902": "茂南区"}), lambda: T0)


def an_outage(region: str = "440902", name: str = "河西交换机") -> Outage:
    return Outage(
        id="aaaaaaaaaa",
        phase=Phase.OPENED,
        kind=OutageKind.NODE,
        network="video",
        root="sw-1",
        name=name,
        region=region,
        contractor="甲公司",
        at=T0,
        not_before=T0 - 1000,
        detected_at=T0 + 2000,
        cause=Cause.TIMEOUT,
        classes={1: 31},
    )


def test_an_outage_is_told_as_the_api_has_it_but_for_who_takes_care_of_it(live: Live) -> None:
    told = outage_event(live, an_outage())

    assert told.keys() == OutageNow.model_fields.keys() - HANDLED
    read = OutageNow.model_validate({**told, **dict.fromkeys(HANDLED)})
    assert (read.since, read.region_name, read.classes) == (format_time(T0), "茂南区", {"1": 31})


def test_a_root_and_a_region_without_a_name_are_called_by_their_codes(live: Live) -> None:
    told = outage_event(live, an_outage(region="999999", name=""))

    assert (told["name"], told["region_name"]) == ("sw-1", "999999")
