"""What messages mean, and when silence means something: without a broker."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.sources.lifesigns import MAX_PAYLOAD, Deadlines, GarbageError, Silences, Topic, Words
from monitor.model.observations import Cause

USUAL = Words("quanshi/+/heartbeat", "quanshi/+/will", "topic")
ONE_TOPIC = Words("cam/+/state", "cam/+/state", "topic")
BY_FIELD = Words("fleet/beats", "fleet/wills", "deviceId")


@pytest.mark.parametrize(
    ("pattern", "topic", "device"),
    [
        ("quanshi/+/heartbeat", "quanshi/cam-1/heartbeat", "cam-1"),
        ("quanshi/+/heartbeat", "quanshi/cam-1/will", None),
        ("quanshi/+/heartbeat", "quanshi/a/b/heartbeat", None),
        ("quanshi/+/heartbeat", "quanshi//heartbeat", ""),
        ("+/+/alive", "town/7/alive", "town"),
        ("quanshi/+/#", "quanshi/7", "7"),
        ("quanshi/+/#", "quanshi/7/a/b", "7"),
        ("#", "a/b", ""),
        ("+/x", "$SYS/x", None),
        ("a.b/+", "aXb/7", None),
        ("全时/+/心跳", "全时/茂南一号/心跳", "茂南一号"),
    ],
)
def test_a_topic_pattern_finds_the_device(pattern: str, topic: str, device: str | None) -> None:
    assert Topic(pattern).match(topic) == device


@pytest.mark.parametrize("pattern", ["", "a/b+", "a/#/b", "a#"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="topic pattern"):
        Topic(pattern)


def test_a_pattern_that_names_no_device_needs_a_field() -> None:
    with pytest.raises(ValueError, match=r"\+ must stand for the device"):
        Words("fleet/beats", None, "topic")
    assert Words("fleet/beats", None, "id").patterns == ("fleet/beats",)


@pytest.mark.parametrize(
    ("topic", "payload", "cause"),
    [
        ("quanshi/7/heartbeat", b"", Cause.OK),
        ("quanshi/7/heartbeat", b"\xff\x00\xfe", Cause.OK),
        ("quanshi/7/heartbeat", b'{"status": "online", "cpu": 7}', Cause.OK),
        ("quanshi/7/heartbeat", b'{"status": "Offline"}', Cause.REPORTED_OFF),
        ("quanshi/7/heartbeat", b'"offline"', Cause.REPORTED_OFF),
        ("quanshi/7/heartbeat", b"off\n", Cause.REPORTED_OFF),
        ("quanshi/7/heartbeat", b"[1, 2]", Cause.OK),
        ("quanshi/7/will", b"", Cause.REPORTED_OFF),
        ("quanshi/7/will", b"lost", Cause.REPORTED_OFF),
        ("quanshi/7/will", b"online", Cause.OK),
        ("quanshi/7/will", b'{"status": "online"}', Cause.OK),
        ("quanshi/7/will", b'{"reason": "online"}', Cause.REPORTED_OFF),
    ],
)
def test_heartbeats_are_life_and_wills_are_not_unless_they_say_so(
    topic: str, payload: bytes, cause: Cause
) -> None:
    assert USUAL.read(topic, payload) == ("7", cause)


def test_birth_and_will_may_share_one_topic() -> None:
    assert ONE_TOPIC.patterns == ("cam/+/state",)
    assert ONE_TOPIC.read("cam/7/state", b"online") == ("7", Cause.OK)
    assert ONE_TOPIC.read("cam/7/state", b"offline") == ("7", Cause.REPORTED_OFF)
    assert ONE_TOPIC.read("cam/7/state", b"21.5 C") == ("7", Cause.OK)


def test_the_id_may_stand_in_a_field() -> None:
    assert BY_FIELD.read("fleet/beats", b'{"deviceId": "7"}') == ("7", Cause.OK)
    assert BY_FIELD.read("fleet/wills", b'{"deviceId": 7}') == ("7", Cause.REPORTED_OFF)


@pytest.mark.parametrize(
    ("words", "topic", "payload"),
    [
        (USUAL, "quanshi//heartbeat", b"on"),
        (USUAL, "else/7/heartbeat", b"on"),
        (USUAL, "quanshi/7/heartbeat", b" " * (MAX_PAYLOAD + 1)),
        (BY_FIELD, "fleet/beats", b"7"),
        (BY_FIELD, "fleet/beats", b'{"deviceId": null}'),
        (BY_FIELD, "fleet/beats", b'{"deviceId": true}'),
        (BY_FIELD, "fleet/beats", b'{"deviceId": {"a": 1}}'),
        (BY_FIELD, "fleet/beats", b"[" * MAX_PAYLOAD),
    ],
)
def test_garbage_is_named_as_such(words: Words, topic: str, payload: bytes) -> None:
    with pytest.raises(GarbageError):
        words.read(topic, payload)


@given(
    st.sampled_from([USUAL, ONE_TOPIC, BY_FIELD]),
    st.one_of(
        st.sampled_from(["quanshi/7/heartbeat", "quanshi/7/will", "cam/7/state", "fleet/beats"]), st.text()
    ),
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=9),
            lambda inner: st.dictionaries(st.sampled_from(["status", "deviceId", "x"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_any_message_has_a_meaning_or_is_garbage(words: Words, topic: str, payload: bytes) -> None:
    try:
        device, cause = words.read(topic, payload)
    except GarbageError:
        return
    assert device
    assert cause in (Cause.OK, Cause.REPORTED_OFF)


def missed(deadlines: Deadlines, until: float) -> list[tuple[str, int]]:
    return deadlines.missed(round(until * 1000))


def test_a_deadline_is_missed_once_and_again_after_the_next_sign_of_life() -> None:
    deadlines = Deadlines(0)
    deadlines.watch({"a": 9_000}, 500)
    assert missed(deadlines, 9.9) == []
    assert missed(deadlines, 10) == [("a", 9_500)]
    assert missed(deadlines, 100) == []
    deadlines.sign("a", 100_200)
    assert missed(deadlines, 111) == [("a", 109_200)]


def test_signs_of_life_put_it_off() -> None:
    deadlines = Deadlines(0)
    deadlines.watch({"a": 9_000}, 0)
    for second in range(0, 60, 8):
        deadlines.sign("a", second * 1000)
        assert missed(deadlines, second) == []
    assert missed(deadlines, 70) == [("a", 65_000)]


def test_who_said_that_it_is_off_is_not_missed_as_well() -> None:
    deadlines = Deadlines(0)
    deadlines.watch({"a": 9_000}, 0)
    deadlines.rest("a")
    assert missed(deadlines, 60) == []
    deadlines.sign("a", 60_000)
    assert missed(deadlines, 70) == [("a", 69_000)]


def test_while_nobody_can_be_heard_nothing_is_missed() -> None:
    deadlines = Deadlines(0)
    deadlines.watch({"a": 9_000, "b": 9_000}, 0)
    deadlines.suspend(5_000)
    assert missed(deadlines, 60) == []
    deadlines.restart(60_000)
    assert missed(deadlines, 68.9) == []
    assert sorted(missed(deadlines, 70)) == [("a", 69_000), ("b", 69_000)]


def test_a_new_inventory_leaves_the_moments_of_the_others() -> None:
    deadlines = Deadlines(0)
    deadlines.watch({"a": 9_000, "b": 9_000}, 0)
    deadlines.watch({"b": 9_000, "c": 9_000}, 5_000)
    assert missed(deadlines, 10) == [("b", 9_000)]
    assert missed(deadlines, 20) == [("c", 14_000)]


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1_000, 20_000), min_size=1),
    st.lists(
        st.tuples(st.integers(0, 15_000), st.sampled_from(["sign", "rest", "look"]), st.sampled_from("abc"))
    ),
)
def test_every_silence_that_is_long_enough_is_missed_once_and_no_other(
    spans: dict[str, int], steps: list[tuple[int, str, str]]
) -> None:
    deadlines = Deadlines(0)
    deadlines.watch(spans, 0)
    due: dict[str, int] = dict(spans)
    now = 0
    for passed, what, device in [*steps, (60_000, "look", "a")]:
        now += passed
        late = {one for one, moment in due.items() if moment // 1000 < now // 1000}
        assert dict(deadlines.missed(now)) == {one: due.pop(one) for one in late}
        if device in spans and what == "sign":
            deadlines.sign(device, now)
            due[device] = now + spans[device]
        elif device in spans and what == "rest":
            deadlines.rest(device)
            due.pop(device, None)


EVERY, HUNG = 10_000, 32_000


def looked(silences: Silences, first: int, last: int, *, heard: bool) -> None:
    """Look every second from ``first`` to ``last``; ``heard``: others gave signs of life in each of them."""
    for second in range(first, last + 1):
        silences.look(1000 * second, second if heard else 0)


def test_who_is_heard_again_was_silent_until_an_interval_before_others_were_heard() -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.HEARTBEAT_MISSED)
    looked(silences, 1, 3_600, heard=True)
    assert silences.end("a", EVERY) == (3_599_000 - EVERY, Cause.HEARTBEAT_MISSED)
    assert silences.end("a", EVERY) is None, "once"
    assert silences.end("b", EVERY) is None, "it was not silent"


def test_a_broker_that_has_nobody_else_proves_less() -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.REPORTED_OFF)
    looked(silences, 1, 3_600, heard=False)
    assert silences.end("a", EVERY) == (3_600_000 - HUNG - EVERY, Cause.REPORTED_OFF)


def test_a_broker_that_hangs_passes_nothing_on() -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.HEARTBEAT_MISSED)
    looked(silences, 1, 100, heard=True)
    for second in range(101, 120):
        silences.look(1000 * second, 100)
    assert silences.end("a", EVERY) == (99_000 - EVERY, Cause.HEARTBEAT_MISSED)


def test_this_process_standing_still_proves_nothing() -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.HEARTBEAT_MISSED)
    looked(silences, 1, 100, heard=True)
    assert silences.end("a", EVERY) == (99_000 - EVERY, Cause.HEARTBEAT_MISSED), "whenever that is heard"


def test_a_short_silence_is_proven_by_nothing_but_its_word() -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.HEARTBEAT_MISSED)
    looked(silences, 1, 41, heard=True)
    assert silences.end("a", EVERY) is None


@pytest.mark.parametrize("broken", ["forget", "keep"])
def test_a_gap_in_the_listening_leaves_no_proof(broken: str) -> None:
    silences = Silences(HUNG, 0)
    silences.begin("a", 30_500, Cause.HEARTBEAT_MISSED)
    looked(silences, 1, 100, heard=True)
    if broken == "forget":
        silences.forget(100_000)
    else:
        silences.keep({"b"})
    looked(silences, 101, 200, heard=True)
    assert silences.end("a", EVERY) is None
