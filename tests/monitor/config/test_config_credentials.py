"""The credentials file: private, and never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import Folder, told

from monitor.config import Credential


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_logins_are_read_by_name(folder: Folder) -> None:
    folder.write(
        "credentials.yaml", "cameras: {user: admin, password: '12:30'}\nbroker: {user: q, password: no}\n"
    )
    site = folder.load()
    assert site.credentials == {"cameras": Credential("admin", "12:30"), "broker": Credential("q", "no")}
    assert "12:30" not in repr(site)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_a_mistake(folder: Folder, mode: int) -> None:
    folder.write("credentials.yaml", "cameras: {user: a, password: b}\n", mode)
    assert folder.complaint() == told(
        ("credentials.yaml", f"others may read it (mode 0{mode:o})", "chmod 600 credentials.yaml")
    )


@pytest.mark.parametrize(
    "text",
    [
        "cameras: {user: admin, pasword: hunter2}",
        "cameras: {user: admin, password: [hunter2]}",
        "cameras: {user: admin, password: hunter2, hunter2: x}",
        "cameras: {user: admin, password hunter2}",
        "cameras: hunter2",
        "cameras: {user: admin, password: *hunter2}",
        "cameras: {user: admin, password: 'hunter2}",
        "cameras: {user: admin, password: !hunter2 x}",
    ],
)
def test_no_mistake_shows_a_password(folder: Folder, text: str) -> None:
    folder.write("credentials.yaml", text + "\n")
    complaint = folder.complaint()
    assert complaint.startswith("credentials.yaml:")
    assert "hunter2" not in complaint


def test_a_login_needs_both_parts(folder: Folder) -> None:
    folder.write("credentials.yaml", "a: {user: x, password: y}\ncameras:\n  user: admin\n")
    assert folder.complaint() == told(
        (
            "credentials.yaml:2  cameras",
            "user and password are needed, or token, secret and url (for alerts), each once",
            "such as  cameras: {user: …, password: …}",
        )
    )


def test_a_fingerprint_tells_logins_apart_and_needs_the_salt() -> None:
    one = Credential("admin", "a").fingerprint(b"salt")
    assert one == Credential("admin", "a").fingerprint(b"salt")
    assert one != Credential("admin", "b").fingerprint(b"salt")
    assert one != Credential("admin", "a").fingerprint(b"other")
    assert Credential("ab", "c").fingerprint(b"salt") != Credential("a", "bc").fingerprint(b"salt")
