"""CSV as spreadsheets and editors really write it."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from config_folder import Folder, told

TABLE = (
    "设备编码,名称,类型,网络,地址\nc1,路口一,摄像机,视频专网,10.0.0.1\nc2,路口二,摄像机,视频专网,10.0.0.2\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def names(folder: Folder) -> list[str]:
    return [node.label for node in folder.load().inventory.nodes.values()]


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("gb18030"),
        TABLE.encode("utf-16"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + TABLE.replace(",", ";")).encode(),
        ("# exported\n\n,,,,\n" + TABLE.replace("\n", "\n\n# c0\n")).encode(),
        TABLE.replace("\n", ",,\n").encode(),
        TABLE.replace("c1", '="c1"').replace("c2", "\tc2 ").encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 with BOM",
        "gb18030",
        "utf-16",
        "CRLF",
        "CR",
        "semicolons",
        "Excel Unicode text",
        "sep line",
        "comments and blank rows",
        "trailing empty cells",
        "numbers kept as text",
    ],
)
def test_every_dialect_gives_the_same_nodes(folder: Folder, content: bytes) -> None:
    folder.write("nodes.csv", content)
    assert names(folder) == ["路口一", "路口二"]
    assert list(folder.load().inventory.nodes) == ["c1", "c2"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_counted_as_an_editor_counts_lines(folder: Folder, end: str) -> None:
    rows = (
        "# one",
        "id,name,kind,network,address",
        'c1,"two',
        'lines",camera,video,10.0.0.1',
        "",
        "c2,,camera,vidoe,x",
    )
    folder.write("nodes.csv", end.join(rows))
    assert [line for line in folder.complaint().splitlines() if line.startswith("nodes")] == [
        f'nodes.csv:3  name = "two{end}lines"'.replace("\r", "\\r").replace("\n", "\\n"),
        'nodes.csv:6  network = "vidoe"',
    ]


COLUMNS = (
    "id, name, kind, class, network, region, level, parent, address, probes, contractor, lon, lat, "
    "commissioned, retired"
)
HEAD = b"id,name,kind,network,address\n"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", ("nodes.csv", "holds no heading; needed are the columns id, kind, network, address")),
        (
            HEAD + b"c1,\0,camera,video,x\n",
            ("nodes.csv:2", "holds a NUL byte: this is not a text file", "save it as CSV UTF-8"),
        ),
        (
            HEAD + b"c1,\xff\xff,camera,video,x\n",
            ("nodes.csv:2", "is neither UTF-8 nor GB18030", "save the file again as UTF-8"),
        ),
        (
            TABLE.encode().replace("二".encode(), b"\xe4\xba"),
            ("nodes.csv:3", "is not UTF-8 as the lines around it", "save the file again as UTF-8"),
        ),
        (
            codecs.BOM_UTF16_LE + b"a",
            ("nodes.csv", "begins as UTF-16 and is broken further on", "save it as CSV UTF-8"),
        ),
        (
            HEAD + b"c1,camera,video,x\n",
            (
                "nodes.csv:2",
                "this row has 4 cells, the heading has 5",
                "a cell with the separator in it needs quotes around it",
            ),
        ),
        (
            HEAD + b"c1,a,b,camera,video,x\n",
            (
                "nodes.csv:2",
                "this row has 6 cells, the heading has 5",
                "a cell with the separator in it needs quotes around it",
            ),
        ),
        (
            HEAD + b'c1,"a,camera,video,x\n',
            (
                "nodes.csv:2",
                "this row is not CSV: unexpected end of data",
                'is a quote (") left open? nothing below this line was read',
            ),
        ),
        (
            HEAD + b"c1," + b"x" * 3000 + b",camera,video,x\n",
            ("nodes.csv:2", "a cell has more than 2000 characters"),
        ),
        (
            HEAD + b"c1," + b"x" * 10_000_000 + b",camera,video,x\n",
            (
                "nodes.csv:2",
                "this row is not CSV: field larger than field limit (131072)",
                'is a quote (") left open? nothing below this line was read',
            ),
        ),
        (
            HEAD + b"#REF!,a,camera,video,x\n",
            ("nodes.csv:2", "a formula here failed: #REF!", "write the value itself"),
        ),
        (
            b"\xd0\xcf\x11\xe0rest",
            ("nodes.csv", "is a workbook of Excel 97-2003", "save it as .xlsx or as CSV UTF-8"),
        ),
        (
            b"id,kind,network\n",
            (
                "nodes.csv:1  address",
                "this column is missing, and it is needed",
                "its heading is address or 地址 or IP地址 or IP",
            ),
        ),
        (
            b"id,kind,network,address,comissioned\n",
            (
                "nodes.csv:1  comissioned",
                f"not a column here ({COLUMNS})",
                'did you mean "commissioned"?',
            ),
        ),
        (
            "id,kind,network,address,地址\n".encode(),
            ("nodes.csv:1  地址", "the column address stands here twice"),
        ),
    ],
)
def test_a_bad_table_is_one_clear_mistake(folder: Folder, content: bytes, lines: tuple[str, ...]) -> None:
    folder.write("nodes.csv", content)
    assert folder.complaint() == told(lines)


def test_a_file_that_may_not_be_read_from_is_not_waited_for(folder: Folder) -> None:
    (folder.path / "nodes.csv").unlink()
    (folder.path / "nodes.csv").symlink_to("/dev/zero")
    assert folder.complaint() == told(("nodes.csv", "is not a file"))
