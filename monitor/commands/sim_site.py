"""Which devices ``quanshi sim`` plays: those of an invented city, or those of somebody's own site."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from monitor.config import ConfigError, Mistake, MqttSettings, Site, load_site
from monitor.demo.city import City, Intervals, make_city
from monitor.demo.client import free_port
from monitor.demo.faults import Fault, read_script
from monitor.demo.heartbeat import Broker
from monitor.demo.netns import FLEET_NETWORK, OUR_ADDRESS
from monitor.demo.plan import Device, Plan, plan_of
from monitor.demo.process import FleetError
from monitor.demo.site_files import INVENTED, TOPIC, WILL_TOPIC, SiteOptions, write_site
from monitor.model.nodes import Node, ProbeSpec
from monitor.model.said import Said, reason
from monitor.trouble import Trouble

_USUAL: Final = 554
_USUAL_BROKER: Final = 1883
_SCRIPT: Final = Said(
    "列（.csv）或键（.jsonl）为 fault、from、to、delay、root、nodes",
    "its columns (.csv) or keys (.jsonl) are fault, from, to, delay, root, nodes",
)
_MARK: Final = INVENTED.encode()


@dataclass(frozen=True, slots=True)
class Scene:
    """A site's file, its nodes as a city that scripts are made for, and its devices."""

    site: Path
    city: City
    plan: Plan


def invented_scene(points: int, folder: Path, *, seed: int, broker: bool, netns: bool) -> Scene:
    """A generated city, written into a folder without a real site.

    ``broker``: its devices have heartbeats, for a broker on a free port. Raises Trouble.
    """
    keep_what_is_real(folder)
    try:
        city = make_city(points, seed=seed, port=free_port(), own_network=netns)
        place = Broker(OUR_ADDRESS if netns else "127.0.0.1", free_port(seed), TOPIC, WILL_TOPIC)
        options = SiteOptions(broker=place.url if broker else None)
        return Scene(write_site(city, folder, options), city, plan_of(city, broker=place if broker else None))
    except (OSError, ValueError, FleetError) as error:
        raise Trouble(
            Said("无法生成城市", "the city cannot be made"),
            str(error),
            Said("换一个目录或点位数量", "choose another folder or number of points"),
        ) from error


def keep_what_is_real(folder: Path) -> None:
    """Raises Trouble where the folder holds files of a site that was not invented by us."""
    present = [name for name in ("site.yaml", "nodes.csv", "regions.csv") if not _is_ours(folder / name)]
    if present:
        raise Trouble(
            Said("不覆盖已有的文件", "what is there already is not overwritten"),
            f"{folder}: {', '.join(present)}",
            Said("用 --dir 指定一个新目录", "name a new folder with --dir"),
        )


def _is_ours(path: Path) -> bool:
    """Whether nothing real is lost with this file."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MARK)) == _MARK
    except FileNotFoundError:
        return True
    except OSError:  # whatever it is, it was not written by us
        return False


def script_of(path: Path) -> list[Fault]:
    """The faults in this file. Raises ConfigError."""
    try:
        faults = read_script(path)
    except (OSError, KeyError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else Said.same(str(error))
        raise ConfigError([Mistake(path.name, None, "", "", why, _SCRIPT)]) from error
    if not faults:
        raise ConfigError(
            [Mistake(path.name, None, "", "", Said("没有写任何失效", "holds no fault"), _SCRIPT)]
        )
    return faults


def scene_of_site(path: Path, *, broker: bool, netns: bool) -> Scene:
    """A site and its devices, if all of them stand on this machine and listen on one port.

    Their hearts beat where the site's own broker is, if that may be one of this machine. ``broker``: it
    must be, for we shall start it. Raises Trouble, and ConfigError for a site with mistakes.
    """
    site = load_site(path)
    nodes = tuple(site.inventory.nodes.values())
    place = _broker_of(site, ours=broker, netns=netns)
    devices = tuple(_device(site, node, beats=place is not None, netns=netns) for node in nodes)
    ports = {
        address.port or spec.port or _USUAL
        for node in nodes
        for address in node.addresses
        for spec in node.probes
        if _connects(spec)
    }
    if len(ports) > 1:
        raise _cannot(site, ", ".join(map(str, sorted(ports))), _ONE_PORT)
    port = ports.pop() if ports else _USUAL
    witnesses = [witness for network in site.networks.values() for witness in network.witnesses]
    city = City(
        seed=0,
        points=len(nodes),
        port=port,
        intervals=Intervals(),
        nodes=nodes,
        regions=(),
        witnesses={witness: witness for witness in witnesses},
        own_network=netns,
    )
    return Scene(site.path, city, Plan(port, devices, place))


def _device(site: Site, node: Node, *, beats: bool, netns: bool) -> Device:
    for address in node.addresses:
        if not _stands_here(address.host, netns=netns):
            raise _cannot(site, f"{node.id}: {address.host}", _ONLY_INSIDE if netns else _ONLY_LOOPBACK)
    hosts = {network: place.host for network, place in zip(node.networks, node.addresses, strict=True)}
    every = [spec.every for spec in node.probes if spec.protocol == "mqtt" and beats]
    return Device(node.id, hosts, node.parents, every[0] if every else None)


def _broker_of(site: Site, *, ours: bool, netns: bool) -> Broker | None:
    """The site's broker as its devices reach it; None where they cannot.

    Raises Trouble for one that must be ours and cannot be.
    """
    settings = site.mqtt
    why = _NO_BROKER if settings is None else _objection(settings, ours=ours, netns=netns)
    if settings is not None and why is None:
        place = urlsplit(settings.url)
        host = OUR_ADDRESS if netns else _numeric(place.hostname)
        will = settings.will_topic or settings.topic
        return Broker(host, place.port or _USUAL_BROKER, settings.topic, will)
    if ours and why is not None:
        url = "mqtt" if settings is None else f"mqtt.url {settings.url}"
        raise _cannot(site, url, why)
    return None


def _objection(settings: MqttSettings, *, ours: bool, netns: bool) -> Said | None:
    """Why the devices cannot beat there."""
    place = urlsplit(settings.url)
    host = _numeric(place.hostname)
    if place.scheme != "mqtt" or (host != OUR_ADDRESS if netns else not _is_loopback(host)):
        return _BROKER_INSIDE if netns else _BROKER_HERE
    if settings.id_from not in ("topic", "id") or "#" in settings.topic + (settings.will_topic or ""):
        return _BROKER_PLAIN
    # Our own broker lets everybody in; the devices have no password for another.
    return None if ours or settings.credential is None else _BROKER_PLAIN


_ONLY_LOOPBACK: Final = Said(
    "只能模拟本机地址（127.0.0.0/8）：请改 nodes.csv，或用 --points N 生成一座城市",
    "only addresses of this machine (127.0.0.0/8) are played: change nodes.csv, "
    "or let --points N make a city",
)
_ONLY_INSIDE: Final = Said(
    f"--netns 只模拟 {FLEET_NETWORK} 的地址：请改 nodes.csv，或用 --points N 生成一座城市",
    f"with --netns only addresses of {FLEET_NETWORK} are played: change nodes.csv, "
    "or let --points N make a city",
)
_ONE_PORT: Final = Said(
    "全部设备须共用一个端口：请在 site.yaml 的 probes 和 nodes.csv 中写同一个，或用 --points N 生成一座城市",
    "all devices must share one port: write the same into probes of site.yaml and nodes.csv, "
    "or let --points N make a city",
)
_NO_BROKER: Final = Said(
    "站点没有 mqtt 设置：请在 site.yaml 中写 mqtt: {url: mqtt://127.0.0.1:1883}，或不用 --broker",
    "the site has no mqtt settings: write mqtt: {url: mqtt://127.0.0.1:1883} into site.yaml, "
    "or leave out --broker",
)
_BROKER_HERE: Final = Said(
    "--broker 只在本机启动：请把 mqtt.url 写成 mqtt://127.0.0.1:端口，或不用 --broker",
    "--broker starts one on this machine only: let mqtt.url be mqtt://127.0.0.1:PORT, or leave it out",
)
_BROKER_INSIDE: Final = Said(
    f"--netns 中的代理在 {OUR_ADDRESS}：请把 mqtt.url 写成 mqtt://{OUR_ADDRESS}:端口，或不用 --broker",
    f"with --netns the broker is at {OUR_ADDRESS}: let mqtt.url be mqtt://{OUR_ADDRESS}:PORT, "
    "or leave out --broker",
)
_BROKER_PLAIN: Final = Said(
    "模拟设备把编码写在主题的 + 处或 JSON 的 id 中：请改 mqtt.topic（不含 #）或 mqtt.id，或不用 --broker",
    "the simulated devices say their id at the + of the topic or as id in JSON: change mqtt.topic "
    "(no #) or mqtt.id, or leave out --broker",
)


def _cannot(site: Site, where: str, advice: Said) -> Trouble:
    what = Said("这个站点无法模拟", "this site cannot be simulated")
    return Trouble(what, f"{site.path}: {where}", advice, site.language)


def _stands_here(host: str, *, netns: bool) -> bool:
    if not netns:
        return _is_loopback(host)
    try:
        return ipaddress.IPv4Address(host) in ipaddress.IPv4Network(FLEET_NETWORK)
    except ValueError:  # a name
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:  # a name
        return False


def _numeric(host: str | None) -> str:
    return "127.0.0.1" if host == "localhost" else host or ""


def _connects(spec: ProbeSpec) -> bool:
    return spec.protocol not in ("ping", "mqtt")
