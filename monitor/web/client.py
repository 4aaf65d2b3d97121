"""How other commands of this machine ask the running monitor."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

PATIENCE: Final = 5.0

_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past every proxy of the environment: we ask this machine."""


class MonitorAwayError(Exception):
    """Nobody answers for a data directory. ``url``: where one listens and says nothing; else none runs."""

    def __init__(self, url: str = "") -> None:
        super().__init__(f"the monitor at {url} does not answer" if url else "no monitor is running")
        self.url = url


def monitor_url(data: Path) -> str | None:
    """Where the monitor with this data directory listens; None when none runs."""
    try:
        note = json.loads((data / "monitor.json").read_text())
    except (OSError, ValueError):  # not there, or just being replaced
        return None
    url = note.get("url") if isinstance(note, dict) else None
    return url if isinstance(url, str) else None


def fetch_status(data: Path) -> dict[str, Any]:
    """What the monitor with this data directory says now. Raises MonitorAwayError."""
    url = monitor_url(data)
    if url is None:
        raise MonitorAwayError
    try:
        with _DIRECT.open(f"{url}/api/v1/status", timeout=PATIENCE) as reply:
            said = json.load(reply)
    except TimeoutError as error:
        raise MonitorAwayError(url) from error
    except (OSError, HTTPException, ValueError) as error:
        # Gone since it wrote its note, or somebody else's port by now, who need not speak HTTP.
        late = isinstance(error, urllib.error.URLError) and isinstance(error.reason, TimeoutError)
        raise MonitorAwayError(url if late else "") from error
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
    url = monitor_url(data)
    if url is None:
        return False, "monitor"
    try:
        with _DIRECT.open(f"{url}/readyz", timeout=PATIENCE) as reply:
            reply.read()
            return True, ""
    except urllib.error.HTTPError as error:
        return False, error.read(2000).decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        return False, str(error)
