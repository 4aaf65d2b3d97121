"""TLS around any other conversation, without a socket: records in, records out.

Devices sign their own certificates and keep old versions of TLS, so nothing is verified: the question is
whether the service works. When its certificate ends is reported as the fact ``certificate_expires``.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Final

from collectors.protocols.base import Asker, Step
from collectors.protocols.certificate import expires
from collectors.protocols.verdicts import bad_reply
from monitor.model.observations import Cause, Verdict, Weight

MAX_HANDSHAKE: Final = 128 * 1024
MAX_ROUND: Final = 2 * 1024 * 1024
"""Records of one round, whatever is in them; what they hold has the inner protocol's own limits."""

_CHUNK: Final = 16 * 1024
_HOST_NAME: Final = re.compile(
    r"(?!\d+(?:\.\d+){3}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,251}[A-Za-z0-9_]?"
)
_CUT_OFF: Final = Verdict(Cause.TLS_FAILED, "closed during the handshake")
_OP_LEGACY_SERVER_CONNECT: Final = 0x4  # named in the ssl module from Python 3.12 on


@cache
def client_context() -> ssl.SSLContext:
    """The one context of all probes: it asks for no proof and accepts what old cameras can do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= _OP_LEGACY_SERVER_CONNECT | ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


class TlsAsker:
    """The inner asker's conversation, inside TLS. A good verdict on an expired certificate is a bad one."""

    __slots__ = (
        "_expires",
        "_incoming",
        "_inner",
        "_now",
        "_outgoing",
        "_said",
        "_server",
        "_shaken",
        "_taken",
        "_tls",
        "_unsaid",
    )

    def __init__(self, inner: Asker, host: str, now: Callable[[], float] = time.time) -> None:
        """``now`` judges whether a certificate has expired, and nothing else."""
        self._inner = inner
        self._server = host if _HOST_NAME.fullmatch(host) else None
        self._now = now
        self._said: tuple[Verdict, Verdict] | None = None
        self._connect()

    def _connect(self) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = client_context().wrap_bio(self._incoming, self._outgoing, server_hostname=self._server)
        self._shaken = False
        self._unsaid = b""
        self._expires: int | None = None

    def begin(self, *, fresh: bool) -> Step:
        self._taken = 0
        if not fresh and self._shaken:
            return self._guarded(self._ask_again)
        self._connect()
        return self._guarded(self._shake)

    def receive(self, data: bytes) -> Step:
        limit = MAX_ROUND if self._shaken else MAX_HANDSHAKE
        self._taken += len(data)
        if self._taken > limit:
            return bad_reply("endless TLS records")
        self._incoming.write(data)
        return self._guarded(self._read if self._shaken else self._shake)

    def closed(self) -> Verdict:
        return self._judged(self._inner.closed()) if self._shaken else _CUT_OFF

    def lock(self, instead: Verdict | None) -> None:
        self._inner.lock(instead)

    def _guarded(self, step: Callable[[], Step]) -> Step:
        """Take a step in TLS; whatever is wrong with the records is one kind of failure."""
        try:
            return step()
        except ssl.SSLError as error:
            return Verdict(Cause.TLS_FAILED, (error.reason or "TLS failed").lower().replace("_", " "))

    def _ask_again(self) -> Step:
        return self._told(self._inner.begin(fresh=False))

    def _shake(self) -> Step:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return self._outgoing.read() or None
        self._shaken = True
        certificate = self._tls.getpeercert(binary_form=True)
        self._expires = expires(certificate) if certificate else None
        step = self._told(self._inner.begin(fresh=True))
        if isinstance(step, Verdict):
            return step
        further = self._read()  # a talkative server's first words may have come with the handshake
        return further if isinstance(further, Verdict) else (step or b"") + (further or b"")

    def _read(self) -> Step:
        """Hand everything that came to the inner asker, and collect what it wants to say."""
        said = b""
        while True:
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                # Not only the asker speaks: TLS has answers of its own (renegotiation, key updates).
                return (said + self._records()) or None
            except ssl.SSLZeroReturnError:
                return self.closed()
            if not data:
                return self.closed()
            step = self._told(self._inner.receive(data))
            if isinstance(step, Verdict):
                return step
            said += step or b""

    def _told(self, step: Step) -> Step:
        """The inner asker's step as records, or its verdict with what the certificate adds."""
        if isinstance(step, Verdict):
            return self._judged(step)
        self._unsaid += step or b""
        return self._records() or (None if step is None else b"")

    def _records(self) -> bytes:
        """What is to be sent now. In the midst of a renegotiation the asker's words wait until it is over."""
        if self._unsaid:
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.write(self._unsaid)
                self._unsaid = b""
        return self._outgoing.read()

    def _judged(self, verdict: Verdict) -> Verdict:
        """The same verdict as last time is the same object."""
        if self._expires is None:
            return verdict
        cause, detail = verdict.cause, verdict.detail
        if cause.weight is Weight.GOOD and self._now() >= self._expires:
            cause, detail = Cause.CERTIFICATE_EXPIRED, "certificate has expired"
        facts = {**verdict.facts, "certificate_expires": self._expires}
        judged = Verdict(cause, detail, MappingProxyType(facts))
        if self._said is None or self._said[0] is not verdict or self._said[1] != judged:
            self._said = (verdict, judged)
        return self._said[1]
