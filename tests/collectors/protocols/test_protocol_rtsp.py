from __future__ import annotations

import re

import pytest
from protocol_talk import BASIC, CHALLENGE, LOGIN, SDP, STALE, feed, reply, target

from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Asker
from collectors.protocols.login import REJECTED, WITHHELD
from collectors.protocols.verdicts import OK
from monitor.model.observations import Cause, Verdict

VIDEO = reply("200 OK", body=SDP)


def options(**more: object) -> Asker:
    asker = PROTOCOLS["rtsp"].make(target("rtsp", **more))  # type: ignore[arg-type]
    asker.begin(fresh=True)
    return asker


def describe(**more: object) -> Asker:
    return options(ask="describe", path="/Streaming/Channels/101", **more)


def login() -> Asker:
    return describe(login=LOGIN)


def cause(step: object) -> Cause:
    assert isinstance(step, Verdict), step
    return step.cause


class TestOptions:
    def test_the_request_is_as_rfc_2326_wants_it(self) -> None:
        asker = PROTOCOLS["rtsp"].make(target("rtsp", host="2001:db8::5", port=8554, path="/ch1"))
        request = b"OPTIONS rtsp://[2001:db8::5]:8554/ch1 RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Quanshi\r\n\r\n"
        assert asker.begin(fresh=True) == request

    def test_200_is_the_same_verdict_every_time(self) -> None:
        asker = options()
        usual = reply("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        assert asker.receive(usual) is OK
        asker.begin(fresh=True)
        assert asker.receive(usual) is OK

    @pytest.mark.parametrize(
        ("status", "meant"),
        [
            ("200 OK", Cause.OK),
            ("250 Low on Storage", Cause.OK),
            ("302 Moved", Cause.OK),
            ("400 Bad Request", Cause.OK),
            ("401 Unauthorized", Cause.OK),
            ("403 Forbidden", Cause.OK),
            ("404 Stream Not Found", Cause.OK),
            ("405 Method Not Allowed", Cause.OK),
            ("453 Not Enough Bandwidth", Cause.BUSY),
            ("500 Internal Server Error", Cause.ERROR_REPLY),
            ("501 Not Implemented", Cause.OK),
            ("502 Bad Gateway", Cause.ERROR_REPLY),
            ("503 Service Unavailable", Cause.BUSY),
            ("504 Gateway Timeout", Cause.ERROR_REPLY),
            ("551 Option not supported", Cause.OK),
        ],
    )
    def test_it_proves_the_server_and_not_the_channel(self, status: str, meant: Cause) -> None:
        verdict = options().receive(reply(status))
        assert cause(verdict) is meant
        assert verdict.detail in ("", f"RTSP/1.0 {status[:3]}")

    def test_on_a_held_connection_the_numbers_go_on(self) -> None:
        asker = options(hold=True)
        assert asker.receive(reply("200 OK")) is OK
        assert b"CSeq: 2\r\n" in asker.begin(fresh=False)
        assert cause(asker.receive(reply("200 OK", cseq=1))) is Cause.BAD_REPLY
        assert b"CSeq: 1\r\n" in asker.begin(fresh=True)
        assert asker.receive(reply("200 OK")) is OK

    def test_a_body_belongs_to_its_answer(self) -> None:
        asker = options(hold=True)
        whole = reply("200 OK", body=b"RTSP/1.0 500 no\r\nCSeq: 2\r\n\r\n")
        assert asker.receive(whole[:-1]) is None
        assert asker.receive(whole[-1:]) is OK
        asker.begin(fresh=False)
        assert asker.receive(reply("200 OK", cseq=2)) is OK

    def test_what_followed_an_answer_on_a_held_connection_is_not_lost(self) -> None:
        asker = options(hold=True)
        media = b"$\x00\x00\x08" + b"12345678"
        assert asker.receive(reply("200 OK") + media[:6]) is OK
        asker.begin(fresh=False)
        assert asker.receive(media[6:] + reply("200 OK", cseq=2)) is OK

    def test_an_answer_that_came_before_its_question_is_not_dropped(self) -> None:
        asker = options(hold=True)
        early = b"RTSP/1.0 500 Oops\r\nCSeq: 2\r\n\r\n"
        assert asker.receive(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\n" + early) is OK
        asker.begin(fresh=False)
        assert cause(asker.receive(reply("200 OK", cseq=2))) is Cause.ERROR_REPLY

    def test_a_lock_means_nothing_to_it(self) -> None:
        asker = options()
        asker.lock(REJECTED)
        assert asker.receive(reply("401 Unauthorized", CHALLENGE)).cause is Cause.OK


class TestTolerance:
    @pytest.mark.parametrize(
        "data",
        [
            b"RTSP/1.0 200 OK\nCSeq: 1\n\n",
            b"RTSP/1.0 200\r\ncseq:1\r\n\r\n",
            b"rtsp/1.0 200 ok\r\nCSEQ:   1  \r\n\r\n",
            b"RTSP/2.0 200 \r\nCSeq: 01\r\n\r\n",
            b"\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nPublic: OPTIONS,\r\n DESCRIBE\r\nCSeq:\r\n 1\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nno colon here\r\nCSeq: 1\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nServer: \xe9\xff\r\nCSeq: 1\r\n\r\n",
            b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
            b"$\x00\x00\x04abcd$\x01\x00\x00RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
            b"PING rtsp://x/ RTSP/1.0\r\nContent-Length: 2\r\n\r\nhiRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
        ],
    )
    def test_this_is_understood(self, data: bytes) -> None:
        assert options().receive(data) is OK

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            (b"\x16\x03", "not RTSP"),
            (b"SSH-2.0-dropbear", "not RTSP"),
            (b"220 ftp ready", "not RTSP"),
            (b"HTTP/1.1 400 Bad", "answers HTTP, not RTSP"),
            (b"HELLO world\r\n", "not RTSP"),
            (b"RTSP/1.0 20 OK\r\n", "not RTSP"),
            (b"RTSP/1.0 200 OK\r\n\r\n", "CSeq is not that of the request"),
            (b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n", "CSeq is not that of the request"),
            (b"RTSP/1.0 200 OK\r\nCSeq: 1\xb2\r\n\r\n", "CSeq is not that of the request"),
            (b"RTSP/1.0 200 OK\r\nCSeq: " + b"1" * 6000 + b"\r\n\r\n", "CSeq is not that of the request"),
            (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n", "Content-Length is no number"),
            (
                b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
                "Content-Length is no number",
            ),
            (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n", "body longer than 64 KiB"),
            (b"RTSP/1.0 200 OK\r\nX: " + b"a" * 10_000_000, "header longer than 16 KiB"),
            (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", "header longer than 16 KiB"),
            ((b"$\x00\x10\x00" + bytes(4096)) * 20, "64 KiB and no answer among them"),
            (b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n" * 3000, "64 KiB and no answer among them"),
            (b"\r\n" * 100_000, "64 KiB and no answer among them"),
        ],
        ids=lambda value: value if isinstance(value, str) else repr(value[:48]),
    )
    def test_this_is_a_bad_reply_at_once(self, data: bytes, detail: str) -> None:
        assert options().receive(data) == Verdict(Cause.BAD_REPLY, detail)

    def test_silence_and_a_broken_word_are_told_apart(self) -> None:
        asker = options()
        assert cause(asker.closed()) is Cause.RESET
        asker.receive(b"RTSP/1.0 20")
        assert cause(asker.closed()) is Cause.BAD_REPLY


class TestDescribe:
    def test_the_question_carries_no_credential(self) -> None:
        asker = PROTOCOLS["rtsp"].make(
            target("rtsp", ask="describe", path="rtsp://admin:secret@10.9.9.9/Streaming/Channels/101")
        )
        assert asker.begin(fresh=True) == (
            b"DESCRIBE rtsp://10.44.20.31:554/Streaming/Channels/101 RTSP/1.0\r\nCSeq: 1\r\n"
            b"Accept: application/sdp\r\nUser-Agent: Quanshi\r\n\r\n"
        )

    @pytest.mark.parametrize(
        ("status", "meant"),
        [
            ("401 Unauthorized", Cause.AUTH_WANTED),
            ("403 Forbidden", Cause.AUTH_WANTED),
            ("302 Moved", Cause.NOT_FOUND),
            ("404 Not Found", Cause.NOT_FOUND),
            ("453 Not Enough Bandwidth", Cause.BUSY),
            ("503 Service Unavailable", Cause.BUSY),
            ("406 Not Acceptable", Cause.ERROR_REPLY),
            ("500 Internal Server Error", Cause.ERROR_REPLY),
        ],
    )
    def test_every_status_has_its_cause(self, status: str, meant: Cause) -> None:
        assert cause(describe().receive(reply(status, CHALLENGE))) is meant

    def test_a_stream_open_to_everybody_is_a_finding(self) -> None:
        verdict = describe().receive(VIDEO)
        assert cause(verdict) is Cause.OK
        assert verdict.facts == {"open": 1}

    def test_a_description_without_video_is_none(self) -> None:
        step = describe().receive(reply("200 OK", body=b"v=0\r\nm=audio 0 RTP/AVP 8\r\n"))
        assert step == Verdict(Cause.BAD_REPLY, "its description has no video")

    def test_200_with_a_challenge_and_nothing_else_means_401(self) -> None:
        assert cause(describe().receive(reply("200 OK", CHALLENGE))) is Cause.AUTH_WANTED


class TestLogin:
    def test_one_challenge_one_login_and_it_is_up(self) -> None:
        asker = login()
        request = asker.receive(reply("401 Unauthorized", CHALLENGE, BASIC))
        assert request.startswith(
            b"DESCRIBE rtsp://10.44.20.31:554/Streaming/Channels/101 RTSP/1.0\r\nCSeq: 2\r\n"
        )
        assert (
            b'\r\nAuthorization: Digest username="watcher", realm="IP Camera(12345)", nonce="6e2f0a"'
            in request
        )
        assert LOGIN.password.encode() not in request
        assert asker.receive(reply("200 OK", body=SDP, cseq=2)) is OK

    def test_sha256_is_preferred(self) -> None:
        strong = 'WWW-Authenticate: Digest realm="c", nonce="55", algorithm=SHA-256, qop="auth"'
        request = login().receive(reply("401 Unauthorized", BASIC, CHALLENGE, strong))
        assert re.search(
            rb'nonce="55".*response="[0-9a-f]{64}", algorithm=SHA-256, qop=auth, nc=00000001', request
        )

    def test_basic_where_nothing_better_is_offered(self) -> None:
        assert b"\r\nAuthorization: Basic d2F0Y2hlcjpNbS1UZXN0IzIwMjY=\r\n" in login().receive(
            reply("401 Unauthorized", BASIC)
        )

    def test_the_body_of_the_challenge_is_read_before_the_login_goes_out(self) -> None:
        asker = login()
        challenge = reply("401 Unauthorized", CHALLENGE, body=b"<html>no</html>")
        assert asker.receive(challenge[:-3]) is None
        assert asker.receive(challenge[-3:]).startswith(b"DESCRIBE")

    def test_a_refused_login_is_never_sent_again(self) -> None:
        asker = login()
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        assert cause(asker.receive(reply("401 Unauthorized", CHALLENGE, cseq=2))) is Cause.AUTH_REJECTED
        for _round in range(3):
            assert b"Authorization" not in asker.begin(fresh=True)
            assert cause(asker.receive(reply("401 Unauthorized", CHALLENGE))) is Cause.AUTH_REJECTED

    def test_403_to_a_login_is_a_refusal_too(self) -> None:
        asker = login()
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        assert cause(asker.receive(reply("403 Forbidden", cseq=2))) is Cause.AUTH_REJECTED
        asker.begin(fresh=True)
        assert cause(asker.receive(reply("401 Unauthorized", CHALLENGE))) is Cause.AUTH_REJECTED

    def test_a_stale_nonce_gives_the_login_one_more_try(self) -> None:
        asker = login()
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        again = asker.receive(reply("401 Unauthorized", STALE, cseq=2))
        assert b"CSeq: 3\r\n" in again
        assert b'nonce="77aa01"' in again
        assert asker.receive(reply("200 OK", body=SDP, cseq=3)) is OK

    def test_a_device_that_always_says_stale_is_refusing(self) -> None:
        asker = login()
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        asker.receive(reply("401 Unauthorized", STALE, cseq=2))
        assert cause(asker.receive(reply("401 Unauthorized", STALE, cseq=3))) is Cause.AUTH_REJECTED

    @pytest.mark.parametrize(
        ("answer", "meant"),
        [
            (reply("401 Unauthorized", CHALLENGE), Cause.AUTH_REJECTED),
            (VIDEO, Cause.AUTH_REJECTED),
            (reply("404 Not Found"), Cause.NOT_FOUND),
            (reply("453 Not Enough Bandwidth"), Cause.BUSY),
            (b"garbage\x00", Cause.BAD_REPLY),
        ],
    )
    def test_locked_from_outside_it_asks_without_and_stays_honest(self, answer: bytes, meant: Cause) -> None:
        asker = login()
        asker.lock(REJECTED)
        assert b"Authorization" not in asker.begin(fresh=True)
        assert cause(asker.receive(answer)) is meant

    @pytest.mark.parametrize(
        ("answer", "meant"),
        [
            (reply("401 Unauthorized", CHALLENGE), Cause.AUTH_WANTED),
            (VIDEO, Cause.OK),
            (reply("403 Forbidden"), Cause.AUTH_WANTED),
            (reply("404 Not Found"), Cause.NOT_FOUND),
        ],
    )
    def test_a_login_that_others_refused_is_not_tried_and_degrades_nothing(
        self, answer: bytes, meant: Cause
    ) -> None:
        asker = login()
        asker.lock(WITHHELD)
        assert b"Authorization" not in asker.begin(fresh=True)
        assert cause(asker.receive(answer)) is meant
        asker.lock(None)
        asker.begin(fresh=True)
        assert b"Authorization" in asker.receive(reply("401 Unauthorized", CHALLENGE))

    def test_a_login_without_an_answer_rests_and_is_given_up_after_the_second(self) -> None:
        asker, sent = login(), 0
        for _ in range(20):
            asker.begin(fresh=True)
            step = asker.receive(reply("401 Unauthorized", CHALLENGE))
            sent += isinstance(step, bytes)
        assert sent == 2
        assert cause(step) is Cause.AUTH_REJECTED

    def test_busy_after_the_login_is_busy_and_locks_nothing(self) -> None:
        asker = login()
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        assert cause(asker.receive(reply("453 Not Enough Bandwidth", cseq=2))) is Cause.BUSY
        asker.begin(fresh=True)
        assert b"Authorization" in asker.receive(reply("401 Unauthorized", CHALLENGE))

    def test_a_device_that_closes_after_its_challenge_was_not_asked_in_vain(self) -> None:
        step = login().receive(reply("401 Unauthorized", CHALLENGE, "Connection: close"))
        assert step == Verdict(Cause.AUTH_WANTED, "closes after its challenge; login not tried")

    def test_a_login_is_proven_by_describe_whatever_is_asked(self) -> None:
        asker = PROTOCOLS["rtsp"].make(target("rtsp", login=LOGIN, ask="options"))
        assert asker.begin(fresh=True).startswith(b"DESCRIBE ")

    def test_on_a_held_connection_every_round_is_challenged_anew(self) -> None:
        asker = describe(login=LOGIN, hold=True)
        asker.receive(reply("401 Unauthorized", CHALLENGE))
        asker.receive(reply("200 OK", body=SDP, cseq=2))
        assert b"CSeq: 3\r\n" in asker.begin(fresh=False)
        assert b"CSeq: 4\r\n" in asker.receive(reply("401 Unauthorized", CHALLENGE, cseq=3))
        assert asker.receive(reply("200 OK", body=SDP, cseq=4)) is OK


def test_the_password_is_in_no_repr() -> None:
    asked = target("rtsp", login=LOGIN)
    assert LOGIN.password not in repr(asked)
    assert LOGIN.password not in repr(PROTOCOLS["rtsp"].make(asked))


def test_one_byte_a_time_is_no_work_for_the_reader() -> None:
    asker = options()
    head = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: " + b"a" * 16_000
    assert feed(asker, (head[i : i + 1] for i in range(len(head)))) is None
    assert asker.receive(b"\r\n\r\n") is OK
