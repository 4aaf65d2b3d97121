"""Who failed together: the common causes that nobody can ask. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from monitor.config.settings import OutageSettings
from monitor.live.above import Above
from monitor.live.cases import Down
from monitor.live.topology import Topology, Watch
from monitor.model.observations import State
from monitor.model.outages import Common

LEAST_IN_COMMON: Final = 10
"""Fewer that share a region, a contractor or a network are a coincidence."""

_WIDE: Final = tuple(common.root("") for common in Common)
_SPREAD: Final = (Common.REGION.root(""), Common.NETWORK.root(""))


class Suspects:
    """Remembers, for everything that watches have in common, which of them fell lately.

    What is under maintenance has a reason of its own, and is no sign of another.
    """

    def __init__(
        self,
        topology: Topology,
        settings: OutageSettings,
        above: Above,
        is_maintained: Callable[[Watch], bool],
    ) -> None:
        self._topology = topology
        self._above = above
        self._is_maintained = is_maintained
        self._share, self._least = settings.share, settings.least
        self._within = round(1000 * settings.within)
        self._fallen: defaultdict[Watch, dict[Watch, Down]] = defaultdict(dict)
        self._down: Counter[Watch] = Counter()

    def count(self, standings: Mapping[Watch, State]) -> None:
        """Begin with how all watches stand."""
        for watch, state in standings.items():
            self.note(watch, State.UNKNOWN, state)

    def note(self, watch: Watch, old: State, new: State) -> None:
        """It stands otherwise now: counted, so that nobody seeks a common cause where most are well."""
        change = (new is State.DOWN) - (old is State.DOWN)
        if change and watch in self._topology.watched:
            for root in self._topology.common(watch):
                self._down[root, watch[1]] += change

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

    def found(self, down: Down) -> Iterator[tuple[str, list[Down]]]:
        """The roots that may be behind this fall, the most specific first, with all that fell for them.

        Of a parent that can be asked it is known how it is, and suspecting it is needless.
        """
        network, parents = down.watch[1], self._topology.parents(down.watch)
        for root in self._topology.common(down.watch):
            if root in parents and not self._above.is_mute((root, network)):
                continue
            fallen = self._fallen[root, network]
            self._forget(fallen, down.at)
            least = max(self._least_of(root), self._share * self._topology.totals[root, network])
            if self._down[root, network] < least:
                continue
            since = down.at - self._within
            together = [each for each in fallen.values() if each.at >= since and _is_doubtful(each)]
            parts = self._parts(together, down, is_spread=root.startswith(_SPREAD))
            total = sum(parts.values())
            if total >= least and not is_explained(total, by=max(parts.values())):
                yield root, together

    def _parts(self, together: list[Down], last: Down, *, is_spread: bool) -> Counter[Watch | str]:
        """How many fell for each narrower cause: a suspicion, or one that fell by itself.

        ``last``: the one that fell now, perhaps the cause of others. ``is_spread``: what hangs on a part has
        the root in common too, and counts though it is known why it fell.
        """
        below = self._topology.under(last.watch)
        parts: Counter[Watch | str] = Counter()
        for each in together:
            case = each.case
            if each is last or each.watch[0] in below:
                parts[last.watch] += 1
            elif case is None:
                parts[self._above.top(each.watch)] += 1
            else:
                parts[case.id] = len(case.members) if is_spread else parts[case.id] + 1
        return parts

    def _least_of(self, root: str) -> int:
        return LEAST_IN_COMMON if root.startswith(_WIDE) else self._least

    def _forget(self, fallen: dict[Watch, Down], at: int) -> None:
        """Those at the front that fell too long ago; what stays behind them is left out when counted."""
        for watch in list(fallen):
            if fallen[watch].at >= at - self._within:
                return
            del fallen[watch]


def is_explained(total: int, by: int) -> bool:
    """Whether one narrower cause that explains so many leaves too few to suspect anything wider."""
    return by > 1 and total - by < LEAST_IN_COMMON


def _is_doubtful(down: Down) -> bool:
    """Whether its cause may be one in common: nothing above it is known to have failed."""
    case = down.case
    return case is None or case.is_common or case.root == down.watch
