"""What people did with the system: who, what, to what, from where, and whether they were let. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"  # it may not be done, or not like this
    FAILED = "failed"  # a login that was none
    UNCLEAR = "unclear"  # it broke off: whether it was done, its target shows


@dataclass(frozen=True, slots=True)
class Action:
    """One line of the audit trail, at a moment in milliseconds.

    ``account``: who did it, as logged in or as said; empty for nobody. ``action``: what, as ``alert.ack``.
    ``target``: to what. ``address``: from where. ``facts``: what else is worth keeping; JSON, no credential.
    """

    at: int
    account: str
    action: str
    target: str
    outcome: Outcome
    address: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
