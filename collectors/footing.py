"""Whether the collector still stands on its own feet, or has itself lost the network.

Pure: the role brings time, counts and the witnesses' answers. How to drive it, once a tick::

    footing.tick(now, good, bad, lost)   # what was answered since the last tick
    if footing.ask_witnesses:            # ask them now; the flag stands for this one tick
        …later, once for each round: footing.witness(now, answered)
    footing.holding                      # withhold what would take watches down
    footing.blind, footing.blind_since   # compare with before to see that it turned

``good`` and ``bad`` count answers; ``lost`` counts those of the bad ones by which a watch that had been
answering first failed to (:attr:`Judge.missing` turns from false to true). Watches that were dead before
do not matter: half of what *was* there must go.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

SPAN: Final = 3_000
"""Milliseconds of answers that are a fair sample of the shard, since phases are spread by hash. No longer
than a fault takes to be confirmed, so that doubt comes first."""

PATIENCE: Final = 3_000
"""Milliseconds after which witnesses that nobody reported on count as silent."""

ASK_EVERY: Final = 1_000
"""Milliseconds between two questions to the witnesses while blind."""

QUIET: Final = 2_000
"""Milliseconds from one question to the next while losses go on that the witnesses have explained. Losses of
that time are weighed when it ends, and it is shorter than :data:`SPAN`: the next doubt may be well founded,
and comes in time all the same."""

SAMPLE: Final = 50
"""Answers, or one from each watch, that are enough to say that sight has returned."""


class Stand(Enum):
    SURE = "sure"
    ASKING = "asking"
    BLIND = "blind"


class _Counts(NamedTuple):
    at: int
    good: int
    bad: int
    lost: int


class Footing:
    """Doubts itself when more than ``share`` of the answering watches of a shard fail at once. Then its
    witnesses decide; it is blind where none of them answers, or there are none. Where there are none, at
    least ``least`` must fail: two cameras may well die together. Blindness ends when a witness answers, and
    when enough of the shard does: a witness may be what is dead.

    ``interval`` (seconds) is how far back losses count as "at once" in a shard too small to be sampled:
    the longest usual pause between two questions to a watch.
    """

    def __init__(
        self, watches: int, witnesses: int, share: float, least: int, interval: float = 60.0
    ) -> None:
        self.share = share
        self.least = least
        self.interval = round(1000 * interval)
        self.stand = Stand.SURE
        self.ask_witnesses = False
        self.blind_since: int | None = None
        self._asked_at = 0
        self._unweighed = False
        self._now = 0
        self._last_good: int | None = None
        self._usual = 1.0
        self._counts: deque[_Counts] = deque()
        self.resize(watches, witnesses)

    def resize(self, watches: int, witnesses: int) -> None:
        """The inventory changed; what is known of the present stand stays."""
        self.watches = watches
        self.witnesses = witnesses

    @property
    def holding(self) -> bool:
        """Whether changes to down are withheld: they may be our own fault."""
        return self.stand is not Stand.SURE

    @property
    def blind(self) -> bool:
        return self.stand is Stand.BLIND

    def tick(self, now: int, good: int, bad: int, lost: int) -> None:
        """Take in what was answered since the last tick. ``now`` in milliseconds."""
        now = max(now, self._now)
        if good:
            # They came after the last tick: until then, at least, they prove that we saw.
            self._last_good = self._now or now
        self._now = now
        self._keep(_Counts(now, good, bad, lost))
        self.ask_witnesses = False
        if self.stand is Stand.SURE:
            # Only a new loss can make them many; a calm tick costs nothing.
            self._unweighed = self._unweighed or lost > 0
            if self._unweighed and now - self._asked_at >= QUIET:
                self._weigh()
        elif self.stand is Stand.ASKING:
            if now - self._asked_at >= PATIENCE:
                self._go_blind()
        elif self._sees_again():
            self._be_sure()
        elif self.witnesses:
            self._ask(ASK_EVERY)

    def witness(self, now: int, answered: bool) -> None:
        """The witnesses' word: one of them answered, or (false) none did and the round is over."""
        self._now = max(now, self._now)
        if answered and self.stand is not Stand.SURE:
            self._be_sure()
        elif not answered and self.stand is Stand.ASKING:
            self._go_blind()

    def _keep(self, counts: _Counts) -> None:
        self._counts.append(counts)
        while self._counts[0].at <= counts.at - self.interval:
            self._counts.popleft()

    def _ends(self, since: int) -> Iterator[_Counts]:
        """The sums of the newest counts: of the last one, the last two, … as far back as ``since``."""
        good = bad = lost = 0
        for counts in reversed(self._counts):
            if counts.at <= since:
                return
            good, bad, lost = good + counts.good, bad + counts.bad, lost + counts.lost
            yield _Counts(counts.at, good, bad, lost)

    def _weigh(self) -> None:
        """Doubt if more than the share of a fair sample was lost, or of all watches one after another."""
        self._unweighed = False
        if self.watches >= self._fewest and (self._sample_lost() or self._shard_lost()):
            self._doubt()

    @property
    def _fewest(self) -> int:
        """How many must be lost. Asking witnesses costs nothing, so that any number is enough for it."""
        return 1 if self.witnesses else self.least

    def _sample_lost(self) -> bool:
        recent = [counts for counts in self._counts if counts.at > self._now - SPAN]
        lost = sum(counts.lost for counts in recent)
        answers = lost + sum(counts.good for counts in recent)
        # Two standard deviations of a sample this small, lest chance alone make us doubt.
        return lost >= self._fewest and lost > self.share * answers + math.sqrt(answers)

    def _shard_lost(self) -> bool:
        enough = max(self._fewest - 1, self.share * self.watches)
        if sum(counts.lost for counts in self._counts) <= enough:
            return False
        ends = self._ends(self._now - self.interval)
        return any(end.lost > enough and end.lost > self.share * (end.good + end.lost) for end in ends)

    def _doubt(self) -> None:
        self.blind_since = self._now if self._last_good is None else self._last_good
        self._usual = self._usual_share()
        if self.witnesses:
            self.stand = Stand.ASKING
            self._ask(0)
        else:
            self._go_blind()

    def _usual_share(self) -> float:
        """The share of good answers apart from what is being lost now: some devices are always dead."""
        good = sum(counts.good for counts in self._counts)
        others = sum(counts.bad - counts.lost for counts in self._counts)
        return good / (good + others) if good and others > 0 else 1.0

    def _ask(self, pause: int) -> None:
        if self._now - self._asked_at >= pause:
            self._asked_at = self._now
            self.ask_witnesses = True

    def _go_blind(self) -> None:
        self.stand = Stand.BLIND
        self._counts.clear()

    def _sees_again(self) -> bool:
        """Whether answers are again as good as half of what was usual; in a sample, by more than chance."""
        wanted = (1 - self.share) * self._usual
        for end in self._ends(self._now - self.interval):
            answers = end.good + end.bad
            chance = 0.0 if answers >= self.watches else math.sqrt(answers)
            if answers >= min(self.watches, SAMPLE) and end.good > wanted * answers + chance:
                return True
        return False

    def _be_sure(self) -> None:
        self.stand = Stand.SURE
        self.blind_since = None
        self._unweighed = False
        self._counts.clear()
