from __future__ import annotations

import subprocess
from calendar import timegm
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.protocols.certificate import expires


def make_certificate(folder: Path, *options: str) -> bytes:
    path = folder / "certificate.der"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-subj", "/CN=10.44.20.31/O=Quanshi test", "-keyout", str(folder / "key.pem")),
            *("-outform", "DER", "-out", str(path), *options),
        ],
        check=True,
        capture_output=True,
    )
    return path.read_bytes()


def end_by_openssl(certificate: bytes) -> int:
    said = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-enddate", "-dateopt", "iso_8601"],
        input=certificate,
        check=True,
        capture_output=True,
    ).stdout.decode()
    date, clock = said.strip().removeprefix("notAfter=").removesuffix("Z").split()
    return timegm((*map(int, date.split("-")), *map(int, clock.split(":"))))  # type: ignore[arg-type]


@pytest.mark.parametrize("days", ["1", "365", "7300", "36500"])
def test_the_end_is_what_openssl_says(tmp_path: Path, days: str) -> None:
    # 7300 days and less are a UTCTime, 36500 lie behind 2050: a GeneralizedTime.
    certificate = make_certificate(tmp_path, "-days", days)
    assert expires(certificate) == end_by_openssl(certificate)


def test_a_certificate_cut_off_anywhere_is_none(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "-days", "30")
    assert all(expires(certificate[:length]) is None for length in range(len(certificate)))


def test_a_thirteenth_month_is_none(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "-days", "30")
    place = certificate.rindex(b"\x17\x0d")
    broken = certificate[: place + 4] + b"13" + certificate[place + 6 :]
    assert len(broken) == len(certificate)
    assert expires(broken) is None


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "-days", "30")


@settings(max_examples=2_000)
@given(data=st.data())
def test_a_real_certificate_with_bytes_changed_is_read_without_an_exception(
    real: bytes, data: st.DataObject
) -> None:
    broken = bytearray(real)
    # Lengths and tags stand in the first part of it; what follows the validity is not read.
    for _ in range(data.draw(st.integers(1, 4))):
        place = min(data.draw(st.integers(0, len(real)) | st.integers(0, 160)), len(broken) - 1)
        match data.draw(st.sampled_from(("change", "leave out", "put in", "cut off"))):
            case "change":
                broken[place] = data.draw(st.integers(0, 255) | st.sampled_from((0x80, 0x81, 0x84, 0x88)))
            case "leave out":
                del broken[place]
            case "put in":
                broken[place:place] = data.draw(st.binary(min_size=1, max_size=8))
            case _:
                del broken[max(place, 8) :]
    found = expires(bytes(broken))
    assert found is None or isinstance(found, int)


@settings(max_examples=500)
@given(moment=st.binary(min_size=13, max_size=13) | st.from_regex(rb"[0-9]{12}Z", fullmatch=True))
def test_any_moment_in_a_real_certificate_is_one_of_the_calendar_or_none(real: bytes, moment: bytes) -> None:
    place = real.rindex(b"\x17\x0d") + 2
    found = expires(real[:place] + moment + real[place + 13 :])
    if found is not None:
        assert datetime.fromtimestamp(found, UTC).strftime("%y%m%d%H%M%SZ").encode() == moment


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    assert expires(data) is None
