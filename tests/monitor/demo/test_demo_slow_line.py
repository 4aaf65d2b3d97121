from random import Random

from monitor.demo.relay import SlowLine


def slow(delay: float = 0.0, loss: float = 0.0, most: int = 1000) -> SlowLine:
    line = SlowLine(Random(1), most)
    line.delay, line.loss = delay, loss
    return line


def test_without_delay_and_loss_all_comes_out_at_once_in_its_order() -> None:
    line = slow()
    for packet in (b"c", b"a", b"b"):
        line.take(packet, 5.0)
    assert list(line.give(5.0)) == [b"c", b"a", b"b"]


def test_a_packet_is_held_for_the_delay_and_given_once() -> None:
    line = slow(delay=0.5)
    line.take(b"a", 1.0)
    assert list(line.give(1.25)) == []
    assert line.wait(1.25) == 0.25
    assert list(line.give(1.5)) == [b"a"]
    assert list(line.give(9.0)) == []


def test_nothing_held_is_nothing_to_wait_for() -> None:
    assert slow(delay=0.5).wait(1.0) is None


def test_what_is_overdue_is_not_waited_for() -> None:
    line = slow(delay=0.5)
    line.take(b"a", 1.0)
    assert line.wait(7.0) == 0.0


def test_a_shorter_delay_holds_for_what_comes_then() -> None:
    line = slow(delay=0.5)
    line.take(b"first", 1.0)
    line.delay = 0.0
    line.take(b"second", 1.25)
    assert list(line.give(1.25)) == [b"second"]
    assert list(line.give(1.5)) == [b"first"]


def lost(share: float, seed: int) -> list[int]:
    """Which of 10,000 packets do not come out."""
    line = SlowLine(Random(seed))
    line.loss = share
    for number in range(10_000):
        line.take(number.to_bytes(2), 0.0)
    return sorted(set(range(10_000)) - {int.from_bytes(packet) for packet in line.give(0.0)})


def test_the_share_of_lost_packets_is_the_wished_one() -> None:
    """0.0022 is the standard deviation of 5 % of 10,000."""
    assert abs(len(lost(0.05, seed=3)) / 10_000 - 0.05) < 5 * 0.0022
    assert lost(0.0, seed=3) == []
    assert len(lost(1.0, seed=3)) == 10_000


def test_the_same_seed_loses_the_same_packets() -> None:
    assert lost(0.05, seed=3) == lost(0.05, seed=3) != lost(0.05, seed=4)


def test_what_finds_no_room_is_lost() -> None:
    line = slow(delay=1.0, most=2)
    for packet in (b"a", b"b", b"c"):
        line.take(packet, 0.0)
    assert list(line.give(1.0)) == [b"a", b"b"]
    line.take(b"d", 1.0)
    assert list(line.give(2.0)) == [b"d"]
