"""What may stand below ``web`` in site.yaml: how people reach the pages, and who is let in."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from monitor.config.written import (
    CREDENTIAL,
    TRUTH,
    FileName,
    Flag,
    Label,
    Section,
    Span,
    Whole,
    _keys,
    _listen,
    _number,
    _reads,
    _said,
    _span,
    _url,
)
from monitor.model.nodes import Address
from monitor.model.said import Said
from monitor.model.times import parse_span

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

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


Network = Annotated[IPv4Network | IPv6Network, _reads(ip_network)]


class TlsSection(Section):
    certificate: FileName = _said(
        ...,
        Said(
            "应为 PEM 文件名，含证书及其链",
            "the name of a PEM file with the certificate and its chain is needed",
        ),
    )
    key: FileName = _said(
        ...,
        Said("应为 PEM 文件名，含证书的私钥", "the name of a PEM file with the certificate's key is needed"),
    )


class PasswordSection(Section):
    length: Whole = _number(12, 8, 64)
    age: Annotated[float, _reads(_age)] = _said(
        90.0 * _DAY,
        Said(
            "应为至多 3650d 的时长，如 90d；0 表示不过期",
            "a span of time up to 3650d, or 0 for ever, is allowed, such as 90d",
        ),
        ge=0,
        le=_LONGEST_AGE,
    )


_GROUPS: Final = Said(
    "应为认证方所用名称的列表，如 [quanshi-operators]",
    "a list of what the provider calls them is needed, such as [quanshi-operators]",
)


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
        ...,
        Said(
            "应为 OpenID 认证方的 https URL，如 https://id.example/realms/city",
            "the https URL of an OpenID provider is needed, such as https://id.example/realms/city",
        ),
    )
    client: Label = _said(
        ..., Said("应为在认证方登记的客户端编号", "the client id that the provider knows us by is needed")
    )
    secret: Label | None = _said(None, CREDENTIAL)
    claim: Label = _said(
        "groups",
        Said(
            "应为 ID 令牌中的声明名，如 groups",
            "the name of a claim of the ID token is needed, such as groups",
        ),
    )
    roles: RolesSection = _said(
        ...,
        Said(
            "应有键：viewer、operator、approver、auditor、admin、security，如  viewer: [staff]",
            "keys are needed: viewer, operator, approver, auditor, admin, security, such as  viewer: [staff]",
        ),
    )


class WebSection(Section):
    url: Annotated[str, _reads(_place)] | None = _said(
        None,
        Said(
            "应为不带路径的 URL，如 https://quanshi.example",
            "a URL without a path is needed, such as https://quanshi.example",
        ),
    )
    tls: TlsSection | None = _said(None, _keys("certificate", "key"))
    proxies: list[Network] = _said(
        [],
        Said(
            "应为地址或网段的列表，如 [127.0.0.1, 10.44.0.0/24]",
            "a list of addresses or networks is needed, such as [127.0.0.1, 10.44.0.0/24]",
        ),
    )
    # Former name of "proxies", which believed whoever reached the port: now it means those of this machine.
    behind_proxy: Flag = _said(False, TRUTH)
    anonymous: Literal["none", "viewer"] = _said(
        "none", Said("应为 none 或 viewer", "none or viewer is allowed")
    )
    idle: Span = _span(1800.0, 60, 12 * 3600)
    password: PasswordSection = _said(PasswordSection(), _keys("length", "age"))
    metrics: Annotated[str | Address, _reads(_metrics)] = _said(
        "open",
        Said(
            "应为 open、token，或本机地址和端口，如 127.0.0.1:9108",
            "open, token, or an own address and a port are allowed, such as 127.0.0.1:9108",
        ),
    )
    map: FileName | None = _said(
        None,
        Said(
            "应为 GeoJSON 文件名，如 city.geojson",
            "the name of a GeoJSON file is needed, such as city.geojson",
        ),
    )
    oidc: OidcSection | None = _said(None, _keys("issuer", "client", "secret", "claim", "roles"))
