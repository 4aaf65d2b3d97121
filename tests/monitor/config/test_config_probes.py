"""Probe profiles and cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import Folder, told

from monitor.config import Profiles
from monitor.model.nodes import ProbeSpec


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def profiles(folder: Folder, more: str = "") -> Profiles:
    return folder.site(more).load().profiles


@pytest.mark.parametrize(
    ("cell", "spec"),
    [
        ("ping", ProbeSpec("ping", "ping", 5.0, 2.0, slow=1.0)),
        ("tcp:8000", ProbeSpec("tcp", "tcp", 30.0, 3.0, port=8000, slow=2.0)),
        ("rtsp", ProbeSpec("rtsp", "rtsp", 30.0, 5.0, port=554, slow=2.0)),
        ("http", ProbeSpec("http", "http", 60.0, 10.0, port=80, slow=5.0)),
        ("mqtt", ProbeSpec("mqtt", "mqtt", 30.0, 90.0)),
        ("mqtt@10s", ProbeSpec("mqtt", "mqtt", 10.0, 30.0)),
        ("RTSP:8554@10s", ProbeSpec("rtsp", "rtsp", 10.0, 5.0, port=8554, slow=2.0)),
    ],
)
def test_what_ships(folder: Folder, cell: str, spec: ProbeSpec) -> None:
    assert profiles(folder).probe(cell) == spec


def test_a_site_changes_what_ships_and_adds_its_own(folder: Folder) -> None:
    folder.write("credentials.yaml", "cameras: {user: a, password: b}\n")
    found = profiles(
        folder,
        "probes:\n"
        "  ping: {every: 2s, timeout: 1s, slow: 500ms}\n"
        "  rtsp-hik: {protocol: rtsp, path: /Streaming/Channels/101, ask: describe, credential: cameras}\n"
        "  page: {protocol: http, tls: yes}\n"
        "  live: {protocol: rtsp, hold: true, port: 8554}\n",
    )
    assert found.probe("ping") == ProbeSpec("ping", "ping", 2.0, 1.0, slow=0.5)
    hik = found.probe("rtsp-hik@20s")
    assert (hik.protocol, hik.port, hik.path, hik.ask) == ("rtsp", 554, "/Streaming/Channels/101", "describe")
    assert (hik.every, hik.credential) == (20.0, "cameras")
    assert (found.probe("page").port, found.probe("page").tls) == (443, True)
    assert (found.probe("live").port, found.probe("live").hold) == (8554, True)


def test_a_default_timeout_shrinks_with_the_interval(folder: Folder) -> None:
    spec = profiles(folder).probe("rtsp@2s")
    assert (spec.every, spec.timeout, spec.slow) == (2.0, 1.6, None)


def test_a_timeout_that_was_said_does_not_shrink(folder: Folder) -> None:
    folder.site("probes: {rtsp: {timeout: 4s}}\n")
    folder.nodes("c,camera,video,10.0.0.1,rtsp@2s", heading="id,kind,network,address,probes")
    assert folder.complaint() == told(
        ('nodes.csv:2  probes = "rtsp@2s"', "timeout 4s of rtsp must be shorter than the interval, 2s")
    )


SHORTER = "timeout 5s of rtsp must be shorter than the interval, 5s"


@pytest.mark.parametrize(
    ("profile", "lines"),
    [
        ("rtsp: {every: 5s, timeout: 5s}", ("rtsp", SHORTER)),
        ("mqtt: {timeout: 10s}", ("mqtt", "timeout 10s of mqtt must be at least the interval, 30s")),
        ("ping: {slow: 3s}", ("ping", "slow 3s of ping must be shorter than the timeout, 2s")),
        (
            "rtsp-hik: {every: 5s}",
            ("rtsp-hik", "not a protocol (ping, tcp, rtsp, http, mqtt)", "say which with  protocol: …"),
        ),
        (
            "cam: {protocol: rstp}",
            ('cam.protocol = "rstp"', "not a protocol (ping, tcp, rtsp, http, mqtt)", 'did you mean "rtsp"?'),
        ),
        (
            "ping: {protocol: tcp}",
            ('ping.protocol = "tcp"', "the profile ping speaks ping; one that does not needs another name"),
        ),
        ("ping: {port: 80}", ("ping.port", "ping has no such setting (every, protocol, slow, timeout)")),
        (
            "rtsp: {ask: play}",
            ('rtsp.ask = "play"', "options or describe is allowed"),
        ),
        (
            "rtsp: {path: Streaming}",
            ('rtsp.path = "Streaming"', "a path is needed, such as /Streaming/Channels/101"),
        ),
        (
            "rtsp: {credential: cameras}",
            ('rtsp.credential = "cameras"', "not in the credentials file, credentials.yaml"),
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile(folder: Folder, profile: str, lines: tuple[str, ...]) -> None:
    head, *rest = lines
    assert folder.site(f"probes:\n  {profile}\n").complaint() == told((f"site.yaml:6  probes.{head}", *rest))


def test_a_mistake_in_a_profile_is_told_once_and_not_again_for_each_node(folder: Folder) -> None:
    folder.site("probes:\n  tcp: {every: 2s, timeout: 2s, port: 8000}\n")
    folder.nodes("c,camera,video,10.0.0.1,tcp", heading="id,kind,network,address,probes")
    shorter = "timeout 2s of tcp must be shorter than the interval, 2s"
    assert folder.complaint() == told(("site.yaml:6  probes.tcp", shorter))
