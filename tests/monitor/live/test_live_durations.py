from __future__ import annotations

import json
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.live.durations import Durations, PackedError, ends_of


def packed(header: object, values: bytes = b"") -> bytes:
    return json.dumps(header).encode() + b"\n" + values


def test_the_values_of_a_probe_run_in_the_order_of_the_nodes() -> None:
    body = array("f", [0.5, 0.25, 0.75, math.nan])
    if body.itemsize != 4:
        raise AssertionError("a float is no float32 here")
    header = {"inventory": "abc", "probes": ["ping", "rtsp"], "nodes": 2}

    durations = Durations.unpack(packed(header, body.tobytes()))

    assert list(durations.of_probe("ping")) == [0.5, 0.75]
    assert durations.of_probe("rtsp")[0] == 0.25
    assert math.isnan(durations.of_probe("rtsp")[1])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no header",
        b"{\n",
        b"[1]\n",
        b"null\n",
        packed({"inventory": "a", "probes": ["rtsp"]}),
        packed({"inventory": 1, "probes": ["rtsp"], "nodes": 0}),
        packed({"inventory": "a", "probes": "rtsp", "nodes": 0}),
        packed({"inventory": "a", "probes": ["rtsp", "rtsp"], "nodes": 0}),
        packed({"inventory": "a", "probes": ["rtsp"], "nodes": -1}),
        packed({"inventory": "a", "probes": ["rtsp"], "nodes": True}),
        packed({"inventory": "a", "probes": ["rtsp"], "nodes": 1}, b"\0\0\0"),
        packed({"inventory": "a", "probes": ["rtsp"], "nodes": 1}, b"\0" * 8),
        b"[" * 200_000 + b"\n",
    ],
)
def test_what_is_no_array_of_durations_is_refused(value: bytes) -> None:
    with pytest.raises(PackedError):
        Durations.unpack(value)


@given(st.binary())
def test_bytes_at_random_are_refused_and_break_nothing(value: bytes) -> None:
    with pytest.raises(PackedError):
        Durations.unpack(value)


def test_facts_that_are_no_moments_are_left_out() -> None:
    assert ends_of({"a": "1800000000", "b": "soon", "c": "nan", "d": "1e999"}) == {"a": 1_800_000_000.0}
