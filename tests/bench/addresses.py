"""Where the devices of the benchmark live: each an address of its own on loopback."""

from __future__ import annotations

import ipaddress
from typing import Final

FIRST: Final = "127.16.0.0"


def hosts(first: str, count: int) -> list[str]:
    """``count`` addresses from ``first`` on."""
    start = ipaddress.IPv4Address(first)
    return [str(start + number) for number in range(count)]
