"""What every asker promises, asked of all of them with any bytes in any chunks."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_talk import BASIC, CHALLENGE, LOGIN, SDP, STALE, cut, feed, reply, target

from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Asker, Step
from collectors.protocols.login import REJECTED
from monitor.model.observations import Verdict

SHAPES: dict[str, Callable[[], Asker]] = {
    "tcp": lambda: PROTOCOLS["tcp"].make(target("tcp", port=8000)),
    "rtsp": lambda: PROTOCOLS["rtsp"].make(target("rtsp")),
    "rtsp-hold": lambda: PROTOCOLS["rtsp"].make(target("rtsp", hold=True)),
    "rtsp-describe": lambda: PROTOCOLS["rtsp"].make(target("rtsp", ask="describe")),
    "rtsp-login": lambda: PROTOCOLS["rtsp"].make(target("rtsp", login=LOGIN)),
    "http": lambda: PROTOCOLS["http"].make(target("http", port=80)),
    "http-hold": lambda: PROTOCOLS["http"].make(target("http", port=80, hold=True)),
    "http-login": lambda: PROTOCOLS["http"].make(target("http", port=80, login=LOGIN)),
    "tls": lambda: PROTOCOLS["http"].make(target("http", port=443, tls=True)),
}
every_shape = pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)

OK_HTTP = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
NO_HTTP = f"HTTP/1.1 401 No\r\nContent-Length: 0\r\n{CHALLENGE}\r\n{BASIC}\r\n\r\n".encode()
PIECES = [
    reply("200 OK"),
    reply("200 OK", body=SDP),
    reply("401 No", CHALLENGE, BASIC),
    reply("401 No", STALE, cseq=2),
    reply("200 OK", body=SDP, cseq=2),
    reply("403 No", cseq=2),
    reply("453 Full"),
    reply("200 OK", cseq=None),
    OK_HTTP,
    NO_HTTP,
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    b"$\x00\x00\x04abcd",
    b"OPTIONS * RTSP/1.0\r\nCSeq: 3\r\n\r\n",
    b"Content-Length: 70000\r\n\r\n",
    b"\x16\x03\x03\x00\x05hello",
    b"\x15\x03\x01\x00\x02\x02\x28",
    b'WWW-Authenticate: Digest "\\',
    *(b"RTSP/1.0 ", b"CSeq: 1\r\n", b"Content-Length: 5\r\n", b" folded\r\n", b"HTTP/"),
    *(b"$", b"\r\n", b"\n\n", b": ", b"\0", b"\xff\xfe", b"\r"),
]

streams = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)), max_size=8).map(b"".join)
cuts = st.lists(st.integers(1, 60), min_size=1, max_size=12)


def chunks_of(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """``data`` in pieces of these sizes, over and over."""
    place, turn = 0, 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        yield data[place : place + size]
        place, turn = place + size, turn + 1


def verdict_on(asker: Asker, chunks: Iterator[bytes] | list[bytes]) -> Verdict | None:
    """Ask afresh; the verdict on these bytes, or None while the asker would wait for more."""
    first = asker.begin(fresh=True)
    if isinstance(first, Verdict):
        return first
    assert isinstance(first, bytes)
    step: Step = feed(asker, chunks)
    return step if isinstance(step, Verdict) else None


@every_shape
@settings(max_examples=150, deadline=None)
@given(data=streams, sizes=cuts)
def test_any_bytes_in_any_chunks_give_the_same_verdict(
    make: Callable[[], Asker], data: bytes, sizes: list[int]
) -> None:
    at_once = verdict_on(make(), [data] if data else [])
    assert verdict_on(make(), chunks_of(data, sizes)) == at_once
    assert verdict_on(make(), cut(data)) == at_once


@every_shape
@settings(max_examples=50, deadline=None)
@given(data=streams)
def test_the_end_of_the_connection_always_gives_a_verdict(make: Callable[[], Asker], data: bytes) -> None:
    asker = make()
    verdict_on(asker, cut(data, 5))
    assert isinstance(asker.closed(), Verdict)


@every_shape
@settings(max_examples=80, deadline=None)
@given(rounds=st.lists(st.tuples(streams, st.booleans(), st.booleans()), max_size=4))
def test_an_asker_can_be_used_again_after_anything(
    make: Callable[[], Asker], rounds: list[tuple[bytes, bool, bool]]
) -> None:
    """Also when it is begun on a connection that nobody should have held, or hung up on at any point."""
    used = make()
    for data, fresh, hang_up in rounds:
        assert used.begin(fresh=fresh) is not None
        feed(used, cut(data, 9))
        if hang_up:
            used.closed()
    used.lock(REJECTED)
    new = make()
    new.lock(REJECTED)
    for answer in (reply("200 OK"), OK_HTTP, b"garbage\0"):
        assert verdict_on(used, [answer]) == verdict_on(new, [answer])


@every_shape
@pytest.mark.parametrize(
    "chunk",
    [
        bytes(65536),
        b"a" * 65536,
        b"RTSP/1.0 200 OK\r\nX: " + b"a" * 65536,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 65536,
        b"$\x00\xff\xff" + bytes(65535),
        b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n" * 1000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10_000,
        b"HTTP/1.1 401 No\r\n\r\n" + bytes(65536),
        b"\r\n" * 32768,
        b"\x16\x03\x03\x40\x00\x02\x00\xff\xff" + bytes(16380),
    ],
    ids=lambda chunk: repr(chunk[:24]),
)
def test_an_endless_reply_is_ended_soon_and_kept_nowhere(make: Callable[[], Asker], chunk: bytes) -> None:
    asker = make()
    asker.begin(fresh=True)
    gc.collect()
    tracemalloc.start()
    try:
        step = feed(asker, (chunk for _ in range(200)))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(step, Verdict)
    assert peak < 1_000_000


@every_shape
def test_bytes_after_the_verdict_do_no_harm(make: Callable[[], Asker]) -> None:
    asker = make()
    verdict_on(asker, [reply("200 OK")])
    for _ in range(3):
        asker.receive(b"and another thing\r\n\r\n")
    assert asker.begin(fresh=True) is not None


@every_shape
def test_no_repr_and_no_verdict_shows_the_password(make: Callable[[], Asker]) -> None:
    asker = make()
    for answer in (reply("401 No", BASIC), NO_HTTP, b"garbage\0"):
        assert LOGIN.password not in repr(verdict_on(asker, [answer]))
    assert LOGIN.password not in repr(asker)
