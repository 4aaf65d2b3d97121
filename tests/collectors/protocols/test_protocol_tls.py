from __future__ import annotations

import contextlib
import ssl
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_talk import cut, reply, target

from collectors.protocols.base import Asker, Step
from collectors.protocols.rtsp import make_rtsp
from collectors.protocols.tcp import TcpAsker
from collectors.protocols.tls import TlsAsker, client_context
from monitor.model.observations import Cause, Verdict

LONG_AGO = 1_000_000_000.0
FAR_OFF = 9_000_000_000.0


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that a device signed itself, with its key, in one file."""
    folder = tmp_path_factory.mktemp("identity")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=IPC"),
            *("-keyout", "key.pem", "-out", "certificate.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    whole = folder / "identity.pem"
    whole.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return whole


class Device:
    """The other end: OpenSSL as a server, without a socket."""

    def __init__(self, identity: Path, answers: list[bytes], version: ssl.TLSVersion | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        if version is not None:
            context.maximum_version = version
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.names: list[str | None] = []
        self.heard: list[bytes] = []
        self._answers = answers
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def take(self, data: bytes) -> bytes:
        """The records that answer these records."""
        self._in.write(data)
        try:
            while True:
                self.heard.append(self._tls.read(65536))
                self._tls.write(self._answers.pop(0))
        except ssl.SSLWantReadError:
            return self._out.read()

    def say_goodbye(self) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):  # it would wait for our own goodbye
            self._tls.unwrap()
        return self._out.read()


def converse(asker: Asker, device: Device, *, size: int = 1 << 20, fresh: bool = True) -> Step:
    """Carry records to and fro until there is a verdict or nobody has anything to say."""
    step = asker.begin(fresh=fresh)
    while isinstance(step, bytes):
        answer = device.take(step)
        step = None
        for piece in cut(answer, size):
            said = asker.receive(piece)
            if isinstance(said, Verdict):
                return said
            step = (step or b"") + said if said else step
    return step


def rtsp(now: float = LONG_AGO, host: str = "10.44.20.31", **spec: object) -> TlsAsker:
    return TlsAsker(make_rtsp(target("rtsp", host=host, port=322, tls=True, **spec)), host, lambda: now)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_rtsp_inside_tls_is_up_and_tells_when_its_certificate_ends(
    identity: Path, size: int, version: ssl.TLSVersion
) -> None:
    device = Device(identity, [reply("200 OK")], version)
    verdict = converse(rtsp(), device, size=size)
    assert isinstance(verdict, Verdict)
    assert verdict.cause is Cause.OK
    assert verdict.facts["certificate_expires"] == end_of(identity)
    assert device.heard[0].startswith(b"OPTIONS rtsps://10.44.20.31:322/ RTSP/1.0\r\n")


def end_of(identity: Path) -> int:
    decoded = ssl._ssl._test_decode_cert(str(identity))  # type: ignore[attr-defined]  # the test may be nosy
    return int(ssl.cert_time_to_seconds(decoded["notAfter"]))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_device_that_only_knows_tls_1_0_is_asked_all_the_same(identity: Path) -> None:
    verdict = converse(rtsp(), Device(identity, [reply("200 OK")], ssl.TLSVersion.TLSv1))
    assert isinstance(verdict, Verdict)
    assert verdict.cause is Cause.OK


def test_an_expired_certificate_spoils_a_good_verdict_and_no_bad_one(identity: Path) -> None:
    expired = converse(rtsp(now=FAR_OFF), Device(identity, [reply("200 OK")]))
    busy = converse(rtsp(now=FAR_OFF), Device(identity, [reply("453 Not Enough Bandwidth")]))
    assert isinstance(expired, Verdict)
    assert isinstance(busy, Verdict)
    assert (expired.cause, expired.detail) == (Cause.CERTIFICATE_EXPIRED, "certificate has expired")
    assert busy.cause is Cause.BUSY
    assert "certificate_expires" in busy.facts


def test_the_same_answer_is_the_same_verdict_object(identity: Path) -> None:
    asker = rtsp()
    first = converse(asker, Device(identity, [reply("200 OK")]))
    assert converse(asker, Device(identity, [reply("200 OK")])) is first


def test_facts_of_the_inner_protocol_stay(identity: Path) -> None:
    sdp = reply("200 OK", body=b"v=0\r\nm=video 0 RTP/AVP 96\r\n")
    verdict = converse(rtsp(ask="describe"), Device(identity, [sdp]))
    assert isinstance(verdict, Verdict)
    assert set(verdict.facts) == {"open", "certificate_expires"}


def test_a_held_connection_is_asked_again_without_a_handshake(identity: Path) -> None:
    device = Device(identity, [reply("200 OK"), reply("200 OK", cseq=2)])
    asker = rtsp(hold=True)
    converse(asker, device)
    verdict = converse(asker, device, fresh=False)
    assert isinstance(verdict, Verdict)
    assert verdict.cause is Cause.OK
    assert b"CSeq: 2\r\n" in device.heard[1]


def test_for_bare_tcp_the_handshake_is_answer_enough(identity: Path) -> None:
    asker = TlsAsker(TcpAsker(target("tcp", tls=True)), "10.44.20.31", lambda: LONG_AGO)
    verdict = converse(asker, Device(identity, []))
    assert isinstance(verdict, Verdict)
    assert verdict.cause is Cause.OK
    assert "certificate_expires" in verdict.facts


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("cam-1.example", "cam-1.example"),
        ("10.44.20.31", None),
        ("2001:db8::5", None),
        ("fe80::1%eth0", None),
        (".bad..name", None),
        ("通道", None),
    ],
)
def test_only_host_names_are_named_in_the_greeting(identity: Path, host: str, name: str | None) -> None:
    device = Device(identity, [reply("200 OK")])
    converse(rtsp(host=host), device)
    assert device.names == [name]


def test_a_service_without_tls_has_failed_tls() -> None:
    asker = rtsp()
    asker.begin(fresh=True)
    step = asker.receive(b"RTSP/1.0 400 Bad Request\r\n\r\n")
    assert step == Verdict(Cause.TLS_FAILED, "wrong version number")


def test_a_goodbye_inside_tls_is_an_end_of_the_connection(identity: Path) -> None:
    device = Device(identity, [b"RTSP/1.0 20"])
    asker = rtsp()
    assert converse(asker, device) is None
    step = asker.receive(device.say_goodbye())
    assert isinstance(step, Verdict)
    assert step.cause is Cause.BAD_REPLY


def test_broken_records_after_the_handshake_have_failed_tls(identity: Path) -> None:
    asker = rtsp()
    assert converse(asker, Device(identity, [b"RTSP/1.0 20"])) is None
    step = asker.receive(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert isinstance(step, Verdict)
    assert step.cause is Cause.TLS_FAILED


def test_the_end_of_the_connection_within_the_handshake() -> None:
    asker = rtsp()
    asker.begin(fresh=True)
    assert asker.closed() == Verdict(Cause.TLS_FAILED, "closed during the handshake")


def test_endless_records_end_in_a_bad_reply() -> None:
    asker = rtsp()
    asker.begin(fresh=True)
    handshake = b"\x16\x03\x03\x40\x00" + b"\x02\x00\xff\xff" + bytes(0x4000 - 4)
    steps = [asker.receive(handshake) for _ in range(20)]
    verdict = next(step for step in steps if step is not None)
    assert isinstance(verdict, Verdict)
    assert verdict.cause in (Cause.BAD_REPLY, Cause.TLS_FAILED)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_for_a_server_hello_end_in_tls_failed_or_wait(data: bytes, size: int) -> None:
    asker = rtsp()
    asker.begin(fresh=True)
    for piece in cut(b"\x16\x03\x03" + data, size):
        step = asker.receive(piece)
        if isinstance(step, Verdict):
            assert step.cause is Cause.TLS_FAILED
            return
    assert asker.closed().cause is Cause.TLS_FAILED


pieces = st.lists(
    st.tuples(
        st.sampled_from(("said", "changed", "cut off", "raw")), st.binary(max_size=80), st.integers(0, 255)
    ),
    max_size=6,
)


def records(device: Device, kind: str, data: bytes, number: int) -> bytes:
    """What a device sends: records that hold ``data``, those records damaged, or ``data`` as it is."""
    if kind == "raw":
        return data
    device._tls.write(b"RTSP/1.0 " + data)
    said = bytearray(device._out.read())
    if kind == "changed":
        said[number % len(said)] ^= 1 + number % 255
    return bytes(said[: number % len(said)] if kind == "cut off" else said)


@settings(max_examples=150, deadline=None)
@given(rounds=st.lists(st.tuples(pieces, st.integers(1, 60), st.booleans()), min_size=1, max_size=3))
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_any_records_after_the_handshake_end_in_a_verdict_or_wait(
    identity: Path, version: ssl.TLSVersion, rounds: list[tuple[list[tuple[str, bytes, int]], int, bool]]
) -> None:
    asker, device = rtsp(hold=True), Device(identity, [reply("200 OK")], version)
    assert isinstance(converse(asker, device), Verdict)
    for sent, size, asked in rounds:
        if asked:
            assert asker.begin(fresh=False) is not None
        for kind, data, number in sent:
            for piece in cut(records(device, kind, data, number), size):
                asker.receive(piece)
        assert isinstance(asker.closed(), Verdict)
    verdict = converse(asker, Device(identity, [reply("200 OK")], version))
    assert isinstance(verdict, Verdict)
    assert verdict.cause is Cause.OK


def test_one_context_serves_all() -> None:
    assert client_context() is client_context()
    assert client_context().verify_mode is ssl.CERT_NONE
