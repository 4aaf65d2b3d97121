"""One-time codes of an authenticator: RFC 6238 with the usual choices (SHA-1, 30 s, six digits)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Final
from urllib.parse import quote, urlencode

STEP: Final = 30
DIGITS: Final = 6
SLACK: Final = 1
"""Steps by which the two clocks may differ."""

_BYTES: Final = 20


def new_secret() -> str:
    """Base32, as authenticators take it."""
    return base64.b32encode(secrets.token_bytes(_BYTES)).decode()


def uri(secret: str, account: str, issuer: str) -> str:
    """What an authenticator reads from a picture, or is given by hand."""
    label = quote(f"{issuer}:{account}", safe=":")
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)  # a plus is shown as one
    return f"otpauth://totp/{label}?{query}"


def code(secret: str, step: int) -> str:
    """The code of a step (RFC 4226 §5.3). Raises ValueError for a secret that is no base32."""
    try:
        key = base64.b32decode(secret)
    except binascii.Error as error:
        raise ValueError("the secret is no base32") from error
    digest = hmac.digest(key, step.to_bytes(8), "sha1")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, given: str, now: int, last: int) -> int | None:
    """The step whose code was given at ``now`` (milliseconds); None if it is none that may be used.

    ``last``: the step that was used last. Each is good once (RFC 6238 §5.2).
    """
    present = now // 1000 // STEP
    for step in range(present - SLACK, present + SLACK + 1):
        if step > last and hmac.compare_digest(code(secret, step).encode(), given.encode()):
            return step
    return None
