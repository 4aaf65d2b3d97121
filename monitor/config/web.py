"""Settings of the pages as the roles use them: how people reach them, and who is let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from monitor.config.web_schema import LOOPBACK, OidcSection, TlsSection, WebSection


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """PEM files: the certificate with its chain, and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """``length``: the fewest characters. ``age``: seconds until a password must be changed, 0: never."""

    length: int = 12
    age: float = 90 * 86_400.0


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An OpenID provider. ``secret`` names an entry of the credentials (its token); None: a public client.

    ``roles``: by role, the values of ``claim`` that give it.
    """

    issuer: str
    client: str
    secret: str | None
    claim: str
    roles: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """``url``: where people reach the pages, without a slash at its end; empty: as the browser asked.

    ``proxies``: whose X-Forwarded-For and -Proto are believed. ``anonymous``: what somebody is who has not
    logged in. ``idle``: seconds after which a session that nobody uses is
    over. ``metrics``: who may scrape; with ``listen``, whoever reaches ``metrics_listen`` (host and port),
    and nobody elsewhere. ``map``: the city's outline as GeoJSON (see ``outline``); empty: none.
    """

    url: str = ""
    tls: TlsSettings | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    anonymous: Literal["none", "viewer"] = "none"
    idle: float = 1800.0
    password: PasswordSettings = PasswordSettings()
    metrics: Literal["open", "token", "listen"] = "open"
    metrics_listen: tuple[str, int] | None = None
    map: bytes = field(default=b"", repr=False)
    oidc: OidcSettings | None = None


def web_settings(written: WebSection, folder: Path, outline: bytes) -> WebSettings:
    """``folder``: where file names begin. ``outline``: what the file ``map`` holds."""
    listens = written.metrics if not isinstance(written.metrics, str) else None
    return WebSettings(
        url=written.url or "",
        tls=_tls(written.tls, folder),
        proxies=tuple(written.proxies) or (LOOPBACK if written.behind_proxy else ()),
        anonymous=written.anonymous,
        idle=written.idle,
        password=PasswordSettings(written.password.length, written.password.age),
        metrics="listen" if listens else "token" if written.metrics == "token" else "open",
        metrics_listen=None if listens is None else (listens.host, listens.port or 0),
        map=outline,
        oidc=_oidc(written.oidc),
    )


def _tls(written: TlsSection | None, folder: Path) -> TlsSettings | None:
    return None if written is None else TlsSettings(folder / written.certificate, folder / written.key)


def _oidc(written: OidcSection | None) -> OidcSettings | None:
    if written is None:
        return None
    roles = {role: frozenset(groups) for role, groups in written.roles if groups}
    return OidcSettings(
        written.issuer, written.client, written.secret, written.claim, MappingProxyType(roles)
    )
