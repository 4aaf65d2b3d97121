"""What the models have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Moment = Annotated[
    str, Field(description="RFC 3339, UTC, milliseconds", examples=["2026-10-01T01:36:52.000Z"])
]
Ratio = Annotated[float, Field(ge=0, le=1, description="a share, 0 to 1")]
Seconds = Annotated[float, Field(ge=0, description="seconds")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Shown = Literal["up", "degraded", "down", "unknown"]


class Model(BaseModel):
    """Answers are frozen; what comes in may have no field that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(BaseModel):
    """An error, as RFC 9457 says it. ``errors`` names the fields that were wrong."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, Any]] | None = None


class Done(Model):
    """It is done; there is nothing more to say."""

    done: Literal[True] = True


class Page(Model):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=10_000, description="how many at most")
    offset: int = Field(0, ge=0, le=10_000_000, description="how many to leave out at the beginning")


class ShortPage(Page):
    """The same of a list of which each entry is work."""

    limit: int = Field(100, ge=1, le=1_000, description="how many at most")
