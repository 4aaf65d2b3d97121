"""When an X.509 certificate ends, read from its DER with the least that this takes.

Devices sign their own certificates, so they are not verified; Python then tells nothing of them
but their bytes. RFC 5280 §4.1: Certificate → TBSCertificate → Validity → notAfter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17
_GENERALIZED_TIME: Final = 0x18
_LONG_FORM: Final = 0x80
_MAX_LENGTH_BYTES: Final = 4

_MOMENT: Final = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")


class _NotDerError(ValueError):
    """These bytes are no certificate."""


def expires(certificate: bytes) -> int | None:
    """The end of validity in seconds since 1970; None when the bytes do not say. Any bytes are safe."""
    try:
        return _seconds(*_not_after(certificate))
    except _NotDerError:
        return None


def _not_after(certificate: bytes) -> tuple[int, bytes]:
    """(tag, text) of notAfter. Raises _NotDerError."""
    body, _ = _enter(certificate, 0, len(certificate))
    tbs, tbs_end = _enter(certificate, body, len(certificate))
    place = tbs
    if certificate[place : place + 1] == bytes([_VERSION]):
        place = _element(certificate, place, tbs_end)[2]
    for _skipped in ("serial number", "signature algorithm", "issuer"):
        place = _element(certificate, place, tbs_end)[2]
    validity, validity_end = _enter(certificate, place, tbs_end)
    after_not_before = _element(certificate, validity, validity_end)[2]
    tag, start, end = _element(certificate, after_not_before, validity_end)
    return tag, certificate[start:end]


def _enter(data: bytes, place: int, limit: int) -> tuple[int, int]:
    """Start and end of what a SEQUENCE holds. Raises _NotDerError."""
    tag, start, end = _element(data, place, limit)
    if tag != _SEQUENCE:
        raise _NotDerError("a sequence was expected")
    return start, end


def _element(data: bytes, place: int, limit: int) -> tuple[int, int, int]:
    """(tag, start of content, end of content) of the element at ``place``. Raises _NotDerError."""
    if place + 2 > limit:
        raise _NotDerError("cut off")
    tag, length = data[place], data[place + 1]
    start = place + 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        if not 0 < count <= _MAX_LENGTH_BYTES:
            raise _NotDerError("no such length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > limit:
        raise _NotDerError("longer than what holds it")
    return tag, start, start + length


def _seconds(tag: int, text: bytes) -> int:
    """Raises _NotDerError."""
    if tag == _UTC_TIME:
        # RFC 5280 §4.1.2.5.1: two digits from 50 on are of the twentieth century.
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    elif tag != _GENERALIZED_TIME:
        raise _NotDerError("no moment")
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise _NotDerError("no moment")
    try:
        year, month, day, hour, minute, second = map(int, match.groups())
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError as error:  # a thirteenth month
        raise _NotDerError("no moment of the calendar") from error
