from __future__ import annotations

import pytest
from protocol_talk import target

from collectors.protocols import LAYERS, PROTOCOLS
from collectors.protocols.tls import TlsAsker
from collectors.protocols.urls import authority, path_and_query
from monitor.model.observations import Layer


def test_every_protocol_says_what_its_answer_proves() -> None:
    assert dict(LAYERS) == {
        "tcp": Layer.SERVICE,
        "rtsp": Layer.SERVICE,
        "http": Layer.SERVICE,
        "ping": Layer.REACH,
        "mqtt": Layer.TOLD,
    }


def test_usual_ports() -> None:
    assert PROTOCOLS["rtsp"].port == 554
    assert PROTOCOLS["http"].port == 80


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_every_protocol_can_be_asked_inside_tls(name: str) -> None:
    assert isinstance(PROTOCOLS[name].make(target(name, tls=True)), TlsAsker)
    assert not isinstance(PROTOCOLS[name].make(target(name)), TlsAsker)


@pytest.mark.parametrize(
    ("host", "port", "written"),
    [
        ("10.44.20.31", 554, b"10.44.20.31:554"),
        ("2001:db8::5", 8554, b"[2001:db8::5]:8554"),
        ("fe80::1%eth0", 554, b"[fe80::1]:554"),
        ("cam.example", None, b"cam.example"),
        ("2001:db8::5", None, b"[2001:db8::5]"),
        ("bad\r\nhost", None, b"bad%0D%0Ahost"),
    ],
)
def test_authority_of_an_address(host: str, port: int | None, written: bytes) -> None:
    assert authority(host, port) == written


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/Streaming/Channels/101", b"/Streaming/Channels/101"),
        ("cam/realmonitor?channel=1&subtype=0", b"/cam/realmonitor?channel=1&subtype=0"),
        ("/a b\r\nX: y", b"/a%20b%0D%0AX:%20y"),
        ("/通道%20", b"/%E9%80%9A%E9%81%93%20"),
        ("rtsp://admin:secret@10.44.20.31:554/media/video1?x=1", b"/media/video1?x=1"),
        ("http://admin:secret@10.44.20.31", b"/"),
        ("rtsp://admin:secret@[::1/x", b"/"),
        ("", b"/"),
    ],
)
def test_a_path_is_safe_on_the_wire_and_holds_no_credential(path: str, written: bytes) -> None:
    assert path_and_query(path) == written
