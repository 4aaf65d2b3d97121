from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.protocols.base import Login
from collectors.protocols.login import REJECTED, RESTS, UNANSWERED, WITHHELD, LoginGuard
from collectors.protocols.verdicts import OK
from monitor.model.observations import Cause, Verdict

DIGEST = ['Digest realm="r", nonce="1"']
STALE = ['Digest realm="r", nonce="2", stale=true']


def guard(login: Login | None = None) -> LoginGuard:
    one = LoginGuard(login or Login("watcher", "Mm-Test#2026"))
    one.begin()
    return one


def in_vain(one: LoginGuard) -> str | Verdict:
    """A round in which nothing comes back after the challenge's answer."""
    one.begin()
    return one.challenged(DIGEST, "GET", "/")


def test_without_a_login_a_challenge_is_a_good_answer() -> None:
    assert LoginGuard(None).challenged(DIGEST, "GET", "/").cause is Cause.AUTH_WANTED


def test_one_refusal_locks_for_good() -> None:
    one = guard()
    assert one.challenged(DIGEST, "GET", "/").startswith("Digest ")
    assert one.challenged(DIGEST, "GET", "/").cause is Cause.AUTH_REJECTED
    for _round in range(3):
        one.begin()
        assert not one.ready
        assert one.challenged(DIGEST, "GET", "/").cause is Cause.AUTH_REJECTED
        assert one.admitted(OK).cause is Cause.AUTH_REJECTED


def test_a_stale_nonce_is_renewed_once_a_round_and_no_more() -> None:
    one = guard()
    one.challenged(DIGEST, "GET", "/")
    assert 'nonce="2"' in one.challenged(STALE, "GET", "/")
    assert one.challenged(STALE, "GET", "/").cause is Cause.AUTH_REJECTED
    one.begin()
    assert one.challenged(DIGEST, "GET", "/").cause is Cause.AUTH_REJECTED


def test_a_stale_nonce_in_a_later_round_may_be_renewed_again() -> None:
    one = guard()
    for _round in range(3):
        one.begin()
        one.challenged(DIGEST, "GET", "/")
        assert 'nonce="2"' in one.challenged(STALE, "GET", "/")
        assert one.admitted(OK) is OK


def test_403_to_a_login_locks_and_without_one_does_not() -> None:
    one = guard()
    assert one.forbidden().cause is Cause.AUTH_WANTED
    assert one.ready
    one.challenged(DIGEST, "GET", "/")
    assert one.forbidden().cause is Cause.AUTH_REJECTED
    assert not one.ready


def test_locked_from_outside_never_sends() -> None:
    one = guard()
    one.lock(REJECTED)
    assert one.challenged(DIGEST, "GET", "/").cause is Cause.AUTH_REJECTED
    assert not one.sent


def test_a_lock_without_a_login_means_nothing() -> None:
    one = LoginGuard(None)
    one.lock(REJECTED)
    assert one.admitted(OK) is OK


def test_a_scheme_that_we_do_not_speak_is_not_a_refusal() -> None:
    one = guard()
    verdict = one.challenged(["Negotiate"], "GET", "/")
    assert verdict.cause is Cause.AUTH_WANTED
    assert one.ready


def test_a_login_without_an_answer_rests_before_it_is_sent_again() -> None:
    one = guard()
    assert isinstance(in_vain(one), str)
    for _ in range(RESTS):
        verdict = in_vain(one)
        assert isinstance(verdict, Verdict)
        assert verdict.cause is Cause.AUTH_WANTED
    assert isinstance(in_vain(one), str)


def test_two_logins_in_a_row_without_an_answer_are_the_last() -> None:
    one = guard()
    steps = [in_vain(one) for _ in range(30)]
    assert sum(isinstance(step, str) for step in steps) == 2
    assert steps[-1] is UNANSWERED
    assert one.admitted(OK) is UNANSWERED


def test_an_answer_to_the_login_ends_the_row() -> None:
    one = guard()
    for _ in range(5):
        assert isinstance(in_vain(one), str)
        for _ in range(RESTS):
            in_vain(one)
        assert isinstance(in_vain(one), str)
        one.answered()
        assert one.admitted(OK) is OK


def test_an_answer_to_a_question_without_the_login_does_not_end_the_row() -> None:
    one = guard()
    steps = []
    for _ in range(30):
        one.begin()
        one.answered()
        steps.append(one.challenged(DIGEST, "GET", "/"))
    assert sum(isinstance(step, str) for step in steps) == 2


def test_a_login_that_rests_is_not_ready_for_a_challenge() -> None:
    one = guard()
    in_vain(one)
    one.begin()
    assert not one.ready


def test_of_many_probes_on_one_device_two_try_a_login_that_gets_no_answer() -> None:
    """The channels of a recorder: together they must not lock it up."""
    login = Login("watcher", "Mm-Test#2026")
    channels = [guard(login) for _ in range(64)]
    rounds = [[in_vain(channel) for channel in channels] for _ in range(10)]
    assert sum(isinstance(step, str) for steps in rounds for step in steps) == 2
    causes = [step.cause for step in rounds[-1] if isinstance(step, Verdict)]
    assert causes == [Cause.AUTH_REJECTED] * 2 + [Cause.AUTH_WANTED] * 62


def test_one_probe_that_gets_no_answer_locks_no_other_while_those_are_answered() -> None:
    login = Login("watcher", "Mm-Test#2026")
    dead, living = guard(login), guard(login)
    for _ in range(20):
        in_vain(dead)
        assert isinstance(in_vain(living), str)
        living.answered()
    step = in_vain(dead)
    assert isinstance(step, Verdict)
    assert step.cause is Cause.AUTH_REJECTED


def test_a_login_withheld_for_others_is_wanted_and_no_fault() -> None:
    one = guard()
    one.lock(WITHHELD)
    assert not one.ready
    assert one.challenged(DIGEST, "GET", "/") is WITHHELD
    assert one.forbidden() is WITHHELD
    assert one.admitted(OK) is OK
    one.lock(None)
    assert isinstance(in_vain(one), str)


def test_what_the_device_itself_refused_is_not_freed_from_outside() -> None:
    one = guard()
    one.challenged(DIGEST, "GET", "/")
    one.answered()
    assert one.challenged(DIGEST, "GET", "/") is REJECTED
    one.lock(None)
    assert in_vain(one) is REJECTED


OUTCOMES = ("admitted", "refused", "busy", "silence")
happenings = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(OUTCOMES)), max_size=60)


@settings(max_examples=300)
@given(happenings)
def test_whatever_happens_a_device_gets_two_logins_in_vain_in_a_row_and_a_probe_is_refused_once(
    happened: list[tuple[int, str]],
) -> None:
    login = Login("watcher", "Mm-Test#2026")
    probes = [LoginGuard(login) for _ in range(4)]
    in_a_row, refused = 0, [0] * 4
    for place, outcome in happened:
        one = probes[place]
        if isinstance(in_vain(one), Verdict):
            continue
        in_a_row = in_a_row + 1 if outcome == "silence" else 0
        assert in_a_row <= 2
        assert not refused[place]
        if outcome == "admitted":
            one.admitted(OK)
        elif outcome == "busy":
            one.answered()
        elif outcome == "refused":
            refused[place] += one.forbidden() is REJECTED
