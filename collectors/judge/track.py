"""One probe of a watch: what it stands for, and the run of answers that speaks against that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from collectors.judge.rules import Rules
from monitor.model.events import Evidence
from monitor.model.observations import Cause, Layer, Observation, Weight


class Track:
    """The standing of one probe.

    The collector's hot path touches only this: an answer whose cause is ``steady`` changes nothing, so
    the caller sets ``proof`` and ``last`` (start and end of the answer, in milliseconds) and is done. Every
    other answer goes through :meth:`Judge.observe`.

    ``standing`` is what was confirmed last (BLIND: nothing is known), with its ``cause``, the probe ``by``
    whose word explains it, and its edge [``not_before``, ``at``]. ``answer`` is the cause of the last
    answer that agreed with it, ``proof`` that answer's start and, while there is a run, ``agreed`` its end.
    ``run`` holds the answers since then: all of them disagree. ``open`` is false while the probe cannot be
    asked.
    """

    __slots__ = (
        "agreed",
        "answer",
        "at",
        "by",
        "cause",
        "last",
        "layer",
        "not_before",
        "open",
        "probe",
        "proof",
        "run",
        "standing",
        "steady",
    )

    def __init__(self, probe: str, layer: Layer) -> None:
        self.probe = probe
        self.layer = layer
        self.last = 0
        self.proof: int | None = None
        self.steady: Cause | None = None
        self.seed(Weight.BLIND, Cause.NOT_ASKED, 0, None)

    def __repr__(self) -> str:
        return f"Track({self.probe}: {self.standing.name} {self.cause}, {len(self.run)} against)"

    def seed(self, standing: Weight, cause: Cause, at: int, proof: int | None) -> None:
        """Begin with a standing that is remembered, not seen. The order of time (``last``) stays."""
        self.standing = standing
        self.cause = cause
        self.by = self.probe
        self.at = at
        self.proof = proof
        self.not_before = proof
        self.answer: Cause | None = None
        self.agreed = 0
        self.run: tuple[Observation, ...] = ()
        self.open = True
        self.steady = None

    def take(self, seen: Observation, rules: Rules) -> tuple[Observation, ...]:
        """Count one answer. Returns the answers that confirm a new standing, or () if it is as before."""
        weight = rules.weights[seen.cause]
        ended, self.last = self.last, seen.finished
        self.open = weight is not Weight.BLIND
        if weight is self.standing and not self._is_more_than_silence(seen):
            self.run = ()
            self.proof = seen.started
            self.answer = seen.cause
            return ()
        if not self.run:
            self.agreed = ended
        self._prolong(seen, weight, rules)
        found = (weight, 1) if self.layer is Layer.TOLD else confirmed(self.standing, self.run, rules)
        if found is None:
            return ()
        return self._stand(*found, rules)

    def concede(self, rules: Rules) -> tuple[Observation, ...]:
        """Hard without waiting for the own count, since another layer confirms it. Returns the grounds.

        Only for a track whose newest answer is a hard one of its run.
        """
        return self._stand(Weight.HARD, _trailing(self.run, Weight.HARD, rules), rules)

    def explain(self, cause: Cause, by: str, at: int | None = None) -> None:
        """Another probe knows better why, and perhaps since when."""
        self.cause, self.by = cause, by
        self.at = self.at if at is None else min(at, self.at)

    def doubt(self, proof: int | None) -> None:
        """Forget a standing that another probe's answers had overruled: it must be confirmed anew."""
        self.seed(Weight.BLIND, Cause.NOT_ASKED, 0, proof)

    def distrust(self, since: int, every: int | None) -> None:
        """Nobody could be heard after ``since`` (milliseconds): silence of that time proves no fault.

        The answer before came up to ``every`` milliseconds earlier (None: nobody knows when), but not before
        the fault.
        """
        if self.standing is not Weight.HARD or self.proof is None or self.proof <= since:
            return
        taken = self.last - self.proof
        self.proof = self.at if every is None else max(self.at, since - every)
        self.last = self.proof + taken

    def set_back(self, by: int) -> None:
        """All that was seen was seen ``by`` milliseconds earlier."""
        self.last, self.at, self.agreed = self.last - by, self.at - by, self.agreed - by
        self.proof = None if self.proof is None else self.proof - by
        self.not_before = None if self.not_before is None else self.not_before - by
        self.run = tuple(
            replace(seen, started=seen.started - by, finished=seen.finished - by) for seen in self.run
        )

    def silent(self, rules: Rules) -> bool:
        """Whether the newest answer is a hard one."""
        if self.run:
            return rules.weights[self.run[-1].cause] is Weight.HARD
        return self.standing is Weight.HARD

    def missing(self, rules: Rules) -> bool:
        """Whether it was good once and its newest answer is hard: what blindness is recognised by."""
        was_good = self.standing in (Weight.GOOD, Weight.SOFT) or self.not_before is not None
        return self.standing is not Weight.BLIND and was_good and self.silent(rules)

    def newest(self) -> Evidence | None:
        """The newest answer as evidence; None before the first."""
        return Evidence.of(self.run[-1]) if self.run else self.proven()

    def proven(self) -> Evidence | None:
        """The newest answer that agrees with the standing; None if that is only remembered."""
        if self.answer is None or self.proof is None:
            return None
        finished = max(self.proof, self.agreed if self.run else self.last)
        return Evidence.of(Observation(self.probe, self.proof, finished, self.answer))

    def _is_more_than_silence(self, seen: Observation) -> bool:
        """Whether a device of which nothing was heard any more is now said outright to be off."""
        return seen.cause is Cause.REPORTED_OFF and self.cause is Cause.HEARTBEAT_MISSED

    def _prolong(self, seen: Observation, weight: Weight, rules: Rules) -> None:
        """Against a soft standing only answers of one kind make a run: worse ones, or better ones."""
        if self.standing is Weight.SOFT and self.run and rules.weights[self.run[-1].cause] is not weight:
            self.run = ()
        self.run = (*self.run, seen)

    def _stand(self, standing: Weight, count: int, rules: Rules) -> tuple[Observation, ...]:
        """Take up a new standing on the last ``count`` answers of the run, and return those."""
        grounds = self.run[-count:]
        after = next(i for i, seen in enumerate(reversed(grounds)) if rules.weights[seen.cause] is standing)
        newest = grounds[-1 - after]
        self.not_before = self.proof
        self.at = grounds[0].finished
        self.standing = standing
        self.cause = self.answer = newest.cause
        self.by = self.probe
        self.proof, self.agreed = newest.started, newest.finished
        # soft hard hard is soft by now; the two hard ones still count towards a hard standing.
        self.run = grounds[len(grounds) - after :]
        return grounds


def confirmed(standing: Weight, run: Sequence[Observation], rules: Rules) -> tuple[Weight, int] | None:
    """The standing that this run against ``standing`` confirms, and by how many of its last answers.

    Hard needs ``confirm`` hard answers in a row, soft as many bad ones of either weight; good needs
    ``recover`` good ones, or a single one where nothing was known. From hard to soft it takes
    ``confirm`` answers that are not hard, at least one of them soft.
    """
    weight = rules.weights[run[-1].cause]
    if weight is Weight.BLIND or (weight is Weight.GOOD and standing is Weight.BLIND):
        return weight, 1
    goods = _trailing(run, Weight.GOOD, rules)
    if goods >= rules.recover:
        return Weight.GOOD, goods
    if len(run) < rules.confirm or goods == len(run):
        return None
    hards = _trailing(run, Weight.HARD, rules)
    return (Weight.HARD if hards == len(run) else Weight.SOFT), len(run)


def _trailing(run: Sequence[Observation], weight: Weight, rules: Rules) -> int:
    """How many answers at the end of the run have this weight."""
    count = 0
    for seen in reversed(run):
        if rules.weights[seen.cause] is not weight:
            break
        count += 1
    return count
