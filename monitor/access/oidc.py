"""Logging in by an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).

Only what the provider signed is believed: who somebody is, and by one claim what he may do here. Needs the
extra ``oidc``. ``now`` is milliseconds.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final, Self
from urllib.parse import quote_plus, urlencode, urlsplit

import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from monitor.access.errors import Refused
from monitor.access.oidc_token import Claims, Keys, claims_of
from monitor.access.roles import Role
from monitor.config import OidcSettings

ATTEMPT_SPAN: Final = 10 * 60
"""Seconds that somebody has to log in at the provider."""

_PATIENCE: Final = ClientTimeout(total=10)
_MOST: Final = 1_000_000
_KEPT: Final = 3_600_000
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser keeps while its user is at the provider: nobody else can end this login.

    ``state`` comes back with the user, ``nonce`` in the token; ``verifier`` shows that the code is ours.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls) -> Attempt:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    def sealed(self) -> str:
        """As a cookie keeps it, which must be HttpOnly, and Lax: the user comes back from another site."""
        return f"{self.state}.{self.nonce}.{self.verifier}"

    @classmethod
    def of(cls, text: str) -> Attempt | None:
        """What such a cookie kept; None for anything else."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for. ``subject`` names him among all of all providers, and never changes.

    ``roles``: as the site maps them; none: he has no business here.
    """

    subject: str
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class _Document:
    """What the provider says of itself, and when we read it."""

    said: Mapping[str, Any]
    read_at: int

    def url(self, name: str) -> str:
        return str(self.said[name])


class Provider:
    """One provider. What it says of itself, and its keys, are read anew each hour, and when a key is unknown.

    ``secret``: of our client; None for a public one, whose only proof is PKCE. Use as a context manager.
    """

    def __init__(self, settings: OidcSettings, secret: str | None) -> None:
        self.settings = settings
        self._secret = secret
        self._document: _Document | None = None
        self._keys = Keys()
        # Past every proxy of the environment: a site that has one names the provider behind it.
        self._http = ClientSession(timeout=_PATIENCE, trust_env=False)

    async def close(self) -> None:
        await self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def begin(self, attempt: Attempt, redirect: str, now: int) -> str:
        """Where the browser is sent. ``redirect``: where the provider sends it back to.

        Raises Refused (503) while the provider does not answer.
        """
        document = await self._discover(now)
        challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.settings.client,
            "redirect_uri": redirect,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = document.url("authorization_endpoint")
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(query)}"

    async def finish(
        self, attempt: Attempt | None, returned: Mapping[str, str], redirect: str, now: int
    ) -> Person:
        """Who came back. ``attempt``: of this browser's cookie; ``returned``: the query that it came with.

        Raises Refused: 401 for what is no login, 503 while the provider does not answer.
        """
        self._check_return(attempt, returned)
        assert attempt is not None  # noqa: S101 - just checked
        document = await self._discover(now)
        token = await self._redeem(document, returned["code"], attempt, redirect)
        keys = await self._keys.of(token, lambda: self._get(document.url("jwks_uri")), now)
        return self._person(claims_of(token, keys, self.settings, attempt.nonce, now))

    def _check_return(self, attempt: Attempt | None, returned: Mapping[str, str]) -> None:
        state = returned.get("state", "")
        if attempt is None or not hmac.compare_digest(state.encode(), attempt.state.encode()):
            raise Refused(
                401, "登录已超时或并非由此浏览器发起", "this login is over, or is another browser's"
            )
        # RFC 9207: an answer that names another issuer is somebody else's.
        if returned.get("iss", self.settings.issuer) != self.settings.issuer:
            raise Refused(401, "身份认证服务不符", "another OpenID provider answered")
        if "error" in returned or not returned.get("code"):
            log.warning("the OpenID provider let nobody in", error=returned.get("error", "")[:100])
            raise Refused(401, "身份认证未通过", "the OpenID provider did not let you in")

    def _person(self, claims: Claims) -> Person:
        roles = frozenset(
            Role(role) for role, groups in self.settings.roles.items() if groups & claims.groups
        )
        return Person(f"{self.settings.issuer} {claims.subject}", claims.name, roles)

    async def _discover(self, now: int) -> _Document:
        """OpenID Connect Discovery 1.0 §4. Raises Refused (503)."""
        if self._document is None or now - self._document.read_at >= _KEPT:
            said = await self._get(self.settings.issuer.rstrip("/") + _WELL_KNOWN)
            if said.get("issuer") != self.settings.issuer:
                raise _away("it calls itself otherwise")
            if not all(isinstance(said.get(name), str) for name in _NEEDED):
                raise _away("it does not say where to ask")
            if not all(_is_safe(said[name]) for name in _NEEDED):
                raise _away("it wants to be asked in the open")
            self._document = _Document(said, now)
        return self._document

    async def _redeem(self, document: _Document, code: str, attempt: Attempt, redirect: str) -> str:
        """The ID token for a code (OpenID Connect Core 1.0 §3.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": attempt.verifier,
            "client_id": self.settings.client,
        }
        headers = {}
        if self._secret is not None:
            if _wants_secret_in_form(document.said):
                form["client_secret"] = self._secret
            else:
                # RFC 6749 §2.3.1: both parts are encoded as in a form first.
                login = f"{quote_plus(self.settings.client)}:{quote_plus(self._secret)}"
                headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        status, said = await self._ask("POST", document.url("token_endpoint"), data=form, headers=headers)
        token = said.get("id_token")
        if status != 200 or not isinstance(token, str):
            log.warning(
                "the OpenID provider gave no token", status=status, error=str(said.get("error"))[:100]
            )
            raise Refused(401, "身份认证未通过", "the OpenID provider did not let you in")
        return token

    async def _get(self, url: str) -> Mapping[str, Any]:
        status, said = await self._ask("GET", url)
        if status != 200:
            raise _away(f"status {status}")
        return said

    async def _ask(self, method: str, url: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
        """Its status and its JSON. Redirections are not followed: each address is one that it named."""
        try:
            async with self._http.request(method, url, allow_redirects=False, **more) as reply:
                said = json.loads(await _body(reply))
        except (ClientError, TimeoutError, OSError) as error:
            raise _away(type(error).__name__) from error
        except (ValueError, RecursionError) as error:  # no JSON
            raise _away("no JSON") from error
        if not isinstance(said, dict):
            raise _away("no JSON object")
        return reply.status, said


async def _body(reply: ClientResponse) -> bytes:
    """Raises ValueError as soon as there is too much of it."""
    body = b""
    async for piece in reply.content.iter_any():
        body += piece
        if len(body) > _MOST:
            raise ValueError("too long")
    return body


def _wants_secret_in_form(said: Mapping[str, Any]) -> bool:
    """Basic is what it takes where it does not say (Discovery 1.0 §3)."""
    methods = said.get("token_endpoint_auth_methods_supported")
    return isinstance(methods, list) and "client_secret_basic" not in methods


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:  # a name
        return parts.scheme == "http" and parts.hostname == "localhost"


def _away(why: str) -> Refused:
    log.warning("the OpenID provider cannot be used", why=why)
    return Refused(503, "身份认证服务暂不可用", "the OpenID provider cannot be used just now", after=5)
