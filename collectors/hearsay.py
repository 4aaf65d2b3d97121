"""What sources tell about watches, until it is known whether that can be believed.

A word that takes a watch down needs no second one to confirm it. So that doubt comes before it all the
same, it waits for the next tick, and for as long as the collector doubts its own footing: when our own
uplink is cut, a broker beside us fires the last wills of a whole city.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collectors.wards import Ward
from monitor.model.observations import Observation, Weight


class Hearsay:
    """Keeps words about ``wards`` in their order; ``hear`` gets those that are believed.

    ``regained`` is called when nobody could be heard until now: whatever was said, silence begins anew.
    """

    def __init__(self, wards: Mapping[str, Ward], hear: Callable[[Ward, Observation], None]) -> None:
        self.regained: Callable[[], None] = _nobody_listens
        self._wards = wards
        self._hear = hear
        self._waiting: list[tuple[str, Observation]] = []
        self._counted = 0

    def take(self, node: str, seen: Observation) -> bool:
        """Whether that is about a ward of ours; then it is heard, or waits."""
        ward = self._find(node, seen)
        if ward is None:
            return False
        if self._waiting or seen.cause.weight is Weight.HARD:
            self._waiting.append((node, seen))
        else:
            self._hear(ward, seen)
        return True

    def lost(self) -> int:
        """How many wards were good until a word that came since the last call."""
        fresh, self._counted = self._waiting[self._counted :], len(self._waiting)
        return len({node for node, seen in fresh if self._loses(node, seen)})

    def release(self, *, holding: bool, blind: bool) -> None:
        """Let go what waited. What would take watches down is dropped while we are blind."""
        if not self._waiting or (holding and not blind):
            return
        waiting, self._waiting = self._waiting, []
        self._counted = 0
        for node, seen in waiting:
            ward = self._find(node, seen)
            if ward is not None and not (blind and seen.cause.weight is Weight.HARD):
                self._hear(ward, seen)

    def _find(self, node: str, seen: Observation) -> Ward | None:
        ward = self._wards.get(node)
        return ward if ward is not None and seen.probe in ward.judge.tracks else None

    def _loses(self, node: str, seen: Observation) -> bool:
        ward = self._find(node, seen)
        if ward is None or ward.judge.missing or seen.cause.weight is not Weight.HARD:
            return False
        return ward.judge.tracks[seen.probe].standing in (Weight.GOOD, Weight.SOFT)


def _nobody_listens() -> None:
    """There is no source."""
