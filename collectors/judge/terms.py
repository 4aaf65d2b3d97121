"""The words that the judge speaks in: what to do next, what to remember, and a turn of a watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from monitor.model.events import Change, Evidence
from monitor.model.observations import Cause, State


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one observation.

    ``again``: seconds from the end of the observation until the same probe shall be asked again; None is
    its usual turn. ``ask``: other probes of this watch to ask at once. ``settled``: flapping ended in the
    state that it was told as, so there is no change, but a standing to remember.
    """

    change: Change | None = None
    again: float | None = None
    ask: tuple[str, ...] = ()
    settled: bool = False


NOTHING: Final = Decision()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A watch's state as it is kept beside the outbox. ``proof``: until when (ms) it was last proven."""

    state: State
    cause: Cause
    at: int
    proof: int | None = None

    def __str__(self) -> str:
        proof = "-" if self.proof is None else self.proof
        return f"{self.state.value} {self.cause.value} {self.at} {proof}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What ``str`` gave. Raises ValueError for anything else."""
        parts = text.split(" ")
        if len(parts) != 4:
            raise ValueError(f"not a remembered standing: {text!r}")
        state, cause, at, proof = parts
        return cls(State(state), Cause(cause), int(at), None if proof == "-" else int(proof))


@dataclass(frozen=True, slots=True)
class Turn:
    """A watch, by all its probes together, went to another state: a change, unless it is flapping.

    The fields mean what they mean in :class:`Change`, before the edges are brought into order.
    """

    old: State
    state: State
    cause: Cause
    at: int
    not_before: int | None
    detected_at: int
    probe: str
    evidence: tuple[Evidence, ...] = ()
