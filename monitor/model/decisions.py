"""What people decide about the figures, with four eyes: time left out, and states put right.

A decision is never edited. It is requested by one person, approved by another, and perhaps ended early: each
a row of the ledger. What they come to is folded together here. Pure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from monitor.model.nodes import Node
from monitor.model.observations import State
from monitor.model.said import Said, SaidError
from monitor.model.times import format_time, parse_time


class Reason(StrEnum):
    """Why time is left out. What contracts exclude as not the maintainer's fault."""

    PLANNED_WORK = "planned_work"
    MAINS_POWER = "mains_power"
    ROAD_WORKS = "road_works"
    RELOCATION = "relocation"
    FORCE_MAJEURE = "force_majeure"


class Action(StrEnum):
    REQUEST = "request"
    APPROVE = "approve"
    END = "end"


class DecisionError(SaidError):
    """A decision that may not be taken: says why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which watches: all that meet every part that is not empty, by any of its entries.

    ``regions`` include what lies in them, ``parents`` themselves and all behind them: who works on a
    switch takes it down, and not only what hangs on it. All empty: the city.
    """

    nodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    contractors: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, list[str]]:
        """Only the parts that are not empty."""
        return {name: list(getattr(self, name)) for name in self.__slots__ if getattr(self, name)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: tuple(values) for name, values in data.items()})

    def holds(self, node: Node, network: str, around: Collection[str], above: Collection[str]) -> bool:
        """``around``: the node's region and those that it lies in; ``above``: all its ancestors."""
        return (
            (not self.nodes or node.id in self.nodes)
            and (not self.regions or any(region in around for region in self.regions))
            and (not self.contractors or node.contractor in self.contractors)
            and (not self.parents or any(parent == node.id or parent in above for parent in self.parents))
            and (not self.networks or network in self.networks)
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """Who asked for a decision and who approved it, and when (milliseconds). None: nobody has yet."""

    requested_by: str
    requested_at: int
    approved_by: str | None = None
    approved_at: int | None = None

    @property
    def approved(self) -> bool:
        return self.approved_at is not None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Time of some watches that no figure counts, once it is approved. [start, end) in milliseconds."""

    id: str
    scope: Scope
    start: int
    end: int
    reason: Reason
    note: str
    signed: Signed

    @property
    def retroactive(self) -> bool:
        """Whether it was approved only after it had begun: reports say so."""
        return self.signed.approved_at is not None and self.signed.approved_at > self.start

    def ended(self, at: int) -> Exclusion:
        """The same, over by ``at`` at the latest."""
        return replace(self, end=max(self.start, min(self.end, at)))


@dataclass(frozen=True, slots=True)
class Correction:
    """A watch was in another state than the ledger says, in [start, end). Both numbers are kept."""

    id: str
    node: str
    network: str
    start: int
    end: int
    state: State
    note: str
    signed: Signed


@dataclass(frozen=True, slots=True)
class Decision:
    """One row: what somebody did about the decision ``id``, and when. ``body``: what a request asks for."""

    id: str
    action: Action
    person: str
    at: int
    body: Mapping[str, Any]


def request_of(wanted: Exclusion | Correction) -> Decision:
    """The row that asks for it."""
    span = {"start": format_time(wanted.start), "end": format_time(wanted.end), "note": wanted.note}
    if isinstance(wanted, Exclusion):
        body = {"kind": "exclusion", "scope": wanted.scope.to_json(), "reason": wanted.reason.value, **span}
    else:
        body = {"kind": "correction", "node": wanted.node, "network": wanted.network}
        body |= {"state": wanted.state.value, **span}
    signed = wanted.signed
    return Decision(wanted.id, Action.REQUEST, signed.requested_by, signed.requested_at, body)


def fold(decisions: Iterable[Decision]) -> dict[str, Exclusion | Correction]:
    """What the rows come to, by id, in the order requested. Rows in the order recorded.

    Raises DecisionError for a row that :func:`check` would have refused.
    """
    found: dict[str, Exclusion | Correction] = {}
    for decision in decisions:
        check(decision, found)
        match decision.action:
            case Action.REQUEST:
                found[decision.id] = _requested(decision)
            case Action.APPROVE:
                wanted = found[decision.id]
                signed = replace(wanted.signed, approved_by=decision.person, approved_at=decision.at)
                found[decision.id] = replace(wanted, signed=signed)
            case Action.END:
                ending = found[decision.id]
                if isinstance(ending, Exclusion):
                    found[decision.id] = ending.ended(decision.at)
    return found


def check(decision: Decision, known: Mapping[str, Exclusion | Correction]) -> None:
    """Raises DecisionError if this may not follow what is known: ids, four eyes, order."""
    if not _who(decision.person):
        raise DecisionError(Said("须写明由谁决定", "a decision needs the name of who takes it"))
    wanted = known.get(decision.id)
    if decision.action is Action.REQUEST:
        if wanted is not None:
            raise DecisionError(Said(f"{decision.id} 已存在", f"{decision.id} is there already"))
        return
    if wanted is None:
        raise DecisionError(Said(f"没有 {decision.id}", f"there is no decision {decision.id}"))
    if decision.action is Action.APPROVE:
        _check_approval(decision, wanted)
    elif isinstance(wanted, Correction):
        raise DecisionError(
            Said(
                f"{decision.id} 是更正，请用另一条更正来改",
                f"{decision.id} is a correction: correct it by another one",
            )
        )
    elif decision.at >= wanted.end:
        over = format_time(wanted.end)
        raise DecisionError(Said(f"{decision.id} 已于 {over} 结束", f"{decision.id} is over since {over}"))


def _check_approval(decision: Decision, wanted: Exclusion | Correction) -> None:
    if wanted.signed.approved:
        person = wanted.signed.approved_by
        raise DecisionError(
            Said(f"{decision.id} 已由 {person} 批准", f"{decision.id} is approved already, by {person}")
        )
    if is_same_person(decision.person, wanted.signed.requested_by):
        raise DecisionError(
            Said(
                f"批准人不得为申请人：{decision.person}",
                f"who approves must be somebody else than who requested it: {decision.person}",
            )
        )


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: spaces, case and width make nobody a second person."""
    return _who(one) == _who(other)


def _who(person: str) -> str:
    """A name as it is compared: spaces, case and width make nobody a second person."""
    return "".join(unicodedata.normalize("NFKC", person).casefold().split())


def _requested(decision: Decision) -> Exclusion | Correction:
    body, signed = decision.body, Signed(decision.person, decision.at)
    start, end = parse_time(body["start"]), parse_time(body["end"])
    if end <= start:
        raise DecisionError(Said(f"{decision.id} 的结束早于开始", f"{decision.id} ends before it begins"))
    if body["kind"] == "correction":
        state = State(body["state"])
        return Correction(decision.id, body["node"], body["network"], start, end, state, body["note"], signed)
    scope, reason = Scope.from_json(body["scope"]), Reason(body["reason"])
    return Exclusion(decision.id, scope, start, end, reason, body["note"], signed)
