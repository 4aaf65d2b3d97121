"""Passwords: what is good enough, and how they are kept (argon2id, RFC 9106)."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.access.errors import Refused

KINDS: Final = 3
"""Of lower case, upper case, digits and the rest, a password has so many …"""

LONG: Final = 20
"""… unless it is so long."""

LONGEST: Final = 256
REMEMBERED: Final = 5
"""So many former passwords are not taken again."""

_COMMON: Final = (
    "password",
    "passw0rd",
    "admin",
    "quanshi",
    "qwerty",
    "123456",
    "abc123",
    "letmein",
    "welcome",
)
_MIXED: Final = 3
_AT_ONCE: Final = 2
"""A hash takes 64 MiB and 50 ms: more at a time would only wait for each other."""


@dataclass(frozen=True, slots=True)
class Policy:
    """``length``: the fewest characters. ``age``: seconds after which it must be changed, 0: never."""

    length: int = 12
    age: float = 90 * 86_400.0


def check(password: str, account: str, policy: Policy) -> None:
    """Raises Refused (400) for a password that is not good enough, saying what is missing."""
    if not policy.length <= len(password) <= LONGEST:
        raise Refused(
            400,
            f"密码长度须为 {policy.length}–{LONGEST} 个字符",
            f"a password has {policy.length} to {LONGEST} characters",
        )
    if len(password) < LONG and len(_kinds(password)) < KINDS:
        raise Refused(
            400,
            f"密码须含大写、小写、数字、符号中的 {KINDS} 种，或不少于 {LONG} 个字符",
            f"a password has {KINDS} of: upper case, lower case, digits, signs; or {LONG} characters",
        )
    plain = unicodedata.normalize("NFKC", password).casefold()
    guessed = [word for word in (account.casefold(), *_COMMON) if len(word) >= _MIXED and word in plain]
    # A long password may well hold a common word; a short one that is little more than that is none.
    if (
        any(len(plain) - len(word) < policy.length // 2 + 2 for word in guessed)
        or len(set(plain)) < _MIXED + 2
    ):
        raise Refused(
            400,
            "密码过于简单：不能由账号名、常见词或少数几个字符组成",
            "too easy to guess: not the account's name, a common word or a few characters",
        )


def _kinds(password: str) -> set[str]:
    def kind(character: str) -> str:
        if character.isdigit():
            return "digit"
        if character.islower():
            return "lower"
        return "upper" if character.isupper() else "sign"

    return {kind(character) for character in password}


class Hasher:
    """Makes and checks hashes in threads, a few at a time. The arguments are argon2's own."""

    def __init__(self, time_cost: int = 3, memory_cost: int = 65_536, parallelism: int = 1) -> None:
        self._hasher = PasswordHasher(time_cost, memory_cost, parallelism)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password. ``kept`` None (there is no such account) takes as long."""
        if kept is None:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            await self._verify(self._nobody, password)
            return False
        return await self._verify(kept, password)

    async def _verify(self, kept: str, password: str) -> bool:
        async with self._turns:
            try:
                return await asyncio.to_thread(self._hasher.verify, kept, password)
            except (VerificationError, InvalidHashError):
                return False

    def is_old(self, kept: str) -> bool:
        """Whether it was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(kept)
