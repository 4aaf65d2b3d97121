from collections import Counter

from monitor.model.nodes import (
    Address,
    Kind,
    Node,
    ProbeSpec,
    collector_name,
    post_of,
    shard_of,
    stable_hash,
    watches_of,
)
from monitor.model.observations import Cause, Observation, State, Weight


def test_a_node_in_two_networks_is_two_watches_with_their_own_addresses():
    node = Node("gw", Kind.GATEWAY, ("video", "police"), (Address("10.1.0.1"), Address("10.2.0.1", 8080)), ())
    assert [(watch.key, str(watch.address)) for watch in watches_of(node)] == [
        (("gw", "video"), "10.1.0.1"),
        (("gw", "police"), "10.2.0.1:8080"),
    ]


def test_an_ipv6_address_with_a_port_is_written_with_brackets():
    assert str(Address("fd00::1", 554)) == "[fd00::1]:554"
    assert str(Address("fd00::1")) == "fd00::1"


def test_a_probe_is_written_as_in_a_cell():
    assert str(ProbeSpec("rtsp", "rtsp", 90.0, 5.0, port=8554)) == "rtsp:8554@90s"


def test_the_hash_is_the_same_on_every_machine():
    assert stable_hash("44090200001320000001/rtsp") == stable_hash("44090200001320000001/rtsp")
    assert stable_hash("全时") == 0xEDCD201461328AD8


def test_shards_share_a_city_fairly_and_completely():
    counted = Counter(shard_of(f"4409020000132{number:07d}", 4) for number in range(3_352))
    assert set(counted) == {0, 1, 2, 3}
    assert max(counted.values()) < 1.2 * 3_352 / 4
    assert collector_name("video", 1, 4) == "video-1of4"


def test_the_name_of_a_collector_tells_its_post():
    assert post_of(collector_name("video-west", 1, 4)) == ("video-west", 1, 4)
    for name in ("video", "video-4of4", "-0of1", "video-xof1", "video-0of"):
        assert post_of(name) is None


def test_every_cause_has_a_weight_and_every_state_a_code():
    assert {cause.weight for cause in Cause} == set(Weight)
    assert [State.of_code(state.code) for state in State] == list(State)
    assert Cause.BUSY.weight is Weight.SOFT
    assert Cause.AUTH_WANTED.weight is Weight.GOOD
    assert Cause.SOURCE_LOST.weight is Weight.BLIND


def test_an_observation_knows_whether_it_is_good_and_how_long_it_took():
    seen = Observation("ping", 1_000, 1_250, Cause.OK)
    assert seen.ok
    assert seen.duration == 0.25
