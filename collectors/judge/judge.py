"""The judge of one watch: observations in, decisions out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.judge.flap import Flap
from collectors.judge.panel import Panel
from collectors.judge.rules import Rules
from collectors.judge.terms import NOTHING, Decision, Remembered, Turn
from collectors.judge.track import Track
from monitor.model.events import Change
from monitor.model.observations import Cause, Layer, Observation, State, Weight

_LATE: Final = 60_000
"""Milliseconds. An answer older than the newest by less came late; by more, the clock was set back."""

_TOLD_CAUSES: Final = (Cause.REPORTED_OFF, Cause.HEARTBEAT_MISSED)
_NEVER: Final = Remembered(State.UNKNOWN, Cause.NOT_ASKED, 0)


class Judge:
    """A pure state machine: the state of one watch by all its probes together.

    Promises, whatever is observed in whatever order: two changes in a row never have the same state; each
    has ``not_before <= at <= detected_at``, and ``at`` never goes back; each carries the answers that it
    rests on. ``before`` is the standing that the newest change ended.
    """

    __slots__ = ("_flap", "_panel", "at", "before", "cause", "network", "node_id", "rules", "state", "tracks")

    def __init__(
        self,
        node_id: str,
        network: str,
        probes: Mapping[str, Layer],
        rules: Rules,
        standing: Remembered | None = None,
    ) -> None:
        self.node_id = node_id
        self.network = network
        self.rules = rules
        self.tracks: Mapping[str, Track] = {probe: Track(probe, layer) for probe, layer in probes.items()}
        self.resume(standing or _NEVER)

    def resume(self, standing: Remembered) -> None:
        """Start over from what was known: after a restart, or after a time in which nobody could look.

        Agreeing answers change nothing; others must confirm as usual, and ``standing.proof`` bounds the
        edge. Runs that had begun are dropped: they may have been the collector's own fault. What cannot
        be asked stays so.
        """
        self.state, self.cause, self.at = standing.state, standing.cause, standing.at
        self.before = standing
        self._panel = Panel(self.tracks, self.rules, standing)
        self._flap = Flap(self.rules)
        if standing.cause is Cause.FLAPPING:
            self._flap.resume(_remembered_turn(standing))
        only_told = all(track.layer is Layer.TOLD for track in self.tracks.values())
        for track in self.tracks.values():
            if track.open:
                weight, cause = _seed(standing, track.layer, only_told=only_told)
                track.seed(weight, cause, standing.at, standing.proof)

    def use(self, rules: Rules) -> None:
        """Judge by these rules from now on. What stands stays; it goes on as after :meth:`resume`."""
        self.rules = rules
        self.resume(self.standing)

    def set_back(self, by: int) -> None:
        """The clock was set back by ``by`` milliseconds: what was seen moves with it, what was told stays.

        Else all answers until then would pass for late ones, and a proof would lie after what it precedes.
        """
        self._panel.set_back(by)
        self._flap.set_back(by)

    @property
    def flapping(self) -> bool:
        return self._flap.flapping

    @property
    def missing(self) -> bool:
        """Whether a probe that was good once now gets a hard answer: what the footing counts."""
        return any(track.missing(self.rules) for track in self.tracks.values())

    def decides(self, probe: str) -> bool:
        """Whether one more bad answer of this probe could confirm a fault: it deserves all its time."""
        return self._panel.decides(probe)

    def hasty(self, probe: str, now: int) -> bool:
        """Whether a question at ``now`` comes too soon after the run's last one to say anything new. A word
        that waits for this probe's answer is not kept waiting.
        """
        run = self.tracks[probe].run
        return bool(run) and probe not in self._panel.awaited and now - run[-1].started < self.rules.apart

    @property
    def standing(self) -> Remembered:
        return Remembered(self.state, self.cause, self.at, self._panel.proof())

    def remember(self) -> str:
        """The present standing as text for the outbox's memory; :meth:`Remembered.parse` reads it."""
        return str(self.standing)

    def observe(self, seen: Observation) -> Decision:
        """Take one answer in. Raises KeyError for a probe that this watch does not have."""
        track = self.tracks[seen.probe]
        if seen.finished < track.last - _LATE:
            seen = Observation(seen.probe, track.last, track.last, seen.cause, seen.detail)
        elif seen.finished < track.last:
            return NOTHING
        flapping = self.flapping
        turn, ask = self._panel.hear(seen)
        change = self._tell(turn, seen.finished)
        settled = change is None and flapping and not self.flapping
        self._mark_steady()
        return Decision(change, self._again(track), ask, settled)

    def cannot_ask(self, probe: str, cause: Cause, at: int) -> Decision:
        """From ``at`` on this probe cannot be asked, until it answers again. The cause has weight BLIND."""
        decision = self.observe(Observation(probe, at, at, cause))
        if self.state is State.UNKNOWN and not self._panel.voices():
            self.cause = cause  # no change, but who asks why it is unknown shall hear it
        return decision

    def _again(self, track: Track) -> float | None:
        """Seconds until a probe shall be asked again that has just answered; None: its usual turn."""
        if track.probe in self._panel.awaited:
            return 0.0  # it was asked too early: its answer says nothing to the word that waits for it
        waits = bool(track.run) and track.layer is not Layer.TOLD
        return self.rules.pause(track.run) if waits else None

    def _tell(self, turn: Turn | None, now: int) -> Change | None:
        flapping = self.flapping
        if turn is not None:
            turn = self._flap.filter(turn)
        elif self._is_clear():
            turn = self._flap.settled(now)
        if turn is not None and turn.state is not self.state:
            return self._change(turn)
        if flapping and not self.flapping:
            self.cause = self._panel.cause  # told under the name of flapping, which is over now
        return None

    def _is_clear(self) -> bool:
        """Whether the watch stands somewhere: no run speaks against it, and after a restart it was seen."""
        seen = self._panel.cause is not Cause.FLAPPING
        return seen and not any(track.run for track in self.tracks.values())

    def _change(self, turn: Turn) -> Change:
        """The turn as a change of the told state, its moments in order whatever the clocks did."""
        at = max(self.at, min(turn.at, turn.detected_at))
        not_before = turn.not_before
        if not_before is None and self.state is not State.UNKNOWN:
            not_before = self.at  # by then the old state was true: that much is proven
        not_before = None if not_before is None else min(not_before, at)
        change = Change(
            node=self.node_id,
            network=self.network,
            old=self.state,
            new=turn.state,
            at=at,
            not_before=not_before,
            detected_at=max(turn.detected_at, at),
            cause=turn.cause,
            probe=turn.probe,
            evidence=turn.evidence,
        )
        self.before = Remembered(self.state, self.cause, self.at, not_before)
        self.state, self.cause, self.at = turn.state, turn.cause, at
        return change

    def _mark_steady(self) -> None:
        """Open the hot path to those tracks whose usual answer can no longer change anything."""
        waiting = self._flap.flapping or bool(self._panel.awaited)
        for track in self.tracks.values():
            track.steady = None if waiting or track.run else track.answer


def _seed(standing: Remembered, layer: Layer, *, only_told: bool) -> tuple[Weight, Cause]:
    """What a probe must have stood for when the watch stood like this."""
    nothing = (Weight.BLIND, Cause.NOT_ASKED)
    told_off = standing.cause is Cause.CONTRADICTED or standing.cause in _TOLD_CAUSES
    if standing.state is State.UNKNOWN or standing.cause is Cause.FLAPPING:
        return nothing
    if standing.state is State.UP:
        return Weight.GOOD, Cause.OK
    if standing.state is State.DOWN:
        mute = layer is Layer.TOLD and not (told_off or only_told)
        return nothing if mute else (Weight.HARD, standing.cause)
    if only_told or (not told_off and layer is not Layer.TOLD):
        return Weight.SOFT, standing.cause
    if not told_off:
        return nothing
    if layer is not Layer.TOLD:
        return Weight.GOOD, Cause.OK
    reported = standing.cause is Cause.CONTRADICTED
    return Weight.HARD, Cause.REPORTED_OFF if reported else standing.cause


def _remembered_turn(standing: Remembered) -> Turn:
    return Turn(
        old=standing.state,
        state=standing.state,
        cause=standing.cause,
        at=standing.at,
        not_before=standing.proof,
        detected_at=standing.at,
        probe="",
    )
