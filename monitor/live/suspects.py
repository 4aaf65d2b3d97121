"""Who failed together: the common causes that nobody can ask. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from monitor.config.settings import OutageSettings
from monitor.live.cases import Down
from monitor.live.topology import Topology, Watch
from monitor.model.outages import Common

LEAST_IN_COMMON: Final = 10
"""Fewer that share a region, a contractor or a network are a coincidence."""


_WIDE: Final = tuple(common.root("") for common in Common)


class Suspects:
    """Remembers, for everything that watches have in common, which of them fell lately.

    What is under maintenance has a reason of its own, and is no sign of another.
    """

    def __init__(
        self, topology: Topology, settings: OutageSettings, is_maintained: Callable[[Watch], bool]
    ) -> None:
        self._topology = topology
        self._is_maintained = is_maintained
        self._share, self._least = settings.share, settings.least
        self._within = round(1000 * settings.within)
        self._fallen: defaultdict[Watch, dict[Watch, Down]] = defaultdict(dict)

    def fell(self, down: Down) -> None:
        if self._is_maintained(down.watch):
            return
        for root in self._topology.common(down.watch):
            self._fallen[root, down.watch[1]][down.watch] = down

    def stood_up(self, watch: Watch) -> None:
        """It answers again, or another cause is known for sure."""
        if watch in self._topology.watched:
            for root in self._topology.common(watch):
                self._fallen[root, watch[1]].pop(watch, None)

    def found(
        self, down: Down, is_doubtful: Callable[[Down], bool], is_mute: Callable[[Watch], bool]
    ) -> Iterator[tuple[str, list[Down]]]:
        """The roots that may be behind this fall, the most specific first, with all that fell for them.

        ``is_doubtful``: whether one that fell may be a part of this. ``is_mute``: whether nobody knows how a
        parent is; of the others that is known, and suspecting them is needless.
        """
        network, parents = down.watch[1], self._topology.parents(down.watch)
        for root in self._topology.common(down.watch):
            if root in parents and not is_mute((root, network)):
                continue
            fallen = self._fallen[root, network]
            self._forget(fallen, down.at)
            least = max(self._least_of(root), self._share * self._topology.totals[root, network])
            if len(fallen) < least:
                continue
            since = down.at - self._within
            together = [each for each in fallen.values() if each.at >= since and is_doubtful(each)]
            if len(together) >= least:
                yield root, together

    def _least_of(self, root: str) -> int:
        is_wide = root.startswith(_WIDE)
        return LEAST_IN_COMMON if is_wide else self._least

    def _forget(self, fallen: dict[Watch, Down], at: int) -> None:
        """Those at the front that fell too long ago; what stays behind them is left out when counted."""
        for watch in list(fallen):
            if fallen[watch].at >= at - self._within:
                return
            del fallen[watch]
