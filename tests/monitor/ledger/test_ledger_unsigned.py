"""What should be signed by now and is not, is found: whoever takes checkpoints away, takes proof away."""

from __future__ import annotations

from pathlib import Path

import pytest
from evidencekit import tamper, told, verified
from ledgerkit import HOUR, T0, append, change, said, url_of

from monitor.ledger import Ledger, Signer

MINUTE = 60_000


async def record(folder: Path, *moments: int, signed: int) -> str:
    """Changes recorded at these moments, of which so many are signed; the fingerprint of who signed."""
    signer = Signer.of(folder)
    async with await Ledger.open(url_of(folder)) as ledger:
        for number, at in enumerate(moments, 1):
            await append(ledger, said(change(at=at), number), recorded_at=at)
            if number == signed:
                await ledger.checkpoint(signer, at)
    return signer.fingerprint


@pytest.mark.parametrize(("signed", "first"), [(1, 3), (0, 1)])
async def test_a_tail_that_waits_longer_than_any_does_is_named_with_since_when(
    tmp_path: Path, signed: int, first: int
) -> None:
    await record(tmp_path, T0, T0 + MINUTE, T0 + 2 * MINUTE, T0 + 3 * HOUR, signed=signed)
    (finding,) = verified(tmp_path).findings
    assert (finding.kind.value, finding.first, finding.last) == ("waiting", first, 4 + bool(signed))
    assert finding.note == ("2026-11-23T00:01:00.000Z" if signed else "2026-11-23T00:00:00.000Z")


async def test_what_was_recorded_within_the_last_hour_may_wait(tmp_path: Path) -> None:
    await record(tmp_path, T0, T0 + MINUTE, T0 + HOUR, signed=1)
    assert verified(tmp_path).ok


async def test_after_a_long_pause_nothing_has_waited(tmp_path: Path) -> None:
    await record(tmp_path, T0, T0 + 99 * HOUR, T0 + 99 * HOUR + MINUTE, signed=1)
    assert verified(tmp_path).ok


async def test_checkpoints_that_were_taken_away_leave_what_they_signed_waiting(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        for hour in range(5):
            at = T0 + hour * HOUR
            await append(ledger, said(change(at=at), hour + 1), recorded_at=at)
            await ledger.checkpoint(signer, at)
    assert verified(tmp_path).ok
    tamper(tmp_path, "DELETE FROM checkpoints WHERE link > 2")
    assert told(verified(tmp_path).findings) == [("waiting", "", "", 3)]


async def test_a_key_that_signed_nothing_any_more_is_named(tmp_path: Path) -> None:
    name = await record(tmp_path, T0, T0 + 1, signed=1)
    tamper(tmp_path, "DELETE FROM checkpoints")
    assert told(verified(tmp_path).findings) == [("unsigned", "signers", name, 2)]
