"""What the reader sees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ldct.config.base import ACCUMULATES, Section


class Report(Section):
    """The HTML report."""

    title: Annotated[str, Field(description="Title of the page.")] = "Losses and metrics of low-dose CT enhancement"
    panel_patients: Annotated[int, Field(ge=1, description="Patients shown in image panels.")] = 3
    panel_windows: Annotated[
        list[Literal["full", "soft_tissue", "lung", "bone", "brain"]],
        Field(description="Windows of the panels."),
    ] = ["soft_tissue", "lung"]
    assumptions: Annotated[
        list[str],
        ACCUMULATES,
        Field(description="Settings that no source states; the report prints them with the file they come from."),
    ] = []
