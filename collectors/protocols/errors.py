"""Operating system errors as causes: the device's fault, the way's fault, or our own."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from monitor.model.observations import Cause

_DEVICE: Final = {
    errno.ECONNREFUSED: Cause.REFUSED,
    errno.ECONNRESET: Cause.RESET,
    errno.ECONNABORTED: Cause.RESET,
    errno.EPIPE: Cause.RESET,
    errno.ENOTCONN: Cause.RESET,
    errno.ESHUTDOWN: Cause.RESET,
    errno.ENETRESET: Cause.RESET,
}
_WAY: Final = {
    errno.ETIMEDOUT: Cause.NO_REPLY,
    errno.EHOSTUNREACH: Cause.UNREACHABLE,
    errno.EHOSTDOWN: Cause.UNREACHABLE,
    errno.ENETUNREACH: Cause.UNREACHABLE,
    errno.ENOPROTOOPT: Cause.UNREACHABLE,  # ICMP "protocol unreachable" comes out of connect() as this
    errno.ENONET: Cause.UNREACHABLE,
}
_OURS: Final = {
    errno.EACCES: Cause.NOT_PERMITTED,
    errno.EPERM: Cause.NOT_PERMITTED,  # a firewall rule on this machine
    errno.EAFNOSUPPORT: Cause.NOT_PERMITTED,  # IPv6 is switched off here
    errno.EPROTONOSUPPORT: Cause.NOT_PERMITTED,
}
_CAUSES: Final[Mapping[int, Cause]] = MappingProxyType(_DEVICE | _WAY | _OURS)


def cause_of_error(number: int | None) -> Cause:
    """The cause behind an errno of connect, send or receive.

    Whatever is not known to be the device or the way to it is ours (no free local port, no descriptor,
    no memory, our own interface down): the collector is blind then, and nobody is called dead for it.
    """
    return Cause.BLIND if number is None else _CAUSES.get(number, Cause.BLIND)
