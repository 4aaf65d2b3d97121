"""A broker, programs of the site's own, and what apprise knows."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest
import servers
from aiohttp import web
from delivery_kit import end, message
from receivers import listening

from alerts.channels import apprise as apprise_channel
from alerts.channels.apprise import Apprise
from alerts.channels.base import DeliveryError, MissingError, PermanentError, TemporaryError
from alerts.channels.command import Command
from alerts.channels.mqtt import Mqtt


async def failure(channel: Mqtt | Command | Apprise) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(message(), ("138",))
    return caught.value


async def test_a_broker_gets_it_with_its_key(mosquitto: servers.Mosquitto) -> None:
    async with aiomqtt.Client("127.0.0.1", mosquitto.port) as listener:
        await listener.subscribe("quanshi/alerts", qos=1)
        channel = Mqtt("bus", mosquitto.url, "quanshi/alerts")
        for said in (message(), end()):
            await channel.send(said, ())
        await channel.close()
        got = []
        async with asyncio.timeout(5):
            async for each in listener.messages:
                got.append((each.qos, json.loads(bytes(each.payload))))
                if len(got) == 2:
                    break
    assert [(qos, body["key"], body["status"]) for qos, body in got] == [
        (1, "00000001/fired", "firing"),
        (1, "00000001/resolved", "resolved"),
    ]
    assert got[0][1]["text"] == message().text


async def test_a_broker_that_is_away_or_hangs_is_tried_again(mosquitto: servers.Mosquitto) -> None:
    channel = Mqtt("bus", mosquitto.url, "quanshi/alerts")
    mosquitto.process.send_signal(19)  # SIGSTOP
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await channel.send(message(), ())
    mosquitto.process.send_signal(18)  # SIGCONT
    await channel.send(message(), ())
    mosquitto.process.kill()
    mosquitto.process.wait()
    error = await failure(channel)
    assert isinstance(error, TemporaryError)
    assert not error.sent


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Command]:
    def make(source: str, *arguments: str, within: float = 10.0) -> Command:
        script = tmp_path / "page.py"
        script.write_text(source)
        return Command("run", [sys.executable, str(script), str(tmp_path / "out"), *arguments], within=within)

    return make


TELL = """
import json, os, sys
said = json.load(sys.stdin)
json.dump([sys.argv[2:], said, dict(os.environ)], open(sys.argv[1], "w"))
print("paged", file=sys.stderr)
"""


async def test_a_program_gets_words_as_arguments_and_the_message_as_json(
    program: Callable[..., Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANSHI_REDIS", "redis://:geheim@h")
    channel = program(TELL, "{title}; rm -rf $HOME", "{severity}", "{phones}", "{nothing}")
    assert await channel.send(message(), ("138", "139")) == "paged"
    arguments, said, environment = json.loads((tmp_path / "out").read_text())
    assert arguments == ["【故障】镇隆镇接入交换机 离线; rm -rf $HOME", "critical", "138,139", "{nothing}"]
    assert (said["key"], said["to"], said["alerts"][0]["status"]) == (
        "00000001/fired",
        ["138", "139"],
        "firing",
    )
    assert "QUANSHI_REDIS" not in environment


@pytest.mark.parametrize(
    ("status", "kind"),
    [(1, TemporaryError), (75, TemporaryError), (64, PermanentError), (78, PermanentError)],
)
async def test_its_status_says_whether_to_try_again(
    program: Callable[..., Command], status: int, kind: type[DeliveryError]
) -> None:
    error = await failure(program(f"import sys; sys.stderr.write('no  way'); sys.exit({status})"))
    assert (type(error), str(error)) == (kind, f"status {status}: no way")


async def test_it_and_its_children_are_killed_when_it_takes_too_long(
    program: Callable[..., Command], tmp_path: Path
) -> None:
    source = """
import os, sys, time
if os.fork() == 0:
    open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(60)
"""
    error = await failure(program(source, within=1.0))
    assert (type(error), str(error)) == (TemporaryError, "not done within 1 s, and killed")
    assert await gone(int((tmp_path / "out").read_text()))


async def gone(pid: int) -> bool:
    """Whether the process has ended, or is only a name that nobody has asked after."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_left_behind_it_is_killed_too(program: Callable[..., Command], tmp_path: Path) -> None:
    source = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(program(source).send(message(), ()))
    async with asyncio.timeout(10):
        while not (tmp_path / "out").exists() or not (tmp_path / "out").read_text():
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(int((tmp_path / "out").read_text()))


async def test_a_program_that_does_not_read_or_leaves_a_child_is_no_trouble(
    program: Callable[..., Command],
) -> None:
    before = time.monotonic()
    await program("import os, time\nif os.fork() == 0: time.sleep(8)").send(message(), ())
    assert time.monotonic() - before < 5


async def test_a_program_that_is_not_there_is_tried_again() -> None:
    error = await failure(Command("run", ["/nowhere/page", "{title}"]))
    assert (type(error), str(error)) == (TemporaryError, "does not start: No such file or directory")
    assert os.getpid() > 0


async def test_apprise_tells_each_of_its_targets_once() -> None:
    answers = [200, 500, 200]
    asked = []

    async def take(request: web.Request) -> web.Response:
        asked.append((request.path, (await request.json())["message"]))
        return web.Response(status=answers.pop(0))

    async with listening(take) as base:
        place = base.removeprefix("http://")
        channel = Apprise("other", [f"json://{place}/geheim1", f"json://{place}/geheim2"])
        error = await failure(channel)
        assert (type(error), str(error)) == (TemporaryError, "apprise says no for target 2 of 2")
        await channel.send(message(), ())
        await channel.close()
    assert [path for path, _ in asked] == ["/geheim1", "/geheim2", "/geheim2"]
    assert asked[0][1] == message().text


async def test_a_url_that_apprise_does_not_understand_is_refused_without_showing_it() -> None:
    error = await failure(Apprise("other", ["geheim://what"]))
    assert (type(error), str(error)) == (PermanentError, "apprise does not understand URL 1 of 1")


def test_without_apprise_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise_channel, "find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"pip install 'quanshi\[apprise\]'"):
        Apprise("other", [])
