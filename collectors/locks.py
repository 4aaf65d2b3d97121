"""Logins that a device refused once, and that are not tried again until somebody changes them.

Cameras lock accounts and whole IP addresses after a few wrong logins, and a recorder's lock shuts out
the real platform too. So one refusal stops the login for that watch, and refusals by three devices
stop the credential everywhere in this collector. Both survive a restart; a changed credential frees them.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from monitor.config import Credential

ENOUGH = 3
"""Devices that refuse a credential before nobody is asked with it any more."""

LOCK_KEY = "lock:"
"""Prefix of refused logins in the memory beside the outbox."""

KEY_SIZE = 32


def lock_key(data: Path) -> bytes:
    """The secret of this data directory, made when it is first asked for, readable by its owner alone.

    With a key that others know, a fingerprint would tell them whether they guessed a password. Raises
    OSError.
    """
    path = data / "locks.key"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        key = path.read_bytes()
        if len(key) == KEY_SIZE:
            return key
        path.unlink()  # cut short by a full disk: nothing was kept with it
    handle, name = tempfile.mkstemp(prefix="locks-", dir=data)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_SIZE))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another collector was as far: the first one's key is everybody's
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()
    return path.read_bytes()


class Locks:
    """Which (watch, probe) must not use which credential. Remembered as fingerprints, never in clear."""

    def __init__(self, credentials: Mapping[str, Credential], memory: Mapping[str, str], key: bytes) -> None:
        self._key = key
        self._prints = self._fingerprints(credentials)
        self._refused: dict[str, str] = {
            key.removeprefix(LOCK_KEY): value for key, value in memory.items() if key.startswith(LOCK_KEY)
        }

    def renew(self, credentials: Mapping[str, Credential], used: Mapping[str, str]) -> dict[str, str | None]:
        """Take over new credentials; ``used`` says which one each place logs in with now.

        A refusal ends with its login: when that has changed, or the place does not use it any more.
        Returns the memory to write.
        """
        self._prints = self._fingerprints(credentials)
        now = {place: self._prints.get(name) for place, name in used.items()}
        freed = [place for place, refused in self._refused.items() if refused != now.get(place)]
        for place in freed:
            del self._refused[place]
        return {LOCK_KEY + place: None for place in freed}

    def locked(self, place: str, credential: str) -> bool:
        """Whether ``place`` must not log in with ``credential``."""
        refused = self._refused.get(place)
        return (refused is not None and refused == self._prints.get(credential)) or (
            credential in self.exhausted()
        )

    def refuse(self, place: str, credential: str) -> dict[str, str | None]:
        """A device refused. Returns the memory to write."""
        self._refused[place] = used = self._prints[credential]
        return {LOCK_KEY + place: used}

    def exhausted(self) -> frozenset[str]:
        """Credentials that so many devices refused that they are used nowhere any more."""
        counts = Counter(self._refused.values())
        return frozenset(name for name, used in self._prints.items() if counts[used] >= ENOUGH)

    def _fingerprints(self, credentials: Mapping[str, Credential]) -> dict[str, str]:
        return {name: one.fingerprint(self._key) for name, one in credentials.items()}
