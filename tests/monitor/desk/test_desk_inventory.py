"""The node list as somebody brings it: checked with the whole site, compared, put in place."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from bombs import claims, packed, workbook
from small_site import COLUMNS, camera, make_site

from monitor.config import Site, load_site
from monitor.desk import inventory
from monitor.desk.inventory import GOOD_FOR, KEPT, Base, Difference, Preview, Upload, Uploads
from monitor.desk.listforms import in_form, rows_of

T0 = 1_800_000_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    nodes = [camera("cam-1", region="440902"), camera("cam-2", region="440902", name="旧名")]
    made = make_site(tmp_path, nodes, regions={"440902": "茂南区"})
    made.data.mkdir()
    return made


def listed(*nodes: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(COLUMNS), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(nodes)
    return out.getvalue().encode(encoding)


def handed_in(content: bytes) -> Path:
    """Elsewhere than the site, of which tests look at every file."""
    with NamedTemporaryFile(delete=False) as file:
        file.write(content)
    return Path(file.name)


def preview(site: Site, content: bytes, name: str) -> Preview:
    file = handed_in(content)
    try:
        return inventory.preview(site, file, name)
    finally:
        file.unlink()


def apply(site: Site, content: bytes) -> Path:
    file = handed_in(content)
    try:
        return inventory.apply(site, file)
    finally:
        file.unlink()


def as_rows(*nodes: dict[str, str]) -> list[list[str]]:
    return [list(COLUMNS), *([node.get(column, "") for column in COLUMNS] for node in nodes)]


THREE = (
    camera("cam-1", region="440902"),
    camera("cam-2", region="440902", name="新名", contractor="甲公司"),
    camera("cam-3", region="440902", name="=cmd|' /C calc'!A0"),
)


@pytest.mark.parametrize(
    "content",
    [
        listed(*THREE),
        listed(*THREE, encoding="utf-8-sig"),
        listed(*THREE, encoding="gb18030"),
        listed(*THREE, encoding="utf-16"),
        listed(*THREE, delimiter=";"),
        workbook(as_rows(*THREE)),
    ],
    ids=["UTF-8", "with a mark", "GB18030", "UTF-16", "semicolons", "workbook"],
)
def test_a_list_in_any_form_is_compared_node_by_node_and_field_by_field(site: Site, content: bytes) -> None:
    found = preview(site, content, "新表.csv")

    assert found.mistakes == ()
    assert found.differences == (
        Difference("cam-3", "=cmd|' /C calc'!A0", "new", {}),
        Difference("cam-2", "新名", "changed", {"contractor": ("", "甲公司"), "name": ("旧名", "新名")}),
    )


def test_what_is_missing_in_it_would_be_gone(site: Site) -> None:
    found = preview(site, listed(camera("cam-1", region="440902")), "n.csv")

    assert [(one.node, one.how) for one in found.differences] == [("cam-2", "gone")]


def test_every_mistake_is_told_with_its_place_and_what_is_allowed(site: Site) -> None:
    wrong = listed(
        camera("cam-1", region="440999"),
        camera("cam-1", kind="camrea"),
        camera("cam-3", address="300.1.1.1"),
        camera("cam-4", parent="sw-9"),
    )
    found = preview(site, wrong, "<b>我的.csv")

    assert found.site is None
    told = {(one.file, one.line, one.column, one.value) for one in found.mistakes}
    assert ("<b>我的.csv", 2, "region", "440999") in told
    assert ("<b>我的.csv", 3, "kind", "camrea") in told
    assert ("<b>我的.csv", 4, "address", "300.1.1.1") in told
    assert all(one.allowed for one in found.mistakes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no heading"),
        (b"\0\0\0", "NUL byte"),
        (b"\xff\xfe\x00", "broken"),
        (b"id,name\ncam-1,x\n", "this column is missing"),
        (b"\n" * (2 * inventory.ROWS + 1), "400,000 rows"),
        (claims(201), "200 MB"),
        (packed(sheet1=b"<row/>" * (inventory.ROWS + 1)), "400,000 rows"),
        (b"PK\x03\x04 no zip at all", "is not a workbook"),
        (b"\xd0\xcf\x11\xe0 an old one", "97-2003"),
    ],
    ids=["empty", "NULs", "half UTF-16", "columns missing", "lines", "bomb", "rows", "no zip", "xls"],
)
def test_what_is_no_list_is_a_mistake_and_no_crash(site: Site, content: bytes, words: str) -> None:
    found = preview(site, content, "n.xlsx")

    assert found.site is None
    assert any(words in one.allowed.en for one in found.mistakes), found.mistakes
    assert {one.file for one in found.mistakes} == {"n.xlsx"}


def test_looking_leaves_nothing_behind(site: Site) -> None:
    before = sorted(site.path.parent.rglob("*"))
    preview(site, listed(*THREE), "n.csv")
    preview(site, b"", "n.csv")

    assert sorted(site.path.parent.rglob("*")) == before


def test_a_list_that_is_put_in_place_is_what_the_site_reads_and_the_former_one_stays(site: Site) -> None:
    nodes = site.sources["nodes"]
    former = nodes.read_bytes()
    nodes.chmod(0o640)

    assert apply(site, listed(*THREE, encoding="gb18030")) == nodes

    assert [*load_site(site.path).inventory.nodes] == ["cam-1", "cam-2", "cam-3"]
    assert nodes.stat().st_mode & 0o777 == 0o640
    assert [path.read_bytes() for path in nodes.parent.glob("nodes.csv.*Z.bak")] == [former]
    assert not list(nodes.parent.glob(".*.new"))


def test_so_many_former_lists_stay_the_latest(site: Site) -> None:
    for number in range(KEPT + 3):
        apply(site, listed(camera(f"cam-{number}")))

    kept = sorted(site.path.parent.glob("nodes.csv.*Z.bak"))
    assert len(kept) == KEPT
    assert b"cam-11" in kept[-1].read_bytes()


def test_a_workbook_becomes_the_csv_that_the_site_names(site: Site) -> None:
    apply(site, workbook(as_rows(*THREE)))

    text = site.sources["nodes"].read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == ",".join(COLUMNS).rstrip(",")
    assert load_site(site.path).inventory.digest == preview(site, listed(*THREE), "n").site.inventory.digest


def test_a_csv_becomes_the_workbook_that_the_site_names(site: Site) -> None:
    site.sources["nodes"].rename(site.path.with_name("n.xlsx"))
    site.path.write_text(site.path.read_text().replace("{", '{"nodes": "n.xlsx",', 1))
    named = load_site(site.path)
    apply(named, listed(*THREE, delimiter=";"))

    assert named.sources["nodes"].read_bytes().startswith(b"PK")
    assert load_site(site.path).inventory.nodes["cam-3"].name == "=cmd|' /C calc'!A0"


def test_where_it_cannot_be_written_the_former_list_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = site.sources["nodes"].read_bytes()

    def fails(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inventory.os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        apply(site, listed(*THREE))

    assert site.sources["nodes"].read_bytes() == before
    assert not list(site.path.parent.glob(".*.new"))


def test_a_list_goes_from_form_to_form_without_a_change() -> None:
    content = listed(*THREE)

    assert rows_of(in_form(in_form(content, "xlsx"), "csv")) == rows_of(workbook(as_rows(*THREE)))
    assert in_form(content, "csv") == "\ufeff".encode() + content
    assert in_form(b"\xff\xff\xff", "csv") == b"\xff\xff\xff"


def upload(folder: Path, account: str = "adm") -> Upload:
    file = folder / f"{account}-{len(list(folder.iterdir()))}"
    file.write_bytes(b"x")
    return Upload(account, file, Base("d", ()), T0)


def test_only_who_previewed_it_may_take_it_and_only_once(tmp_path: Path) -> None:
    uploads, mine = Uploads(), upload(tmp_path)
    name = uploads.keep(mine)

    assert uploads.take(name, "adm2", T0) is None
    assert uploads.take(name, "adm", T0) == mine
    assert uploads.take(name, "adm", T0) is None
    assert uploads.take("nobody", "adm", T0) is None
    assert mine.file.exists()


@pytest.mark.parametrize(
    ("after", "there"), [(0, True), (GOOD_FOR - 1, True), (GOOD_FOR, False), (-1, False)]
)
def test_a_preview_is_good_for_a_quarter_of_an_hour(tmp_path: Path, after: int, there: bool) -> None:
    uploads, mine = Uploads(), upload(tmp_path)
    name = uploads.keep(mine)

    assert (uploads.take(name, "adm", T0 + after) is not None) is there
    assert mine.file.exists() is there


def test_of_one_account_only_the_last_preview_is_kept_and_of_all_only_a_few(tmp_path: Path) -> None:
    uploads = Uploads()
    first = uploads.keep(upload(tmp_path))
    second = uploads.keep(upload(tmp_path))
    others = [uploads.keep(upload(tmp_path, f"adm{number}")) for number in range(5)]

    assert uploads.take(first, "adm", T0) is None
    assert uploads.take(second, "adm", T0) is None
    assert uploads.take(others[0], "adm0", T0) is not None
    assert len(list(tmp_path.iterdir())) == 5


def test_a_site_whose_files_change_is_another_base(site: Site) -> None:
    before = Base.of(site)
    assert Base.of(site) == before

    (site.path.parent / "regions.csv").write_text("code,name\n440902,茂南\n")
    assert Base.of(site) != before
