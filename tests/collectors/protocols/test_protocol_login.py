from __future__ import annotations

from protocol_talk import LOGIN

from collectors.protocols.login import LoginGuard
from collectors.protocols.verdicts import OK
from monitor.model.observations import Cause

DIGEST = ['Digest realm="r", nonce="1"']
STALE = ['Digest realm="r", nonce="2", stale=true']


def guard() -> LoginGuard:
    one = LoginGuard(LOGIN)
    one.begin()
    return one


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
    one.lock()
    assert one.challenged(DIGEST, "GET", "/").cause is Cause.AUTH_REJECTED
    assert not one.sent


def test_a_lock_without_a_login_means_nothing() -> None:
    one = LoginGuard(None)
    one.lock()
    assert one.admitted(OK) is OK


def test_a_scheme_that_we_do_not_speak_is_not_a_refusal() -> None:
    one = guard()
    verdict = one.challenged(["Negotiate"], "GET", "/")
    assert verdict.cause is Cause.AUTH_WANTED
    assert one.ready
