"""What a simulated device says: bytes in, bytes out. RTSP and HTTP are told apart by their first line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import Final, NamedTuple

MAX_REQUEST: Final = 65_536
"""Longer requests are answered by the end of the connection."""

GARBAGE: Final = b"\x00\xff\xfe QUANSHI-DEMO \x80\x81 not a protocol\r\n\r\n"

_CSEQ: Final = re.compile(rb"\r\ncseq:[ \t]*(\d{1,10})", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})", re.IGNORECASE)
# What a prober asks all day long, and nothing else: answered without looking further.
_PLAIN_OPTIONS: Final = re.compile(
    rb"OPTIONS \S+ RTSP/1\.0\r\nCSeq: (\d{1,10})\r\n(?:User-Agent: [^\r\n]*\r\n)?\r\n"
)
_CLOSE: Final = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_AUTHORIZATION: Final = re.compile(rb"\r\nauthorization:[ \t]*Digest[ \t]+([^\r\n]*)", re.IGNORECASE)
_PARAMETER: Final = re.compile(r'(\w+)="?([^",]*)"?')

_PUBLIC: Final = b"Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
_SDP: Final = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=quanshi demo\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    b"a=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
)
_PAGE: Final = b"quanshi demo platform\n"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """The invented login of a simulated camera. ``algorithm`` is ``MD5`` or ``SHA-256``."""

    user: str
    password: str = field(repr=False)
    realm: str = "quanshi-demo"
    nonce: str = "7175616e736869"
    algorithm: str = "MD5"


class Reply(NamedTuple):
    """What to send, how much of the request it answers, and whether to hang up after it."""

    data: bytes
    consumed: int
    close: bool = False


def answer(buffer: bytes, login: DemoLogin | None = None, *, busy: bool = False) -> Reply | None:
    """The reply to the first request in ``buffer``; None while it is not complete."""
    plain = _PLAIN_OPTIONS.match(buffer)
    if plain is not None and not busy:
        return Reply(b"RTSP/1.0 200 OK\r\nCSeq: %s\r\n%s\r\n" % (plain[1], _PUBLIC), plain.end())
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None if len(buffer) <= MAX_REQUEST else Reply(b"", len(buffer), close=True)
    head = buffer[: end + 2]
    length = _LENGTH.search(head)
    whole = end + 4 + (int(length[1]) if length else 0)
    if whole > MAX_REQUEST:
        return Reply(b"", len(buffer), close=True)
    if len(buffer) < whole:
        return None
    line = head[: head.index(b"\r\n")]
    if line.endswith((b"RTSP/1.0", b"RTSP/2.0")):
        return Reply(_rtsp(line, head, login, busy), whole)
    if line.endswith((b"HTTP/1.1", b"HTTP/1.0")):
        return _http(line, head, whole, busy)
    return Reply(
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", whole, close=True
    )


def _rtsp(line: bytes, head: bytes, login: DemoLogin | None, busy: bool) -> bytes:
    found = _CSEQ.search(head)
    cseq = b"CSeq: " + (found[1] if found else b"0") + b"\r\n"
    if busy:
        return b"RTSP/1.0 453 Not Enough Bandwidth\r\n" + cseq + b"\r\n"
    method = line.split(b" ", 1)[0]
    if method == b"OPTIONS":
        return b"RTSP/1.0 200 OK\r\n" + cseq + _PUBLIC + b"\r\n"
    if method == b"TEARDOWN":
        return b"RTSP/1.0 200 OK\r\n" + cseq + b"\r\n"
    if method != b"DESCRIBE":
        return b"RTSP/1.0 405 Method Not Allowed\r\n" + cseq + _PUBLIC + b"\r\n"
    if login is not None and not logged_in(head, login):
        return b"RTSP/1.0 401 Unauthorized\r\n" + cseq + _challenge(login) + b"\r\n"
    kind = b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(_SDP)
    return b"RTSP/1.0 200 OK\r\n" + cseq + kind + _SDP


def _challenge(login: DemoLogin) -> bytes:
    named = "" if login.algorithm == "MD5" else f", algorithm={login.algorithm}"
    text = f'WWW-Authenticate: Digest realm="{login.realm}", nonce="{login.nonce}"{named}\r\n'
    return text.encode()


def logged_in(head: bytes, login: DemoLogin) -> bool:
    """Whether the request carries the right Digest response (RFC 2069, and RFC 7616 with qop=auth)."""
    found = _AUTHORIZATION.search(head)
    if found is None:
        return False
    said = dict(_PARAMETER.findall(found[1].decode("latin-1")))
    if said.get("username") != login.user or said.get("nonce") != login.nonce:
        return False
    method = head.split(b" ", 1)[0].decode("latin-1")
    secret = _hash(login, f"{login.user}:{login.realm}:{login.password}")
    question = _hash(login, f"{method}:{said.get('uri', '')}")
    counted = f"{said.get('nc')}:{said.get('cnonce')}:{said['qop']}:" if "qop" in said else ""
    return said.get("response") == _hash(login, f"{secret}:{login.nonce}:{counted}{question}")


def _hash(login: DemoLogin, text: str) -> str:
    # MD5 is what RFC 2617 cameras speak; nothing is protected by it here.
    make = sha256 if login.algorithm == "SHA-256" else md5
    return make(text.encode()).hexdigest()


def _http(line: bytes, head: bytes, consumed: int, busy: bool) -> Reply:
    close = line.endswith(b"1.0") or _CLOSE.search(head) is not None
    status = b"503 Service Unavailable" if busy else b"200 OK"
    body = b"" if line.startswith(b"HEAD ") else _PAGE
    data = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n%s" % (
        status,
        len(_PAGE),
        b"Connection: close\r\n" if close else b"",
        body,
    )
    return Reply(data, consumed, close)
