"""What sources tell about watches, until it is known whether that can be believed.

A word that takes a watch down needs no second one to confirm it. So that doubt comes before it all the
same, it waits a moment to see whether it is alone: when our own uplink is cut, or a broker's, the last
wills of a whole city are fired, and the first of them is as false as the last. It waits for as long as the
collector doubts its own footing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from collectors.wards import Ward
from monitor.model.observations import Observation, Weight

ALONE: Final = 2
"""Looks around, one for each tick, without another such word: then what waits was no storm's beginning.
Looks and not seconds: when this process was kept from running, so was whatever it would have heard."""

LONGEST: Final = 6
"""Looks after which a word is believed though others keep coming: it shall be known within a second."""


class Hearsay:
    """Keeps words about each of ``wards`` in their order; ``hear`` gets those that are believed.

    ``regained`` is called when nobody could be heard until now: whatever was said, silence begins anew.
    Once a tick :meth:`lost` is asked, then the footing knows of the words, then :meth:`release` is called.
    """

    def __init__(self, wards: Mapping[str, Ward], hear: Callable[[Ward, Observation], None]) -> None:
        self.regained: Callable[[], None] = _nobody_listens
        self._wards = wards
        self._hear = hear
        self._waiting: dict[str, list[Observation]] = {}
        self._since: dict[str, int] = {}
        self._fresh: set[str] = set()
        self._look = self._newest = 0
        self._doubted = False

    def take(self, node: str, seen: Observation) -> bool:
        """Whether that is about a ward of ours; then it is heard, or waits."""
        ward = self._find(node, seen)
        if ward is None:
            return False
        hard = seen.cause.weight is Weight.HARD
        if node in self._waiting:
            self._waiting[node].append(seen)
        elif hard:
            self._waiting[node], self._since[node] = [seen], self._look
            if _loses(ward, seen):
                self._fresh.add(node)
        else:
            self._hear(ward, seen)
        return True

    def still(self, node: str, seen: Observation) -> None:
        """What took a ward down was so until later, too: no news, but the moment of its end is known better.

        No proof is what was heard in doubt: we may have been cut off from all of them.
        """
        ward = self._find(node, seen)
        if ward is None or self._doubted or node in self._waiting:
            return
        if ward.judge.tracks[seen.probe].standing is Weight.HARD:
            self._hear(ward, seen)

    def lost(self) -> int:
        """How many wards were good until a word that came since the last call."""
        fresh, self._fresh = self._fresh, set()
        self._look += 1
        if fresh:
            self._newest = self._look
        return len(fresh)

    def release(self, *, holding: bool, blind: bool) -> None:
        """Let go what waited long enough. What would take watches down is dropped while we are blind."""
        self._doubted = holding or blind
        if not self._waiting or (holding and not blind):
            return
        at_once = blind or self._look - self._newest >= ALONE
        for node in [node for node, since in self._since.items() if at_once or self._look - since >= LONGEST]:
            del self._since[node]
            for seen in self._waiting.pop(node):
                ward = self._find(node, seen)
                if ward is not None and not (blind and seen.cause.weight is Weight.HARD):
                    self._hear(ward, seen)

    def _find(self, node: str, seen: Observation) -> Ward | None:
        ward = self._wards.get(node)
        return ward if ward is not None and seen.probe in ward.judge.tracks else None


def _loses(ward: Ward, seen: Observation) -> bool:
    """Whether a hard word is news of a ward that was good."""
    good = ward.judge.tracks[seen.probe].standing in (Weight.GOOD, Weight.SOFT)
    return good and not ward.judge.missing


def _nobody_listens() -> None:
    """There is no source."""
