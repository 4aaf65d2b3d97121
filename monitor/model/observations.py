"""What a probe or a source saw, in the fixed words that every later step uses."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """The state of a watch. ``unknown`` means that nobody looked, never that nothing is wrong."""

    UNKNOWN = "unknown"
    DOWN = "down"
    DEGRADED = "degraded"
    UP = "up"

    @property
    def code(self) -> int:
        """0 unknown, 1 down, 2 degraded, 3 up: the value of the metric ``quanshi_node_state``."""
        return _STATE_CODES[self]

    @classmethod
    def of_code(cls, code: int) -> State:
        """The state with this code. Raises IndexError for any other number."""
        return _STATES_BY_CODE[code]


_STATES_BY_CODE: Final = (State.UNKNOWN, State.DOWN, State.DEGRADED, State.UP)
_STATE_CODES: Final = {state: code for code, state in enumerate(_STATES_BY_CODE)}


class Weight(IntEnum):
    """What a cause does to a watch: nothing, degrade it, take it down, or leave it unknown."""

    GOOD = 0
    SOFT = 1
    HARD = 2
    BLIND = 3

    @property
    def state(self) -> State:
        """What a watch is in that nothing but such a cause speaks of."""
        return _STATES_BY_WEIGHT[self]


_STATES_BY_WEIGHT: Final = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)


class Cause(StrEnum):
    """Why a watch is in its state. An enum, never free text: it is counted, compared and translated."""

    OK = "ok"
    AUTH_WANTED = "auth_wanted"  # answers and asks for a login that this probe was not given

    BUSY = "busy"  # RTSP 453/503, HTTP 429/503: at its limit, not broken
    SLOW = "slow"
    AUTH_REJECTED = "auth_rejected"  # our login was refused once, and was not tried again
    NOT_FOUND = "not_found"
    CLOCK_WRONG = "clock_wrong"
    CERTIFICATE_EXPIRED = "certificate_expired"  # it answers, and browsers and platforms may refuse it
    FLAPPING = "flapping"
    CONTRADICTED = "contradicted"  # it was reported off, and answers all the same

    NO_REPLY = "no_reply"  # nothing at all came back: neither echo nor handshake
    TIMEOUT = "timeout"  # it took the connection, then did not answer in time
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    BAD_REPLY = "bad_reply"
    ERROR_REPLY = "error_reply"  # understood the question and answered with an error of its own
    TLS_FAILED = "tls_failed"
    HEARTBEAT_MISSED = "heartbeat_missed"
    REPORTED_OFF = "reported_off"  # last will, sign-off, catalogue OFF

    NOT_ASKED = "not_asked"  # not yet, or no longer, watched
    NOT_PERMITTED = "not_permitted"  # this machine may not send such a probe
    NAME_UNRESOLVED = "name_unresolved"
    SOURCE_LOST = "source_lost"  # the broker or platform that would tell us is away
    BLIND = "blind"  # the collector lost its own footing
    CORRECTED = "corrected"  # said by people with four eyes, not by any probe

    @property
    def weight(self) -> Weight:
        """The weight that ships; a site may say otherwise what only degrades (``judge.degrades``)."""
        return _WEIGHTS[self]

    def weight_at(self, degrades: Container[Cause]) -> Weight:
        """The weight at a site where only these causes degrade. What ships as soft is hard where the site
        does not list it; busy never is: it is an answer.
        """
        if self.weight in (Weight.GOOD, Weight.BLIND):
            return self.weight
        return Weight.SOFT if self in degrades or self is Cause.BUSY else Weight.HARD


_GOOD: Final = (Cause.OK, Cause.AUTH_WANTED)
_SOFT: Final = (
    Cause.BUSY,
    Cause.SLOW,
    Cause.AUTH_REJECTED,
    Cause.NOT_FOUND,
    Cause.CLOCK_WRONG,
    Cause.CERTIFICATE_EXPIRED,
    Cause.FLAPPING,
    Cause.CONTRADICTED,
)
_BLIND: Final = (
    Cause.NOT_ASKED,
    Cause.NOT_PERMITTED,
    Cause.NAME_UNRESOLVED,
    Cause.SOURCE_LOST,
    Cause.BLIND,
    Cause.CORRECTED,
)
_WEIGHTS: Final[Mapping[Cause, Weight]] = MappingProxyType(
    dict.fromkeys(Cause, Weight.HARD)
    | dict.fromkeys(_GOOD, Weight.GOOD)
    | dict.fromkeys(_SOFT, Weight.SOFT)
    | dict.fromkeys(_BLIND, Weight.BLIND)
)


class Layer(Enum):
    """What a probe's answer proves: the host is reachable, its service works, or it was told."""

    REACH = "reach"
    SERVICE = "service"
    TOLD = "told"


NO_FACTS: Final[Mapping[str, str | int | float]] = MappingProxyType({})


def _no_facts() -> Mapping[str, str | int | float]:
    return NO_FACTS


@dataclass(frozen=True, slots=True)
class Verdict:
    """A protocol's answer, without the time it took: the engine owns the clock.

    ``detail`` is one short English phrase for people (``RTSP/1.0 453``); it never holds a credential.
    ``facts`` are measured by-products, such as ``certificate_expires`` (seconds since 1970).
    """

    cause: Cause
    detail: str = ""
    facts: Mapping[str, str | int | float] = field(default_factory=_no_facts)


@dataclass(frozen=True, slots=True)
class Observation:
    """One probe's answer: which probe, from when to when (milliseconds, UTC), and the cause.

    A good answer proves the device alive at some moment not before ``started``; a bad one proves the
    fault present not after ``finished``. The edges of a change are built from these two.
    """

    probe: str
    started: int
    finished: int
    cause: Cause
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.cause.weight is Weight.GOOD

    @property
    def duration(self) -> float:
        """Seconds from question to answer."""
        return (self.finished - self.started) / 1000
