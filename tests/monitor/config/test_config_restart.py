"""What changed files may ask for, and what only a restart can bring."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from config_folder import NODES, SITE, Folder

from monitor.config import (
    Reloader,
    Site,
    as_far_as_it_runs,
    fixed_of,
    held_to,
    restart_keys,
    restart_note,
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def running(folder: Folder) -> Site:
    return folder.load()


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ("data: elsewhere", ("data",)),
        ("redis: redis://127.0.0.1", ("redis",)),
        ("ledger: sqlite+aiosqlite:////var/lib/quanshi/l.db", ("ledger",)),
        ("listen: 127.0.0.1:8081", ("listen",)),
        ("web: {tls: {certificate: nodes.csv, key: nodes.csv}}", ("web.tls",)),
        ("web: {metrics: 127.0.0.1:9108}", ("web.metrics",)),
        ("  town: {name: 镇}", ("networks.town",)),
        ("listen: 127.0.0.2:8080\nredis: unix:///run/redis", ("redis", "listen")),
    ],
)
def test_what_is_open_or_bound_waits_for_a_restart(
    folder: Folder, running: Site, more: str, keys: tuple[str, ...]
) -> None:
    assert restart_keys(running, folder.site(f"{more}\n").load()) == keys


def test_a_network_that_goes_or_is_cut_anew_waits_and_so_does_another_name(
    folder: Folder, running: Site
) -> None:
    folder.write("site.yaml", "site: gaozhou\nnetworks:\n  video: {name: 视频专网, shards: 2}\n")

    assert restart_keys(running, folder.load()) == ("site", "networks.video.shards", "networks.police")


@pytest.mark.parametrize(
    "more",
    [
        "language: en\ntimezone: Asia/Urumqi",
        "judge: {confirm: 5}\ntargets: {class1: 99%}",
        "probes: {rtsp: {every: 10s}}",
        "mqtt: {url: 'mqtt://127.0.0.1:1883'}",
        "concurrency: 100\nkeep: 1h",
        "web: {anonymous: viewer, metrics: token, idle: 1h, password: {age: 0}}",
    ],
)
def test_everything_else_can_be_taken(folder: Folder, running: Site, more: str) -> None:
    folder.nodes("cam-2,camera,police,10.0.0.2")

    assert restart_keys(running, folder.site(f"{more}\n").load()) == ()


def test_the_same_written_in_another_way_needs_no_restart(folder: Folder, running: Site) -> None:
    folder.site("data: ./data\nredis: embedded\nlisten: 127.0.0.1:8080\n")

    assert restart_keys(running, folder.load()) == ()


def test_what_is_taken_is_cut_into_the_shards_that_run(folder: Folder, running: Site) -> None:
    shards = SITE.replace("name: 视频专网", "name: 视频, shards: 4") + "  town: {shards: 2}\n"
    folder.write("site.yaml", shards)
    folder.write("nodes.csv", NODES + "cam-2,camera,town,10.0.0.2\n")
    written = folder.load()

    taken = as_far_as_it_runs(running, written)

    assert {key: network.shards for key, network in taken.networks.items()} == {
        "video": 1,
        "police": 1,
        "town": 0,
    }
    assert taken.networks["video"].name == "视频"
    assert taken.inventory is written.inventory


def test_who_comes_late_is_held_to_what_the_others_were_started_with(folder: Folder) -> None:
    started = folder.site("redis: unix:///run/one\nlisten: 127.0.0.1:8081\n").load()
    fixed = json.loads(json.dumps(fixed_of(started)))
    folder.write(
        "site.yaml",
        "site: gaozhou\ndata: elsewhere\nredis: unix:///run/two\nlanguage: en\n"
        "networks:\n  video: {shards: 4}\n  town: {shards: 2}\n",
    )
    written = folder.load()

    held = held_to(fixed, written)

    assert restart_keys(started, held) == ()
    assert set(restart_keys(held, written)) == set(restart_keys(started, written))
    assert {key: network.shards for key, network in held.networks.items()} == {
        "video": 1,
        "police": 1,
        "town": 0,
    }
    assert (held.name, held.redis, held.listen_port) == ("maoming", "unix:///run/one", 8081)
    assert (held.data, held.language) == (folder.path / "data", "en")
    assert held.inventory is written.inventory


async def test_what_it_is_held_back_from_is_read_at_once(folder: Folder) -> None:
    fixed = fixed_of(folder.load())
    site = folder.site("redis: unix:///run/two\n").load()

    await asyncio.wait_for(Reloader(held_to(fixed, site), period=0.02, settle=0.02).changed(), 2)

    same = held_to(fixed_of(site), site)
    assert same == site


def test_the_note_has_the_form_of_a_mistake() -> None:
    note = restart_note(("redis", "listen"), "site.yaml")

    assert note.zh == "site.yaml  redis, listen\n  需要重启"
    assert note.en == "site.yaml  redis, listen\n  restart needed"
    assert not restart_note((), "site.yaml")
