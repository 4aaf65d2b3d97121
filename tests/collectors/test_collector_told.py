"""What devices tell over MQTT, from a real broker through to the outbox."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import servers
from aiomqtt import Client, MqttError, Will
from collector_kit import Device, answering, at, city, collecting, device, hang, now, until
from small_site import camera

from monitor.config import Site
from monitor.model.observations import Cause, State

WILL = "quanshi/+/will"


def told(folder: Path, port: int, *names: str, every: str = "30s") -> Site:
    nodes = [camera(name, address=f"127.0.5.{n + 1}", probes="mqtt") for n, name in enumerate(names)]
    broker = {"url": f"mqtt://127.0.0.1:{port}", "will_topic": WILL}
    return city(folder, nodes, probes={"mqtt": {"every": every}}, mqtt=broker)


def both(folder: Path, port: int, cam: Device) -> Site:
    """A camera that is asked now and then, with the usual patience, and tells by itself how it is."""
    probes = {"mqtt": {"every": "30s"}, "rtsp": {"every": "6s", "timeout": "5s"}}
    broker = {"url": f"mqtt://127.0.0.1:{port}", "will_topic": WILL}
    return city(folder, [at("cam", cam, probes="rtsp;mqtt")], probes=probes, mqtt=broker, judge={})


async def publish(port: int, topic: str, payload: bytes = b"", *, retain: bool = False) -> None:
    async with Client("127.0.0.1", port) as client:
        await client.publish(topic, payload, qos=1, retain=retain)


async def heard(collector: object) -> None:
    await until(lambda: collector.listening._source is not None and collector.listening._source.connected)


async def test_a_client_that_is_killed_is_down_within_a_second(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with collecting(told(tmp_path / "site", mosquitto.port, "cam", "other")) as collector:
        await heard(collector)
        cam = Client("127.0.0.1", mosquitto.port, will=Will("quanshi/cam/will", b"", qos=1))
        await cam.__aenter__()
        await cam.publish("quanshi/cam/heartbeat")
        await collector.become("cam", State.UP)
        connection = cam._client.socket()
        assert connection is not None
        died = time.monotonic()
        connection.shutdown(2)
        await collector.become("cam", State.DOWN)
        assert time.monotonic() - died < 1.0
        with suppress(MqttError):
            await cam.__aexit__(None, None, None)
        assert collector.state("cam") == ("down", "reported_off")
        assert collector.state("other")[0] == "unknown"
        await publish(mosquitto.port, "quanshi/cam/heartbeat")
        await collector.become("cam", State.UP)


async def test_a_camera_without_power_is_down_within_a_second_of_its_will(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with device(answering()) as cam:
        site = both(tmp_path / "site", mosquitto.port, cam)
        async with collecting(site) as collector:
            await heard(collector)
            await publish(mosquitto.port, "quanshi/cam/heartbeat")
            await collector.become("cam", State.UP)
            cam.answer = hang  # nobody answers any more, and nobody says so
            died = now()
            await publish(mosquitto.port, "quanshi/cam/will")
            await collector.become("cam", State.DOWN)
            _, down = await collector.changes()
            assert (down.cause, down.probe) == (Cause.REPORTED_OFF, "mqtt")
            assert down.not_before <= died <= down.at <= down.detected_at < died + 1_000


async def test_a_camera_that_answers_after_its_will_contradicts_it_within_a_second(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with device(answering()) as cam:
        site = both(tmp_path / "site", mosquitto.port, cam)
        async with collecting(site) as collector:
            await heard(collector)
            await collector.become("cam", State.UP)
            said = now()
            await publish(mosquitto.port, "quanshi/cam/will")
            await until(lambda: collector.state("cam") == ("degraded", "contradicted"))
            _, down, kept = await collector.changes()
            assert (down.new, down.cause) == (State.DOWN, Cause.REPORTED_OFF)
            assert said <= down.at == kept.not_before <= kept.at <= said + 1_000


async def test_a_broker_that_dies_leaves_its_watches_unknown_until_their_next_word(tmp_path: Path) -> None:
    with servers.mosquitto(tmp_path) as broker:
        port = broker.port
        async with collecting(told(tmp_path / "site", port, "cam")) as collector:
            await heard(collector)
            await publish(port, "quanshi/cam/heartbeat")
            await collector.become("cam", State.UP)
            broker.process.kill()
            await until(lambda: collector.state("cam") == ("unknown", "source_lost"))
            broker.process.wait()
            with servers.mosquitto(tmp_path, port):
                await heard(collector)
                await asyncio.sleep(0.3)
                assert collector.state("cam")[0] == "unknown"
                await publish(port, "quanshi/cam/heartbeat")
                await collector.become("cam", State.UP)
                states = [one.new for one in await collector.changes()]
                assert states == [State.UP, State.UNKNOWN, State.UP]


async def test_a_retained_heartbeat_is_no_sign_of_life(tmp_path: Path, mosquitto: servers.Mosquitto) -> None:
    await publish(mosquitto.port, "quanshi/cam/heartbeat", b"old", retain=True)
    async with collecting(told(tmp_path / "site", mosquitto.port, "cam")) as collector:
        await heard(collector)
        await until(lambda: collector.listening._source.heard.retained == 1)
        assert collector.state("cam")[0] == "unknown"
        assert await collector.changes() == []


async def test_a_missed_heartbeat_is_down(tmp_path: Path, mosquitto: servers.Mosquitto) -> None:
    async with collecting(told(tmp_path / "site", mosquitto.port, "cam", every="700ms")) as collector:
        await heard(collector)
        await publish(mosquitto.port, "quanshi/cam/heartbeat")
        await collector.become("cam", State.UP)
        await until(lambda: collector.state("cam") == ("down", "heartbeat_missed"))


async def test_a_reload_changes_the_broker_and_the_devices(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    with servers.mosquitto(second) as other:
        async with collecting(told(tmp_path / "site", mosquitto.port, "cam")) as collector:
            await heard(collector)
            first = collector.listening._source
            collector.take(told(tmp_path / "site", mosquitto.port, "cam", "new"))
            assert collector.listening._source is first
            await publish(mosquitto.port, "quanshi/new/heartbeat")
            await collector.become("new", State.UP)
            collector.take(told(tmp_path / "site", other.port, "cam", "new"))
            assert collector.listening._source is not first
            await heard(collector)
            await publish(other.port, "quanshi/cam/heartbeat")
            await collector.become("cam", State.UP)
            assert collector.state("new") == ("up", "ok")


async def test_a_watch_whose_broker_is_in_another_network_is_unknown(tmp_path: Path) -> None:
    nodes = [camera("cam", "police", address="127.0.5.1", probes="mqtt")]
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    broker = {"url": "mqtt://127.0.0.1:1", "network": "video"}
    site = city(tmp_path, nodes, networks=networks, mqtt=broker, probes={})
    async with collecting(site, "police") as collector:
        assert collector.state("cam") == ("unknown", "source_lost")


async def test_a_silence_is_known_to_have_lasted_until_an_interval_before_the_next_word(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    site = told(tmp_path / "site", mosquitto.port, "cam", "other", every="700ms")
    async with collecting(site) as collector:
        await heard(collector)
        await publish(mosquitto.port, "quanshi/cam/heartbeat")
        await collector.become("cam", State.UP)
        for _ in range(25):
            await publish(mosquitto.port, "quanshi/other/heartbeat")
            await asyncio.sleep(0.3)
        assert collector.state("cam") == ("down", "heartbeat_missed")
        spoke = now()
        await publish(mosquitto.port, "quanshi/cam/heartbeat")
        await collector.become("cam", State.UP)
        _, down, up = await collector.changes("cam")
        assert spoke - 3_500 < up.not_before <= spoke - 700
        assert down.at + 1_000 < up.not_before <= spoke <= up.at
