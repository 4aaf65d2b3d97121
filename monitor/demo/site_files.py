"""Writes an invented city as the files that a site consists of."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor.demo.city import POLICE, VIDEO, City
from monitor.model.nodes import Node
from monitor.model.times import format_span

INVENTED: Final = (
    "# 演示数据: 除区县与镇街的名称和代码外全部为虚构 (设备编码, 地址, 坐标为示意网格, 单位均不真实)\n"
    "# invented data: only the names and codes of counties and towns are real; coordinates are a\n"
    "# schematic grid, not places\n"
)

_NAMES: Final = {"zh": "茂名 (演示)", "en": "Maoming (demo)"}
"""What the demo calls its city, by language."""

NODE_COLUMNS: Final = (
    "id", "name", "kind", "class", "network", "region", "level", "parent", "address", "probes",
    "contractor", "lon", "lat", "commissioned", "retired",
)  # fmt: skip
REGION_COLUMNS: Final = ("code", "name", "parent", "planned_class1", "planned_class2", "planned_class3")


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What the city does not say about the machine that watches it."""

    listen: str = "127.0.0.1:8080"
    language: str = "zh"
    data: str = "./data"
    redis: str = "embedded"
    ledger: str = "sqlite"
    broker: str | None = None
    retain: str | None = None


def write_site(city: City, directory: Path, options: SiteOptions | None = None) -> Path:
    """A complete site in ``directory`` (made if it is not there); returns its ``site.yaml``.

    Without a broker no node has a heartbeat: nobody could hear it.
    """
    options = options or SiteOptions()
    directory.mkdir(parents=True, exist_ok=True)
    _write_table(directory / "nodes.csv", NODE_COLUMNS, (_node_row(node, options) for node in city.nodes))
    regions = (
        {"code": r.code, "name": r.name, "parent": r.parent, "planned_class1": r.points} for r in city.regions
    )
    _write_table(directory / "regions.csv", REGION_COLUMNS, regions)
    path = directory / "site.yaml"
    path.write_text(_site_yaml(city, options), encoding="utf-8")
    return path


def _write_table(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(INVENTED)
        table = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _node_row(node: Node, options: SiteOptions) -> dict[str, Any]:
    probes = [f"{p.name}@{format_span(p.every)}" for p in node.probes if options.broker or p.name != "mqtt"]
    return {
        "id": node.id,
        "name": node.name,
        "kind": node.kind.value,
        "class": node.point_class or "",
        "network": ";".join(node.networks),
        "region": node.region,
        "level": node.level.value if node.level else "",
        "parent": ";".join(node.parents),
        "address": ";".join(str(address) for address in node.addresses),
        "probes": ";".join(probes),
        "contractor": node.contractor,
        "lon": "" if node.lon is None else f"{node.lon:.6f}",
        "lat": "" if node.lat is None else f"{node.lat:.6f}",
    }


def _site_yaml(city: City, options: SiteOptions) -> str:
    every, slow = city.intervals, format_span(city.intervals.slow)
    timeout = format_span(every.timeout)
    lines = [
        "site: maoming-demo",
        f"name: {_NAMES[options.language]}",
        "timezone: Asia/Shanghai",
        f"language: {options.language}",
        f"data: {options.data}",
        f"redis: {options.redis}",
        f"ledger: {options.ledger}",
        f"listen: {options.listen}",
        "nodes: nodes.csv",
        "regions: regions.csv",
        "networks:",
        f"  video: {{name: 视频专网, witnesses: ['{city.witnesses[VIDEO]}']}}",
        f"  police: {{name: 公安网, witnesses: ['{city.witnesses[POLICE]}']}}",
        "probes:",
        f"  ping: {{every: {format_span(every.ping)}, timeout: {timeout}}}",
        f"  tcp: {{every: {format_span(every.tcp)}, timeout: {timeout}, port: {city.port}}}",
        f"  rtsp: {{every: {format_span(every.rtsp)}, timeout: {timeout}, port: {city.port}, slow: {slow}}}",
        f"  http: {{every: {format_span(every.http)}, timeout: {timeout}, port: {city.port}, slow: {slow}}}",
        "invented: true",
        "web: {anonymous: viewer}  # nothing here is worth a login",
        "judge: {confirm: 3, recover: 2, retry: [1s, 2s, 4s]}",
        "targets: {class1: 98%, class2: 95%, class3: 90%}",
    ]
    if options.retain:
        lines.append(f"retain: {options.retain}")
    if options.broker:
        lines.append(f"mqtt: {{url: '{options.broker}', topic: '{TOPIC}', will_topic: '{WILL_TOPIC}'}}")
    return INVENTED + "\n".join(lines) + "\n"


TOPIC: Final = "quanshi/+/heartbeat"
WILL_TOPIC: Final = "quanshi/+/will"
