"""What a file of numbers does not say of itself: NAME.json beside NAME.npy or NAME.h5, or any other volume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ldct.errors import InputError

Three = tuple[float, float, float]


class Sidecar(BaseModel):
    """HU = slope * value + intercept; axes and lengths in the order of `order`, positions x, y, z in LPS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slope: Annotated[float, Field(gt=0, description="HU of one step of the values.")] = 1.0
    intercept: Annotated[float, Field(description="HU of the value 0.")] = 0.0
    order: Annotated[str, Field(description="Axes of the array: z slices, y rows (to the back), x columns.")] = "zyx"
    spacing_mm: Annotated[Three | None, Field(description="Distance along each axis, in the order of `order`.")] = None
    origin_mm: Annotated[Three, Field(description="Centre of the first pixel, x, y, z.")] = (0.0, 0.0, 0.0)
    padding: Annotated[float | None, Field(description="Value of pixels that were not measured.")] = None
    dataset: Annotated[str | None, Field(description="Path of the data set in an HDF5 file.")] = None
    kernel: Annotated[str | None, Field(description="Reconstruction kernel.")] = None
    kv: Annotated[float | None, Field(gt=0, description="Tube voltage.")] = None
    thickness_mm: Annotated[float | None, Field(gt=0, description="Slice thickness.")] = None

    @field_validator("order")
    @classmethod
    def _axes(cls, order: str) -> str:
        if sorted(order) != ["x", "y", "z"]:
            raise ValueError("expected x, y and z, each once")
        return order

    @field_validator("spacing_mm")
    @classmethod
    def _positive(cls, spacing: Three | None) -> Three | None:
        if spacing is not None and min(spacing) <= 0:
            raise ValueError("expected lengths above 0")
        return spacing


def sidecar_of(path: Path, stem: str) -> Sidecar | None:
    """The sidecar `stem`.json beside a volume; None where there is none. Raises one InputError with every mistake."""
    beside = path.with_name(f"{stem}.json")
    if not beside.is_file():
        return None
    expected = f"an object with {', '.join(Sidecar.model_fields)}"
    try:
        return Sidecar.model_validate(json.loads(beside.read_text(encoding="utf-8")))
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, item['loc'])) or 'content'}: {item['msg']}" for item in error.errors()]
        raise InputError(beside.name, "; ".join(mistakes), expected, "Mend the file.") from None
    except (OSError, ValueError):
        raise InputError(beside.name, "no JSON", expected, "Mend the file.") from None
