"""Events as they travel: every payload comes back as it went, and nothing strange gets in."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.events import (
    Change,
    Event,
    EventError,
    EventId,
    Evidence,
    Judged,
    ObserverTurned,
    Payload,
    Sight,
    Snapshot,
    Standing,
)
from monitor.model.observations import Cause, Observation, State
from monitor.model.outages import Attribution

AT = 1_795_404_983_441
SEEN = Observation("rtsp", AT - 12, AT, Cause.REFUSED, "ECONNREFUSED")
CHANGE = Change(
    "44090200001320000001", "video", State.UP, State.DOWN, AT, AT - 5_000, AT + 3_000, Cause.REFUSED, "rtsp",
    (Evidence.of(SEEN),),
)  # fmt: skip
STANDING = Standing(State.DOWN, Cause.TIMEOUT, AT)
PAYLOADS: list[Payload] = [
    CHANGE,
    Change("n", "police", State.UNKNOWN, State.UP, AT, None, AT, Cause.OK),
    Judged.of(CHANGE, Attribution.UPSTREAM, "a1b2c3d4e5"),
    Sight("video-0of1", "video", 0, 1, AT, AT + 10_000, 3_352, 335, False, "abc", {"rtsp": {"ok": 335}}),
    Snapshot(
        "video-1of4", "video", 1, 4, AT, "abc", ("a", "b"), {"c": Standing(State.DOWN, Cause.TIMEOUT, AT)}
    ),
    ObserverTurned("video-0of1", "video", AT, True),
    ObserverTurned("video-0of1", "video", AT, False),
]


def event(payload: Payload) -> Event:
    return Event(EventId("video-0of1", 7, 42), "maoming", AT, payload, oldest=40)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
def test_what_was_said_is_what_is_heard(payload: Payload):
    assert Event.decode(event(payload).encode()) == event(payload)


def test_the_fields_are_those_of_the_contract():
    fields = event(CHANGE).encode()
    assert {name: fields[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": "video-0of1/7/42",
        "source": "/quanshi/maoming/video-0of1",
        "type": "quanshi.watch.changed",
        "subject": "video/44090200001320000001",
        "time": "2026-11-23T03:36:23.441Z",
    }
    assert json.loads(fields["data"]) == {
        "node": "44090200001320000001",
        "network": "video",
        "from": "up",
        "to": "down",
        "at": "2026-11-23T03:36:23.441Z",
        "not_before": "2026-11-23T03:36:18.441Z",
        "detected_at": "2026-11-23T03:36:26.441Z",
        "cause": "refused",
        "probe": "rtsp",
        "evidence": [
            {
                "probe": "rtsp",
                "at": "2026-11-23T03:36:23.441Z",
                "ok": False,
                "cause": "refused",
                "duration": 0.012,
            }
        ],
    }


def test_a_sight_names_its_shard_of_how_many():
    data = json.loads(event(PAYLOADS[4]).encode()["data"])
    assert data["shard"] == "1/4"


@pytest.mark.parametrize(
    "text", ["", "video", "video/1", "video/1/x", "/1/2", "a/1/2/3", "video/-1/2", "video/１/2"]
)
def test_what_is_no_event_id_is_refused(text: str):
    with pytest.raises(EventError, match="collector/epoch/sequence"):
        EventId.parse(text)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("type", "quanshi.unheard.of", "is not known"),
        ("source", "elsewhere", "is not /quanshi/site/collector"),
        ("time", "yesterday", "not an RFC 3339 moment"),
        ("data", "{", "data of video-0of1/7/42"),
        ("data", "[]", "data of video-0of1/7/42"),
        ("data", '{"node": 1}', "data of video-0of1/7/42"),
        ("oldest", "x", "envelope of video-0of1/7/42"),
    ],
)
def test_a_broken_field_is_named(field: str, value: str, complaint: str):
    with pytest.raises(EventError) as caught:
        Event.decode(event(CHANGE).encode() | {field: value})
    assert complaint in str(caught.value)


def test_missing_fields_are_named_together():
    with pytest.raises(EventError, match="fields missing: id, source, type, time, data"):
        Event.decode({})


@given(st.dictionaries(st.sampled_from(sorted(event(CHANGE).encode())), st.text(max_size=60)))
def test_whatever_stands_in_the_fields_it_is_an_event_or_an_event_error(strange: dict[str, str]):
    with suppress(EventError):
        assert Event.decode(event(CHANGE).encode() | strange).id.collector
