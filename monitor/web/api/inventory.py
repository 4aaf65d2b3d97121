"""``/inventory``: the node list, what another one would change, and putting it in place."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from pydantic import Field

from monitor.access.roles import Permission
from monitor.config.mistakes import printable
from monitor.config.settings import Region
from monitor.desk import inventory as desk
from monitor.desk.inventory import Base, Preview, Upload
from monitor.desk.listforms import Form, in_form
from monitor.desk.spool import keep
from monitor.model.said import reason
from monitor.model.times import format_time
from monitor.web.api.common import NAME_HEADER, attachment, reload_error_of, turn
from monitor.web.endpoints import Call, Endpoint, Refused, Reply
from monitor.web.schemas.base import Done, Model
from monitor.web.schemas.papers import (
    InventoryApply,
    InventoryNow,
    InventoryPreview,
    Mistake,
    NodeDifference,
)
from monitor.web.uploads import uploaded

SHOWN: Final = 500
MEDIA: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FormQuery(Model):
    form: Form = Field("csv", description="as which file")


async def inventory(call: Call[None, None]) -> InventoryNow:
    """What the list of now holds, and how many points were planned."""
    site, live = call.context.site, call.context.live
    nodes = site.inventory.nodes.values()
    return InventoryNow(
        digest=site.inventory.digest,
        file=site.sources["nodes"].name,
        loaded_at=format_time(call.context.health.reloaded_at) if call.context.health.reloaded_at else None,
        nodes=len(nodes),
        watches=len(live.board),
        by_kind=dict(Counter(node.kind.value for node in nodes)),
        by_class=dict(Counter(f"class{node.point_class}" for node in nodes if node.point_class)),
        planned=planned_of(site.regions),
        error=reload_error_of(call),
    )


def planned_of(regions: Mapping[str, Region]) -> dict[str, int]:
    """How many points of each class should stand: by a region's own word, else by what lies in it."""
    inside: defaultdict[str, list[Region]] = defaultdict(list)
    for region in regions.values():
        inside[region.parent if region.parent in regions else ""].append(region)

    def of(region: Region) -> Counter[str]:
        if region.planned:
            return Counter({f"class{number}": count for number, count in region.planned.items()})
        return sum((of(each) for each in inside[region.code]), Counter[str]())

    return dict(sum((of(each) for each in inside[""]), Counter[str]()))


async def download(call: Call[FormQuery, None]) -> Reply:
    """The list as it lies on disk."""
    path, form = call.context.site.sources["nodes"], call.query.form
    try:
        async with turn(call):
            body = await asyncio.to_thread(lambda: in_form(path.read_bytes(), form))
    except OSError as error:
        why = reason(error)
        raise Refused(
            404, f"{path.name} 无法读取：{why.zh}", f"{path.name} cannot be read: {why.en}"
        ) from error
    call.target = path.name
    return Reply(body, media=MEDIA[form], headers=attachment(f"nodes.{form}"))


async def preview(call: Call[None, None]) -> InventoryPreview:
    """What a list would change; with mistakes nothing, and each of them is told. Nothing is changed yet."""
    name = _name(call)
    call.target = name
    async with uploaded(call, desk.LARGEST) as file:
        if not file.stat().st_size:
            raise Refused(400, "文件是空的", "the file is empty")
        async with turn(call):
            site = call.context.site
            base = await asyncio.to_thread(Base.of, site)
            found = await asyncio.to_thread(desk.preview, site, file, name)
        call.facts = {"mistakes": len(found.mistakes), "differences": len(found.differences)}
        upload = None
        if found.site is not None:
            upload = call.context.uploads.keep(Upload(call.who.account, keep(file), base, call.now))
    return _shown(found, upload, call.language)


def _name(call: Call[Any, Any]) -> str:
    """What the file is called where it comes from: told in mistakes, and used for nothing else."""
    return printable(unquote(call.request.headers.get(NAME_HEADER, "")))[:100] or "nodes"


def _shown(found: Preview, upload: str | None, language: str) -> InventoryPreview:
    hows = Counter(each.how for each in found.differences)
    return InventoryPreview(
        upload=upload,
        digest=None if found.site is None else found.site.inventory.digest,
        nodes=0 if found.site is None else len(found.site.inventory.nodes),
        new=hows["new"],
        changed=hows["changed"],
        gone=hows["gone"],
        differences=[
            NodeDifference(node=each.node, name=each.name, kind=each.how, fields=dict(each.fields))
            for each in found.differences[:SHOWN]
        ],
        mistakes=[
            Mistake(
                file=each.file,
                row=each.line,
                column=each.column or None,
                value=each.value or None,
                text=each.allowed.told(language),
                hint=each.hint.told(language),
            )
            for each in found.mistakes[:SHOWN]
        ],
        more_mistakes=max(0, len(found.mistakes) - SHOWN),
    )


async def apply(call: Call[None, InventoryApply]) -> Done:
    """Put the list in place that was previewed; it is read at once, as any change of the file."""
    upload = call.context.uploads.take(call.body.upload, call.who.account, call.now)
    if upload is None:
        raise Refused(
            409, "预览已过期，请重新上传", "the preview is over, or somebody else's: upload it again"
        )
    try:
        call.target = await _put(call, upload)
    finally:
        upload.file.unlink(missing_ok=True)
    call.facts = {"over": upload.over.digest}
    call.context.reloader.poke()
    return Done()


async def _put(call: Call[Any, Any], upload: Upload) -> str:
    """Where it was put. Raises Refused: 409 where something changed since it was previewed, 503."""
    async with turn(call):
        site = call.context.site
        if upload.over != await asyncio.to_thread(Base.of, site):
            raise Refused(
                409,
                "节点表或设置已有改动，请重新预览",
                "list or settings have changed: preview it again",
            )
        try:
            return (await asyncio.to_thread(desk.apply, site, upload.file)).name
        except OSError as error:
            why = reason(error)
            raise Refused(503, f"无法写入：{why.zh}", f"it cannot be written: {why.en}") from error


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/inventory",
        "inventory",
        "What the node list holds",
        inventory,
        Permission.LOOK,
        answer=InventoryNow,
    ),
    Endpoint(
        "GET",
        "/inventory/file",
        "inventory_file",
        "The node list as a file",
        download,
        Permission.INVENTORY,
        query=FormQuery,
        media="text/csv",
        or_media=(MEDIA["xlsx"],),
        action="inventory.download",
        also={404: "the file is not there"},
    ),
    Endpoint(
        "POST",
        "/inventory/preview",
        "preview_inventory",
        "What another list would change",
        preview,
        Permission.INVENTORY,
        answer=InventoryPreview,
        raw=desk.LARGEST,
        action="inventory.preview",
    ),
    Endpoint(
        "POST",
        "/inventory/apply",
        "apply_inventory",
        "Put a previewed list in place",
        apply,
        Permission.INVENTORY,
        answer=Done,
        body=InventoryApply,
        action="inventory.apply",
        also={409: "it was not previewed, or the list has changed since"},
    ),
)
