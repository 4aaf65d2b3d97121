"""ICMP echo for IPv4 and IPv6: requests, replies, "unreachable" messages, and a filter for the kernel.

RFC 792, RFC 4443. A raw IPv4 socket hands over the IP header too; raw IPv6 and datagram sockets do not.
On datagram sockets the kernel puts in an id of its own and delivers only replies to it.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Final, NamedTuple

from monitor.model.observations import Cause, Verdict

UNREACHABLE: Final = Verdict(Cause.UNREACHABLE, "ICMP says unreachable")
EXPIRED: Final = Verdict(Cause.UNREACHABLE, "ICMP says time exceeded on the way")
NOBODY: Final = -1
"""The sequence number of a packet that is none of ours."""

_SO_ATTACH_FILTER: Final = 26  # asm-generic/socket.h; the socket module does not name it
_ONES: Final = 0xFFFF
_ECHO: Final = struct.Struct("!BBHHH")
_PAIR: Final = struct.Struct("!HH")
_ICMP_HEADER: Final = 8
_IP6_HEADER: Final = 40

_STRANGER: Final = (NOBODY, None)


class Kinds(NamedTuple):
    """The ICMP types of one address family."""

    request: int
    reply: int
    unreachable: int
    exceeded: int


KINDS: Final = {socket.AF_INET: Kinds(8, 0, 3, 11), socket.AF_INET6: Kinds(128, 129, 1, 3)}


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071). A one's complement sum is the number modulo 65,535."""
    padded = data if len(data) % 2 == 0 else data + b"\0"
    return _ONES - int.from_bytes(padded, "big") % _ONES


class Echo:
    """Echo requests with one id and one payload, and what comes back for them."""

    __slots__ = ("_base", "_family", "_kinds", "_own", "_payload", "id")

    def __init__(self, family: int, ident: int, payload: bytes) -> None:
        self._family = family
        self._kinds = KINDS[socket.AddressFamily(family)]
        self._payload = payload
        self.id = ident
        self._own = ident.to_bytes(2, "big")
        self._base = checksum(_ECHO.pack(self._kinds.request, 0, 0, ident, 0) + payload)

    def request(self, sequence: int) -> bytes:
        """The packet for ``sequence`` (0–65535). Only the sequence differs, so the sum is corrected for it.

        ICMPv6 sums addresses too; there the kernel puts the checksum in (RFC 3542 §3.1).
        """
        total = self._base - sequence
        checked = total if total >= 0 else total + _ONES
        return _ECHO.pack(self._kinds.request, 0, checked, self.id, sequence) + self._payload

    def read(self, packet: bytes, *, raw: bool) -> tuple[int, Verdict | None]:
        """(sequence, None) for our reply, (sequence, verdict) for an error about our request, else NOBODY.

        A reply is ours if id and payload are (a datagram socket's id is the kernel's to check). Any bytes
        are safe to give.
        """
        start = 0
        if raw and self._family == socket.AF_INET:
            start = (packet[0] & 15) * 4 if packet else 0
        if len(packet) < start + _ICMP_HEADER:
            return _STRANGER
        kind = packet[start]
        if kind == self._kinds.reply:
            return self._reply(packet, start, raw=raw)
        if kind == self._kinds.unreachable:
            return self._error(packet, start + _ICMP_HEADER, UNREACHABLE)
        if kind == self._kinds.exceeded:
            return self._error(packet, start + _ICMP_HEADER, EXPIRED)
        return _STRANGER

    def _reply(self, packet: bytes, start: int, *, raw: bool) -> tuple[int, Verdict | None]:
        ident, sequence = _PAIR.unpack_from(packet, start + 4)
        if raw and ident != self.id:
            return _STRANGER
        if packet[start + _ICMP_HEADER :] != self._payload:
            return _STRANGER
        return sequence, None

    def _error(self, packet: bytes, start: int, verdict: Verdict) -> tuple[int, Verdict | None]:
        """The error quotes the packet that it is about, from its IP header on."""
        inner = start + self._quoted_header(packet, start)
        if inner == start or len(packet) < inner + _ICMP_HEADER or packet[inner] != self._kinds.request:
            return _STRANGER
        ident, sequence = _PAIR.unpack_from(packet, inner + 4)
        return (sequence, verdict) if ident == self.id else _STRANGER

    def _quoted_header(self, packet: bytes, start: int) -> int:
        """The length of the quoted IP header; 0 if it is not one of ICMP."""
        if self._family == socket.AF_INET6:
            whole = len(packet) >= start + _IP6_HEADER
            return _IP6_HEADER if whole and packet[start + 6] == socket.IPPROTO_ICMPV6 else 0
        whole = len(packet) >= start + 20
        return (packet[start] & 15) * 4 if whole and packet[start + 9] == socket.IPPROTO_ICMP else 0

    def attach_filter(self, sock: socket.socket) -> None:
        """Let the kernel drop what :meth:`read` would: other pingers' replies, and all other ICMP.

        For raw sockets. Every raw ICMP socket of a machine gets a copy of every ICMP packet otherwise.
        """
        program = echo_filter(self._family, self.id)
        buffer = ctypes.create_string_buffer(program, len(program))
        count = len(program) // _INSTRUCTION.size
        # struct sock_fprog: a count and a pointer; the buffer must live until setsockopt has returned.
        option = struct.pack("HP", count, ctypes.addressof(buffer))
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)


# --- the filter, in classic BPF (linux/filter.h) ------------------------------------------------

_INSTRUCTION: Final = struct.Struct("HBBI")  # code, jump if true, jump if false, constant
_LDXB_MSH, _LDB, _LDH = 0xB1, 0x50, 0x48  # X = 4 * (P[k] & 15); A = P[X + k], 8 or 16 bits
_LDX_IMM, _TAX = 0x01, 0x07
_AND, _LSH, _ADD_X = 0x54, 0x64, 0x0C
_JEQ, _RET = 0x15, 0x06
_WHOLE_PACKET: Final = 0xFFFFFFFF


def echo_filter(family: int, ident: int) -> bytes:
    """Instructions that pass echo replies with this id and ICMP errors about requests with this id."""
    kinds = KINDS[socket.AddressFamily(family)]
    v4 = family == socket.AF_INET
    # A raw IPv4 packet begins with its IP header, an ICMPv6 one does not; X points to ICMP in both.
    to_icmp = [(_LDXB_MSH, 0, 0, 0)] if v4 else [(_LDX_IMM, 0, 0, 0)]
    errors = _quoted_v4(ident, kinds) if v4 else _quoted_v6(ident, kinds)
    program = [
        *to_icmp,
        (_LDB, 0, 0, 0),  # type
        (_JEQ, 0, 3, kinds.reply),
        (_LDH, 0, 0, 4),  # id
        (_JEQ, 0, len(errors) + 3, ident),
        (_RET, 0, 0, _WHOLE_PACKET),
        (_JEQ, 1, 0, kinds.unreachable),
        (_JEQ, 0, len(errors), kinds.exceeded),
        *errors,
        (_RET, 0, 0, 0),
    ]
    return b"".join(_INSTRUCTION.pack(*line) for line in program)


def _quoted_v4(ident: int, kinds: Kinds) -> list[tuple[int, int, int, int]]:
    """X points to the ICMP error; the quoted IP header follows it. Falls through when it is not ours."""
    return [
        (_LDB, 0, 0, _ICMP_HEADER + 9),  # protocol
        (_JEQ, 0, 10, socket.IPPROTO_ICMP),
        (_LDB, 0, 0, _ICMP_HEADER),  # version and header length
        (_AND, 0, 0, 15),
        (_LSH, 0, 0, 2),
        (_ADD_X, 0, 0, 0),
        (_TAX, 0, 0, 0),
        (_LDB, 0, 0, _ICMP_HEADER),
        (_JEQ, 0, 3, kinds.request),
        (_LDH, 0, 0, _ICMP_HEADER + 4),
        (_JEQ, 0, 1, ident),
        (_RET, 0, 0, _WHOLE_PACKET),
    ]


def _quoted_v6(ident: int, kinds: Kinds) -> list[tuple[int, int, int, int]]:
    """The same behind a quoted IPv6 header, whose length is fixed."""
    inner = _ICMP_HEADER + _IP6_HEADER
    return [
        (_LDB, 0, 0, _ICMP_HEADER + 6),  # next header
        (_JEQ, 0, 5, socket.IPPROTO_ICMPV6),
        (_LDB, 0, 0, inner),
        (_JEQ, 0, 3, kinds.request),
        (_LDH, 0, 0, inner + 4),
        (_JEQ, 0, 1, ident),
        (_RET, 0, 0, _WHOLE_PACKET),
    ]
