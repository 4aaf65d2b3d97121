"""What can be wrong with the file of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from monitor.trouble import Said

SHOWN: Final = 20
"""So many flaws of one kind are named."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it was made: where, and what is wrong there."""

    place: str
    what: Said
