"""Words that the tests of the protocols share: a target, and talking to an asker in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.protocols.base import Asker, Login, Step, Target
from monitor.model.nodes import ProbeSpec
from monitor.model.observations import Verdict

LOGIN = Login("watcher", "Mm-Test#2026")


def target(
    protocol: str, *, host: str = "10.44.20.31", port: int = 554, login: Login | None = None, **spec: object
) -> Target:
    """A target of its own device: how it takes a login is known to no other."""
    own = login and Login(login.user, login.password)
    return Target(host, port, ProbeSpec(protocol, protocol, 30.0, 5.0, **spec), own)  # type: ignore[arg-type]


def feed(asker: Asker, chunks: Iterable[bytes]) -> Step:
    """The verdict, or all that the asker wanted to send, or None."""
    sent = b""
    for chunk in chunks:
        step = asker.receive(chunk)
        if isinstance(step, Verdict):
            return step
        sent += step or b""
    return sent or None


def cut(data: bytes, size: int = 1) -> Iterator[bytes]:
    for place in range(0, len(data), size):
        yield data[place : place + size]


def reply(status: str, *headers: str, body: bytes = b"", cseq: int | None = 1) -> bytes:
    """An RTSP reply with the right Content-Length."""
    lines = [f"RTSP/1.0 {status}", *headers]
    if cseq is not None:
        lines.insert(1, f"CSeq: {cseq}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


SDP = b"v=0\r\no=- 1 1 IN IP4 10.44.20.31\r\ns=Media\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
CHALLENGE = 'WWW-Authenticate: Digest realm="IP Camera(12345)", nonce="6e2f0a", stale="FALSE"'
BASIC = 'WWW-Authenticate: Basic realm="IP Camera(12345)"'
STALE = 'WWW-Authenticate: Digest realm="IP Camera(12345)", nonce="77aa01", stale=TRUE'
