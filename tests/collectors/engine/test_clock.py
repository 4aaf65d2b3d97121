from collectors.engine.clock import Clock


class Hands:
    def __init__(self) -> None:
        self.monotonic = 100.0
        self.wall = 1_000_000.0

    def pass_seconds(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def made() -> tuple[Clock, Hands]:
    hands = Hands()
    return Clock(lambda: hands.monotonic, lambda: hands.wall), hands


def test_it_tells_the_wall_time_in_milliseconds():
    clock, hands = made()
    hands.pass_seconds(1.5)
    assert clock.now() == 1_000_001_500


def test_somebody_sets_the_wall_clock_back_and_no_moment_runs_backwards_until_it_is_noticed():
    clock, hands = made()
    before = clock.now()
    hands.pass_seconds(1.0)
    hands.wall -= 3_600
    assert clock.now() == before + 1_000
    assert clock.stepped()
    assert clock.now() == 1_000_001_000 - 3_600_000


def test_a_step_is_told_once():
    clock, hands = made()
    hands.wall += 60
    assert clock.stepped()
    assert not clock.stepped()


def test_slow_drift_is_followed_forwards_and_is_no_step():
    clock, hands = made()
    hands.wall += 0.2
    assert not clock.stepped()
    assert clock.now() == 1_000_000_200
    hands.wall -= 0.2
    assert not clock.stepped()
    assert clock.now() == 1_000_000_200
