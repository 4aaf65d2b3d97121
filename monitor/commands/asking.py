"""``quanshi probe``: which watches somebody means, and the explanation in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from monitor.config import Site
from monitor.config.addresses import parse_address
from monitor.config.mistakes import CellError, did_you_mean, printable, shown
from monitor.model.nodes import Address, Kind, Node, Watch, watches_of
from monitor.model.observations import Cause, Weight
from monitor.model.said import Said, SaidError
from monitor.words import CAUSES, SIGNS

_STEPS: Final = {
    "connecting": Said("正在连接", "connecting"),
    "connected": Said("已连接", "connected"),
    "sent": Said("发送 {} 字节：{}", "sent {} bytes: {}"),
    "received": Said("收到 {} 字节：{}", "received {} bytes: {}"),
    "closed": Said("设备关闭了连接", "the device closed the connection"),
    "echo": Said("发送回显请求", "echo request"),
}


class NobodyError(SaidError):
    """There is no such network, node or address to ask."""


def watches_to_ask(site: Site, wanted: str, network: str | None) -> list[Watch]:
    """The watches of the node with this id, name or address; for a new address, the usual probes.

    Raises NobodyError for a network that the site does not have, and for text that is neither.
    """
    if network is not None and network not in site.networks:
        there, name = Said.listed(site.networks), shown(network)
        raise NobodyError(
            Said(
                f"本站点没有网络 {name}，只有：{there.zh}",
                f"this site has no network {name}, but: {there.en}",
            )
        )
    address = _address(wanted)
    found = [
        watch
        for node in site.inventory.nodes.values()
        for watch in watches_of(node)
        if (wanted in (node.id, node.name) or _is_at(watch, address)) and network in (None, watch.network)
    ]
    if found:
        return found
    if wanted in site.inventory.nodes:
        raise NobodyError(
            Said(f"节点 {wanted} 不在网络 {network} 中", f"the node {wanted} is not in the network {network}")
        )
    if address is None:
        raise NobodyError(_not_found(site, wanted))
    return [_stranger(site, wanted, address, network or next(iter(site.networks)))]


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except CellError:  # then it may be an id or a name
        return None


def _is_at(watch: Watch, address: Address | None) -> bool:
    """Whether the watch is asked there. Without a port every watch of this host is meant."""
    if address is None:
        return False
    return address == watch.address or address == Address(watch.address.host)


def _not_found(site: Site, wanted: str) -> Said:
    name = shown(wanted)
    said = Said(f"{name} 不是节点也不是地址", f"{name} is neither a node nor an address")
    return said.then(did_you_mean(wanted, site.inventory.nodes))


def _stranger(site: Site, wanted: str, address: Address, network: str) -> Watch:
    """An address that is not in the inventory, asked as a camera would be."""
    probes = tuple(site.profiles.probe(name) for name in ("ping", "rtsp"))
    return watches_of(Node(wanted, Kind.CAMERA, (network,), (address,), probes))[0]


def note_on(site: Site, watch: Watch) -> str:
    """What must be said before the answers: whether this is somebody the site does not know."""
    if watch.node.id in site.inventory.nodes:
        return ""
    name = printable(watch.node.id)
    said = Said(
        f"{name} 不在节点表中：按摄像机探测", f"{name} is not in the inventory: asked as a camera would be"
    )
    return said.then(did_you_mean(watch.node.id, site.inventory.nodes)).told(site.language)


def answers_well(told: Iterable[Any]) -> bool:
    """Whether something answered, and nothing answered badly. What could not be asked says neither."""
    weights = {one.cause.weight for one in told}
    return Weight.GOOD in weights and not weights & {Weight.SOFT, Weight.HARD}


def as_document(watch: Watch, told: Any) -> dict[str, Any]:
    """One probe's explanation for programs. Moments are seconds since the start."""
    return {
        "node": watch.node.id,
        "network": watch.network,
        "probe": told.probe,
        "place": told.place,
        "steps": [moment._asdict() for moment in told.steps],
        "cause": told.cause.value,
        "detail": told.detail,
        "seconds": told.seconds,
        "facts": told.facts,
    }


def tell(watch: Watch, told: Any, language: str) -> str:
    """One probe's explanation as lines of text."""
    lines = [f"{printable(watch.node.label)} · {watch.network} · {told.probe} · {told.place}"]
    lines += [f"  {1000 * moment.after:8.1f} ms  {_step(moment, language)}" for moment in told.steps]
    sign = SIGNS[told.cause.weight.state]
    taken = [] if told.seconds is None else [f"{1000 * told.seconds:.1f} ms"]
    detail = [printable(told.detail)] if told.detail else []
    lines.append("  ".join([f"  {sign} {_cause(told.cause, language)}", *taken, *detail]))
    lines += [f"    {printable(name)}: {printable(str(value))}" for name, value in told.facts.items()]
    return "\n".join(lines)


def _step(moment: Any, language: str) -> str:
    return _STEPS[moment.what].told(language).format(moment.size, moment.text)


def _cause(cause: Cause, language: str) -> str:
    """The word for people, and where it differs from it the one that events and metrics use."""
    word = CAUSES[language][cause]
    return word if language == "en" else f"{word} ({cause.value})"
