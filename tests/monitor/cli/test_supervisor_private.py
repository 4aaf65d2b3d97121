"""Nobody but its owner may read what a site remembers: addresses, states, and who may log in."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_talk import running, two_cameras, unsent, wait_until

from monitor.datadir import make_data


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As on most machines: what is made may be read by all."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    """What in here others may do anything with."""
    paths = [folder, *folder.rglob("*")]
    return [str(path) for path in paths if not path.is_symlink() and mode(path) & 0o077]


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("open_umask")
def test_all_that_a_run_writes_is_its_owners_alone(tmp_path: Path, open_port: int) -> None:
    site = two_cameras(tmp_path, open_port)
    with running(tmp_path / "log", "--site", site) as city:
        city.wait_for("restored")
        city.wait_for("looking")
        wait_until((tmp_path / "data" / "alerts.db").exists, what="all have begun")
        wait_until(lambda: unsent(tmp_path / "data") == 0, what="something was said")

        names = {path.name for path in (tmp_path / "data").iterdir()}
        assert {"collect", "redis", "good", "ledger.db", "alerts.db", "locks.key", "monitor.json"} <= names
        assert open_to_others(tmp_path / "data") == []


@pytest.mark.usefixtures("open_umask")
def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for folder in ("collect", "reports", "archive"):
        (data / folder).mkdir(parents=True)
    (data / "ledger.db").write_text("")
    assert open_to_others(data)

    make_data(data, "en")

    assert open_to_others(data) == []
    assert mode(tmp_path / "data" / "collect") == 0o700


@pytest.mark.usefixtures("open_umask")
def test_a_folder_that_others_use_too_stays_open_to_them(tmp_path: Path) -> None:
    (tmp_path / "collect").mkdir()
    (tmp_path / "photos").mkdir()
    before = mode(tmp_path)

    make_data(tmp_path, "en")

    assert mode(tmp_path) == before
    assert mode(tmp_path / "photos") == 0o755
    assert mode(tmp_path / "collect") == 0o700
