"""How long a watch may take to be judged: what must be found after that, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from monitor.config import JudgeSettings
from monitor.model.nodes import ProbeSpec, Watch

_USUAL = JudgeSettings()

BROKER_HANGS: Final = 32.0
"""Seconds after which a broker that passes nothing on is taken for lost. Where no other device is heard, it
may until then be the broker that holds a device's beats back, and its silence is not proven.
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds. ``window``: by then any fault, or its end, is surely judged. ``refused``: by then one
    that is answered at once, as a refused connection is, and its end. ``silence``: how far the end of missed
    heartbeats may be doubted.
    """

    window: int
    refused: int
    silence: int = 0

    @classmethod
    def of(cls, watch: Watch, judge: JudgeSettings = _USUAL) -> Self:
        return cls(confirm_window(watch, judge), refused_window(watch, judge), silence_window(watch))


def confirm_window(watch: Watch, judge: JudgeSettings = _USUAL) -> int:
    """Milliseconds by which the watch has surely been judged, whether it failed or recovered.

    The slowest probe comes round once, then quick repeats follow, each up to its deadline; a second more
    for the machine. A heartbeat is missed when its own deadline is over; that is looked at by whole
    seconds, and the watch is asked once before it is believed.
    """
    deadline = max((probe.timeout for probe in _polled(watch)), default=0.0)
    polled = refused_window(watch, judge) / 1000 + _words(judge) * deadline
    silence = max((probe.timeout + 2.0 for probe in watch.probes if _beats(probe)), default=0.0)
    return round(1000 * max(polled, silence + deadline + 1.0))


def silence_window(watch: Watch) -> int:
    """Milliseconds between the last proof that the watch's heart was still, and its next beat; 0 where it has
    none. Others' beats are nearer proof, but now and then nobody else beats.
    """
    return max(
        (round(1000 * (BROKER_HANGS + probe.every + 1.0)) for probe in watch.probes if _beats(probe)),
        default=0,
    )


def refused_window(watch: Watch, judge: JudgeSettings = _USUAL) -> int:
    """The same, in milliseconds, for a watch whose probes are all answered at once, if badly."""
    slowest = max((probe.every for probe in _polled(watch)), default=0.0)
    listed = judge.retry[: _words(judge) - 1]
    last = judge.retry[-1] if judge.retry else 0.0
    pauses = sum(listed) + last * (_words(judge) - 1 - len(listed))
    return round(1000 * (slowest + pauses + 1.0))


def _words(judge: JudgeSettings) -> int:
    """How many answers it takes at most, for a fault or for its end."""
    return max(judge.confirm, judge.recover)


def _polled(watch: Watch) -> list[ProbeSpec]:
    return [probe for probe in watch.probes if not _beats(probe)]


def _beats(probe: ProbeSpec) -> bool:
    return probe.protocol == "mqtt"
