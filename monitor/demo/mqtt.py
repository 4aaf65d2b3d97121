"""The few packets of MQTT 3.1.1 that a device needs to be heard: bytes only, no socket."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

PING: Final = b"\xc0\x00"
GOODBYE: Final = b"\xe0\x00"

CONNACK, PUBACK, PINGRESP = 2, 4, 13


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we are gone without :data:`GOODBYE`."""

    topic: str
    payload: bytes


def connect(client_id: str, keep_alive: int, will: Will) -> bytes:
    """CONNECT with a clean session and a will of QoS 1, not retained."""
    clean, has_will, qos_1 = 0x02, 0x04, 0x08
    head = _text("MQTT") + bytes([4, clean | has_will | qos_1]) + struct.pack(">H", keep_alive)
    return _packet(0x10, head + _text(client_id) + _text(will.topic) + _blob(will.payload))


def publish(topic: str, payload: bytes) -> bytes:
    """PUBLISH with QoS 0: the next heartbeat is the repeat of a lost one."""
    return _packet(0x30, _text(topic) + payload)


def packets(buffer: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole packets in ``buffer`` as (type, body), and the bytes that are left.

    Raises ValueError for a length that no packet can have.
    """
    found = []
    while (size := _size(buffer)) is not None and len(buffer) >= sum(size):
        start, length = size
        found.append((buffer[0] >> 4, buffer[start : start + length]))
        buffer = buffer[start + length :]
    return found, buffer


def _size(buffer: bytes) -> tuple[int, int] | None:
    """Bytes of the fixed header and of the rest; None while the length is not complete."""
    length = 0
    for position, byte in enumerate(buffer[1:5]):
        length |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return position + 2, length
    if len(buffer) >= 5:
        raise ValueError("MQTT remaining length runs over four bytes")
    return None


def _packet(first: int, rest: bytes) -> bytes:
    length, encoded = len(rest), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(encoded) + rest


def _text(text: str) -> bytes:
    return _blob(text.encode())


def _blob(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
