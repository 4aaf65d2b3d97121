"""What is refused, in words for whoever asked."""

from __future__ import annotations

from typing import Any


class Refused(Exception):  # noqa: N818 - it is an answer, no failure
    """Something is not done, and why: in both languages, and as a status of HTTP (RFC 9110 §15).

    ``after``: seconds after which it may be tried again. ``more``: further fields for programs. It holds
    no credential.
    """

    def __init__(self, status: int, zh: str, en: str, *, after: float | None = None, **more: Any) -> None:
        super().__init__(en)
        self.status = status
        self.zh = zh
        self.en = en
        self.after = after
        self.more = more
