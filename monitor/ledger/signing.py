"""The key with which a ledger signs, and what it signs about its chain.

A checkpoint says that the chain had so many links and this last hash at this moment. Who has the public key
checks it without the program: Ed25519 (RFC 8032) over the UTF-8 text of :meth:`Checkpoint.text`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from monitor.ledger.errors import LedgerError
from monitor.model.said import Said, reason
from monitor.model.times import format_time

PRIVATE: Final = "ledger.key"
PUBLIC: Final = "ledger.pub"

RHYTHM: Final = 3_600_000
"""A running monitor signs the chain at least so often (milliseconds)."""

_PEM: Final = serialization.Encoding.PEM
_RAW: Final = serialization.Encoding.Raw


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain at a moment, signed. ``fingerprint`` names the key; ``signature`` is in hex."""

    link: int
    hash: str
    at: int
    fingerprint: str
    signature: str = ""

    def text(self) -> bytes:
        """What is signed: five lines, each ended by a line feed."""
        lines = (
            "quanshi ledger checkpoint 1",
            f"links {self.link}",
            f"hash {self.hash}",
            f"at {format_time(self.at)}",
            f"key {self.fingerprint}",
        )
        return "".join(f"{line}\n" for line in lines).encode()


class Signer:
    """The private key of a ledger. It signs; nothing else ever leaves it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: Final = key.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw).hex()
        self.fingerprint: Final = fingerprint_of(self.public)

    @classmethod
    def of(cls, directory: Path) -> Self:
        """The key pair in ``ledger.key`` and ``ledger.pub`` of a directory, made at the first call.

        The private file is readable for its owner alone. Raises LedgerError when it cannot be made or read.
        """
        private = directory / PRIVATE
        try:
            if not private.exists():
                _make(private)
            signer = cls(_read(private))
            _publish(signer._key, directory / PUBLIC)
        except OSError as error:
            raise LedgerError(_of_key(private, reason(error))) from error
        return signer

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature of ``data``: 64 bytes."""
        return self._key.sign(data)


def fingerprint_of(public: str) -> str:
    """The first 16 hex digits of the SHA-256 of a public key, itself given in hex."""
    return sha256(bytes.fromhex(public)).hexdigest()[:16]


def is_signed(data: bytes, signature: str, public: str) -> bool:
    """Whether the signature (hex) of ``data`` was made with the private key of ``public`` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_public(path: Path) -> str:
    """The public key in a PEM file, in hex. Raises ValueError when it holds none, and OSError."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")  # noqa: TRY004 - it is a file that is wrong
    return key.public_bytes(_RAW, serialization.PublicFormat.Raw).hex()


def _make(path: Path) -> None:
    """A new key, there with all its content or not at all; if somebody else was first, his stays."""
    content = Ed25519PrivateKey.generate().private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = Said(f"不是 PEM 格式的私钥：{error}", f"no private key in PEM: {error}")
        raise LedgerError(_of_key(path, why), lasting=True) from error
    if not isinstance(key, Ed25519PrivateKey):
        why = Said("不是 Ed25519 密钥", "not an Ed25519 key")
        raise LedgerError(_of_key(path, why), lasting=True)
    return key


def _of_key(path: Path, why: Said) -> Said:
    return Said(f"签名密钥 {path}：{why.zh}", f"signing key {path}: {why.en}")


def _publish(key: Ed25519PrivateKey, path: Path) -> None:
    public = key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not path.exists() or path.read_bytes() != public:
        path.write_bytes(public)
