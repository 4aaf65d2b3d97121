"""Logins that a device refused once, and that are not tried again until somebody changes them.

Cameras lock accounts and whole IP addresses after a few wrong logins, and a recorder's lock shuts out
the real platform too. So one refusal stops the login for that device, and refusals by three devices
stop the credential everywhere in this collector. Both survive a restart; a changed credential frees them.
Only the place that was refused is at fault: elsewhere the login is not tried, and nobody degraded for it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from collectors.protocols.login import REJECTED, UNANSWERED, WITHHELD
from monitor.config import Credential
from monitor.model.observations import Verdict

ENOUGH = 3
"""Devices that refuse a credential before nobody is asked with it any more."""

LOCK_KEY = "lock:"
"""Prefix of refused logins in the memory beside the outbox."""

KEY_SIZE = 32

_UNANSWERED = " unanswered"
"""Follows the fingerprint of a login that was not refused in words."""


class Use(NamedTuple):
    """What a place logs in with, and on which device: two probes of one host are one device."""

    credential: str
    device: str


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
        self._used: Mapping[str, Use] = {}
        self._refused: dict[str, str] = {
            key.removeprefix(LOCK_KEY): value for key, value in memory.items() if key.startswith(LOCK_KEY)
        }
        self._devices = self._refusing_devices()

    def renew(self, credentials: Mapping[str, Credential], used: Mapping[str, Use]) -> dict[str, str | None]:
        """Take over new credentials; ``used`` says which one each place logs in with now.

        A refusal ends with its login: when that has changed, or the place does not use it any more.
        Returns the memory to write.
        """
        self._prints = self._fingerprints(credentials)
        self._used = used
        freed = [place for place in self._refused if not self._uses_still(place)]
        for place in freed:
            del self._refused[place]
        self._devices = self._refusing_devices()
        return {LOCK_KEY + place: None for place in freed}

    def refused(self, place: str, credential: str) -> bool:
        """Whether ``credential`` was refused at this very place, or got no answer there."""
        text = self._refused.get(place)
        return text is not None and text.removesuffix(_UNANSWERED) == self._prints.get(credential)

    def refuse(self, place: str, credential: str, *, unanswered: bool = False) -> dict[str, str | None]:
        """A device refused, or never answered. Returns the memory to write."""
        self._refused[place] = text = self._prints[credential] + (_UNANSWERED if unanswered else "")
        self._devices = self._refusing_devices()
        return {LOCK_KEY + place: text}

    def instead(self, place: str, credential: str) -> Verdict | None:
        """What ``place`` shall say instead of logging in with ``credential``; None: it may log in."""
        if self.refused(place, credential):
            return UNANSWERED if self._refused[place].endswith(_UNANSWERED) else REJECTED
        devices = self._devices.get(self._prints.get(credential, ""), set())
        return WITHHELD if len(devices) >= ENOUGH or self._device(place) in devices else None

    def exhausted(self, credential: str) -> bool:
        """Whether so many devices refused this credential that it is used nowhere any more."""
        return len(self._devices.get(self._prints.get(credential, ""), ())) >= ENOUGH

    def _uses_still(self, place: str) -> bool:
        used = self._used.get(place)
        return used is not None and self.refused(place, used.credential)

    def _refusing_devices(self) -> Mapping[str, set[str]]:
        """Which devices refused a login, by its fingerprint. Silence may have other reasons: it is none."""
        devices: defaultdict[str, set[str]] = defaultdict(set)
        for place, text in self._refused.items():
            if not text.endswith(_UNANSWERED):
                devices[text].add(self._device(place))
        return devices

    def _device(self, place: str) -> str:
        used = self._used.get(place)
        return place.rpartition("/")[0] if used is None else used.device

    def _fingerprints(self, credentials: Mapping[str, Credential]) -> dict[str, str]:
        return {name: one.fingerprint(self._key) for name, one in credentials.items()}
