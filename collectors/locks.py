"""Logins that a device refused once, and that are not tried again until somebody changes them.

Cameras lock accounts and whole IP addresses after a few wrong logins, and a recorder's lock shuts out
the real platform too. So one refusal stops the login for that watch, and refusals by three devices
stop the credential everywhere in this collector. Both survive a restart; a changed credential frees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitor.config import Credential

ENOUGH = 3
"""Devices that refuse a credential before nobody is asked with it any more."""

_PREFIX = "lock:"
_SALT = b"quanshi credential lock"


class Locks:
    """Which (watch, probe) must not use which credential. Remembered as fingerprints, never in clear."""

    def __init__(self, credentials: Mapping[str, Credential], memory: Mapping[str, str]) -> None:
        self._prints = {name: one.fingerprint(_SALT) for name, one in credentials.items()}
        self._refused: dict[str, str] = {
            key.removeprefix(_PREFIX): value for key, value in memory.items() if key.startswith(_PREFIX)
        }

    def renew(self, credentials: Mapping[str, Credential]) -> dict[str, str | None]:
        """Take over new credentials; what was refused under an old one is free. The memory to write."""
        self._prints = {name: one.fingerprint(_SALT) for name, one in credentials.items()}
        current = set(self._prints.values())
        freed = [place for place, refused in self._refused.items() if refused not in current]
        for place in freed:
            del self._refused[place]
        return {_PREFIX + place: None for place in freed}

    def locked(self, place: str, credential: str) -> bool:
        """Whether ``place`` must not log in with ``credential``."""
        used = self._prints.get(credential)
        return self._refused.get(place) == used or credential in self.exhausted()

    def refuse(self, place: str, credential: str) -> dict[str, str | None]:
        """A device refused. Returns the memory to write."""
        self._refused[place] = used = self._prints[credential]
        return {_PREFIX + place: used}

    def exhausted(self) -> Iterable[str]:
        """Credentials that so many devices refused that they are used nowhere any more."""
        counts: dict[str, int] = {}
        for refused in self._refused.values():
            counts[refused] = counts.get(refused, 0) + 1
        return [name for name, used in self._prints.items() if counts.get(used, 0) >= ENOUGH]
