"""The outages that are open now, and which watches are down by another's fault: for whoever shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from monitor.model.outages import Attribution, Blame, Outage, OutageKind, Phase, Verdict

_BY_ANOTHER = (Attribution.UPSTREAM, Attribution.SUSPECTED)


class OutageBook:
    """Kept by verdicts that are recorded; begun from what the ledger knows.

    ``heard`` is called with verdicts that were taken, for whoever shows them. ``maintained`` says which
    approved exclusion covers a watch now; empty if none does.
    """

    def __init__(self) -> None:
        self._open: dict[str, Outage] = {}
        self._blames: dict[tuple[str, str], Blame] = {}
        self.heard: Callable[[Sequence[Verdict]], None] = lambda _: None
        self.maintained: Callable[[str, str], str] = lambda _node, _network: ""

    def begin(self, outages: Iterable[Outage], blames: Iterable[Blame]) -> None:
        """Only these are open, and only these watches are blamed on something."""
        self._open = {each.id: each for each in outages}
        self._blames = {}
        self._keep(blames)

    def take(self, verdicts: Iterable[Verdict]) -> None:
        """What was decided, in order."""
        found = tuple(verdicts)
        self._keep(found)
        self.heard(found)

    def _keep(self, verdicts: Iterable[Verdict]) -> None:
        for each in verdicts:
            if isinstance(each, Blame):
                self._blame(each)
            elif each.phase is Phase.CLOSED:
                self._open.pop(each.id, None)
            else:
                self._open[each.id] = each

    def _blame(self, blame: Blame) -> None:
        watch = (blame.node, blame.network)
        if blame.attribution is None:
            self._blames.pop(watch, None)
        else:
            self._blames[watch] = blame

    def covers(self, node: str, network: str) -> bool:
        """Whether this watch is down because something else is."""
        blame = self._blames.get((node, network))
        return blame is not None and blame.attribution in _BY_ANOTHER

    def outage_of(self, node: str, network: str) -> str:
        """The id of the outage that this watch belongs to, its own or another's; empty if there is none."""
        blame = self._blames.get((node, network))
        return "" if blame is None else blame.outage_id

    def all(self) -> list[Outage]:
        """The largest first; of the same size the newest."""
        return sorted(self._open.values(), key=lambda each: (-each.affected, -each.at, each.id))

    def counts(self) -> Counter[tuple[str, OutageKind]]:
        """How many are open, by network and kind."""
        return Counter((each.network, each.kind) for each in self._open.values())
