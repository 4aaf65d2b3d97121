"""HTTP authentication as RTSP and HTTP use it: challenges read, and answered with Digest or Basic.

RFC 7616 (Digest with MD5 and SHA-256, ``-sess``, ``qop=auth``), RFC 2069 (no ``qop``, as old devices
and GB/T 28181 platforms do), RFC 7617 (Basic).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from collectors.protocols.base import Login

_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_PARAMETER: Final = re.compile(rf"({_NAME})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]*))[\s,]*", re.DOTALL)
_SCHEME: Final = re.compile(rf"({_NAME})(?:[\s,]+|\Z)")
_UNREADABLE: Final = re.compile(r"[^\s,]*[\s,]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_HASHES: Final[Mapping[str, Callable[[str], str]]] = {"MD5": _md5, "SHA-256": _sha256}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One offer of a server. Scheme and parameter names are in lower case, values unquoted."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def stale(self) -> bool:
        """The login was right and only the nonce too old (RFC 7616 §3.3)."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def algorithm(self) -> str:
        """``MD5``, ``SHA-256`` or what else was named, without ``-SESS``."""
        return self.parameters.get("algorithm", "MD5").upper().removesuffix("-SESS")

    @property
    def session(self) -> bool:
        return self.parameters.get("algorithm", "").upper().endswith("-SESS")

    @property
    def quality(self) -> str:
        """``auth`` when the server offers it, else empty: RFC 2069, or something that we do not speak."""
        offers = self.parameters.get("qop", "").lower().replace(",", " ").split()
        return "auth" if "auth" in offers else ""


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Every challenge in these header values, in order. Anything unreadable is passed over."""
    found: list[Challenge] = []
    for value in values:
        found.extend(_challenges_in(value))
    return found


def _challenges_in(value: str) -> Iterable[Challenge]:
    """Scheme, then its parameters, then perhaps another scheme: the comma separates both alike."""
    current: dict[str, str] | None = None
    found: list[Challenge] = []
    place = 0
    while place < len(value):
        parameter = _PARAMETER.match(value, place)
        if parameter is not None and current is not None:
            name, quoted, bare = parameter.groups()
            current.setdefault(name.lower(), bare if quoted is None else _ESCAPED.sub(r"\1", quoted))
            place = parameter.end()
            continue
        scheme = _SCHEME.match(value, place)
        if scheme is None:
            # Past the whole word at once: a long one must not be looked at from each of its letters.
            place = _UNREADABLE.match(value, place).end()  # type: ignore[union-attr]  # it always matches
            continue
        current = {}
        found.append(Challenge(scheme[1].lower(), current))
        place = scheme.end()
    return found


def choose(challenges: Iterable[Challenge]) -> Challenge | None:
    """The strongest challenge that we can answer: SHA-256, then MD5, then Basic. None: there is none."""
    return min(filter(_is_answerable, challenges), key=_rank, default=None)


def _is_answerable(challenge: Challenge) -> bool:
    if challenge.scheme == "basic":
        return True
    known = challenge.scheme == "digest" and challenge.algorithm in _HASHES
    only_integrity = bool(challenge.parameters.get("qop")) and not challenge.quality
    return known and bool(challenge.parameters.get("nonce")) and not only_integrity


def _rank(challenge: Challenge) -> int:
    """0 is best."""
    if challenge.scheme == "basic":
        return 2
    return 0 if challenge.algorithm == "SHA-256" else 1


def authorization(challenge: Challenge, login: Login, method: str, uri: str, cnonce: str) -> str:
    """The value of the ``Authorization`` header for the first request under this nonce (``nc=00000001``)."""
    if challenge.scheme == "basic":
        pair = f"{login.user}:{login.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")
    given = challenge.parameters
    fields = [
        f"username={_quoted(login.user)}",
        f"realm={_quoted(given.get('realm', ''))}",
        f"nonce={_quoted(given['nonce'])}",
        f"uri={_quoted(uri)}",
        f'response="{digest_response(challenge, login, method, uri, cnonce)}"',
    ]
    # Only what was asked for is sent back: old devices stumble over parameters that they did not name.
    if "algorithm" in given:
        fields.append(f"algorithm={challenge.algorithm}{'-sess' if challenge.session else ''}")
    if challenge.quality:
        fields.append("qop=auth, nc=00000001")
    if challenge.quality or challenge.session:
        fields.append(f"cnonce={_quoted(cnonce)}")
    if "opaque" in given:
        fields.append(f"opaque={_quoted(given['opaque'])}")
    return "Digest " + ", ".join(fields)


def digest_response(challenge: Challenge, login: Login, method: str, uri: str, cnonce: str) -> str:
    """RFC 7616 §3.4.1, with ``nc=00000001``; without ``qop`` as RFC 2069 §2.1.1 has it."""
    digest = _HASHES[challenge.algorithm]
    nonce = challenge.parameters["nonce"]
    secret = digest(f"{login.user}:{challenge.parameters.get('realm', '')}:{login.password}")
    if challenge.session:
        secret = digest(f"{secret}:{nonce}:{cnonce}")
    request = digest(f"{method}:{uri}")
    if challenge.quality:
        return digest(f"{secret}:{nonce}:00000001:{cnonce}:auth:{request}")
    return digest(f"{secret}:{nonce}:{request}")


def _quoted(text: str) -> str:
    """A quoted string. Control characters are dropped: nothing that a device sends may end our line."""
    clean = _CONTROL.sub("", text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
