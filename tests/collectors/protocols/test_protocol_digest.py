from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.protocols.base import Login
from collectors.protocols.digest import Challenge, authorization, choose, digest_response, parse_challenges

MUFASA = Login("Mufasa", "Circle of Life")
NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def digest(**parameters: str) -> Challenge:
    return Challenge("digest", parameters)


def test_the_example_of_rfc_2617() -> None:
    challenge = digest(
        realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", qop="auth,auth-int"
    )
    login = Login("Mufasa", "Circle Of Life")
    response = digest_response(challenge, login, "GET", "/dir/index.html", "0a4f113b")
    assert response == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = digest(
        realm="http-auth@example.org", nonce=NONCE_7616, qop="auth, auth-int", algorithm=algorithm
    )
    assert digest_response(challenge, MUFASA, "GET", "/dir/index.html", CNONCE_7616) == response


@pytest.mark.parametrize(
    ("qop", "response"),
    [({}, "e122f59c6a649221ca13bb9aeaa0942d"), ({"qop": "auth"}, "bf1455abb369282d501729bedd9ee9e4")],
)
def test_the_registration_of_a_gb28181_camera(qop: dict[str, str], response: str) -> None:
    challenge = digest(realm="4409000000", nonce="9bd055f92b1c4e5f8a7d6e0c33a1b2c4", algorithm="MD5", **qop)
    login = Login("44090200001320000001", "Mm-Test#2026")
    uri = "sip:44090000002000000001@4409000000"
    assert digest_response(challenge, login, "REGISTER", uri, "0a4f113b") == response


def test_a_session_key_depends_on_both_nonces() -> None:
    # RFC 7616 §3.4.2, spelled out with the hash alone.
    secret = md5(md5("u:r:p") + ":n:c")
    challenge = digest(realm="r", nonce="n", qop="auth", algorithm="MD5-sess")
    expected = md5(f"{secret}:n:00000001:c:auth:{md5('GET:/')}")
    assert digest_response(challenge, Login("u", "p"), "GET", "/", "c") == expected
    assert "algorithm=MD5-sess" in authorization(challenge, Login("u", "p"), "GET", "/", "c")


def test_several_challenges_in_one_header_are_told_apart() -> None:
    header = 'Digest realm="a, b=c", nonce="n\\"1", qop="auth,auth-int", algorithm=SHA-256, Basic realm="x"'
    first, second = parse_challenges([header])
    assert (first.scheme, first.parameters["realm"], first.parameters["nonce"]) == ("digest", "a, b=c", 'n"1')
    assert first.parameters["qop"] == "auth,auth-int"
    assert (second.scheme, second.parameters) == ("basic", {"realm": "x"})


def test_case_missing_commas_and_bare_words_do_no_harm() -> None:
    (one,) = parse_challenges(['DIGEST Realm = "r" NONCE=abc STALE=TRUE'])
    assert one.parameters == {"realm": "r", "nonce": "abc", "stale": "TRUE"}
    assert one.stale
    assert [c.scheme for c in parse_challenges(["Basic", "Negotiate abc==, Basic realm=x"])] == [
        "basic",
        "negotiate",
        "basic",
    ]


def test_sha256_is_preferred_then_md5_then_basic() -> None:
    offers = parse_challenges(
        ['Basic realm="r"', 'Digest realm="r", nonce="1"', 'Digest realm="r", nonce="2", algorithm=SHA-256']
    )
    assert choose(offers) is offers[2]
    assert choose(offers[:2]) is offers[1]
    assert choose(offers[:1]) is offers[0]


def test_what_we_cannot_answer_is_not_chosen() -> None:
    hopeless = [
        'Digest realm="r", nonce="1", algorithm=SHA-512-256',
        'Digest realm="r", nonce="1", qop="auth-int"',
        'Digest realm="r"',
        "Negotiate",
    ]
    assert choose(parse_challenges(hopeless)) is None


def test_only_what_the_challenge_named_is_sent_back() -> None:
    old = authorization(digest(realm="r", nonce="n"), Login("u", "p"), "GET", "/", "c")
    assert old.startswith('Digest username="u", realm="r", nonce="n", uri="/", response="')
    for word in ("algorithm", "qop", "nc=", "cnonce", "opaque"):
        assert word not in old
    new = authorization(
        digest(realm="r", nonce="n", qop="auth", opaque="o", algorithm="sha-256"),
        Login("u", "p"),
        "GET",
        "/",
        "c",
    )
    assert new.endswith(', algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", opaque="o"')


def test_basic_is_user_and_password_in_base64() -> None:
    challenge = Challenge("basic", {"realm": "WallyWorld"})
    login = Login("Aladdin", "open sesame")
    assert authorization(challenge, login, "GET", "/", "c") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_quotes_are_escaped_and_no_line_can_be_ended() -> None:
    challenge = digest(realm='a"b\r\nX: y', nonce="n")
    header = authorization(challenge, Login('u"\r\n', "p"), "GET", "/", "c")
    assert 'username="u\\""' in header
    assert 'realm="a\\"bX: y"' in header
    assert "\r" not in header
    assert "\n" not in header


@given(st.lists(st.text(alphabet=st.sampled_from('aB=",\\ \tDigest nonce1'), max_size=200), max_size=4))
def test_any_header_is_read_without_an_exception(values: list[str]) -> None:
    chosen = choose(parse_challenges(values))
    if chosen is not None:
        assert authorization(chosen, MUFASA, "GET", "/", "c")


@pytest.mark.parametrize("pattern", ["a", '"', '\\"', 'a="', 'a="\\', "a,", "a b@", "=", "@"])
def test_a_header_made_to_be_slow_is_not(pattern: str) -> None:
    header = "Digest " + pattern * (16 * 1024 // len(pattern))
    started = time.process_time()
    parse_challenges([header])
    assert time.process_time() - started < 0.5
