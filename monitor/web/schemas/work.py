"""What people do: acknowledge, be silent, assign, note; ask for maintenance and approve it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from monitor.web.schemas.base import Model, Moment, Name, Page, Shown, Text
from monitor.web.schemas.live import OutageNow

Reason = Literal["planned_work", "mains_power", "road_works", "relocation", "force_majeure"]
Given = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class OutagesQuery(Page):
    """``open`` null: those that are open, and those that ended since ``since``."""

    open: bool | None = None
    since: str | None = None
    network: str | None = None
    region: str | None = None


class OutageList(Model):
    outages: list[OutageNow]
    total: int


class OutageTold(OutageNow):
    """An outage as it was told at one moment."""

    told_at: Moment


class OutageStory(Model):
    """An outage with what was told of it, in order."""

    outage: OutageNow
    history: list[OutageTold]
    notes: list[Noted]


class OutageMember(Model):
    """A node that an outage has hit. ``still``: it is down, or unseen, for it now."""

    node: str
    name: str
    still: bool


class OutageMembers(Model):
    """A part of them, those that still are first."""

    members: list[OutageMember]
    total: int


class AlertsQuery(Page):
    open: bool = True
    severity: str | None = None
    rule: str | None = None
    network: str | None = None


class Delivery(Model):
    channel: str
    outcome: Literal["delivered", "failed"]
    at: Moment
    error: str = ""


class Noted(Model):
    """What somebody said of an alert or an outage."""

    person: str
    at: Moment
    kind: Literal["ack", "assign", "note"]
    text: str
    to: str = ""


class AlertNow(Model):
    id: str
    rule: str
    severity: str
    title: str
    subject: str
    network: str | None
    node: str | None
    region: str | None
    outage: str | None
    fired_at: Moment
    since: Moment
    resolved_at: Moment | None
    acked_by: str | None
    assigned_to: str | None
    silent: bool
    delivered: list[str]
    failed: dict[str, str]


class AlertList(Model):
    alerts: list[AlertNow]
    total: int
    rules: list[str] = Field(description="that the site has, or that an alert was found by")


class AlertStory(Model):
    alert: AlertNow
    deliveries: list[Delivery]
    notes: list[Noted]


class Note(Model):
    note: Text = ""


class NoteGiven(Model):
    note: Given


class Assign(Model):
    to: Name
    note: Text = ""


class Scope(Model):
    """All parts that are not empty must hold, each by any of its entries. All empty: everything."""

    nodes: list[str] = Field(default=[], max_length=10_000)
    regions: list[str] = Field(default=[], max_length=1_000)
    contractors: list[str] = Field(default=[], max_length=1_000)
    parents: list[str] = Field(default=[], max_length=1_000)
    networks: list[str] = Field(default=[], max_length=100)


class SilenceWish(Model):
    scope: Scope
    rules: list[str] = Field(default=[], max_length=50)
    until: str = Field(description="RFC 3339, in the future")
    note: Given
    everything: bool = Field(False, description="an empty scope is meant")


class Silence(Model):
    id: str
    scope: Scope
    rules: list[str]
    until: Moment
    person: str
    at: Moment
    note: str


class SilenceList(Model):
    silences: list[Silence]
    total: int


class MaintenanceWish(Model):
    scope: Scope
    everything: bool = False
    start: str = Field(description="RFC 3339")
    end: str = Field(description="RFC 3339")
    reason: Reason
    note: Given


class CorrectionWish(Model):
    node: str
    network: str
    start: str
    end: str
    state: Shown
    note: Given


class Decided(Model):
    """Time left out, or a state put right. ``standing``: waiting, coming, now, over."""

    id: str
    kind: Literal["exclusion", "correction"]
    scope: Scope | None
    node: str | None
    network: str | None
    state: Shown | None
    reason: Reason | None
    start: Moment
    end: Moment
    note: str
    requested_by: str
    requested_at: Moment
    approved_by: str | None
    approved_at: Moment | None
    retroactive: bool
    standing: Literal["waiting", "coming", "now", "over"]
    watches: int = Field(description="how many watches it covers by the inventory of now")


class DecidedList(Model):
    decisions: list[Decided]
    total: int


OutageStory.model_rebuild()
