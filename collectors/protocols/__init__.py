"""Protocols, sans-I/O: one file and one line here for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from collectors.protocols import http, rtsp
from collectors.protocols.base import Asker, ProtocolInfo, Target
from collectors.protocols.http import HttpAsker
from collectors.protocols.rtsp import make_rtsp
from collectors.protocols.tcp import TcpAsker
from collectors.protocols.tls import TlsAsker
from monitor.model.observations import Layer


def _perhaps_tls(make: Callable[[Target], Asker]) -> Callable[[Target], Asker]:
    """Every protocol over TCP can be asked inside TLS (``tls: true``)."""

    def make_asker(target: Target) -> Asker:
        asker = make(target)
        return TlsAsker(asker, target.host) if target.spec.tls else asker

    return make_asker


PROTOCOLS: Final[Mapping[str, ProtocolInfo]] = MappingProxyType(
    {
        "tcp": ProtocolInfo(Layer.SERVICE, 0, _perhaps_tls(TcpAsker)),  # no port is usual: one must be named
        "rtsp": ProtocolInfo(Layer.SERVICE, rtsp.PORT, _perhaps_tls(make_rtsp)),
        "http": ProtocolInfo(Layer.SERVICE, http.PORT, _perhaps_tls(HttpAsker)),
    }
)
"""What is asked over a connection of its own, by the name that a :class:`ProbeSpec` has for it."""

LAYERS: Final[Mapping[str, Layer]] = MappingProxyType(
    {name: info.layer for name, info in PROTOCOLS.items()} | {"ping": Layer.REACH, "mqtt": Layer.TOLD}
)
"""What the answer of every protocol proves, those without an asker included."""
