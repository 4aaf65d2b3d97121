from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.protocols.ping import EXPIRED, KINDS, NOBODY, UNREACHABLE, Echo, checksum, echo_filter

V4, V6 = socket.AF_INET, socket.AF_INET6
ID, PAYLOAD = 0x1234, b"\x01cookie\xff"
STRANGER = (NOBODY, None)


def echo(family: int = V4) -> Echo:
    return Echo(family, ID, PAYLOAD)


def ip4(payload: bytes, *, options: int = 0, protocol: int = 1) -> bytes:
    header = struct.pack("!BBHHHBBH4s4s", 0x45 + options, 0, 0, 0, 0, 64, protocol, 0, bytes(4), bytes(4))
    return header + bytes(4 * options) + payload


def ip6(payload: bytes, *, next_header: int = 58) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64) + bytes(32) + payload


def reply(family: int, sequence: int, ident: int = ID, payload: bytes = PAYLOAD) -> bytes:
    return struct.pack("!BBHHH", KINDS[socket.AddressFamily(family)].reply, 0, 0, ident, sequence) + payload


def error(family: int, kind: int, quoted: bytes) -> bytes:
    return struct.pack("!BBHI", kind, 1, 0, 0) + quoted


def summed(packet: bytes) -> int:
    """The one's complement sum as RFC 1071 writes it: word by word, with the carries folded in."""
    padded = packet + b"\0" * (len(packet) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class TestRequest:
    def test_it_is_laid_out_as_rfc_792_says(self) -> None:
        kind, code, _checksum, ident, sequence = struct.unpack("!BBHHH", echo().request(77)[:8])
        assert (kind, code, ident, sequence) == (8, 0, ID, 77)
        assert echo().request(77)[8:] == PAYLOAD
        assert echo(V6).request(77)[0] == 128

    @given(st.integers(0, 65535), st.integers(0, 65535), st.binary(max_size=65))
    def test_its_checksum_holds_for_every_sequence(self, ident: int, sequence: int, payload: bytes) -> None:
        assert summed(Echo(V4, ident, payload).request(sequence)) == 0xFFFF

    def test_the_checksum_of_rfc_1071s_example(self) -> None:
        assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


class TestReply:
    @pytest.mark.parametrize("options", [0, 1, 10])
    def test_a_raw_ipv4_reply_whatever_its_ip_header_is_long(self, options: int) -> None:
        assert echo().read(ip4(reply(V4, 7), options=options), raw=True) == (7, None)

    def test_replies_without_an_ip_header(self) -> None:
        assert echo().read(reply(V4, 7), raw=False) == (7, None)
        assert echo(V6).read(reply(V6, 7), raw=True) == (7, None)
        assert echo(V6).read(reply(V6, 7), raw=False) == (7, None)

    def test_on_a_datagram_socket_the_id_is_the_kernels(self) -> None:
        assert echo().read(reply(V4, 7, ident=999), raw=False) == (7, None)

    def test_a_strangers_reply_is_none_of_ours(self) -> None:
        assert echo().read(ip4(reply(V4, 7, ident=999)), raw=True) == STRANGER
        assert echo().read(ip4(reply(V4, 7, payload=b"other")), raw=True) == STRANGER
        assert echo().read(ip4(echo().request(7)), raw=True) == STRANGER

    @given(st.binary(max_size=120), st.booleans(), st.sampled_from([V4, V6]))
    def test_any_bytes_are_read_without_an_exception(self, packet: bytes, raw: bool, family: int) -> None:
        sequence, _verdict = Echo(family, ID, PAYLOAD).read(packet, raw=raw)
        assert -1 <= sequence <= 65535

    def test_cut_off_anywhere_it_is_none_of_ours(self) -> None:
        whole = ip4(error(V4, 3, ip4(echo().request(7)[:8])))
        assert echo().read(whole, raw=True) == (7, UNREACHABLE)
        assert {echo().read(whole[:end], raw=True) for end in range(len(whole))} == {STRANGER}


class TestErrors:
    def test_unreachable_names_the_request_that_it_is_about(self) -> None:
        quoted = ip4(echo().request(7), options=2)
        assert echo().read(ip4(error(V4, 3, quoted), options=1), raw=True) == (7, UNREACHABLE)
        assert echo().read(ip4(error(V4, 11, quoted)), raw=True) == (7, EXPIRED)
        assert echo(V6).read(error(V6, 1, ip6(echo(V6).request(7))), raw=True) == (7, UNREACHABLE)
        assert echo(V6).read(error(V6, 3, ip6(echo(V6).request(7))), raw=True) == (7, EXPIRED)

    def test_an_error_about_somebody_elses_packet_is_none_of_ours(self) -> None:
        other = Echo(V4, 999, PAYLOAD).request(7)
        assert echo().read(ip4(error(V4, 3, ip4(other))), raw=True) == STRANGER
        assert echo().read(ip4(error(V4, 3, ip4(echo().request(7), protocol=17))), raw=True) == STRANGER
        assert echo(V6).read(error(V6, 1, ip6(echo(V6).request(7), next_header=17)), raw=True) == STRANGER


class Kernel:
    """The kernel's own filter machine, on a pair of sockets that needs no privilege."""

    def __init__(self, family: int) -> None:
        self._near, self._far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._far.setblocking(False)
        echo(family).attach_filter(self._far)

    def passes(self, packet: bytes) -> bool:
        self._near.send(packet)
        try:
            return self._far.recv(4096) == packet
        except BlockingIOError:
            return False

    def close(self) -> None:
        self._near.close()
        self._far.close()


@pytest.fixture
def kernel4() -> Iterator[Kernel]:
    kernel = Kernel(V4)
    yield kernel
    kernel.close()


@pytest.fixture
def kernel6() -> Iterator[Kernel]:
    kernel = Kernel(V6)
    yield kernel
    kernel.close()


class TestFilter:
    def test_the_kernel_passes_our_ipv4_replies_and_errors(self, kernel4: Kernel) -> None:
        for options in (0, 1, 10):
            assert kernel4.passes(ip4(reply(V4, 7), options=options))
            for kind in (3, 11):
                about = error(V4, kind, ip4(echo().request(7), options=3))
                assert kernel4.passes(ip4(about, options=options))

    def test_the_kernel_drops_every_other_ipv4_packet(self, kernel4: Kernel) -> None:
        other = Echo(V4, 999, PAYLOAD).request(7)
        for packet in (
            ip4(reply(V4, 7, ident=999)),
            ip4(echo().request(7)),
            ip4(error(V4, 3, ip4(other))),
            ip4(error(V4, 3, ip4(echo().request(7), protocol=17))),
            ip4(error(V4, 3, ip4(reply(V4, 7)))),
            ip4(error(V4, 5, ip4(echo().request(7)))),
            ip4(reply(V4, 7))[:23],
            ip4(error(V4, 3, ip4(echo().request(7))))[:50],
        ):
            assert not kernel4.passes(packet)

    def test_the_kernel_passes_our_ipv6_replies_and_errors(self, kernel6: Kernel) -> None:
        assert kernel6.passes(reply(V6, 7))
        assert kernel6.passes(error(V6, 1, ip6(echo(V6).request(7))))
        assert kernel6.passes(error(V6, 3, ip6(echo(V6).request(7))))

    def test_the_kernel_drops_every_other_ipv6_packet(self, kernel6: Kernel) -> None:
        for packet in (
            reply(V6, 7, ident=999),
            echo(V6).request(7),
            error(V6, 1, ip6(Echo(V6, 999, PAYLOAD).request(7))),
            error(V6, 1, ip6(echo(V6).request(7), next_header=17)),
            error(V6, 2, ip6(echo(V6).request(7))),
            bytes([135]) + bytes(23),  # neighbour solicitation
        ):
            assert not kernel6.passes(packet)

    def test_a_program_is_whole_instructions_of_eight_bytes(self) -> None:
        assert len(echo_filter(V4, ID)) % 8 == 0
        assert len(echo_filter(V6, ID)) % 8 == 0
