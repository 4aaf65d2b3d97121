"""The ID token of an OpenID provider: whose signature it has, and what of it may be believed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from monitor.access.errors import Refused
from monitor.config import OidcSettings

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: never ``none``, and none that our own secret could make."""

LEEWAY: Final = 60_000
"""Milliseconds by which its clock may differ from ours."""

_KEPT: Final = 3_600_000
_ASK_AGAIN: Final = 60_000
"""Nobody makes us ask for keys more often, by tokens that name unknown ones."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says that we make use of."""

    subject: str
    name: str
    groups: frozenset[str]


class Keys:
    """The provider's public keys, as it published them last."""

    def __init__(self) -> None:
        self._keys: KeySet | None = None
        self._read_at = 0

    async def of(self, token: str, fetch: Callable[[], Awaitable[Mapping[str, Any]]], now: int) -> KeySet:
        """Keys that this token may be signed by: read again when they are old, or do not have its key.

        Raises Refused (401) for what is no token, and whatever ``fetch`` raises.
        """
        age = now - self._read_at
        if self._keys is None or age >= _KEPT or (age >= _ASK_AGAIN and not _has(self._keys, token)):
            try:
                self._keys = KeySet.import_key_set({"keys": _listed(await fetch())})
            except (JoseError, ValueError, KeyError, TypeError) as error:  # keys that are none
                log.warning("the keys of the OpenID provider cannot be read", error=type(error).__name__)
                raise Refused(
                    503, "身份认证服务暂不可用", "the OpenID provider cannot be used just now"
                ) from error
            self._read_at = now
        return self._keys


def _listed(said: Mapping[str, Any]) -> list[Any]:
    keys = said["keys"]
    if not isinstance(keys, list):
        raise TypeError("no list of keys")
    # Keys to encrypt with are none of ours (RFC 7517 §4.2).
    return [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]


def _has(keys: KeySet, token: str) -> bool:
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise _no_token("no JWS") from error
    return kid is None or any(key.kid == kid for key in keys)


def claims_of(token: str, keys: KeySet, settings: OidcSettings, nonce: str, now: int) -> Claims:
    """What it says, if it is the provider's, for us, for this login, and of now.

    OpenID Connect Core 1.0 §3.1.3.7. Raises Refused (401).
    """
    try:
        said = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise _no_token(type(error).__name__) from error
    wrong = _wrong_of(said, settings, nonce, now)
    if wrong:
        raise _no_token(wrong)
    subject = str(said["sub"])
    name = next((said[key] for key in ("name", "preferred_username") if _is_text(said.get(key))), subject)
    return Claims(subject, name[:100], _groups(said, settings.claim))


def _wrong_of(said: Mapping[str, Any], settings: OidcSettings, nonce: str, now: int) -> str:
    """Which claim is not as it must be; empty: none."""
    audience = said.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires, issued = _millis(said.get("exp")), _millis(said.get("iat"))
    checks = {
        "iss": said.get("iss") == settings.issuer,
        "aud": settings.client in audiences,
        "azp": said.get("azp", settings.client) == settings.client and (len(audiences) == 1 or "azp" in said),
        "exp": expires is not None and expires + LEEWAY > now,
        "iat": issued is not None and issued - LEEWAY <= now,
        "nonce": said.get("nonce") == nonce,
        "sub": _is_text(said.get("sub")) and len(str(said["sub"])) <= 255,
    }
    return next((claim for claim, is_right in checks.items() if not is_right), "")


def _groups(said: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The values of a claim, which may lie in others: ``realm_access.roles``, as Keycloak has it."""
    value: Any = said.get(claim)
    if value is None:
        value = said
        for part in claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [value]
    return frozenset(each for each in values if isinstance(each, str))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _millis(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value * 1000 if is_number else None


def _no_token(why: str) -> Refused:
    log.warning("the OpenID provider's token is not to be believed", why=why)
    return Refused(401, "身份认证未通过", "the OpenID provider's word cannot be believed")
