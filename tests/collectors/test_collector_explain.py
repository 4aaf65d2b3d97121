"""``quanshi probe``: every step told, no login shown."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from collector_kit import QUICK, answering, at, city, device, hang, reset, saying
from small_site import camera

from collectors.explain import Explanation, explain
from monitor.commands.asking import answers_well
from monitor.config import Site
from monitor.model.nodes import watches_of
from monitor.model.observations import Cause

SECRET = "s3cret-Pa55word"
PROBES = {"rtsp": QUICK | {"slow": "100ms"}}
LOGIN = {"login": QUICK | {"protocol": "rtsp", "ask": "describe", "credential": "cams", "path": "/live"}}
HIDDEN = (SECRET, base64.b64encode(f"admin:{SECRET}".encode()).decode(), "uthorization: B", "uthorization: D")


async def told(site: Site, node: str, *, login: bool = False) -> list[Explanation]:
    watch = watches_of(site.inventory.nodes[node])[0]
    return await asyncio.wait_for(explain(site, watch, login=login), 10)


async def test_each_step_of_a_good_answer_is_told_in_order(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        (rtsp,) = await told(city(tmp_path, [at("cam", cam)], probes=PROBES), "cam")
    assert [step.what for step in rtsp.steps] == ["connecting", "connected", "sent", "received"]
    moments = [step.after for step in rtsp.steps]
    assert moments == sorted(moments)
    assert rtsp.steps[2].text.startswith("OPTIONS rtsp://")
    assert rtsp.steps[3].text.startswith("RTSP/1.0 200 OK")
    assert (rtsp.cause, answers_well([rtsp])) == (Cause.OK, True)
    assert rtsp.seconds is not None


async def test_what_went_wrong_is_told_and_counts_as_no(tmp_path: Path, free_port: int) -> None:
    expected = {
        "refusing": "refused",
        "hung": "timeout",
        "reset": "reset",
        "bad": "bad_reply",
        "slow": "slow",
    }
    async with (
        device(hang) as hung,
        device(reset) as hasty,
        device(saying(b"\x1b[31mred\r\n\r\n")) as bad,
        device(answering(pause=0.2)) as slow,
    ):
        nodes = [at("refusing", free_port), at("hung", hung), at("reset", hasty), at("bad", bad)]
        site = city(tmp_path, [*nodes, at("slow", slow)], probes=PROBES)
        found = {node: (await told(site, node))[0] for node in expected}
    assert {node: one.cause.value for node, one in found.items()} == expected
    assert not any(answers_well([one]) for one in found.values())
    assert "\x1b" not in repr([step.text for step in found["bad"].steps])


async def test_a_login_is_used_only_on_wish_and_never_shown(tmp_path: Path) -> None:
    async with device(answering("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"')) as cam:
        nodes = [at("cam", cam, probes="login")]
        site = city(tmp_path, nodes, probes=LOGIN, credentials={"cams": ("admin", SECRET)})
        (without,) = await told(site, "cam")
        (with_login,) = await told(site, "cam", login=True)
    assert (without.cause, answers_well([without])) == (Cause.AUTH_WANTED, True)
    assert (with_login.cause, answers_well([with_login])) == (Cause.AUTH_REJECTED, False)
    assert [step.what for step in with_login.steps].count("sent") == 2
    for hidden in HIDDEN:
        assert hidden not in repr(without) + repr(with_login)


async def test_a_name_that_nobody_knows_and_what_cannot_be_asked_are_no_yes(
    tmp_path: Path,
) -> None:
    broker = {"url": "mqtt://127.0.0.1:1"}
    nodes = [
        camera("lost", address="no-such-camera.invalid:554"),
        camera("told", address="127.0.0.1", probes="mqtt"),
    ]
    site = city(tmp_path, nodes, probes=PROBES, mqtt=broker)
    (lost,) = await told(site, "lost")
    (mqtt,) = await told(site, "told")
    assert lost.cause is Cause.NAME_UNRESOLVED
    assert mqtt.cause is Cause.NOT_ASKED
    assert mqtt.steps == []
    assert not answers_well([lost, mqtt])


async def test_a_ping_is_explained_too(tmp_path: Path) -> None:
    nodes = [camera("cam", address="127.0.0.1", probes="ping")]
    (ping,) = await told(city(tmp_path, nodes), "cam")
    assert (ping.cause, [step.what for step in ping.steps]) == (Cause.OK, ["echo"])
