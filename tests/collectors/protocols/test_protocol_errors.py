from __future__ import annotations

import errno

import pytest

from collectors.protocols.errors import cause_of_error
from monitor.model.observations import Cause, Weight


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("ECONNREFUSED", Cause.REFUSED),
        ("ETIMEDOUT", Cause.NO_REPLY),
        ("EHOSTUNREACH", Cause.UNREACHABLE),
        ("ENETUNREACH", Cause.UNREACHABLE),
        ("EHOSTDOWN", Cause.UNREACHABLE),
        ("ENOPROTOOPT", Cause.UNREACHABLE),
        ("ECONNRESET", Cause.RESET),
        ("ECONNABORTED", Cause.RESET),
        ("EPIPE", Cause.RESET),
        ("EACCES", Cause.NOT_PERMITTED),
        ("EPERM", Cause.NOT_PERMITTED),
        ("EAFNOSUPPORT", Cause.NOT_PERMITTED),
        ("EADDRNOTAVAIL", Cause.BLIND),
        ("EMFILE", Cause.BLIND),
        ("ENFILE", Cause.BLIND),
        ("ENOBUFS", Cause.BLIND),
        ("ENOMEM", Cause.BLIND),
        ("ENETDOWN", Cause.BLIND),
    ],
)
def test_every_error_has_its_cause(name: str, cause: Cause) -> None:
    assert cause_of_error(getattr(errno, name)) is cause


@pytest.mark.parametrize("number", [None, 0, -1, 9999])
def test_an_error_that_nobody_knows_makes_nobody_dead(number: int | None) -> None:
    assert cause_of_error(number).weight is Weight.BLIND
