"""``quanshi probe``: which watches somebody means, and the explanation in words."""

from __future__ import annotations

from typing import Any

from monitor.config import Site
from monitor.config.addresses import parse_address
from monitor.config.mistakes import CellError
from monitor.live.words import CAUSES
from monitor.model.nodes import Address, Kind, Node, Watch, watches_of
from monitor.model.observations import Weight


def watches_to_ask(site: Site, wanted: str, network: str | None) -> list[Watch]:
    """The watches of the node with this id, name or address; for a new address, the usual probes.

    Raises LookupError for a network that the site does not have, and for text that is neither.
    """
    if network is not None and network not in site.networks:
        raise LookupError(f"network {network!r}: {', '.join(site.networks)}")
    found = [
        watch
        for node in site.inventory.nodes.values()
        for watch in watches_of(node)
        if wanted in (node.id, node.name, str(watch.address), watch.address.host)
        and network in (None, watch.network)
    ]
    return found or [_stranger(site, wanted, network or next(iter(site.networks)))]


def _stranger(site: Site, wanted: str, network: str) -> Watch:
    """An address that is not in the inventory, asked as a camera would be."""
    try:
        address: Address = parse_address(wanted)
    except CellError as error:
        raise LookupError(f"{wanted!r}: 不是节点也不是地址 / neither a node nor an address") from error
    probes = tuple(site.profiles.probe(name) for name in ("ping", "rtsp"))
    node = Node(wanted, Kind.CAMERA, (network,), (address,), probes)
    return watches_of(node)[0]


def unwell(told: Any) -> bool:
    """Whether an explanation ended badly: then the answer is no."""
    return bool(told.cause.weight in (Weight.SOFT, Weight.HARD))


def tell(watch: Watch, told: Any, language: str) -> str:
    """One probe's explanation as lines of text."""
    lines = [f"{watch.node.label} · {watch.network} · {told.probe} · {told.place}"]
    lines += [f"  {1000 * moment:8.1f} ms  {text}" for moment, text in told.steps]
    sign = "✕" if unwell(told) else "■" if told.cause.weight is Weight.GOOD else "◇"
    taken = "" if told.seconds is None else f"  {1000 * told.seconds:.1f} ms"
    detail = f"  {told.detail}" if told.detail else ""
    lines.append(f"  {sign} {CAUSES[language][told.cause]} ({told.cause.value}){taken}{detail}")
    lines += [f"    {name}: {value}" for name, value in told.facts.items()]
    return "\n".join(lines)
