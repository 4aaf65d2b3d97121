"""Addresses as people write them: IPv4, IPv6, host names, each with or without a port."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from monitor.config.mistakes import CellError, without_login
from monitor.model.nodes import Address
from monitor.model.said import NOTHING, Said

ALLOWED: Final = Said(
    "应为 IP 地址或主机名，端口不是常用值时加 :端口",
    "an IP address or host name is needed, with :port if it is not the usual one",
)
PORT: Final = Said("端口为 1 至 65535 的整数", "a port is a whole number from 1 to 65535")
_FORMS: Final = {
    4: Said("IPv4 地址为四个 0 至 255 的数", "an IPv4 address is four numbers from 0 to 255"),
    6: Said("不是 IPv6 地址", "not an IPv6 address"),
}
_ZEROS: Final = Said(
    "去掉前导零：有的程序按八进制读", "leave the leading zeros out: some programs read them as octal"
)
_WITH_PORT: Final = Said(
    "IPv6 地址带端口时写作 [地址]:端口", "an IPv6 address with a port is written [address]:port"
)
_BRACKETED: Final = re.compile(r"\[([^\[\]]*)\](?::(.*))?", re.DOTALL)
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)
_BROADCAST: Final = IPv4Address("255.255.255.255")
_PORT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


def parse_address(text: str) -> Address:
    """The address in this text, in its canonical form. Raises CellError; a login in it is masked."""
    if "@" in text:
        hint = Said("账号口令写在 credentials.yaml 里", "logins belong into credentials.yaml")
        raise CellError(without_login(text), ALLOWED, hint)
    if "/" in text:
        hint = Said("只写主机，不写 rtsp:// 和路径", "write the host alone, without rtsp:// or a path")
        raise CellError(text, ALLOWED, hint)
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
        return Address(_ip(text, host, version=6), _port(text, port))
    if text.count(":") > 1:
        return Address(_ip(text, text, version=6))
    host, colon, port = text.partition(":")
    return Address(_host(text, host), _port(text, port if colon else None))


def _port(text: str, port: str | None) -> int | None:
    if port is None:
        return None
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise CellError(text, PORT)
    return int(port)


def _host(text: str, host: str) -> str:
    """An IPv4 address or a host name. What ends in a number is no host name, but a mistyped address."""
    if _IPV4.fullmatch(host) and 0 < int(host[: host.index(".")]) < 224:
        return host  # ten times as quick as ipaddress, and nearly every row comes this way
    labels = host.casefold().removesuffix(".").split(".")
    if labels[-1].isdecimal():
        return _ip(text, host, version=4)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise CellError(text, ALLOWED)
    return ".".join(labels)


def _ip(text: str, host: str, version: int) -> str:
    try:
        ip = ip_address(host)
    except ValueError:
        raise CellError(text, _FORMS[version], _ip_hint(host, version)) from None
    if ip.version != version or "%" in host:
        raise CellError(text, ALLOWED)
    if _names_no_host(ip):
        raise CellError(text, Said("该地址不属于任何一台主机", "this address belongs to no single host"))
    return str(ip)


def _names_no_host(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_multicast or ip.is_unspecified or ip == _BROADCAST


def _ip_hint(host: str, version: int) -> Said:
    if version == 4:
        return _ZEROS if re.search(r"\b0[0-9]", host) else NOTHING
    return _WITH_PORT
