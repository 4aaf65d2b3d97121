"""The report for programs: back and forth, its digest, its schema, and the table as CSV."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clockwork import at, degraded, down, up
from facts_kit import answer, camera, correction, exclusion, facts, sight, window
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.observations import Cause
from monitor.model.timeline import Parts
from monitor.reports.csvform import text, write_csv
from monitor.reports.document import Proof, Report
from monitor.reports.formats import FORMATS, writer_of
from monitor.reports.jsonform import (
    DocumentError,
    canonical,
    digest,
    digest_of,
    document_of,
    millionths,
    read_document,
    report_from_json,
    report_to_json,
    schema,
    write_json,
)

LEDGER = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text(encoding="utf-8")
PUBLISHED = Path(__file__).parents[3] / "docs" / "report.schema.json"
PROOF = Proof("ab" * 32, 2, at("11-01 09:00"), 12_345, "cd" * 32, "ef" * 32, "01" * 64)


def full(name: str = "河东 1 号点", by: str = "county") -> Report:
    """A report in which everything stands that a report can hold."""
    nodes = [camera("a", name=name), camera("b", region="440904100", contractor=""), camera("c", region="")]
    steps = {
        "a": [up("10-01"), down("10-02", "10-01 23:59:55"), up("10-07")],
        "b": [up("10-01"), degraded("10-05 10:00", cause=Cause.FLAPPING), up("10-05 11:00")],
        "c": [up("10-01"), down("10-09")],
    }
    known = facts(
        window("2026-10", until="10-11"),
        nodes,
        steps,
        [sight("10-01 to 10-08"), sight("10-08 12:00 to 10-11")],
        exclusions=[exclusion("10-03 to 10-03 12:00", regions=("440902",))],
        corrections=[correction("b", "10-05 10:00 to 10-05 10:30")],
    )
    return answer(known, by)


def test_everything_comes_back_as_it_was() -> None:
    report = full()
    for rows in (report.outages, report.exclusions, report.corrections, report.unseen, report.budgets):
        assert rows
    assert report.uncorrected
    assert report.flappers
    assert report.long_offline
    read, proof, found = read_document(document_of(report, PROOF))
    assert read == report
    assert proof == PROOF
    assert found == digest(report)


def test_the_same_report_has_the_same_digest_and_any_other_another() -> None:
    report = full()
    assert digest(report) == digest(full())
    assert len(digest(report)) == 64
    one_millisecond = replace(report.total, parts=replace(report.total.parts, up=report.total.parts.up - 1))
    assert digest(replace(report, total=one_millisecond)) != digest(report)
    assert digest(replace(report, invented=False)) != digest(report)


def test_whoever_changes_a_figure_changes_the_digest() -> None:
    told = json.loads(document_of(full(), PROOF))
    told["report"]["total"]["intact"]["value"] += 1  # what is only worked out for readers, too
    assert read_document(json.dumps(told))[2] != digest(full())


def test_there_is_no_number_that_programs_read_differently() -> None:
    def check(data: Any) -> None:
        if isinstance(data, dict):
            assert all(isinstance(key, str) for key in data)
            data = list(data.values())
        if isinstance(data, list):
            for one in data:
                check(one)
        else:
            assert data is None or type(data) in (int, str, bool)

    check(report_to_json(full()))


def test_moments_are_written_as_people_read_them() -> None:
    told = report_to_json(full())
    assert (told["start"], told["end"]) == ("2026-09-30T16:00:00.000Z", "2026-10-10T16:00:00.000Z")
    assert told["complete"] is False
    assert told["total"]["target"] == 980_000


def test_a_share_is_cut_off_and_not_rounded() -> None:
    assert millionths(0.9799999999) == 979_999
    assert millionths(0.98) == 980_000
    assert millionths(None) is None
    assert [millionths(Parts(up=n, down_own=1000 - n).intact.value) for n in range(1, 1000)] == [
        1000 * n for n in range(1, 1000)
    ]


@pytest.mark.parametrize(
    "told",
    ["", "[]", "{}", '{"report": {}, "proof": {}}', '{"report": 1, "proof": 2}', "null", '{"report": null}'],
)
def test_what_is_no_report_is_told(told: str) -> None:
    with pytest.raises(DocumentError):
        read_document(told)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_whatever_stands_in_a_report_it_is_refused_in_one_way(junk: Any) -> None:
    with pytest.raises(DocumentError):
        report_from_json(junk)
    told = report_to_json(full())
    for name in ("total", "start", "rules"):
        with pytest.raises(DocumentError):
            report_from_json(told | {name: junk})


def test_the_canonical_form_knows_no_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "茂名"}) == '{"a":"茂名","b":1}'.encode()
    assert digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})


BY = ("quanshi 9, typst 1", "ab" * 8)


@pytest.mark.parametrize("by", [(*BY, 3), (*BY, 0), ("", "", 0)], ids=["new", "old", "oldest"])
def test_what_a_proof_signs_follows_from_its_document(tmp_path: Path, by: tuple[str, str, int]) -> None:
    """The program in docs/ledger.md, which knows nothing of ours, comes to the same text."""
    proof = replace(PROOF, software=by[0], wording=by[1], form=by[2])
    (tmp_path / "report.json").write_text(document_of(full(), proof), encoding="utf-8")
    program = LEDGER.split("## Reports")[1].split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert (tmp_path / "text").read_bytes() == proof.text()
    assert (tmp_path / "signature").read_bytes().hex() == proof.signature


def test_the_schema_is_the_published_one() -> None:
    """``python -m monitor.reports.jsonform > docs/report.schema.json`` publishes it anew."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema()


def test_a_report_meets_its_schema() -> None:
    told, published = json.loads(document_of(full(), PROOF)), schema()
    assert complaints(told, published, published) == []
    told["report"]["nodes"][0]["figures"]["parts"]["up"] = 1.5
    del told["report"]["zone"]
    told["proof"]["more"] = 1
    assert set(complaints(told, published, published)) == {
        ".report: zone is missing",
        ".report.nodes[0].figures.parts.up: 1.5 is no integer",
        ".proof: more is not known",
    }


def complaints(data: Any, wanted: dict[str, Any], root: dict[str, Any], where: str = "") -> list[str]:
    """What of JSON schema our schema uses, checked the plain way."""
    if "$ref" in wanted:
        return complaints(data, root["$defs"][wanted["$ref"].rpartition("/")[2]], root, where)
    if "anyOf" in wanted:
        tried = [complaints(data, one, root, where) for one in wanted["anyOf"]]
        return [] if [] in tried else tried[0]
    if "enum" in wanted:
        return [] if data in wanted["enum"] else [f"{where}: {data} is not allowed"]
    kinds = {
        "object": dict,
        "array": list,
        "integer": int,
        "string": str,
        "boolean": bool,
        "null": type(None),
    }
    if type(data) is not kinds[wanted["type"]]:
        return [f"{where}: {data} is no {wanted['type']}"]
    found = []
    if isinstance(data, dict):
        known = wanted.get("properties", {})
        found += [f"{where}: {name} is missing" for name in wanted.get("required", ()) if name not in data]
        for name, value in data.items():
            inner = known.get(name, wanted["additionalProperties"])
            if inner is False:
                found.append(f"{where}: {name} is not known")
            else:
                found += complaints(value, inner, root, f"{where}.{name}")
    if isinstance(data, list):
        fixed = wanted.get("prefixItems")
        inners = fixed or [wanted["items"]] * len(data)
        assert fixed is None or len(fixed) == len(data)
        for place, (value, inner) in enumerate(zip(data, inners, strict=True)):
            found += complaints(value, inner, root, f"{where}[{place}]")
    return found


def test_the_file_is_the_document(tmp_path: Path) -> None:
    write_json(full(), PROOF, "zh", tmp_path / "r.json")
    assert (tmp_path / "r.json").read_text(encoding="utf-8") == document_of(full(), PROOF) + "\n"


def table(tmp_path: Path, report: Report) -> list[dict[str, str]]:
    write_csv(report, PROOF, "zh", tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_is_the_table_that_was_asked_for(tmp_path: Path) -> None:
    report = full(by="county")
    rows = table(tmp_path, report)
    assert [(row["by"], row["key"], row["name"]) for row in rows] == [
        ("county", "", ""),
        ("county", "440902", "茂南区"),
        ("county", "440904", "电白区"),
    ]
    for row, group in zip(rows, report.groups, strict=True):
        parts = group.figures.parts
        assert int(row["up_ms"]) == parts.up
        assert int(row["down_own_ms"]) == parts.down_own
        assert row["verdict"] == group.figures.verdict.value
        assert abs(float(row["intact"]) - (group.figures.intact.value or 0)) < 1e-6
    assert {row["digest"] for row in rows} == {PROOF.digest}
    assert {(row["invented"], row["complete"], row["from"]) for row in rows} == {
        ("true", "false", "2026-09-30T16:00:00.000Z")
    }


def test_the_csv_by_node_has_a_row_for_every_watch(tmp_path: Path) -> None:
    rows = table(tmp_path, full(by="node"))
    assert [row["key"] for row in rows] == ["a@video", "b@video", "c@video"]


def test_where_nothing_is_known_the_csv_says_nothing(tmp_path: Path) -> None:
    rows = table(tmp_path, answer(facts("2026-10-05", [camera("a")], {}, [])))
    assert (rows[0]["intact"], rows[0]["intact_low"], rows[0]["intact_high"]) == ("", "0.000000", "1.000000")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "＝1+1"])
def test_a_name_that_looks_like_a_formula_stays_text(tmp_path: Path, name: str) -> None:
    rows = table(tmp_path, full(name, by="node"))
    assert rows[0]["name"] == f"'{name}"
    assert text("河东街道") == "河东街道"


def test_every_format_has_a_writer() -> None:
    assert {"json", "csv"} <= set(FORMATS)
    for form in FORMATS:
        assert callable(writer_of(form))
