from __future__ import annotations

import subprocess
from calendar import timegm
from pathlib import Path

import pytest
from hypothesis import given
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


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    assert expires(data) is None
