from hashlib import md5, sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.wire import MAX_REQUEST, DemoLogin, Reply, answer

LOGIN = DemoLogin("demo", "invented-1")


def rtsp(method: str, *headers: str) -> bytes:
    lines = [f"{method} rtsp://127.9.9.9:8554/ RTSP/1.0", "CSeq: 12", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def digest(login: DemoLogin, method: str, uri: str, extra: str = "", counted: str = "") -> str:
    make = sha256 if login.algorithm == "SHA-256" else md5

    def h(text: str) -> str:
        return make(text.encode()).hexdigest()

    secret = h(f"{login.user}:{login.realm}:{login.password}")
    response = h(f"{secret}:{login.nonce}:{counted}{h(f'{method}:{uri}')}")
    return (
        f'Authorization: Digest username="{login.user}", realm="{login.realm}", nonce="{login.nonce}", '
        f'uri="{uri}", response="{response}"{extra}'
    )


def answered(buffer: bytes, login: DemoLogin | None = None, *, busy: bool = False) -> Reply:
    reply = answer(buffer, login, busy=busy)
    assert reply is not None
    return reply


def test_options_is_answered_with_the_same_cseq() -> None:
    reply = answered(rtsp("OPTIONS"))
    assert reply.data.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 12\r\nPublic: OPTIONS, DESCRIBE")
    assert reply.consumed == len(rtsp("OPTIONS"))


def test_headers_in_any_case_and_order_are_understood() -> None:
    assert b"CSeq: 3\r\n" in answered(b"OPTIONS * RTSP/1.0\r\nAccept: x\r\ncseq:3\r\n\r\n").data


def test_two_requests_in_one_packet_are_told_apart() -> None:
    buffer = rtsp("OPTIONS") + rtsp("TEARDOWN")
    first = answered(buffer)
    assert b"Public" in first.data
    second = answered(buffer[first.consumed :])
    assert second.data == b"RTSP/1.0 200 OK\r\nCSeq: 12\r\n\r\n"


def test_half_a_request_is_waited_for() -> None:
    whole = rtsp("OPTIONS")
    assert all(answer(whole[:length]) is None for length in range(len(whole)))


def test_describe_without_a_login_on_the_device_gives_a_description_of_video() -> None:
    reply = answered(rtsp("DESCRIBE"))
    assert b"m=video" in reply.data


def test_describe_is_challenged_where_a_login_is_configured() -> None:
    reply = answered(rtsp("DESCRIBE"), LOGIN)
    assert reply.data.startswith(b"RTSP/1.0 401 Unauthorized")
    assert b'WWW-Authenticate: Digest realm="quanshi-demo", nonce="7175616e736869"' in reply.data


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_right_digest_is_let_in_and_a_wrong_one_is_not(algorithm: str) -> None:
    login = DemoLogin("demo", "invented-1", algorithm=algorithm)
    wrong = DemoLogin("demo", "invented-2", algorithm=algorithm)
    uri = "rtsp://127.9.9.9:8554/"
    assert b"200 OK" in answered(rtsp("DESCRIBE", digest(login, "DESCRIBE", uri)), login).data
    assert b"401" in answered(rtsp("DESCRIBE", digest(wrong, "DESCRIBE", uri)), login).data


def test_a_digest_with_qop_is_let_in() -> None:
    extra, counted = ', qop=auth, nc=00000001, cnonce="ab"', "00000001:ab:auth:"
    header = digest(LOGIN, "DESCRIBE", "/", extra, counted)
    assert b"200 OK" in answered(rtsp("DESCRIBE", header), LOGIN).data


def test_busy_devices_say_453_and_503() -> None:
    assert answered(rtsp("OPTIONS"), busy=True).data.startswith(b"RTSP/1.0 453")
    assert answered(b"GET / HTTP/1.1\r\n\r\n", busy=True).data.startswith(b"HTTP/1.1 503")


def test_http_keeps_the_connection_unless_it_is_asked_not_to() -> None:
    assert not answered(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").close
    assert answered(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").close
    assert answered(b"GET / HTTP/1.0\r\n\r\n").close


def test_a_body_belongs_to_its_request() -> None:
    request = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd"
    assert answer(request[:-1]) is None
    assert answered(request).consumed == len(request)


@pytest.mark.parametrize(
    "endless", [b"A" * (MAX_REQUEST + 1), b"GET / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"]
)
def test_an_endless_request_ends_the_connection(endless: bytes) -> None:
    assert answered(endless).close


@given(st.binary(max_size=300))
def test_whatever_comes_is_answered_waited_for_or_hung_up_on(junk: bytes) -> None:
    reply = answer(junk + b"\r\n\r\n", LOGIN)
    assert reply is None or reply.consumed > 0


def test_the_login_never_shows_its_password() -> None:
    assert "invented-1" not in repr(LOGIN)
