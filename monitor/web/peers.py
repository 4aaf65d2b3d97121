"""Where a request comes from, as far as it may be believed: only what known proxies say of it."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web

_Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]


def address_of(request: web.Request, proxies: Networks) -> str:
    """The last address of the way here that is no proxy of ours: what comes before it anybody may say.

    A proxy appends the one that it was asked from, to the line that it found or as a line of its own: all
    lines of a name are one list (RFC 9110 §5.3).
    """
    here = _address(request.remote or "")
    if here is None:
        return request.remote or ""
    way = _said(request, "X-Forwarded-For")
    while way and _is_of(here, proxies):
        before = _address(way.pop())
        if before is None:
            break
        here = before
    return str(here)


def is_secure(request: web.Request, proxies: Networks) -> bool:
    """Whether it came by TLS, to us or to the proxy before us."""
    here = _address(request.remote or "")
    if here is None or not _is_of(here, proxies):
        return request.secure
    said = _said(request, "X-Forwarded-Proto")
    return said[-1] == "https" if said else request.secure


def _said(request: web.Request, name: str) -> list[str]:
    text = ",".join(request.headers.getall(name, []))
    return [part.strip() for part in text.split(",")] if text else []


def _address(text: str) -> _Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    # A socket for both families tells of an IPv4 address in the form of IPv6.
    return getattr(found, "ipv4_mapped", None) or found


def _is_of(address: _Address, proxies: Networks) -> bool:
    return any(address in network for network in proxies)
