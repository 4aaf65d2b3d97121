from collectors.sights import EVERY, SightKeeper
from monitor.model.observations import Cause


def keeper() -> SightKeeper:
    made = SightKeeper("video", 0, 2)
    made.watches = 2
    made.inventory = "abc"
    return made


def swept(at: int = 1_000) -> SightKeeper:
    made = keeper()
    made.begin(at, ["a", "b"])
    made.answered("a")
    made.answered("b")
    return made


def test_nothing_is_claimed_before_every_probe_was_answered_once():
    made = keeper()
    made.begin(1_000, ["a", "b"])
    made.answered("a")
    made.answered("a")
    assert made.sweeping
    assert not made.due(1_000 + 10 * EVERY)
    assert made.sight(9_000) is None


def test_the_first_claim_reaches_back_to_the_beginning_of_the_sweep():
    sight = swept(1_000).sight(9_000)
    assert sight is not None
    assert (sight.start, sight.end) == (1_000, 9_000)
    assert (sight.collector, sight.network, sight.shard, sight.shards) == ("video-0of2", "video", 0, 2)
    assert (sight.watches, sight.inventory, sight.blind) == (2, "abc", False)


def test_claims_follow_each_other_without_a_gap():
    made = swept(1_000)
    first, second = made.sight(11_000), made.sight(21_000)
    assert first is not None
    assert second is not None
    assert first.end == second.start == 11_000


def test_the_first_sight_is_due_at_once_and_the_next_after_ten_seconds():
    made = swept(1_000)
    assert made.due(2_000)
    made.sight(2_000)
    assert not made.due(2_000 + EVERY - 1)
    assert made.due(2_000 + EVERY)


def test_each_answer_is_counted_in_one_sight_only():
    made = swept()
    made.tallies["rtsp"][Cause.OK] += 3
    made.tallies["rtsp"][Cause.REFUSED] += 1
    first, second = made.sight(11_000), made.sight(21_000)
    assert first is not None
    assert second is not None
    assert first.probes == 4
    assert first.results == {"rtsp": {"ok": 3, "refused": 1}}
    assert (second.probes, second.results) == (0, {})


def test_a_new_sweep_leaves_what_lies_before_it_unclaimed():
    made = swept(1_000)
    made.sight(11_000)
    made.begin(60_000, ["a", "b"])
    assert made.sight(70_000) is None
    made.answered("a")
    assert made.answered("b")
    sight = made.sight(71_000)
    assert sight is not None
    assert sight.start == 60_000


def test_a_probe_that_leaves_the_plan_is_not_waited_for():
    made = keeper()
    made.begin(1_000, ["a", "b"])
    made.answered("a")
    made.forget("b")
    assert made.due(1_000 + EVERY)


def test_an_empty_shard_has_seen_all_of_it():
    made = keeper()
    made.begin(1_000, [])
    assert made.sight(2_000) is not None


def test_blindness_ends_the_claim_where_the_last_good_answer_was():
    made = swept(1_000)
    made.sight(11_000)
    last, since = made.go_blind(15_000)
    assert last is not None
    assert (last.start, last.end, last.blind) == (11_000, 15_000, False)
    assert since == 15_000
    assert made.due(15_001)
    blind = made.sight(20_000)
    assert blind is not None
    assert (blind.start, blind.end, blind.blind) == (15_000, 20_000, True)


def test_blindness_that_began_before_the_last_sight_takes_nothing_back():
    made = swept(1_000)
    made.sight(11_000)
    last, since = made.go_blind(9_000)
    assert last is None
    assert since == 11_000


def test_sight_returns_only_with_a_new_sweep():
    made = swept(1_000)
    made.go_blind(15_000)
    made.sight(20_000)
    made.begin(30_000, ["a"])
    assert made.sight(31_000) is None
    made.answered("a")
    sight = made.sight(32_000)
    assert sight is not None
    assert (sight.start, sight.blind) == (30_000, False)
