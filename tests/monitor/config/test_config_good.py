"""The last files without a mistake are kept, and used while those that people edit hold one."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest
from config_folder import NODES, SITE, Folder, told

from monitor.config import ConfigError, Reloader, Site, keep_good, load_or_last_good

LOGIN = "cameras: {user: admin, password: geheim}\n"
TYPO = "id,kind,network,address\ncam-2,camera,vidoe,10.0.0.2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "site").mkdir()
    return Folder(tmp_path / "site")


def current(folder: Folder, data: str = "data") -> Path:
    return folder.path / data / "good" / "current"


def keep(folder: Folder) -> Site:
    site = folder.load()
    keep_good(site, site.data)
    return site


def load(folder: Folder, data: Path | None = None) -> Site:
    return load_or_last_good(folder.path / "site.yaml", data)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_without_a_mistake_are_used_as_they_are(folder: Folder) -> None:
    keep(folder)
    folder.write("nodes.csv", NODES + "cam-2,camera,video,10.0.0.2\n")

    site = load(folder)

    assert site.refused is None
    assert list(site.inventory.nodes) == ["cam-1", "cam-2"]


def test_with_a_mistake_in_them_the_last_good_ones_are_used_and_the_mistake_is_told(folder: Folder) -> None:
    keep(folder)
    folder.write("nodes.csv", TYPO)

    site = load(folder)

    assert list(site.inventory.nodes) == ["cam-1"]
    assert site.refused is not None
    assert str(site.refused) == folder.complaint()


def test_without_good_ones_the_mistake_ends_it(folder: Folder) -> None:
    folder.write("nodes.csv", TYPO)

    with pytest.raises(ConfigError, match="vidoe"):
        load(folder)


def test_all_files_are_kept_for_their_owner_alone(folder: Folder) -> None:
    folder.write("regions.csv", "code,name\n440983,信宜市\n", mode=0o644)
    folder.write("credentials.yaml", LOGIN)
    folder.site("probes: {rtsp: {credential: cameras}}\n")
    (folder.path / "site.yaml").chmod(0o644)
    keep(folder)

    files = {path.name: path for path in current(folder).iterdir()}

    assert files.keys() == {"site.yaml", "nodes.csv", "regions.csv", "credentials.yaml", "origin"}
    assert {mode(path) for path in files.values()} == {0o600}
    assert {mode(path) for path in (current(folder), current(folder).parent)} == {0o700}
    folder.write("nodes.csv", TYPO)
    assert load(folder).credentials["cameras"].password == "geheim"


def test_names_in_a_kept_file_mean_the_folder_of_the_original(folder: Folder) -> None:
    (folder.path / "lists").mkdir()
    folder.write("lists/points.csv", NODES)
    folder.site("nodes: lists/points.csv\ndata: ../facts\nalerts: rules.yaml\n")
    folder.write("rules.yaml", "language: en\n")
    keep(folder)
    folder.write("lists/points.csv", TYPO)

    site = load(folder)

    assert site.path == folder.path / "site.yaml"
    assert site.data == folder.path / "../facts"
    assert site.alerts == folder.path / "rules.yaml"
    assert site.alerting.language == "en"
    names = ("site.yaml", "lists/points.csv", "regions.csv", "credentials.yaml", "rules.yaml")
    assert set(site.files) == {folder.path / name for name in names}


async def test_a_repair_of_the_original_is_noticed(folder: Folder) -> None:
    keep(folder)
    folder.write("nodes.csv", TYPO)
    reloader = Reloader(load(folder), period=0.02, settle=0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reloader.changed(), 0.2)

    folder.write("nodes.csv", TYPO.replace("vidoe", "video"))

    await asyncio.wait_for(reloader.changed(), 2)
    assert list((await reloader.load()).inventory.nodes) == ["cam-2"]


async def test_a_repair_between_reading_and_watching_is_noticed(folder: Folder) -> None:
    keep(folder)
    folder.write("nodes.csv", TYPO)
    site = load(folder)
    folder.write("nodes.csv", NODES + "cam-3,camera,video,10.0.0.3\n")

    await asyncio.wait_for(Reloader(site, period=0.02, settle=0.05).changed(), 2)


async def test_what_is_read_again_is_kept_where_the_first_was(folder: Folder) -> None:
    reloader = Reloader(folder.load(), period=0.02, settle=0.05)
    folder.site("data: elsewhere\n").write("nodes.csv", NODES.replace("cam-1", "cam-7"))

    await reloader.load()

    assert "cam-7" in (current(folder) / "nodes.csv").read_text()
    assert not (folder.path / "elsewhere").exists()


async def test_a_reading_with_a_mistake_keeps_nothing_and_its_files_are_watched(folder: Folder) -> None:
    keep(folder)
    reloader = Reloader(folder.load(), period=0.02, settle=0.05)
    folder.site("nodes: other.csv\n")

    with pytest.raises(ConfigError, match=r"other\.csv"):
        await reloader.load()

    assert (current(folder) / "site.yaml").read_text() == SITE
    folder.write("other.csv", NODES)
    await asyncio.wait_for(reloader.changed(), 2)


def test_what_is_kept_already_is_not_written_again(folder: Folder) -> None:
    keep(folder)
    before = current(folder).resolve()

    keep(folder)

    assert current(folder).resolve() == before


def test_what_looks_the_same_from_outside_and_is_not_is_kept_anew(folder: Folder) -> None:
    before = (folder.path / "nodes.csv").stat()
    keep(folder)
    changed = folder.write("nodes.csv", NODES.replace("cam-1", "cam-7"))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))

    keep(folder)

    assert "cam-7" in (current(folder) / "nodes.csv").read_text()


def test_only_the_newest_set_stays(folder: Folder) -> None:
    for number in range(3):
        folder.write("nodes.csv", NODES.replace("cam-1", f"cam-{number}"))
        keep(folder)

    assert "cam-2" in (current(folder) / "nodes.csv").read_text()
    assert len(list(current(folder).parent.iterdir())) == 2  # the set and the link to it


def test_what_a_killed_writer_left_behind_is_cleared_away(folder: Folder) -> None:
    good = current(folder).parent
    (good / "set-half").mkdir(parents=True)
    (good / "set-half" / "site.yaml").write_text("site: ")
    (good / "set-half.link").symlink_to("set-half")

    keep(folder)

    assert {path.name for path in good.iterdir()} == {"current", current(folder).resolve().name}


def test_a_file_that_changed_since_it_was_read_is_not_kept(folder: Folder) -> None:
    keep(folder)
    folder.write("nodes.csv", NODES + "cam-2,camera,video,10.0.0.2\n")
    site = folder.load()
    folder.write("nodes.csv", TYPO)

    keep_good(site, site.data)

    assert (current(folder) / "nodes.csv").read_text() == NODES
    assert len(list(current(folder).parent.iterdir())) == 2


def test_an_optional_file_that_went_is_not_kept_any_more(folder: Folder) -> None:
    regions = folder.write("regions.csv", "code,name\n440983,信宜市\n")
    keep(folder)
    regions.unlink()
    keep(folder)
    folder.write("nodes.csv", TYPO)

    assert load(folder).regions == {}


@pytest.mark.parametrize("data", ["facts", "'facts'", "facts  # on the big disk"])
@pytest.mark.parametrize("broken", ["judge: [\n", "\tlanguage: en\n", "colour: red\nlanguage: fr\n", "\0"])
def test_however_broken_site_yaml_is_its_data_is_found(folder: Folder, data: str, broken: str) -> None:
    folder.site(f"data: {data}\n")
    keep(folder)
    folder.write("site.yaml", f"{SITE}data: {data}\n{broken}")

    assert load(folder).data == folder.path / "facts"


def test_where_the_data_lies_may_be_known_better(folder: Folder) -> None:
    keep(folder)
    folder.site("data: elsewhere\ncolour: red\n")

    site = load(folder, folder.path / "data")

    assert site.data == folder.path / "data"


def test_a_site_yaml_that_is_gone_is_a_mistake_too(folder: Folder) -> None:
    keep(folder)
    (folder.path / "site.yaml").unlink()

    site = load(folder)

    assert site.name == "maoming"
    assert str(site.refused) == told(
        ("site.yaml", "does not exist", "quanshi init DIR writes a set to start from")
    )


def test_the_good_files_of_another_site_are_not_used(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Folder(tmp_path / "other")
    data = f"data: {tmp_path / 'facts'}\n"
    other.site(data)
    keep(other)
    folder.site(data).write("nodes.csv", TYPO)

    with pytest.raises(ConfigError, match="vidoe"):
        load(folder)


def test_a_kept_set_that_is_broken_itself_changes_nothing(folder: Folder) -> None:
    keep(folder)
    (current(folder) / "nodes.csv").write_text("rubbish")
    folder.write("nodes.csv", TYPO)

    with pytest.raises(ConfigError, match="vidoe"):
        load(folder)
    folder.write("nodes.csv", NODES)
    keep(folder)
    assert (current(folder) / "nodes.csv").read_text() == NODES


def test_a_folder_that_cannot_be_written_hinders_nobody(folder: Folder) -> None:
    (folder.path / "data").write_text("a file")

    keep(folder)

    assert (folder.path / "data").read_text() == "a file"
