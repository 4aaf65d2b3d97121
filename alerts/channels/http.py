"""HTTP as the channels need it: one POST, and what its failure means. No token gets into an error text."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from yarl import URL

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError

_BODY: Final = 65_536
"""Bytes that are read of an answer."""
_SHOWN: Final = 200
_LONG: Final = 12
"""So many letters of a path may be a token."""
_TOO_BUSY: Final = frozenset((408, 425, 429, 500, 502, 503, 504, 507, 509, 529))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered. ``date``: its own time, seconds since 1970, if it said it."""

    status: int
    text: str
    date: float | None = None

    def json(self) -> Mapping[str, Any]:
        """The JSON object in it.

        Raises TemporaryError if there is none: a gateway may have answered. PermanentError with 4xx.
        """
        try:
            data = json.loads(self.text)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            kind = PermanentError if 400 <= self.status < 500 else TemporaryError
            raise kind(f"HTTP {self.status}, and no JSON object in it")
        return data


class Http:
    """A client for one receiver. ``secrets`` are replaced by … in whatever is said of an error."""

    def __init__(
        self, *, secrets: Iterable[str] = (), proxy: str | None = None, connect: float = 10.0
    ) -> None:
        """``proxy``: a URL; a login in it is a secret too. ``connect``: seconds for a connection."""
        parts = [] if proxy is None else [URL(proxy).password or ""]
        self._secrets = sorted(filter(None, {*secrets, *parts}), key=len, reverse=True)
        self._proxy = proxy
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: URL,
        payload: object,
        headers: Mapping[str, str] | None = None,
        *,
        also: Collection[int] = (),
    ) -> Answer:
        """JSON to this URL. Raises TemporaryError or PermanentError. The deadline is the caller's.

        ``also``: statuses beside 2xx whose body the caller judges.
        """
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        return await self.request("POST", url, body, headers, also=also)

    async def request(
        self,
        method: str,
        url: URL,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        also: Collection[int] = (),
    ) -> Answer:
        """As :meth:`post`, with any method and body."""
        try:
            # No redirects: they would carry the token to somebody else, or turn a POST into a GET.
            async with self._client().request(
                *(method, url), data=body, headers=headers, proxy=self._proxy, allow_redirects=False
            ) as response:
                raw = await _read(response)
                text = raw.decode(response.charset or "utf-8", "replace")
                if 200 <= response.status < 300 or response.status in also:
                    return Answer(response.status, text, _date(response.headers.get("Date")))
                raise self._error(response.status, text, response.headers.get("Retry-After"))
        except (aiohttp.ClientError, OSError, LookupError, ValueError) as error:
            # LookupError and ValueError: an encoding or a header that is none.
            raise self.failure(error) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def clean(self, text: str) -> str:
        """What may be shown of a text of the receiver."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        text = " ".join(text.split())
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

    def failure(self, error: Exception) -> DeliveryError:
        """Why nothing was answered. Says nothing of the URL, which may be a token's."""
        match error:
            case aiohttp.ClientConnectorCertificateError():
                return TemporaryError("the certificate is not trusted", sent=False)
            case aiohttp.ClientConnectorDNSError():
                return TemporaryError("the host's name does not resolve", sent=False)
            case aiohttp.ClientConnectorError():
                return TemporaryError(f"no connection: {_reason(error.os_error)}", sent=False)
            case aiohttp.ClientHttpProxyError():
                return TemporaryError(f"the proxy answers {error.status}", sent=False)
            case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return PermanentError("the URL is none")
            case TimeoutError():
                return TemporaryError("no connection in time", sent=False)
            case _:
                return TemporaryError(f"the connection broke: {type(error).__name__}")

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "quanshi"},
            )
        return self._session

    def _error(self, status: int, text: str, retry_after: str | None) -> DeliveryError:
        said = f"HTTP {status}" + (f": {shown}" if (shown := self.clean(text)) else "")
        if status in _TOO_BUSY or status >= 520:
            return TemporaryError(said, seconds(retry_after, time.time()))
        if 300 <= status < 400:
            return PermanentError(f"HTTP {status}: redirects are not followed")
        return PermanentError(said)


def secrets_of(url: URL) -> set[str]:
    """What of a URL may be a token: its query, long parts of its path, a password."""
    parts = {part for part in url.raw_path.split("/") if len(part) >= _LONG}
    return parts | {url.raw_query_string, *url.query.values(), url.password or ""}


def seconds(retry_after: str | None, now: float) -> float | None:
    """What Retry-After asks for: seconds or a date (RFC 9110 10.2.3); None for neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    moment = _date(text)
    return None if moment is None else max(0.0, moment - now)


def _date(text: str | None) -> float | None:
    try:
        return None if text is None else parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _reason(error: OSError) -> str:
    """Without the address, as asyncio has it."""
    return os.strerror(error.errno) if error.errno else type(error).__name__


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of the body; a receiver may send without end."""
    raw = b""
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) >= _BODY:
            response.close()
            break
    return raw[:_BODY]


def cut(text: str, size: int, rest: str = "…") -> str:
    """As much of the text as fits into so many bytes of UTF-8, the last line (the link) among it."""
    if len(text.encode()) <= size:
        return text
    head, _, last = text.rpartition("\n")
    tail = f"{rest}\n{last}" if head and len(last.encode()) < size // 2 else rest
    room = max(0, size - len(tail.encode()))
    return (head or text).encode()[:room].decode("utf-8", "ignore") + tail
