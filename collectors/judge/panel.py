"""The probes of one watch heard together: which state they make, and which of them to ask next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from collectors.judge.rules import Rules
from collectors.judge.terms import Remembered, Turn
from collectors.judge.track import Track
from monitor.model.events import Evidence
from monitor.model.observations import Cause, Layer, Observation, State, Weight

_EVIDENCE_AT_MOST = 8


class Panel:
    """Who speaks for a watch, and what they say together.

    The *voices* are its service probes; where none can be asked, its reach probes; else what it tells by
    itself. One hard voice is enough for down. A failing reach explains and hastens that, and is overruled
    by a service that answers. A word that it is off takes it down at once; once all the voices were good
    after it, that is a contradiction, kept as one. Mere silence is not said outright: with it, the voices'
    next answers decide. ``awaited`` are the voices that have not answered such a word yet. ``cause`` is why
    the state is what it is, by what was said last.
    """

    __slots__ = ("at", "awaited", "cause", "rules", "state", "tracks")

    def __init__(self, tracks: Mapping[str, Track], rules: Rules, standing: Remembered) -> None:
        self.tracks = tracks
        self.rules = rules
        self.state, self.cause, self.at = standing.state, standing.cause, standing.at
        self.awaited: frozenset[str] = frozenset()

    def hear(self, seen: Observation) -> tuple[Turn | None, tuple[str, ...]]:
        """Take one observation in. Returns the turn of the watch, if it is one, and whom to ask at once."""
        track = self.tracks[seen.probe]
        had_run, was_open, was_unknown = bool(track.run), track.open, self.state is State.UNKNOWN
        grounds = track.take(seen, self.rules)
        if not (grounds or track.run or had_run or self.awaited) and track.open is was_open:
            return None, ()  # it says what it said before
        if track.layer is Layer.TOLD:
            self._await_voices(track, grounds)
        elif grounds and track.standing is Weight.BLIND:
            self._doubt_overruled(track)
        grounds = self._hasten(track, seen, grounds)
        if grounds and track.standing is Weight.HARD:
            self._explain(track)
        turn = self._turn(track, seen, grounds)
        began = bool(track.run) and not had_run
        return turn, self._whom_to_ask(track, began=began, stood=bool(grounds), was_unknown=was_unknown)

    def set_back(self, by: int) -> None:
        """All that was seen was seen ``by`` milliseconds earlier."""
        self.at -= by
        for track in self.tracks.values():
            track.set_back(by)

    def voices(self) -> list[Track]:
        """The tracks that decide: the highest layer that can be asked at all."""
        for layer in (Layer.SERVICE, Layer.REACH, Layer.TOLD):
            if voices := [track for track in self._of(layer) if track.open]:
                return voices
        return []

    def decides(self, probe: str) -> bool:
        """Whether one more bad answer of this probe could be the last that is needed to believe a fault."""
        track = self.tracks[probe]
        if track.standing is Weight.HARD:
            return False
        hastened = track.layer is Layer.SERVICE and any(
            reach.standing is Weight.HARD for reach in self._of(Layer.REACH)
        )
        return hastened or probe in self.awaited or len(track.run) + 1 >= self.rules.confirm

    def proof(self) -> int | None:
        """Until when the present state is proven: by any hard word for down, else by all the voices."""
        voices = self.voices()
        if self.state is State.DOWN:
            said = (*voices, *self._of(Layer.TOLD))
            return max(_proofs(track for track in said if track.standing is Weight.HARD), default=None)
        return min(_proofs(voices), default=None)

    def _of(self, layer: Layer) -> list[Track]:
        return [track for track in self.tracks.values() if track.layer is layer]

    def _failing_reach(self) -> Track | None:
        """A reach probe that is failing or has failed: the lower layer explains the higher."""
        return next((track for track in self._of(Layer.REACH) if track.silent(self.rules)), None)

    def _told_off(self) -> Track | None:
        """Whose word it is that it is off or silent; what is said outright comes first."""
        hard = [track for track in self._of(Layer.TOLD) if track.standing is Weight.HARD]
        return min(hard, key=lambda track: track.cause is not Cause.REPORTED_OFF, default=None)

    def _await_voices(self, told: Track, grounds: Sequence[Observation]) -> None:
        """Those that can be asked shall answer a word that it is off or silent; any other word ends that."""
        if told.standing is not Weight.HARD:
            self.awaited = frozenset()
        elif grounds:
            self.awaited = self._askable_voices()

    def _askable_voices(self) -> frozenset[str]:
        return frozenset(track.probe for track in self.voices() if track.layer is not Layer.TOLD)

    def _doubt_overruled(self, closed: Track) -> None:
        """A voice that can be asked no more leaves no say to those below it that it had overruled."""
        if self.state is State.DOWN:
            return
        for track in self.voices():
            if track.standing is Weight.HARD:
                track.doubt(closed.not_before)
                track.open = track.layer is not Layer.TOLD  # it speaks by itself, and has spoken

    def _hasten(
        self, track: Track, seen: Observation, grounds: tuple[Observation, ...]
    ) -> tuple[Observation, ...]:
        """Confirm at once what two layers say. Returns all the answers that this rests on."""
        if track.probe in self.awaited:
            grounds = self._answer_awaited(track, seen, grounds)
        services = [service for service in self._of(Layer.SERVICE) if service.open]
        reach = next((one for one in self._of(Layer.REACH) if one.standing is Weight.HARD), None)
        if reach is None or not services or not all(service.silent(self.rules) for service in services):
            return grounds
        for service in services:
            if service.standing is not Weight.HARD:
                grounds = (*grounds, *service.concede(self.rules))
                service.explain(reach.cause, reach.probe)
        return grounds

    def _answer_awaited(
        self, track: Track, seen: Observation, grounds: tuple[Observation, ...]
    ) -> tuple[Observation, ...]:
        """The next answer after such a word. A good one that was asked for before it says nothing to it."""
        told = self._told_off()
        if told is not None and track.silent(self.rules):
            self.awaited = frozenset()
            if track.run:
                grounds = track.concede(self.rules)
            if grounds:
                track.explain(told.cause, told.probe, told.at)
        elif not track.open:
            self.awaited = self.awaited - {track.probe} or self._askable_voices()
        elif told is None or seen.started >= told.at:
            self.awaited -= {track.probe}
        return grounds

    def _explain(self, track: Track) -> None:
        """A service that fails of its own count while its host is gone fails because of that."""
        reach = self._failing_reach()
        if track.layer is Layer.SERVICE and track.by == track.probe and reach is not None:
            track.explain(reach.run[-1].cause if reach.run else reach.cause, reach.probe)

    def _picture(self, heard: Track, seen: Observation) -> tuple[State, Cause, Track] | None:
        """State, cause and the track that decides; None while an answer that is due must decide first."""
        voices = self.voices()
        if not voices:
            return State.UNKNOWN, seen.cause, heard
        if hard := [track for track in voices if track.standing is Weight.HARD]:
            first = min(hard, key=lambda track: track.at)
            return State.DOWN, first.cause, first
        told = self._told_off()
        reported = told is not None and told.cause is Cause.REPORTED_OFF
        if told is not None and reported and self.awaited:
            return State.DOWN, told.cause, told
        if self.awaited or any(track.standing is Weight.BLIND for track in voices):
            return None
        if told is not None:
            return State.DEGRADED, Cause.CONTRADICTED if reported else told.cause, told
        known = [track for track in self.tracks.values() if track.standing is not Weight.BLIND]
        if soft := [track for track in known if track.standing is Weight.SOFT]:
            first = heard if heard in soft else min(soft, key=lambda track: track.at)
            return State.DEGRADED, first.cause, first
        return State.UP, Cause.OK, heard if heard.open else max(voices, key=lambda track: track.at)

    def _turn(self, heard: Track, seen: Observation, grounds: Sequence[Observation]) -> Turn | None:
        picture = self._picture(heard, seen)
        if picture is None:
            return None
        state, cause, track = picture
        self.cause = cause
        if state is self.state:
            return None
        at, not_before = self._edge(state, track, heard, seen)
        turn = Turn(
            old=self.state,
            state=state,
            cause=cause,
            at=at,
            not_before=not_before,
            detected_at=seen.finished,
            probe=track.by,
            evidence=self._evidence(track, grounds),
        )
        self.state, self.at = state, at
        return turn

    def _edge(self, state: State, track: Track, heard: Track, seen: Observation) -> tuple[int, int | None]:
        """By when the new state was true, and until when the old one was proven.

        It is up again when the last of those that were not good is: the edge lies in the span of the latest.
        Where nobody's standing changed, the answer that was heard contradicts what was told.
        """
        if not heard.open:  # what it stands for now, it does since one of its voices fell silent
            return seen.finished, heard.not_before
        if self.state is State.UNKNOWN or state.code < self.state.code:
            return track.at, self._known_until(track)
        turned = [
            one
            for one in (*self.voices(), track, heard)
            if one.at > self.at and one.standing is not Weight.HARD
        ]
        if not turned:
            return seen.finished, self.at
        bounds = [one.not_before for one in turned if one.not_before is not None]
        return max(one.at for one in turned), max(bounds, default=None)

    def _known_until(self, track: Track) -> int | None:
        """Until when it was as before. Who is off altogether was on while anything of it answered."""
        if track.cause is not Cause.REPORTED_OFF or self.state is State.UNKNOWN:
            return track.not_before
        answering = [one for one in self.tracks.values() if one.standing in (Weight.GOOD, Weight.SOFT)]
        known = [] if track.not_before is None else [track.not_before]
        return max([*known, *_proofs(answering)], default=None)

    def _evidence(self, decisive: Track, grounds: Sequence[Observation]) -> tuple[Evidence, ...]:
        """The answers of the confirming run, its first among them, and the newest of each other probe.

        Where a newest answer speaks against the standing that the state rests on, the one before it too.
        """
        kept = (
            grounds if len(grounds) <= _EVIDENCE_AT_MOST else (grounds[0], *grounds[1 - _EVIDENCE_AT_MOST :])
        )
        said = {seen.probe for seen in kept}
        others = [track for track in self.tracks.values() if track.probe not in said]
        bearing = [track for track in others if track.run and (track is decisive or track in self.voices())]
        pieces = [track.proven() for track in bearing] + [track.newest() for track in others]
        return (*map(Evidence.of, kept), *(piece for piece in pieces if piece is not None))

    def _whom_to_ask(self, track: Track, *, began: bool, stood: bool, was_unknown: bool) -> tuple[str, ...]:
        """Whose answer would now tell more. Those that are being asked again already are left to that."""
        bad = track.silent(self.rules) or track.standing is Weight.SOFT
        if not track.open or not (stood or (began and bad)):
            return ()
        told = track.layer is Layer.TOLD
        asked = self._witnesses_of(track, bad=bad, was_unknown=was_unknown)
        return tuple(one.probe for one in asked if one.open and (told or not one.run))

    def _witnesses_of(self, track: Track, *, bad: bool, was_unknown: bool) -> list[Track]:
        services, reach = self._of(Layer.SERVICE), self._of(Layer.REACH)
        if track.layer is Layer.TOLD:
            return services + reach if bad or self.state is not State.UP else []
        others = services if track.layer is Layer.REACH else reach
        if bad:
            return [one for one in others if one.standing is not Weight.HARD]
        if track.layer is Layer.REACH:
            return services
        return [one for one in services if was_unknown and one.standing is Weight.BLIND]


def _proofs(tracks: Iterable[Track]) -> list[int]:
    return [track.proof for track in tracks if track.proof is not None]
