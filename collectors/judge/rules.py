"""How many words it takes to believe something, and what each cause weighs at this site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from monitor.model.observations import Cause, Observation, Weight

SOFT_CAUSES: Final = frozenset(cause for cause in Cause if cause.weight is Weight.SOFT)


class Settings(Protocol):
    """What :meth:`Rules.of` takes from the site's ``judge`` settings."""

    @property
    def confirm(self) -> int: ...
    @property
    def recover(self) -> int: ...
    @property
    def retry(self) -> tuple[float, ...]: ...
    @property
    def degrades(self) -> frozenset[Cause]: ...
    @property
    def flap_changes(self) -> int: ...
    @property
    def flap_within(self) -> float: ...
    @property
    def flap_settle(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """The site's rules of judgement. Spans are in seconds.

    ``confirm`` bad answers in a row confirm a fault, ``recover`` good ones its end. ``retry`` are the
    pauses between the probes of an unconfirmed run, counted from start to start; the last one repeats.
    ``degrades`` are the causes that only degrade. More than ``flap_changes`` flips within
    ``flap_within`` is flapping, until ``flap_settle`` has passed without one.
    """

    confirm: int = 3
    recover: int = 2
    retry: tuple[float, ...] = (1.0, 2.0, 4.0)
    degrades: frozenset[Cause] = SOFT_CAUSES
    flap_changes: int = 6
    flap_within: float = 300.0
    flap_settle: float = 120.0
    weights: Mapping[Cause, Weight] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", {cause: cause.weight_at(self.degrades) for cause in Cause})

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            confirm=settings.confirm,
            recover=settings.recover,
            retry=tuple(settings.retry),
            degrades=frozenset(settings.degrades),
            flap_changes=settings.flap_changes,
            flap_within=settings.flap_within,
            flap_settle=settings.flap_settle,
        )

    @property
    def apart(self) -> float:
        """Milliseconds from one question to the next, at least, for both answers to count: a device that
        blinks is one fault, however often it is looked at meanwhile.
        """
        return 500 * self.retry[0] if self.retry else 0.0

    def pause(self, run: Sequence[Observation]) -> float:
        """Seconds from the end of the run's last answer until the probe shall be asked again.

        The k-th retry starts ``retry[0] + … + retry[k-1]`` after the run's first question: a probe that
        used up its timeout is asked again at once, and a fault is confirmed no later for being silent.
        """
        listed = self.retry[: len(run)]
        repeated = self.retry[-1] * (len(run) - len(listed)) if self.retry else 0.0
        target = run[0].started + round(1000 * (sum(listed) + repeated))
        return max(0, target - run[-1].finished) / 1000
