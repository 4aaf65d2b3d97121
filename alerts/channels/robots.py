"""What the robots of the three chat platforms have in common: HTTP 200 says nothing, the body does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.channels.base import PermanentError, TemporaryError
from alerts.channels.http import Http


def check(http: Http, data: Mapping[str, Any], code: str, text: str, busy: Mapping[int, float]) -> None:
    """Nothing when the body's code is 0. ``code`` and ``text`` are its keys.

    ``busy``: the codes after which another try helps, with the seconds to wait (0: nothing said). Raises
    TemporaryError for these, PermanentError for any other.
    """
    number = data.get(code)
    if number == 0:
        return
    said = http.clean(f"{code} {number}: {data.get(text, '')}")
    if not isinstance(number, int):
        # Somebody else's answer, a gateway's perhaps.
        raise TemporaryError(said)
    if number in busy:
        raise TemporaryError(said, busy[number] or None)
    raise PermanentError(said)
