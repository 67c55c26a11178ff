"""Raw projections: the simulated scanner, the reconstruction, and how a lower dose is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ldct.config.base import Section


class Scanner(Section):
    """The helical scanner of the synthetic patients (DICOM-CT-PD geometry)."""

    detector_columns: Annotated[int, Field(ge=32, description="Detector columns.")] = 368
    detector_rows: Annotated[int, Field(ge=2, description="Detector rows.")] = 16
    column_spacing_mm: Annotated[float, Field(gt=0, description="Column width at the detector, mm.")] = 2.5716
    row_spacing_mm: Annotated[float, Field(gt=0, description="Row width at the detector, mm.")] = 4.3788
    source_isocentre_mm: Annotated[float, Field(gt=0, description="Focal spot to isocentre, mm.")] = 595.0
    source_detector_mm: Annotated[float, Field(gt=0, description="Focal spot to detector, mm.")] = 1085.6
    views_per_rotation: Annotated[int, Field(ge=32, description="Views of one rotation.")] = 384
    pitch: Annotated[float, Field(gt=0, le=1.5, description="Table feed over collimation.")] = 1.0
    flying_focal_spot: Annotated[
        Literal["FFSNONE", "FFSZ", "FFSXY", "FFSXYZ"], Field(description="Flying focal spot mode.")
    ] = "FFSNONE"
    photons: Annotated[float, Field(gt=0, description="Quanta of the unattenuated full-dose beam per element.")] = 2.0e5
    electronic_noise: Annotated[float, Field(ge=0, description="Electronic noise variance, quanta squared.")] = 8.0


class FittedKernel(Section):
    """A kernel by its parameters; `ldct kernel` fits them to the scanner's own images."""

    mtf50: Annotated[float, Field(gt=0, le=5, description="Frequency of half the transfer, cycles/mm.")]
    order: Annotated[float, Field(gt=0, le=16, description="Steepness: 2 is a Gaussian.")] = 2.0
    boost: Annotated[float, Field(ge=0, le=4, description="Enhancement of edges.")] = 0.0


def _named_or_fitted(kernel: Any) -> str:
    return "<name>" if isinstance(kernel, str) else "<fitted>"


class Reconstruction(Section):
    """How raw projections become slices."""

    matrix: Annotated[int, Field(ge=32, description="Rows and columns of a slice.")] = 512
    field_of_view_mm: Annotated[float, Field(gt=0, description="Side of the square field of view, mm.")] = 400.0
    slice_thickness_mm: Annotated[float, Field(gt=0, description="Slice thickness, mm.")] = 3.0
    slice_spacing_mm: Annotated[float, Field(gt=0, description="Distance between slices, mm.")] = 3.0
    kernel: Annotated[
        Annotated[Literal["ramp", "hann", "soft", "sharp"], Tag("<name>")] | Annotated[FittedKernel, Tag("<fitted>")],
        Discriminator(_named_or_fitted),
        Field(description="Reconstruction kernel: a name, or mtf50, order and boost."),
    ] = "soft"


class LowDose(Section):
    """How a low-dose partner is made where none was acquired."""

    # A quarter, as in the 2016 Low Dose CT Grand Challenge.
    fraction: Annotated[float, Field(gt=0, lt=1, description="Dose relative to full dose.")] = 0.25
    photons: Annotated[
        float | None,
        Field(
            gt=0,
            description="Full-dose quanta per detector element; null takes PhotonStatistics of projections, else as "
            "many as give the projections' or images' own noise.",
        ),
    ] = None
    electronic_noise: Annotated[float, Field(ge=0, description="Electronic noise variance, quanta squared.")] = 8.0
    seed: Annotated[int, Field(ge=0, description="Seed of the inserted noise.")] = 20
