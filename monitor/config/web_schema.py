"""What may stand below ``web`` in site.yaml: how people reach the pages, and who is let in."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from monitor.config.written import (
    FileName,
    Flag,
    Label,
    Section,
    Span,
    Whole,
    _listen,
    _number,
    _reads,
    _said,
    _span,
    _url,
)
from monitor.model.nodes import Address
from monitor.model.times import parse_span

_DAY: Final = 86_400
_LONGEST_AGE: Final = 3650 * _DAY


def _place(text: str) -> str:
    """Where people reach the pages: scheme and host alone, for the pages lie at the root of it."""
    parts = urlsplit(_url("https", "http")(text))
    if "@" in text or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("more than a host")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    """OpenID Connect Core 1.0 §2 wants https; on this machine nobody listens in between."""
    parts = urlsplit(_url("https", "http")(text))
    if "@" in text or parts.query or parts.fragment:
        raise ValueError("more than an issuer")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("not encrypted")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost"


def _age(text: str) -> float:
    return 0.0 if text in ("0", "off", "never") else parse_span(text)


def _metrics(text: str) -> str | Address:
    return text if text in ("open", "token") else _listen(text)


class TlsSection(Section):
    certificate: FileName = _said(..., "the name of a PEM file with the certificate and its chain is needed")
    key: FileName = _said(..., "the name of a PEM file with the certificate's key is needed")


class PasswordSection(Section):
    length: Whole = _number(12, 8, 64)
    age: Annotated[float, _reads(_age)] = Field(
        default=90.0 * _DAY,
        ge=0,
        le=_LONGEST_AGE,
        description="a span of time up to 3650d, or 0 for ever, is allowed, such as 90d",
    )


_GROUPS: Final = "a list of what the provider calls them is needed, such as [quanshi-operators]"


class RolesSection(Section):
    """By role, the values of the claim that give it."""

    viewer: list[Label] = _said([], _GROUPS)
    operator: list[Label] = _said([], _GROUPS)
    approver: list[Label] = _said([], _GROUPS)
    auditor: list[Label] = _said([], _GROUPS)
    admin: list[Label] = _said([], _GROUPS)
    security: list[Label] = _said([], _GROUPS)


class OidcSection(Section):
    issuer: Annotated[str, _reads(_issuer)] = _said(
        ..., "the https URL of an OpenID provider is needed, such as https://id.example/realms/city"
    )
    client: Label = _said(..., "the client id that the provider knows us by is needed")
    secret: Label | None = _said(None, "the name of an entry in the credentials file is needed")
    claim: Label = _said("groups", "the name of a claim of the ID token is needed, such as groups")
    roles: RolesSection = _said(
        ..., "keys are needed: viewer, operator, approver, auditor, admin, security, such as  viewer: [staff]"
    )


class WebSection(Section):
    url: Annotated[str, _reads(_place)] | None = _said(
        None, "a URL without a path is needed, such as https://quanshi.example"
    )
    tls: TlsSection | None = _said(None, "keys are needed: certificate, key")
    behind_proxy: Flag = _said(False, "true or false is allowed")
    anonymous: Literal["none", "viewer"] = _said("none", "none or viewer is allowed")
    idle: Span = _span(1800.0, 60, 12 * 3600)
    password: PasswordSection = _said(PasswordSection(), "keys are needed: length, age")
    metrics: Annotated[str | Address, _reads(_metrics)] = _said(
        "open", "open, token, or an own address and a port are allowed, such as 127.0.0.1:9108"
    )
    map: FileName | None = _said(None, "the name of a GeoJSON file is needed, such as city.geojson")
    oidc: OidcSection | None = _said(None, "keys are needed: issuer, client, secret, claim, roles")
