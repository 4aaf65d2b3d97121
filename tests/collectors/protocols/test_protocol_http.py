from __future__ import annotations

import pytest
from protocol_talk import LOGIN, cut, feed, target

from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Asker
from collectors.protocols.http import HttpAsker
from collectors.protocols.login import REJECTED
from collectors.protocols.verdicts import OK
from monitor.model.observations import Cause, Verdict

DIGEST = 'WWW-Authenticate: Digest realm="DVR", nonce="1f", qop="auth"'
STALE = 'WWW-Authenticate: Digest realm="DVR", nonce="2f", qop="auth", stale=true'


def asked(**more: object) -> Asker:
    asker = PROTOCOLS["http"].make(target("http", **({"port": 80} | more)))  # type: ignore[arg-type]
    asker.begin(fresh=True)
    return asker


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    return (
        "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body
    )


def cause(step: object) -> Cause:
    assert isinstance(step, Verdict), step
    return step.cause


class TestRequest:
    def test_it_is_a_get_that_asks_to_close(self) -> None:
        request = PROTOCOLS["http"].make(target("http", port=80, path="/doc/page")).begin(fresh=True)
        assert request == (
            b"GET /doc/page HTTP/1.1\r\nHost: 10.44.20.31\r\nUser-Agent: Quanshi\r\nAccept: */*\r\n"
            b"Connection: close\r\n\r\n"
        )

    @pytest.mark.parametrize(
        ("host", "port", "tls", "written"),
        [
            ("10.44.20.31", 8080, False, b"10.44.20.31:8080"),
            ("2001:db8::5", 80, False, b"[2001:db8::5]"),
            ("2001:db8::5", 8000, False, b"[2001:db8::5]:8000"),
            ("cam.example", 443, True, b"cam.example"),
            ("cam.example", 80, True, b"cam.example:80"),
        ],
    )
    def test_host_names_the_port_only_where_it_is_unusual(
        self, host: str, port: int, tls: bool, written: bytes
    ) -> None:
        request = HttpAsker(target("http", host=host, port=port, tls=tls)).begin(fresh=True)
        assert b"\r\nHost: " + written + b"\r\n" in request

    def test_a_held_connection_is_not_asked_to_close(self) -> None:
        asker = PROTOCOLS["http"].make(target("http", port=80, hold=True))
        assert b"Connection" not in asker.begin(fresh=True)


class TestStatus:
    @pytest.mark.parametrize(
        ("status", "meant"),
        [
            ("200 OK", Cause.OK),
            ("204 No Content", Cause.OK),
            ("302 Found", Cause.OK),
            ("401 Unauthorized", Cause.AUTH_WANTED),
            ("403 Forbidden", Cause.AUTH_WANTED),
            ("407 Proxy Authentication Required", Cause.AUTH_WANTED),
            ("404 Not Found", Cause.NOT_FOUND),
            ("410 Gone", Cause.NOT_FOUND),
            ("429 Too Many Requests", Cause.BUSY),
            ("503 Service Unavailable", Cause.BUSY),
            ("400 Bad Request", Cause.ERROR_REPLY),
            ("500 Internal Server Error", Cause.ERROR_REPLY),
        ],
    )
    def test_every_status_has_its_cause(self, status: str, meant: Cause) -> None:
        assert cause(asked().receive(answer(status))) is meant

    def test_the_head_is_enough_and_the_body_is_not_waited_for(self) -> None:
        assert asked().receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n<html>") is OK

    def test_an_interim_answer_is_passed_over(self) -> None:
        assert asked().receive(b"HTTP/1.1 100 Continue\r\n\r\n" + answer("200 OK")) is OK

    @pytest.mark.parametrize(
        "data",
        [
            b"R",
            b"RTSP/1.0 200 OK\r\n",
            b"SSH-2.0",
            b"\x15\x03\x01",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000_000,
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 17_000 + b"\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        ],
        ids=lambda data: repr(data[:24]),
    )
    def test_what_is_no_http_is_a_bad_reply_at_once(self, data: bytes) -> None:
        assert cause(asked().receive(data)) is Cause.BAD_REPLY
        assert cause(feed(asked(), cut(data[:20_000], 7)) or asked().closed()) in (
            Cause.BAD_REPLY,
            Cause.RESET,
        )

    def test_silence_and_a_broken_word_are_told_apart(self) -> None:
        asker = asked()
        assert cause(asker.closed()) is Cause.RESET
        asker.receive(b"HTTP/1.1 200")
        assert cause(asker.closed()) is Cause.BAD_REPLY


class TestHold:
    def test_the_next_question_waits_for_the_end_of_the_last_answer(self) -> None:
        asker = asked(hold=True)
        whole = answer("200 OK", body=b"<html></html>")
        assert asker.receive(whole[:-1]) is None
        assert asker.receive(whole[-1:]) is OK
        assert asker.begin(fresh=False).startswith(b"GET / HTTP/1.1\r\n")
        assert cause(asker.receive(answer("404 Not Found"))) is Cause.NOT_FOUND

    def test_a_chunked_answer_is_read_to_its_end(self) -> None:
        asker = asked(hold=True)
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        assert feed(asker, cut(chunked)) is OK
        asker.begin(fresh=False)
        assert asker.receive(chunked) is OK

    def test_an_answer_without_a_length_ends_with_the_connection(self) -> None:
        asker = asked(hold=True)
        assert asker.receive(b"HTTP/1.0 200 OK\r\n\r\n<html>") is None
        assert asker.closed() is OK

    def test_an_endless_body_is_a_bad_reply(self) -> None:
        asker = asked(hold=True)
        asker.receive(b"HTTP/1.1 200 OK\r\n\r\n")
        step = feed(asker, (bytes(65536) for _ in range(100)))
        assert step == Verdict(Cause.BAD_REPLY, "body longer than 1 MiB")

    def test_chatter_between_two_rounds_answers_nothing(self) -> None:
        asker = asked(hold=True)
        assert asker.receive(answer("200 OK") + answer("500 Oops")) is OK
        asker.begin(fresh=False)
        assert asker.receive(answer("200 OK")) is OK

    def test_a_device_that_never_stops_between_two_rounds_is_stopped(self) -> None:
        asker = asked(hold=True)
        assert asker.receive(answer("200 OK")) is OK
        assert cause(asker.receive(b"and another thing")) is Cause.BAD_REPLY


class TestLogin:
    def test_one_challenge_one_login_and_it_is_up(self) -> None:
        asker = asked(login=LOGIN, path="/ISAPI/System/deviceInfo")
        request = asker.receive(answer("401 Unauthorized", DIGEST, body=b"<html>no</html>"))
        assert request.startswith(b"GET /ISAPI/System/deviceInfo HTTP/1.1\r\n")
        assert b'Authorization: Digest username="watcher", realm="DVR", nonce="1f"' in request
        assert LOGIN.password.encode() not in request
        assert asker.receive(answer("200 OK")) is OK

    def test_a_refused_login_is_never_sent_again(self) -> None:
        asker = asked(login=LOGIN)
        asker.receive(answer("401 Unauthorized", DIGEST))
        assert cause(asker.receive(answer("401 Unauthorized", DIGEST))) is Cause.AUTH_REJECTED
        for _round in range(3):
            assert b"Authorization" not in asker.begin(fresh=True)
            assert cause(asker.receive(answer("401 Unauthorized", DIGEST))) is Cause.AUTH_REJECTED

    def test_a_stale_nonce_gives_the_login_one_more_try(self) -> None:
        asker = asked(login=LOGIN)
        asker.receive(answer("401 Unauthorized", DIGEST))
        assert b'nonce="2f"' in asker.receive(answer("401 Unauthorized", STALE))
        assert asker.receive(answer("200 OK")) is OK

    def test_403_to_a_login_is_a_refusal(self) -> None:
        asker = asked(login=LOGIN)
        asker.receive(answer("401 Unauthorized", DIGEST))
        assert cause(asker.receive(answer("403 Forbidden"))) is Cause.AUTH_REJECTED

    def test_a_login_without_an_answer_rests_and_is_given_up_after_the_second(self) -> None:
        asker, sent = asked(login=LOGIN), 0
        for _ in range(20):
            asker.begin(fresh=True)
            step = asker.receive(answer("401 Unauthorized", DIGEST))
            sent += isinstance(step, bytes)
        assert sent == 2
        assert cause(step) is Cause.AUTH_REJECTED

    def test_a_stale_nonce_on_a_connection_that_ends_is_a_login_that_was_answered(self) -> None:
        asker = asked(login=LOGIN)
        for _ in range(9):
            asker.begin(fresh=True)
            assert b"Authorization" in asker.receive(answer("401 Unauthorized", DIGEST))
            asker.receive(answer("401 Unauthorized", STALE, "Connection: close"))

    def test_locked_from_outside_it_stays_honest(self) -> None:
        asker = asked(login=LOGIN)
        asker.lock(REJECTED)
        asker.begin(fresh=True)
        assert cause(asker.receive(answer("200 OK"))) is Cause.AUTH_REJECTED
        asker.begin(fresh=True)
        assert cause(asker.receive(answer("503 Busy"))) is Cause.BUSY

    @pytest.mark.parametrize("head", [b"HTTP/1.0 401 No\r\n", b"HTTP/1.1 401 No\r\nConnection: close\r\n"])
    def test_a_device_that_closes_after_its_challenge_is_not_called_refusing(self, head: bytes) -> None:
        asker = asked(login=LOGIN)
        assert asker.receive(head + DIGEST.encode() + b"\r\n\r\n<html>") is None
        assert cause(asker.closed()) is Cause.AUTH_WANTED
        asker.begin(fresh=True)
        assert b"Authorization" in asker.receive(answer("401 Unauthorized", DIGEST))

    def test_garbage_behind_the_challenge_is_a_bad_reply_however_it_is_cut(self) -> None:
        data = answer("401 Unauthorized", DIGEST) + b"garbage"
        assert cause(asked(login=LOGIN).receive(data)) is Cause.BAD_REPLY
        assert cause(feed(asked(login=LOGIN), cut(data))) is Cause.BAD_REPLY
