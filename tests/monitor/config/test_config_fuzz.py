"""Whatever the files hold: a Site or a ConfigError that names a file, and nothing else."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from config_folder import NODES, SITE, Folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config import ConfigError, Mistake, Site

GENTLE = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PIECES = """
    video police 视频专网 camera switch 摄像机 10.0.0.1 [::1]:80 ::1 host:99 ping rtsp@10s tcp:8000@1m ; ,, #
    2026-01-01 110.9 21.6 cam-1 cam-2 一类 1 ping;rtsp 4409020000132000001 #REF! = @ ～
"""
WORDS = st.sampled_from([*PIECES.split(), '"', "\t", "\r", "\n", "\0", "\ud800"])
CELL = st.lists(WORDS | st.text(max_size=5), max_size=3).map("".join)
HEADING = (
    "id,name,kind,class,network,region,level,parent,address,probes,contractor,lon,lat,commissioned,retired"
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def mistakes(folder: Folder) -> tuple[Mistake, ...]:
    try:
        assert isinstance(folder.load(), Site)
    except ConfigError as error:
        return error.mistakes
    return ()


def check(folder: Folder) -> None:
    for mistake in mistakes(folder):
        assert mistake.file
        assert mistake.allowed
        assert len(str(mistake)) < 2000
        assert all(line.isprintable() for line in str(mistake).split("\n"))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@GENTLE
@given(
    name=st.sampled_from(["site.yaml", "nodes.csv", "regions.csv", "credentials.yaml"]), content=st.binary()
)
def test_any_bytes_in_any_file(folder: Folder, name: str, content: bytes) -> None:
    Folder(folder.path)
    folder.write(name, content)
    check(folder)
    (folder.path / name).unlink()


@GENTLE
@given(rows=st.lists(st.lists(CELL, min_size=13, max_size=16).map(",".join), max_size=6))
def test_any_rows_of_nodes(folder: Folder, rows: list[str]) -> None:
    folder.write("nodes.csv", encoded("\n".join((HEADING, *rows))))
    check(folder)


@GENTLE
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=4).map(",".join), max_size=6))
def test_any_rows_of_regions(folder: Folder, rows: list[str]) -> None:
    folder.write("regions.csv", encoded("\n".join(("code,name,parent,planned_class1", *rows))))
    check(folder)


KEYS = st.sampled_from(
    """
    site timezone language data redis ledger listen nodes regions credentials alerts networks probes judge
    targets repair inspections invented mqtt gb28181 snmp concurrency per_uplink keep retain video police
    shards witnesses name protocol every timeout port slow path ask tls hold credential rtsp ping confirm
    recover retry degrades flap blind changes within settle share least url topic will_topic id network
    class1 user password
    """.split()  # noqa: SIM905 - a table of words
)
VALUES = st.sampled_from(
    """
    maoming Asia/Shanghai zh 09:00
    5s 1m 50% 3 no yes embedded sqlite redis://h:1 mqtt://b a/+/b cam-1 nodes.csv
    / . .. unix:// redis:// mqtt://[ postgresql:///x :: 1:99999 busy /etc/passwd
    """.split()  # noqa: SIM905 - a table of words
)
TREES = st.recursive(
    VALUES | st.none() | st.text(max_size=8) | st.integers() | st.floats() | st.booleans() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@GENTLE
@given(tree=st.dictionaries(KEYS, TREES, max_size=8))
def test_any_tree_in_site_yaml(folder: Folder, tree: object) -> None:
    folder.write("site.yaml", encoded(SITE + yaml.safe_dump(tree, allow_unicode=True)))
    check(folder)


@GENTLE
@given(tree=st.dictionaries(st.text(max_size=5), TREES, max_size=3))
def test_any_tree_of_credentials(folder: Folder, tree: object) -> None:
    folder.write("credentials.yaml", encoded(yaml.safe_dump(tree, allow_unicode=True)))
    check(folder)


@GENTLE
@given(
    place=st.integers(0, 400), size=st.integers(0, 6), text=st.text("{}[]:-,*&!|>'\"#%@ \n\tab1", max_size=6)
)
def test_any_slip_of_the_hand_in_site_yaml(folder: Folder, place: int, size: int, text: str) -> None:
    written = SITE + "probes:\n  rtsp: {every: 30s}\njudge:\n  retry: [1s, 2s]\n"
    place %= len(written)
    folder.write("site.yaml", encoded(written[:place] + text + written[place + size :]))
    check(folder)


@cache
def workbook() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(NODES.splitlines()):
            sheet.write_row(number, 0, row.split(","))
    return content.getvalue()


@GENTLE
@given(slips=st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_broken_bytes_in_a_workbook(folder: Folder, slips: list[tuple[int, int]]) -> None:
    broken = bytearray(workbook())
    for place, byte in slips:
        broken[place % len(broken)] = byte
    folder.write("nodes.csv", bytes(broken))
    check(folder)
