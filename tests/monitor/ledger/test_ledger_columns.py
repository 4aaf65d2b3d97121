"""The steps of very many watches, read in columns, are those that are read row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from evidencekit import make_aged
from ledgerkit import T0, append, change, said, snapshot, url_of

from monitor.ledger import Ledger
from monitor.ledger import steps as reading
from monitor.ledger.steps import Watch
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step

pytest.importorskip("polars")
from monitor.ledger import columns

ODD = ("a", "b,c", 'd"e"', "点位 7", "f\rg", " h ", "-", "i\x1fj")
"""Names that must not be taken for where a text ends."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MANY", 0)
    monkeypatch.setattr(columns, "_PAGE", 3)


def plain(steps: Mapping[Watch, Sequence[Step]] | None) -> dict[Watch, list[Step]] | None:
    return None if steps is None else {watch: list(told) for watch, told in steps.items()}


async def test_columns_hold_the_same_steps(ledger: Ledger) -> None:
    await append(ledger, *(said(change(name, at=T0 + n), n) for n, name in enumerate(ODD * 2, 1)))
    await append(
        ledger, said(change("a", at=T0, network="police", cause=Cause.REFUSED), collector="police-0of1")
    )
    await append(ledger, said(snapshot(T0, up=["new"], network="city"), collector="other"))
    found = await ledger.columns(2 * T0)
    assert found is not None
    assert plain(found) == await ledger.steps(2 * T0)
    assert len(found) == len(ODD) + 2
    assert found.mended == {}


async def test_only_what_happened_before_a_moment_is_in_them(ledger: Ledger) -> None:
    await append(ledger, *(said(change("a", at=T0 + n), n + 1) for n in range(5)))
    assert plain(await ledger.columns(T0 + 3)) == await ledger.steps(T0 + 3)
    assert plain(await ledger.columns(T0)) == {}


async def test_what_was_said_late_is_put_in_its_place(ledger: Ledger) -> None:
    told = [
        change("a", at=T0 + 9),
        change("b", at=T0),
        change("a", State.UP, T0 + 3),
        change("b", State.UP, T0),
    ]
    await append(ledger, *(said(one, n) for n, one in enumerate(told, 1)))
    found = await ledger.columns(2 * T0)
    assert found is not None
    assert plain(found) == await ledger.steps(2 * T0)
    assert set(found.mended) == {("a", "video"), ("b", "video")}


async def test_what_left_in_a_segment_goes_on_from_where_it_stood(tmp_path: Path) -> None:
    await make_aged(tmp_path)
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        assert plain(await ledger.columns(2 * T0)) == await ledger.steps(2 * T0)


@pytest.mark.parametrize("name", ["a\nb", "a\x1eb"])
async def test_a_ledger_in_which_a_text_cannot_be_told_from_its_end_is_read_row_by_row(
    ledger: Ledger, name: str
) -> None:
    await append(ledger, said(change(name), 1), said(change("c"), 2))
    assert await ledger.columns(2 * T0) is None


async def test_few_changes_are_read_row_by_row(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MANY", 2)
    await append(ledger, said(change("c"), 1))
    assert await ledger.columns(2 * T0) is None


async def test_without_the_extra_all_is_read_row_by_row(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "find_spec", lambda name: None)
    await append(ledger, said(change("c"), 1))
    assert await ledger.columns(2 * T0) is None
