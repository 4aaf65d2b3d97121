"""How other commands of this machine ask the running monitor."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PATIENCE = 5.0


def monitor_url(data: Path) -> str | None:
    """Where the monitor with this data directory listens; None when none runs."""
    try:
        note = json.loads((data / "monitor.json").read_text())
    except (OSError, ValueError):  # not there, or just being replaced
        return None
    url = note.get("url") if isinstance(note, dict) else None
    return url if isinstance(url, str) else None


def ask_status(data: Path) -> dict[str, Any] | None:
    """What the monitor with this data directory says now; None when none answers."""
    url = monitor_url(data)
    if url is None:
        return None
    try:
        with urllib.request.urlopen(f"{url}/api/v1/status", timeout=PATIENCE) as reply:  # noqa: S310 - our own note
            said = json.load(reply)
    except (OSError, ValueError):  # gone since it wrote its note, or somebody else's port by now
        return None
    return said if isinstance(said, dict) else None


def is_ready(data: Path) -> tuple[bool, str]:
    """Whether every configured shard has been seen, and what is still awaited."""
    url = monitor_url(data)
    if url is None:
        return False, "monitor"
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE) as reply:  # noqa: S310 - our own note
            reply.read()
            return True, ""
    except urllib.error.HTTPError as error:
        return False, error.read(2000).decode(errors="replace").strip()
    except OSError as error:
        return False, str(error)
