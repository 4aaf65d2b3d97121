"""RTSP (RFC 2326): OPTIONS proves the server, DESCRIBE the channel, DESCRIBE with a login the picture.

No SETUP and no PLAY: a probe never takes one of a camera's few streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from collectors.protocols.base import Asker, Step, Target
from collectors.protocols.login import CLOSES, LoginGuard
from collectors.protocols.rtsp_messages import MAX_HEAD, MalformedError, Reply, ReplyReader
from collectors.protocols.urls import authority, path_and_query
from collectors.protocols.verdicts import CUT_OFF, HUNG_UP, OK, bad_reply, status_verdict
from monitor.model.observations import Cause, Verdict

PORT: Final = 554

OPEN: Final = Verdict(Cause.OK, "describes its stream without a login", MappingProxyType({"open": 1}))
"""The channel lives, and anybody may watch it: a finding of its own."""

_PROTOCOL: Final = "RTSP/1.0"
_OPTIONS_TAIL: Final = b"\r\nUser-Agent: Quanshi\r\n\r\n"
_DESCRIBE_TAIL: Final = b"\r\nAccept: application/sdp\r\nUser-Agent: Quanshi\r\n"
_FIRST_OPTIONS: Final = b"1" + _OPTIONS_TAIL
_FIRST_OK: Final = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n"
_FIRST_CSEQ: Final = 1

_BUSY: Final = frozenset({453, 503})
# A server that answers "I do not do that" has answered: OPTIONS asks for no more.
_SERVER_FAULTS: Final = frozenset({500, 502, 504})
_DESCRIBE_CAUSES: Final[Mapping[int, Cause]] = MappingProxyType(
    dict.fromkeys(_BUSY, Cause.BUSY) | dict.fromkeys((300, 301, 302, 303, 305, 404, 410), Cause.NOT_FOUND)
)
"""What is not here and no success is ERROR_REPLY. A redirection means that the path has moved."""


def make_rtsp(target: Target) -> Asker:
    """A login can only be proven by DESCRIBE, so a target with one is asked that."""
    if target.spec.ask == "describe" or target.login is not None:
        return DescribeAsker(target)
    return OptionsAsker(target)


def _url(target: Target) -> bytes:
    return b"rtsp%s://%s%s" % (
        b"s" if target.spec.tls else b"",
        authority(target.host, target.port),
        path_and_query(target.spec.path),
    )


class _RtspAsker:
    """What both questions share: the numbering, the reader, and what an end of the connection means."""

    __slots__ = ("_cseq", "_reader")

    def __init__(self) -> None:
        self._cseq = _FIRST_CSEQ
        # Made when the first reply needs it: the usual reply to OPTIONS does not.
        self._reader: ReplyReader | None = None

    def receive(self, data: bytes) -> Step:
        reader = self._reader
        if reader is None:
            reader = self._reader = ReplyReader()
        reader.feed(data)
        try:
            return self._advance(reader)
        except MalformedError as error:
            return bad_reply(str(error))

    def _advance(self, reader: ReplyReader) -> Step:
        """Take every complete reply. A reply that came before its question is judged like any other."""
        step: Step = None
        while (reply := reader.next()) is not None:
            if reply.cseq != self._cseq:
                raise MalformedError("CSeq is not that of the request")
            if reply.status < 200:
                continue
            step = self._answered(reply)
            if isinstance(step, Verdict):
                return step
        if reader.full:
            raise MalformedError("64 KiB and no answer among them")
        return step

    def _answered(self, reply: Reply) -> bytes | Verdict:
        """A final reply to the last request: the next request, or the verdict."""
        raise NotImplementedError

    def closed(self) -> Verdict:
        return CUT_OFF if self._reader is not None and self._reader.inside else HUNG_UP

    def _restart(self, *, fresh: bool) -> None:
        """A new round: on a new connection all begins anew, on a held one the numbering goes on."""
        if fresh:
            self._cseq = _FIRST_CSEQ
            self._reader = None
            return
        self._cseq += 1
        if self._reader is not None:
            self._reader.next_round()


class OptionsAsker(_RtspAsker):
    """OPTIONS without a login: is there an RTSP server that answers?

    Every well-formed answer with our CSeq proves it: 2xx, 3xx, and also 401, 404, 405, 501 … which
    only say something about the path or the method. 453 and 503 are busy; 500, 502 and 504 are faults.
    """

    __slots__ = ("_expected", "_head")

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._head = b"OPTIONS %s RTSP/1.0\r\nCSeq: " % _url(target)
        self._expected = _FIRST_OK

    def begin(self, *, fresh: bool) -> Step:
        self._restart(fresh=fresh)
        if fresh:
            self._expected = _FIRST_OK
            return self._head + _FIRST_OPTIONS
        self._expected = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\n" % self._cseq
        return b"%s%d%s" % (self._head, self._cseq, _OPTIONS_TAIL)

    def receive(self, data: bytes) -> Step:
        # The steady path: one read that is one whole reply without a body, as nearly every device sends.
        if self._reader is None and data.startswith(self._expected) and _is_one_head(data):
            return OK
        return super().receive(data)

    def _answered(self, reply: Reply) -> bytes | Verdict:
        status = reply.status
        if status == 200:
            return OK
        if status in _BUSY:
            return status_verdict(Cause.BUSY, _PROTOCOL, status)
        if status in _SERVER_FAULTS:
            return status_verdict(Cause.ERROR_REPLY, _PROTOCOL, status)
        return status_verdict(Cause.OK, _PROTOCOL, status)

    def lock(self, instead: Verdict | None) -> None:
        """Nothing to lock: no login is ever sent."""


def _is_one_head(data: bytes) -> bool:
    """One head that ends where the bytes end and announces no body: the reader would see the same."""
    return (
        len(data) <= MAX_HEAD
        and data.find(b"\n\r\n") == len(data) - 3
        and b"\n\n" not in data
        and b"length" not in data.lower()
    )


class DescribeAsker(_RtspAsker):
    """DESCRIBE of the channel, first always without a login, then once with it if there is one.

    Without a login 401 is a good answer; a description given to anybody carries the fact ``open``.
    With one, only its success is. A locked login leaves the question without it, so that the state
    stays honest: while the service answers, ``auth_rejected``; else whatever is wrong with it.
    """

    __slots__ = ("_login", "_url")

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._url = _url(target)
        self._login = LoginGuard(target.login)

    def begin(self, *, fresh: bool) -> Step:
        self._restart(fresh=fresh)
        self._login.begin()
        return self._ask("")

    def lock(self, instead: Verdict | None) -> None:
        self._login.lock(instead)

    def _ask(self, authorization: str) -> bytes:
        request = b"DESCRIBE %s RTSP/1.0\r\nCSeq: %d%s" % (self._url, self._cseq, _DESCRIBE_TAIL)
        if authorization:
            request += b"Authorization: %s\r\n" % authorization.encode()
        return request + b"\r\n"

    def _answered(self, reply: Reply) -> bytes | Verdict:
        status = reply.status
        self._login.answered()
        if status == 401 or _hides_challenge(reply):
            return self._challenged(reply)
        if status == 403:
            return self._login.forbidden()
        if 200 <= status < 300:
            if not _has_video(reply):
                return bad_reply("its description has no video")
            return self._login.admitted(OK if self._login.sent else OPEN)
        return status_verdict(_DESCRIBE_CAUSES.get(status, Cause.ERROR_REPLY), _PROTOCOL, status)

    def _challenged(self, reply: Reply) -> bytes | Verdict:
        if self._login.ready and not self._login.sent and reply.first("connection").lower() == "close":
            return CLOSES
        offers = reply.headers.get("www-authenticate", [])
        answer = self._login.challenged(offers, "DESCRIBE", self._url.decode("ascii"))
        if isinstance(answer, Verdict):
            return answer
        self._cseq += 1
        return self._ask(answer)


def _has_video(reply: Reply) -> bool:
    return reply.body.startswith(b"m=video") or b"\nm=video" in reply.body


def _hides_challenge(reply: Reply) -> bool:
    """200 with a challenge and no description: some firmwares say 401 like that (cameradar #350)."""
    return reply.status == 200 and "www-authenticate" in reply.headers and not _has_video(reply)
