"""How other commands of this machine ask the running monitor."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

PATIENCE: Final = 5.0


class MonitorAwayError(Exception):
    """Nobody answers for a data directory. ``url``: where one listens and says nothing; else none runs."""

    def __init__(self, url: str = "") -> None:
        super().__init__(f"the monitor at {url} does not answer" if url else "no monitor is running")
        self.url = url


@dataclass(frozen=True, slots=True)
class Note:
    """Where a monitor of this machine listens, and what lets us in. ``certificate``: its own, a file."""

    url: str
    token: str = field(repr=False)
    certificate: str | None = None

    def open(self, path: str) -> Any:
        """Ask it, past every proxy of the environment. By TLS only whoever has the certificate answers."""
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.certificate is not None:
            handlers.append(urllib.request.HTTPSHandler(context=_pinned(self.certificate)))
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            self.url + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        return urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE)


def _pinned(certificate: str) -> ssl.SSLContext:
    """It is made for the name that people use, not for the address of this machine."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def note_of(data: Path) -> Note | None:
    """What the monitor with this data directory has left there; None when none runs."""
    try:
        note = json.loads((data / "monitor.json").read_text())
        return Note(str(note["url"]), str(note["token"]), note.get("certificate"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not there, just being replaced, or of another version


def monitor_url(data: Path) -> str | None:
    """Where the monitor with this data directory listens; None when none runs."""
    note = note_of(data)
    return None if note is None else note.url


def fetch_status(data: Path) -> dict[str, Any]:
    """What the monitor with this data directory says now. Raises MonitorAwayError."""
    note = note_of(data)
    if note is None:
        raise MonitorAwayError
    try:
        with note.open("/api/v1/status") as reply:
            said = json.load(reply)
    except TimeoutError as error:
        raise MonitorAwayError(note.url) from error
    except (OSError, HTTPException, ValueError) as error:
        # Gone since it wrote its note, or somebody else's port by now, who need not speak HTTP.
        late = isinstance(error, urllib.error.URLError) and isinstance(error.reason, TimeoutError)
        raise MonitorAwayError(note.url if late else "") from error
    if not isinstance(said, dict) or "networks" not in said:
        raise MonitorAwayError
    return said


def ask_status(data: Path) -> dict[str, Any] | None:
    """The same for those who ask again anyway: None when nobody answers."""
    try:
        return fetch_status(data)
    except MonitorAwayError:
        return None


def is_ready(data: Path) -> tuple[bool, str]:
    """Whether every configured shard has been seen, and what is still awaited."""
    note = note_of(data)
    if note is None:
        return False, "monitor"
    try:
        with note.open("/readyz") as reply:
            reply.read()
            return True, ""
    except urllib.error.HTTPError as error:
        return False, error.read(2000).decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        return False, str(error)
