"""Names that the configuration may use: a built-in one, or 'package.module:Class' of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator

from ldct.anchors import ANCHORS
from ldct.errors import ConfigError
from ldct.losses import registry as losses
from ldct.metrics import registry as metrics
from ldct.metrics.families import FAMILIES
from ldct.models import registry as models
from ldct.registry import nearest, source_file


def _class_of(builtin: Mapping[str, str], kind: str) -> Callable[[str], str]:
    def check(name: str) -> str:
        try:
            source_file(name, builtin, kind)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        except (ImportError, ValueError) as error:
            raise ValueError(f"{kind} '{name}': its module cannot be read ({error})") from None
        return name

    return check


def _family(name: str) -> str:
    if name not in FAMILIES:
        raise ValueError(f"no family of metrics '{name}'{nearest(name, FAMILIES)}")
    return name


def _folder_name(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise ValueError(f"'{name}': names hold letters, digits and _ only, since they become folder names")
    if name in ANCHORS:
        raise ValueError(f"'{name}' is the name of an anchor in every table; choose another")
    return name


TermName = Annotated[str, AfterValidator(_class_of(losses.BUILTIN, "loss term"))]
NetworkName = Annotated[str, AfterValidator(_class_of(models.BUILTIN, "network"))]
MetricName = Annotated[str, AfterValidator(_class_of(metrics.BUILTIN, "metric"))]
FamilyName = Annotated[str, AfterValidator(_family)]
# A name of the user's, for a network or a loss.
FolderName = Annotated[str, AfterValidator(_folder_name)]
