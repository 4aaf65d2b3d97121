"""The key pair of a ledger, and what it signs."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from ledgerkit import T0, append, change, rows, said

from monitor.ledger import Checkpoint, Ledger, LedgerError, Signer
from monitor.ledger.signing import fingerprint_of, is_signed, read_public


def test_the_key_is_made_at_the_first_start_and_is_the_same_ever_after(tmp_path: Path) -> None:
    first = Signer.of(tmp_path)
    again = Signer.of(tmp_path)
    assert first.public == again.public
    assert first.fingerprint == fingerprint_of(first.public)
    assert len(first.fingerprint) == 16
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.key", "ledger.pub"]


def test_the_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    Signer.of(tmp_path)
    assert (tmp_path / "ledger.key").stat().st_mode & 0o777 == 0o600
    assert b"BEGIN PRIVATE KEY" in (tmp_path / "ledger.key").read_bytes()


def test_the_public_key_is_published_beside_it(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    (tmp_path / "ledger.pub").unlink()
    assert Signer.of(tmp_path).public == signer.public == read_public(tmp_path / "ledger.pub")


async def test_many_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    made = await asyncio.gather(*(asyncio.to_thread(Signer.of, tmp_path) for _ in range(8)))
    assert len({signer.public for signer in made}) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.key", "ledger.pub"]


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_that_is_none_is_named_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.key").write_bytes(content)
    with pytest.raises(LedgerError, match=r"signing key .*ledger\.key: no private key in PEM") as caught:
        Signer.of(tmp_path)
    assert caught.value.lasting
    assert (tmp_path / "ledger.key").read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"signing key .*No such file"):
        Signer.of(tmp_path / "missing")


def test_what_is_signed_is_checked_with_the_public_key_alone(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    signature = signer.sign(b"text").hex()
    assert len(signature) == 128
    assert is_signed(b"text", signature, signer.public)
    assert not is_signed(b"texT", signature, signer.public)
    assert not is_signed(b"text", signature.replace("a", "b"), signer.public)
    for odd in ("", "zz", signature[:-2]):
        assert not is_signed(b"text", odd, signer.public)
        assert not is_signed(b"text", signature, odd)


def test_a_checkpoint_is_five_lines_of_text() -> None:
    """The example of docs/ledger.md."""
    checkpoint = Checkpoint(17, "ab" * 32, T0, "0123456789abcdef")
    assert checkpoint.text() == (
        b"quanshi ledger checkpoint 1\n"
        b"links 17\n"
        b"hash abababababababababababababababababababababababababababababababab\n"
        b"at 2026-11-23T00:00:00.000Z\n"
        b"key 0123456789abcdef\n"
    )


async def test_openssl_agrees_that_a_checkpoint_is_signed(ledger: Ledger, tmp_path: Path) -> None:
    """Somebody who has never heard of this program."""
    await append(ledger, said(change()))
    checkpoint = await ledger.checkpoint(Signer.of(tmp_path), T0)
    (tmp_path / "text").write_bytes(checkpoint.text())
    (tmp_path / "signature").write_bytes(bytes.fromhex(checkpoint.signature))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "ledger.pub", "-rawin", "-in", "text"]
    done = subprocess.run(
        [*command, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert "Signature Verified Successfully" in done.stdout, done.stderr


async def test_a_checkpoint_says_how_far_the_chain_is(ledger: Ledger, tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    await append(ledger, said(change()))
    checkpoint = await ledger.checkpoint(signer, T0)
    head = await ledger.head()
    assert (checkpoint.link, checkpoint.hash, checkpoint.at) == (head.links, head.hash, T0)
    assert is_signed(checkpoint.text(), checkpoint.signature, signer.public)
    assert await ledger.checkpoints() == [checkpoint]


async def test_the_public_key_is_a_link_of_the_chain_once(ledger: Ledger, tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    await ledger.checkpoint(signer, T0)
    await append(ledger, said(change()))
    await ledger.checkpoint(signer, T0 + 1)
    assert rows(tmp_path, "SELECT link, at, fingerprint, public FROM signers") == [
        (1, T0, signer.fingerprint, signer.public)
    ]


async def test_the_same_link_is_signed_once_by_each_key(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    signer, other = Signer.of(tmp_path), Signer.of(tmp_path / "other")
    first = await ledger.checkpoint(signer, T0)
    assert await ledger.checkpoint(signer, T0 + 1) == first
    await ledger.checkpoint(other, T0 + 2)
    await ledger.checkpoint(signer, T0 + 3)
    assert [(each.link, each.at) for each in await ledger.checkpoints()] == [
        (2, T0 + 3),
        (2, T0 + 2),
        (1, T0),
    ]
    assert len(await ledger.checkpoints(limit=1)) == 1
