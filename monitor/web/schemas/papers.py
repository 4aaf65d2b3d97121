"""Reports, the inventory, and the parts of the system itself."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from monitor.web.schemas.base import Model, Moment, Ratio, Seconds

By = Literal["county", "town", "class", "contractor", "network", "node"]
Form = Literal["xlsx", "pdf", "csv", "json"]


class ReportQuestion(Model):
    """Either ``period`` (``2026-10``, ``2026``, ``2026-10-31``) or both ``since`` and ``until``."""

    period: str | None = Field(None, max_length=20)
    since: str | None = None
    until: str | None = None
    by: By = "county"
    scope: list[str] = Field(default=[], max_length=50, description="``region=440981``, ``class=1``, …")
    language: Literal["zh", "en"] | None = None


class ReportWish(ReportQuestion):
    forms: list[Form] = Field(min_length=1, max_length=4)


class PreviewRow(Model):
    key: str
    name: str
    watches: int
    intact: Ratio | None
    low: Ratio
    high: Ratio
    online: Ratio | None
    observed: Ratio
    target: Ratio | None
    verdict: Literal["met", "missed", "not_provable"] | None
    outages: int
    down_hours: float


class Preview(Model):
    """The figures before a file is made. Nothing is recorded by looking."""

    title: str
    sentence: str = Field(description="the verdict in words")
    total: PreviewRow
    rows: list[PreviewRow]
    until: Moment = Field(description="up to when the figures reach")


class ReportFile(Model):
    form: Form
    name: str
    bytes: int
    url: str


class ReportJob(Model):
    """The making of a report: ``share`` of the work that is done."""

    id: str
    state: Literal["waiting", "making", "made", "failed"]
    share: Ratio
    error: str
    files: list[ReportFile]
    digest: str | None
    revision: int | None


class ReportMade(Model):
    """A report of the ledger's list. ``files``: those that are still here."""

    key: str
    revision: int
    digest: str
    made_at: Moment
    title: str
    question: dict[str, Any]
    files: list[ReportFile]


class ReportList(Model):
    reports: list[ReportMade]
    total: int


class Verified(Model):
    """What came of checking a report's file: each line a finding, none: all is right.

    ``cells_checked``: false where another version made the file, and only its figures were checked.
    ``newest_revision``: of the same question, as far as the ledger knows it; null: it knows none.
    """

    right: bool
    findings: list[str]
    digest: str
    revision: int
    newest_revision: int | None
    made_at: Moment | None
    cells_checked: bool


class InventoryNow(Model):
    digest: str
    file: str
    loaded_at: Moment | None
    nodes: int
    watches: int
    by_kind: dict[str, int]
    by_class: dict[str, int]
    planned: dict[str, int]
    error: str | None


class Mistake(Model):
    file: str
    row: int | None
    column: str | None
    value: str | None
    text: str = Field(description="what is wrong")
    hint: str = Field(description="what is allowed, or what was perhaps meant")


class NodeDifference(Model):
    """``fields``: for a node that changes, by column: what it was and what it will be."""

    node: str
    name: str
    kind: Literal["new", "changed", "gone"]
    fields: dict[str, tuple[str, str]]


class InventoryPreview(Model):
    """What an upload would do. With mistakes it does nothing, and ``upload`` is null."""

    upload: str | None = Field(description="hand it in again to apply; good for 15 minutes")
    digest: str | None
    nodes: int
    new: int
    changed: int
    gone: int
    differences: list[NodeDifference] = Field(description="the first 500")
    mistakes: list[Mistake]
    more_mistakes: int


class InventoryApply(Model):
    upload: str


class PartHealth(Model):
    """A part of the system. ``state``: well, slow, wrong, absent."""

    name: str
    state: Literal["well", "slow", "wrong", "absent"]
    text: str
    value: float | None = None
    unit: str = ""


class About(Model):
    version: str
    software: dict[str, str]
    site: str
    language: str
    timezone: str
    started_at: Moment
    uptime: Seconds
    ready: bool
    reasons: list[str]
    parts: list[PartHealth]
    targets: dict[str, Ratio]
    ledger: dict[str, Any]
