"""What every configuration section shares: no unknown key, no silent coercion."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

# In a field's annotation: a later file adds to the list instead of replacing it.
ACCUMULATES = "accumulates"


class Section(BaseModel):
    """A part of the configuration. Unknown keys are errors; every field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def section_of(field: FieldInfo | None) -> type[Section] | None:
    """The section that a field holds, or None where it holds a value."""
    annotation: Any = field.annotation if field else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def is_named_set(field: FieldInfo | None) -> bool:
    """Whether a field holds things by name: networks, losses, windows."""
    return field is not None and get_origin(field.annotation) is dict


def nullable(field: FieldInfo) -> bool:
    """Whether null is one of a field's values."""
    return type(None) in get_args(field.annotation)
