"""Time left out and states put right, requested by one and approved by another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from monitor.config import Site
from monitor.config.mistakes import did_you_mean
from monitor.ledger.ledger import Ledger
from monitor.model.decisions import (
    Action,
    Correction,
    Decision,
    DecisionError,
    Exclusion,
    Reason,
    Scope,
    Signed,
    fold,
    request_of,
)
from monitor.model.observations import State
from monitor.model.said import Said
from monitor.model.spans import Span
from monitor.model.times import format_time, wall_clock

Decided = Exclusion | Correction
Standing = Literal["waiting", "coming", "now", "over"]

_TRIES: Final = 5
_MEANT: Final = Said(
    "请写明范围（--node、--region、--contractor、--parent、--network）或 --all",
    "name what is meant (--node, --region, --contractor, --parent, --network) or --all",
)


def scope_of(site: Site, given: Mapping[str, Iterable[str]], *, everything: bool) -> Scope:
    """The scope in these words, each known to the site. Raises DecisionError for others, and for none."""
    inventory = site.inventory.nodes
    contractors = {node.contractor for node in inventory.values()} - {""}
    known: Mapping[str, Iterable[str]] = {
        "nodes": inventory,
        "regions": {*site.regions, *(node.region for node in inventory.values())},
        "contractors": contractors,
        "parents": inventory,
        "networks": site.networks,
    }
    wanted = {name: tuple(values) for name, values in given.items() if tuple(values)}
    if bool(wanted) == everything:
        raise DecisionError(_MEANT)
    for name, values in wanted.items():
        allowed = set(known[name])
        for value in values:
            if value not in allowed:
                what = f"--{name.removesuffix('s')} {value}"
                said = Said(f"{what}：本站点没有", f"{what}: not known to this site")
                raise DecisionError(said.then(did_you_mean(value, allowed)))
    return Scope(**wanted)


@dataclass(frozen=True, slots=True)
class Wish:
    """When something is to hold, who asks for it, and why."""

    span: Span
    person: str
    note: str


async def request_exclusion(ledger: Ledger, scope: Scope, reason: Reason, wish: Wish) -> Decided:
    """Ask for time to be left out. Raises DecisionError."""

    def wanted(name: str, at: int) -> Exclusion:
        return Exclusion(name, scope, *wish.span, reason, wish.note, Signed(wish.person, at))

    return await _request(ledger, "M", wanted)


async def request_correction(
    ledger: Ledger, site: Site, watch: tuple[str, str | None], state: State, wish: Wish
) -> Decided:
    """Ask for a state to be put right. Raises DecisionError."""
    node, network = _watch(site, *watch)

    def wanted(name: str, at: int) -> Correction:
        return Correction(name, node, network, *wish.span, state, wish.note, Signed(wish.person, at))

    return await _request(ledger, "C", wanted)


def _watch(site: Site, node: str, network: str | None) -> tuple[str, str]:
    known = site.inventory.nodes.get(node)
    if known is None:
        said = Said(f"没有节点 {node}", f"no node {node}")
        raise DecisionError(said.then(did_you_mean(node, site.inventory.nodes)))
    if network is None and len(known.networks) == 1:
        return node, known.networks[0]
    if network not in known.networks:
        some = Said.listed(known.networks)
        raise DecisionError(Said(f"--network：{node} 在 {some.zh}", f"--network: {node} is in {some.en}"))
    return node, str(network)


async def _request(ledger: Ledger, letter: str, wanted: Callable[[str, int], Decided]) -> Decided:
    """Number it and record it."""
    for _ in range(_TRIES):
        name, now = f"{letter}{1 + await ledger.requests(letter)}", wall_clock()
        one = wanted(name, now)
        _explained(one, now)
        try:
            await ledger.decide(request_of(one))
        except DecisionError:
            if await one_of(ledger, name):
                continue  # somebody else took this number just now
            raise
        return fold(await ledger.decisions_of(name))[name]
    raise DecisionError(Said("同时提交的人太多，请重试", "others decide too much at once: try again"))


def _explained(one: Decided, now: int) -> None:
    """Raises DecisionError for what would change figures of the past, and does not say why."""
    if one.start < now and not one.note.strip():
        zh = f"{one.id} 自 {format_time(one.start)} 起，属事后处理，须写明说明"
        en = f"{one.id} begins in the past, at {format_time(one.start)}: it needs a note that says why"
        raise DecisionError(Said(zh, en))


async def approve(ledger: Ledger, name: str, person: str) -> Decided:
    """Raises DecisionError."""
    now = wall_clock()
    if known := await one_of(ledger, name):
        _explained(known, now)
    await ledger.decide(Decision(name, Action.APPROVE, person, now, {}))
    return fold(await ledger.decisions_of(name))[name]


async def end(ledger: Ledger, name: str, person: str) -> Decided:
    """End an exclusion now, before its time. Raises DecisionError."""
    await ledger.decide(Decision(name, Action.END, person, wall_clock(), {}))
    return fold(await ledger.decisions_of(name))[name]


async def all_of(ledger: Ledger) -> list[Decided]:
    """The newest first."""
    return list(fold(await ledger.decisions()).values())[::-1]


async def page_of(ledger: Ledger, limit: int, offset: int) -> tuple[list[Decided], int]:
    """Some of them, the newest first, and how many there are."""
    rows, total = await ledger.decisions_page(limit, offset)
    return list(fold(rows).values())[::-1], total


async def one_of(ledger: Ledger, name: str) -> Decided | None:
    """The one with this id; None where there is none."""
    return fold(await ledger.decisions_of(name)).get(name)


def as_document(one: Decided) -> dict[str, Any]:
    """For programs."""
    signed = one.signed
    approved_at = signed.approved_at
    return {
        "id": one.id,
        **request_of(one).body,
        "requested_by": signed.requested_by,
        "requested_at": format_time(signed.requested_at),
        "approved_by": signed.approved_by,
        "approved_at": None if approved_at is None else format_time(approved_at),
        "retroactive": isinstance(one, Exclusion) and one.retroactive,
    }


def standing(one: Decided, now: int) -> Standing:
    """How it stands: waiting (for approval), coming, now, over."""
    if not one.signed.approved:
        return "waiting"
    if now < one.start:
        return "coming"
    return "now" if now < one.end else "over"
