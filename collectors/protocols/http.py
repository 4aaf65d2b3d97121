"""HTTP/1.1 by h11: GET a path, judge the status. (Not HEAD: many devices have never been asked one.)"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import h11

from collectors.protocols.base import Step, Target
from collectors.protocols.login import CLOSES, LoginGuard
from collectors.protocols.urls import authority, path_and_query
from collectors.protocols.verdicts import CUT_OFF, HUNG_UP, OK, bad_reply, status_verdict
from monitor.model.observations import Cause, Verdict

PORT: Final = 80
TLS_PORT: Final = 443

MAX_HEAD: Final = 16 * 1024
MAX_BODY: Final = 1024 * 1024
"""A body is read only to reach the next answer on the same connection, and never kept."""

_PROTOCOL: Final = "HTTP/1.1"
_START: Final = b"HTTP/"
_CAUSES: Final[Mapping[int, Cause]] = MappingProxyType(
    {
        404: Cause.NOT_FOUND,
        407: Cause.AUTH_WANTED,
        410: Cause.NOT_FOUND,
        429: Cause.BUSY,
        503: Cause.BUSY,
    }
)
"""What is not here and neither success, redirection nor a wanted login is ERROR_REPLY."""


class HttpAsker:
    """One GET without a login; when that is challenged and there is a login, once more with it.

    The verdict falls as soon as the head is complete, unless the connection is needed further.
    """

    __slots__ = (
        "_body",
        "_connection",
        "_headers",
        "_hold",
        "_login",
        "_path",
        "_response",
        "_room",
        "_start",
    )

    def __init__(self, target: Target) -> None:
        usual = TLS_PORT if target.spec.tls else PORT
        host = authority(target.host, None if target.port == usual else target.port)
        self._path = path_and_query(target.spec.path)
        self._hold = target.spec.hold
        self._login = LoginGuard(target.login)
        self._headers = [(b"Host", host), (b"User-Agent", b"Quanshi"), (b"Accept", b"*/*")]
        if not self._hold and target.login is None:
            self._headers.append((b"Connection", b"close"))
        self._connection = _new_connection()
        self._response: h11.Response | None = None
        self._start = b""
        self._room = MAX_HEAD
        self._body = 0

    def begin(self, *, fresh: bool) -> Step:
        if fresh or not _is_reusable(self._connection) or self._connection.trailing_data[0]:
            self._connection = _new_connection()  # what a device said between two rounds answers nothing
        else:
            self._connection.start_next_cycle()
        self._login.begin()
        self._body = 0
        return self._ask("")

    def _ask(self, authorization: str) -> bytes:
        headers = self._headers
        if authorization:
            headers = [*headers, (b"Authorization", authorization.encode())]
        early = self._connection.trailing_data[0]
        self._response = None
        self._start = b""
        self._room = MAX_HEAD - len(early)
        self._check_start(early)
        request = h11.Request(method=b"GET", target=self._path, headers=headers)
        # A request without a body: EndOfMessage makes no bytes of its own.
        sent = self._connection.send(request) or b""
        return sent + (self._connection.send(h11.EndOfMessage()) or b"")

    def receive(self, data: bytes) -> Step:
        try:
            return self._advance(data)
        except h11.RemoteProtocolError:
            # h11 quotes the peer in its message, so the phrase is ours.
            return bad_reply("not HTTP" if self._response is None else "body is not HTTP")

    def _advance(self, data: bytes) -> Step:
        if self._response is None:
            data, rest = data[: self._room], data[self._room :]
            self._room -= len(data)
            self._check_start(data)
        else:
            rest = b""
        self._connection.receive_data(data)
        step = self._take_events()
        if isinstance(step, Verdict):
            return step
        if self._response is None and self._room <= 0:
            return bad_reply("header longer than 16 KiB")
        return (self._advance(rest) or step) if rest else step

    def _check_start(self, data: bytes) -> None:
        """Refuse what is no HTTP at its first wrong byte: h11 waits for a whole line. Raises as h11 does."""
        missing = len(_START) - len(self._start)
        if missing > 0:
            self._start += data[:missing]
            if not _START.startswith(self._start):
                raise h11.RemoteProtocolError("not HTTP")

    def _take_events(self) -> Step:
        step: Step = None
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Response):
                self._response = event
                if not self._needs_body(event):
                    return self._judge(event)
            elif isinstance(event, h11.Data):
                self._body += len(event.data)
                if self._body > MAX_BODY:
                    return bad_reply("body longer than 1 MiB")
            elif isinstance(event, h11.EndOfMessage) and self._response is not None:
                step = self._judge(self._response)
                if isinstance(step, Verdict):
                    return step
            elif event is h11.PAUSED:
                return bad_reply("speaks without being asked")
            elif not isinstance(event, h11.InformationalResponse):
                return step  # no more events until more bytes come

    def _needs_body(self, response: h11.Response) -> bool:
        """The connection will be used again, so this answer must be read to its end."""
        return self._hold or (response.status_code == 401 and self._login.ready)

    def _judge(self, response: h11.Response) -> bytes | Verdict:
        status = response.status_code
        self._login.answered()
        if status == 401:
            return self._challenged(response)
        if status == 403:
            return self._login.forbidden()
        if 200 <= status < 400:
            return self._login.admitted(OK if status == 200 else status_verdict(Cause.OK, _PROTOCOL, status))
        return status_verdict(_CAUSES.get(status, Cause.ERROR_REPLY), _PROTOCOL, status)

    def _challenged(self, response: h11.Response) -> bytes | Verdict:
        if self._login.ready and not self._login.sent and not _is_reusable(self._connection):
            return CLOSES
        offers = [value.decode("latin-1") for name, value in response.headers if name == b"www-authenticate"]
        answer = self._login.challenged(offers, "GET", self._path.decode("ascii"))
        if isinstance(answer, Verdict):
            return answer
        if not _is_reusable(self._connection):
            self._login.answered()  # a renewed nonce on a connection that ends: the login was not refused,
            return CLOSES  # and was not sent again
        self._connection.start_next_cycle()
        return self._ask(answer)

    def closed(self) -> Verdict:
        """An answer whose end is the end of the connection is judged by its head, which is complete."""
        if self._response is not None:
            step = self._judge(self._response)
            return step if isinstance(step, Verdict) else CLOSES
        return CUT_OFF if self._room < MAX_HEAD else HUNG_UP

    def lock(self, instead: Verdict | None) -> None:
        self._login.lock(instead)


def _new_connection() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)


def _is_reusable(connection: h11.Connection) -> bool:
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE
