"""A small OpenID provider on loopback. It keeps to the standard, but where a test asks it not to."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from access_kit import T0
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENT, SECRET = "quanshi", "hush:hush/+ ü"
REDIRECT = "https://q.example/api/v1/session/oidc/callback"


@dataclass
class Issuer:
    """What it says can be changed while it runs: ``claims`` of the next token, ``said`` of the discovery."""

    url: str = ""
    now: int = T0
    key: Any = field(default_factory=lambda: rsa_key("one"))
    published: list[Any] = field(default_factory=list)
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[], web.StreamResponse] | None = None
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.published = [self.key]

    def authorize(self, url: str) -> dict[str, str]:
        """What the browser comes back with, once its user has logged in here."""
        place, query = url.split("?")
        assert place == f"{self.url}/authorize"
        wanted = dict(parse_qsl(query, strict_parsing=True))
        assert (wanted["response_type"], wanted["client_id"]) == ("code", CLIENT)
        assert (wanted["redirect_uri"], wanted["code_challenge_method"]) == (REDIRECT, "S256")
        assert "openid" in wanted["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = wanted
        return {"state": wanted["state"], "code": code}

    async def discovery(self, _request: web.Request) -> web.StreamResponse:
        self.asked.append("discovery")
        if self.answer is not None:
            return self.answer()
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return web.json_response(usual | self.said)

    async def keys(self, _request: web.Request) -> web.Response:
        self.asked.append("keys")
        return web.json_response(KeySet(self.published).as_dict())

    async def token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append("token")
        wanted = self.codes.pop(form["code"], None)
        if wanted is None or not self._proves_it(request, form, wanted):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": self._sign(wanted)}
        )

    def _proves_it(self, request: web.Request, form: dict[str, str], wanted: dict[str, str]) -> bool:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        kind, _, login = request.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            client, _, secret = b64decode(login).decode().partition(":")
            shown = (unquote_plus(client), unquote_plus(secret))
        else:
            shown = (form["client_id"], form.get("client_secret", ""))
        return (
            form["grant_type"] == "authorization_code"
            and challenge == wanted["code_challenge"]
            and form["redirect_uri"] == wanted["redirect_uri"]
            and shown == (CLIENT, SECRET)
        )

    def _sign(self, wanted: dict[str, str]) -> str:
        seconds = self.now // 1000
        usual: dict[str, Any] = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "s-1",
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": wanted["nonce"],
            "name": "张三",
            "groups": ["staff"],
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        header = {"alg": self.algorithm} | ({"kid": self.key.kid} if self.key.kid else {})
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


@cache
def rsa_key(kid: str) -> Any:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def ec_key(kid: str) -> Any:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def secret_key() -> Any:
    """The client's own secret as a key: whoever signs with it is not the provider alone."""
    return OctKey.import_key(SECRET)


@asynccontextmanager
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    app = web.Application()
    app.add_routes(
        [
            web.get("/.well-known/openid-configuration", made.discovery),
            web.get("/keys", made.keys),
            web.post("/token", made.token),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
